"""Applicants (người nộp) and representatives: from what was typed to clean values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from counter_app.domain.partial_date import PartialDate
from counter_app.domain.personal_number import Sex, number_problem, number_warnings
from counter_app.domain.problems import Problem
from counter_app.domain.text import clean_text

LONGEST_NAME = 120
LONGEST_ADDRESS = 300
_LONGEST_OTHER = 120

_PERSON_KEYS = frozenset(
    [
        "kind",
        "name",
        "personal_number",
        "other_document",
        "born_on",
        "sex",
        "address",
        "phone",
        "email",
        "also_known_as",
    ]
)
_ORGANISATION_KEYS = frozenset(["kind", "name", "tax_code", "address", "phone"])
_REPRESENTATIVE_KEYS = frozenset(["name", "personal_number", "phone", "relation"])


@dataclass(frozen=True, slots=True)
class Person:
    """Only the name is certain: older people come without papers."""

    name: str
    personal_number: str | None = None
    other_document: str | None = None
    born_on: PartialDate | None = None
    sex: Sex | None = None
    address: str | None = None
    phone: str | None = None
    email: str | None = None
    also_known_as: str | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    """A company, a school, a cooperative."""

    name: str
    tax_code: str | None = None
    address: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class Representative:
    """Who hands in for the owner."""

    name: str
    personal_number: str | None = None
    phone: str | None = None
    relation: str | None = None


def check_applicant(
    given: Mapping[str, Any],
) -> tuple[Person | Organisation | None, tuple[Problem, ...]]:
    """The applicant of a draft, cleaned; None where something must be mended first."""
    values = _Values(given, "applicant")
    kind = given.get("kind") or "person"
    applicant: Person | Organisation
    match kind:
        case "person":
            values.only(_PERSON_KEYS)
            applicant = _person(values)
        case "organisation":
            values.only(_ORGANISATION_KEYS)
            applicant = Organisation(
                values.name("Chưa có tên tổ chức. Gõ tên tổ chức."),
                values.tax_code(),
                values.text("address", LONGEST_ADDRESS),
                values.phone(),
            )
        case _:
            values.add("kind", "kind_unknown", "Người nộp là person (cá nhân) hoặc organisation.")
            applicant = Person("")
    return (None if values.must_mend else applicant), tuple(values.problems)


def check_representative(
    given: Mapping[str, Any],
) -> tuple[Representative | None, tuple[Problem, ...]]:
    """The representative of a draft, cleaned."""
    values = _Values(given, "representative")
    values.only(_REPRESENTATIVE_KEYS)
    representative = Representative(
        values.name("Chưa có họ tên người nộp thay. Gõ họ và tên."),
        values.number(None, None),
        values.phone(),
        values.text("relation", _LONGEST_OTHER),
    )
    return (None if values.must_mend else representative), tuple(values.problems)


def _person(values: "_Values") -> Person:
    name = values.name("Chưa có họ tên người nộp. Gõ họ và tên.")
    sex = values.sex()
    born_on = values.born_on()
    return Person(
        name,
        values.number(born_on.year if born_on else None, sex),
        values.text("other_document", _LONGEST_OTHER),
        born_on,
        sex,
        values.text("address", LONGEST_ADDRESS),
        values.phone(),
        values.text("email", _LONGEST_OTHER),
        values.text("also_known_as", LONGEST_NAME),
    )


class _Values:
    """Reads one object of a draft and remembers what was wrong with it."""

    def __init__(self, given: Mapping[str, Any], group: str) -> None:
        # null says what a missing key says
        self._given = {key: value for key, value in given.items() if value is not None}
        self._group = group
        self.problems: list[Problem] = []

    @property
    def must_mend(self) -> bool:
        return any(problem.severity == "must" for problem in self.problems)

    def add(
        self, key: str, code: str, message: str, severity: Literal["must", "may"] = "must"
    ) -> None:
        self.problems.append(Problem(f"{self._group}.{key}", code, message, severity))

    def only(self, keys: frozenset[str]) -> None:
        for key in self._given:
            if key not in keys:
                shown = clean_text(str(key))[:40]
                self.add(shown, "unknown_field", f"Không có ô nào tên là “{shown}” ở đây.")

    def text(self, key: str, limit: int) -> str | None:
        value = self._given.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self.add(key, "wrong_type", "Ô này phải là chữ, đặt trong dấu ngoặc kép.")
            return None
        cleaned = clean_text(value)
        if len(cleaned) > limit:
            self.add(key, "too_long", f"Ô này dài {len(cleaned)} ký tự, nhiều nhất {limit}.")
        return cleaned or None

    def name(self, missing: str) -> str:
        found = self.text("name", LONGEST_NAME)
        if found is None:
            if not self.problems or self.problems[-1].field != f"{self._group}.name":
                self.add("name", "name_missing", missing)
            return ""
        return found

    def number(self, birth_year: int | None, sex: Sex | None) -> str | None:
        found = self.text("personal_number", 60)
        if found is None:
            return None
        number = found.replace(" ", "").replace(".", "")
        field = f"{self._group}.personal_number"
        problem = number_problem(number, field)
        if problem is not None:
            self.problems.append(problem)
            return None
        self.problems.extend(number_warnings(number, birth_year, sex, field))
        return number

    def tax_code(self) -> str | None:
        found = self.text("tax_code", 20)
        if found is None:
            return None
        digits = found.replace("-", "").replace(" ", "")
        if not digits.isascii() or not digits.isdigit() or len(digits) not in (10, 12, 13):
            self.add(
                "tax_code", "tax_code_form", "Mã số thuế có 10 hoặc 13 chữ số (hoặc 12). Xem lại."
            )
            return None
        return f"{digits[:10]}-{digits[10:]}" if len(digits) == 13 else digits

    def sex(self) -> Sex | None:
        match self._given.get("sex"):
            case None | "":
                return None
            case "male":
                return "male"
            case "female":
                return "female"
        self.add("sex", "sex_unknown", "Giới tính là male (nam) hoặc female (nữ).")
        return None

    def born_on(self) -> PartialDate | None:
        found = self.text("born_on", 20)
        if found is None:
            return None
        date = PartialDate.parse_iso(found)
        if date is None:
            self.add(
                "born_on",
                "born_on_wrong",
                "Ngày sinh có dạng 1990, 1990-03 hoặc 1990-03-05, và phải là ngày có thật.",
            )
        return date

    def phone(self) -> str | None:
        found = self.text("phone", 40)
        if found is None:
            return None
        digits = "".join(c for c in found if c.isdigit() or c == "+")
        if digits.startswith("+84"):
            digits = "0" + digits[3:]
        if (
            digits.isascii()
            and digits.isdigit()
            and digits.startswith("0")
            and len(digits) in (10, 11)
        ):
            return digits
        self.add("phone", "phone_odd", "Số điện thoại thường có 10 chữ số. Xem lại.", "may")
        return found
