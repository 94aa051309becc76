"""The personal number (số định danh): 12 digits, `PPP G YY NNNNNN`, without a check digit.

PPP is the province of birth registration, G century and sex, YY the birth year (decree
137/2015/NĐ-CP). What does not fit is a warning, never a block: papers are wrong more often than
people.
"""

from collections.abc import Sequence
from typing import Literal

from counter_app.domain.problems import Problem

PROVINCES = frozenset(
    [
        "001",
        "002",
        "004",
        "006",
        "008",
        "010",
        "011",
        "012",
        "014",
        "015",
        "017",
        "019",
        "020",
        "022",
        "024",
        "025",
        "026",
        "027",
        "030",
        "031",
        "033",
        "034",
        "035",
        "036",
        "037",
        "038",
        "040",
        "042",
        "044",
        "045",
        "046",
        "048",
        "049",
        "051",
        "052",
        "054",
        "056",
        "058",
        "060",
        "062",
        "064",
        "066",
        "067",
        "068",
        "070",
        "072",
        "074",
        "075",
        "077",
        "079",
        "080",
        "082",
        "083",
        "084",
        "086",
        "087",
        "089",
        "091",
        "092",
        "093",
        "094",
        "095",
        "096",
    ]
)
"""Codes in use when the numbers were given; mergers of provinces changed no number."""

Sex = Literal["male", "female"]


def number_problem(number: str, field: str = "applicant.personal_number") -> Problem | None:
    """Why this cannot be a number at all: only 12 digits, or 9 of an old card, can."""
    if not number.isascii() or not number.isdigit():
        return Problem(
            field,
            "number_form",
            "Số định danh chỉ gồm chữ số. Giấy tờ khác ghi vào ô giấy tờ khác.",
        )
    if len(number) == 11:
        return Problem(
            field,
            "lost_zero",
            f"Số này có 11 chữ số, có lẽ mất số 0 ở đầu. Có phải 0{number} không?",
        )
    if len(number) not in (9, 12):
        return Problem(
            field,
            "number_length",
            f"Số định danh có 12 chữ số (CMND cũ 9 chữ số), ở đây có {len(number)}. Xem lại.",
        )
    return None


def number_warnings(
    number: str, birth_year: int | None, sex: Sex | None, field: str = "applicant.personal_number"
) -> Sequence[Problem]:
    """What does not fit in a 12-digit number."""
    if len(number) != 12:
        return ()
    found = []
    if number[:3] not in PROVINCES:
        found.append(
            Problem(
                field, "number_province", "Ba số đầu không phải mã tỉnh nào. Xem lại số.", "may"
            )
        )
    year, number_sex = year_and_sex(number)
    if sex is not None and sex != number_sex:
        found.append(
            Problem(field, "number_sex", "Giới tính không khớp với số định danh. Xem lại.", "may")
        )
    if birth_year is not None and birth_year != year:
        found.append(
            Problem(
                field,
                "number_year",
                f"Theo số định danh thì sinh năm {year}. Xem lại ngày sinh.",
                "may",
            )
        )
    return found


def year_and_sex(number: str) -> tuple[int, Sex]:
    """Birth year and sex that a 12-digit number tells."""
    g = int(number[3])
    year = 1900 + 100 * (g // 2) + int(number[4:6])
    return year, "male" if g % 2 == 0 else "female"


def mask(number: str) -> str:
    """`045***234`: for lists and slips."""
    return f"{number[:3]}***{number[-3:]}" if len(number) >= 9 else "***"


def group(number: str) -> str:
    """`045 190 001 234`: for reading aloud."""
    return " ".join(number[at : at + 3] for at in range(0, len(number), 3))
