"""The signed payload of a slip: whoever changes a bit of it is found out."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from counter_app.domain.code import DossierCode, seq_of
from counter_app.domain.slip_code import (
    ALPHABET,
    KnownKey,
    SlipCode,
    Verdict,
    applicant_check,
    decode,
    judge,
    key_id_of,
)
from counter_app.keys.device import DeviceSigner, verify

SIGNER = DeviceSigner(Ed25519PrivateKey.generate().private_bytes_raw())
KEYS = {SIGNER.key_id: KnownKey(SIGNER.key_id, SIGNER.public_key, SIGNER.device_id, 2)}


def slip(code: str = "H50.99.01-261120-2014", receipt_no: int = 1) -> SlipCode:
    unsigned = SlipCode(
        code,
        receipt_no,
        datetime(2026, 11, 20, 9, 24),
        datetime(2026, 11, 26, 17, 0),
        SIGNER.key_id,
        applicant_check(code, "Hồ Thị Nguyệt", "045190001234"),
    )
    return SlipCode(
        *(getattr(unsigned, name) for name in unsigned.__slots__[:-1]),
        SIGNER.sign(unsigned.signed_bytes()),
    )


def test_a_slip_comes_back_as_it_was() -> None:
    assert decode(slip().encode()) == slip()
    assert decode("HTTPS://TRACUU.VN/R/" + slip().encode()) == slip()
    assert decode(slip().encode().lower()) == slip()


def test_the_alphabet_leaves_input_methods_alone() -> None:
    assert not set(ALPHABET) & set("AEIOUYDW")
    assert set(slip().encode()) <= set(ALPHABET)


def test_a_known_key_is_green_an_unknown_one_amber() -> None:
    assert judge(slip(), KEYS, verify) is Verdict.GREEN
    assert judge(slip(), {}, verify) is Verdict.AMBER
    assert judge(slip(), None, verify) is Verdict.AMBER


def test_a_revoked_key_is_amber_for_before_and_red_for_after() -> None:
    for revoked, verdict in ((2027, Verdict.AMBER), (2025, Verdict.RED)):
        key = KnownKey(
            SIGNER.key_id, SIGNER.public_key, "", 2, revoked_at=datetime(revoked, 1, 1, tzinfo=UTC)
        )
        assert judge(slip(), {SIGNER.key_id: key}, verify) is verdict


@pytest.mark.parametrize(
    ("revoked", "verdict"),
    [("2026-11-20T02:25+00:00", Verdict.AMBER), ("2026-11-20T02:23+00:00", Verdict.RED)],
)
def test_the_moment_of_revocation_is_compared_in_the_clock_of_the_slip(
    revoked: str, verdict: Verdict
) -> None:
    # the slip was signed at 09:24 in Vietnam, 02:24 in UTC
    at = datetime.fromisoformat(revoked)
    key = KnownKey(SIGNER.key_id, SIGNER.public_key, "", 2, revoked_at=at)

    assert judge(slip(), {SIGNER.key_id: key}, verify) is verdict


def test_no_flipped_bit_is_green() -> None:
    raw = slip().body() + slip().signature
    number = int.from_bytes(raw, "big")
    for bit in range(len(raw) * 8):
        changed = number ^ (1 << bit)
        digits = []
        while changed:
            changed, digit = divmod(changed, 28)
            digits.append(ALPHABET[digit])
        found = decode("".join(reversed(digits)))
        if found is not None:
            assert judge(found, KEYS, verify) is not Verdict.GREEN


@given(st.text(ALPHABET, max_size=260))
def test_no_text_breaks_the_reader(text: str) -> None:
    found = decode(text)
    assert found is None or judge(found, KEYS, verify) is not Verdict.GREEN


def test_another_name_does_not_fit() -> None:
    code = "H50.99.01-261120-2014"
    assert applicant_check(code, "HỒ THỊ NGUYỆT", "045190001234") == slip().applicant_check
    assert applicant_check(code, "Hồ Thị Nga", "045190001234") != slip().applicant_check
    assert applicant_check(code, "Hồ Thị Nguyệt", "045190001235") != slip().applicant_check


def test_key_ids_are_the_first_bytes_of_a_hash() -> None:
    assert key_id_of(SIGNER.public_key) == SIGNER.key_id
    assert len(SIGNER.key_id) == 8


@pytest.mark.parametrize(
    ("counter", "block", "number", "seq"),
    [
        (2, None, 1, "2001"),
        (2, None, 999, "2999"),
        (2, None, 1000, "21000"),
        (2, 417, 7, "2417007"),
    ],
)
def test_running_numbers(counter: int, block: int | None, number: int, seq: str) -> None:
    assert seq_of(counter, block, number) == seq


@pytest.mark.parametrize(("block", "number"), [(None, 0), (None, 10_000), (417, 1000)])
def test_numbers_that_do_not_fit_are_never_written(block: int | None, number: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        seq_of(2, block, number)


@pytest.mark.parametrize(
    "code", ["000.17.22.H56-210531-0001", "H15.50.05.13-261008-0975", "H57.132-260804-0583"]
)
def test_codes_of_the_whole_country(code: str) -> None:
    assert str(DossierCode.parse(code)) == code


@pytest.mark.parametrize(
    "code", ["H50-261301-0001", "50.99-261120-2001", "H50.99.01-261120-201", ""]
)
def test_what_is_no_code(code: str) -> None:
    assert DossierCode.parse(code) is None
