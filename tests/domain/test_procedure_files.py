"""Files of procedures: what they may leave out, and how a wrong one is refused."""

from dataclasses import replace

import pytest

from counter_app.domain.events import PageLine
from counter_app.domain.faults import FileFault
from counter_app.domain.procedure import (
    Component,
    Fee,
    ProcedureCase,
    ProcessingUnit,
    fee_of,
    parse_procedures,
)

FIELD = """field_code = "ho-tich"
field_name = "Hộ tịch"
unit = "Tư pháp - Hộ tịch"
form_field = "standard"

[[procedure]]
code = "1.000001"
name = "Thủ tục thứ nhất"
decision_no = "1/QĐ-BTP"
result = "Giấy"
rank = 3
aliases = ["mot", "thu nhat"]
unit_of_time = "working_day"
amount = 3
unit_verified = false
supplement_policy = "restart"
payment_policy = "resume"
fees = [
    { name = "Lệ phí", kind = "levy", amount = 5000 },
]
papers = [
    { name = "Tờ khai", originals = 1 },
    { name = "Giấy tờ tùy thân", present = true },
    { name = "Giấy khác", copies = 2, certified = 1, optional = true },
]
case = [
    { id = "thuong", name = "Thông thường" },
    { id = "gap", name = "Phải xác minh", unit_of_time = "calendar_day", amount = 8, fees = [], papers = [
        { name = "Đơn", originals = 2 },
    ] },
]

[[procedure]]
code = "1.000002"
name = "Thủ tục thứ hai"
unit = "Công an xã"
unit_of_time = "same_day"
border = true
papers = [ { name = "Đơn", originals = 1 } ]
"""


def test_a_case_takes_from_its_procedure_what_it_leaves_out() -> None:
    first, second = parse_procedures(FIELD)
    usual, checked = first.cases
    assert (usual.unit, usual.amount) == (ProcessingUnit.WORKING_DAY, 3)
    assert usual.components == (
        Component("g1", "Tờ khai", 1, 0, 0, "submit", True),
        Component("g2", "Giấy tờ tùy thân", 0, 0, 0, "present", True),
        Component("g3", "Giấy khác", 0, 1, 2, "submit", False),
    )
    assert usual.fees == (Fee("p1", "Lệ phí", "levy", 5000, "dossier"),)
    assert (checked.unit, checked.amount) == (ProcessingUnit.CALENDAR_DAY, 8)
    assert [paper.name for paper in checked.components] == ["Đơn"]
    assert checked.fees == ()
    assert [case.id for case in second.cases] == ["thuong"]
    assert second.cases[0].amount == 1


def test_a_procedure_takes_from_its_field_what_it_leaves_out() -> None:
    first, second = parse_procedures(FIELD)
    assert (first.unit, second.unit) == ("Tư pháp - Hộ tịch", "Công an xã")
    assert (second.unit_verified, second.checked, second.border) == (True, False, True)
    assert (second.supplement_policy, second.payment_policy) == ("restart", "resume")
    assert (first.rank, second.rank) == (3, 0)
    (turned, _) = parse_procedures(
        FIELD.replace('supplement_policy = "restart"', 'supplement_policy = "resume"').replace(
            'payment_policy = "resume"', 'payment_policy = "restart"'
        )
    )
    assert (turned.supplement_policy, turned.payment_policy) == ("resume", "restart")
    residence = FIELD.replace('"standard"', '"residence"')
    assert {p.form_field for p in parse_procedures(residence)} == {"residence"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('field_name = "Hộ tịch"', 'field_nam = "Hộ tịch"'),
        ('form_field = "standard"', 'form_field = "police"'),
        ('code = "1.000001"', 'code = "1.00001"'),
        ('code = "1.000001"', 'code = "1.0000011"'),
        ('code = "1.000002"', 'code = "1.000001"'),
        ('code = "1.000002"', 'code = "１.000002"'),
        ('name = "Thủ tục thứ nhất"', 'name = "\u200b"'),
        ('result = "Giấy"', 'resulted = "Giấy"'),
        ("rank = 3", "rank = -1"),
        ("rank = 3", "rank = true"),
        ('aliases = ["mot", "thu nhat"]', 'aliases = "mot"'),
        ('unit_of_time = "working_day"', 'unit_of_time = "week"'),
        ("amount = 3", "amount = 0"),
        ("amount = 3", "amount = 3651"),
        ("unit_verified = false", 'unit_verified = "no"'),
        ('supplement_policy = "restart"', 'supplement_policy = "restarted"'),
        ('payment_policy = "resume"', 'payment_policy = "stop"'),
        ('"levy", amount = 5000', '"levy", amount = -5000'),
        ('"levy", amount = 5000', '"tax", amount = 5000'),
        ('"levy", amount = 5000', '"levy", per = "hour", amount = 5000'),
        ('"levy", amount = 5000', '"levy"'),
        ("originals = 1 },\n    { name", "orignals = 1 },\n    { name"),
        ("present = true", "present = 1"),
        ("copies = 2, certified", "copies = 100, certified"),
        ('name = "Giấy khác", ', ""),
        ('id = "gap"', 'id = "thuong"'),
        ('id = "gap"', 'ident = "gap"'),
        ("amount = 8", "amount = 8.5"),
        ("amount = 8", "amount = 8, ammount = 9"),
        ('"levy", amount = 5000', '"levy", amount = 5000, free = true'),
        ("originals = 2", "originals = -2"),
        ("fees = [],", 'fees = "none",'),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(old: str, new: str) -> None:
    assert FIELD.count(old) == 1
    with pytest.raises(FileFault) as fault:
        parse_procedures(FIELD.replace(old, new))
    assert fault.value.line == FIELD[: FIELD.index(old)].count("\n") + 1
    assert fault.value.message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[[procedure]]",
        "procedure = 1",
        "procedure = [1]",
        'procedure = "x"',
        FIELD.replace("papers = [", "papers = [ 1,", 1),
        FIELD.replace("case = [", 'case = [ "x",'),
        FIELD.replace('unit_of_time = "same_day"\n', ""),
        FIELD.replace('unit = "Tư pháp - Hộ tịch"\n', ""),
    ],
)
def test_what_is_no_file_of_procedures_is_refused_or_empty(text: str) -> None:
    if not text:
        assert parse_procedures(text) == ()
        return
    with pytest.raises(FileFault):
        parse_procedures(text)


def _case(*fees: Fee) -> ProcedureCase:
    return ProcedureCase("thuong", "Thông thường", ProcessingUnit.SAME_DAY, 1, (), fees)


COPIES = Fee("p1", "Phí chứng thực", "fee", 2000, "page", 3, 1000, 200_000)


@pytest.mark.parametrize(
    ("pages", "copies", "owed"),
    [
        (1, 1, 2_000),
        (2, 1, 4_000),
        (3, 1, 5_000),
        (10, 1, 12_000),
        (198, 1, 200_000),
        (199, 1, 200_000),
        (197, 1, 199_000),
        (199, 3, 600_000),
        (2, 10, 40_000),
    ],
)
def test_pages_cost_less_from_the_third_on_and_a_copy_never_more_than_its_cap(
    pages: int, copies: int, owed: int
) -> None:
    assert [line.amount for line in fee_of(_case(COPIES), [PageLine("", pages, copies)], 1)] == [
        owed
    ]


def test_without_a_cap_or_a_cheaper_page_all_pages_cost_the_same() -> None:
    plain = replace(COPIES, cheaper_from_page=0, cheaper_amount=0, most_per_copy=0)
    assert fee_of(_case(plain), [PageLine("", 300, 1)], 1)[0].amount == 600_000


def test_each_fee_is_a_line_and_nothing_owed_is_none() -> None:
    levy = Fee("p2", "Lệ phí", "levy", 50_000, "dossier")
    extract = Fee("p3", "Phí bản sao", "fee", 8_000, "copy")
    free = Fee("p4", "Miễn", "levy", 0, "dossier")
    lines = fee_of(_case(COPIES, levy, extract, free), [PageLine("Bằng", 1, 2)], 3)
    assert [(line.id, line.kind, line.amount) for line in lines] == [
        ("p1", "fee", 4_000),
        ("p2", "levy", 50_000),
        ("p3", "fee", 16_000),
    ]
    assert [line.amount for line in fee_of(_case(levy, extract), [], 3)] == [50_000, 24_000]
    assert fee_of(_case(COPIES), [], 3) == ()


def test_only_a_fee_by_pages_asks_for_pages_instead_of_papers() -> None:
    assert _case(COPIES).by_pages
    assert not _case(Fee("p1", "Phí bản sao", "fee", 8_000, "copy")).by_pages
    assert not _case().by_pages
