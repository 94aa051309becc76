"""The scanned papers of a dossier, for those who decide above."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from counter_app.domain.events import AttachmentAdded
from district_server.faults import ServerFault
from district_server.objects import Objects
from district_server.pages import key_of
from district_server.projection import dossier_of


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper as the log tells of it."""

    commune: str
    event_id: str
    added: AttachmentAdded

    def told(self, objects: Objects) -> dict[str, Any]:
        """As data; `here` counts the pages that have come."""
        return {
            "id": self.event_id,
            "commune": self.commune,
            "name": self.added.name,
            "component": self.added.component,
            "pages": [asdict(page) for page in self.added.pages],
            "here": sum(
                objects.has(key_of(self.commune, page.sha256), page.size)
                for page in self.added.pages
            ),
        }

    def write_out(self, objects: Objects, folder: Path, number: int) -> None:
        """What has come of it as JPEG files. The names are ours."""
        for at, page in enumerate(self.added.pages, 1):
            content = objects.get(key_of(self.commune, page.sha256))
            if content is None:
                continue
            try:
                folder.mkdir(exist_ok=True)
                (folder / f"{number:03}-{at:02}.jpg").write_bytes(content)
            except OSError:
                raise ServerFault(
                    "disk_fault", f"Không ghi được vào {folder}. Xem lại đường dẫn và ổ đĩa."
                ) from None


def papers_of(connection: Connection, commune: str, dossier_id: str) -> list[Paper]:
    """Oldest first."""
    dossier = dossier_of(connection, commune, dossier_id)
    if dossier is None:
        return []
    return [
        Paper(commune, line.event_id, line.payload)
        for line in dossier.timeline
        if isinstance(line.payload, AttachmentAdded) and line.rejected is None
    ]
