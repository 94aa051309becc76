"""What a scanner reads at the desk: whose slip it is, whether it is genuine, what it opens."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from services.desk import Desk, moment, person

from counter_app.domain.slip_code import ALPHABET, KnownKey, SlipCode, applicant_check
from counter_app.services.scans import Judged

MakeDesk = Callable[..., Desk]


def slip(desk: Desk, dossier_id: str) -> str:
    """The payload of the slip's QR."""
    return desk.counter.prints.receipt(dossier_id)[0].qr


def trust(desk: Desk, other: Desk, revoked: str | None = None) -> None:
    """The key list has the other counter's key."""
    signer = other.counter.signer
    key = KnownKey(
        signer.key_id,
        signer.public_key,
        signer.device_id,
        3,
        None,
        moment(revoked) if revoked else None,
    )
    with desk.counter.store.write() as books:
        books.settings.put_key(key)


# ---- our own slips -----------------------------------------------------------------------------


def test_an_own_slip_is_green_and_opens_its_dossier(desk: Desk) -> None:
    made = desk.accept()
    desk.accept(applicant=person("LÊ VĂN ĐẠT"))

    judged = desk.counter.scans.judge(slip(desk, made.dossier_id))

    assert judged == Judged(judged.scan, judged.verdict, made.dossier_id)
    assert judged.verdict == "GREEN"
    assert judged.scan.kind == "slip"
    assert judged.scan.fields == {
        "code": made.code,
        "receipt_no": "1",
        "received_at": "2026-11-20T09:24",
        "due_at": "2026-11-26T17:00",
        "key_id": desk.counter.signer.key_id,
    }


@pytest.mark.parametrize("dress", ["{}", "HTTPS://TRACUU.VN/R/{}", "  {}\r\n", "{small}", "bytes"])
def test_a_slip_reads_the_same_however_the_scanner_types_it(desk: Desk, dress: str) -> None:
    made = desk.accept()
    payload = slip(desk, made.dossier_id)
    read = payload.encode() if dress == "bytes" else dress.format(payload, small=payload.lower())

    judged = desk.counter.scans.judge(read)

    assert (judged.verdict, judged.dossier_id) == ("GREEN", made.dossier_id)


def test_a_slip_names_no_person(desk: Desk) -> None:
    made = desk.accept()

    fields = desk.counter.scans.judge(slip(desk, made.dossier_id)).scan.fields

    for secret in ("NGUYỆT", "nguyet", "045190001234", "0912000345", "Ta Đủ"):
        assert secret not in str(fields)


@pytest.mark.parametrize("way", [(), ("transfer",), ("complete",), ("complete", "return")])
def test_a_slip_is_judged_by_its_signature_whatever_became_of_the_dossier(
    desk: Desk, way: tuple[str, ...]
) -> None:
    made = desk.accept()
    payload = slip(desk, made.dossier_id)
    for action in way:
        desk.do(made.dossier_id, action)

    judged = desk.counter.scans.judge(payload)

    assert (judged.verdict, judged.replaced, judged.mismatch) == ("GREEN", False, False)


def test_a_wait_that_moved_the_date_leaves_the_printed_slip_in_force(desk: Desk) -> None:
    made = desk.accept()
    payload = slip(desk, made.dossier_id)
    desk.do(made.dossier_id, "request-payment", amount=1, reason="Phí")
    desk.clock.move(days=7)
    desk.do(made.dossier_id, "receive-payment")

    judged = desk.counter.scans.judge(payload)

    assert (judged.verdict, judged.replaced, judged.mismatch) == ("GREEN", False, False)
    assert slip(desk, made.dossier_id) == payload


# ---- slips of others ------------------------------------------------------------------------------


def test_a_slip_of_an_unknown_key_is_amber_and_never_red(make_desk: MakeDesk) -> None:
    here, there = make_desk(2), make_desk(3)

    judged = here.counter.scans.judge(slip(there, there.accept().dossier_id))

    assert (judged.verdict, judged.dossier_id) == ("AMBER", None)


def test_a_slip_of_a_neighbour_in_the_key_list_is_green(make_desk: MakeDesk) -> None:
    here, there = make_desk(2), make_desk(3)
    payload = slip(there, there.accept().dossier_id)
    trust(here, there)

    judged = here.counter.scans.judge(payload)

    # its dossier has not come here yet
    assert (judged.verdict, judged.dossier_id) == ("GREEN", None)


@pytest.mark.parametrize(
    ("revoked", "verdict"), [("2026-12-01T00:00", "AMBER"), ("2026-11-01T00:00", "RED")]
)
def test_a_revoked_key_is_amber_for_what_it_signed_before_and_red_after(
    make_desk: MakeDesk, revoked: str, verdict: str
) -> None:
    here, there = make_desk(2), make_desk(3)
    payload = slip(there, there.accept().dossier_id)
    trust(here, there, revoked)

    assert here.counter.scans.judge(payload).verdict == verdict


def test_a_neighbours_signature_over_our_code_is_noticed(make_desk: MakeDesk) -> None:
    here, there = make_desk(2), make_desk(3)
    trust(here, there)
    made = here.accept()
    unsigned = SlipCode(
        made.code,
        1,
        made.received_at,
        made.due_at,
        here.counter.signer.key_id,
        applicant_check(made.code, "HỒ THỊ NGUYỆT", "045190001234"),
    )
    forged = replace(unsigned, signature=there.counter.signer.sign(unsigned.signed_bytes()))

    assert here.counter.scans.judge(forged.encode()).verdict == "RED"


# ---- replaced, altered ------------------------------------------------------------------------------


def test_a_replaced_slip_says_so_and_the_one_in_force_does_not(desk: Desk) -> None:
    made = desk.accept()
    old = slip(desk, made.dossier_id)
    desk.do(made.dossier_id, "correct", applicant={"phone": "0912000999"}, reason="Ghi nhầm")
    new = slip(desk, made.dossier_id)

    judged = [desk.counter.scans.judge(payload) for payload in (old, new)]

    assert [(j.verdict, j.replaced, j.mismatch) for j in judged] == [
        ("GREEN", True, False),
        ("GREEN", False, False),
    ]


def signed(desk: Desk, code: str, name: str, number: str | None) -> str:
    """A slip that this very device signed, for whoever is named."""
    unsigned = SlipCode(
        code,
        1,
        moment("2026-11-20T09:24"),
        moment("2026-11-26T17:00"),
        desk.counter.signer.key_id,
        applicant_check(code, name, number),
    )
    signature = desk.counter.signer.sign(unsigned.signed_bytes())
    return replace(unsigned, signature=signature).encode()


@pytest.mark.parametrize(
    ("name", "number", "mismatch"),
    [
        ("HỒ THỊ NGUYỆT", "045190001234", False),
        ("hồ thị nguyệt", "999990001234", False),  # folded name, last four digits
        ("HỒ THỊ NGUYỆN", "045190001234", True),
        ("HỒ THỊ NGUYỆT", "045190001235", True),
        ("HỒ THỊ NGUYỆT", None, True),
    ],
)
def test_a_slip_issued_to_another_name_or_number_is_a_mismatch(
    desk: Desk, name: str, number: str | None, mismatch: bool
) -> None:
    made = desk.accept()

    judged = desk.counter.scans.judge(signed(desk, made.code, name, number))

    assert (judged.verdict, judged.dossier_id) == ("GREEN", made.dossier_id)
    assert judged.mismatch == mismatch


@pytest.fixture
def shared(make_desk: MakeDesk) -> Desk:
    return make_desk()


@given(at=st.integers(0, 400), put=st.sampled_from(ALPHABET))
@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_changed_letter_of_a_slip_is_green(shared: Desk, at: int, put: str) -> None:
    (row,) = shared.counter.search.find("20/11") or (None,)
    dossier_id = row.id if row else shared.accept().dossier_id
    payload = slip(shared, dossier_id)
    at %= len(payload)
    changed = payload[:at] + put + payload[at + 1 :]

    judged = shared.counter.scans.judge(changed)

    assert (judged.verdict == "GREEN") == (changed == payload)


def test_a_slip_cut_short_or_run_together_is_not_green(desk: Desk) -> None:
    payload = slip(desk, desk.accept().dossier_id)

    for read in (payload[:-1], payload[1:], payload * 2, payload + "0", payload[::-1], ""):
        assert desk.counter.scans.judge(read).verdict != "GREEN"


# ---- everything else --------------------------------------------------------------------------


def test_a_typed_code_opens_its_dossier_without_a_verdict(desk: Desk) -> None:
    made = desk.accept()

    for typed in (made.code, made.code.lower(), f" {made.code}\r"):
        judged = desk.counter.scans.judge(typed)
        assert (judged.scan.kind, judged.verdict) == ("dossier_code", None)
        assert judged.dossier_id == made.dossier_id
    unknown = desk.counter.scans.judge("H50.99.01-261120-2999")
    assert (unknown.scan.kind, unknown.dossier_id) == ("dossier_code", None)


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
    "045085000777||PẢ KƯNG|01011985|Nam|Bản Cuôi, Hướng Lập, Hướng Hóa, Quảng Trị|15082021|": {
        "personal_number": "045085000777",
        "name": "PẢ KƯNG",
        "born_on": "1985-01-01",
        "sex": "male",
        "address": "Bản Cuôi, Hướng Lập, Hướng Hóa, Quảng Trị",
        "issued_on": "2021-08-15",
    },
}


@pytest.mark.parametrize("payload", CARDS)
def test_a_citizen_card_gives_its_fields_and_opens_nothing(desk: Desk, payload: str) -> None:
    desk.accept()

    for read in (payload, payload.encode()):
        judged = desk.counter.scans.judge(read)
        assert judged.scan.kind == "citizen_card"
        assert judged.scan.fields == CARDS[payload]
        assert (judged.verdict, judged.dossier_id, judged.scan.repaired) == (None, None, False)


@pytest.mark.parametrize(
    "payload", ["", "xin chào", "https://vneid.gov.vn/abc", "1234", "|||||||", "\x00\xff"]
)
def test_what_is_not_ours_opens_nothing_and_keeps_nothing(desk: Desk, payload: str) -> None:
    before = {table: desk.count(table) for table in ("event_log", "draft", "dossier")}

    judged = desk.counter.scans.judge(payload)

    assert (judged.scan.kind, judged.verdict, judged.dossier_id) == ("unknown", None, None)
    assert judged.scan.fields == {"length": str(len(payload.strip()))}
    assert {table: desk.count(table) for table in before} == before
