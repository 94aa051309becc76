"""What is thought of a slip or of a person, in one bar: colour, sign and words."""

from PySide6.QtWidgets import QFrame

from ui.assets import pixmap
from ui.theme import Palette
from ui.widgets import column, label, row, set_property

_SIGNS = {
    "Green": ("circle-check", "green"),
    "Red": ("alert-circle", "red"),
    "": ("alert-triangle", "amber"),
}


class VerdictBar(QFrame):
    """The first sentence large, what to do below it."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self._sign = label()
        self._title = label("", "verdict", wrap=True)
        self._rest = label("", "", wrap=True)
        words = column(self._title, self._rest, space=0)
        whole = row(self._sign, words, space=14)
        whole.setStretch(1, 1)
        whole.setContentsMargins(16, 8, 16, 8)
        self.setLayout(whole)
        self.hide()

    def tell(self, text: str, kind: str = "") -> None:
        """`Green`, `Red` or plain amber; an empty text takes it away."""
        name, shade = _SIGNS[kind]
        self._sign.setPixmap(pixmap(name, self._palette.chips[shade].text, 28))
        title, stop, rest = text.partition(". ")
        self._title.setText(f"{title}." if stop else title)
        self._rest.setText(rest)
        self._rest.setVisible(bool(rest))
        set_property(self, "verdict", shade)
        self.setAccessibleName(text)
        self.setVisible(bool(text))
