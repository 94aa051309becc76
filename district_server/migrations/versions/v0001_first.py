"""The first schema, word for word as it was released."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE commune (
    org VARCHAR(40) NOT NULL,
    seq INTEGER NOT NULL,
    digest VARCHAR(64) NOT NULL,
    incarnation VARCHAR(16) NOT NULL,
    dseq INTEGER NOT NULL,
    head VARCHAR(64) NOT NULL,
    PRIMARY KEY (org)
);
CREATE TABLE dossier (
    commune VARCHAR(40) NOT NULL,
    id VARCHAR(40) NOT NULL,
    code VARCHAR(40) NOT NULL,
    status VARCHAR(24) NOT NULL,
    holder_side VARCHAR(8) NOT NULL,
    received_at VARCHAR(40) NOT NULL,
    judged_due_at VARCHAR(40) NOT NULL,
    voided BOOLEAN NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (commune, id)
);
CREATE INDEX dossier_code ON dossier (commune, code);
CREATE INDEX dossier_received ON dossier (commune, received_at);
CREATE TABLE enrol_code (
    commune VARCHAR(40) NOT NULL,
    counter INTEGER NOT NULL,
    code_hash VARCHAR(64) NOT NULL,
    expires_at VARCHAR(40) NOT NULL,
    tries INTEGER NOT NULL,
    PRIMARY KEY (commune, counter)
);
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
);
CREATE UNIQUE INDEX event_event_id ON event (commune, event_id);
CREATE UNIQUE INDEX event_origin ON event (commune, device, incarnation, dseq);
CREATE INDEX event_subject ON event (commune, subject);
CREATE TABLE meta (
    name VARCHAR(40) NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (name)
);
CREATE TABLE notice_number (
    commune VARCHAR(40) NOT NULL,
    kind VARCHAR(20) NOT NULL,
    year INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (commune, kind, year)
);
CREATE TABLE quarantine (
    commune VARCHAR(40) NOT NULL,
    device VARCHAR(40) NOT NULL,
    incarnation VARCHAR(16) NOT NULL,
    dseq INTEGER NOT NULL,
    event_id VARCHAR(40) NOT NULL,
    subject VARCHAR(60) NOT NULL,
    dossier_code VARCHAR(40) NOT NULL,
    code VARCHAR(40) NOT NULL,
    message TEXT NOT NULL,
    raw TEXT NOT NULL,
    PRIMARY KEY (commune, device, incarnation, dseq)
);
CREATE INDEX quarantine_subject ON quarantine (commune, subject);
CREATE TABLE spent_challenge (
    challenge VARCHAR(120) NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (challenge)
);
CREATE INDEX ix_spent_challenge_expires_at ON spent_challenge (expires_at);
CREATE TABLE device (
    id VARCHAR(40) NOT NULL,
    commune VARCHAR(40) NOT NULL,
    counter INTEGER NOT NULL,
    public_key VARCHAR(64) NOT NULL,
    key_id VARCHAR(8) NOT NULL,
    enrolled_at VARCHAR(40) NOT NULL,
    revoked_at VARCHAR(40),
    last_sync_at VARCHAR(40),
    PRIMARY KEY (id),
    FOREIGN KEY(commune) REFERENCES commune (org)
);
CREATE INDEX ix_device_commune ON device (commune);
CREATE TABLE stream (
    device VARCHAR(40) NOT NULL,
    incarnation VARCHAR(16) NOT NULL,
    high INTEGER NOT NULL,
    head VARCHAR(64) NOT NULL,
    PRIMARY KEY (device, incarnation),
    FOREIGN KEY(device) REFERENCES device (id)
);
"""


def upgrade() -> None:
    """Make every table."""
    for statement in filter(None, map(str.strip, TABLES.split(";"))):
        op.execute(statement)
