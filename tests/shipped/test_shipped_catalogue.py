"""The shipped procedures: the figures that are known, and no dirt of the portal they come from."""

import re
import unicodedata
from collections import Counter

import pytest

import resources
from counter_app.domain.procedure import (
    Procedure,
    ProcedureIndex,
    ProcessingUnit,
    parse_procedures,
)

FIELDS = [parse_procedures(text) for text in resources.procedure_texts()]
CATALOGUE = ProcedureIndex([procedure for field in FIELDS for procedure in field])

KNOWN = """
1.001193 Hộ tịch                       same_day 1       -
1.000656 Hộ tịch                       same_day 1       -
1.000894 Hộ tịch                       same_day 1       -
1.004873 Hộ tịch                       working_day 3    -
1.001022 Hộ tịch                       working_day 3    -
1.000689 Hộ tịch                       working_day 3    -
1.004837 Hộ tịch                       working_day 3    -
1.004845 Hộ tịch                       working_day 2    -
1.004859 Hộ tịch                       working_day 3    -
1.004884 Hộ tịch                       working_day 5    -
2.000635 Hộ tịch                       same_day 1       8000
2.002516 Hộ tịch                       working_day 3    8000
1.000110 Hộ tịch                       same_day 1       -
1.000094 Hộ tịch                       working_day 3    -
1.000080 Hộ tịch                       working_day 7    -
1.004827 Hộ tịch                       same_day 1       -
1.003583 Hộ tịch                       working_day 5    -
1.000593 Hộ tịch                       working_day 5    -
1.000419 Hộ tịch                       working_day 5    -
2.000779 Hộ tịch                       calendar_day 10  -
2.000986 Hộ tịch                       calendar_day 20  -
2.000815 Chứng thực                    same_day 1       2000
2.000884 Chứng thực                    same_day 1       10000
2.001035 Chứng thực                    working_day 2    50000
2.000913 Chứng thực                    working_day 2    30000
2.000927 Chứng thực                    same_day 1       25000
2.000942 Chứng thực                    same_day 1       2000
2.001019 Chứng thực                    working_day 2    50000
2.001016 Chứng thực                    working_day 2    50000
2.001406 Chứng thực                    working_day 2    50000
2.000908 Chứng thực                    working_day 1    -
1.004222 Đăng ký, quản lý cư trú       working_day 7    20000
1.004194 Đăng ký, quản lý cư trú       working_day 3    10000
1.002755 Đăng ký, quản lý cư trú       working_day 3    10000
1.003197 Đăng ký, quản lý cư trú       working_day 5    -
1.010028 Đăng ký, quản lý cư trú       working_day 2    -
2.001159 Đăng ký, quản lý cư trú       working_hour 1   -
1.014063 Cấp, quản lý căn cước         working_day 7    50000
1.014064 Cấp, quản lý căn cước         working_day 7    70000
2.001263 Nuôi con nuôi                 calendar_day 30  400000
1.003005 Nuôi con nuôi                 working_day 45   4500000
1.012680 Quản lý xuất nhập cảnh        working_day 3    50000
1.012812 Đất đai                       calendar_day 40  -
1.011607 Giảm nghèo                    calendar_day 15  -
1.001776 Bảo trợ xã hội                working_day 22   -
1.001699 Người khuyết tật              working_day 25   -
1.013225 Hoạt động xây dựng            calendar_day 15  -
"""

ASKED_MOST = """1.001193 1.000656 1.000894 1.004873 1.001022 2.000635 1.004859 1.004884 2.000815
2.000884 2.001035 2.001019 2.001016 2.001406 2.000908 1.004222 1.004194 1.001612 1.001776 1.001699
1.011607 1.012812 2.001263 1.000110 1.000094 1.000080 1.004827 1.003583 1.000593 1.000419"""

PLAIN = "Đơn hoặc tờ khai theo mẫu"


def _get(code: str) -> Procedure:
    found = CATALOGUE.get(code)
    assert found is not None, code
    return found


@pytest.mark.parametrize("row", KNOWN.strip().splitlines())
def test_the_known_terms_and_fees(row: str) -> None:
    matched = re.fullmatch(r"(\S+) (.+?) +(\w+) (\d+) +(\S+)", row)
    assert matched
    code, field, unit, amount, fee = matched.groups()
    procedure = _get(code)
    case = procedure.cases[0]
    assert procedure.field_name == field
    assert (case.unit, case.amount) == (unit, int(amount))
    assert [line.amount for line in case.fees] == ([] if fee == "-" else [int(fee)])


def test_there_are_enough_of_them() -> None:
    assert len(CATALOGUE.all) >= 150
    assert len({procedure.code for procedure in CATALOGUE.all}) == len(CATALOGUE.all)
    assert len({procedure.name for procedure in CATALOGUE.all}) == len(CATALOGUE.all)


def test_a_file_is_a_field_and_a_field_is_a_file() -> None:
    assert all(len({p.field_code for p in field}) == 1 for field in FIELDS)
    codes = [field[0].field_code for field in FIELDS]
    names = [field[0].field_name for field in FIELDS]
    assert len(set(codes)) == len(set(names)) == len(FIELDS)
    # found by that name: what the upper level publishes first is compared with it
    assert [resources.procedure_text(code) for code in codes] == list(resources.procedure_texts())
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code) for code in codes)


@pytest.mark.parametrize("code", ASKED_MOST.split())
def test_what_is_asked_for_most_has_its_own_papers(code: str) -> None:
    for case in _get(code).cases:
        assert case.components
        assert all(paper.name != PLAIN for paper in case.components)
        assert any(paper.required for paper in case.components)


def test_cases_have_their_own_terms_and_papers() -> None:
    terms = {
        code: [(case.unit, case.amount) for case in _get(code).cases]
        for code in ("1.000894", "1.001022", "1.000094", "1.012812")
    }
    day, calendar = ProcessingUnit.WORKING_DAY, ProcessingUnit.CALENDAR_DAY
    assert terms["1.000894"] == [(ProcessingUnit.SAME_DAY, 1), (day, 5)]
    assert terms["1.001022"] == [(day, 3), (day, 8)]
    assert terms["1.000094"] == [(day, 3), (day, 8)]
    assert terms["1.012812"] == [(calendar, 40), (calendar, 30)]

    def papers(place: int) -> str:
        return " ".join(paper.name for paper in _get("1.004873").cases[place].components)

    names = [case.name for case in _get("1.004873").cases]
    assert names[:3] == ["Kết hôn lần đầu", "Đã ly hôn", "Vợ hoặc chồng đã chết"]
    assert "ly hôn" not in papers(0)
    assert "quyết định ly hôn" in papers(1)
    assert "khai tử" in papers(2)
    assert "Dùng vào việc khác" in names


def test_papers_count_sheets_when_handed_in_and_none_when_only_shown() -> None:
    for procedure in CATALOGUE.all:
        for case in procedure.cases:
            ids = [paper.id for paper in case.components]
            assert len(set(ids)) == len(ids) > 0, procedure.code
            for paper in case.components:
                sheets = paper.originals + paper.certified + paper.copies
                assert (sheets > 0) is (paper.submit == "submit"), (procedure.code, paper.name)


@pytest.mark.parametrize("code", ["2.000815", "2.000942"])
def test_copies_by_the_page_cost_what_the_ministry_set(code: str) -> None:
    (fee,) = _get(code).cases[0].fees
    assert (fee.per, fee.amount) == ("page", 2_000)
    assert (fee.cheaper_from_page, fee.cheaper_amount) == (3, 1_000)
    assert fee.most_per_copy == 200_000


def test_residence_uses_the_forms_of_the_police() -> None:
    residence = [p for p in CATALOGUE.all if p.form_field == "residence"]
    assert {p.field_name for p in residence} == {"Đăng ký, quản lý cư trú"}
    assert {p.unit for p in residence} == {"Công an xã"}
    for code in ("1.004222", "1.004194", "1.002755", "1.003197", "1.010028", "1.010038"):
        assert "CT01" in _get(code).cases[0].components[0].name


def test_a_bare_number_is_never_called_verified() -> None:
    unverified = """1.001193 1.000656 1.000894 1.004873 2.000635 2.000815 2.000884 1.000110 1.000094
    1.000080 1.004827 1.001266 2.000720 1.011606 2.002226 1.011471 2.001263 1.001612 1.001776
    1.001699 1.003622 1.010803"""
    verified = "1.004837 1.004222 1.004194 2.000908 1.003583 1.012680 2.000779 1.013225 2.001159"
    assert not any(_get(code).unit_verified for code in unverified.split())
    assert all(_get(code).unit_verified for code in verified.split())


def test_nobody_has_checked_the_papers_yet() -> None:
    assert not any(procedure.checked for procedure in CATALOGUE.all)


def test_a_supplement_restarts_and_a_payment_resumes() -> None:
    policies = Counter((p.supplement_policy, p.payment_policy) for p in CATALOGUE.all)
    assert policies == {("restart", "resume"): len(CATALOGUE.all)}


def _words(procedure: Procedure) -> list[str]:
    papers = [paper.name for case in procedure.cases for paper in case.components]
    fees = [fee.name for case in procedure.cases for fee in case.fees]
    cases = [case.name for case in procedure.cases]
    return [procedure.name, procedure.result, procedure.unit, *cases, *papers, *fees]


DIRT = re.compile(
    r"Mã:|Không có thông tin|Từ khóa|VNĐ|Đồng\(|https?:|\(\d\.\d{6}\)|cấp huyện|Hà Tĩnh|đăng ký đăng ký",
    re.IGNORECASE,
)


def test_no_dirt_of_the_portal() -> None:
    for procedure in CATALOGUE.all:
        code = procedure.code
        for text in _words(procedure):
            assert text, code
            assert text == unicodedata.normalize("NFC", text).strip(" .-–;,"), code
            assert "  " not in text, code
            assert text.count("(") == text.count(")"), code
            assert not DIRT.search(text), code
        assert len(procedure.result) <= 120, f"{code}: cut off, or copied with its clause"
        assert not re.search(
            r"(?i)từ chối (tiếp nhận|giải quyết)|lý do từ chối|không chấp thuận|cần sửa đổi",
            procedure.result,
        ), code
        assert not procedure.name.startswith("Thủ tục "), code


def test_decisions_are_those_of_a_ministry() -> None:
    for procedure in CATALOGUE.all:
        assert re.fullmatch(r"(\d+/QĐ-(?!UBND)[A-ZĐ]+(-[A-Z0-9]+)?)?", procedure.decision_no), (
            procedure.code
        )


def test_fees_are_whole_amounts_of_money() -> None:
    for procedure in CATALOGUE.all:
        for case in procedure.cases:
            for fee in case.fees:
                assert fee.amount >= 1_000, procedure.code
                assert fee.amount % 500 == 0, procedure.code
                assert fee.name.startswith("Phí") is (fee.kind == "fee"), procedure.code
                cheaper = (fee.cheaper_from_page > 0, fee.cheaper_amount > 0)
                assert cheaper in {(True, True), (False, False)}, procedure.code
