"""One box finds everything: a name without accents, a number, a telephone, a code, a day."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from services.desk import TEN_DAYS, THREE_DAYS, Desk, person

from counter_app.domain.dossier import Status

MakeDesk = Callable[..., Desk]

PEOPLE = [
    ("Đặng Thị Ngọc Ánh", "045190001234", "0912000345"),
    ("Hồ Văn Bê", "045201004321", "0983111222"),
    ("Pả Kưng", None, None),
    ("Trần Ước Ừng", "197123456", "0233000111"),
]


def fill(desk: Desk) -> dict[str, str]:
    """Name → code, in the order in which they were taken in."""
    return {
        name: desk.accept(applicant=person(name, personal_number=number, phone=phone)).code
        for name, number, phone in PEOPLE
    }


def found(desk: Desk, text: str, limit: int = 50) -> list[str]:
    return [row.applicant_name for row in desk.counter.search.find(text, limit)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("đặng thị ngọc ánh", ["Đặng Thị Ngọc Ánh"]),
        ("DANG THI NGOC ANH", ["Đặng Thị Ngọc Ánh"]),
        ("anh dang", ["Đặng Thị Ngọc Ánh"]),
        ("Ðặng", []),  # another letter that only looks like đ
        ("ngọc a", ["Đặng Thị Ngọc Ánh"]),
        ("uoc ung", ["Trần Ước Ừng"]),
        ("ước ừng", ["Trần Ước Ừng"]),
        ("045201004321", ["Hồ Văn Bê"]),
        ("197123456", ["Trần Ước Ừng"]),
        ("0983111222", ["Hồ Văn Bê"]),
        ("0983111", ["Hồ Văn Bê"]),
        ("ho dang", []),
        ("bê 0983111222", ["Hồ Văn Bê"]),
        ("be 0912000345", []),
        ("khong co ai", []),
        ("", []),
        ("   ", []),
    ],
)
def test_all_words_must_match_with_or_without_accents(
    desk: Desk, text: str, names: list[str]
) -> None:
    fill(desk)

    assert found(desk, text) == names


def test_letters_that_were_typed_in_another_way_find_the_same(desk: Desk) -> None:
    fill(desk)

    for form in ("NFC", "NFD"):
        assert found(desk, unicodedata.normalize(form, "Ngọc Ánh")) == ["Đặng Thị Ngọc Ánh"]


@pytest.mark.parametrize(
    "typed", ["{code}", " {code} ", "{small}", "{day_and_seq}", "{seq}", "{org} {seq}"]
)
def test_a_code_and_its_parts_find_their_dossier(desk: Desk, typed: str) -> None:
    codes = fill(desk)
    code = codes["Hồ Văn Bê"]
    org, day, seq = code.split("-")
    text = typed.format(code=code, small=code.lower(), day_and_seq=f"{day}-{seq}", seq=seq, org=org)

    assert found(desk, text) == ["Hồ Văn Bê"]


def test_a_code_opens_its_dossier_at_once_however_it_is_typed(desk: Desk) -> None:
    codes = fill(desk)
    code = codes["Pả Kưng"]

    for typed in (code, code.lower(), f" {code} ", code.replace("-", " - ")):
        views = desk.counter.search.by_code(typed)
        assert [view.dossier.facts.applicant.name for view in views] == ["Pả Kưng"]
    assert desk.counter.search.by_code("H50.99.01-261120-2999") == ()
    assert desk.counter.search.by_code("2001") == ()
    assert desk.counter.search.open("khong-co") is None


def test_a_pad_number_finds_the_dossier_it_became(desk: Desk) -> None:
    fill(desk)
    pad = {"origin": "pad", "pad": "P2-7K3-0007", "received_at": "2026-11-20T08:00"}
    made = desk.accept(applicant=person("Lê Văn Đạt"), from_paper=pad)

    assert found(desk, "P2-7K3-0007") == ["Lê Văn Đạt"]
    assert found(desk, "7k3 0007") == ["Lê Văn Đạt"]
    assert [view.dossier.code for view in desk.counter.search.by_code("P2-7K3-0007")] == [made.code]


def test_the_representative_the_other_name_and_the_procedure_find_it_too(desk: Desk) -> None:
    fill(desk)
    desk.accept(
        applicant=person("Kăn Hờ", also_known_as="Hồ Thị Hường"),
        representative={"name": "Lê Văn Đạt", "phone": "0905777888"},
        procedure=TEN_DAYS,
    )

    for text in ("hường", "le van dat", "0905777888", "xac minh muoi"):
        assert found(desk, text) == ["Kăn Hờ"], text


def test_a_correction_is_found_by_its_new_words(desk: Desk) -> None:
    made = desk.accept(applicant=person("Hồ Thị Nguyệt", phone="0912000345"))
    desk.do(
        made.dossier_id,
        "correct",
        applicant={"name": "Hồ Thị Nguyện", "phone": "0912000999"},
        reason="Ghi nhầm",
    )

    assert found(desk, "nguyện") == found(desk, "0912000999") == ["Hồ Thị Nguyện"]
    assert found(desk, "0912000345") == []


def test_a_void_and_a_returned_dossier_are_still_found(desk: Desk) -> None:
    made = [desk.accept(applicant=person(f"Pả Kưng {word}")) for word in ("Một", "Hai")]
    desk.do(made[0].dossier_id, "void", reason="Nhập hai lần")
    desk.do(made[1].dossier_id, "complete")
    desk.do(made[1].dossier_id, "return")

    assert found(desk, "pa kung") == ["Pả Kưng Hai", "Pả Kưng Một"]


# ---- many hits ----------------------------------------------------------------------------------


def test_the_newest_come_first_fifty_unless_told(desk: Desk) -> None:
    names = [f"Hồ Văn Số {number}" for number in range(1, 61)]
    for name in names:
        desk.accept(applicant=person(name))
    newest_first = names[::-1]

    assert [row.applicant_name for row in desk.counter.search.find("ho van")] == newest_first[:50]
    for limit in (1, 7, 60, 1_000):
        assert found(desk, "ho van", limit) == newest_first[:limit]
        assert found(desk, "20/11", limit) == newest_first[:limit]
        assert found(desk, "ho 20/11", limit) == newest_first[:limit]


def test_a_day_narrows_to_what_was_received_on_it(desk: Desk) -> None:
    desk.accept(applicant=person("Hồ Thị Nay"))
    desk.at("2026-11-23T09:00")
    desk.accept(applicant=person("Hồ Thị Mốt"))

    assert found(desk, "20/11") == ["Hồ Thị Nay"]
    assert found(desk, "ho 23/11") == ["Hồ Thị Mốt"]
    assert found(desk, "23/11/2026") == found(desk, "23/11/26") == ["Hồ Thị Mốt"]
    assert found(desk, "ho 20/11 23/11") == ["Hồ Thị Mốt", "Hồ Thị Nay"]
    assert found(desk, "21/11") == found(desk, "20/11/2025") == []


def test_statuses_narrow_words_and_days_alike(desk: Desk) -> None:
    """Each stands where its name says; the voided one stands nowhere."""
    made = {
        name: desk.accept(applicant=person(f"Hồ {name}")).dossier_id
        for name in ("Trả", "Chờ", "Mới", "Hủy", "Bổ", "Nay")
    }
    for name, act, fields in (
        ("Trả", "complete", {}),
        ("Trả", "return", {}),
        ("Chờ", "complete", {}),
        ("Hủy", "void", {"reason": "Nhập hai lần"}),
        ("Bổ", "request-supplement", {"items": ["Tờ khai"], "reason": "Còn thiếu"}),
    ):
        desk.do(made[name], act, **fields)
    accepted, waits = {Status.ACCEPTED}, {Status.ACCEPTED, Status.AWAITING_SUPPLEMENT}
    for text in ("ho", "20/11", "ho 20/11", "h"):
        for among, names in (
            (accepted, ["Hồ Nay", "Hồ Mới"]),
            (waits, ["Hồ Nay", "Hồ Bổ", "Hồ Mới"]),
            ({Status.COMPLETED}, ["Hồ Chờ"]),
            ({Status.RETURNED}, ["Hồ Trả"]),
            ({Status.STOPPED}, []),
            ((), ["Hồ Nay", "Hồ Bổ", "Hồ Hủy", "Hồ Mới", "Hồ Chờ", "Hồ Trả"]),
        ):
            rows = desk.counter.search.find(text, among=among)
            assert [row.applicant_name for row in rows] == names, (text, among)
    first = desk.counter.search.find("ho", 1, accepted)
    assert [row.applicant_name for row in first] == ["Hồ Nay"]
    assert desk.counter.search.find("be", among=waits) == ()
    assert desk.counter.search.find("", among=waits) == ()


def test_the_limit_counts_what_is_left_and_not_what_was_walked_over(desk: Desk) -> None:
    """The only one that waits is older than all the others."""
    made = [desk.accept(applicant=person(f"Hồ Số {number}")).dossier_id for number in range(8)]
    desk.do(made[0], "complete")

    (row,) = desk.counter.search.find("ho", 3, {Status.COMPLETED})
    assert row.id == made[0]


def test_lists_show_no_whole_personal_number(desk: Desk) -> None:
    fill(desk)

    for row in desk.counter.search.find("20/11"):
        for _, number, _ in PEOPLE:
            assert number is None or number not in str(row)
    (row,) = desk.counter.search.find("anh dang")
    assert row.masked_number == "045***234"


HOSTILE = ['"', "'", "'; DROP TABLE dossier; --", "a:b", "NEAR(a b)", "a OR b", "-a", "^a", "*"]
HOSTILE += ["(", "\x00", "\ud800", "a" * 5_000, "ă " * 500, "%", "_", "{a b}: c"]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_no_text_breaks_the_search(desk: Desk, text: str) -> None:
    fill(desk)

    desk.counter.search.find(text)
    desk.counter.search.by_code(text)

    assert desk.faults() == []
    assert len(found(desk, "20/11")) == len(PEOPLE)


# ---- any name ------------------------------------------------------------------------------------

SYLLABLES = ["Đặng", "Ngọc", "Ánh", "Hường", "Ưng", "Ất", "Mỹ", "Kăn", "Vệ", "Ỷ", "Bê", "Ốc", "đa"]
BASE = {"đ": "d", "Đ": "d"}


def plain(text: str) -> str:
    """A word without its marks: told by the letters' own decomposition."""
    letters = "".join(BASE.get(letter, letter) for letter in text)
    return "".join(c for c in unicodedata.normalize("NFD", letters) if not unicodedata.combining(c))


@pytest.fixture
def shared(make_desk: MakeDesk) -> Desk:
    return make_desk()


@given(words=st.lists(st.sampled_from(SYLLABLES), min_size=1, max_size=4), data=st.data())
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_name_is_found_by_the_beginning_of_any_of_its_words(
    shared: Desk, words: list[str], data: st.DataObject
) -> None:
    name = " ".join(words)
    code = shared.accept(applicant=person(name), procedure=THREE_DAYS).code
    word = data.draw(st.sampled_from(words))
    length = data.draw(st.integers(1, len(word)))
    others = data.draw(st.permutations(words))
    accents = data.draw(st.booleans())
    text = " ".join([*others, word[:length]])

    hits = shared.counter.search.find(text if accents else plain(text), 1_000)

    assert code in [row.code for row in hits]
    # and nothing is found that lacks one of the words
    for row in hits:
        assert {plain(w).lower() for w in words} <= set(plain(row.applicant_name).lower().split())
