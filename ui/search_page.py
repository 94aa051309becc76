"""F3: one box finds everything; the dossier opens beside it."""

from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLineEdit, QWidget

from counter_app.ports import DossierRow
from counter_app.services.acts import Acted
from counter_app.services.results import Changes, Rejected
from counter_app.services.search import DossierView
from ui.desk import Desk
from ui.dialogs import ask_fields, ask_moment, ask_reason
from ui.dossier_view import ACTION_WORDS, DossierPane
from ui.lists import DossierList
from ui.page import Page
from ui.widgets import Banner, Button, Card, Field, label, row

_MOST = 200
_AFTER_MS = 60
_LIKELY_WORDS = {
    "transfer": "Chuyển xử lý",
    "complete": "Kết quả đã về",
    "return": "Trả kết quả",
    "receive-supplement": "Đã nhận bổ sung",
    "receive-payment": "Đã thu tiền",
}


class SearchPage(Page):
    """Typing searches; Enter goes to the dossier; F12 does the likeliest thing with it."""

    title = "Tra cứu"
    subtitle = "Gõ mã, tên không cần dấu, số định danh, điện thoại hay ngày"
    hints = (
        ("Lên xuống", "chọn"),
        ("Enter", "sang hồ sơ"),
        ("Esc", "xóa ô tìm"),
        ("quét", "mở ngay"),
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._allowed: tuple[str, ...] = ()
        self._asked = 0
        self._wanted = ""
        self._entering = False
        self.box = QLineEdit()
        self.box.setPlaceholderText("Tìm hồ sơ")
        self.box.setAccessibleName("Tìm hồ sơ")
        self.box.setMaxLength(120)
        self._told = label("", "caption")
        self.list = DossierList(desk.theme, compact=True)
        left = Card(self.box, self._told, self.list)
        left.setFixedWidth(408)
        self.pane = DossierPane(desk)
        self.banner = Banner()
        right = Card(self.banner, self.pane, margins=0)
        self._nothing = label("Chọn một hồ sơ ở bên trái, hoặc quét phiếu.", "caption")
        right_layout = right.layout()
        assert right_layout is not None
        right_layout.addWidget(self._nothing)
        right_layout.setAlignment(self._nothing, Qt.AlignmentFlag.AlignCenter)
        whole = row(left, right, space=12)
        whole.setStretch(1, 1)
        whole.setContentsMargins(16, 12, 16, 12)
        self.setLayout(whole)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_AFTER_MS)
        self._timer.timeout.connect(self._find)
        self.box.textEdited.connect(self._on_typed)
        self.box.returnPressed.connect(self._to_dossier)
        self.list.pointed.connect(self._look)
        self.list.opened.connect(self.open)
        self.pane.acted.connect(self.act)
        desk.changed.connect(self._on_changed)
        self._primary = Button("Chuyển xử lý", "F12", "primary")
        self._primary.clicked.connect(self.finish)
        self._reprint = Button("In lại phiếu", "Ctrl+P")
        self._reprint.clicked.connect(self._print)
        self._form = Button("Giấy tiếp nhận", "Ctrl+I")
        self._form.clicked.connect(self._open_form)

    def buttons(self) -> list[Button]:
        """Print, the form, and the likeliest."""
        return [self._form, self._reprint, self._primary]

    def enter(self) -> None:
        """The keyboard is in the box."""
        self.box.setFocus()
        self.box.selectAll()
        self._find()

    def key(self, name: str) -> bool:
        """Tabs, actions, prints."""
        if name.startswith("Alt+") and name[4:].isdigit() and 1 <= int(name[4:]) <= 5:
            self.pane.show_tab(int(name[4:]) - 1)
            return True
        if name == "Ctrl+P":
            self._print()
            return True
        if name == "Ctrl+I":
            self._open_form()
            return True
        if name == "Esc" and self.box.text():
            self.box.clear()
            self.box.setFocus()
            self._find()
            return True
        if name == "Alt+O":
            self.pane.ask_more()
            return True
        action = self.pane.action_for(name)
        if action is not None:
            self.act(action)
            return True
        return False

    def finish(self) -> None:
        """The likeliest next step."""
        if self._allowed:
            self.act(self._allowed[0])

    def open(self, dossier_id: str) -> None:
        """Show a dossier, whatever the list beside it comes to hold."""
        self._wanted = dossier_id
        self._look(dossier_id)

    def _look(self, dossier_id: str) -> None:
        counter, who = self.desk.counter, self.desk.who

        def work() -> tuple[DossierView | None, tuple[str, ...]]:
            view = counter.search.open(dossier_id)
            return view, counter.acts.allowed(view.dossier, who) if view else ()

        self.desk.read(work, self._on_opened)

    def act(self, action: str) -> None:
        """Ask what the action needs, then do it."""
        view = self.pane.view
        if view is None:
            return
        if action == "correct":
            fields = self._ask_correction(view)
        elif action == "return":
            self.desk.return_requested.emit(view.dossier.id)
            return
        else:
            fields = _ask(self, action, view, self.desk.now())
        if fields is None:
            return
        counter, who, dossier_id = self.desk.counter, self.desk.who, view.dossier.id
        self.desk.lanes.records.submit(
            lambda: counter.acts.act(dossier_id, action, fields, who), self._on_acted
        )

    # ---- reactions -----------------------------------------------------------------------------

    def _on_typed(self) -> None:
        self._wanted = ""
        self._timer.start()

    def _find(self) -> None:
        text, counter = self.box.text(), self.desk.counter
        self._asked += 1
        asked = self._asked

        def work() -> tuple[int, tuple[DossierRow, ...]]:
            if text.strip():
                return asked, counter.search.find(text, _MOST)
            return asked, counter.worklists.rows("received_today", _MOST)

        self.desk.read(work, self._on_found)

    def _on_found(self, answer: tuple[int, tuple[DossierRow, ...]]) -> None:
        asked, rows = answer
        if asked != self._asked:
            return
        self.list.show_rows(rows, self.desk.now().date(), self._wanted)
        if not self.box.text().strip():
            told = "Nhận hôm nay" if rows else "Gõ vài chữ để tìm."
        elif not rows:
            told = "Không có hồ sơ nào như vậy. Gõ ít chữ hơn."
        elif len(rows) >= _MOST:
            told = f"{_MOST} hồ sơ mới nhất. Gõ thêm để thu hẹp."
        else:
            told = f"{len(rows)} hồ sơ"
        self._told.setText(told)
        if self._entering and self.list.current_id:
            self._look(self.list.current_id)
            self.list.setFocus()
        self._entering = False

    def _to_dossier(self) -> None:
        """Enter: the first of what is found for what stands in the box now, not of what stood."""
        self._wanted, self._entering = "", True
        self._timer.stop()
        self._find()

    def _on_opened(self, answer: tuple[DossierView | None, tuple[str, ...]]) -> None:
        view, self._allowed = answer
        self._nothing.setVisible(view is None)
        self.pane.show_view(view, self._allowed)
        likely = self._allowed[0] if self._allowed else ""
        words = _LIKELY_WORDS.get(likely) or (
            ACTION_WORDS[likely][0] if likely else "Không còn việc"
        )
        self._primary.setText(words)
        self._primary.setVisible(bool(likely))

    def _on_acted(self, done: Acted | Rejected) -> None:
        if isinstance(done, Rejected):
            self.banner.tell(done.message, "Red")
            return
        self.banner.tell("")
        self.desk.announce(done.changes)
        self.desk.told.emit("Đã lưu.")
        if "prints" in done.changes.topics:
            self.desk.print_requested.emit(done.dossier.id)

    def _on_changed(self, changes: Changes) -> None:
        if not self.isVisible():
            return
        view = self.pane.view
        if view is not None and view.dossier.id in changes.dossiers:
            self.open(view.dossier.id)
        self._find()

    def _print(self) -> None:
        if self.pane.view is not None:
            self.desk.print_requested.emit(self.pane.view.dossier.id)

    def _open_form(self) -> None:
        if self.pane.view is not None:
            self.desk.form_requested.emit(self.pane.view.dossier.id)

    def _ask_correction(self, view: DossierView) -> dict[str, Any] | None:
        """Old values stand in the fields; what is changed is the correction."""
        applicant = view.dossier.facts.applicant
        fields = [Field("Lý do", required=True), Field("Họ tên", limit=160)]
        fields += [Field("Số định danh" if applicant.kind == "person" else "Mã số thuế", limit=15)]
        fields += [Field("Nơi cư trú", limit=400), Field("Điện thoại", limit=20)]
        fields += [Field("Ghi chú trên phiếu", limit=500)]
        number_key = "personal_number" if applicant.kind == "person" else "tax_code"
        old = [
            applicant.name,
            getattr(applicant, number_key) or "",
            applicant.address or "",
            applicant.phone or "",
            view.dossier.facts.note,
        ]
        for field, value in zip(fields[1:], old, strict=True):
            field.text = value
        found = ask_fields(
            self,
            "Sửa sai",
            f"Phiếu số {view.dossier.receipt.no} sẽ được thay bằng phiếu mới. Cả hai đều được giữ.",
            fields,
            2,
            "Đính chính",
        )
        if found is None:
            return None
        reason, *new = found
        changed = {
            key: value or None
            for key, was, value in zip(
                ("name", number_key, "address", "phone"), old[:4], new[:4], strict=True
            )
            if was != value
        }
        fields_given: dict[str, Any] = {"reason": reason}
        if changed:
            fields_given["applicant"] = changed
        if new[4] != old[4]:
            fields_given["note"] = new[4]
        return fields_given


def _ask(parent: QWidget, action: str, view: DossierView, now: datetime) -> dict[str, Any] | None:
    """The fields of an action; None where the clerk went back."""
    seq = view.dossier.code.rpartition("-")[2]
    match action:
        case "transfer":
            to = Field("Chuyển cho (gõ “cấp trên” để chuyển lên máy chủ)", required=True)
            to.text = view.dossier.facts.procedure.unit
            found = ask_fields(
                parent, "Chuyển xử lý", f"Hồ sơ {seq}.", [to, Field("Ghi chú")], 1, "Chuyển"
            )
            if found is None:
                return None
            upper = found[0].casefold() in ("cấp trên", "cap tren", "upper")
            return {"to": "upper" if upper else found[0], "note": found[1]}
        case "take-over" | "receive-supplement":
            return {}
        case "complete":
            fields = [Field("Số quyết định"), Field("Người ký"), Field("Kệ")]
            found = ask_fields(parent, "Có kết quả", f"Hồ sơ {seq}.", fields, 0, "Có kết quả")
            if found is None:
                return None
            return {"decision_no": found[0], "signed_by": found[1], "shelf": found[2]}
        case "request-supplement":
            fields = [Field("Giấy tờ còn thiếu, cách nhau bằng dấu ;", required=True)]
            fields.append(Field("Lý do", required=True))
            found = ask_fields(parent, "Yêu cầu bổ sung", "Ghi đủ một lần.", fields, 2, "Lập phiếu")
            if found is None:
                return None
            return {"items": [item.strip() for item in found[0].split(";")], "reason": found[1]}
        case "request-payment" | "receive-payment":
            fields = [Field("Số tiền (đồng)", required=True)]
            fields.append(Field("Lý do" if action == "request-payment" else "Số biên lai"))
            title = "Yêu cầu nộp phí" if action == "request-payment" else "Thu tiền"
            found = ask_fields(parent, title, f"Hồ sơ {seq}.", fields, 1, "Lưu")
            if found is None:
                return None
            digits = "".join(c for c in found[0] if c.isdigit())
            key = "reason" if action == "request-payment" else "receipt_serial"
            return {"amount": int(digits or 0), key: found[1]}
        case "extend":
            due_at = view.dossier.due_at
            sentence = f"Đang hẹn {due_at:%H:%M, %d/%m/%Y}. Hạn đầu vẫn dùng để tính trễ."
            more = [Field("Lý do", required=True), Field("Đơn vị gây chậm"), Field("Người duyệt")]
            extended = ask_moment(
                parent, "Xin lỗi và hẹn lại", sentence, now, due_at, due_at, more, 1, "Hẹn lại"
            )
            if extended is None:
                return None
            at, (why, unit, approver) = extended
            return {"new_due_at": at, "reason": why, "unit_at_fault": unit, "approver": approver}
        case "stop":
            fields = [Field("Lý do", required=True), Field("Số quyết định", required=True)]
            found = ask_fields(parent, "Dừng giải quyết", f"Hồ sơ {seq}.", fields, 2, "Dừng")
            return None if found is None else {"reason": found[0], "decision_no": found[1]}
        case "void":
            sentence = (
                f"Hủy hồ sơ {seq}? Mã này không cấp lại cho ai. Gõ lý do, rồi bấm Alt+H để hủy."
            )
            reason = ask_reason(parent, "Hủy hồ sơ", sentence, "Hủy hồ sơ", "H")
        case "withdraw":
            sentence = f"Người dân rút hồ sơ {seq}. Gõ lý do, rồi bấm Alt+U."
            reason = ask_reason(parent, "Rút hồ sơ", sentence, "Rút hồ sơ", "U")
        case _:
            sentence = f"Lấy lại việc vừa làm của hồ sơ {seq}. Gõ lý do, rồi bấm Alt+L."
            reason = ask_reason(parent, "Lấy lại", sentence, "Lấy lại", "L", danger=False)
    return None if reason is None else {"reason": reason}
