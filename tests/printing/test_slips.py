"""Slips judged by a decoder that is not ours, and texts that command nothing."""

from collections import Counter as Multiset
from dataclasses import replace
from datetime import datetime

import pytest
import zxingcpp
from conftest import draft
from PIL import Image

from counter_app.bootstrap import Counter
from counter_app.domain.events import ReceivedComponent
from counter_app.domain.officer import Officer
from counter_app.domain.printer import WIDTHS, Profile
from counter_app.domain.receipt import Receipt
from counter_app.domain.slip_code import decode as decode_slip
from counter_app.printing.escpos import job_bytes
from counter_app.printing.qr import MODULE, slip_modules
from counter_app.printing.slip import draw_slip
from counter_app.printing.virtual import decode
from counter_app.services.results import Accepted


@pytest.fixture
def receipt(counter: Counter, officer: Officer) -> Receipt:
    made = counter.intake.accept(draft(), officer)
    assert isinstance(made, Accepted)
    return counter.prints.receipt(made.dossier_id)[0]


def inked_rows(image: Image.Image) -> list[bytes]:
    """Rows with anything on them."""
    stride = image.width // 8
    rows = image.tobytes()
    blank = b"\xff" * stride
    cut = (rows[at : at + stride] for at in range(0, len(rows), stride))
    return [row for row in cut if row != blank]


def read_qr(image: Image.Image) -> str:
    (found,) = zxingcpp.read_barcodes(image.convert("L"))
    return found.text


@pytest.mark.parametrize("host", ["", "TRACUU.QUANGTRI.VN", "x" * 32])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_qr_reads_off_the_paper(receipt: Receipt, width: int, host: str) -> None:
    job = job_bytes(draw_slip(replace(receipt, lookup_host=host), width, 0), Profile(width=width))
    text = read_qr(decode(job).image())
    slip = decode_slip(text)
    assert slip is not None
    assert (slip.code, slip.receipt_no) == (receipt.code, 1)
    assert slip.due_at == datetime(2026, 11, 26, 17, 0)
    assert text.startswith(f"HTTPS://{host.upper()}/R/") == bool(host)


def test_modules_are_never_small(receipt: Receipt) -> None:
    for host in ("", "x" * 32):
        assert len(slip_modules(receipt.qr, host)) <= 49
    assert MODULE >= 6
    # longer than any code: the host goes first, then the level, never the modules
    longer = receipt.qr + "0" * 40
    assert len(slip_modules(longer, "x" * 32)) <= 49


@pytest.mark.parametrize("width", WIDTHS)
def test_what_is_sent_is_what_was_drawn(receipt: Receipt, width: int) -> None:
    drawn = draw_slip(receipt, width, 0)
    for skip in (False, True):
        paper = decode(job_bytes(drawn, Profile(width=width, skip_blank=skip))).image()
        printed, wanted = inked_rows(paper), inked_rows(drawn)
        assert len(printed) == len(wanted)
        # here and there a lone dot is drawn two dots wide: it would have been a command
        differing = sum(
            (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).bit_count()
            for a, b in zip(printed, wanted, strict=True)
        )
        assert differing < 30


def test_skipping_blank_rows_saves_bytes(receipt: Receipt) -> None:
    drawn = draw_slip(receipt, 576, 0)
    whole = len(job_bytes(drawn, Profile()))
    assert len(job_bytes(drawn, Profile(skip_blank=True))) < 0.75 * whole


def test_strips_are_never_a_multiple_of_48_rows() -> None:
    for height in (48, 96, 128, 176, 224, 300, 384):
        image = Image.new("1", (384, height), 0)
        job = job_bytes(image, Profile(width=384))
        at = job.find(b"\x1dv0\x00")
        while at >= 0:
            rows = int.from_bytes(job[at + 6 : at + 8], "little")
            assert rows % 48
            assert rows <= 129
            at = job.find(b"\x1dv0\x00", at + 8 + rows * 48)


@pytest.mark.parametrize("pattern", [b"\x10\x04", b"\x10\x05", b"\x10\x14"])
def test_no_real_time_command_hides_in_a_picture(pattern: bytes) -> None:
    stride = 48
    inside = bytearray(stride * 200)
    for row in range(0, 200, 3):
        inside[row * stride + 10 : row * stride + 12] = pattern
    for row in range(1, 199, 7):
        # across the end of a row
        inside[row * stride + stride - 1] = pattern[0]
        inside[(row + 1) * stride] = pattern[1]
    image = Image.frombytes("1", (384, 200), bytes(byte ^ 0xFF for byte in inside))
    job = job_bytes(image, Profile(width=384))
    at = job.find(b"\x1dv0\x00")
    strips = 0
    while at >= 0:
        rows = int.from_bytes(job[at + 6 : at + 8], "little")
        assert pattern not in job[at + 8 : at + 8 + rows * stride]
        strips += 1
        at = job.find(b"\x1dv0\x00", at + 8 + rows * stride)
    assert strips > 2


HOSTILE = (
    "HỒ\x1bp\x00\x19\x19\x1dVB\x00\x10\x14\x01"
    + "".join(chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0x202E, 0x200B))
    + "THỊ NGUYỆT"
)


def test_a_hostile_name_commands_nothing(counter: Counter, officer: Officer) -> None:
    def commands(name: str) -> Multiset[bytes]:
        made = counter.intake.accept(draft(name=name), officer)
        assert isinstance(made, Accepted)
        receipt = counter.prints.receipt(made.dossier_id)[0]
        # the same length of paper: only the name differs
        printed = decode(job_bytes(draw_slip(receipt, 576, 0), Profile()))
        return Multiset(command[:2] for command in printed.commands)

    assert commands(HOSTILE) == commands("HỒ p VB THỊ NGUYỆT")


def test_long_texts_wrap_and_nothing_is_lost(receipt: Receipt) -> None:
    components = tuple(
        ReceivedComponent(f"g{n}", f"Giấy tờ số {n} có tên rất dài để phải xuống dòng", 1)
        for n in range(30)
    )
    longest = replace(
        receipt,
        applicant_name="W" * 120,
        address="Thôn Ta Đủ, " * 25,
        components=components,
        representative_name="HỒ THỊ " * 15,
        note="Ghi chú dài " * 40,
    )
    for width in (384, 576):
        drawn = draw_slip(longest, width, 0)
        assert drawn.height > draw_slip(receipt, width, 0).height + 30 * 20
        # nothing touches the right edge: what is wide was wrapped
        edge = drawn.crop((width - 2, 0, width, drawn.height))
        marks = edge.histogram()[0]
        assert marks <= 2 * 2


def test_a_reprint_says_so_and_is_otherwise_the_same(receipt: Receipt) -> None:
    first, second = draw_slip(receipt, 576, 0), draw_slip(receipt, 576, 1)
    assert second.height > first.height
    assert read_qr(first) == read_qr(second)
    tail = first.height // 2
    assert (
        first.crop((0, first.height - tail, 576, first.height)).tobytes()
        == second.crop((0, second.height - tail, 576, second.height)).tobytes()
    )
