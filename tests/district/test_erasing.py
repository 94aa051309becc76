"""What a server takes that comes empty, and what its log lets go."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from upper import Machine, Upper, taken

from counter_app.domain.events import Due, Event, ProcedureRef, Remains, SubjectErased
from counter_app.wire.codec import encode_payload
from district_server.check import faults_of
from district_server.tables import event, quarantine

Enrolled = Callable[..., Machine]
AT = datetime(2020, 11, 20, 9, 24, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
DOSSIER = "01a2116f-5db5-7ad8-85ce-000000000001"


def erasure(**more: object) -> str:
    """What is said of a dossier that was returned long ago."""
    procedure = ProcedureRef("1.004873", "Xác nhận", "1", "ho-tich", "Hộ tịch", "", "", "Tư pháp")
    due = Due(AT + timedelta(days=3), AT, (date(2020, 11, 23),), False, "working_day", 1, "")
    remains = Remains(
        "H50.99.01-201120-1001", (), "returned", False, procedure, AT, due, due.due_at, due.due_at,
        due.due_at, AT, AT, 0, 1, "FS-2018", "", 1, "counter", "c-1", "Hồ Thị Mai",
    )  # fmt: skip
    return encode_payload(SubjectErased(3, AT, 2, remains), b"12345678")


def story(machine: Machine) -> list[Event]:
    """An acceptance, a note and the erasure of both, emptied."""
    about = {"subject": DOSSIER}
    sealed = machine.seal(
        [
            {"event_id": DOSSIER, "type": "dossier.accepted"},
            {"event_id": DOSSIER[:-1] + "2", **about},
            {
                "event_id": DOSSIER[:-1] + "3",
                "type": "subject.erased",
                "payload": erasure(),
                **about,
            },
        ]
    )
    return [one._replace(payload="") if one.type != "subject.erased" else one for one in sealed]


def held(upper: Upper) -> tuple[dict[str, bool], dict[str, str]]:
    """Type → whether it says anything, in the log; event id → why it waits aside."""
    with upper.database.begin() as connection:
        log = {row.type: bool(row.payload) for row in connection.execute(select(event))}
        rows = connection.execute(select(quarantine.c.event_id, quarantine.c.code))
        return log, {row.event_id: row.code for row in rows}


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_what_comes_empty_waits_for_the_event_that_says_why(
    upper: Upper, enrolled: Enrolled, cut: int
) -> None:
    machine = enrolled()
    events = story(machine)
    problems = taken(machine.push(events[:cut])).problems
    if cut < 3:
        assert {problem.code for problem in problems} <= {"emptied", "parked"}
        assert held(upper)[0] == {}
        assert len(held(upper)[1]) == cut
        problems = taken(machine.push(events[cut:])).problems

    assert problems == ()
    gone = {"dossier.accepted": False, "note.added": False, "subject.erased": True}
    assert held(upper) == (gone, {})
    with upper.database.begin() as connection:
        assert faults_of(connection) == []
    # the same again, as after a lost answer
    machine.high, machine.head = 0, "0" * 64
    assert taken(machine.push(events)).problems == ()
    assert held(upper) == (gone, {})


@pytest.mark.parametrize("payload", ["sha256:", "sha256:" + "A" * 64, "sha256:" + "a" * 63, ""])
def test_what_only_looks_empty_is_set_aside(upper: Upper, enrolled: Enrolled, payload: str) -> None:
    machine = enrolled()
    known = machine.seal(
        [{"event_id": DOSSIER, "type": "store.created", "payload": payload or "x"}]
    )
    if not payload:
        # of a type that no erasure is about
        known = [known[0]._replace(payload="")]

    (problem,) = taken(machine.push(known)).problems

    assert problem.code == "form"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"returned"', '"accepted"'),
        ('"years":3', '"years":0'),
        ('"years":3', '"years":101'),
        ('"years":3', '"years":1000000'),
    ],
)
def test_an_erasure_that_says_nothing_lets_nothing_go(
    upper: Upper, enrolled: Enrolled, right: str, wrong: str
) -> None:
    machine = enrolled()
    broken = machine.seal(
        [
            {"event_id": DOSSIER, "type": "dossier.accepted"},
            {"event_id": DOSSIER[:-1] + "3", "type": "subject.erased", "subject": DOSSIER,
             "payload": erasure().replace(right, wrong)},
        ]
    )  # fmt: skip
    taken(machine.push([broken[0]._replace(payload=""), broken[1]]))

    assert held(upper)[0] == {}
    assert set(held(upper)[1].values()) == {"emptied", "form"}


def test_the_database_itself_lets_nothing_else_go(upper: Upper, enrolled: Enrolled) -> None:
    machine = enrolled()
    note = {"event_id": DOSSIER[:-1] + "9"}
    machine.push(story(machine))
    machine.push(machine.seal([note]))
    for change in (
        "payload = '' WHERE type = 'note.added' AND payload <> ''",
        "payload = '' WHERE type = 'subject.erased'",
        "payload = '{}' WHERE payload = ''",
        "payload = '', payload_hash = 'a' WHERE payload = ''",
        "actor_name = 'Ai Đó' WHERE payload = ''",
        "payload = '', cseq = cseq + 100 WHERE payload = ''",
    ):
        with pytest.raises(DatabaseError), upper.database.begin() as connection:
            connection.execute(text(f"UPDATE event SET {change}"))
    with upper.database.begin() as connection:
        assert connection.execute(text("UPDATE event SET payload = '' WHERE payload = ''")).rowcount
        assert faults_of(connection) == []


def test_check_names_what_is_empty_without_an_erasure(upper: Upper, enrolled: Enrolled) -> None:
    machine = enrolled()
    machine.push(machine.seal([{"event_id": DOSSIER}]))
    with upper.database.begin() as connection:
        if upper.database.on_postgres:
            connection.execute(text("ALTER TABLE event DISABLE TRIGGER event_stands"))
        else:
            connection.execute(text("DROP TRIGGER event_stands"))
        connection.execute(text("UPDATE event SET payload = ''"))

        (fault,) = faults_of(connection)

    assert (fault["code"], fault["event"]) == ("chain_broken", DOSSIER)
