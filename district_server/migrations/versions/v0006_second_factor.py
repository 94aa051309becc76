"""The second factor of administrators."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """A sealed secret each, and recovery codes by their hashes."""
    op.execute(
        """CREATE TABLE second_factor (
                administrator VARCHAR(60) NOT NULL,
                secret VARCHAR(120) NOT NULL,
                state VARCHAR(8) NOT NULL,
                last_step INTEGER NOT NULL,
                since VARCHAR(40) NOT NULL,
                PRIMARY KEY (administrator),
                FOREIGN KEY(administrator) REFERENCES administrator (name))"""
    )
    op.execute(
        """CREATE TABLE recovery_code (
                administrator VARCHAR(60) NOT NULL,
                code_hash VARCHAR(64) NOT NULL,
                PRIMARY KEY (administrator, code_hash),
                FOREIGN KEY(administrator) REFERENCES administrator (name))"""
    )
