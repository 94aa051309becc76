"""A form is drawn with the wording that was in force when what it tells happened."""

from pdf import text_of
from services.desk import Desk, change_office, person

OLD, NEW = "GIẤY TIẾP NHẬN HỒ SƠ", "PHIẾU NHẬN HỒ SƠ CỦA XÃ"


def words(desk: Desk, dossier_id: str) -> str:
    return text_of(desk.counter.forms.pdf("receipt", dossier_id))


def test_a_new_wording_is_for_what_comes_after_it(desk: Desk) -> None:
    forms = desk.counter.forms
    desk.at("2026-05-04T09:00")
    before = desk.accept(applicant=person("Trước")).dossier_id
    desk.at("2026-05-04T10:00")
    forms.reword(
        "FS-2018", "receipt", forms.text("FS-2018", "receipt").replace(OLD, NEW), desk.officer
    )
    desk.at("2026-05-04T11:00")
    after = desk.accept(applicant=person("Sau")).dossier_id
    desk.at("2026-05-04T14:00")
    forms.reword("FS-2018", "receipt", None, desk.officer)
    desk.at("2026-05-04T15:00")
    last = desk.accept(applicant=person("Cuối")).dossier_id
    assert [NEW in words(desk, found) for found in (before, after, last)] == [False, True, False]


def test_the_last_good_wording_is_used_where_a_newer_one_cannot_be_read(desk: Desk) -> None:
    """A wording was taken in by another release, whose templates knew more."""
    forms = desk.counter.forms
    desk.at("2026-05-04T09:00")
    good = forms.text("FS-2018", "receipt").replace(OLD, NEW)
    forms.reword("FS-2018", "receipt", good, desk.officer)
    desk.at("2026-05-04T10:00")
    broken = good.replace("{code}", "{o_moi}", 1)
    with desk.counter.store.write() as books:
        books.settings.add_document("form:FS-2018/receipt", broken, desk.clock.at)
    desk.at("2026-05-04T11:00")
    made = desk.accept(applicant=person("Sau")).dossier_id
    assert NEW in words(desk, made)
    assert forms.text("FS-2018", "receipt") == good
    (told,) = (
        form.fault
        for found in forms.worded()
        for form in found.forms
        if (found.about.name, form.form) == ("FS-2018", "receipt")
    )
    line = next(n for n, text in enumerate(broken.splitlines(), 1) if "{o_moi}" in text)
    assert str(line) in told
    assert "o_moi" in told


def test_a_dossier_keeps_the_set_of_the_day_it_was_received(desk: Desk) -> None:
    desk.at("2026-05-04T09:00")
    older = desk.accept(applicant=person("Cũ"))
    change_office(desk, 'form_set = "FS-2018"', 'form_set = "FS-2025"')
    newer = desk.accept(applicant=person("Mới"))
    desk.at("2026-05-05T09:00")
    titles = []
    for made in (older, newer):
        desk.do(made.dossier_id, "extend", new_due_at="2026-05-29T17:00", reason="Chờ xác minh")
        pdf = desk.counter.forms.pdf("apology", made.code)
        titles.append("ĐỀ NGHỊ GIA HẠN" in text_of(pdf))
    assert titles == [False, True]
