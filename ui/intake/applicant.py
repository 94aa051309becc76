"""Who applies, and who stands here instead: typed, or read off a card."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from counter_app.domain.partial_date import PartialDate
from counter_app.domain.personal_number import number_problem, year_and_sex
from counter_app.domain.problems import Problem
from counter_app.domain.scan import Scan
from counter_app.services.intake import IdentitySource
from ui.fields import Drop, Field
from ui.intake.section import Section
from ui.intake.villages import VillageHints
from ui.widgets import column, row

_SEXES = (("", ""), ("male", "Nam"), ("female", "Nữ"))
_FOR = (("self", "Chính mình"), ("other", "Người khác"), ("organisation", "Tổ chức"))


class ApplicantSection(Section):
    """Section 1. Only the name is required."""

    told = Signal(str)
    """What a card wants one to look at."""

    def __init__(self, now: Callable[[], datetime], villages: Sequence[str]) -> None:
        self._now = now
        self.source: IdentitySource = "typed"
        self.number = Field("Số định danh", width=168, limit=15)
        self.name = Field("Họ và tên", required=True, limit=160)
        # the year alone may have come from the number
        self.born = Field("Ngày sinh", width=112, hint="5390, 1990", limit=10, enough=5)
        self.sex = Drop("Giới tính", _SEXES, width=84)
        self.address = Field("Nơi cư trú (như trên giấy tờ)", limit=400)
        self.phone = Field("Điện thoại", width=130, limit=20)
        self.on_behalf = Drop("Nộp cho", _FOR, width=132)
        self.other_name = Field("Họ tên người nộp thay", limit=160)
        self.other_number = Field("Số định danh người nộp thay", width=200, limit=15)
        self.relation = Field("Quan hệ", width=130, enough=0)
        self._own = {"name": self.name, "address": self.address, "phone": self.phone}
        self._others = {
            "name": self.other_name,
            "personal_number": self.other_number,
            "relation": self.relation,
        }
        """These and `_own` stand in the draft as they were typed."""
        self._other = QWidget()
        self._other.setLayout(row(self.other_name, self.other_number, self.relation))
        first = row(self.number, self.name, self.born, self.sex)
        first.setStretch(1, 1)
        second = row(self.address, self.phone, self.on_behalf)
        second.setStretch(0, 1)
        super().__init__(1, "Người nộp", column(first, second, self._other, space=6))
        self.places = {
            **{f"applicant.{key}": field for key, field in self._own.items()},
            "applicant.personal_number": self.number,
            "applicant.tax_code": self.number,
            "applicant.born_on": self.born,
            # the year that differs from the number is read beside the date
            "number_year": self.born,
            **{f"representative.{key}": field for key, field in self._others.items()},
        }
        own = (self.number, self.name, self.born, self.address, self.phone)
        self.enters = (*own, *self._others.values())
        self.villages = VillageHints(self.address.edit, villages)
        self.name.edit.textEdited.connect(self._on_name_typed)
        self.number.left.connect(self._on_number_left)
        self.born.left.connect(self._on_born_left)
        self.on_behalf.changed.connect(self._show_on_behalf)
        parts: set[Field | Drop] = {*self.places.values(), self.sex, self.on_behalf}
        for part in parts:
            part.changed.connect(self.changed)
        self._show_on_behalf()

    @property
    def digits(self) -> str:
        """The number without its spaces."""
        return self.number.text.replace(" ", "")

    def begin(self) -> None:
        """At the number."""
        self.number.edit.setFocus()

    def draft(self) -> dict[str, Any]:
        """`applicant` and, where somebody else stands here, `representative`."""
        if self.on_behalf.value == "organisation":
            who = {"kind": "organisation", "tax_code": self.digits}
        else:
            born = self._born()
            who = {
                "personal_number": self.digits,
                "born_on": born.iso() if born else "",
                "sex": self.sex.value,
            }
        who |= _texts(self._own)
        made: dict[str, Any] = {"applicant": {"name": self.name.text, **_given(who)}}
        if self.on_behalf.value != "self" and self.other_name.text:
            made["representative"] = _given(_texts(self._others))
        return made

    def fill(self, fields: Mapping[str, Any], source: IdentitySource = "typed") -> None:
        """From a draft; `source` is where it was read."""
        applicant, other = fields.get("applicant") or {}, fields.get("representative") or {}
        organisation = applicant.get("kind") == "organisation"
        self.on_behalf.value = "organisation" if organisation else "other" if other else "self"
        self._show_on_behalf()
        self.number.text = str(applicant.get("personal_number") or applicant.get("tax_code") or "")
        born = PartialDate.parse_iso(str(applicant.get("born_on") or ""))
        self.born.text = born.paper() if born else ""
        self.sex.value = str(applicant.get("sex") or "")
        for shown, given in ((self._own, applicant), (self._others, other)):
            for key, field in shown.items():
                field.text = str(given.get(key) or "")
        self.source = source
        self.caption.setText("Đọc từ thẻ" if source == "qr" else "")

    def fill_card(self, scan: Scan) -> None:
        """What a card says; where letters were lost the keyboard goes to the name."""
        if scan.missing:
            self.told.emit("Máy quét làm mất chữ: gõ lại họ tên và nơi cư trú.")
        elif scan.repaired:
            self.told.emit("Đã sửa chữ từ máy quét, xem lại tên.")
        self.fill({"applicant": scan.fields}, "qr")
        (self.name if scan.missing else self.phone).edit.setFocus()
        for field in (self.number, self.name, self.address):
            field.mark("good" if field.text else "")
        self.changed.emit()

    def mistyped(self) -> list[Problem]:
        """A day that is none."""
        if not self.born.text or self._born() is not None:
            return []
        words = "Ngày sinh không đúng. Gõ như 05031990."
        return [Problem("applicant.born_on", "born_on_wrong", words)]

    def _on_name_typed(self, text: str) -> None:
        """A person's name stands in capitals, as on the card; the cursor stays."""
        if self.on_behalf.value != "organisation" and text != text.upper():
            at = self.name.edit.cursorPosition()
            self.name.edit.setText(text.upper())
            self.name.edit.setCursorPosition(at)

    def _on_number_left(self) -> None:
        number = self.digits
        if not number or self.on_behalf.value == "organisation":
            return
        problem = number_problem(number)
        if problem is not None:
            self.number.mark("error", problem.message)
            return
        self.number.text = " ".join(number[at : at + 3] for at in range(0, len(number), 3))
        if len(number) == 12:
            year, sex = year_and_sex(number)
            if not self.sex.value:
                self.sex.value = sex
            if not self.born.text:
                self.born.text = str(year)

    def _on_born_left(self) -> None:
        if not self.born.text:
            return
        born = self._born()
        if born is None:
            self.born.mark("error", "Ngày sinh không đúng. Gõ như 05031990, 5/3/90 hoặc 1990.")
        else:
            self.born.text = born.paper()

    def _born(self) -> PartialDate | None:
        typed, number, today = self.born.text, self.digits, self._now().date()
        if len(typed) == 4 and typed.isdigit() and len(number) == 12 and not number_problem(number):
            # day and month alone: the year stands in the number
            year = year_and_sex(number)[0]
            if typed != str(year) and typed[:2] not in ("19", "20"):
                return PartialDate.parse_typed(f"{typed[:2]}/{typed[2:]}/{year}", today)
        return PartialDate.parse_typed(typed, today)

    def _show_on_behalf(self) -> None:
        whom = self.on_behalf.value
        self._other.setVisible(whom != "self")
        self.number.caption.setText("Mã số thuế" if whom == "organisation" else "Số định danh")
        self.name.caption.setText("Tên tổ chức" if whom == "organisation" else "Họ và tên")


def _texts(fields: Mapping[str, Field]) -> dict[str, str]:
    return {key: field.text for key, field in fields.items()}


def _given(values: Mapping[str, str]) -> dict[str, str]:
    """What is not empty."""
    return {key: value for key, value in values.items() if value}
