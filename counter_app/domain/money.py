"""Money in đồng: in figures and in words, as receipts have it."""

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_GROUPS = ("", "nghìn", "triệu")


def vnd(amount: int) -> str:
    """`12.000 đ`."""
    return f"{amount:,} đ".replace(",", ".")


def in_words(amount: int) -> str:
    """`Mười hai nghìn đồng`. Zero is `Không đồng`."""
    if amount < 0:
        raise ValueError("money on paper is never negative")
    words = _number(amount) or ["không"]
    text = " ".join(words)
    return f"{text[0].upper()}{text[1:]} đồng"


def _number(value: int) -> list[str]:
    """Words of a number, nothing for zero; billions repeat the whole scale."""
    billions, rest = divmod(value, 1_000_000_000)
    words = [*_number(billions), "tỷ"] if billions else []
    for power in (2, 1, 0):
        group = rest // 1000**power % 1000
        if group:
            words += _group(group, full=bool(words))
            if _GROUPS[power]:
                words.append(_GROUPS[power])
    return words


def _group(value: int, *, full: bool) -> list[str]:
    """Three digits; inside a number the hundreds are spoken even where they are zero."""
    hundreds, tens, units = value // 100, value // 10 % 10, value % 10
    words = []
    if hundreds or full:
        words += [_DIGITS[hundreds], "trăm"]
    match tens:
        case 0 if units and words:
            words.append("linh")
        case 1:
            words.append("mười")
        case _ if tens > 1:
            words += [_DIGITS[tens], "mươi"]
    if units:
        words.append(_unit(units, tens))
    return words


def _unit(units: int, tens: int) -> str:
    if units == 1 and tens > 1:
        return "mốt"
    if units == 4 and tens > 1:
        return "tư"
    if units == 5 and tens > 0:
        return "lăm"
    return _DIGITS[units]
