"""An event stands as it was written; its payload may go where an event says that its dossier is erased."""

from alembic import op

from district_server.isolation import isolate, on_postgres

revision = "0009"
down_revision = "0008"

_SAID = """EXISTS (
    SELECT 1 FROM event AS said
    WHERE said.commune = OLD.commune AND said.subject = OLD.subject AND said.type = 'subject.erased')"""

_KEPT = (
    "commune", "cseq", "device", "incarnation", "dseq", "event_id", "type", "version", "subject",
    "occurred_at", "clock", "actor_id", "actor_name", "payload_hash", "prev_hash", "hash",
)  # fmt: skip

_WRONG = " OR ".join(
    (
        "NEW.payload <> ''",
        "OLD.type = 'subject.erased'",
        f"NOT {_SAID}",
        *(f"NEW.{name} <> OLD.{name}" for name in _KEPT),
    )
)

IN_POSTGRES = (
    f"""CREATE FUNCTION event_stands() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF {_WRONG} THEN RAISE EXCEPTION 'the log is append-only'; END IF;
            RETURN NEW;
        END $$""",
    "CREATE TRIGGER event_stands BEFORE UPDATE ON event"
    " FOR EACH ROW EXECUTE FUNCTION event_stands()",
)
IN_SQLITE = f"""CREATE TRIGGER event_stands BEFORE UPDATE ON event WHEN {_WRONG}
    BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"""


TO_WIPE = """
CREATE TABLE to_wipe (
    commune VARCHAR(40) NOT NULL,
    address VARCHAR(64) NOT NULL,
    noted_at VARCHAR(40) NOT NULL,
    PRIMARY KEY (commune, address)
)
"""


def upgrade() -> None:
    """A guard of the log, in the words of each database; a list of what is to leave the disk."""
    op.execute(TO_WIPE)
    isolate("to_wipe", rights="SELECT, INSERT, UPDATE")
    for statement in IN_POSTGRES if on_postgres() else (IN_SQLITE,):
        op.execute(statement)
