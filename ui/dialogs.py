"""The few questions that stop the work: each wants a reason, none is confirmed by Enter alone."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QDialog, QGridLayout, QPlainTextEdit, QWidget

from counter_app.domain.typed_moment import typed_moment
from ui.fields import Field
from ui.keys import is_editor
from ui.widgets import Button, column, fix, label

_WIDTH = 520


class Question(QDialog):
    """A sentence and keys with letters; Esc leaves everything as it is."""

    def __init__(
        self, parent: QWidget, title: str, sentence: str, content: Sequence[QWidget] = ()
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        fix(self, least=_WIDTH)
        self.answer = ""
        # bare letters answer where nothing is typed, neither here nor when the question comes
        self._bare = not content and not is_editor(QApplication.focusWidget())
        self._letters: dict[str, str] = {}
        self._keys = QGridLayout()
        self._keys.setSpacing(8)
        self.problem = label("", "problem", wrap=True)
        whole = column(
            label(title, "cardTitle"),
            label(sentence, wrap=True),
            *content,
            self.problem,
            self._keys,
            space=10,
        )
        whole.setContentsMargins(20, 18, 20, 16)
        self.setLayout(whole)

    def offer(self, text: str, letter: str, kind: str = "") -> Button:
        """One way out."""
        button = Button(text, letter if len(letter) > 1 or self._bare else f"Alt+{letter}", kind)
        button.setAutoDefault(False)
        button.clicked.connect(self._on_clicked)
        button.setProperty("answer", letter)
        self._keys.addWidget(button, self._keys.count() // 3, self._keys.count() % 3)
        self._letters[letter.upper()] = letter
        return button

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Alt and the letter; Enter does nothing that destroys."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return
        alt = event.modifiers() & Qt.KeyboardModifier.AltModifier
        letter = chr(event.key()).upper() if 0x20 < event.key() < 0x7F else ""
        if letter in self._letters and (alt or self._bare):
            self.choose(self._letters[letter])
            return
        if event.key() == Qt.Key.Key_F12 and "F12" in self._letters:
            self.choose("F12")
            return
        super().keyPressEvent(event)

    def choose(self, answer: str) -> None:
        """An answer was given."""
        self.answer = answer
        self.accept()

    def _on_clicked(self) -> None:
        self.choose(str(self.sender().property("answer")))


def ask(parent: QWidget, title: str, sentence: str, answers: Sequence[tuple[str, str]]) -> str:
    """The letter of the chosen answer, empty for none."""
    question = Question(parent, title, sentence)
    for text, letter in answers:
        question.offer(text, letter)
    question.exec()
    return question.answer


Wrong = Callable[[list[str]], str]
"""What is wrong with the values, in a sentence; empty where nothing is."""


class _Reason(Question):
    """Wants a reason before its letter works."""

    def __init__(
        self,
        parent: QWidget,
        title: str,
        sentence: str,
        fields: Sequence[Field],
        needed: int,
        wrong: Wrong | None = None,
    ) -> None:
        super().__init__(parent, title, sentence, fields)
        self.fields = fields
        self._needed = needed
        self._wrong = wrong
        fields[0].edit.setFocus()

    def choose(self, answer: str) -> None:
        """Not without what is needed."""
        for field in self.fields[: self._needed]:
            if not field.text:
                field.mark("error")
                self.problem.setText(f"Chưa gõ: {field.caption.text().removesuffix(' *')}.")
                field.edit.setFocus()
                return
        if self._wrong is not None and (told := self._wrong([f.text for f in self.fields])):
            self.problem.setText(told)
            self.fields[0].mark("error")
            self.fields[0].edit.setFocus()
            return
        super().choose(answer)


def ask_fields(
    parent: QWidget,
    title: str,
    sentence: str,
    fields: Sequence[Field],
    needed: int,
    action: str,
    wrong: Wrong | None = None,
) -> list[str] | None:
    """Several values, or None. F12 finishes, and not while the first of them is `wrong`."""
    question = _Reason(parent, title, sentence, fields, needed, wrong)
    question.offer(action, "F12", "primary")
    question.exec()
    return [field.text for field in fields] if question.answer else None


def ask_moment(
    parent: QWidget,
    title: str,
    sentence: str,
    now: datetime,
    proposed: datetime,
    after: datetime,
    more: Sequence[Field],
    needed: int,
    action: str,
) -> tuple[str, list[str]] | None:
    """A day and an hour later than `after`, as the book takes them, and further values."""
    day = Field("Ngày hẹn, ví dụ 30/11", required=True)
    day.text = f"{proposed:%d/%m/%Y}"
    hour = Field("Giờ hẹn", required=True)
    hour.text = f"{proposed:%H:%M}"

    def wrong(values: list[str]) -> str:
        at = typed_moment(values[0], values[1], now)
        if at is None:
            return "Không có ngày giờ đó. Gõ ngày như 30/11 và giờ như 17:00."
        if at <= after:
            return f"Ngày hẹn phải sau {after:%H:%M, %d/%m/%Y}."
        return ""

    found = ask_fields(parent, title, sentence, [day, hour, *more], 2 + needed, action, wrong)
    at = typed_moment(found[0], found[1], now) if found else None
    return None if found is None or at is None else (f"{at:%Y-%m-%dT%H:%M}", found[2:])


def ask_due(parent: QWidget, counted: datetime, now: datetime) -> dict[str, str] | None:
    """A date set by hand, with its reason and who approved it."""
    sentence = f"Tính ra {counted:%H:%M, %d/%m/%Y}. Ngày sửa tay và ngày tính đều được lưu."
    more = [Field("Lý do", required=True), Field("Người duyệt", required=True)]
    found = ask_moment(parent, "Sửa ngày hẹn", sentence, now, counted, now, more, 2, "Sửa ngày hẹn")
    if found is None:
        return None
    at, (reason, approver) = found
    return {"at": at, "reason": reason, "approver": approver}


def ask_notice(parent: QWidget, kind: str, items: list[str]) -> dict[str, Any] | None:
    """What a refusal or supplement notice says."""
    supplement = kind == "supplement"
    title = "Phiếu yêu cầu bổ sung" if supplement else "Phiếu từ chối"
    sentence = (
        "Ghi đủ một lần mọi giấy tờ còn thiếu, mỗi dòng một loại. Không cấp mã hồ sơ."
        if supplement
        else "Ghi lý do không tiếp nhận. Không cấp mã hồ sơ."
    )
    lines = QPlainTextEdit("\n".join(items))
    lines.setTabChangesFocus(True)
    lines.setAccessibleName("Giấy tờ cần bổ sung")
    fix(lines, height=110)
    reason = Field("Lý do", required=True)
    question = Question(parent, title, sentence, [*([lines] if supplement else []), reason])
    question.offer("Lập phiếu", "F12", "primary")
    reason.edit.setFocus()
    question.exec()
    if not question.answer:
        return None
    found = [line.strip() for line in lines.toPlainText().splitlines() if line.strip()]
    return {"reason": reason.text, **({"items": found} if supplement else {})}
