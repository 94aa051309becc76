"""House rules of `ui`: colours live in the theme, no store, no server, no waiting in line."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import ui

ROOT = Path(ui.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
_HEX = re.compile(r"#(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{6}|[0-9a-fA-F]{3,4})\b|\brgba?\(")
_STRANGERS = ("db", "district_server", "sqlalchemy", "httpx", "sqlcipher3", "PIL", "reportlab")
_MEASURE = re.compile(r"set(Fixed|Minimum|Maximum)(Width|Height|Size)|setPixelSize")
_WAITS = ("sleep", "msleep", "usleep", "qWait", "qSleep", "processEvents")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def docstrings(tree: ast.Module) -> set[int]:
    """Where sentences stand that nobody sees."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found.add(id(node.value))
    return found


def colours(path: Path) -> Iterator[str]:
    """Literal colours of a file, whichever way they are written."""
    tree = parsed(path)
    silent = docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in silent and _HEX.search(node.value):
                yield f"{node.lineno}: {node.value!r}"
        elif isinstance(node, ast.Call) and called(node) == "QColor":
            if any(isinstance(argument, ast.Constant) for argument in node.args):
                yield f"{node.lineno}: {ast.unparse(node)}"
        elif isinstance(node, ast.Attribute) and ast.unparse(node).startswith("Qt.GlobalColor."):
            if node.attr != "transparent":
                yield f"{node.lineno}: {ast.unparse(node)}"


def called(node: ast.Call) -> str:
    """The last word of what is called."""
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def imported(path: Path) -> Iterator[str]:
    """The top packages that a file imports, inside functions too."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_there_is_something_to_look_at() -> None:
    assert len(FILES) > 20
    assert list(colours(ROOT / "theme.py")), "the rule below cannot see colours"


def test_colours_are_literal_in_the_theme_alone() -> None:
    found = [(short(p), list(colours(p))) for p in FILES if p.name != "theme.py"]
    assert [one for one in found if one[1]] == []


def test_the_window_knows_no_store_and_no_server() -> None:
    strangers = [
        (short(path), name)
        for path in FILES
        for name in imported(path)
        if name.partition(".")[0] in _STRANGERS
    ]
    assert strangers == []


def test_nothing_waits_in_line() -> None:
    """Never call processEvents, never sleep on the thread that draws."""
    waits = [
        f"{short(path)}:{node.lineno}: {ast.unparse(node)}"
        for path in FILES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and called(node) in _WAITS
    ]
    assert waits == []


def test_only_the_lanes_start_threads() -> None:
    found = {
        short(path)
        for path in FILES
        if {"threading", "concurrent.futures", "multiprocessing"} & set(imported(path))
    }
    assert found == {"lanes.py"}


def test_measures_follow_the_text() -> None:
    """Pixels of what holds words come from `px` and `fix`: a plain number stays as it is while letters grow.
    Those that reckon them, or hold a picture, are few.
    """
    reckon = ("widgets.py", "intake/due_card.py", "scan_picker.py")
    kept = [
        f"{short(path)}:{node.lineno}: {ast.unparse(node)}"
        for path in FILES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and _MEASURE.fullmatch(called(node))
        and [ast.unparse(argument) for argument in node.args] != ["1"]
        and short(path) not in reckon
    ]
    assert kept == []


def test_widgets_have_no_sheet_of_their_own() -> None:
    """One sheet, set on the window: a sheet a widget costs a repolish each, one on the application
    a repolish of every part with each step of its building. The screen of the citizens is a window too.
    """
    windows = ("application.py", "call_display.py")
    sheets = [
        f"{short(path)}:{node.lineno}: {ast.unparse(node)}"
        for path in FILES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and called(node) == "setStyleSheet"
        and not (short(path) in windows and ast.unparse(node.func) == "self.setStyleSheet")
    ]
    assert sheets == []
