"""Who may look at scanned papers above; no key of the server is seen by whoever answers counters."""

from alembic import op

from district_server.database import ROLE
from district_server.isolation import on_postgres

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Rights by commune, none to begin with; every secret in `meta` ends in `_key`."""
    op.execute(
        """CREATE TABLE reading_right (
                administrator VARCHAR(60) NOT NULL,
                org VARCHAR(40) NOT NULL,
                PRIMARY KEY (administrator, org),
                FOREIGN KEY(administrator) REFERENCES administrator (name),
                FOREIGN KEY(org) REFERENCES commune (org))"""
    )
    if on_postgres():
        op.execute("DROP POLICY no_keys ON meta")
        op.execute(
            f"CREATE POLICY no_keys ON meta FOR SELECT TO {ROLE} USING (right(name, 4) <> '_key')"
        )
