"""Statutory forms: every field, embedded fonts, the same bytes twice."""

import re
import subprocess
from pathlib import Path

import pypdfium2
import pytest
from conftest import draft

import resources
from counter_app.bootstrap import Counter
from counter_app.domain.faults import FileFault
from counter_app.domain.form_sets import parse_form_set
from counter_app.domain.form_template import parse_template
from counter_app.domain.officer import Officer
from counter_app.errors import Refused
from counter_app.services.acts import Acted
from counter_app.services.intake import NEWER_FORMS_FROM
from counter_app.services.results import Accepted, Noticed


@pytest.fixture
def dossier_id(counter: Counter, officer: Officer) -> str:
    made = counter.intake.accept(draft(note="Trả tại bản"), officer)
    assert isinstance(made, Accepted)
    return made.dossier_id


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    text = " ".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("paper", ["a5", "a4"])
def test_the_receipt_says_everything(counter: Counter, dossier_id: str, paper: str) -> None:
    text = text_of(counter.forms.pdf("receipt", dossier_id, paper))
    for words in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "GIẤY TIẾP NHẬN HỒ SƠ VÀ HẸN TRẢ KẾT QUẢ",
        "Mã hồ sơ: H50.99.01-261120-2001",
        "HỒ THỊ NGUYỆT",
        "Thôn Ta Đủ, Tân Hợp, Hướng Hóa, Quảng Trị",
        "0912000345",
        "Cấp Giấy xác nhận tình trạng hôn nhân",
        "Tờ khai cấp Giấy xác nhận tình trạng hôn nhân",
        "3 ngày làm việc",
        "09 giờ 24 phút, ngày 20 tháng 11 năm 2026",
        "17 giờ 00 phút, ngày 26 tháng 11 năm 2026",
        "Hồ Thị Mai",
        "Trả tại bản",
        "Vào Sổ theo dõi hồ sơ",
    ):
        assert words in text, words
    assert "045190001234" not in text


def test_the_same_bytes_twice(counter: Counter, dossier_id: str) -> None:
    first = counter.forms.pdf("receipt", dossier_id)
    assert counter.forms.pdf("receipt", dossier_id) == first


def test_every_font_is_embedded_and_ours(counter: Counter, dossier_id: str, tmp_path: Path) -> None:
    path = tmp_path / "f.pdf"
    path.write_bytes(counter.forms.pdf("receipt", dossier_id))
    told = subprocess.run(["pdffonts", str(path)], capture_output=True, text=True, check=True)
    fonts = told.stdout.splitlines()[2:]
    assert fonts
    assert all("NotoSans" in line and " yes yes " in line for line in fonts)


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("refusal", "PHIẾU TỪ CHỐI TIẾP NHẬN GIẢI QUYẾT HỒ SƠ"),
        ("supplement", "PHIẾU YÊU CẦU BỔ SUNG, HOÀN THIỆN HỒ SƠ"),
    ],
)
def test_notices_have_their_own_numbers(
    counter: Counter, officer: Officer, kind: str, title: str
) -> None:
    given = draft(reason="Không thuộc thẩm quyền", notice=kind, items=["Bản sao trích lục"])
    made = counter.intake.refuse(given, officer)
    assert isinstance(made, Noticed)
    assert made.notice_no == "2-0001"
    text = text_of(counter.forms.pdf(kind, made.notice_id))
    for words in (title, "Không thuộc thẩm quyền", "Bản sao trích lục", "HỒ THỊ NGUYỆT"):
        assert words in text
    again = counter.intake.refuse(given, officer)
    assert isinstance(again, Noticed)
    assert again.notice_no == "2-0002"


def test_a_notice_is_found_by_its_number_whatever_other_kinds_count(
    counter: Counter, officer: Officer
) -> None:
    for kind, reason in (("refusal", "Không thuộc thẩm quyền"), ("supplement", "Thiếu giấy")):
        given = draft(reason=reason, notice=kind, items=["Bản sao trích lục"])
        made = counter.intake.refuse(given, officer)
        assert isinstance(made, Noticed)
        assert made.notice_no == "2-0001"
    assert "Không thuộc thẩm quyền" in text_of(counter.forms.pdf("refusal", "2-0001"))
    assert "Thiếu giấy" in text_of(counter.forms.pdf("supplement", "2-0001"))


def test_markup_in_a_name_is_only_letters(counter: Counter, officer: Officer) -> None:
    made = counter.intake.accept(draft(name="<img src=file:x> & <b>A</b> {code}"), officer)
    assert isinstance(made, Accepted)
    assert "<img src=file:x> & <b>A</b> {code}" in text_of(
        counter.forms.pdf("receipt", made.dossier_id)
    )


def test_a_form_before_its_action_is_refused(counter: Counter, dossier_id: str) -> None:
    for form in ("refusal", "stop", "apology", "khong-co"):
        with pytest.raises(Refused):
            counter.forms.pdf(form, dossier_id)


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [("{code}", "{khong_co}", "khong_co"), ('kind = "table"', 'kind = "bang"', "bang")],
)
def test_a_broken_template_is_refused_with_its_line(old: str, new: str, word: str) -> None:
    text = resources.form_text("FS-2018", "receipt")
    assert text is not None
    broken = text.replace(old, new, 1)
    line = next(n for n, content in enumerate(broken.splitlines(), 1) if word in content)
    with pytest.raises(FileFault) as fault:
        parse_template(broken, "receipt")
    assert fault.value.line == line


ACTS = {
    "supplement": (
        "request-supplement",
        {"items": ["Giấy khai sinh bản chính"], "reason": "Thiếu giấy gốc"},
        ("PHIẾU YÊU CẦU BỔ SUNG", "Giấy khai sinh bản chính", "Thiếu giấy gốc"),
    ),
    "apology": (
        "extend",
        {"new_due_at": "2026-12-04T17:00", "reason": "Chờ xác minh", "unit_at_fault": "Công an xã"},
        ("XIN LỖI", "Chờ xác minh", "26 tháng 11 năm 2026", "04 tháng 12 năm 2026"),
    ),
    "stop": (
        "stop",
        {"decision_no": "15/QĐ-UBND", "reason": "Không đủ điều kiện"},
        ("DỪNG GIẢI QUYẾT", "15/QĐ-UBND", "Không đủ điều kiện"),
    ),
    "control": (
        "transfer",
        {"to": "Công an xã"},
        ("PHIẾU KIỂM SOÁT", "Công an xã", "Bộ phận Một cửa xã Khe Sanh (mẫu)"),
    ),
    "result": (
        "return",
        {
            "to": "proxy",
            "receiver": {"name": "HỒ VĂN THỬ", "relation": "Em trai", "paper": "Giấy ủy quyền"},
            "slip_lost": True,
        },
        ("BIÊN NHẬN TRẢ KẾT QUẢ", "HỒ VĂN THỬ", "Giấy ủy quyền", "không còn giấy hẹn", "214/XN"),
    ),
    "payment": (
        "receive-payment",
        {"amount": 15000, "receipt_serial": "BL 0000012"},
        ("PHIẾU THU NỘI BỘ", "Không phải biên lai", "15.000", "BL 0000012"),
    ),
}
"""Form → the action it tells of, what the action is given, and words that must stand on the paper."""


@pytest.mark.parametrize("form", ACTS)
def test_an_action_has_its_paper_and_not_before(
    counter: Counter, officer: Officer, dossier_id: str, form: str
) -> None:
    action, given, words = ACTS[form]
    before = (
        "stop" if form == "control" else form
    )  # the control sheet travels from the first hand on
    with pytest.raises(Refused):
        counter.forms.pdf(before, dossier_id)
    if action == "return":
        done = counter.acts.act(dossier_id, "complete", {"decision_no": "214/XN-UBND"}, officer)
        assert isinstance(done, Acted)
    assert isinstance(counter.acts.act(dossier_id, action, given, officer), Acted)
    pdf = counter.forms.pdf(form, dossier_id)
    text = text_of(pdf)
    for word in (*words, "HỒ THỊ NGUYỆT"):
        assert word in text, word
    assert counter.forms.pdf(form, dossier_id) == pdf


@pytest.mark.parametrize("paper", ["a5", "a4"])
def test_an_ordinary_receipt_is_one_sheet(counter: Counter, dossier_id: str, paper: str) -> None:
    document = pypdfium2.PdfDocument(counter.forms.pdf("receipt", dossier_id, paper))
    pages = len(document)
    document.close()
    assert pages == 1


def test_a_lost_slip_is_committed_to_without_a_date_of_printing(
    counter: Counter, dossier_id: str
) -> None:
    pdf = counter.forms.pdf("lost-slip", dossier_id)
    text = text_of(pdf)
    for words in ("CAM KẾT", "H50.99.01-261120-2001", "HỒ THỊ NGUYỆT", "ngày ......"):
        assert words in text, words
    assert counter.forms.pdf("lost-slip", dossier_id) == pdf


def test_every_shipped_template_is_drawn_with_the_words_of_its_kind(counter: Counter) -> None:
    drawn = 0
    for worded in counter.forms.worded():
        for form in worded.forms:
            text = counter.forms.text(worded.about.name, form.form)
            pdf = counter.forms.preview(worded.about.name, form.form, text)
            document = pypdfium2.PdfDocument(pdf)
            assert len(document) >= 1
            document.close()
            drawn += 1
    assert drawn >= 15


def test_the_newer_set_holds_from_the_day_its_manifest_says() -> None:
    newer = next(s for s in map(parse_form_set, resources.form_set_texts()) if s.name == "FS-2025")
    assert newer.effective_from == NEWER_FORMS_FROM
