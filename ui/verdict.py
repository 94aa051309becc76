"""What is thought of a slip or of a person, in one bar: colour, sign and words."""

from PySide6.QtWidgets import QFrame

from ui.assets import pixmap
from ui.theme import Palette
from ui.widgets import label, row, set_property

_SIGNS = {
    "Green": ("circle-check", "green"),
    "Red": ("alert-circle", "red"),
    "": ("alert-triangle", "amber"),
}


class VerdictBar(QFrame):
    """One sentence or two, large."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette
        self._sign = label()
        self._words = label("", "verdict", wrap=True)
        whole = row(self._sign, self._words, space=14)
        whole.setStretch(1, 1)
        whole.setContentsMargins(16, 8, 16, 8)
        self.setLayout(whole)
        self.hide()

    def tell(self, text: str, kind: str = "") -> None:
        """`Green`, `Red` or plain amber; an empty text takes it away."""
        name, shade = _SIGNS[kind]
        self._sign.setPixmap(pixmap(name, self._palette.chips[shade].text, 28))
        self._words.setText(text)
        set_property(self, "verdict", shade)
        self.setAccessibleName(text)
        self.setVisible(bool(text))
