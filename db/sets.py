"""Very many rows in a few statements: lists go in as one JSON text, rows as tuples.

A statement for each dossier costs more than everything else that is done with it.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, bindparam, func, select

_LISTED = func.json_each(bindparam("listed")).table_valued("value")


def is_listed(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the column's value is among those bound with `listed`."""
    return column.in_(select(_LISTED.c.value))


def listed(values: Iterable[object]) -> dict[str, str]:
    """The values that `is_listed` and `json_each(:listed)` ask for."""
    return {"listed": json.dumps(list(values))}


def insert_all(
    connection: Connection,
    table: Table,
    names: Sequence[str],
    rows: Sequence[tuple[object, ...]],
    key: str = "",
) -> None:
    """Rows of a table; with `key` they are written over those that have the same there."""
    if not rows:
        return
    places = ", ".join("?" * len(names))
    statement = f"INSERT INTO {table}({', '.join(names)}) VALUES ({places})"  # noqa: S608
    if key:
        news = ", ".join(f"{name} = excluded.{name}" for name in names if name != key)
        statement += f" ON CONFLICT({key}) DO UPDATE SET {news}"
    connection.exec_driver_sql(statement, list(rows))
