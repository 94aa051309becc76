"""Administration by page: who may, what they did, what they decided, what they publish."""

from alembic import op

from district_server.database import ROLE
from district_server.isolation import on_postgres

revision = "0003"
down_revision = "0002"

STATEMENTS = """
ALTER TABLE commune ADD COLUMN name VARCHAR(200) DEFAULT '' NOT NULL;
ALTER TABLE quarantine ADD COLUMN state VARCHAR(12) DEFAULT 'waiting' NOT NULL;
ALTER TABLE quarantine ADD COLUMN set_aside_at VARCHAR(40);
ALTER TABLE quarantine ADD COLUMN decided_at VARCHAR(40);
ALTER TABLE quarantine ADD COLUMN decided_by VARCHAR(60);
ALTER TABLE quarantine ADD COLUMN decision VARCHAR(500);
CREATE TABLE administrator (
    name VARCHAR(60) NOT NULL,
    password_hash VARCHAR(200) NOT NULL,
    changed_at VARCHAR(40) NOT NULL,
    wrong_tries INTEGER NOT NULL,
    locked_until VARCHAR(40),
    PRIMARY KEY (name)
);
CREATE TABLE admin_session (
    token_hash VARCHAR(64) NOT NULL,
    administrator VARCHAR(60) NOT NULL,
    form_key VARCHAR(64) NOT NULL,
    seen_at VARCHAR(40) NOT NULL,
    PRIMARY KEY (token_hash),
    FOREIGN KEY(administrator) REFERENCES administrator (name)
);
CREATE TABLE admin_log (
    id VARCHAR(40) NOT NULL,
    at VARCHAR(40) NOT NULL,
    administrator VARCHAR(60) NOT NULL,
    action VARCHAR(40) NOT NULL,
    object VARCHAR(200) NOT NULL,
    reason VARCHAR(500) NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX admin_log_at ON admin_log (at);
CREATE TABLE publication (
    kind VARCHAR(12) NOT NULL,
    name VARCHAR(60) NOT NULL,
    version INTEGER NOT NULL,
    state VARCHAR(12) NOT NULL,
    title VARCHAR(200) NOT NULL,
    effective_on VARCHAR(10) NOT NULL,
    decision_no VARCHAR(60) NOT NULL,
    text TEXT NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    drafted_at VARCHAR(40) NOT NULL,
    drafted_by VARCHAR(60) NOT NULL,
    published_at VARCHAR(40),
    published_by VARCHAR(60),
    signature VARCHAR(120),
    PRIMARY KEY (kind, name, version)
)
"""


def upgrade() -> None:
    """Small tables that are the same everywhere; counters read of them what is published."""
    for statement in STATEMENTS.split(";"):
        op.execute(statement)
    if on_postgres():
        op.execute("ALTER TABLE publication ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY in_force ON publication FOR SELECT TO {ROLE} "
            "USING (state = 'published')"
        )
        op.execute(f"GRANT SELECT ON publication TO {ROLE}")
