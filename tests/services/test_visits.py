"""Several dossiers of one visit, one slip: durable one by one, printed together."""

from collections.abc import Callable

import pytest
from services.desk import SAME_DAY, TEN_DAYS, Desk, person
from services.printer import ToldPrinter
from sqlalchemy import insert

from counter_app.domain import events as ev
from counter_app.domain.outcome import Outcome
from counter_app.domain.receipt import Receipt
from counter_app.domain.slip_code import decode
from counter_app.errors import Refused
from counter_app.services.results import Accepted, Rejected
from counter_app.services.visits import Closed
from db.tables import event_log


def take(desk: Desk, visit: str = "luot-1", **more: object) -> Accepted:
    return desk.accept(visit=visit, applicant=person("Hồ Thị Nguyệt"), **more)


def close(desk: Desk, visit: str = "luot-1") -> Closed:
    closed = desk.counter.visits.close(visit, desk.officer)
    assert isinstance(closed, Closed), closed
    return closed


def not_closed(desk: Desk, visit: str = "luot-1") -> str:
    refused = desk.counter.visits.close(visit, desk.officer)
    assert isinstance(refused, Rejected), refused
    return refused.problems[0].code


def slip(desk: Desk, visit: str = "luot-1") -> tuple[Receipt, int]:
    content, copies = desk.counter.prints.next_slip("visit", visit)
    assert isinstance(content, Receipt)
    return content, copies


def test_a_visit_makes_one_job_when_it_closes_and_none_before(desk: Desk) -> None:
    made = [take(desk), take(desk, procedure=TEN_DAYS)]
    assert [one.print_job_id for one in made] == [None, None]
    assert desk.count("print_job") == 0

    closed = close(desk)

    assert closed.codes == tuple(one.code for one in made)
    (job,) = desk.counter.prints.waiting()
    assert (job.id, job.what, job.subject) == (closed.print_job_id, "visit", "luot-1")
    assert (job.dossier_id, job.state) == (made[0].dossier_id, "pending")
    ((event, payload),) = desk.story("luot-1")
    assert event.type == "visit.closed"
    assert payload == ev.VisitClosed("luot-1", closed.codes)
    assert desk.faults() == []


def test_the_slip_is_the_first_receipt_and_tells_of_the_others(desk: Desk) -> None:
    made = [take(desk), take(desk, procedure=TEN_DAYS), take(desk, procedure=SAME_DAY)]
    close(desk)

    receipt, copies = slip(desk)

    first = desk.counter.prints.receipt(made[0].dossier_id)[0]
    assert receipt.qr == first.qr
    code = decode(receipt.qr)
    assert code is not None
    assert code.code == made[0].code
    assert [other.code for other in receipt.others] == [one.code for one in made[1:]]
    assert [other.due_at for other in receipt.others] == [one.due_at for one in made[1:]]
    assert (receipt.visit_total, copies) == (15_000, 0)


def test_one_print_is_the_print_of_each(desk: Desk) -> None:
    made = [take(desk), take(desk)]
    job_id = close(desk).print_job_id
    assert job_id is not None
    assert desk.counter.worklists.figures().unprinted == 2

    done = desk.counter.prints.print_again(job_id, [ToldPrinter()], desk.officer)

    assert done.changes.dossiers == {one.dossier_id for one in made}
    assert desk.counter.worklists.figures().unprinted == 0
    for one in made:
        assert desk.dossier(one.dossier_id).prints_of(1) == 1
        assert [job.id for job in desk.prints_of(one.dossier_id)] == [job_id]
    assert slip(desk)[1] == 1
    # someone holds a paper of it: printed alone it is a reprint
    again = desk.counter.prints.print_slip(made[1].dossier_id, [ToldPrinter()], desk.officer)
    assert again.copy_no == 1
    assert desk.faults() == []


def test_a_crash_before_closing_leaves_each_dossier_listed(desk: Desk) -> None:
    made = [take(desk), take(desk), desk.accept(applicant=person("Pả Kưng"))]
    desk.reopen()

    waiting = {job.dossier_id: job for job in desk.counter.prints.after_crash()}

    assert set(waiting) == {one.dossier_id for one in made}
    assert [waiting[one.dossier_id].state for one in made] == ["open", "open", "pending"]
    assert waiting[made[0].dossier_id].subject == "luot-1"
    lines = desk.counter.worklists.urgent(desk.officer.id)
    assert {line.code for line in lines} == {one.code for one in made}
    assert all("vừa lưu, chưa in. Đừng nhận lại." in line.text for line in lines)
    assert desk.counter.worklists.figures().unprinted == 3
    with pytest.raises(Refused, match="chưa đóng"):
        slip(desk)
    # and it can still be closed
    assert close(desk).codes == tuple(one.code for one in made[:2])


def test_closing_twice_is_refused_and_so_is_a_visit_of_nothing(desk: Desk) -> None:
    take(desk)
    close(desk)

    assert not_closed(desk) == "visit_closed"
    assert not_closed(desk, "luot-2") == "visit_unknown"
    assert desk.count("print_job") == 1


def test_nothing_comes_into_a_closed_visit(desk: Desk) -> None:
    take(desk)
    close(desk)
    events = desk.count("event_log")

    assert desk.refused(visit="luot-1") == [("visit", "visit_closed")]
    assert desk.count("event_log") == events
    # no number was taken
    assert take(desk, "luot-2").code.endswith("-2002")


def test_the_name_of_a_visit_is_cleaned_before_it_is_compared(desk: Desk) -> None:
    take(desk, " luot-1\u200b ")
    close(desk, "luot-1 ")

    assert desk.refused(visit="luot-1\x00") == [("visit", "visit_closed")]


def test_a_visit_that_needs_no_slip_asks_for_none(desk: Desk) -> None:
    take(desk, procedure=SAME_DAY)

    assert close(desk).print_job_id is None
    assert desk.counter.prints.waiting() == ()
    # whoever wants one gets it
    done = desk.counter.prints.print("visit", "luot-1", [ToldPrinter()], desk.officer)
    assert done.outcome is Outcome.CONFIRMED


def test_a_voided_dossier_is_left_out(desk: Desk) -> None:
    made = [take(desk), take(desk), take(desk)]
    desk.do(made[0].dossier_id, "void", reason="Nhập hai lần")

    assert close(desk).codes == (made[1].code, made[2].code)
    desk.do(made[1].dossier_id, "void", reason="Nhập hai lần")
    assert slip(desk)[0].code == made[2].code


def test_a_correction_before_the_print_stands_on_the_visits_one_slip(desk: Desk) -> None:
    made = [take(desk), take(desk)]
    desk.do(made[1].dossier_id, "correct", reason="Sai tên", applicant={"name": "Hồ Thị Nga"})
    close(desk)

    assert len(desk.counter.prints.waiting()) == 1
    assert slip(desk)[0].others[0].applicant_name == "Hồ Thị Nga"


def test_a_correction_after_the_print_gets_a_slip_of_its_own(desk: Desk) -> None:
    made = [take(desk), take(desk)]
    job_id = close(desk).print_job_id
    assert job_id is not None
    desk.counter.prints.print_again(job_id, [ToldPrinter()], desk.officer)

    desk.do(made[1].dossier_id, "correct", reason="Sai tên", applicant={"name": "Hồ Thị Nga"})

    (job,) = desk.counter.prints.waiting()
    assert (job.what, job.dossier_id, job.receipt_no) == ("receipt", made[1].dossier_id, 2)


def test_another_counters_visit_of_the_same_name_is_another_visit(
    desk: Desk, make_desk: Callable[..., Desk]
) -> None:
    other = make_desk(3)
    take(other)
    close(other)
    with other.counter.store.read() as books:
        entries = books.log.of("luot-1")
    take(desk)
    with desk.counter.store.write() as books:
        books.connection.execute(insert(event_log), [event._asdict() for event, _ in entries])

    assert len(close(desk).codes) == 1
