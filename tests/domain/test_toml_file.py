"""The line of every fault, whatever the file around it looks like."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counter_app.domain.faults import FileFault
from counter_app.domain.toml_file import Lines, read

AWKWARD = '''# a comment with key = "value" and [table]
top = "x"   # [[row]]

"quoted key" = 1
long = """
wrong = 1
[[row]]
"""
literal = \'\'\'
also = "not a key"\'\'\'

[office]
name = "a # b"
list = [
    # item = 5
    "]",
    "[[row]]",
    ["07:30", "11:30"],
]
inner = { one = 1, two = { three = "}" } }

[[row]]
key2 = 1
when = 2026-01-01 07:00:00

[[row]]
dotted.name = 2
papers = [
    { name = "A", copies = 1 },
    { name = "B", copies = 2 },
]
  [row.sub]
  deep = 1
  [[row.many]]
  last = 1
  [[row.many]]
  last = 2
'''


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("top",), "top = "),
        (("quoted key",), '"quoted key"'),
        (("long",), "long ="),
        (("literal",), "literal ="),
        (("office",), "[office]"),
        (("office", "name"), 'name = "a # b"'),
        (("office", "list"), "list = ["),
        (("office", "list", 1), '    "[[row]]",'),
        (("office", "list", 2, 1), '["07:30", "11:30"]'),
        (("office", "inner", "two", "three"), "inner ="),
        (("row",), "[[row]]\nkey2"),
        (("row", 0), "[[row]]\nkey2"),
        (("row", 0, "key2"), "key2 = 1"),
        (("row", 0, "when"), "when ="),
        (("row", 1), "[[row]]\ndotted"),
        (("row", 1, "dotted", "name"), "dotted.name"),
        (("row", 1, "papers", 0, "copies"), '"A"'),
        (("row", 1, "papers", 1, "name"), '"B"'),
        (("row", 1, "papers", 1, "copies"), '"B"'),
        (("row", 1, "sub", "deep"), "deep = 1"),
        (("row", 1, "many", 1, "last"), "last = 2"),
    ],
)
def test_every_key_is_found_where_it_stands(path: tuple[str | int, ...], text: str) -> None:
    line = AWKWARD[: AWKWARD.index(text)].count("\n") + 1
    assert Lines(AWKWARD).of(*path) == line


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_file_as_notepad_saves_it(ending: str) -> None:
    row = read("\ufeff" + AWKWARD.replace("\n", ending)).rows("row")[1]
    with pytest.raises(FileFault) as fault:
        row.rows("papers")[1].whole("copies", 0, 1)
    assert fault.value.line == AWKWARD[: AWKWARD.index('"B"')].count("\n") + 1


def test_what_is_missing_has_the_line_of_what_it_should_lie_in() -> None:
    lines = Lines(AWKWARD)
    assert lines.of("row", 1, "papers", 1, "originals") == lines.of("row", 1, "papers", 1)
    assert lines.of("nowhere") == 0


_WORDS = st.text("ab_-1", min_size=1, max_size=4)
_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(['"a"', "'[x]'", "1", "true", "2026-01-01", '"""\nq = 1\n"""', '"}]#"']),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda found: f"[{', '.join(found)}]")
        | st.lists(inner, max_size=3).map(lambda found: "[\n# c\n" + ",\n".join(found) + "\n]")
        | st.dictionaries(_WORDS, inner, max_size=3).map(
            lambda found: "{ " + ", ".join(f"{k} = {v}" for k, v in found.items()) + " }"
        )
    ),
    max_leaves=6,
)


@given(st.lists(st.dictionaries(_WORDS, _VALUES, max_size=4), min_size=1, max_size=4))
def test_any_file_of_rows(rows: list[dict[str, str]]) -> None:
    text, expected = "", {}
    for place, row in enumerate(rows):
        expected["row", place] = text.count("\n") + 1
        text += "[[row]]\n"
        for key, value in row.items():
            expected["row", place, key] = text.count("\n") + 1
            text += f"{key} = {value}\n"
    assert len(tomllib.loads(text)["row"]) == len(rows)
    lines = Lines(text)
    assert {path: lines.of(*path) for path in expected} == expected


@given(st.text(alphabet="[]{}=\"'\n\\#, abc1-.", max_size=60))
def test_no_text_brings_the_second_reading_down(text: str) -> None:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        with pytest.raises(FileFault):
            read(text)
        return
    lines = Lines(text)
    for key in content:
        assert 1 <= lines.of(key) <= text.count("\n") + 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nb = \nc = 2\n", 2),
        ("a = 1\nb = [1,\n2\n\n\n", 3),
        ("a = 1\na = 2\n", 2),
        ("a = 1\n[a]\n", 2),
        ("a = \x00\n", 1),
        ("a = " + "9" * 5000, 0),
        ("a = " + "[" * 20000, 0),
    ],
)
def test_what_is_not_toml_is_refused_in_words(text: str, line: int) -> None:
    with pytest.raises(FileFault) as fault:
        read(text)
    assert fault.value.line == line
    assert "không đọc được" in fault.value.sentence("tep.toml")


@pytest.mark.parametrize("value", ["true", '"1"', "1.0", "[1]", "101", "-1"])
def test_a_number_is_a_whole_number_in_its_range(value: str) -> None:
    with pytest.raises(FileFault) as fault:
        read(f"other = 1\nn = {value}").whole("n", 0, 100)
    assert fault.value.line == 2
    assert read("n = 100").whole("n", 0, 100) == 100


@pytest.mark.parametrize("value", ["1", '"x"', "[1]", '["x"]', "[{}, 1]", "{}"])
def test_rows_are_tables_and_nothing_else(value: str) -> None:
    with pytest.raises(FileFault) as fault:
        read(f"other = 1\nrow = {value}").rows("row")
    assert fault.value.line == 2
