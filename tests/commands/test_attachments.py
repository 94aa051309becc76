"""`attach`, `attachments`, and what a backup does with scanned papers."""

import hashlib
from pathlib import Path

import pytest
from conftest import draft
from console import Console
from scans_made import jpeg, pdf

from counter_app import data_folder


@pytest.fixture
def code(console: Console) -> str:
    return str(console.accept(draft()).one["code"])


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    path = tmp_path / "to-khai.jpg"
    path.write_bytes(jpeg())
    return path


def pages_on_disk(folder: Path) -> list[Path]:
    return sorted(p for p in (folder / data_folder.ATTACHMENTS).rglob("*") if p.is_file())


def test_a_scan_stands_in_the_book(console: Console, code: str, scan: Path, tmp_path: Path) -> None:
    component = console("show", code).one["components"][0]["id"]
    made = console("attach", code, scan, "--component", component).one
    assert (made["ok"], made["name"], made["component"]) == (True, "to-khai.jpg", component)
    assert (made["here"], made["sent"]) == (True, 0)

    out = tmp_path / "ra"
    # a typing error in the path makes no tree of folders
    lost = console("attachments", code, "--out", out / "sau")
    assert lost.status == 3
    assert str(out / "sau") in lost.one["problems"][0]["message"]
    (line,) = console("attachments", code, "--out", out).lines
    (name,) = line["files"]
    written = (out / name).read_bytes()
    assert hashlib.sha256(written).hexdigest() == made["pages"][0]["sha256"]
    assert len(written) == made["pages"][0]["size"]

    shown = console("show", code).one
    assert [one["id"] for one in shown["attachments"]] == [made["id"]]
    assert shown["timeline"][-1]["event"] == "attachment.added"
    assert shown["timeline"][-1]["note"] == "to-khai.jpg, 1 trang"
    assert console("check").one["ok"]


def test_nothing_of_it_can_be_read(console: Console, code: str, scan: Path) -> None:
    console("attach", code, scan)
    (page,) = pages_on_disk(console.folder)
    assert b"\xff\xd8\xff" not in page.read_bytes()[:64]
    assert b"JFIF" not in page.read_bytes()


@pytest.mark.parametrize(
    "name", ["..\\..\\CON.jpg", "a:b.jpg", "x" * 200 + ".jpg", "AUX", "‮gpj.exe"]
)
def test_a_name_is_only_a_name(console: Console, code: str, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(jpeg())
    made = console("attach", code, path).one
    assert "\\" not in made["name"]
    assert len(made["name"]) <= 120
    (page,) = pages_on_disk(console.folder)
    assert set(page.name) <= set("0123456789abcdef")


def test_what_is_refused(console: Console, code: str, scan: Path, tmp_path: Path) -> None:
    words = tmp_path / "to-khai.docx"
    words.write_bytes(b"PK\x03\x04")
    assert console("attach", code, words).codes == ["attachment_type"]
    assert console("attach", code, scan, "--component", "khong-co").codes == ["component_unknown"]
    assert console("attach", "H50.99.01-260101-1001", scan).codes == ["dossier_unknown"]
    assert console("attach", code, tmp_path / "khong-co.jpg").status == 3
    assert pages_on_disk(console.folder) == []
    assert console("attachments", code).lines == []


def test_a_scan_is_no_action(console: Console, code: str, scan: Path) -> None:
    """It may come in every state, and nothing that was done before stands under it."""
    console("act", code, "take-over")
    console("attach", code, scan)
    assert console("act", code, "revert").status == 1  # a reason is asked for
    reason = scan.with_suffix(".json")
    reason.write_text('{"reason": "Nhầm"}', encoding="utf-8")
    assert console("act", code, "revert", "--json", reason).one["ok"]
    assert len(console("attachments", code).lines) == 1


def test_a_backup_holds_them(console: Console, code: str, tmp_path: Path) -> None:
    papers = tmp_path / "giay.pdf"
    papers.write_bytes(pdf(2))
    made = console("attach", code, papers).one
    console("backup", tmp_path / "sao-luu.mcb")
    elsewhere = Console(console.monkeypatch, console.capsys, tmp_path / "may-moi")
    assert elsewhere("restore", tmp_path / "sao-luu.mcb").one["ok"]

    (line,) = elsewhere("attachments", code, "--out", tmp_path).lines
    assert line["here"]
    assert line["pages"] == made["pages"]
    assert [
        hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in line["files"]
    ] == [page["sha256"] for page in made["pages"]]
    assert not (elsewhere.folder / data_folder.MAKING).exists()
