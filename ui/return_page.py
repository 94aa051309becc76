"""F4: the right paper to the right person."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from counter_app.domain.personal_number import mask
from counter_app.domain.slip_code import Verdict
from counter_app.ports import DossierRow
from counter_app.services.acts import Acted
from counter_app.services.results import Changes, Rejected
from counter_app.services.scans import Judged
from counter_app.services.search import DossierView
from ui.desk import Desk
from ui.lists import COMPACT, DossierList
from ui.page import Page
from ui.widgets import (
    Banner,
    Button,
    Card,
    Choice,
    Field,
    SectionCard,
    Tick,
    column,
    elastic,
    label,
    row,
)

_TO = (("owner", "Chính chủ"), ("proxy", "Người được ủy quyền"), ("post", "Bưu chính"))


class ReturnPage(Page):
    """Scan the slip, check who stands there, hand over."""

    title = "Trả kết quả"
    subtitle = "Quét phiếu, hoặc gõ mã, tên rồi Enter"
    hints = (("quét", "phiếu hoặc thẻ"), ("Alt+1-3", "mục"), ("Esc", "bỏ chọn"))

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.view: DossierView | None = None
        self._allowed: tuple[str, ...] = ()
        self.box = QLineEdit()
        self.box.setPlaceholderText("Quét phiếu, hoặc gõ mã, tên")
        self.box.setAccessibleName("Tìm kết quả để trả")
        self.box.setMaxLength(400)
        self.verdict = Banner()
        self._person = elastic(label("", "title"))
        self._what = elastic(label("", "strong"))
        self._shelf = label("", "big")
        head = Card(row(self.box), self.verdict, self._person, row(self._what, 1, self._shelf))
        self.to = Choice(_TO, "Ai đến nhận")
        self.to.changed.connect(self._on_to)
        self.name = Field("Họ tên người nhận", limit=160)
        self.number = Field("Số định danh", width=180, limit=15)
        self.relation = Field("Quan hệ", width=150)
        self.paper = Field("Giấy ủy quyền đã xem", limit=120)
        self.post_item = Field("Mã bưu gửi", width=220, limit=60)
        self.lost = Tick("Mất phiếu: đã có giấy cam kết")
        self._proxy = column(row(self.name, self.number), row(self.relation, self.paper))
        who = column(self.to, self._proxy, self.post_item, self.lost, space=8)
        self._who = SectionCard(1, "Ai nhận", who)
        self._match = label("Quét thẻ căn cước để đối chiếu.", "label", wrap=True)
        self._check = SectionCard(2, "Đối chiếu", column(self._match))
        self.note = Field("Ghi chú", limit=500)
        self.witness = Field("Người làm chứng (điểm chỉ)", width=260, limit=120)
        self._rest = SectionCard(3, "Giao", row(self.note, self.witness))
        left = column(head, self._who, self._check, self._rest, 1, space=8)
        self.list = DossierList(desk.theme, COMPACT)
        self.list.opened.connect(self.open)
        side = Card(label("Kết quả chờ trả", "cardTitle"), self.list)
        side.setFixedWidth(330)
        whole = row(space=12)
        whole.addLayout(left, 1)
        whole.addWidget(side)
        whole.setContentsMargins(16, 12, 16, 12)
        self.setLayout(whole)
        self.box.returnPressed.connect(self._on_entered)
        desk.changed.connect(self._on_changed)
        self._on_to("owner")
        self._show(None, ())

    def buttons(self) -> list[Button]:
        """Hand over."""
        hand_over = Button("Giao kết quả", "F12", "primary")
        hand_over.clicked.connect(self.finish)
        return [hand_over]

    def enter(self) -> None:
        """The keyboard is in the box; the waiting results stand beside it."""
        self._refresh()
        self.box.setFocus()

    def key(self, name: str) -> bool:
        """Sections; Esc lets go of the dossier."""
        match name:
            case "Alt+1":
                self.to.setFocus()
                self.name.edit.setFocus()
            case "Alt+2":
                self.box.setFocus()
            case "Alt+3":
                self.note.edit.setFocus()
            case "Esc" if self.view is not None:
                self._show(None, ())
                self.verdict.tell("")
                self.box.setFocus()
            case _:
                return False
        return True

    def scanned(self, judged: Judged) -> bool:
        """A slip begins a return; a card checks who stands there."""
        match judged.scan.kind:
            case "slip" | "dossier_code":
                self._on_slip(judged)
            case "citizen_card":
                self._on_card(judged.scan.fields)
            case _:
                return False
        return True

    def open(self, dossier_id: str) -> None:
        """A dossier whose result may be returned."""
        counter, who = self.desk.counter, self.desk.who

        def work() -> tuple[DossierView | None, tuple[str, ...]]:
            view = counter.search.open(dossier_id)
            return view, counter.acts.allowed(view.dossier, who) if view else ()

        self.desk.read(work, self._on_opened)

    def finish(self) -> None:
        """F12: hand over."""
        if self.view is None:
            self.verdict.tell("Quét phiếu hoặc chọn một hồ sơ trước.")
            return
        fields: dict[str, Any] = {"to": self.to.value, "slip_lost": self.lost.isChecked()}
        if self.to.value == "proxy":
            fields["receiver"] = {
                key: field.text
                for key, field in (
                    ("name", self.name),
                    ("personal_number", self.number),
                    ("relation", self.relation),
                    ("paper", self.paper),
                )
                if field.text
            }
        for key, field in (
            ("post_item", self.post_item),
            ("note", self.note),
            ("witness", self.witness),
        ):
            if field.text:
                fields[key] = field.text
        counter, who, dossier_id = self.desk.counter, self.desk.who, self.view.dossier.id
        self.desk.lanes.records.submit(
            lambda: counter.acts.act(dossier_id, "return", fields, who), self._on_returned
        )

    # ---- reactions -----------------------------------------------------------------------------

    def _on_entered(self) -> None:
        text = self.box.text().strip()
        if not text:
            return
        counter = self.desk.counter

        def work() -> tuple[Judged, tuple[DossierRow, ...]]:
            rows = counter.search.find(text, 50)
            return counter.scans.judge(text), tuple(r for r in rows if r.status == "completed")

        self.desk.read(work, self._on_found)

    def _on_found(self, found: tuple[Judged, tuple[DossierRow, ...]]) -> None:
        judged, rows = found
        if self.scanned(judged):
            self.box.clear()
            return
        if not rows:
            self.verdict.tell("Không có kết quả chờ trả nào như vậy. F3 để tra cứu mọi hồ sơ.")
            return
        self.list.show_rows(rows, self.desk.now().date())
        if len(rows) == 1:
            self.open(rows[0].id)
        self.list.setFocus()

    def _on_slip(self, judged: Judged) -> None:
        if judged.verdict is Verdict.RED:
            self.verdict.tell("Phiếu không đúng. Đừng trả kết quả. Xem căn cước và tra tên.", "Red")
            self._show(None, ())
            return
        if judged.dossier_id is None:
            self.verdict.tell("Hồ sơ của phiếu này chưa có ở máy này. Hãy đồng bộ (F9).")
            return
        if judged.mismatch:
            self.verdict.tell("Phiếu cấp cho tên khác với sổ. Xem căn cước trước khi trả.", "Red")
        elif judged.replaced:
            self.verdict.tell("Phiếu này đã thay bằng phiếu khác. Xem căn cước trước khi trả.")
        elif judged.verdict is Verdict.AMBER:
            self.verdict.tell(
                "Chưa kiểm được chữ ký: máy này chưa có khóa của quầy đó. "
                "Hãy đồng bộ, hoặc trả theo căn cước."
            )
        elif judged.verdict is None:
            self.verdict.tell("Mã hồ sơ không thay được phiếu. Xem căn cước trước khi trả.")
        else:
            self.verdict.tell("Phiếu đúng.", "Green")
        self.open(judged.dossier_id)

    def _on_card(self, fields: dict[str, str]) -> None:
        if self.view is None:
            return
        owner = self.view.dossier.facts.applicant.personal_number
        if owner and fields["personal_number"] == owner:
            self._match.setText("Đúng chủ hồ sơ: số trên thẻ khớp.")
            return
        self._match.setText("Không phải chủ hồ sơ: chọn người được ủy quyền.")
        self.to.value = "proxy"
        self._on_to("proxy")
        self.name.text = fields.get("name", "")
        self.number.text = fields["personal_number"]

    def _on_to(self, value: str) -> None:
        for field in (self.name, self.number, self.relation, self.paper):
            field.setVisible(value == "proxy")
        self.post_item.setVisible(value == "post")

    def _on_opened(self, answer: tuple[DossierView | None, tuple[str, ...]]) -> None:
        view, allowed = answer
        self._show(view, allowed)
        if view is None:
            return
        dossier = view.dossier
        if dossier.returned_at is not None:
            handed = dossier.handed_over
            to = handed.receiver.name if handed and handed.receiver else ""
            name = to or dossier.facts.applicant.name
            self.verdict.tell(
                f"Đã trả lúc {dossier.returned_at:%H:%M} ngày {dossier.returned_at:%d/%m/%Y} "
                f"cho {name}.",
                "Red",
            )
        elif "return" not in allowed:
            self.verdict.tell("Hồ sơ này chưa có kết quả để trả.")

    def _show(self, view: DossierView | None, allowed: tuple[str, ...]) -> None:
        self.view, self._allowed = view, allowed
        for card in (self._who, self._check, self._rest):
            card.setEnabled(view is not None)
        self._match.setText("Quét thẻ căn cước để đối chiếu.")
        self.lost.setChecked(False)
        self.to.value = "owner"
        self._on_to("owner")
        for field in (self.name, self.number, self.relation, self.paper, self.post_item):
            field.text = ""
        for field in (self.note, self.witness):
            field.text = ""
        if view is None:
            self._person.setText("Chưa chọn hồ sơ")
            self._what.setText("")
            self._shelf.setText("")
            return
        facts = view.dossier.facts
        number = facts.applicant.personal_number
        masked = f"  ·  {mask(number)}" if number else ""
        self._person.setText(f"{facts.applicant.name}{masked}")
        self._what.setText(f"{view.dossier.code}  ·  {facts.procedure.name}")
        shelf = view.dossier.completion.shelf if view.dossier.completion else ""
        self._shelf.setText(f"Kệ {shelf}" if shelf else "")

    def _on_returned(self, done: Acted | Rejected) -> None:
        if isinstance(done, Rejected):
            self.verdict.tell(done.message, "Red")
            return
        name = done.dossier.facts.applicant.name
        self._show(None, ())
        self.verdict.tell(f"Đã giao kết quả của {name}.", "Green")
        self.desk.announce(done.changes)
        self.box.clear()
        self.box.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_changed(self, changes: Changes) -> None:
        if self.isVisible():
            self._refresh()

    def _refresh(self) -> None:
        counter = self.desk.counter
        self.desk.read(lambda: counter.worklists.rows("waiting_return"), self._on_waiting)

    def _on_waiting(self, rows: tuple[DossierRow, ...]) -> None:
        self.list.show_rows(rows, self.desk.now().date())
