"""The server's database: made by steps, brought up to date, refused when it does not fit."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, MetaData, func, inspect, select, text
from sqlalchemy.exc import ProgrammingError

from district_server import schema as schema_module
from district_server.__main__ import main
from district_server.check import faults_of
from district_server.database import SCHEMA, Database, get_meta, put_meta
from district_server.faults import ServerFault
from district_server.schema import bring_up_to_date
from district_server.tables import device, device_home, event, metadata, quarantine, stream

ROOT = Path(__file__).parents[2]
DUMPS = ROOT / "tests" / "data" / "databases"
SAME_EVERYWHERE = {
    "meta",
    "device_home",
    "administrator",
    "admin_session",
    "admin_log",
    "reading_right",
    "rate",
    "second_factor",
    "recovery_code",
    "publication",
}
"""Small tables without a commune; none names a citizen."""


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    bring_up_to_date(made)
    yield made
    made.close()


@pytest.fixture
def released(database_url: str) -> Callable[[int], None]:
    """Puts the database of a released schema where the server's will be."""

    def load(schema: int) -> None:
        kind = database_url.partition(":")[0]
        script = (DUMPS / f"server-{schema}.{kind}.sql").read_text(encoding="utf-8")
        if kind == "sqlite":
            with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection:
                connection.executescript(script)
            return
        before = Database(database_url)
        with before.engine.begin() as connection:
            connection.connection.cursor().execute(script)  # many statements at once
        before.close()

    return load


def test_the_steps_make_exactly_the_tables_that_the_program_reads(database: Database) -> None:
    with database.begin() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": lambda name, kind, _: kind != "table" or name in metadata.tables},
        )
        assert compare_metadata(context, metadata) == []
    steps = ScriptDirectory(str(ROOT / "district_server" / "migrations"))
    assert steps.get_current_head() == f"{SCHEMA:04d}"


def test_the_commune_leads_every_key_and_index_that_there_is(database: Database) -> None:
    """As the database itself has them, whatever the program's list of tables says."""
    catalogue = inspect(database.engine)
    for table in set(catalogue.get_table_names()) - SAME_EVERYWHERE - {"alembic_version"}:
        leader = "org" if table == "commune" else "commune"
        keys = [
            catalogue.get_pk_constraint(table)["constrained_columns"],
            *(index["column_names"] for index in catalogue.get_indexes(table)),
            *(unique["column_names"] for unique in catalogue.get_unique_constraints(table)),
            *(foreign["constrained_columns"] for foreign in catalogue.get_foreign_keys(table)),
        ]
        assert {columns[0] for columns in keys} == {leader}, table


def rows_of(database: Database) -> dict[str, list[dict[str, object]]]:
    there = MetaData()
    there.reflect(database.engine)
    with database.begin() as connection:
        return {
            table.name: [dict(row._mapping) for row in connection.execute(table.select())]
            for table in there.sorted_tables
            if not re.fullmatch("alembic_version|event_[0-9]+|meta", table.name)
        }


def something_in_every_table(database: Database, mark: str) -> None:
    """A row each; what refers to another table refers to the row that went in there just before."""
    there = MetaData()
    there.reflect(database.engine)
    new: dict[str, dict[str, object]] = {}
    with database.begin() as connection:
        for table in there.sorted_tables:
            if re.fullmatch("alembic_version|event_[0-9]+|meta", table.name):
                continue
            row: dict[str, object] = {}
            for constraint in table.foreign_key_constraints:
                (target,) = {element.column.table for element in constraint.elements}
                row |= {
                    one.parent.name: new[target.name][one.column.name]
                    for one in constraint.elements
                }
            for column in table.columns:
                row.setdefault(column.name, value_for(column, mark))
            connection.execute(table.insert().values(row))
            new[table.name] = row


def value_for(column: Column[Any], mark: str) -> object:
    kind = column.type.python_type
    if kind is str:
        return f"{mark}{column.name}"[: getattr(column.type, "length", None) or 40]
    return kind(ord(mark))


def test_every_step_keeps_what_every_table_holds(
    released: Callable[[int], None], database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    released(1)
    database = Database(database_url)
    for number in range(2, SCHEMA + 1):
        something_in_every_table(database, chr(ord("a") + number))
        before = rows_of(database)
        monkeypatch.setattr(schema_module, "SCHEMA", number)
        bring_up_to_date(database)
        after = rows_of(database)
        if number == 2:
            # a challenge of that time opens nothing any more
            del before["spent_challenge"]
        for table, rows in before.items():
            assert rows
            kept = [{name: row[name] for name in rows[0] if name in row} for row in after[table]]
            for row in rows:
                assert row in kept, (number, table)
    database.check_schema()
    database.close()


def test_making_it_again_changes_nothing(database: Database) -> None:
    with database.begin() as connection:
        epoch = get_meta(connection, "epoch")

    assert bring_up_to_date(database) is False

    with database.begin() as connection:
        assert get_meta(connection, "epoch") == epoch
        assert get_meta(connection, "schema") == str(SCHEMA)


def test_a_released_database_is_brought_up_to_date_with_all_it_holds(
    released: Callable[[int], None], database_url: str, tmp_path: Path
) -> None:
    released(1)
    database = Database(database_url)
    with pytest.raises(ServerFault, match="init"):
        database.check_schema()

    assert bring_up_to_date(database) is False

    database.check_schema()
    with database.begin() as connection:
        assert faults_of(connection) == []
        counted = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (device, device_home, stream, event, quarantine)
        }
        counters = connection.execute(
            select(device.c.counter, device.c.revoked_at.is_not(None)).order_by(device.c.counter)
        ).fetchall()
    # as the dumps have them: two counters, the second revoked, one event set aside
    assert counted == {"device": 2, "device_home": 2, "stream": 2, "event": 7, "quarantine": 1}
    assert [tuple(row) for row in counters] == [(1, False), (2, True)]
    database.close()
    backups = list(tmp_path.glob("*-truoc-nang-cap-1-*.sqlite3"))
    assert len(backups) == (1 if database_url.startswith("sqlite") else 0)
    for backup in backups:
        with closing(sqlite3.connect(backup)) as connection:
            assert connection.execute(
                "SELECT value FROM meta WHERE name = 'schema'"
            ).fetchone() == ("1",)
            assert connection.execute("SELECT count(*) FROM event").fetchone() == (7,)


def test_an_upgrade_that_fails_half_way_leaves_the_old_schema_whole(
    released: Callable[[int], None], database_url: str
) -> None:
    released(1)
    database = Database(database_url)
    with database.begin() as connection:
        # in the way of the second half of the step
        connection.execute(text("CREATE TABLE old_stream (a INTEGER)"))

    with pytest.raises((ServerFault, ProgrammingError)):
        bring_up_to_date(database)

    assert database.schema() == 1
    with database.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM event")).scalar_one() == 7
        connection.execute(text("DROP TABLE old_stream"))
    assert bring_up_to_date(database) is False
    assert database.schema() == SCHEMA
    database.close()


@pytest.mark.parametrize(("schema", "code"), [("1", "schema_older"), ("999", "schema_newer")])
@pytest.mark.parametrize("command", ["status", "check", "serve"])
def test_no_command_touches_a_schema_it_does_not_know(
    database: Database,
    database_url: str,
    capsys: pytest.CaptureFixture[str],
    schema: str,
    code: str,
    command: str,
) -> None:
    with database.begin() as connection:
        put_meta(connection, "schema", schema)

    assert main([command, "--database-url", database_url]) == 3

    told = capsys.readouterr().out
    assert code in told
    assert "Hãy" in told


def test_init_refuses_a_newer_schema_untouched(database: Database) -> None:
    with database.begin() as connection:
        put_meta(connection, "schema", "999")

    with pytest.raises(ServerFault, match="bản mới hơn"):
        bring_up_to_date(database)

    assert database.schema() == 999
