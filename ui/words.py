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
    # the list of files, where the system has none of its own
    "Open": "Mở",
    "Save": "Ghi",
    "&Save": "&Ghi",
    "&Choose": "&Chọn",
    "&Look in:": "T&ìm ở:",
    "File &name:": "&Tên tệp:",
    "Files of &type:": "&Loại tệp:",
    "Directory:": "Thư mục:",
    "Directories": "Thư mục",
    "Folder": "Thư mục",
    "Drive": "Ổ đĩa",
    "Computer": "Máy tính",
    "Files": "Tệp",
    "Sidebar": "Nơi hay dùng",
    "List of places and bookmarks": "Những nơi hay dùng",
    "All Files (*)": "Mọi tệp (*)",
    "Name": "Tên",
    "Size": "Cỡ",
    "Type": "Loại",
    "Date Modified": "Lúc sửa",
    "Back": "Lùi",
    "Go back": "Lùi lại",
    "Forward": "Tới",
    "Go forward": "Đi tới",
    "Parent Directory": "Thư mục trên",
    "Go to the parent directory": "Lên thư mục trên",
    "Create New Folder": "Thêm thư mục",
    "Create a New Folder": "Thêm một thư mục",
    "&New Folder": "Thêm thư &mục",
    "New Folder": "Thư mục mới",
    "List View": "Danh sách",
    "Change to list view mode": "Xem dạng danh sách",
    "Detail View": "Chi tiết",
    "Change to detail view mode": "Xem chi tiết",
    "&Rename": "Đổ&i tên",
    "&Delete": "&Xóa",
    "Show ": "Hiện ",
    "Show &hidden files": "Hiện cả tệp ẩ&n",
    "%1\nFile not found.\nPlease verify the correct file name was given.": (
        "%1\nKhông có tệp này. Xem lại tên tệp."
    ),
    "%1\nDirectory not found.\nPlease verify the correct directory name was given.": (
        "%1\nKhông có thư mục này. Xem lại tên thư mục."
    ),
    "%1 already exists.\nDo you want to replace it?": "Đã có %1.\nGhi thay tệp ấy?",
    "Are you sure you want to delete '%1'?": "Xóa '%1'?",
    "Could not delete directory.": "Không xóa được thư mục.",
    "&Yes": "&Có",
    "&No": "&Không",
}


class Words(QTranslator):
    """The menu of a field and the list of files are Qt's; their words are ours."""

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
