"""Letters and colours: chosen by keys that work everywhere, remembered on this PC."""

from ui.desk import Desk
from ui.settings.section import Section
from ui.widgets import Banner, column, label


class ScreenSection(Section):
    """What the keys are."""

    def __init__(self, desk: Desk, banner: Banner) -> None:
        super().__init__(desk, banner)
        lines = column(label("Chữ và màu", "cardTitle"), space=8)
        for text in (
            "Ctrl và + : chữ to hơn",
            "Ctrl và - : chữ nhỏ hơn",
            "Ctrl và 0 : cỡ chữ gốc",
            "Ctrl và K : tương phản cao",
            "Máy này nhớ cho lần mở sau.",
        ):
            lines.addWidget(label(text))
        lines.addStretch(1)
        self.setLayout(lines)

    @property
    def finishes(self) -> str:
        """What F12 does."""
        return ""
