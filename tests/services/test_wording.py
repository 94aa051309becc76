"""A form is drawn with the wording that was in force when what it tells happened."""

import pypdfium2
from services.desk import Desk, person

OLD, NEW = "GIẤY TIẾP NHẬN HỒ SƠ", "PHIẾU NHẬN HỒ SƠ CỦA XÃ"


def words(desk: Desk, dossier_id: str) -> str:
    document = pypdfium2.PdfDocument(desk.counter.forms.pdf("receipt", dossier_id))
    text = str(document[0].get_textpage().get_text_range())
    document.close()
    return text


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
