"""F8: the catalogue, to look things up in."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QWidget

from counter_app.domain.money import vnd
from counter_app.domain.procedure import Procedure, ProcedureIndex
from counter_app.domain.receipt import term_text
from ui.desk import Desk
from ui.page import Page
from ui.widgets import Button, Card, chip, clear, column, fix, label, row, scrolled


class ProceduresPage(Page):
    """Search at the left, term, fee and papers at the right."""

    title = "Thủ tục"
    subtitle = "Tìm như ở ô thủ tục khi tiếp nhận"
    hints = (("Lên xuống", "chọn"),)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._index: ProcedureIndex | None = None
        self.box = QLineEdit()
        self.box.setPlaceholderText("Tên không cần dấu, chữ đầu, mã")
        self.box.setAccessibleName("Tìm thủ tục")
        self.list = QListWidget()
        self.list.setAccessibleName("Thủ tục")
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        left = Card(self.box, self.list)
        fix(left, width=480)
        self._body = column(space=8)
        inside = QWidget()
        inside.setLayout(self._body)
        whole = row(left, Card(scrolled(inside)), space=12)
        whole.setStretch(1, 1)
        whole.setContentsMargins(16, 12, 16, 12)
        self.setLayout(whole)
        self.box.textEdited.connect(self._find)
        self.list.currentItemChanged.connect(self._on_pointed)
        desk.procedures_read.connect(self._on_index)
        desk.read_procedures()

    def buttons(self) -> list[Button]:
        """Nothing is edited here; what is in force can be hung up."""
        poster = Button("Tờ niêm yết", "Ctrl+I")
        poster.clicked.connect(self._open_poster)
        return [poster]

    def key(self, name: str) -> bool:
        """The poster."""
        if name != "Ctrl+I":
            return False
        self._open_poster()
        return True

    def enter(self) -> None:
        """The keyboard is in the box."""
        self.box.setFocus()

    def _on_index(self, index: ProcedureIndex) -> None:
        self._index = index
        self._find()

    def _find(self) -> None:
        if self._index is None:
            return
        self.list.clear()
        for found in self._index.match(self.box.text(), 300):
            item = QListWidgetItem(f"{found.code}   {found.name}")
            item.setData(Qt.ItemDataRole.UserRole, found)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _open_poster(self) -> None:
        found = self._chosen(self.list.currentItem())
        if found is not None:
            self.desk.forms_requested.emit((("poster", found.code),))

    @staticmethod
    def _chosen(item: QListWidgetItem | None) -> Procedure | None:
        found = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        return found if isinstance(found, Procedure) else None

    def _on_pointed(self, item: QListWidgetItem | None) -> None:
        clear(self._body)
        found = self._chosen(item)
        if found is not None:
            self._show(found)
        self._body.addStretch(1)

    def _show(self, found: Procedure) -> None:
        self._body.addWidget(label(found.name, "cardTitle", wrap=True))
        chips = row(chip("grey", found.field_name[:40]))
        if not found.unit_verified:
            chips.addWidget(chip("amber", "chưa kiểm tra đơn vị thời hạn"))
        if not found.checked:
            chips.addWidget(chip("amber", "giấy tờ chưa đối chiếu"))
        chips.addStretch(1)
        self._body.addLayout(chips)
        about = f"Mã {found.code}  ·  {found.unit}  ·  bản {found.version}  ·  {found.decision_no}"
        self._body.addWidget(label(about, "caption", wrap=True))
        if found.result:
            self._body.addWidget(label(f"Kết quả: {found.result}", wrap=True))
        for case in found.cases:
            fee = ", ".join(f"{line.name} {vnd(line.amount)}" for line in case.fees) or "Miễn phí"
            self._body.addWidget(label(case.name, "sectionTitle"))
            self._body.addWidget(label(f"{term_text(case.unit, case.amount)}  ·  {fee}", wrap=True))
            for number, paper in enumerate(case.components, 1):
                needed = "" if paper.required else " (nếu có)"
                self._body.addWidget(label(f"{number}. {paper.name}{needed}", "label", wrap=True))
