"""The second wall: PostgreSQL itself shows a counter's request no other commune."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import Executable, delete, func, insert, select, text, update
from sqlalchemy.event import listen, remove
from sqlalchemy.exc import ProgrammingError
from upper import Machine, running

from district_server.database import ROLE, Database, enter, get_meta, put_meta
from district_server.enrolment import issue_code
from district_server.faults import ServerFault
from district_server.schema import _make_role, bring_up_to_date
from district_server.tables import commune, enrol_code, event, metadata

OURS, THEIRS = "H50.99.01", "H50.99.02"
OF_COMMUNES = [
    table for table in metadata.tables.values() if "commune" in table.c or table is commune
]


def _event(org: str) -> dict[str, object]:
    texts = {column.name: "a" for column in event.c}
    return texts | {"commune": org, "cseq": 1, "dseq": 1, "version": 1}


def _as_counter(database: Database, statement: Executable) -> None:
    with database.begin_for_counter() as connection:
        enter(connection, OURS)
        connection.execute(statement)


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    made = Database(postgres_url)
    bring_up_to_date(made)
    with made.begin() as connection:
        for org in (OURS, THEIRS):
            issue_code(connection, org, 1)
            connection.execute(insert(event).values(**_event(org)))
        for secret in ("signing_key", "ca_key", "sealing_key"):
            put_meta(connection, secret, "plain:a")
    yield made
    made.close()


def test_every_table_with_communes_stands_behind_the_wall(database: Database) -> None:
    query = text(
        "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid "
        "WHERE c.relrowsecurity AND :role = ANY (SELECT rolname FROM pg_roles r "
        "WHERE r.oid = ANY (p.polroles))"
    )
    with database.begin() as connection:
        walled = set(connection.scalars(query, {"role": ROLE}))

    # where a device belongs is asked before its commune is known
    assert walled == {table.name for table in OF_COMMUNES} - {"device_home"} | {
        "meta",
        "publication",
    }


def test_a_question_that_forgets_its_commune_hears_only_of_its_own(database: Database) -> None:
    with database.begin() as connection:
        assert connection.execute(select(func.count()).select_from(event)).scalar_one() == 2
    with database.begin_for_counter() as connection:
        for table, org in ((event, event.c.commune), (enrol_code, enrol_code.c.commune)):
            assert connection.execute(select(table)).all() == []
            enter(connection, OURS)
            assert list(connection.scalars(select(org))) == [OURS]
            enter(connection, "")


def test_nothing_is_written_in_another_commune(database: Database) -> None:
    with database.begin_for_counter() as connection:
        enter(connection, OURS)
        moved = connection.execute(
            update(commune).where(commune.c.org == THEIRS).values(seq=99)
        ).rowcount
        gone = connection.execute(delete(enrol_code).where(enrol_code.c.commune == THEIRS)).rowcount
        assert (moved, gone) == (0, 0)
    foreign = insert(event).values(**_event(THEIRS) | {"cseq": 2})
    with pytest.raises(ProgrammingError, match="row-level security"):
        _as_counter(database, foreign)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM administrator",
        "SELECT * FROM admin_session",
        "SELECT * FROM admin_log",
        "UPDATE publication SET state = 'published'",
        "DELETE FROM event",
        "UPDATE event SET hash = 'b'",
        "SELECT * FROM event_00",
        "CREATE TABLE mine (a INTEGER)",
        "ALTER TABLE event DISABLE ROW LEVEL SECURITY",
    ],
)
def test_who_answers_counters_owns_nothing(database: Database, statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        _as_counter(database, text(statement))


def test_who_answers_counters_has_no_way_around_the_wall(database: Database) -> None:
    rights = text(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication "
        "FROM pg_roles WHERE rolname = :role"
    )
    owned = text(
        "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner "
        "WHERE rolname = :role"
    )
    member = text(
        "SELECT count(*) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member "
        "WHERE rolname = :role"
    )
    unwalled = text(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm') AND NOT relrowsecurity "
        "AND relnamespace = 'public'::regnamespace AND has_table_privilege(:role, oid, "
        "'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')"
    )
    with database.begin() as connection:
        asked = {"role": ROLE}
        assert set(connection.execute(rights, asked).one()) == {False}
        assert connection.execute(owned, asked).scalar_one() == 0
        assert connection.execute(member, asked).scalar_one() == 0
        assert list(connection.scalars(unwalled, asked)) == ["device_home"]


@pytest.mark.parametrize("more", ["BYPASSRLS", "SUPERUSER", "CREATEROLE"])
def test_a_role_that_could_pass_the_wall_is_refused(database: Database, more: str) -> None:
    with database.engine.connect() as connection:
        connection.exec_driver_sql(f"ALTER ROLE {ROLE} {more}")
        with pytest.raises(ServerFault) as fault:
            _make_role(connection)
        connection.rollback()
    assert fault.value.code == "role_too_strong"


def test_who_answers_counters_never_reads_the_keys(database: Database) -> None:
    with database.begin_for_counter() as connection:
        assert get_meta(connection, "schema") is not None
        for secret in ("signing_key", "ca_key", "sealing_key"):
            assert get_meta(connection, secret) is None


def test_the_role_ends_with_the_transaction(database: Database) -> None:
    with database.begin_for_counter() as connection:
        enter(connection, OURS)
    with database.begin() as connection:
        assert connection.execute(text("SELECT current_user")).scalar_one() != ROLE
        assert len(connection.execute(select(event)).all()) == 2


def test_every_question_of_a_counter_looks_into_one_partition(postgres_url: str) -> None:
    asked: list[tuple[str, Any]] = []

    def overheard(
        _: object, __: object, statement: str, given: Any, ___: object, many: bool
    ) -> None:
        # of many rows the first stands for all
        asked.append((statement, given[0] if many else given))

    note = '{"salt":"0011223344556677","text":"a"}'
    ids = [f"01a2116f-5db5-7ad8-85ce-{number:012d}" for number in range(1, 4)]
    with (
        running(postgres_url) as upper,
        httpx.Client(base_url=upper.url, trust_env=False) as client,
    ):
        machine = Machine(client)
        machine.enrol(upper.code_for(OURS, 1))
        machine.hello()
        listen(upper.database.engine, "before_cursor_execute", overheard)
        batch = machine.seal([{"event_id": one, "payload": note} for one in ids])
        assert machine.push(batch).status_code == 200
        for target in (
            f"/sync/v1/pull?epoch={machine.epoch}&after=0&max_bytes=65536",
            "/sync/v1/order?after=0",
            f"/sync/v1/stream?life={machine.incarnation}&after=0",
            "/sync/v1/highs",
            f"/sync/v1/page?event={ids[0]}&page=0",
        ):
            assert machine.send("GET", target).status_code in (200, 404), target
            machine.hello()
        remove(upper.database.engine, "before_cursor_execute", overheard)
        looked: list[str] = []
        with upper.database.begin_for_counter() as connection:
            enter(connection, OURS)
            cursor = connection.connection.cursor()
            for statement, given in asked:
                if not re.search(r"(FROM|JOIN|UPDATE|INTO) event\b", statement):
                    continue
                cursor.execute(f"EXPLAIN {statement}", given)
                plan = "\n".join(str(row[0]) for row in cursor.fetchall())
                places = set(re.findall(r"\bevent_[0-9]{2}\b", plan))
                # what goes in finds its place row by row
                assert len(places) == (0 if statement.startswith("INSERT") else 1), statement
                looked += places
    assert len(looked) > 5
    assert len(set(looked)) == 1
