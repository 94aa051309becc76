"""Pad numbers and their QR: unique, signed, safe to type, and nobody's data."""

import re
from datetime import datetime
from itertools import combinations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from counter_app.domain.pad_code import PadCode, PadNumber, decode_pad, mark_of
from counter_app.domain.scan import route
from counter_app.domain.slip_code import (
    ALPHABET,
    KnownKey,
    SlipCode,
    Verdict,
    applicant_check,
    decode,
    judge,
    to_base28,
)
from counter_app.keys.device import DeviceSigner, verify

SIGNER = DeviceSigner(Ed25519PrivateKey.generate().private_bytes_raw())
KEY = KnownKey(SIGNER.key_id, SIGNER.public_key, SIGNER.device_id, 2)
KEYS = {SIGNER.key_id: KEY}
NUMBER = "P2-7K3-0042"


def pad(number: str = NUMBER) -> PadCode:
    unsigned = PadCode(number, datetime(2026, 11, 20, 9, 24), SIGNER.key_id)
    signature = SIGNER.sign(unsigned.signed_bytes())
    return PadCode(unsigned.number, unsigned.printed_at, unsigned.key_id, signature)


@pytest.mark.parametrize("typed", [NUMBER, "p2-7k3-0042", " P2-7K3 -0042 "])
def test_a_number_is_read_however_it_is_typed(typed: str) -> None:
    number = PadNumber.parse(typed)

    assert number == PadNumber(2, "7K3", 42)
    assert str(number) == NUMBER


@pytest.mark.parametrize(
    "typed",
    [
        "", "7K3-0042", "P0-7K3-0042", "P2-7K3-0000", "P2-7K3-42", "P2-7K3-00042", "P2-7A3-0042",
        "P2-7K-0042", "P27K30042", "H50.99.01-261120-2001", "P2-7K3-0042-1", "P2-7K3-٠٠٤٢",
    ],
)  # fmt: skip
def test_what_is_no_number_is_none(typed: str) -> None:
    assert PadNumber.parse(typed) is None


@given(st.integers(1, 9), st.text(ALPHABET, min_size=3, max_size=3), st.integers(1, 999_999))
def test_every_number_comes_back(counter_no: int, mark: str, running: int) -> None:
    number = PadNumber(counter_no, mark, running)

    assert PadNumber.parse(str(number)) == number


def test_the_payload_comes_back_and_its_letters_are_left_alone() -> None:
    payload = pad().encode()

    assert set(payload) <= set(ALPHABET)
    assert decode_pad(payload) == pad()
    assert decode_pad(payload.lower()) == pad()
    assert decode_pad(f"HTTPS://TRACUU.VN/R/{payload}") == pad()


def test_a_scan_says_what_it_is_and_whose() -> None:
    scan = route(pad().encode() + "\r\n")

    assert scan.kind == "pad_slip"
    assert scan.fields["number"] == NUMBER
    assert scan.fields["key_id"] == SIGNER.key_id
    # a number typed by hand, or read off a label
    assert route("p2-7k3-0042").fields == {"number": NUMBER}


def test_the_signature_is_judged_like_that_of_a_slip() -> None:
    assert judge(pad(), KEYS, verify) is Verdict.GREEN
    assert judge(pad(), {}, verify) is Verdict.AMBER
    forged = PadCode("P2-7K3-0043", pad().printed_at, SIGNER.key_id, pad().signature)
    assert judge(forged, KEYS, verify) is Verdict.RED
    for revoked, verdict in ((2027, Verdict.AMBER), (2025, Verdict.RED)):
        key = KnownKey(
            KEY.key_id, KEY.public_key, KEY.device_id, 2, revoked_at=datetime(revoked, 1, 1)
        )
        assert judge(pad(), {KEY.key_id: key}, verify) is verdict


def test_a_pad_slip_is_no_receipt_and_a_receipt_no_pad_slip() -> None:
    code = "H50.99.01-261120-2014"
    moment = datetime(2026, 11, 20, 9, 24)
    check = applicant_check(code, "Hồ Thị Nguyệt", None)
    unsigned = SlipCode(code, 1, moment, moment, SIGNER.key_id, check)
    receipt = to_base28(unsigned.body() + SIGNER.sign(unsigned.signed_bytes()))

    assert decode(receipt) is not None
    assert decode_pad(receipt) is None
    assert decode(pad().encode()) is None
    # the same bytes under the other's context: a signature cannot be carried over
    stolen = PadCode(NUMBER, moment, SIGNER.key_id, SIGNER.sign(b"slip/v1" + pad().body()))
    assert judge(stolen, KEYS, verify) is Verdict.RED


@given(st.integers(0, 139), st.sampled_from(ALPHABET))
def test_whoever_changes_a_sign_is_found_out(at: int, put: str) -> None:
    payload = pad().encode()
    at %= len(payload)
    changed = payload[:at] + put + payload[at + 1 :]
    found = decode_pad(changed)

    assert changed == payload or found is None or judge(found, KEYS, verify) is not Verdict.GREEN


def test_marks_are_in_the_alphabet_and_differ_between_lives() -> None:
    marks = [mark_of("c-1", f"doi-{life}") for life in range(50)]

    assert all(re.fullmatch(f"[{ALPHABET}]{{3}}", mark) for mark in marks)
    same = sum(one == other for one, other in combinations(marks, 2))
    assert same <= 1
    assert mark_of("c-1", "doi-1") == mark_of("c-1", "doi-1")
    assert mark_of("c-1", "doi-1") != mark_of("c-1", "doi-1", 1)
