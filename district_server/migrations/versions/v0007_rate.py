"""Fences that hold for all processes."""

from alembic import op

from district_server.isolation import on_postgres

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Tries that are left, by fence and key."""
    kind = "DOUBLE PRECISION" if on_postgres() else "DOUBLE"
    op.execute(
        f"""CREATE TABLE rate (
                name VARCHAR(20) NOT NULL,
                key VARCHAR(32) NOT NULL,
                tokens {kind} NOT NULL,
                at {kind} NOT NULL,
                PRIMARY KEY (name, key))"""
    )
    op.execute("CREATE INDEX rate_at ON rate (name, at)")
