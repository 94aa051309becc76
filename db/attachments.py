"""Which pages of scanned papers lie here, and which of them the upper server has."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, insert, select

from counter_app.domain.events import AttachmentAdded
from db.tables import attachment


class Attachments:
    """The pages that were scanned at this counter, inside a transaction of the book."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, event_id: str, added: AttachmentAdded) -> None:
        """Pages of an event that is written in this transaction; they wait to be sent."""
        rows = [
            {
                "event_id": event_id,
                "page": number,
                "sha256": page.sha256,
                "size": page.size,
                "epoch": "",
            }
            for number, page in enumerate(added.pages)
        ]
        self._connection.execute(insert(attachment), rows)

    def sent(self, event_ids: Sequence[str]) -> Mapping[str, int]:
        """Event → how many of its pages the upper server has; only those scanned here."""
        query = select(attachment.c.event_id, attachment.c.epoch).where(
            attachment.c.event_id.in_(event_ids)
        )
        found: dict[str, int] = {}
        for event_id, epoch in self._connection.execute(query):
            found[event_id] = found.get(event_id, 0) + (epoch != "")
        return found
