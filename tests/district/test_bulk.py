"""A batch goes in as a set: as quickly as that sounds, and exactly as one by one."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event as hooks
from sqlalchemy import select, text
from sync_steps import accept, do, events_above
from upper import Machine, Upper, pulled, running, taken

from counter_app.bootstrap import Counter
from counter_app.domain.events import (
    Destination,
    DossierAccepted,
    DossierCorrected,
    DossierTransferred,
    Payload,
)
from counter_app.wire.codec import encode_payload, type_and_version
from counter_app.wire.messages import WireProblem
from district_server.check import faults_of
from district_server.tables import commune, dossier, quarantine

Content = dict[str, Any]
Enrolled = Callable[..., Machine]


def told(payload: Payload, subject: str = "", **more: object) -> Content:
    name, version = type_and_version(payload)
    event_id = str(uuid.uuid4())
    return {
        "event_id": event_id,
        "type": name,
        "version": version,
        "subject": subject or event_id,
        "payload": encode_payload(payload, bytes(8)),
        **more,
    }


@pytest.fixture
def accepted(counter: Counter) -> DossierAccepted:
    """What counter 2 says of its first dossier."""
    made = accept((counter, counter.officers.all()[0]))
    with counter.store.read() as books:
        ((_, payload),) = books.log.of(made.dossier_id)
    assert isinstance(payload, DossierAccepted)
    return payload


def receptions(accepted: DossierAccepted, count: int, first: int = 100) -> list[Content]:
    """Dossiers of counter 2, each with a note, and one that is no dossier at all."""
    found: list[Content] = [{"event_id": str(uuid.uuid4()), "payload": "[]"}]
    for number in range(first, first + count):
        code = f"{accepted.code.rpartition('-')[0]}-2{number:03d}"
        reception = told(replace(accepted, code=code))
        note = {"event_id": str(uuid.uuid4()), "subject": reception["event_id"]}
        found += [reception, note]
    return found


@contextmanager
def statements(upper: Upper) -> Iterator[list[tuple[str, bool]]]:
    """What is said to the database, and whether it was said once for each of many rows."""
    heard: list[tuple[str, bool]] = []

    def hear(_: object, __: object, statement: str, ___: object, ____: object, many: bool) -> None:
        heard.append((statement, many))

    hooks.listen(upper.database.engine, "before_cursor_execute", hear)
    yield heard
    hooks.remove(upper.database.engine, "before_cursor_execute", hear)


def test_more_events_are_no_more_statements(
    upper: Upper, enrolled: Enrolled, accepted: DossierAccepted
) -> None:
    machine = enrolled(counter_no=2)
    machine.push(machine.seal(receptions(accepted, 1, first=999)))
    with statements(upper) as few:
        assert machine.push(machine.seal(receptions(accepted, 2))).status_code == 200
    with statements(upper) as many:
        assert machine.push(machine.seal(receptions(accepted, 200, first=200))).status_code == 200

    assert events_above(upper) == 2 * (1 + 2 + 200)
    assert many == few
    if upper.database.on_postgres:
        # there a statement with many rows is sent once a row
        assert not any(one_a_row for _, one_a_row in many)
        with upper.database.begin() as connection:
            ways = connection.scalars(text("SELECT pg_column_compression(payload) FROM event"))
            assert {way for way in ways if way} == {"lz4"}


def test_a_longer_page_is_no_more_statements(
    upper: Upper, enrolled: Enrolled, accepted: DossierAccepted
) -> None:
    author, reader = enrolled(1, counter_no=2), enrolled(3, counter_no=3)
    author.push(author.seal(receptions(accepted, 1)))
    with statements(upper) as few:
        assert len(pulled(reader.pull()).runs[0].events) == 2
    events = author.seal(receptions(accepted, 12, first=200))
    author.push(events)
    with statements(upper) as many:
        page = pulled(reader.pull(after=2))

    # what could not be taken has no place in the order
    assert [sent.event_id for run in page.runs for sent in run.events] == [
        known.event_id for known in events[1:]
    ]
    assert many == few


REFUSE_ON_POSTGRES = "ALTER TABLE event ADD CHECK (payload NOT LIKE '%thạch tín%')"
REFUSE_ON_SQLITE = (
    "CREATE TRIGGER refuse BEFORE INSERT ON event WHEN NEW.payload LIKE '%thạch tín%' "
    "BEGIN SELECT RAISE(ABORT, 'no'); END"
)


def test_what_the_database_itself_refuses_is_set_aside_alone(
    upper: Upper, enrolled: Enrolled, accepted: DossierAccepted
) -> None:
    with upper.database.begin() as connection:
        connection.execute(
            text(REFUSE_ON_POSTGRES if upper.database.on_postgres else REFUSE_ON_SQLITE)
        )
    machine = enrolled(counter_no=2)
    contents = receptions(accepted, 12)[1:]
    poisoned = contents[10]
    poison = replace(accepted, facts=replace(accepted.facts, note="thạch tín"))
    poisoned["payload"] = encode_payload(poison, bytes(8))

    answer = machine.push(machine.seal(contents))

    assert answer.status_code == 200, answer.text
    problems = taken(answer).problems
    assert [(one.dseq, one.code) for one in problems] == [(11, "unusable"), (12, "parked")]
    assert {one.subject for one in problems} == {poisoned["event_id"]}
    assert taken(answer).high == 24
    assert events_above(upper) == 22
    with upper.database.begin() as connection:
        assert faults_of(connection) == []
        assert len(connection.execute(select(dossier)).all()) == 11
        assert len(connection.execute(select(quarantine)).all()) == 2
    # what comes later about it waits with it; the others go on
    more = [{"event_id": str(uuid.uuid4()), "subject": poisoned["event_id"]}]
    more += [{"event_id": str(uuid.uuid4()), "subject": contents[0]["event_id"]}]
    assert [one.code for one in taken(machine.push(machine.seal(more))).problems] == ["parked"]
    assert events_above(upper) == 23


def test_a_repair_that_the_database_refuses_waits_with_what_it_was_to_repair(
    upper: Upper, enrolled: Enrolled, accepted: DossierAccepted
) -> None:
    with upper.database.begin() as connection:
        connection.execute(
            text(REFUSE_ON_POSTGRES if upper.database.on_postgres else REFUSE_ON_SQLITE)
        )
    machine = enrolled(counter_no=2)
    wrong = told(replace(accepted, code=accepted.code.replace("-2001", "-5001")))
    right = replace(accepted, facts=replace(accepted.facts, note="thạch tín"))
    repair = DossierCorrected(
        (), "Sai mã", right.facts, 1, accepted.receipt, supersedes=wrong["event_id"], accepted=right
    )
    contents = [wrong, told(repair, wrong["event_id"])]

    problems = taken(machine.push(machine.seal(contents))).problems

    assert [one.code for one in problems] == ["code_foreign", "unusable"]
    with upper.database.begin() as connection:
        kept = connection.scalars(select(quarantine.c.event_id).order_by(quarantine.c.dseq))
        assert list(kept) == [one["event_id"] for one in contents]


def test_a_batch_is_what_its_events_are_one_by_one(
    upper: Upper, enrolled: Enrolled, counter: Counter, tmp_path: Path
) -> None:
    contents = story(counter)
    machine = enrolled(counter_no=2)
    together = taken(machine.push(machine.seal(contents))).problems
    with running(f"sqlite:///{tmp_path / 'other.sqlite3'}") as other:
        alone = one_by_one(other, contents)
        assert book_of(other) == book_of(upper)

    assert together == alone
    assert [one.code for one in alone] == ["form", "parked", "code_foreign", "form"]


def story(counter: Counter) -> list[Content]:
    """Dossiers with acts, acts that the state forbids, and what cannot be taken between them."""
    pair = counter, counter.officers.all()[0]
    first, second, third = (accept(pair, name=name) for name in ("HỒ THỊ A", "LÊ B", "BÙI C"))
    do(pair, first.dossier_id, "transfer", to="Phòng Tư pháp")
    do(pair, third.dossier_id, "withdraw", reason="Đổi ý")
    with counter.store.read() as books:
        rows = books.connection.exec_driver_sql(
            "SELECT event_id, type, version, subject, payload FROM event_log ORDER BY dseq"
        ).fetchall()
    contents: list[Content] = [dict(row._mapping) for row in rows]
    withdrawn = next(one for one in contents if one["type"] == "dossier.withdrawn")
    accepted = next(one for one in contents if one["type"] == "dossier.accepted")
    foreign = accepted["payload"].replace("H50.99.01-", "H50.99.02-")
    wild = {"event_id": str(uuid.uuid4()), "subject": second.dossier_id, "version": 2**40}
    return [
        *contents,
        # the fold refuses these, not the server
        withdrawn | {"event_id": str(uuid.uuid4())},
        withdrawn | {"event_id": str(uuid.uuid4()), "subject": str(uuid.uuid4())},
        wild,
        {"event_id": str(uuid.uuid4()), "subject": second.dossier_id},
        told_again(accepted, foreign),
        accepted,
        {"event_id": accepted["event_id"]},
        {"event_id": str(uuid.uuid4()), "type": "future.thing", "payload": '{"a":1}'},
    ]


def told_again(content: Content, payload: str) -> Content:
    event_id = str(uuid.uuid4())
    return content | {"event_id": event_id, "subject": event_id, "payload": payload}


def one_by_one(upper: Upper, contents: Sequence[Content]) -> tuple[WireProblem, ...]:
    problems: list[WireProblem] = []
    with httpx.Client(base_url=upper.url, trust_env=False, timeout=30) as client:
        machine = Machine(client, counter_no=2)
        assert machine.enrol(upper.code_for(machine.org, 2)).status_code == 200
        assert machine.hello().status_code == 200
        for content in contents:
            problems += taken(machine.push(machine.seal([content]))).problems
    return tuple(problems)


def book_of(upper: Upper) -> list[object]:
    """Everything that the events made of the server's book."""
    with upper.database.begin() as connection:
        assert faults_of(connection) == []
        return [
            connection.execute(select(commune.c.seq, commune.c.digest)).all(),
            connection.execute(select(dossier).order_by(dossier.c.id)).all(),
            [
                dict(row._mapping) | {"set_aside_at": ""}
                for row in connection.execute(select(quarantine).order_by(quarantine.c.dseq))
            ],
        ]


def test_two_counters_that_tell_of_one_dossier_at_once(
    postgres_url: str, accepted: DossierAccepted
) -> None:
    """The second is done between the first one's look at the dossier and its turn to write."""
    moved = told(DossierTransferred(Destination("commune", "Phòng Tư pháp")))
    with (
        running(postgres_url) as upper,
        httpx.Client(base_url=upper.url, trust_env=False, timeout=30) as client,
    ):
        first, second = (Machine(client, counter_no=number, seed=number) for number in (2, 3))
        for machine in (first, second):
            assert machine.enrol(upper.code_for(machine.org, machine.counter_no)).is_success
            assert machine.hello().is_success
        reception = told(accepted)
        assert first.push(first.seal([reception])).is_success
        answers: list[httpx.Response] = []

        def between(_: object, __: object, statement: str, *___: object) -> None:
            if "FROM commune" in statement and "FOR UPDATE" in statement and not answers:
                answers.append(httpx.Response(500))
                moves = second.seal([moved | {"subject": reception["event_id"]}])
                answers.append(second.push(moves))

        hooks.listen(upper.database.engine, "before_cursor_execute", between)
        notes = first.seal([{"event_id": str(uuid.uuid4()), "subject": reception["event_id"]}])
        assert first.push(notes).is_success

        assert answers[-1].is_success
        with upper.database.begin() as connection:
            assert list(connection.scalars(select(dossier.c.status))) == ["in_process"]
            assert faults_of(connection) == []
