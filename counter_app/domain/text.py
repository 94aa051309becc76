"""Text from people: made clean once, at the door, and folded for searching.

Everything is NFC: combining marks that stand alone are drawn displaced on paper and never match.
"""

import re
import unicodedata

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_BLANKS = re.compile(r"\s+")
_NOT_A_WORD = re.compile(r"[^0-9a-z]+")
_UNWANTED = frozenset({"Cf", "Cn", "Co", "Cs"})
_MARKS = re.compile(r"[\u0300-\u036f]+")


def clean_text(text: str) -> str:
    """One line of printable text, NFC.

    A run of control characters becomes one blank; bidi, zero-width, private and unassigned
    characters go. What is left can be stored, shown and printed, and commands nothing.
    """
    if text.isascii() and text.isprintable():
        return _BLANKS.sub(" ", text).strip()
    spaced = _CONTROL.sub(" ", text)
    kept = "".join(c for c in spaced if unicodedata.category(c) not in _UNWANTED)
    return _BLANKS.sub(" ", unicodedata.normalize("NFC", kept)).strip()


def text_in(value: object) -> str:
    """A given value made clean; empty where there is none, or where it is no text."""
    return clean_text(value) if isinstance(value, str) else ""


def is_surrogate(sign: str) -> bool:
    """Half a sign: what Python makes of bytes that are no UTF-8, and what no text can hold."""
    return "\ud800" <= sign <= "\udfff"


def search_key(text: str) -> str:
    """Small letters and digits without marks, words parted by one blank: what searches compare."""
    # a stroke is no mark: only this letter has one
    lowered = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return _NOT_A_WORD.sub(" ", _MARKS.sub("", lowered)).strip()


def initials(text: str) -> str:
    """The first letters of the words: `Đăng ký khai sinh` → `dkks`."""
    return "".join(word[0] for word in search_key(text).split())
