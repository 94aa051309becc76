"""Forms of several dossiers, of a day, a period or a procedure."""

import re

import pytest
import zxingcpp
from pdf import in_order, pages_of, text_of
from PIL import Image
from services.desk import TEN_DAYS, THREE_DAYS, Desk, change_office, given, person, small_catalogue

import resources
from counter_app.domain.faults import FileFault
from counter_app.domain.form_kinds import KINDS
from counter_app.domain.form_sets import parse_form_set
from counter_app.errors import Refused
from counter_app.services.catalogue import Catalogue
from counter_app.services.results import Noticed

RESIDENCE = """
field_code = "dang-ky-quan-ly-cu-tru"
field_name = "Cư trú thử"
unit = "Công an xã"
form_field = "residence"

[[procedure]]
code = "9.000099"
name = "Đăng ký thường trú thử"
unit_of_time = "working_day"
amount = 7
papers = [{ name = "Tờ khai CT01", originals = 1 }]
"""


def refused(desk: Desk, form: str, subject: str) -> str:
    with pytest.raises(Refused) as found:
        desk.counter.forms.pdf(form, subject)
    return found.value.code


def text(desk: Desk, form: str, subject: str, paper: str | None = None) -> str:
    return text_of(desk.counter.forms.pdf(form, subject, paper))


# ---- handing over -------------------------------------------------------------------------------


def test_a_list_holds_what_went_to_one_receiver_on_one_day(desk: Desk) -> None:
    desk.at("2026-05-04T08:00")
    first, second, third, later = (
        desk.accept(applicant=person(name)) for name in ("MỘT", "HAI", "BA", "BỐN")
    )
    desk.at("2026-05-04T10:00")
    desk.do(first.dossier_id, "transfer")
    desk.do(third.dossier_id, "transfer", to="Công an xã")
    desk.at("2026-05-04T10:05")
    desk.do(second.dossier_id, "transfer")
    desk.at("2026-05-05T08:00")
    desk.do(later.dossier_id, "transfer")

    for subject in (first.code, second.dossier_id, "2026-05-04/tu phap ho tich"):
        told = text(desk, "handover", subject)
        assert in_order(
            told,
            (
                "PHIẾU BÀN GIAO HỒ SƠ",
                "Bên giao: Bộ phận Một cửa xã Khe Sanh (mẫu)",
                "Bên nhận: Tư pháp - Hộ tịch",
                "10 giờ 05 phút, ngày 04 tháng 5 năm 2026. Số hồ sơ: 2",
                "MỘT",
                "HAI",
                "NGƯỜI GIAO",
                "Hồ Thị Mai",
            ),
        ), told
        assert "BA" not in told.replace("BÀN GIAO", "")
        assert "BỐN" not in told
    assert refused(desk, "handover", "2026-05-04") == "several_parties"
    assert refused(desk, "handover", "2026-05-04/Địa chính") == "nothing_handed"
    assert "BỐN" in text(desk, "handover", "2026-05-05")


def test_a_list_of_named_dossiers_holds_these_and_no_others(desk: Desk) -> None:
    first, second, third = (desk.accept(applicant=person(name)) for name in ("MỘT", "HAI", "NĂM"))
    for made in (first, second, third):
        desk.do(made.dossier_id, "transfer")

    told = text(desk, "handover", f"{first.code},{third.dossier_id}")
    assert in_order(told, ("Số hồ sơ: 2", "MỘT", "NĂM"))
    assert "HAI" not in told
    not_yet = desk.accept(applicant=person("SÁU"))
    assert refused(desk, "handover", f"{first.code},{not_yet.code}") == "action_missing"


def test_nothing_is_handed_over_before_it_is(desk: Desk) -> None:
    made = desk.accept()
    assert refused(desk, "handover", made.code) == "action_missing"
    desk.do(made.dossier_id, "transfer")
    assert refused(desk, "handover-results", made.code) == "action_missing"
    desk.do(made.dossier_id, "revert", reason="Chuyển nhầm")
    assert refused(desk, "handover", made.code) == "action_missing"
    assert refused(desk, "handover", "H50.99.01-260504-2999") == "dossier_unknown"


def test_results_come_back_from_one_giver(desk: Desk) -> None:
    desk.at("2026-05-04T08:00")
    mine, other = (desk.accept(applicant=person(name)) for name in ("MỘT", "HAI"))
    desk.do(mine.dossier_id, "transfer")
    desk.do(other.dossier_id, "transfer", to="Công an xã")
    desk.at("2026-05-06T15:00")
    for made in (mine, other):
        desk.do(made.dossier_id, "complete", decision_no="214/XN-UBND")
    told = text(desk, "handover-results", mine.code)
    assert in_order(
        told,
        (
            "PHIẾU BÀN GIAO KẾT QUẢ",
            "Bên giao: Tư pháp - Hộ tịch",
            "Bên nhận: Bộ phận Một cửa xã Khe Sanh (mẫu)",
            "Số kết quả: 1",
            "214/XN-UBND",
            "MỘT",
        ),
    ), told
    assert "HAI" not in told
    assert "HAI" in text(desk, "handover-results", "2026-05-06/Công an xã")


# ---- a visit ------------------------------------------------------------------------------------


@pytest.mark.parametrize("paper", ["a4", "a5"])
def test_a_visit_is_one_paper_with_its_list_once_it_is_closed(desk: Desk, paper: str) -> None:
    desk.at("2026-05-04T08:00")
    first = desk.accept(visit="L1")
    second = desk.accept(visit="L1", procedure=TEN_DAYS)
    assert refused(desk, "visit", first.code) == "visit_open"
    desk.counter.visits.close("L1", desk.officer)
    told = text(desk, "visit", "L1", paper)
    assert told == text(desk, "visit", second.code, paper)
    assert in_order(
        told,
        (
            "GIẤY TIẾP NHẬN NHIỀU HỒ SƠ",
            "HỒ THỊ NGUYỆT",
            "Xác nhận thử ba ngày",
            "Xác minh thử mười ngày",
            "Tổng phí, lệ phí: 15.000 đ",
        ),
    ), told
    for made in (first, second):
        assert made.code in told.replace(" ", "")
    assert refused(desk, "visit", "L2") == "visit_unknown"
    assert refused(desk, "visit", desk.accept().code) == "visit_unknown"


# ---- the register -------------------------------------------------------------------------------


def test_the_register_is_a_period_or_a_field_of_it(desk: Desk) -> None:
    desk.at("2026-04-30T08:00")
    desk.accept(applicant=person("THÁNG TƯ"))
    desk.at("2026-05-04T08:00")
    done = desk.accept(applicant=person("XONG VIỆC"))
    desk.at("2026-05-04T09:00")
    void = desk.accept(applicant=person("NHẬN NHẦM"))
    desk.do(void.dossier_id, "void", reason="Nhận nhầm thủ tục")
    desk.do(done.dossier_id, "transfer")
    desk.at("2026-05-06T15:00")
    desk.do(done.dossier_id, "complete")
    desk.at("2026-05-07T09:00")
    desk.do(done.dossier_id, "return", to="proxy", receiver={"name": "NGƯỜI NHẬN THAY"})

    told = text(desk, "register", "2026-05")
    assert in_order(
        told,
        (
            "SỔ THEO DÕI HỒ SƠ",
            "Từ ngày 01/05/2026 đến ngày 31/05/2026, 2 hồ sơ",
            "XONG VIỆC",
            "NHẬN NHẦM",
            "Đã hủy",
        ),
    ), told
    for words in ("15:00, 06/05/2026", "09:00, 07/05/2026", "NGƯỜI NHẬN THAY"):
        assert words in told, words
    assert "THÁNG TƯ" not in told
    assert "3 hồ sơ" in text(desk, "register", "2026")
    assert "3 hồ sơ" in text(desk, "register", "2026-04-30..2026-05-04")
    assert "1 hồ sơ" in text(desk, "register", "2026-04-30")
    assert "Quyển số: 2026/Thử nghiệm" in text(desk, "register", "2026-05/thu nghiem")
    with pytest.raises(Refused, match="Chọn: Thử nghiệm") as other:
        desk.counter.forms.pdf("register", "2026-05/Đất đai")
    assert other.value.code == "field_unknown"
    assert refused(desk, "register", "2025") == "register_empty"
    for wrong in ("2026-13", "tháng 5", "2026-05..2026-04", "2026-02-30", ""):
        assert refused(desk, "register", wrong) == "period_wrong", wrong


def test_every_page_of_a_long_register_has_its_head_and_its_number(desk: Desk) -> None:
    desk.at("2026-05-04T08:00")
    for number in range(40):
        desk.accept(applicant=person(f"NGƯỜI SỐ {number}"))
    pages = pages_of(desk.counter.forms.pdf("register", "2026-05-04"))
    assert len(pages) > 2
    assert "Từ ngày 04/05/2026" in pages[0]
    for number, page in enumerate(pages, 1):
        # the first one is the cover
        assert ("Tên cá nhân, tổ chức" in page) == (number > 1)
        assert f"Trang {number}/{len(pages)}" in page
    for number in range(40):
        assert f"NGƯỜI SỐ {number}" in " ".join(pages)


# ---- the end of a day ---------------------------------------------------------------------------


def test_the_closing_sheet_counts_the_day_and_names_the_head_of_the_log(desk: Desk) -> None:
    desk.at("2026-05-04T08:00")
    desk.accept(applicant=person("HÔM QUA"))
    desk.at("2026-05-05T08:00")
    first, second, third = (desk.accept() for _ in range(3))
    made = desk.counter.intake.refuse(given(reason="Sai nơi"), desk.officer)
    assert isinstance(made, Noticed)
    desk.do(first.dossier_id, "receive-payment", amount=15_000)
    desk.do(second.dossier_id, "receive-payment", amount=20_000)
    desk.do(second.dossier_id, "revert", reason="Thu nhầm")
    desk.do(third.dossier_id, "void", reason="Nhận nhầm thủ tục")
    *_, (last, _) = desk.story(third.dossier_id)
    desk.at("2026-05-06T08:00")
    desk.accept(applicant=person("NGÀY MAI"))

    told = text(desk, "closing", "2026-05-05")
    assert in_order(
        told,
        (
            "PHIẾU KẾT SỔ CUỐI NGÀY",
            "Quầy số 2, ngày 05 tháng 5 năm 2026",
            f"từ {first.code} đến {third.code}",
            "Hồ sơ tiếp nhận 3",
            "Phiếu từ chối tiếp nhận 1",
            "Hủy hồ sơ 1",
            "Tiền đã thu: 15.000 đ (Mười lăm nghìn đồng)",
            "Hồ Thị Mai 1 15.000 đ",
            "Thu nhầm",
            "Nhận nhầm thủ tục",
            f"8 dòng ghi trong ngày, dòng cuối có mã kiểm tra {last.hash[:10]}",
            "NGƯỜI KẾT SỔ",
        ),
    ), told
    assert desk.counter.forms.pdf("closing", "2026-05-05") == desk.counter.forms.pdf(
        "closing", "2026-05-05"
    )
    assert refused(desk, "closing", "2026-05-03") == "day_empty"
    assert refused(desk, "closing", "hôm nay") == "day_wrong"


@pytest.mark.parametrize(
    ("given_as", "printed"),
    [("cash", "Tiền mặt"), ("TRANSFER", "Chuyển khoản"), ("Thẻ ngân hàng", "Thẻ ngân hàng")],
)
def test_a_payment_note_says_in_vietnamese_how_it_was_paid(
    desk: Desk, given_as: str, printed: str
) -> None:
    made = desk.accept()
    desk.do(made.dossier_id, "receive-payment", method=given_as)
    told = text(desk, "payment", made.code)
    assert printed in told
    assert printed == given_as or given_as not in told


# ---- a procedure --------------------------------------------------------------------------------


@pytest.mark.parametrize("paper", ["a4", "a3"])
def test_a_poster_tells_papers_term_fee_and_hours(desk: Desk, paper: str) -> None:
    told = text(desk, "poster", THREE_DAYS, paper)
    for words in (
        "Xác nhận thử ba ngày",
        THREE_DAYS,
        "3 ngày làm việc",
        "15.000 đ",
        "Tờ khai thử 1 bản chính Bắt buộc",
        "xem, trả lại ngay",
        "1 bản chứng thực Nếu có",
        "Thứ Hai đến Thứ Sáu",
        "13:30 - 17:30",
        "0233 000 111",
    ):
        assert words in told, words
    assert refused(desk, "poster", "9.999999") == "procedure_unknown"


def test_a_telephone_reads_a_poster_without_a_line(desk: Desk) -> None:
    """Words, and no address that nobody serves, in an office with a look-up host too."""
    change_office(desk, 'lookup_host = ""', 'lookup_host = "TRACUU.EXAMPLE"')
    (page,) = desk.counter.forms.pictures(desk.counter.forms.pdf("poster", THREE_DAYS), 150)
    grey = Image.frombytes("L", (page.width, page.height), page.grey)
    (code,) = zxingcpp.read_barcodes(grey)
    assert code.text.splitlines() == [
        "9.000003 Xác nhận thử ba ngày",
        "Thời gian giải quyết: 3 ngày làm việc",
        "Phí, lệ phí: 15.000 đ",
        "Nộp tại Bộ phận Một cửa xã Khe Sanh (mẫu)",
    ]


def test_the_poster_of_the_longest_name_is_read_by_a_telephone(desk: Desk) -> None:
    desk.reopen(Catalogue(resources.procedure_texts, resources.calendar_texts))
    longest = max(desk.counter.catalogue.procedures.all, key=lambda each: len(each.name))
    assert len(longest.name) > 500
    read = [
        code.text
        for page in desk.counter.forms.pictures(desk.counter.forms.pdf("poster", longest.code), 150)
        for code in zxingcpp.read_barcodes(
            Image.frombytes("L", (page.width, page.height), page.grey)
        )
    ]
    assert len(read) == 1
    assert read[0].startswith(f"{longest.code} {longest.name[:80]}")


# ---- residence ----------------------------------------------------------------------------------


def test_residence_has_its_own_forms_and_takes_the_rest_from_the_general_set(desk: Desk) -> None:
    ordinary = desk.accept()
    assert refused(desk, "declaration", ordinary.code) == "form_missing"
    desk.reopen(small_catalogue(RESIDENCE))
    made = desk.accept(procedure="9.000099")
    assert "Mẫu CT04" in text(desk, "receipt", made.code)
    told = text(desk, "declaration", made.code)
    assert in_order(
        told,
        ("Mẫu CT01", "Kính gửi: Công an xã", "HỒ THỊ NGUYỆT", "05/03/1990", "Nữ", "045190001234"),
    ), told
    for notice, mark in (("supplement", "Mẫu CT05"), ("refusal", "Mẫu CT06")):
        refusal = desk.counter.intake.refuse(
            given(procedure="9.000099", reason="Thiếu", notice=notice, items=["CT01"]), desk.officer
        )
        assert isinstance(refusal, Noticed)
        assert mark in text(desk, notice, refusal.notice_id)
        assert refused(desk, "receipt", refusal.notice_id) == "form_missing"
    desk.do(made.dossier_id, "transfer")
    assert "Mẫu số 05" in text(desk, "control", made.code)
    offered = {offer.form for offer in desk.counter.forms.of(made.dossier_id)}
    assert "declaration" in offered
    assert "declaration" not in {o.form for o in desk.counter.forms.of(ordinary.dossier_id)}


def test_a_set_names_what_it_has(desk: Desk) -> None:
    for text_of_set in resources.form_set_texts():
        found = parse_form_set(text_of_set)
        assert {f for f in KINDS if resources.form_text(found.name, f) is not None} == found.forms
    first = resources.form_set_texts()[0]
    for broken in ("forms = []", 'forms = ["khong-co"]'):
        with pytest.raises(FileFault):
            parse_form_set(re.sub(r"forms = \[[^]]*\]", broken, first))
