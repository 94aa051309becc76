"""Guards the pinned Qt: 6.12.0 drops a reference to None in every void call."""

import sys
from importlib.metadata import version

import PySide6
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot


def test_the_release_is_the_pinned_one() -> None:
    assert PySide6.__version__ == version("PySide6-Essentials") == "6.11.3"


def test_void_calls_leave_none_alone(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    before = sys.getrefcount(None)
    for _ in range(1_000):
        widget.update()
    assert abs(sys.getrefcount(None) - before) < 50
