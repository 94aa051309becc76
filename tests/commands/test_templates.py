"""An administrator's wording: from a file, refused with its line, in force from then on."""

from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest
from console import Console, in_vietnamese

from counter_app.system import SystemClock

DRAFT = {"procedure": "1.004873", "applicant": {"name": "HỒ THỊ NGUYỆT"}, "components": "all"}


@pytest.fixture
def wording(console: Console, tmp_path: Path) -> Path:
    file = tmp_path / "mau.toml"
    assert console("templates", "export", "FS-2018", "receipt", file).status == 0
    return file


def title_of(console: Console, code: str, tmp_path: Path) -> str:
    assert console("form", code, "--form", "receipt", "--pdf", tmp_path / "a.pdf").status == 0
    document = pypdfium2.PdfDocument(tmp_path / "a.pdf")
    text = str(document[0].get_textpage().get_text_range())
    document.close()
    return text


def reworded(file: Path) -> Path:
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("GIẤY TIẾP NHẬN HỒ SƠ", "PHIẾU NHẬN HỒ SƠ CỦA XÃ"), encoding="utf-8"
    )
    return file


def test_a_wording_holds_for_what_comes_after_it_and_is_given_back(
    console: Console, wording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, shown = console.accept(DRAFT).one["code"], SystemClock.now
    # what happens in one second stands in one second
    monkeypatch.setattr(SystemClock, "now", lambda pc: shown(pc) + timedelta(seconds=1))
    assert console("templates", "load", "FS-2018", "receipt", reworded(wording)).status == 0
    listed = console("templates", "list").lines
    assert [(x["set"], x["form"]) for x in listed if x["changed"]] == [("FS-2018", "receipt")]
    assert "PHIẾU NHẬN HỒ SƠ CỦA XÃ" not in title_of(console, before, tmp_path)

    assert console("templates", "reset", "FS-2018", "receipt").status == 0
    assert not any(x["changed"] for x in console("templates", "list").lines)


def test_a_broken_wording_is_refused_with_its_line_and_the_last_one_stays(
    console: Console, wording: Path
) -> None:
    wording.write_text('title = "A"\n\n[[block]]\nkind = "dong"\n', encoding="utf-8")
    for words in (("load",), ("preview",)):
        more = () if words == ("load",) else ("--pdf", wording.with_suffix(".pdf"))
        answer = console("templates", *words, "FS-2018", "receipt", wording, *more)
        assert (answer.status, answer.codes) == (1, ["template_wrong"])
        assert "dòng 4" in answer.said
    wording.write_text("", encoding="utf-8")
    assert console("templates", "load", "FS-2018", "receipt", wording).status == 1
    assert not any(x["changed"] for x in console("templates", "list").lines)


def test_a_wording_is_looked_at_before_it_is_taken_in(console: Console, wording: Path) -> None:
    pdf = wording.with_suffix(".pdf")
    assert console(
        "templates", "preview", "FS-2018", "receipt", reworded(wording), "--pdf", pdf
    ).status == 0  # fmt: skip
    document = pypdfium2.PdfDocument(pdf)
    assert "PHIẾU NHẬN HỒ SƠ CỦA XÃ" in str(document[0].get_textpage().get_text_range())
    document.close()


@pytest.mark.parametrize("words", [("FS-2018", "khong-co"), ("KHONG", "receipt")])
def test_a_form_that_no_set_has_is_refused(
    console: Console, wording: Path, words: tuple[str, str]
) -> None:
    answer = console("templates", "load", *words, wording)
    assert (answer.status, answer.codes) == (1, ["form_unknown"])
    assert in_vietnamese(answer)
