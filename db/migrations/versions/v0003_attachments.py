"""Pages of scanned papers, and which of them the upper server has."""

from alembic import op
from sqlalchemy import inspect

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """A table for what is to be sent beside the events."""
    if "attachment" in inspect(op.get_bind()).get_table_names():
        # the first migration makes the tables as they are today
        return
    op.execute(
        """CREATE TABLE attachment (
               num INTEGER NOT NULL PRIMARY KEY,
               event_id VARCHAR NOT NULL,
               page INTEGER NOT NULL,
               sha256 VARCHAR NOT NULL,
               size INTEGER NOT NULL,
               epoch VARCHAR NOT NULL)"""
    )
    op.execute("CREATE UNIQUE INDEX attachment_of ON attachment (event_id, page)")
    op.execute("CREATE INDEX attachment_epoch ON attachment (epoch, num)")
