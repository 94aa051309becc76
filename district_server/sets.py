"""Rows by the set: as many statements for a thousand rows as for one, on both databases.

PostgreSQL takes each column as one array. That is as quick as a bare COPY of the same rows, which is
refused under row-level security, and needs no temporary table.
"""

import json
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    Table,
    Text,
    bindparam,
    func,
    select,
    true,
)


class Having:
    """The rows of a query whose column is one of very many values: they travel as one parameter.

    Made once, with `bindparam` for whatever else the query is told. PostgreSQL looks each value up by
    itself, whatever it believes of the size of the table: as a list it would read a whole commune for them.
    """

    def __init__(self, query: Select[Any], column: ColumnElement[str]) -> None:
        array = bindparam("values", type_=ARRAY(Text))
        wanted = func.unnest(array).table_valued("value").render_derived()
        # the offset keeps it from being planned as a join
        found = query.where(column == wanted.c.value).offset(0).lateral()
        self._by_array = select(found).select_from(wanted.join(found, true()))
        listing = func.json_each(bindparam("values")).table_valued("value")
        self._by_json = query.where(column.in_(select(listing.c.value)))

    def rows(
        self, connection: Connection, values: Collection[str], **told: str
    ) -> Sequence[Row[Any]]:
        """In no order."""
        if not values:
            return []
        if connection.dialect.name == "postgresql":
            return connection.execute(
                self._by_array, {"values": list(set(values)), **told}
            ).fetchall()
        told["values"] = json.dumps(list(values))
        return connection.execute(self._by_json, told).fetchall()


def put(
    connection: Connection,
    table: Table,
    names: tuple[str, ...],
    rows: Sequence[tuple[Any, ...]],
    *,
    replacing: bool = False,
) -> None:
    """Insert rows, their values in the order of `names`; `replacing`, in place of those with their key."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        columns = tuple(list(values) for values in zip(*rows, strict=True))
        connection.exec_driver_sql(_insert(table, names, replacing, True), columns)
    else:
        connection.exec_driver_sql(_insert(table, names, replacing, False), list(rows))


@cache
def _insert(table: Table, names: tuple[str, ...], replacing: bool, by_array: bool) -> str:
    if by_array:
        arrays = ", ".join(f"%s::{_array_of(table.c[name])}" for name in names)
        source = f"SELECT * FROM unnest({arrays})"  # noqa: S608
    else:
        source = f"VALUES ({', '.join('?' * len(names))})"
    key = [column.name for column in table.primary_key]
    changed = ", ".join(f"{name} = excluded.{name}" for name in names if name not in key)
    ending = f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changed}" if replacing else ""
    return f"INSERT INTO {table.name} ({', '.join(names)}) {source}{ending}"


def _array_of(column: Column[Any]) -> str:
    # never varchar(n): a cast to that would cut a longer text off in silence
    if isinstance(column.type, Integer):
        return "integer[]"
    return "boolean[]" if isinstance(column.type, Boolean) else "text[]"
