"""The second wall between communes: PostgreSQL itself shows a request only its own commune.

Whoever answers a counter works as the role `mot_cua_counter`, which owns nothing and sees, through a
policy on each table, only rows of the commune in `mot_cua.commune`. Nothing set, nothing seen.
"""

from alembic import op

from district_server.database import ROLE


def on_postgres() -> bool:
    """Whether there is such a wall at all; SQLite serves one process and has no roles."""
    return op.get_bind().dialect.name == "postgresql"


def isolate(table: str, *, rights: str, column: str = "commune") -> None:
    """Let the role do `rights` on rows of its commune, and nothing on any other."""
    if not on_postgres():
        return
    here = f"{column} = current_setting('mot_cua.commune', true)"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_commune ON {table} TO {ROLE} USING ({here}) WITH CHECK ({here})")
    op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
