"""Cards as scanners garble them, and what is not a card."""

import unicodedata
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from counter_app.domain.scan import route

CARDS = {
    "045190001234|197123456|HỒ THỊ A|05031990|Nữ|Thôn Ta Đủ, Tân Hợp, Hướng Hóa, Quảng Trị|10052021": {
        "personal_number": "045190001234",
        "old_number": "197123456",
        "name": "HỒ THỊ A",
        "born_on": "1990-03-05",
        "sex": "female",
        "address": "Thôn Ta Đủ, Tân Hợp, Hướng Hóa, Quảng Trị",
        "issued_on": "2021-05-10",
    },
    "045201004321||HỒ VĂN BÊ|20112001|Nam|Khối 3B, Khe Sanh, Hướng Hóa, Quảng Trị|01072022": {
        "personal_number": "045201004321",
        "name": "HỒ VĂN BÊ",
        "born_on": "2001-11-20",
        "sex": "male",
        "address": "Khối 3B, Khe Sanh, Hướng Hóa, Quảng Trị",
        "issued_on": "2022-07-01",
    },
    "045085000777||PẢ KƯNG|01011985|Nam|Bản Cuôi, Hướng Lập, Hướng Hóa, Quảng Trị|15082021|": {
        "personal_number": "045085000777",
        "name": "PẢ KƯNG",
        "born_on": "1985-01-01",
        "sex": "male",
        "address": "Bản Cuôi, Hướng Lập, Hướng Hóa, Quảng Trị",
        "issued_on": "2021-08-15",
    },
}


def _cp1252(text: str) -> str:
    return "".join(bytes((byte,)).decode("cp1252", "ignore") or chr(byte) for byte in text.encode())


GARBLES = {
    "latin-1": lambda t: t.encode().decode("latin-1"),
    "cp1252 with C1": _cp1252,
    "cp437": lambda t: t.encode().decode("cp437"),
    "cp850": lambda t: t.encode().decode("cp850"),
    "decomposed": lambda t: unicodedata.normalize("NFD", t),
    "percent": lambda t: "".join(chr(b) if b < 128 else f"%{b:02X}" for b in t.encode()),
    "percent, pipes too": lambda t: quote(t),
    "caps lock": str.swapcase,
    "typed bytes": lambda t: "".join(chr(b) if b < 128 else f"0{b:03d}" for b in t.encode()),
    "entities": lambda t: "".join(c if ord(c) < 128 else f"&#{ord(c)};" for c in t),
}


@pytest.mark.parametrize("payload", CARDS)
def test_a_clean_card(payload: str) -> None:
    scan = route(payload)
    assert (scan.kind, scan.fields, scan.repaired, scan.missing) == (
        "citizen_card",
        CARDS[payload],
        False,
        (),
    )


@pytest.mark.parametrize("garble", GARBLES)
@pytest.mark.parametrize("payload", CARDS)
def test_a_garbled_card_is_mended_and_says_so(payload: str, garble: str) -> None:
    scan = route(GARBLES[garble](payload))
    assert (scan.fields, scan.repaired) == (CARDS[payload], True)


LETTERS = (
    "".join(
        unicodedata.normalize("NFC", vowel + mark)
        for vowel in "AĂÂEÊIOÔƠUƯYaăâeêioôơuưy"
        for mark in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
    )
    + "Đđ"
)


@pytest.mark.parametrize("garble", GARBLES)
def test_each_letter_alone_survives_every_garbling(garble: str) -> None:
    read = {
        letter: route(
            GARBLES[garble](f"045190001234||H{letter}|05031990|Nữ|Thôn Ta Đủ, Quảng Trị|10052021")
        ).fields.get("name")
        for letter in LETTERS
    }
    assert read == {letter: f"H{letter}" for letter in LETTERS}


@given(st.text(LETTERS, min_size=1, max_size=20), st.sampled_from(sorted(GARBLES)))
@example("Ỹ", "cp850")  # its last byte is © there, which is another letter's byte elsewhere
def test_every_letter_survives_every_garbling(name: str, garble: str) -> None:
    name = f"H{name}"  # no name is made of accented letters alone
    payload = f"045190001234||{name}|05031990|Nữ|Thôn Ta Đủ, Quảng Trị|10052021"
    scan = route(GARBLES[garble](payload))
    assert scan.fields["name"] == name


@pytest.mark.parametrize("payload", CARDS)
def test_lost_letters_are_never_invented(payload: str) -> None:
    scan = route("".join(c for c in payload if ord(c) < 128))
    assert scan.missing == ("name", "address")
    assert "name" not in scan.fields
    kept = ("personal_number", "born_on", "sex")
    assert [scan.fields[key] for key in kept] == [CARDS[payload][key] for key in kept]


def test_a_card_of_2024_with_more_fields() -> None:
    payload = "045190001234||HỒ THỊ A|05031990|Nữ|Thôn Ta Đủ, Quảng Trị|10052025||HỒ VĂN B|HỒ THỊ C"
    assert route(payload).fields["issued_on"] == "2025-05-10"
    without = "045190001234||HỒ THỊ A|05031990|Nữ|Thôn Ta Đủ, Quảng Trị"
    assert "issued_on" not in route(without).fields


def test_bare_codes_however_typed() -> None:
    assert route(" h50.99.01-261120-2014 ").fields == {"code": "H50.99.01-261120-2014"}
    assert route("H50.99.01-261320-2014").kind == "unknown"


def test_a_health_card_is_known_and_nothing_of_it_kept() -> None:
    scan = route("HT2450123456789|48e1bb93|05/03/1990|2|0000|45-001|-|01/01/2024|10/01/2024|")
    assert (scan.kind, scan.fields) == ("health_card", {})


@given(st.one_of(st.text(), st.binary()))
def test_of_anything_else_only_the_length_is_kept(payload: str | bytes) -> None:
    scan = route(payload)
    if scan.kind == "unknown":
        assert set(scan.fields) == {"length"}
