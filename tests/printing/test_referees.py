"""Judges of paper that did not draw it: pictures kept from before, another decoder, worn paper."""

from collections import Counter as Multiset
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zxingcpp
from pdf import text_of
from PIL import Image, ImageChops
from printing.contents import appointment, every_slip, receipt
from printing.test_form_geometry import FORMS, drawn

from benchmarks.worn import WEAR, read_of
from counter_app.domain.form_content import sample
from counter_app.domain.form_kinds import KINDS
from counter_app.domain.printer import WIDTHS, Profile
from counter_app.domain.slips import SlipContent
from counter_app.printing.escpos import job_bytes
from counter_app.printing.qr import MODULE
from counter_app.printing.slip import draw_slip
from counter_app.printing.virtual import decode

GOLDEN = Path(__file__).parents[1] / "data" / "slips"
KEPT = ("receipt", "visit", "ticket", "appointment", "pad")
SLIPS = every_slip()


def paper_of(content: SlipContent, width: int, copy_no: int = 0) -> Image.Image:
    """What comes out of a printer that takes our bytes."""
    picture = draw_slip(content, width, copy_no)
    return decode(job_bytes(picture, Profile(width=width))).image()


@pytest.mark.parametrize("width", [384, 576])
@pytest.mark.parametrize("name", KEPT)
def test_a_slip_looks_as_it_did(name: str, width: int) -> None:
    """Where a look was changed on purpose: delete the picture, run, look at the new one, keep it."""
    kept = GOLDEN / f"{name}-{width}.png"
    paper = paper_of(SLIPS[name], width)
    if not kept.exists():
        kept.parent.mkdir(exist_ok=True)
        paper.convert("1").save(kept, optimize=True)
        pytest.fail(f"{kept.name} was not there; look at the new one and keep it")
    golden = Image.open(kept)
    assert paper.size == golden.size
    assert ImageChops.difference(paper.convert("L"), golden.convert("L")).getbbox() is None


def test_a_moved_dot_is_seen() -> None:
    paper = paper_of(receipt(), 384)
    other = paper_of(receipt(phone="0912000346"), 384)
    assert paper.size == other.size
    assert ImageChops.difference(paper.convert("L"), other.convert("L")).getbbox() is not None


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("copy_no", [0, 1])
def test_another_decoder_reads_every_kind_of_slip_off_the_paper(width: int, copy_no: int) -> None:
    for name, content in SLIPS.items():
        payload = getattr(content, "qr", None)
        if name == "appointment":
            payload = "L2-261123-007"
        read = zxingcpp.read_barcodes(paper_of(content, width, copy_no).convert("L"))
        wanted = [payload] if payload else []
        assert [found.text.rpartition("/")[2] for found in read] == wanted, name


# ---- hostile names ------------------------------------------------------------------------------

CLEAN = "HỒ p VB THỊ NGUYỆT"
HOSTILE = (
    "HỒ\x1bp\x00\x19\x19\x1dVB\x00\x10\x14\x01"
    + "".join(chr(code) for code in (*range(0x20), *range(0x7F, 0xA0), 0x202E, 0x200B))
    + "THỊ NGUYỆT"
)


@pytest.mark.parametrize("width", [384, 576])
def test_a_hostile_name_gives_the_bytes_of_a_clean_one(width: int) -> None:
    """On every slip that somebody's words stand on."""

    def jobs(name: str) -> list[bytes]:
        slips = (
            receipt(applicant_name=name, representative_name=name, address=name, note=name),
            receipt(officer=name, others=(receipt("H50.99.01-261120-2015", applicant_name=name),)),
            appointment(name=name),
        )
        return [job_bytes(draw_slip(slip, width, 0), Profile(width=width)) for slip in slips]

    assert jobs(HOSTILE) == jobs(CLEAN)
    assert jobs(HOSTILE) != jobs("HỒ THỊ NGUYỆT")


@pytest.mark.parametrize(("form_set", "form"), FORMS)
def test_a_hostile_name_is_the_same_letters_on_every_form(form_set: str, form: str) -> None:
    content = sample(KINDS[form])

    def words(name: str) -> Multiset[str]:
        filled = replace(
            content,
            letterhead=(name, name),
            fields=dict.fromkeys(content.fields, name),
            tables={
                table: tuple(tuple(name for _ in row) for row in rows)
                for table, rows in content.tables.items()
            },
            made_at=datetime(2026, 11, 20, tzinfo=UTC),
        )
        return Multiset(text_of(drawn(form_set, form, filled, "a4")))

    assert words(HOSTILE) == words(CLEAN)


# ---- worn paper ---------------------------------------------------------------------------------


@pytest.mark.parametrize("wear", WEAR)
def test_worn_codes_are_read_and_smaller_modules_would_not_be(wear: str) -> None:
    assert read_of(wear, MODULE, 10) >= 7
    assert read_of(wear, 3, 10) == 0
