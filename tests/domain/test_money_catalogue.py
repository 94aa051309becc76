"""Money in words, fees, and the shipped catalogue, offices and calendars."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

import resources
from counter_app.domain.events import PageLine
from counter_app.domain.faults import FileFault
from counter_app.domain.money import in_words, vnd
from counter_app.domain.office import DayKind, parse_calendar, parse_office
from counter_app.domain.procedure import ProcedureIndex, ProcessingUnit, fee_of, parse_procedures

CATALOGUE = ProcedureIndex(
    [p for text in resources.procedure_texts() for p in parse_procedures(text)]
)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "Không đồng"),
        (15, "Mười lăm đồng"),
        (21, "Hai mươi mốt đồng"),
        (24, "Hai mươi tư đồng"),
        (105, "Một trăm linh năm đồng"),
        (8_000, "Tám nghìn đồng"),
        (12_500, "Mười hai nghìn năm trăm đồng"),
        (1_004_015, "Một triệu không trăm linh bốn nghìn không trăm mười lăm đồng"),
        (2_000_000_001, "Hai tỷ không trăm linh một đồng"),
    ],
)
def test_amounts_in_words(amount: int, words: str) -> None:
    assert in_words(amount) == words


_DIGITS = dict(
    zip(
        ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"],
        range(10),
        strict=True,
    )
)
_DIGITS |= {"mốt": 1, "tư": 4, "lăm": 5}


def _read(words: list[str]) -> int:
    """The number back from its words, by the rules of the language, not of the program."""
    for unit, factor in (("tỷ", 10**9), ("triệu", 10**6), ("nghìn", 10**3)):
        if unit in words:
            at = len(words) - 1 - words[::-1].index(unit)
            return _read(words[:at]) * factor + _read(words[at + 1 :])
    total = 0
    digit: int | None = None
    for word in words:
        if word in _DIGITS:
            digit = _DIGITS[word]
        elif word == "trăm":
            total, digit = total + (digit or 0) * 100, None
        elif word == "mươi":
            total, digit = total + (digit or 0) * 10, None
        elif word == "mười":
            total, digit = total + 10, None
        else:
            assert word == "linh"
    return total + (digit or 0)


@given(st.integers(0, 10**12))
def test_words_can_be_read_back(amount: int) -> None:
    words = in_words(amount).removesuffix(" đồng").lower().split()
    assert _read(words) == amount


def test_figures_have_points() -> None:
    assert vnd(1_234_500) == "1.234.500 đ"


def test_page_fees_of_certified_copies() -> None:
    certified = CATALOGUE.get("2.000815")
    assert certified is not None
    case = certified.cases[0]

    def fee(*lines: PageLine) -> int:
        return sum(line.amount for line in fee_of(case, lines, 1))

    assert fee(PageLine("", 1, 1)) == 2_000
    assert fee(PageLine("", 2, 1)) == 4_000
    assert fee(PageLine("", 4, 2)) == 2 * (4_000 + 2_000)
    assert fee(PageLine("", 500, 1)) == 200_000
    assert fee(PageLine("", 1, 1), PageLine("", 3, 1)) == 2_000 + 5_000


def test_extracts_cost_by_copy() -> None:
    extract = CATALOGUE.get("2.000635")
    assert extract is not None
    assert sum(f.amount for f in fee_of(extract.cases[0], (), 3)) == 24_000


def test_the_catalogue_is_large_and_whole() -> None:
    assert len(CATALOGUE.all) >= 100
    assert len({p.code for p in CATALOGUE.all}) == len(CATALOGUE.all)
    for procedure in CATALOGUE.all:
        assert procedure.field_name
        assert procedure.unit
        for case in procedure.cases:
            assert case.components
            assert 1 <= case.amount <= 3650
    common = [p for p in CATALOGUE.all if p.rank]
    assert len(common) == 20
    assert sum(len(p.cases[0].components) >= 3 or p.cases[0].by_pages for p in common) >= 16


def test_the_border_set_and_mobile_registration_are_there() -> None:
    codes = ["1.000110", "1.000094", "1.000080", "1.004827", "1.003583", "1.000593", "1.000419"]
    assert all((found := CATALOGUE.get(code)) and found.border for code in codes)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("ks", "1.001193"),
        ("kh", "1.000894"),
        ("khai sinh", "1.001193"),
        ("xntt", "1.004873"),
        ("XÁC NHẬN TÌNH TRẠNG", "1.004873"),
        ("cts", "2.000815"),
        ("tam tru", "1.004194"),
        ("1.000656", "1.000656"),
    ],
)
def test_a_few_letters_find_the_procedure(typed: str, code: str) -> None:
    assert CATALOGUE.match(typed)[0].code == code


def test_units_without_a_published_unit_are_marked() -> None:
    birth = CATALOGUE.get("1.001193")
    residence = CATALOGUE.get("1.004222")
    assert birth is not None
    assert residence is not None
    assert (birth.unit_verified, birth.cases[0].unit) == (False, ProcessingUnit.SAME_DAY)
    assert (residence.unit_verified, residence.form_field) == (True, "residence")


def test_shipped_calendars_hold_the_announced_days() -> None:
    years = {year.year: year for year in map(parse_calendar, resources.calendar_texts())}
    assert sorted(years) == [2024, 2025, 2026, 2027]
    assert [years[y].status for y in sorted(years)] == ["official"] * 3 + ["provisional"]
    kinds = {day.date: day.kind for year in years.values() for day in year.days}
    assert kinds[date(2025, 4, 26)] is DayKind.SWAPPED_WORKING
    assert kinds[date(2025, 5, 2)] is DayKind.SWAPPED_OFF
    assert kinds[date(2026, 1, 10)] is DayKind.SWAPPED_WORKING
    assert kinds[date(2026, 4, 27)] is DayKind.COMPENSATORY_OFF
    assert kinds[date(2026, 11, 24)] is DayKind.HOLIDAY


@pytest.mark.parametrize("name", resources.office_names())
def test_every_shipped_office_is_whole_and_marked_as_a_sample(name: str) -> None:
    office = parse_office(resources.office_text(name))
    assert "mẫu" in office.name
    assert office.org_code.startswith("H50.99.")
    assert office.form_set == "FS-2018"


KHE_SANH = resources.office_text("khe-sanh")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('phone = "0233 000 000"', 'fone = "0233 000 000"'),
        ('due_rule = "close_of_office"', 'due_rule = "noon"'),
        ('same_day_cutoff = "15:00"', 'same_day_cutoff = "25:00"'),
        ('days = "mon-fri"', 'days = "thu-hai"'),
        ('[["07:30", "11:30"], ["13:30", "17:30"]]', '[["07:30", "11:30"], ["11:00", "17:30"]]'),
        ('org_code = "H50.99.01"', 'org_code = "KHESANH"'),
        ("cutoff_inclusive = true", 'cutoff_inclusive = "yes"'),
        ('to = "09-30"', 'to = "09-31"'),
        ('address = "', "address = "),
    ],
)
def test_a_damaged_office_file_is_refused_with_its_line(old: str, new: str) -> None:
    broken = KHE_SANH.replace(old, new, 1)
    wrong = next(n for n, line in enumerate(broken.splitlines(), 1) if new in line)
    with pytest.raises(FileFault) as fault:
        parse_office(broken)
    assert fault.value.line == wrong


def test_a_damaged_calendar_is_refused_with_its_line() -> None:
    twice = 'year = 2026\nstatus = "official"\n[[day]]\ndate = 2026-01-01\nkind = "holiday"\n'
    twice += '[[day]]\ndate = 2026-01-01\nkind = "holiday"\n'
    with pytest.raises(FileFault) as fault:
        parse_calendar(twice)
    assert fault.value.line == 7
