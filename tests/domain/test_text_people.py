"""Clean texts, numbers that warn, dates that some know only in part."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counter_app.domain.partial_date import PartialDate
from counter_app.domain.people import Organisation, Person, check_applicant
from counter_app.domain.personal_number import mask, number_problem, number_warnings, year_and_sex
from counter_app.domain.text import clean_text, initials, search_key

TODAY = date(2026, 11, 20)


def test_a_run_of_control_characters_becomes_one_blank() -> None:
    assert clean_text("HỒ\x00\x1b\x1d\r\n\tTHỊ\x7f\x85A") == "HỒ THỊ A"


def test_bidi_zero_width_private_and_half_characters_go() -> None:
    assert clean_text("A\u202e\u200b\u2066B\ue000\ud800C\ufeff") == "ABC"


def test_texts_are_composed() -> None:
    assert clean_text("Nguye\u0302\u0303n") == "Nguyễn"


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") for c in once)


@given(st.text())
def test_search_keys_are_plain(text: str) -> None:
    key = search_key(text)
    assert set(key) <= set("0123456789abcdefghijklmnopqrstuvwxyz ")
    assert search_key(key) == key


def test_search_knows_the_stroke() -> None:
    assert search_key("ĐẶNG Thị Đào") == "dang thi dao"
    assert search_key("Dang thi dao") == "dang thi dao"
    assert initials("Đăng ký khai sinh") == "dkks"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("5390", "05/03/1990"),
        ("05031990", "05/03/1990"),
        ("050390", "05/03/1990"),
        ("5/3/90", "05/03/1990"),
        ("5/3/26", "05/03/2026"),
        ("1990", "1990"),
        ("3/1990", "03/1990"),
        ("2/2/27", "02/02/1927"),
    ],
)
def test_birth_dates_as_clerks_type_them(typed: str, expected: str) -> None:
    found = PartialDate.parse_typed(typed, TODAY)
    assert found is not None
    assert found.paper() == expected


@pytest.mark.parametrize(
    "typed", ["31/2/1990", "0/3/1990", "13/1990", "abc", "", "21/11/2026", "999"]
)
def test_dates_that_cannot_be_are_refused(typed: str) -> None:
    assert PartialDate.parse_typed(typed, TODAY) is None


def test_iso_dates_in_part() -> None:
    assert PartialDate.parse_iso("1990-03") == PartialDate(1990, 3)
    assert PartialDate.parse_iso("1990-02-30") is None
    assert PartialDate(1990, 3, 5).iso() == "1990-03-05"


def test_a_number_tells_year_and_sex() -> None:
    assert year_and_sex("045190001234") == (1990, "female")
    assert year_and_sex("045201004321") == (2001, "male")


def test_eleven_digits_offer_the_lost_zero() -> None:
    problem = number_problem("45190001234")
    assert problem is not None
    assert problem.code == "lost_zero"
    assert "045190001234" in problem.message


@pytest.mark.parametrize("number", ["1234567890", "04519000123A", "", "0451900012345"])
def test_other_lengths_are_refused(number: str) -> None:
    assert number_problem(number) is not None


def test_what_does_not_fit_warns() -> None:
    codes = {w.code for w in number_warnings("999190001234", 1991, "male")}
    assert codes == {"number_province", "number_sex", "number_year"}
    assert not number_warnings("045190001234", 1990, "female")
    assert not number_warnings("197123456", 1990, "female")


def test_numbers_are_masked() -> None:
    assert mask("045190001234") == "045***234"


def test_only_the_name_is_required() -> None:
    applicant, problems = check_applicant({"name": "  Pả\tKưng "})
    assert applicant == Person("Pả Kưng")
    assert not problems
    nobody, problems = check_applicant({"name": " \u200b "})
    assert nobody is None
    assert [(p.field, p.code) for p in problems] == [("applicant.name", "name_missing")]


def test_limits_of_name_and_address() -> None:
    good, _ = check_applicant({"name": "A" * 120, "address": "B" * 300})
    assert good is not None
    none, problems = check_applicant({"name": "A" * 121, "address": "B" * 301})
    assert none is None
    assert {p.field for p in problems} == {"applicant.name", "applicant.address"}


def test_an_organisation_has_a_tax_code() -> None:
    found, _ = check_applicant(
        {"kind": "organisation", "name": "Hợp tác xã", "tax_code": "3200000001001"}
    )
    assert found == Organisation("Hợp tác xã", "3200000001-001")
    none, problems = check_applicant(
        {"kind": "organisation", "name": "Hợp tác xã", "personal_number": "045190001234"}
    )
    assert none is None
    assert problems[0].code == "unknown_field"


def test_phones_are_folded_and_odd_ones_warn() -> None:
    found, problems = check_applicant({"name": "A", "phone": "+84 912 000 345"})
    assert isinstance(found, Person)
    assert (found.phone, problems) == ("0912000345", ())
    odd, problems = check_applicant({"name": "A", "phone": "12"})
    assert odd is not None
    assert problems[0].severity == "may"


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.one_of(st.text(), st.integers(), st.none(), st.lists(st.text())),
        max_size=6,
    )
)
def test_no_draft_breaks_the_check(given_: dict[str, object]) -> None:
    applicant, problems = check_applicant(given_)
    assert applicant is not None or any(p.severity == "must" for p in problems)
