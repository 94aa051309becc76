"""The first store."""

from alembic import op

from db.tables import SEARCH, TRIGGERS, metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table, its triggers and the search index."""
    metadata.create_all(op.get_bind())
    for statement in (*TRIGGERS, SEARCH):
        op.execute(statement)
