"""Reading what is shipped, from a folder and from an archive alike."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import resources
from counter_app.domain.office import parse_office

ASK = """
import resources
assert resources.__file__.startswith({archive!r}), resources.__file__
print(len(resources.procedure_texts()), len(resources.calendar_texts()))
print(*resources.office_names())
print(len(resources.office_text("khe-sanh")), len(resources.font("NotoSans-Regular.ttf")))
print(len(resources.icon("printer")), len(resources.form_text("FS-2018", "receipt") or ""))
print(resources.form_text("FS-2018", "no-such-form"))
"""


def test_the_same_is_found_in_an_archive(tmp_path: Path) -> None:
    root = Path(resources.__file__).parent
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for file in root.rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                packed.write(file, Path("resources") / file.relative_to(root))
    told = subprocess.run(
        [
            sys.executable,
            "-I",
            "-X",
            "utf8",
            "-c",
            f"import sys; sys.path.insert(0, {str(archive)!r})\n"
            + ASK.format(archive=str(archive)),
        ],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines() == [
        f"{len(resources.procedure_texts())} {len(resources.calendar_texts())}",
        " ".join(resources.office_names()),
        f"{len(resources.office_text('khe-sanh'))} {len(resources.font('NotoSans-Regular.ttf'))}",
        f"{len(resources.icon('printer'))} {len(resources.form_text('FS-2018', 'receipt') or '')}",
        "None",
    ]


def test_fonts_and_icons_are_what_they_say() -> None:
    assert resources.font("NotoSans-Regular.ttf")[:4] == b"\x00\x01\x00\x00"
    assert b"<svg" in resources.icon("printer")


def test_what_is_not_shipped_is_not_made_up() -> None:
    assert resources.form_text("FS-2018", "no-such-form") is None
    assert resources.procedure_text("../offices/khe-sanh") is None
    assert resources.calendar_text("1999") is None
    with pytest.raises(FileNotFoundError):
        resources.office_text("nowhere")


@pytest.mark.parametrize(
    ("name", "org"),
    [("khe-sanh", "H50.99.01"), ("huong-lap", "H50.99.03"), ("huong-hoa", "H50.99.00")],
)
def test_the_sample_offices(name: str, org: str) -> None:
    assert name in resources.office_names()
    office = parse_office(resources.office_text(name))
    assert office.org_code == org
    assert office.cutoff_inclusive
    assert office.letterhead
    assert office.complaint_phone
    summer, winter = office.hours
    assert (summer.from_md, summer.to_md) == ((4, 1), (9, 30))
    assert (winter.from_md, winter.to_md) == ((10, 1), (3, 31))
    assert [f"{a:%H:%M}-{b:%H:%M}" for a, b in summer.shifts] == ["07:30-11:30", "13:30-17:30"]
    assert [f"{a:%H:%M}-{b:%H:%M}" for a, b in winter.shifts] == ["07:30-11:30", "13:00-17:00"]
    assert summer.days == winter.days == frozenset(range(5))
    assert len(set(office.villages)) == len(office.villages) > 5


def test_a_sample_says_what_the_cut_off_means() -> None:
    for name in resources.office_names():
        above = resources.office_text(name).partition("cutoff_inclusive")[0].splitlines()[-1]
        assert above.startswith("#")
        assert "15:00" in above


def test_the_villages_are_those_of_the_commune() -> None:
    villages = parse_office(resources.office_text("khe-sanh")).villages
    assert any(village.startswith("Thôn Ta Đủ,") for village in villages)
    assert any(village.startswith("Khối 3B,") for village in villages)
    old_communes = {village.split(", ")[1] for village in villages}
    assert old_communes == {"Khe Sanh", "Tân Hợp", "Húc", "Hướng Tân"}
    villages = parse_office(resources.office_text("huong-lap")).villages
    assert {village.split(", ")[1] for village in villages} == {"Hướng Lập", "Hướng Việt"}
