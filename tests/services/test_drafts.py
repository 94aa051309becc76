"""Begun intakes: nothing typed is ever lost, and nobody sees another's."""

from conftest import PIN, ToldClock
from services.desk import THREE_DAYS, Desk

from counter_app.domain.events import SYSTEM
from counter_app.domain.officer import Officer, Role


def kept(desk: Desk, officer_id: str) -> list[tuple[str, dict[str, object]]]:
    return [(draft.id, dict(draft.fields)) for draft in desk.counter.drafts.list(officer_id)]


def test_a_draft_survives_the_end_of_the_program_field_by_field(desk: Desk) -> None:
    fields: dict[str, object] = {}
    typed = [
        ("procedure", THREE_DAYS),
        ("applicant", {"name": "HỒ VĂN Đ", "phone": ""}),
        ("components", [{"id": "g1", "originals": 1}]),
        ("note", "chờ bản sao \"gốc\" \\ 'x'"),
    ]
    for key, value in typed:
        fields[key] = value
        desk.counter.drafts.save(desk.officer.id, "nhap-1", fields)
        desk.reopen()
        assert kept(desk, desk.officer.id) == [("nhap-1", fields)]


def test_the_newest_draft_comes_first_and_tells_when_it_was_kept(
    desk: Desk, clock: ToldClock
) -> None:
    for name in ("nhap-1", "nhap-2", "nhap-3"):
        desk.counter.drafts.save(desk.officer.id, name, {"note": name})
        clock.move(minutes=1)
    desk.counter.drafts.save(desk.officer.id, "nhap-1", {"note": "sửa"})

    drafts = desk.counter.drafts.list(desk.officer.id)

    assert [draft.id for draft in drafts] == ["nhap-1", "nhap-3", "nhap-2"]
    assert drafts[0].saved_at == clock.now()


def test_an_officer_sees_only_her_own_drafts(desk: Desk) -> None:
    other = desk.counter.officers.add("Lê Văn Đạt", (Role.INTAKE,), "", PIN, SYSTEM)
    assert isinstance(other, Officer)
    desk.counter.drafts.save(desk.officer.id, "cua-mai", {"note": "của Mai"})
    desk.counter.drafts.save(other.id, "cua-dat", {"note": "của Đạt"})

    assert [name for name, _ in kept(desk, desk.officer.id)] == ["cua-mai"]
    assert [name for name, _ in kept(desk, other.id)] == ["cua-dat"]


def test_a_draft_given_up_takes_no_other_with_it(desk: Desk) -> None:
    for name in ("nhap-1", "nhap-2"):
        desk.counter.drafts.save(desk.officer.id, name, {})

    desk.counter.drafts.discard("nhap-1")
    desk.counter.drafts.discard("chua-tung-co")

    assert [name for name, _ in kept(desk, desk.officer.id)] == ["nhap-2"]


def test_a_draft_is_no_event_and_takes_no_number(desk: Desk) -> None:
    events = desk.count("event_log")

    desk.counter.drafts.save(desk.officer.id, "nhap-1", {"procedure": THREE_DAYS})

    assert desk.count("event_log") == events
    assert desk.count("code_number") == 0
    assert desk.accept().code == "H50.99.01-261120-2001"
    assert desk.faults() == []
