"""A mistaken intake put right: both versions stay, a new slip replaces the old one."""

import pytest
from services.desk import PROCEDURES, SAME_DAY, TEN_DAYS, THREE_DAYS, Desk, shown, small_catalogue

from counter_app.domain import events as ev
from counter_app.domain.outcome import Reason, Sent, sent
from counter_app.domain.printer import Profile
from counter_app.domain.receipt import Receipt

REASON = "Ghi nhầm khi nhận"


class QuietPrinter:
    """Takes everything."""

    name, profile = "may-in-thu", Profile()

    def send(self, job: bytes) -> Sent:
        return sent(Reason.OK)


def slip(desk: Desk, dossier_id: str) -> Receipt:
    return desk.counter.prints.receipt(dossier_id)[0]


# ---- the new receipt -----------------------------------------------------------------------------


def test_a_correction_gives_a_new_signed_slip_that_names_the_one_it_replaces(desk: Desk) -> None:
    made = desk.accept()
    old = slip(desk, made.dossier_id)

    desk.do(made.dossier_id, "correct", applicant={"name": "HỒ THỊ NGUYỆN"}, reason=REASON)

    new = slip(desk, made.dossier_id)
    assert (old.no, old.replaces_no, new.no, new.replaces_no) == (1, None, 2, 1)
    assert (old.applicant_name, new.applicant_name) == ("HỒ THỊ NGUYỆT", "HỒ THỊ NGUYỆN")
    assert new.qr != old.qr
    assert new.code == old.code == made.code
    assert (new.received_at, new.due_at) == (old.received_at, old.due_at)
    assert desk.counter.scans.judge(new.qr).verdict == "GREEN"
    assert desk.faults() == []


def test_the_old_slip_is_genuine_and_reads_as_replaced_the_new_one_does_not(desk: Desk) -> None:
    made = desk.accept()
    slips = [slip(desk, made.dossier_id).qr]
    for name in ("HỒ THỊ NGUYỆN", "HỒ THỊ NGUYÊN"):
        desk.do(made.dossier_id, "correct", applicant={"name": name}, reason=REASON)
        slips.append(slip(desk, made.dossier_id).qr)

    judged = [desk.counter.scans.judge(payload) for payload in slips]

    assert [scan.verdict for scan in judged] == ["GREEN", "GREEN", "GREEN"]
    assert [scan.replaced for scan in judged] == [True, True, False]
    assert not any(scan.mismatch for scan in judged)
    assert {scan.dossier_id for scan in judged} == {made.dossier_id}


def test_the_log_keeps_both_versions_side_by_side(desk: Desk) -> None:
    made = desk.accept()

    desk.do(
        made.dossier_id,
        "correct",
        applicant={"name": "HỒ THỊ NGUYỆN", "phone": "0912000999"},
        sets=2,
        reason=REASON,
    )

    (_, first), (event, second) = desk.story(made.dossier_id)
    assert isinstance(first, ev.DossierAccepted)
    assert isinstance(second, ev.DossierCorrected)
    assert first.facts.applicant.name == "HỒ THỊ NGUYỆT"
    assert (second.facts.applicant.name, second.reason) == ("HỒ THỊ NGUYỆN", REASON)
    assert {(change.field, change.old, change.new) for change in second.changes} == {
        ("applicant.name", "HỒ THỊ NGUYỆT", "HỒ THỊ NGUYỆN"),
        ("applicant.phone", "0912000345", "0912000999"),
        ("sets", "1", "2"),
    }
    assert second.replaces_receipt_no == 1
    assert event.actor_name == "Hồ Thị Mai"


def test_the_new_slip_waits_to_be_printed_and_counts_its_copies_from_nothing(desk: Desk) -> None:
    made = desk.accept()
    for _ in range(2):
        desk.counter.prints.print_slip(made.dossier_id, [QuietPrinter()], desk.officer)
    assert desk.counter.prints.receipt(made.dossier_id)[1] == 2

    desk.do(made.dossier_id, "correct", applicant={"name": "HỒ THỊ NGUYỆN"}, reason=REASON)

    assert desk.counter.prints.receipt(made.dossier_id)[1] == 0
    jobs = desk.prints_of(made.dossier_id)
    assert [(job.receipt_no, job.state) for job in jobs] == [
        (1, "done"),
        (1, "done"),
        (2, "pending"),
    ]
    first = desk.counter.prints.print_slip(made.dossier_id, [QuietPrinter()], desk.officer)
    assert first.copy_no == 0
    assert desk.dossier(made.dossier_id).prints_of(1) == 2


# ---- what may be given ---------------------------------------------------------------------------


def test_objects_are_merged_key_by_key_and_null_empties(desk: Desk) -> None:
    made = desk.accept(representative={"name": "Hồ Văn Bê", "phone": "0912000111"})

    desk.do(made.dossier_id, "correct", applicant={"phone": None, "born_on": "1990"}, reason=REASON)
    facts = desk.dossier(made.dossier_id).facts
    assert (facts.applicant.name, facts.applicant.phone, facts.applicant.born_on) == (
        "HỒ THỊ NGUYỆT",
        None,
        "1990",
    )
    assert facts.applicant.personal_number == "045190001234"

    desk.do(made.dossier_id, "correct", representative={"phone": None}, reason=REASON)
    assert desk.dossier(made.dossier_id).facts.representative == ev.Representative("Hồ Văn Bê")

    desk.do(made.dossier_id, "correct", representative=None, reason=REASON)
    assert desk.dossier(made.dossier_id).facts.representative is None


WRONG: dict[str, tuple[dict[str, object], str]] = {
    "no reason": ({"applicant": {"name": "HỒ THỊ NGUYỆN"}}, "reason"),
    "an empty reason": ({"applicant": {"name": "HỒ THỊ NGUYỆN"}, "reason": " "}, "reason"),
    "an unknown key": ({"colour": "red", "reason": REASON}, "colour"),
    "a date by hand": ({"due_override": {}, "reason": REASON}, "due_override"),
    "a wrong number": (
        {"applicant": {"personal_number": "123"}, "reason": REASON},
        "applicant.personal_number",
    ),
    "no name left": ({"applicant": {"name": None}, "reason": REASON}, "applicant.name"),
    "an unknown procedure": ({"procedure": "9.999999", "reason": REASON}, "procedure"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_correction_that_cannot_be_leaves_the_receipt_in_force(desk: Desk, name: str) -> None:
    wrong, field = WRONG[name]
    made = desk.accept()
    before, jobs = desk.dossier(made.dossier_id), desk.count("print_job")

    done = desk.counter.acts.act(made.dossier_id, "correct", wrong, desk.officer)

    assert field in [problem.field for problem in getattr(done, "problems", ())]
    assert desk.dossier(made.dossier_id) == before
    assert desk.count("print_job") == jobs


def test_a_correction_that_changes_nothing_makes_no_new_receipt(desk: Desk) -> None:
    made = desk.accept()

    desk.denied(made.dossier_id, "correct", applicant={"name": "HỒ THỊ  NGUYỆT"}, reason=REASON)

    assert desk.dossier(made.dossier_id).receipt.no == 1


# ---- dates --------------------------------------------------------------------------------------


def test_a_correction_of_the_person_moves_no_date(desk: Desk) -> None:
    made = desk.accept()
    desk.do(made.dossier_id, "extend", new_due_at="2026-12-10T17:00", reason="Chờ xác minh")
    desk.at("2026-11-30T10:00")

    desk.do(made.dossier_id, "correct", applicant={"name": "HỒ THỊ NGUYỆN"}, reason=REASON)

    dossier = desk.dossier(made.dossier_id)
    assert shown(dossier.original_due_at) == shown(dossier.judged_due_at) == "2026-11-26T17:00"
    assert shown(dossier.due_at) == "2026-12-10T17:00"
    assert shown(slip(desk, made.dossier_id).due_at) == "2026-11-26T17:00"


def test_a_correction_of_the_procedure_counts_anew_from_the_same_receipt(desk: Desk) -> None:
    desk.at("2026-05-04T09:00")
    made = desk.accept(procedure=THREE_DAYS)
    assert shown(made.due_at) == "2026-05-07T17:30"
    desk.at("2026-05-06T10:00")

    desk.do(made.dossier_id, "correct", procedure=TEN_DAYS, reason=REASON)

    dossier = desk.dossier(made.dossier_id)
    # ten working days from 04/05, whenever it was corrected
    assert shown(dossier.due_at) == shown(dossier.original_due_at) == "2026-05-18T17:30"
    assert shown(dossier.judged_due_at) == "2026-05-18T17:30"
    assert dossier.code == made.code
    assert shown(dossier.received_at) == "2026-05-04T09:00"
    new = slip(desk, made.dossier_id)
    assert (shown(new.due_at), new.procedure_code) == ("2026-05-18T17:30", TEN_DAYS)
    assert desk.counter.scans.judge(new.qr).verdict == "GREEN"


def test_a_correction_of_the_case_counts_anew_too(desk: Desk) -> None:
    desk.at("2026-05-04T09:00")
    made = desk.accept(procedure=TEN_DAYS)

    desk.do(made.dossier_id, "correct", case="nhanh", reason=REASON)

    assert shown(desk.dossier(made.dossier_id).due_at) == "2026-05-11T17:30"


def test_counting_anew_still_leaves_the_waits_out(desk: Desk) -> None:
    desk.at("2026-05-04T09:00")
    made = desk.accept(procedure=TEN_DAYS)
    desk.at("2026-05-05T10:00")
    desk.do(made.dossier_id, "request-payment", amount=20_000, reason="Nghĩa vụ tài chính")
    desk.at("2026-05-12T10:00")
    desk.do(made.dossier_id, "receive-payment")

    desk.do(made.dossier_id, "correct", case="nhanh", reason=REASON)

    # of five days one was used on 05/05; 06-12/05 were waited; 13, 14, 15 and 18 are left
    assert shown(desk.dossier(made.dossier_id).due_at) == "2026-05-18T17:30"


# ---- what the dossier pins -------------------------------------------------------------------------


def test_a_correction_under_a_newer_catalogue_changes_only_what_was_corrected(desk: Desk) -> None:
    made = desk.accept()
    before = desk.dossier(made.dossier_id).facts
    newer = PROCEDURES.replace('version = "2026-01"', 'version = "2027-01"')
    newer = newer.replace("amount = 15000", "amount = 40000").replace("ba ngày", "ba ngày (mới)")
    desk.reopen(small_catalogue(newer))

    desk.do(made.dossier_id, "correct", applicant={"phone": "0912000999"}, reason=REASON)

    after = desk.dossier(made.dossier_id).facts
    assert after.applicant.phone == "0912000999"
    assert after.procedure == before.procedure
    assert after.fee_total == before.fee_total == 15_000


def test_a_dossier_of_a_procedure_that_is_gone_can_still_be_put_right(desk: Desk) -> None:
    made = desk.accept()
    desk.reopen(small_catalogue(PROCEDURES.replace(THREE_DAYS, "9.000099")))

    after = desk.do(made.dossier_id, "correct", applicant={"phone": "0912000999"}, reason=REASON)

    assert after.facts.applicant.phone == "0912000999"


def test_a_procedure_that_needs_no_slip_gets_one_when_it_is_corrected_to_one_that_does(
    desk: Desk,
) -> None:
    made = desk.accept(procedure=SAME_DAY)
    assert not made.slip

    desk.do(made.dossier_id, "correct", procedure=THREE_DAYS, reason=REASON)

    # the result is not handed over at once any more: the law asks for a receipt
    assert desk.dossier(made.dossier_id).slip
    assert [job.receipt_no for job in desk.prints_of(made.dossier_id)] == [2]


def test_a_paper_that_the_catalogue_dropped_is_still_counted_and_put_right(desk: Desk) -> None:
    made = desk.accept(components="all")
    papers = desk.dossier(made.dossier_id).facts.components
    desk.reopen(small_catalogue(PROCEDURES.replace(THREE_DAYS, "9.000099")))
    counts = [{"id": paper.id, "originals": 2} for paper in papers]

    after = desk.do(made.dossier_id, "correct", components=counts, reason=REASON)

    assert [(paper.id, paper.name, paper.present) for paper in after.facts.components] == [
        (paper.id, paper.name, paper.present) for paper in papers
    ]
    assert {paper.originals for paper in after.facts.components} == {2}
    assert after.facts.fee_total == 15_000
