"""A copy of a counter's store may be given a counter number of its own."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """None: the number of the device."""
    op.execute("ALTER TABLE stream ADD COLUMN counter INTEGER")
