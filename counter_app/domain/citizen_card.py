"""The QR of the citizen card (thẻ căn cước), and mending what a scanner garbled.

Seven fields parted by pipes: number, old number, name, birth date, sex, address, date of issue.
The QR is a convenience copy without a signature: the clerk still sees the card. Repair is accepted
only where valid Vietnamese comes out; a letter that is lost is never invented.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import unquote_to_bytes

from counter_app.domain.personal_number import Sex
from counter_app.domain.text import clean_text

_NUMBER = re.compile(r"^\d{12}$")
_DAY = re.compile(r"^(\d{2})(\d{2})(\d{4})$")
_TYPED_BYTE = re.compile(r"0(12[89]|1[3-9]\d|2[0-4]\d|25[0-5])")
_TYPED_RUN = re.compile(r"(?:0(?:12[89]|1[3-9]\d|2[0-4]\d|25[0-5])){2,}")
_SEXES: dict[str, Sex] = {"nam": "male", "nữ": "female", "nu": "female"}
_CAPS_LOCKED = frozenset({"nAM", "nỮ"})
"""What a wedge types for Nam and Nữ while the keyboard's Caps Lock is on."""
_VOWELS = "aăâeêioôơuưy"
_MARKS = "\u0300\u0301\u0303\u0309\u0323"
_LETTERS = frozenset(
    unicodedata.normalize("NFC", base + mark).casefold()
    for base in _VOWELS
    for mark in ("", *_MARKS)
) | frozenset("bcdđghklmnpqrstvxfjwz")
_PUNCTUATION = frozenset(" .,-'/()0123456789;:–’&")
_CODE_PAGES = ("cp1252", "latin-1", "cp1258", "cp437", "cp850")


@dataclass(frozen=True, slots=True)
class CitizenCard:
    """What the card says. `missing` names fields whose letters were lost on the way."""

    personal_number: str
    old_number: str | None
    name: str | None
    born_on: date
    sex: Sex | None
    address: str | None
    issued_on: date | None
    repaired: bool
    missing: tuple[str, ...]


def read_card(payload: str) -> CitizenCard | None:
    """Read a card's QR; None where it is none."""
    as_sent = unicodedata.normalize("NFC", payload)
    lossy = None
    for text in (as_sent, *_mended(payload)):
        fields = _parse(text)
        if fields is None:
            continue
        if fields.sex in _CAPS_LOCKED:
            text = text.swapcase()
            fields = _parse(text) or fields
        if _is_vietnamese(fields):
            return _card(fields, repaired=text != payload, keep=True)
        lossy = lossy or fields
    return _card(lossy, repaired=False, keep=False) if lossy else None


@dataclass(frozen=True, slots=True)
class _Fields:
    number: str
    old_number: str
    name: str
    born: date
    sex: str
    address: str
    issued: date | None


def _parse(payload: str) -> _Fields | None:
    parts = [part.strip() for part in payload.strip().split("|")]
    if len(parts) < 5 or not _NUMBER.match(parts[0]):
        return None
    for place in range(2, len(parts) - 1):
        born = _day(parts[place])
        if born is not None and _looks_like_sex(parts[place + 1]):
            break
    else:
        return None
    rest = parts[place + 2 :]
    address = rest[0] if rest else ""
    issued = next((day for part in rest[1:] if (day := _day(part))), None)
    old = parts[1] if place > 2 and parts[1].isdigit() else ""
    return _Fields(parts[0], old, parts[place - 1], born, parts[place + 1], address, issued)


def _looks_like_sex(text: str) -> bool:
    """Nam is plain ASCII; Nữ may have lost its letter, but begins with N."""
    return text.casefold() in _SEXES or (text[:1] in "Nn" and len(text) <= 14)


def _day(text: str) -> date | None:
    match = _DAY.match(text)
    if match is None:
        return None
    try:
        return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        return None


def _card(fields: _Fields, *, repaired: bool, keep: bool) -> CitizenCard:
    name = clean_text(fields.name) if keep else None
    address = clean_text(fields.address) if keep else None
    sex = _SEXES.get(fields.sex.casefold())
    if sex is None:
        # the number's fourth digit is even for men, and it is plain ASCII
        sex = "male" if int(fields.number[3]) % 2 == 0 else "female"
    missing = tuple(key for key, value in (("name", name), ("address", address)) if not value)
    return CitizenCard(
        fields.number,
        fields.old_number or None,
        name or None,
        fields.born,
        sex,
        address or None,
        fields.issued,
        repaired,
        missing,
    )


def _is_vietnamese(fields: _Fields) -> bool:
    return (
        fields.sex.casefold() in _SEXES
        and fields.sex.casefold() != "nu"
        and _clean_enough(fields.name)
        and _clean_enough(fields.address)
        # no Vietnamese name and address together do without a single accent: letters were lost
        and not (fields.name + fields.address).isascii()
    )


def _clean_enough(text: str) -> bool:
    """Whether every character may stand in a Vietnamese name or address."""
    if _TYPED_RUN.search(text):
        return False
    return all(c.casefold() in _LETTERS or c in _PUNCTUATION for c in text)


def _mended(payload: str) -> Iterator[str]:
    """What the payload may have been, likeliest first."""
    for undo in (_normalised, _entities, _percent, _typed_bytes):
        text = _tried(undo, payload)
        if text is not None and text != payload:
            yield text
            yield from _code_pages(text)
    yield from _code_pages(payload)


def _code_pages(payload: str) -> Iterator[str]:
    for page in _CODE_PAGES:
        text = _tried(lambda raw, page=page: _as_bytes(raw, page).decode("utf-8"), payload)  # type: ignore[misc]
        if text is not None and text != payload:
            yield unicodedata.normalize("NFC", text)


def _as_bytes(text: str, page: str) -> bytes:
    """The bytes that a program showed in that code page; C1 characters stand for themselves."""
    raw = bytearray()
    for character in text:
        try:
            raw += character.encode(page)
        except UnicodeEncodeError:
            if not 0x80 <= ord(character) <= 0x9F:
                raise
            raw.append(ord(character))
    return bytes(raw)


def _normalised(payload: str) -> str:
    return unicodedata.normalize("NFC", payload)


def _entities(payload: str) -> str:
    return unicodedata.normalize("NFC", html.unescape(payload))


def _percent(payload: str) -> str:
    return unicodedata.normalize("NFC", unquote_to_bytes(payload.replace("+", " ")).decode("utf-8"))


def _typed_bytes(payload: str) -> str:
    """Bytes from 128 on typed as four digits, `Ng022501870141c`; only in name, sex and address."""
    parts = payload.split("|")
    for place, part in enumerate(parts):
        if any(character.isalpha() for character in part):
            parts[place] = _TYPED_RUN.sub(_untype, part)
    return unicodedata.normalize("NFC", "|".join(parts))


def _untype(match: re.Match[str]) -> str:
    return bytes(int(number) for number in _TYPED_BYTE.findall(match[0])).decode("utf-8")


def _tried(undo: Callable[[str], str], payload: str) -> str | None:
    try:
        return undo(payload)
    except (UnicodeDecodeError, UnicodeEncodeError, ValueError):
        return None
