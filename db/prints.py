"""Print jobs: what was to be printed, and how it ended."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    exists,
    insert,
    literal_column,
    or_,
    select,
    text,
    update,
)

from counter_app.domain.outcome import Outcome
from counter_app.ports import PrintJob
from db.settings import Settings
from db.tables import dossier, event_log, print_job

_ADD = insert(print_job)
_COLUMNS = tuple(column.name for column in print_job.columns)
_IN_ORDER = (print_job.c.created_at, text("rowid"))


class Prints:
    """Print jobs and how they ended."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        self._connection = connection
        self._settings = settings

    def add(self, job: PrintJob) -> None:
        """A print was asked for."""
        self._connection.execute(_ADD, _values(job))

    def get(self, job_id: str) -> PrintJob | None:
        """One job."""
        found = self._jobs(select(print_job).where(print_job.c.id == job_id))
        return found[0] if found else None

    def of(self, dossier_id: str) -> Sequence[PrintJob]:
        """Of a dossier and of its visit."""
        visit = (
            select(dossier.c.visit_id)
            .where(dossier.c.id == dossier_id, dossier.c.own, dossier.c.visit_id != "")
            .scalar_subquery()
        )
        of_visit = and_(print_job.c.what == "visit", print_job.c.subject == visit)
        return self._jobs(
            select(print_job).where(or_(print_job.c.dossier_id == dossier_id, of_visit))
        )

    def about(self, what: str, subject: str) -> Sequence[PrintJob]:
        """Every print of one thing."""
        query = select(print_job).where(print_job.c.subject == subject, print_job.c.what == what)
        return self._jobs(query)

    def keep(self, job: PrintJob) -> None:
        """A job went on."""
        changed = update(print_job).where(print_job.c.id == job.id).values(_values(job))
        self._connection.execute(changed)

    def unfinished(self) -> Sequence[PrintJob]:
        """Not known to be done; of visits that are not closed each dossier."""
        return [*self._jobs(select(print_job).where(text("state <> 'done'"))), *self._open_visits()]

    def all(self) -> Sequence[PrintJob]:
        """Every job."""
        return self._jobs(select(print_job))

    def _jobs(self, query: Select[Any]) -> list[PrintJob]:
        return [_job(row) for row in self._connection.execute(query.order_by(*_IN_ORDER))]

    def _open_visits(self) -> list[PrintJob]:
        closed = exists().where(
            event_log.c.subject == dossier.c.visit_id,
            event_log.c.type == "visit.closed",
            event_log.c.device == self._settings.identity().device_id,
        )
        query = (
            select(dossier.c.visit_id, dossier.c.id, dossier.c.received_at)
            .where(
                literal_column("slip AND NOT printed AND NOT voided"),
                dossier.c.own,
                dossier.c.visit_id != "",
                ~closed,
            )
            .order_by(dossier.c.num)
        )
        return [
            PrintJob(
                "", "visit", row.visit_id, row.id, 0, "open", None, 0, "",
                datetime.fromisoformat(row.received_at),
            )
            for row in self._connection.execute(query)
        ]  # fmt: skip


def _values(job: PrintJob) -> dict[str, Any]:
    values = {name: getattr(job, name) for name in _COLUMNS}
    return values | {"created_at": job.created_at.isoformat(timespec="seconds")}


def _job(row: Row[Any]) -> PrintJob:
    values = dict(row._mapping)
    outcome = values["outcome"]
    values["outcome"] = None if outcome is None else Outcome(outcome)
    values["created_at"] = datetime.fromisoformat(values["created_at"])
    return PrintJob(**values)
