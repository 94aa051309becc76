"""The line at the bottom of every screen: sync, printer, backup, each a sign and a few words."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from ui.assets import pixmap
from ui.counter import SyncWords
from ui.theme import Palette
from ui.widgets import fix, label, row, set_name

_LEVELS = {
    "ok": ("circle-check", "green"),
    "waiting": ("clock", "gold"),
    "offline": ("cloud-off", "gold"),
    "late": ("alert-triangle", "gold"),
    "very_late": ("alert-triangle", "gold"),
    "repair": ("alert-circle", "gold"),
    "refused": ("circle-x", "gold"),
    "copy": ("files", "gold"),
    "never": ("plug", "rail_dim"),
}


_EDGE = 6
_RED = ("very_late", "refused")


class StatusBar(QWidget):
    """Says, and never asks."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self.setObjectName("status")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        fix(self, height=28)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._palette = palette
        self._sync = (label(), label("", "statusStrong"))
        self._printer = (label(), label(""))
        self._backup = (label(), label(""))
        self._sample = label("")
        self._keys = label("Shift+F1 xem các phím")
        line = row(*self._sync, label(""), *self._printer, 1, self._sample, *self._backup)
        line.addWidget(self._keys)
        line.setContentsMargins(14, 0, 14, 0)
        self.setLayout(line)

    def set_narrow(self, narrow: bool) -> None:
        """Without the help."""
        self._keys.setVisible(not narrow)

    def show_sample(self, sample: bool) -> None:
        """Whether the people in this store are invented."""
        self._sample.setText("DỮ LIỆU MẪU" if sample else "")

    def show_sync(self, state: SyncWords) -> None:
        """How it stands with the upper server."""
        sign, colour = _LEVELS[state.level]
        is_red = state.level in _RED
        set_name(self._sync[1], "statusRed" if is_red else "statusStrong")
        # a padding of the style sheet would not widen a label that was laid out before
        self._sync[1].setMargin(_EDGE if is_red else 0)
        green = self._palette.chips["green"].ground
        self._show(
            self._sync,
            sign,
            green if colour == "green" else getattr(self._palette, colour),
            state.text,
        )

    def show_printer(self, calm: bool, words: str) -> None:
        """How the printers are."""
        self._show(self._printer, "printer", self._shade(calm), words)

    def show_backup(self, calm: bool, words: str) -> None:
        """When the last backup was made."""
        self._show(self._backup, "database", self._shade(calm), words)

    def _shade(self, calm: bool) -> str:
        return self._palette.rail_dim if calm else self._palette.gold

    def _show(self, place: tuple[QLabel, QLabel], sign: str, shade: str, words: str) -> None:
        icon, text = place
        icon.setPixmap(pixmap(sign, shade, 16))
        text.setText(words)
        text.setAccessibleName(words)
