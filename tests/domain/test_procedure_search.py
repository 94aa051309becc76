"""Finding a procedure while typing."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import resources
from counter_app.domain.procedure import Procedure, ProcedureIndex, parse_procedures

CATALOGUE = ProcedureIndex(
    [p for text in resources.procedure_texts() for p in parse_procedures(text)]
)


def _small(*rows: str) -> ProcedureIndex:
    text = 'field_code = "f"\nfield_name = "F"\nunit = "U"\n'
    for row in rows:
        text += f'[[procedure]]\nunit_of_time = "same_day"\n{row}\n'
    return ProcedureIndex(parse_procedures(text))


def _codes(index: ProcedureIndex, typed: str) -> list[str]:
    return [procedure.code for procedure in index.match(typed)]


def test_the_order_of_what_matches() -> None:
    index = _small(
        'code = "1.000001"\nname = "Xóa tên rất khó"',  # t r k in order, x before
        'code = "1.000002"\nname = "Trình khai"',  # word only by its beginning
        'code = "1.000003"\nname = "Tách rồi kê"',  # the initials
        'code = "1.000004"\nname = "Việc khác"\naliases = ["t r k"]',
        'code = "1.000005"\nname = "Việc khác nữa"\naliases = ["trkx"]',
        'code = "1.000006"\nname = "Trkạ gì đó"',
        'code = "1.000007"\nname = "Tự ra bên kia"',  # with another letter between
    )
    assert _codes(index, "trk") == [
        "1.000004",
        "1.000005",
        "1.000006",
        "1.000003",
        "1.000001",
        "1.000007",
    ]


def test_words_side_by_side_come_before_words_apart() -> None:
    index = _small(
        'code = "1.000001"\nname = "Tạm giữ xe có trực"\nrank = 1',
        'code = "1.000002"\nname = "Khai báo tạm trú cho người khác"',
    )
    assert _codes(index, "tam tru") == ["1.000002", "1.000001"]
    assert _codes(index, "TRÚ tạm") == ["1.000001", "1.000002"]


def test_favourites_then_the_border_then_the_shorter_name() -> None:
    index = _small(
        'code = "1.000001"\nname = "Khai A bản dài hơn cả"',
        'code = "1.000002"\nname = "Khai B"',
        'code = "1.000003"\nname = "Khai C ở biên giới"\nborder = true',
        'code = "1.000004"\nname = "Khai D vào hạng hai"\nrank = 2',
        'code = "1.000005"\nname = "Khai E vào hạng nhất nhưng dài"\nrank = 1',
    )
    order = ["1.000005", "1.000004", "1.000003", "1.000002", "1.000001"]
    assert _codes(index, "khai") == order
    assert _codes(index, "") == order
    assert _codes(index, "  ") == order


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("kt", "1.000656"),
        ("kết hôn", "1.000894"),
        ("đkkh", "1.000894"),
        ("thuong tru", "1.004222"),
        ("chung thuc chu ky", "2.000884"),
        ("trich luc", "2.000635"),
        ("hkd", "1.001612"),
        ("giay thong hanh", "1.012680"),
        ("khbg", "1.000094"),
        ("ksld", "1.003583"),
        ("khai sinh luu dong", "1.003583"),
        ("khai tu bien gioi", "1.004827"),
        ("ho ngheo", "1.011607"),
        ("khuyet tat", "1.001699"),
        ("2.000815", "2.000815"),
        (" 1.0048 ", "1.004873"),
    ],
)
def test_what_a_clerk_types(typed: str, first: str) -> None:
    assert CATALOGUE.match(typed)[0].code == first


def test_nothing_typed_offers_the_favourites_and_then_the_border() -> None:
    offered = CATALOGUE.match("", limit=28)
    assert [procedure.rank for procedure in offered[:20]] == list(range(1, 21))
    assert all(procedure.border for procedure in offered[20:28])


@pytest.mark.parametrize("typed", ["zzzz", "1.9", "ww", "khai sinh zz"])
def test_what_is_not_there_is_not_found(typed: str) -> None:
    assert CATALOGUE.match(typed) == ()


def test_no_more_than_asked_for() -> None:
    assert len(CATALOGUE.match("c", limit=5)) == 5
    assert CATALOGUE.get("9.999999") is None


@given(st.text(max_size=40))
def test_any_text_is_answered_without_repetition(typed: str) -> None:
    codes = _codes(CATALOGUE, typed)
    assert len(codes) == len(set(codes)) <= 20


@given(st.sampled_from(CATALOGUE.all))
def test_every_procedure_is_found_by_its_name_and_its_code(procedure: Procedure) -> None:
    assert procedure in CATALOGUE.match(procedure.name, limit=5)
    assert CATALOGUE.match(procedure.code) == (procedure,)


def test_aliases_belong_to_one_procedure_each() -> None:
    aliases = [alias for procedure in CATALOGUE.all for alias in procedure.aliases]
    assert len(aliases) == len(set(aliases))
    ranks = [procedure.rank for procedure in CATALOGUE.all if procedure.rank]
    assert sorted(ranks) == list(range(1, len(ranks) + 1))


def test_a_keystroke_takes_less_than_five_milliseconds() -> None:
    CATALOGUE.match("k")
    spent = []
    for typed in ("k", "kh", "khai", "khai s", "xntt", "dang ky tam tru", "x" * 200):
        for _ in range(5):
            start = time.perf_counter()
            CATALOGUE.match(typed)
            spent.append(time.perf_counter() - start)
    assert sorted(spent)[len(spent) // 2] < 0.005
