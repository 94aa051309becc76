"""What must stay true of the repository itself."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRACKED = subprocess.run(
    ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
).stdout.decode()
FILES = [ROOT / name for name in TRACKED.split("\0") if name and (ROOT / name).is_file()]
TEXTS = [
    path
    for path in FILES
    if path.suffix in {".py", ".md", ".toml", ".lock", ".spec", ".txt", ".ini", ""}
]


def test_the_lock_holds_versions_and_hashes_and_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")

    assert "://" not in lock
    assert not re.search(r"^\s*-(i|f)\b|--(extra-)?index-url|--find-links", lock, re.MULTILINE)
    pins = re.findall(r"^([a-z0-9._-]+)==", lock, re.MULTILINE | re.IGNORECASE)
    assert len(pins) > 30
    assert lock.count("--hash=sha256:") >= len(pins)


def test_every_dependency_is_locked() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").lower().replace("_", "-")
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    for one in wanted:
        if "win32" in one:
            continue
        name = re.split(r"[\[=<>;~! ]", one)[0].lower().replace("_", "-")
        assert re.search(rf"^{re.escape(name)}(\[[a-z,-]+\])?==", lock, re.MULTILINE), name


def test_no_file_carries_a_path_of_a_machine() -> None:
    own = str(ROOT)
    # written in two halves, or this line would find itself
    homes = re.compile("/ho" + r"me/\w+/|C:\\U" + r"sers\\\w+|/ro" + "ot/")
    for path in TEXTS:
        text = path.read_text(encoding="utf-8")
        assert own not in text, path
        assert not homes.search(text), path


@pytest.mark.parametrize("top", ["counter_app", "ui", "resources", "db", "tests"])
def test_the_top_level_is_what_the_customer_fixed(top: str) -> None:
    assert (ROOT / top).is_dir()
    assert (ROOT / "pyproject.toml").is_file()
    assert (ROOT / "build.spec").is_file()


def test_licences_lie_beside_what_they_license() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    fonts = ROOT / "resources" / "fonts"
    for font in fonts.glob("*.ttf"):
        family = font.name.partition("-")[0]
        assert list(fonts.glob(f"{family}*OFL*")), font.name
    assert (ROOT / "resources" / "icons" / "LICENSE").is_file()


def test_every_font_has_every_vietnamese_letter() -> None:
    from itertools import product
    from unicodedata import normalize

    from fontTools.ttLib import TTFont

    bases = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
    marks = ["", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"]
    letters = {normalize("NFC", base + mark) for base, mark in product(bases, marks)} | {"đ", "Đ"}
    # 67 vowels and đ, small and capital
    assert len(letters) == 146
    for path in (ROOT / "resources" / "fonts").glob("*.ttf"):
        with TTFont(path) as font:
            missing = letters - {chr(code) for code in font.getBestCmap()}
        assert not missing, path.name


def test_links_inside_the_documents_lead_somewhere() -> None:
    for path in FILES:
        if path.suffix != ".md":
            continue
        for target in re.findall(r"\]\(([^)#:\s]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_every_promise_names_a_module_and_a_test_that_there_are() -> None:
    said = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
    tests = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", said)
    modules = re.findall(r"`([\w/]+\.py)`", said)

    assert len(tests) > 60
    for name, test in tests:
        assert f"def {test}(" in (ROOT / name).read_text(encoding="utf-8"), (name, test)
    for name in modules:
        assert (ROOT / name).is_file() or (ROOT / "counter_app" / name).is_file(), name


def test_no_tracked_file_is_large() -> None:
    big = [path.name for path in FILES if path.stat().st_size > 1_000_000]
    assert big == []


def test_every_decision_has_a_number_of_its_own_and_is_listed() -> None:
    folder = ROOT / "docs" / "adr"
    told = sorted(path.name for path in folder.glob("[0-9]*.md"))
    listed = re.findall(
        r"^\| \[(\d{4})\]\((\1-[a-z0-9-]+\.md)\)", (folder / "README.md").read_text("utf-8"), re.M
    )
    assert [name for _, name in listed] == told
    assert len({name[:4] for name in told}) == len(told)
    for name in told:
        assert (folder / name).read_text("utf-8").startswith(f"# {name[:4]} ")
