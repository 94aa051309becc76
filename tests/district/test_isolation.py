"""The second wall: PostgreSQL itself shows a counter's request no other commune."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Executable, delete, func, insert, select, text, update
from sqlalchemy.exc import ProgrammingError

from district_server.database import ROLE, Database, enter, get_meta, put_meta
from district_server.enrolment import issue_code
from district_server.schema import bring_up_to_date
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


def test_a_communes_events_lie_in_one_partition(database: Database) -> None:
    query = text("SELECT tableoid::regclass::text FROM event WHERE commune = :org")
    with database.begin() as connection:
        for number in range(2, 8):
            connection.execute(
                insert(event).values(
                    **_event(OURS) | {"cseq": number, "dseq": number, "event_id": str(number)}
                )
            )
        places = set(connection.scalars(query, {"org": OURS}))
        plan = "\n".join(
            connection.scalars(text(f"EXPLAIN SELECT * FROM event WHERE commune = '{OURS}'"))
        )
    assert len(places) == 1
    # the others are not even looked at
    assert plan.count("event_") == plan.count(places.pop())
