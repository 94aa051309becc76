"""Qt's own few words, in Vietnamese."""

from PySide6.QtCore import QObject, QTranslator

_WORDS = {
    "&Undo": "&Hoàn tác",
    "&Redo": "&Làm lại",
    "Cu&t": "Cắ&t",
    "&Copy": "&Chép",
    "&Paste": "&Dán",
    "Delete": "Xóa",
    "Select All": "Chọn hết",
    "Copy &Link Location": "Chép đường dẫn",
    "OK": "Được",
    "Cancel": "Thôi",
    "Close": "Đóng",
    "&Open": "&Mở",
}


class Words(QTranslator):
    """The menu of a field is Qt's; its words are ours."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)

    def isEmpty(self) -> bool:
        """Never: an empty one is not installed."""
        return False

    def translate(
        self, context: str, text: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        """Whatever the context. Others keep Qt's own words: an empty one would be taken as the word,
        and a size of paper without a name is no size to a printer.
        """
        return _WORDS.get(text, text)
