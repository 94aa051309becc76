"""What could not be taken above: counted, and nobody's problem any more once it is in."""

from dataclasses import replace

from conftest import draft
from fault_proxy import FaultProxy
from sqlalchemy import select
from sync_steps import Enrolled, Pair, accept, assert_at_rest, do, synced

from counter_app.bootstrap import Counter
from counter_app.domain.events import SYSTEM, DossierAccepted
from counter_app.domain.slip_code import Verdict
from counter_app.services.acts import Acted
from counter_app.services.results import Accepted, Rejected
from district_server.enrolment import revoke
from district_server.reviewing import release
from district_server.tables import device, dossier, quarantine


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


def correct(pair: Pair, made: Accepted, **fields: object) -> str:
    """Put it right at the console's service; the code it has now."""
    reason = {"reason": "Cấp trên không nhận được"}
    done = pair[0].acts.act(made.dossier_id, "correct", {**reason, **fields}, pair[1])
    assert isinstance(done, Acted), done
    return done.dossier.code


def test_one_paper_entered_at_two_counters_is_put_right_by_the_second(
    upper, enrolled: Enrolled
) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    paper = "H50.99.01-261119-3007"
    kept = from_paper(first, paper, "HỒ VĂN MỘT")
    twice = from_paper(second, paper, "HỒ VĂN HAI")
    do(second, twice.dossier_id, "transfer")
    synced(first)
    assert told(second) == ["code_taken", "parked"]
    do(second, twice.dossier_id, "complete")
    assert told(second) == ["parked"]
    assert second[0].acts.allowed(second[0].search.open(twice.dossier_id).dossier, second[1])  # type: ignore[union-attr]

    new = correct(second, twice)

    assert new == "H50.99.01-261120-2001"
    assert sent(second[0], twice) == "problem"
    assert told(second) == []
    assert sent(second[0], twice) == "sent"
    assert_at_rest(upper, first, second, superseded=1)
    for counter, _ in (first, second):
        views = counter.search.by_code(paper)
        assert {view.dossier.id for view in views} == {kept.dossier_id, twice.dossier_id}
        (view,) = counter.search.by_code(new)
        assert view.dossier.id == twice.dossier_id
        assert view.dossier.status.value == "completed"
        assert view.dossier.facts.applicant.name == "HỒ VĂN HAI"
        assert view.dossier.receipt.no == 2
        slip, _ = counter.prints.next_slip("receipt", twice.dossier_id)
        assert counter.scans.judge(slip.qr).verdict is Verdict.GREEN
    lines = [
        [
            (line.event, line.rejected)
            for line in counter.search.open(twice.dossier_id).dossier.timeline
        ]  # type: ignore[union-attr]
        for counter, _ in (first, second)
    ]
    assert lines[0] == lines[1]
    assert lines[0] == [
        ("dossier.corrected", None),
        ("dossier.transferred", None),
        ("dossier.completed", None),
    ]


def test_a_repair_may_name_the_code_on_the_paper_and_fail_once_more(
    upper, enrolled: Enrolled
) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    one, two = "H50.99.01-261119-3007", "H50.99.01-261119-3008"
    from_paper(first, one, "HỒ VĂN MỘT")
    from_paper(first, two, "HỒ VĂN BA")
    twice = from_paper(second, one, "HỒ VĂN HAI")
    first[0].sync.cycle()
    # the second counter has pulled nothing yet: it does not know of the other two
    with second[0].store.read() as books:
        assert not books.dossiers.ids_of(two)
    assert "code_taken" in told(second)
    refused = second[0].acts.act(
        twice.dossier_id, "correct", {"reason": "Nhầm mã", "code": two}, second[1]
    )
    assert isinstance(refused, Rejected)
    assert [problem.code for problem in refused.problems] == ["code_exists"]

    assert correct(second, twice, code="H50.99.01-261119-3009", sets=2).endswith("3009")

    assert told(second) == []
    assert_at_rest(upper, first, second, superseded=1)
    (view,) = first[0].search.by_code("H50.99.01-261119-3009")
    assert view.dossier.facts.sets == 2


def test_what_waits_elsewhere_is_not_freed_by_a_repair_of_something_else(
    upper, enrolled: Enrolled
) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    papers = [f"H50.99.01-261119-300{at}" for at in (7, 8)]
    for paper in papers:
        from_paper(first, paper, "HỒ VĂN MỘT")
    twice = [from_paper(second, paper, "HỒ VĂN HAI") for paper in papers]
    synced(first)
    assert told(second) == ["code_taken", "code_taken"]

    correct(second, twice[0])

    assert told(second) == []
    assert [sent(second[0], one) for one in twice] == ["sent", "problem"]
    correct(second, twice[1])
    assert told(second) == []
    assert_at_rest(upper, first, second, superseded=2)


def taken_meanwhile(upper, enrolled: Enrolled) -> tuple[Pair, Accepted]:  # type: ignore[no-untyped-def]
    """A counter and the paper it entered, whose code is another dossier's above."""
    first, second = enrolled(1), enrolled(2)
    from_paper(first, "H50.99.01-261119-3007", "HỒ VĂN MỘT")
    synced(first)
    synced(second)
    twice = from_paper(second, "H50.99.01-261119-3008", "HỒ VĂN HAI")
    with upper.database.begin() as connection:
        # as if the first had entered it a moment ago
        connection.execute(dossier.update().values(code="H50.99.01-261119-3008"))
    return second, twice


def test_the_author_sees_why_though_the_answer_was_lost(
    upper, proxy: FaultProxy, enrolled: Enrolled
) -> None:  # type: ignore[no-untyped-def]
    second, twice = taken_meanwhile(upper, enrolled)
    # hello comes back whole; the answer to the push is lost after the server has committed
    proxy.cut_down = 420
    assert second[0].sync.cycle().fault
    proxy.heal()

    assert told(second) == ["code_taken"]
    assert sent(second[0], twice) == "problem"
    assert told(second) == []


def test_what_was_set_aside_goes_again_to_a_server_that_was_put_back(
    upper, enrolled: Enrolled
) -> None:  # type: ignore[no-untyped-def]
    """Though it was the last that its author wrote, and nothing else is missing above."""
    second, twice = taken_meanwhile(upper, enrolled)
    saved = upper.save()
    assert told(second) == ["code_taken"]

    upper.put_back(saved)

    assert told(second) == ["code_taken"]
    assert told(second) == []
    assert sent(second[0], twice) == "problem"
    with upper.database.begin() as connection:
        assert connection.scalars(select(quarantine.c.subject)).all() == [twice.dossier_id]
