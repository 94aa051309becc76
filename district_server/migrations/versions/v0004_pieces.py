"""Scanned pages on their way up."""

from alembic import op

from district_server.isolation import isolate, on_postgres

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Pieces of pages until they are whole; a counter sees its commune's alone."""
    kind = "BYTEA" if on_postgres() else "BLOB"
    op.execute(
        f"""CREATE TABLE attachment_piece (
                commune VARCHAR(40) NOT NULL,
                sha256 VARCHAR(64) NOT NULL,
                start INTEGER NOT NULL,
                size INTEGER NOT NULL,
                data {kind} NOT NULL,
                PRIMARY KEY (commune, sha256, start))"""
    )
    isolate("attachment_piece", rights="SELECT, INSERT, DELETE")
