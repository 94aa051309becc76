"""The figures of the home screen: each equals its list, and each equals what really happened."""

from collections.abc import Callable

import pytest
from services.desk import SAME_DAY, TEN_DAYS, THREE_DAYS, Desk, person

from counter_app.domain.outcome import Outcome, Reason, Sent
from counter_app.domain.printer import Profile

MakeDesk = Callable[..., Desk]


class Printer:
    """Ends as it is told."""

    name, profile = "may-in-thu", Profile()

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome

    def send(self, job: bytes) -> Sent:
        return Sent(self.outcome, Reason.OK)


def figures(desk: Desk) -> dict[str, int]:
    found = desk.counter.worklists.figures()
    return {name: getattr(found, name) for name in found.__slots__}


def names(desk: Desk, kind: str, limit: int = 200) -> list[str]:
    return [row.applicant_name for row in desk.counter.worklists.rows(kind, limit)]


def take(desk: Desk, name: str, procedure: str = THREE_DAYS) -> str:
    return desk.accept(applicant=person(name), procedure=procedure).dossier_id


def test_an_empty_book_has_no_figures(desk: Desk) -> None:
    assert set(figures(desk).values()) == {0}
    assert desk.counter.worklists.urgent(desk.officer.id) == ()


def a_busy_week(desk: Desk) -> None:
    """Mon 04/05 to Thu 07/05/2026: three days end on Thursday, ten on Monday 18/05."""
    desk.at("2026-05-04T09:00")
    for name in ("Đợi", "Xong", "Trả", "Rút", "Dừng", "Hủy", "Gia Hạn", "Lên Trên", "Quên"):
        dossier_id = take(desk, name)
        match name:
            case "Đợi":
                desk.do(dossier_id, "request-supplement", items=["Đơn"], reason="Thiếu")
            case "Xong":
                desk.do(dossier_id, "complete", shelf="K1")
            case "Trả":
                desk.do(dossier_id, "complete")
                desk.do(dossier_id, "return")
            case "Rút":
                desk.do(dossier_id, "withdraw", reason="Xin rút")
            case "Dừng":
                desk.do(dossier_id, "stop", decision_no="15/QĐ", reason="Không đủ")
            case "Hủy":
                desk.do(dossier_id, "void", reason="Nhập hai lần")
            case "Gia Hạn":
                desk.do(dossier_id, "extend", new_due_at="2026-06-30T17:00", reason="Chờ")
            case "Lên Trên":
                desk.do(dossier_id, "transfer", to="upper")
    take(desk, "Mười Ngày", TEN_DAYS)
    desk.at("2026-05-07T09:00")
    desk.do(take(desk, "Mới Nhận"), "transfer")
    desk.do(take(desk, "Nhập Đôi"), "void", reason="Nhập hai lần")


def test_figures_of_a_busy_week(desk: Desk) -> None:
    a_busy_week(desk)

    # on the day of the promise nothing is overdue yet; waits show no lateness; a void counts nowhere
    assert names(desk, "received_today") == ["Mới Nhận"]
    assert sorted(names(desk, "due_today")) == ["Gia Hạn", "Lên Trên", "Quên"]
    assert names(desk, "overdue") == []
    assert names(desk, "waiting_return") == ["Xong"]

    desk.at("2026-05-08T08:00")
    # an extension does not hide that the promise was missed
    assert sorted(names(desk, "overdue")) == ["Gia Hạn", "Lên Trên", "Quên"]
    assert names(desk, "received_today") == names(desk, "due_today") == []


def test_the_trays_of_a_busy_week(desk: Desk) -> None:
    a_busy_week(desk)

    assert sorted(names(desk, "new")) == ["Gia Hạn", "Mười Ngày", "Quên"]
    assert names(desk, "held") == ["Mới Nhận"]
    assert names(desk, "awaiting_supplement") == ["Đợi"]
    assert names(desk, "awaiting_payment") == []
    # three working days after Friday 08/05 end on Wednesday 13/05
    desk.at("2026-05-08T08:00")
    assert names(desk, "due_soon") == ["Mới Nhận"]
    # and after Wednesday 13/05 on Monday 18/05
    desk.at("2026-05-12T17:00")
    assert names(desk, "due_soon") == ["Mới Nhận"]
    desk.at("2026-05-13T08:00")
    assert names(desk, "due_soon") == ["Mười Ngày"]


@pytest.mark.parametrize("at", ["2026-05-07T09:00", "2026-05-13T08:00"])
def test_each_tray_holds_as_many_as_it_says(desk: Desk, at: str) -> None:
    a_busy_week(desk)
    desk.at(at)

    trays = desk.counter.worklists.trays()
    assert {kind: len(names(desk, kind)) for kind in trays} == trays
    assert sum(trays.values()) > 0


@pytest.mark.parametrize("at", ["2026-05-07T09:00", "2026-05-08T08:00", "2026-08-03T08:00"])
def test_each_figure_opens_exactly_the_dossiers_it_counts(desk: Desk, at: str) -> None:
    a_busy_week(desk)
    desk.at(at)

    for kind, count in figures(desk).items():
        assert len(names(desk, kind)) == count, kind
        assert len(names(desk, kind, limit=1)) == min(count, 1), kind


def test_what_is_due_comes_in_the_order_of_its_date(desk: Desk) -> None:
    desk.at("2026-05-04T09:00")
    take(desk, "Sau", TEN_DAYS)
    take(desk, "Trước", THREE_DAYS)
    take(desk, "Ngay", SAME_DAY)
    desk.at("2026-06-01T09:00")

    assert names(desk, "overdue") == ["Ngay", "Trước", "Sau"]


def test_a_wait_moves_a_dossier_to_its_new_day(desk: Desk) -> None:
    desk.at("2026-05-04T09:00")
    dossier_id = take(desk, "Hồ Thị Mận")
    desk.at("2026-05-06T09:00")
    desk.do(dossier_id, "request-payment", amount=1, reason="Phí")
    desk.at("2026-05-11T09:00")
    assert names(desk, "overdue") == []

    desk.do(dossier_id, "receive-payment")

    # two days were used before the wait; the third is 12/05
    desk.at("2026-05-12T09:00")
    assert names(desk, "due_today") == ["Hồ Thị Mận"]
    desk.at("2026-05-13T09:00")
    assert names(desk, "overdue") == ["Hồ Thị Mận"]


# ---- paper -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "left"),
    [(Outcome.CONFIRMED, 0), (Outcome.SENT, 0), (Outcome.FAILED, 1)],
)
def test_a_slip_is_unprinted_until_it_left_the_pc(desk: Desk, outcome: Outcome, left: int) -> None:
    dossier_id = take(desk, "Hồ Thị Mận")
    assert names(desk, "unprinted") == ["Hồ Thị Mận"]

    desk.counter.prints.print_slip(dossier_id, [Printer(outcome)], desk.officer)

    assert figures(desk)["unprinted"] == left


def test_a_dossier_without_a_slip_is_not_unprinted(desk: Desk) -> None:
    take(desk, "Hồ Thị Mận", SAME_DAY)

    assert figures(desk)["unprinted"] == 0


def test_a_correction_waits_for_its_new_slip(desk: Desk) -> None:
    dossier_id = take(desk, "Hồ Thị Mận")
    desk.counter.prints.print_slip(dossier_id, [Printer(Outcome.CONFIRMED)], desk.officer)

    desk.do(dossier_id, "correct", note="Ghi thêm", reason="Bổ sung")

    assert figures(desk)["unprinted"] == 1


def test_nothing_is_sent_before_enrolment(desk: Desk) -> None:
    for name in ("Hồ Thị Mận", "Lê Văn Đạt"):
        take(desk, name)

    assert figures(desk)["unsent"] == 2


# ---- what needs someone now ---------------------------------------------------------------------


def urgent(desk: Desk) -> list[tuple[str, str]]:
    return [(line.kind, line.text) for line in desk.counter.worklists.urgent(desk.officer.id)]


def test_after_a_crash_what_was_saved_and_not_printed_is_not_taken_in_again(desk: Desk) -> None:
    made = desk.accept(applicant=person("Hồ Thị Lan"))
    desk.reopen()

    ((kind, text),) = urgent(desk)

    assert kind == "unprinted"
    assert made.code in text
    assert "Hồ Thị Lan" in text
    assert "Đừng nhận lại" in text


def test_a_print_that_nobody_knows_the_end_of_is_asked_about(desk: Desk) -> None:
    dossier_id = take(desk, "Hồ Thị Lan")
    printed = desk.counter.prints.print_slip(dossier_id, [Printer(Outcome.UNKNOWN)], desk.officer)
    assert printed.outcome is Outcome.UNKNOWN

    assert [kind for kind, _ in urgent(desk)] == ["unknown_print"]


def test_a_print_that_a_crash_cut_off_is_asked_about_and_not_repeated(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    dossier_id = take(desk, "Hồ Thị Lan")

    class Cut(Exception):
        pass

    def power_cut(*_: object) -> Sent:
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(Printer, "send", power_cut)
        with pytest.raises(Cut):
            desk.counter.prints.print_slip(dossier_id, [Printer(Outcome.SENT)], desk.officer)
    desk.reopen()

    desk.counter.prints.after_crash()

    assert [kind for kind, _ in urgent(desk)] == ["unknown_print"]
    # a copy of it may be in someone's hand
    assert desk.dossier(dossier_id).prints_of(1) == 1


def test_a_form_that_was_not_printed_is_no_dossier_to_be_taken_in_again(desk: Desk) -> None:
    made = desk.accept(applicant=person("Hồ Thị Lan"))
    prints = desk.counter.prints
    prints.print_slip(made.dossier_id, [Printer(Outcome.SENT)], desk.officer)
    prints.print("form:receipt", made.dossier_id, [Printer(Outcome.FAILED)], desk.officer)
    title = "Giấy tiếp nhận hồ sơ và hẹn trả kết quả"
    assert urgent(desk) == [("other_print", f"{title} {made.code} chưa in.")]
    assert prints.after_crash() == ()

    prints.print("form:receipt", made.dossier_id, [Printer(Outcome.UNKNOWN)], desk.officer)
    assert urgent(desk) == [("unknown_print", f"{title} {made.code} đã ra chưa?")]


def test_own_drafts_are_shown_with_whom_they_are_for(desk: Desk) -> None:
    desk.counter.drafts.save(desk.officer.id, "nhap-1", {"applicant": {"name": "Pả Kưng"}})
    desk.counter.drafts.save("nguoi-khac", "nhap-2", {"applicant": {"name": "Lê Văn Đạt"}})

    ((kind, text),) = urgent(desk)

    assert kind == "draft"
    assert "Pả Kưng" in text


@pytest.mark.parametrize(
    ("days", "told"), [(29, None), (31, "30"), (59, "30"), (61, "60"), (89, "60"), (91, "90")]
)
def test_results_that_nobody_collects_are_listed_at_30_60_and_90_days(
    desk: Desk, days: int, told: str | None
) -> None:
    desk.at("2026-05-04T09:00")
    desk.do(take(desk, "Hồ Thị Mận", SAME_DAY), "complete", shelf="K2")
    desk.clock.move(days=days)

    lines = [text for kind, text in urgent(desk) if kind == "uncollected"]

    assert len(lines) == (told is not None)
    assert told is None or f"{told} ngày" in lines[0]


def test_a_collected_result_is_not_listed(desk: Desk) -> None:
    desk.at("2026-05-04T09:00")
    dossier_id = take(desk, "Hồ Thị Mận", SAME_DAY)
    desk.do(dossier_id, "return")
    desk.clock.move(days=100)

    assert [kind for kind, _ in urgent(desk)] == []


def test_the_other_counters_of_a_commune_have_their_own_slips_to_print(
    make_desk: MakeDesk,
) -> None:
    second, third = make_desk(2), make_desk(3)
    take(third, "Hồ Thị Mận")

    assert set(figures(second).values()) == {0}
    assert figures(third)["unprinted"] == 1
