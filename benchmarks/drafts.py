"""What is taken in again and again."""

_PROCEDURES = ("1.004873", "2.000635", "1.001193", "1.004837")
NAMES = ("nguyễn thị hồng", "ho van lam", "pa kung", "Đặng Quang Dũng", "le thi ngoc anh")


def draft(number: int) -> dict[str, object]:
    return {
        "procedure": _PROCEDURES[number % len(_PROCEDURES)],
        "applicant": {
            "name": f"{NAMES[number % len(NAMES)]} {number}".upper().rstrip("0123456789 "),
            "personal_number": f"045190{number % 1_000_000:06d}",
            "born_on": "1990-03-05",
            "sex": "female",
            "address": "Thôn Ta Đủ, Tân Hợp, Hướng Hóa, Quảng Trị",
            "phone": f"09{number % 100_000_000:08d}",
        },
        "components": "all",
    }
