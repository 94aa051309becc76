"""The commune leads every key; events in partitions; the database keeps communes apart."""

from alembic import op

from district_server.database import ROLE
from district_server.isolation import isolate, on_postgres

revision = "0002"
down_revision = "0001"

PARTITIONS = 32
"""Pieces of the event log by hash of the commune: about 100 communes each in the whole country."""

DEVICE_HOME = """
CREATE TABLE device_home (
    device VARCHAR(40) NOT NULL,
    commune VARCHAR(40) NOT NULL,
    PRIMARY KEY (device)
)
"""

DEVICE = """
CREATE TABLE device (
    commune VARCHAR(40) NOT NULL,
    id VARCHAR(40) NOT NULL,
    counter INTEGER NOT NULL,
    public_key VARCHAR(64) NOT NULL,
    key_id VARCHAR(8) NOT NULL,
    enrolled_at VARCHAR(40) NOT NULL,
    revoked_at VARCHAR(40),
    last_sync_at VARCHAR(40),
    PRIMARY KEY (commune, id),
    FOREIGN KEY(commune) REFERENCES commune (org)
)
"""

STREAM = """
CREATE TABLE stream (
    commune VARCHAR(40) NOT NULL,
    device VARCHAR(40) NOT NULL,
    incarnation VARCHAR(16) NOT NULL,
    high INTEGER NOT NULL,
    head VARCHAR(64) NOT NULL,
    PRIMARY KEY (commune, device, incarnation),
    FOREIGN KEY(commune, device) REFERENCES device (commune, id)
)
"""

SPENT_CHALLENGE = """
CREATE TABLE spent_challenge (
    commune VARCHAR(40) NOT NULL,
    challenge VARCHAR(120) NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (commune, challenge)
)
"""

EVENT = """
CREATE TABLE event (
    commune VARCHAR(40) NOT NULL,
    cseq INTEGER NOT NULL,
    device VARCHAR(40) NOT NULL,
    incarnation VARCHAR(16) NOT NULL,
    dseq INTEGER NOT NULL,
    event_id VARCHAR(40) NOT NULL,
    type VARCHAR(60) NOT NULL,
    version INTEGER NOT NULL,
    subject VARCHAR(60) NOT NULL,
    occurred_at VARCHAR(40) NOT NULL,
    clock VARCHAR(80) NOT NULL,
    actor_id VARCHAR(60) NOT NULL,
    actor_name TEXT NOT NULL,
    payload TEXT NOT NULL,
    payload_hash VARCHAR(64) NOT NULL,
    prev_hash VARCHAR(64) NOT NULL,
    hash VARCHAR(64) NOT NULL,
    PRIMARY KEY (commune, cseq)
) PARTITION BY HASH (commune)
"""

EVENT_INDEXES = (
    "CREATE UNIQUE INDEX event_event_id ON event (commune, event_id)",
    "CREATE UNIQUE INDEX event_origin ON event (commune, device, incarnation, dseq)",
    "CREATE INDEX event_subject ON event (commune, subject)",
)


def upgrade() -> None:
    """Copy what is kept under other keys; nothing is lost on the way."""
    op.execute(DEVICE_HOME)
    op.execute("INSERT INTO device_home (device, commune) SELECT id, commune FROM device")
    op.execute("CREATE TABLE old_device AS SELECT * FROM device")
    op.execute("CREATE TABLE old_stream AS SELECT * FROM stream")
    for name in ("stream", "device", "spent_challenge"):
        op.execute(f"DROP TABLE {name}")
    for made in (DEVICE, STREAM, SPENT_CHALLENGE):
        op.execute(made)
    op.execute("CREATE INDEX spent_challenge_expires ON spent_challenge (commune, expires_at)")
    kept = "commune, id, counter, public_key, key_id, enrolled_at, revoked_at, last_sync_at"
    op.execute(f"INSERT INTO device ({kept}) SELECT {kept} FROM old_device")  # noqa: S608
    op.execute(
        "INSERT INTO stream (commune, device, incarnation, high, head) "
        "SELECT d.commune, s.device, s.incarnation, s.high, s.head "
        "FROM old_stream s JOIN old_device d ON d.id = s.device"
    )
    op.execute("DROP TABLE old_stream")
    op.execute("DROP TABLE old_device")
    if on_postgres():
        _divide_events()
    _keep_apart()


def _divide_events() -> None:
    """The event log in pieces that PostgreSQL itself chooses by the commune."""
    op.execute("CREATE TABLE old_event AS SELECT * FROM event")
    op.execute("DROP TABLE event")
    op.execute(EVENT)
    for number in range(PARTITIONS):
        op.execute(
            f"CREATE TABLE event_{number:02d} PARTITION OF event "
            f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {number})"
        )
    op.execute("INSERT INTO event SELECT * FROM old_event")
    op.execute("DROP TABLE old_event")
    for statement in EVENT_INDEXES:
        op.execute(statement)


def _keep_apart() -> None:
    everything = "SELECT, INSERT, UPDATE, DELETE"
    isolate("commune", rights="SELECT, UPDATE", column="org")
    isolate("device", rights="SELECT, INSERT, UPDATE")
    isolate("stream", rights="SELECT, INSERT, UPDATE")
    # an event stands as it was written; only what the law lets forget is emptied
    isolate("event", rights="SELECT, INSERT, UPDATE (payload)")
    isolate("dossier", rights=everything)
    isolate("quarantine", rights=everything)
    isolate("enrol_code", rights="SELECT, UPDATE, DELETE")
    isolate("spent_challenge", rights="SELECT, INSERT, DELETE")
    isolate("notice_number", rights="SELECT, INSERT, UPDATE")
    if on_postgres():
        # where a device belongs must be known before its commune is; it names no person
        op.execute(f"GRANT SELECT, INSERT ON device_home TO {ROLE}")
        op.execute("ALTER TABLE meta ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY no_keys ON meta FOR SELECT TO {ROLE} "
            "USING (name NOT IN ('signing_key', 'ca_key'))"
        )
        op.execute(f"GRANT SELECT ON meta TO {ROLE}")
