"""A dossier's newest own event by its place in the log, whichever life of the store wrote it."""

from alembic import op
from sqlalchemy import inspect

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Places in one life become places in the log; what was acknowledged is kept by life."""
    columns = {column["name"] for column in inspect(op.get_bind()).get_columns("dossier")}
    if "last_own_dseq" not in columns:
        # the first migration makes the tables as they are today
        return
    op.execute("ALTER TABLE dossier RENAME COLUMN last_own_dseq TO last_own_num")
    op.execute(
        """UPDATE dossier SET last_own_num = coalesce((
               SELECT max(num) FROM event_log
               WHERE subject = dossier.id AND type <> 'slip.printed'
                 AND device = (SELECT value FROM store_meta WHERE name = 'device_id')), 0)"""
    )
    op.execute(
        """INSERT INTO sync_state(name, value)
           SELECT 'sent_num', coalesce(max(num), 0) FROM event_log
           WHERE device = (SELECT value FROM store_meta WHERE name = 'device_id')
             AND dseq <= (SELECT CAST(value AS INTEGER) FROM sync_state WHERE name = 'own_high')"""
    )
    op.execute(
        """INSERT INTO sync_state(name, value)
           SELECT 'high:' || (SELECT value FROM store_meta WHERE name = 'incarnation'), value
           FROM sync_state WHERE name = 'own_high'"""
    )
    op.execute("DELETE FROM sync_state WHERE name IN ('own_high', 'proof', 'proof_head')")
