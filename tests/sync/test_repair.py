"""What could not be taken above: counted, and nobody's problem any more once it is in."""

from dataclasses import replace

from conftest import draft
from sync_steps import Enrolled, Pair, accept, assert_at_rest, do, synced

from counter_app.bootstrap import Counter
from counter_app.domain.events import SYSTEM, DossierAccepted
from counter_app.services.results import Accepted
from district_server.enrolment import revoke
from district_server.reviewing import release
from district_server.tables import device


def from_paper(pair: Pair, code: str, name: str) -> Accepted:
    paper = {"origin": "paper", "code": code, "received_at": "2026-11-20T08:00"}
    made = pair[0].intake.accept(draft(name, from_paper=paper), pair[1])
    assert isinstance(made, Accepted)
    return made


def told(pair: Pair) -> list[str]:
    summary = pair[0].sync.cycle()
    assert not summary.fault
    return [problem.code for problem in summary.problems]


def sent(counter: Counter, made: Accepted) -> str:
    view = counter.search.open(made.dossier_id)
    assert view is not None
    return view.row.sent


def test_a_replacing_pc_counts_on_after_what_waits_in_quarantine(
    upper, enrolled: Enrolled, make_counter
) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    accept(first)
    with first[0].store.write() as books:
        # a code as a faulty program would have given it out: the citizen holds the slip
        ((_, payload),) = books.log.of(books.dossiers.ids_of(_code(1))[0])
        assert isinstance(payload, DossierAccepted)
        bad = replace(payload, code=_code(7), office_version="x", origin="counter")
        event = books.log.append(
            bad, actor=SYSTEM, at=first[0].clock.now(), subject="khong-phai-nó"
        )
        assert event.subject != event.event_id
    assert told(first) == ["form"]
    with upper.database.begin() as connection:
        revoke(connection, first[0].identity.device_id)

    other = make_counter(1, "may-moi")
    other.enrol(upper.url, upper.code(other), None)

    assert accept((other, other.officers.all()[0])).code == _code(8)


def test_what_is_taken_after_all_is_nobodys_problem_any_more(upper, enrolled: Enrolled) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    made = accept(first)
    synced(first)
    with upper.database.begin() as connection:
        connection.execute(device.update().values(counter=3))
    waiting = accept(first)
    do(first, waiting.dossier_id, "transfer")
    assert told(first) == ["code_foreign", "parked"]
    assert sent(first[0], waiting) == "problem"
    with upper.database.begin() as connection:
        connection.execute(
            device.update().where(device.c.id == first[0].identity.device_id).values(counter=1)
        )
        assert release(connection, upper.keys, first[0].identity.org_code, waiting.dossier_id) == (
            2,
            0,
        )

    assert told(first) == []

    assert sent(first[0], waiting) == "sent"
    assert first[0].sync_state().standing.problems == 0
    assert sent(first[0], made) == "sent"
    assert_at_rest(upper, first, second)


def _code(number: int) -> str:
    return f"H50.99.01-261120-1{number:03d}"
