"""F4: the right paper to the right person."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLineEdit, QSizePolicy

from counter_app.domain.actions import owed
from counter_app.domain.given_papers import GivenPaper, papers_given
from counter_app.domain.money import vnd
from counter_app.domain.personal_number import mask
from counter_app.domain.slip_code import Verdict
from counter_app.ports import DossierRow
from counter_app.services.acts import Acted
from counter_app.services.results import Changes, Rejected
from counter_app.services.scans import Judged
from counter_app.services.search import DossierView
from ui.desk import Desk
from ui.fields import Choice, Field, Tick
from ui.lists import DossierList, Shape
from ui.page import Page
from ui.verdict import VerdictBar
from ui.widgets import Button, Card, SectionCard, chip, clear, column, fix, label, row, set_chip

_TO = (("owner", "Chính chủ"), ("proxy", "Người được ủy quyền"), ("post", "Bưu chính"))


_SIDE, _SIDE_NARROW = 330, 262
_EDGE, _EDGE_NARROW = 12, 4
_MOST_PAPERS = 4


class ReturnPage(Page):
    """Scan the slip, check who stands there, hand over."""

    title = "Trả kết quả"
    subtitle = "Quét phiếu, hoặc gõ mã, tên rồi Enter"
    hints = (("quét", "phiếu hoặc thẻ"), ("Alt+1-4", "mục"), ("Esc", "bỏ chọn"))

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.view: DossierView | None = None
        self._allowed: tuple[str, ...] = ()
        self._owed = 0
        self._returned = ""
        """Whose result was handed over last."""
        self.box = QLineEdit()
        self.box.setPlaceholderText("Quét phiếu, hoặc gõ mã, tên")
        self.box.setAccessibleName("Tìm kết quả để trả")
        self.box.setMaxLength(400)
        self.verdict = VerdictBar(desk.theme.palette)
        self._person, self._what = label("", "title"), label("", "strong")
        for shown in (self._person, self._what):
            # what does not fit beside the date is cut at the edge
            shown.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._shelf = label("", "big")
        self._due = label("", "label")
        self._late = chip("grey", "")
        who = column(self._person, self._what, space=2)
        when = column(row(1, self._due, self._late), row(1, self._shelf), space=2)
        about = row()
        about.addLayout(who, 1)
        about.addLayout(when)
        person = Card(about, margins=10)
        self.to = Choice(_TO, "Ai đến nhận")
        self.to.changed.connect(self._on_to)
        self.name = Field("Họ tên người nhận", limit=160)
        self.number = Field("Số định danh", width=150, limit=15)
        self.relation = Field("Quan hệ", width=110)
        self.paper = Field("Giấy ủy quyền đã xem", limit=120)
        self.post_item = Field("Mã bưu gửi", width=220, limit=60)
        self.lost = Tick("Mất phiếu, có cam kết")
        lost = column(label(" ", "label"), self.lost, 1, space=6)
        first = row(self.to)
        first.addLayout(lost)
        proxy = row(self.name, self.number, self.relation, self.paper)
        proxy.setStretch(0, 2)
        proxy.setStretch(3, 2)
        self._who = SectionCard(1, "Ai nhận", column(first, proxy, self.post_item, space=6))
        self._match = label("Quét thẻ căn cước để đối chiếu.", "label", wrap=True)
        self._check = SectionCard(2, "Đối chiếu", column(self._match))
        self.note = Field("Ghi chú", width=220, limit=500)
        self.witness = Field("Người làm chứng (điểm chỉ)", width=220, limit=120)
        self._papers = QGridLayout()
        self._papers.setContentsMargins(0, 0, 0, 0)
        self._papers.setHorizontalSpacing(12)
        self._papers.setVerticalSpacing(4)
        self._papers.setColumnStretch(0, 1)
        beside = column(self.note, self.witness, 1, space=4)
        given = row(space=16)
        given.addLayout(column(self._papers, 1), 1)
        given.addLayout(beside)
        self._rest = SectionCard(3, "Giấy giao lại", given)
        self._rest.caption.setText("Bản chính nào không phải lưu thì trả lại.")
        self._build_money()
        left = column(
            self.box, self.verdict, person, self._who, self._check, self._rest, self._money, 1,
            space=8,
        )  # fmt: skip
        self.list = DossierList(desk.theme, Shape(("shelf",)))
        self.list.opened.connect(self.open)
        side = Card(label("Kết quả chờ trả", "cardTitle"), self.list)
        fix(side, width=_SIDE)
        self._side = side
        whole = row(space=12)
        whole.addLayout(left, 1)
        whole.addWidget(side)
        whole.setContentsMargins(16, _EDGE, 16, _EDGE)
        self.setLayout(whole)
        self.box.returnPressed.connect(self._on_entered)
        desk.changed.connect(self._on_changed)
        self._on_to("owner")
        self._show(None, ())

    def _build_money(self) -> None:
        """What is still owed is taken in the same breath, with the change counted."""
        self.owed = Field("Phải thu", width=110)
        self.owed.edit.setReadOnly(True)
        self.owed.edit.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.given = Field("Đã nhận (đ)", width=130, limit=14)
        self.given.changed.connect(self._on_given)
        self._change = label("", "big")
        back = column(label("Thối lại", "label"), self._change, 1, space=2)
        self.serial = Field("Số biên lai", width=140, limit=60)
        self.method = Field("Trả bằng", width=130, limit=60)
        line = row(self.owed, self.given, space=10)
        line.addLayout(back, 1)
        line.addWidget(self.serial)
        line.addWidget(self.method)
        self._money = SectionCard(4, "Thu tiền", line)
        self._money.hide()

    def buttons(self) -> list[Button]:
        """The paper, and handing over."""
        paper = Button("Giấy cam kết, biên nhận", "Ctrl+P")
        paper.clicked.connect(self._print)
        hand_over = Button("Giao kết quả", "F12", "primary")
        hand_over.clicked.connect(self.finish)
        return [paper, hand_over]

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
            case "Alt+4" if self._money.isVisible():
                self.given.edit.setFocus()
            case "Ctrl+P":
                self._print()
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

    def set_narrow(self, narrow: bool) -> None:
        """Less for the list."""
        fix(self._side, width=_SIDE_NARROW if narrow else _SIDE)
        edge = _EDGE_NARROW if narrow else _EDGE
        whole = self.layout()
        assert whole is not None
        whole.setContentsMargins(16, edge, 16, edge)

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
        paid = self._paid()
        if paid is None:
            return
        counter, who, dossier_id = self.desk.counter, self.desk.who, self.view.dossier.id

        def work() -> Acted | Rejected:
            if paid:
                taken = counter.acts.act(dossier_id, "receive-payment", paid, who)
                if isinstance(taken, Rejected):
                    return taken
            return counter.acts.act(dossier_id, "return", fields, who)

        self.desk.lanes.records.submit(work, self._on_returned)

    # ---- money ---------------------------------------------------------------------------------

    def _paid(self) -> dict[str, Any] | None:
        """What is taken now, empty where nothing is; None where it does not add up."""
        if self._money.isHidden():
            return {}
        given = _dong(self.given.text)
        if not self.given.text or given is None:
            self._ask_money(f"Còn phải thu {vnd(self._owed)}. Gõ số tiền đã nhận, 0 nếu thu sau.")
            return None
        if 0 < given < self._owed:
            self._ask_money(f"Còn thiếu {vnd(self._owed - given)}. Nhận đủ, hoặc gõ 0 để thu sau.")
            return None
        if not given:
            return {}
        fields = {"amount": self._owed, "method": self.method.text}
        return {**fields, "receipt_serial": self.serial.text}

    def _ask_money(self, told: str) -> None:
        self.verdict.tell(told)
        self.given.mark("error")
        self.given.edit.setFocus()

    def _on_given(self) -> None:
        given = _dong(self.given.text)
        back = given - self._owed if given is not None else -1
        self._change.setText(vnd(back) if back >= 0 else "")

    def _print(self) -> None:
        """Before: the commitment for a lost slip. After: what was handed over and to whom."""
        if self.view is not None:
            self.desk.forms_requested.emit((("lost-slip", self.view.dossier.id),))
        elif self._returned:
            self.desk.forms_requested.emit((("result", self._returned),))

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
        for field in (self.note, self.witness, self.given, self.serial):
            field.text = ""
        self.method.text = "Tiền mặt"
        self._change.setText("")
        self._owed = owed(view.dossier) if view and "receive-payment" in allowed else 0
        self.owed.text = vnd(self._owed)
        self._money.setVisible(bool(self._owed))
        set_chip(self._late, "grey", "")
        self._show_papers(())
        if view is None:
            self._person.setText("Chưa chọn hồ sơ")
            for shown in (self._what, self._shelf, self._due):
                shown.setText("")
            return
        self._returned = ""
        dossier = view.dossier
        self._due.setText(f"Hẹn trả {dossier.due_at:%H:%M %d/%m/%Y}")
        late = self.desk.now().date() > dossier.judged_due_at.date()
        set_chip(self._late, *(("red", "Quá hạn") if late else ("green", "Đúng hạn")))
        facts = view.dossier.facts
        number = facts.applicant.personal_number
        masked = f"  ·  {mask(number)}" if number else ""
        self._person.setText(f"{facts.applicant.name}{masked}")
        self._what.setText(f"{view.dossier.code}  ·  {facts.procedure.name}")
        done = view.dossier.completion
        self._show_papers(papers_given(facts, done.decision_no if done else ""))
        shelf = done.shelf if done else ""
        self._shelf.setText(f"Kệ {shelf}" if shelf else "")

    def _show_papers(self, papers: tuple[GivenPaper, ...]) -> None:
        """One line a paper; what does not fit is counted, and F3 has it all."""
        clear(self._papers)
        if not papers:
            return
        for place, words in enumerate(("Giấy tờ", "Số, ký hiệu", "Bản")):
            self._papers.addWidget(label(words, "caption"), 0, place)
        shown = papers if len(papers) <= _MOST_PAPERS else papers[: _MOST_PAPERS - 1]
        for line, paper in enumerate(shown, 1):
            self._papers.addWidget(label(paper.name, wrap=True), line, 0)
            self._papers.addWidget(label(paper.number or "–", "strong"), line, 1)
            copies = str(paper.copies) if paper.copies else "–"
            self._papers.addWidget(label(copies), line, 2, Qt.AlignmentFlag.AlignHCenter)
        if len(papers) > len(shown):
            more = f"và {len(papers) - len(shown)} giấy khác: F3, thẻ Giấy tờ"
            self._papers.addWidget(label(more, "caption"), _MOST_PAPERS, 0, 1, 3)

    def _on_returned(self, done: Acted | Rejected) -> None:
        if isinstance(done, Rejected):
            self.verdict.tell(done.message, "Red")
            return
        name = done.dossier.facts.applicant.name
        self._show(None, ())
        self._returned = done.dossier.id
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


def _dong(typed: str) -> int | None:
    """An amount as people type it; None where it is none."""
    digits = "".join(c for c in typed if c.isdigit())
    return int(digits) if digits and not set(typed) - set("0123456789. đ") else None
