"""A payload may be emptied only where an event says that its dossier is erased."""

from alembic import op

from db.tables import TRIGGERS

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """The guard as it is today, and what it asks by."""
    op.execute("DROP TRIGGER event_log_no_update")
    op.execute(
        "CREATE INDEX IF NOT EXISTS event_log_erased ON event_log (subject)"
        " WHERE type = 'subject.erased'"
    )
    (guard,) = (trigger for trigger in TRIGGERS if " event_log_no_update " in trigger)
    op.execute(guard)
