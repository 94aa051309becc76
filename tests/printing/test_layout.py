"""Where things stand on a slip: nothing on something else, nothing off the paper, nothing lost."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from printing.contents import every_slip, pad, receipt

from counter_app.domain.events import ReceivedComponent
from counter_app.domain.printer import WIDTHS
from counter_app.domain.receipt import Receipt
from counter_app.printing.blocks import Blank, Block, Line, Mark, Pair
from counter_app.printing.layout import slip_blocks
from counter_app.printing.letters import font, length
from counter_app.printing.place import Bar, Code, Dots, Frame, Placed, Text, place
from counter_app.printing.qr import MODULE, QUIET
from counter_app.printing.slip import draw_slip, paint

Edges = tuple[int, int, int, int]
"""Left, top, right, bottom; the last two are the first dots outside."""

SLIPS = every_slip()


def ink(piece: Text) -> Edges | None:
    """Where the letters themselves are black."""
    left, top, right, bottom = piece.letters.getbbox(piece.text)
    if left >= right or top >= bottom:
        return None
    return (
        int(piece.left + left),
        int(piece.top + top),
        int(piece.left + right),
        int(piece.top + bottom),
    )


def apart(one: Edges, other: Edges) -> bool:
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def edges_of(placed: Placed) -> tuple[list[tuple[str, Edges]], list[tuple[str, Edges]]]:
    """What must stand alone, and what must lie on the paper."""
    alone: list[tuple[str, Edges]] = []
    inside: list[tuple[str, Edges]] = []
    for piece in placed.pieces:
        match piece:
            case Text():
                if (found := ink(piece)) is not None:
                    alone.append((piece.text, found))
            case Dots():
                edges = (piece.left, piece.top, piece.right + 1, piece.bottom + 1)
                alone.append(("dots", edges))
            case Code():
                side = len(piece.modules) * MODULE
                quiet = QUIET * MODULE
                code = (piece.left, piece.top, piece.left + side, piece.top + side)
                zone = (code[0] - quiet, code[1] - quiet, code[2] + quiet, code[3] + quiet)
                alone.append(("code and its quiet zone", zone))
                inside.append(("code and its quiet zone", zone))
            case Bar() | Frame():
                edges = (piece.left, piece.top, piece.right + 1, piece.bottom + 1)
                inside.append((type(piece).__name__, edges))
    return alone, [*inside, *alone]


def faults_of(placed: Placed) -> list[str]:
    """Everything that stands on something else or off the paper."""
    alone, inside = edges_of(placed)
    paper = (0, 0, placed.width, placed.height)
    found = [
        f"“{name}” leaves the paper: {at}"
        for name, at in inside
        if at[0] < paper[0] or at[1] < paper[1] or at[2] > paper[2] or at[3] > paper[3]
    ]
    for place_, (name, at) in enumerate(alone):
        found += [
            f"“{name}” on “{other}”"
            for other, there in alone[place_ + 1 :]
            if not (name == other == "dots") and not apart(at, there)
        ]
    return found


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", SLIPS)
@pytest.mark.parametrize("copy_no", [0, 12])
def test_nothing_stands_on_something_else(name: str, width: int, copy_no: int) -> None:
    assert faults_of(place(slip_blocks(SLIPS[name], copy_no), width)) == []


NAMES = st.text("ẮẶẾỆỐỘỰỶỴĐgjpqyWMil1., ", min_size=1, max_size=120)


@given(
    name=NAMES,
    representative=NAMES,
    address=st.text("ẮẶẾỆgjWMi ,", max_size=300),
    components=st.lists(NAMES, max_size=30),
    width=st.sampled_from(WIDTHS),
    copy_no=st.sampled_from([0, 1, 99]),
)
@example("W" * 120, "Ậ" * 120, "W" * 300, ["Ậ" * 120] * 30, 384, 1)
@settings(deadline=None, max_examples=20, derandomize=True)
def test_whatever_people_are_called_nothing_stands_on_something_else(
    name: str, representative: str, address: str, components: list[str], width: int, copy_no: int
) -> None:
    content = receipt(
        applicant_kind="organisation",
        applicant_name=name,
        representative_name=representative,
        address=address,
        components=tuple(ReceivedComponent("g", text, 1) for text in components),
    )

    assert faults_of(place(slip_blocks(content, copy_no), width)) == []


def test_the_judge_sees_what_stands_on_something_else_and_what_is_clipped() -> None:
    whole = place(slip_blocks(receipt(), 0), 384)
    first, *rest = (piece for piece in whole.pieces if isinstance(piece, Text))

    assert faults_of(replace(whole, pieces=(*whole.pieces, replace(rest[0], top=first.top + 4))))
    assert faults_of(replace(whole, pieces=(replace(first, left=380),)))
    assert faults_of(replace(whole, height=whole.height - 40))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", SLIPS)
def test_no_letter_is_lost_and_none_is_small(name: str, width: int) -> None:
    blocks = slip_blocks(SLIPS[name], 1)
    pieces = [piece for piece in place(blocks, width).pieces if isinstance(piece, Text)]

    written = "".join(piece.text for piece in pieces)
    assert sorted(re.sub(r"\s", "", written)) == sorted(
        re.sub(r"\s", "", "".join(map(said, blocks)))
    )
    assert min(piece.letters.size for piece in pieces) >= 18


def said(block: Block) -> str:
    """Every word of a block."""
    match block:
        case Pair():
            return block.label + block.value
        case Blank():
            return "".join(block.words)
    found = [getattr(block, name, "") for name in ("text", "label", "value", "below")]
    payload = getattr(block, "payload", None)
    return "".join(found) + ("Mã QRcó khi lưu" if payload == "" else "")


@pytest.mark.parametrize("name", ["receipt", "visit", "ticket", "appointment", "pad"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_reprint_differs_by_its_mark_alone(name: str, width: int) -> None:
    first, second = (draw_slip(SLIPS[name], width, copy_no) for copy_no in (0, 3))
    blocks = slip_blocks(SLIPS[name], 3)
    above = next(at for at, block in enumerate(blocks) if isinstance(block, Mark))
    head = place(blocks[:above], width).height - 6
    mark = second.height - first.height

    assert mark > 0
    assert first.crop((0, 0, width, head)).tobytes() == second.crop((0, 0, width, head)).tobytes()
    below = first.crop((0, head, width, first.height))
    assert below.tobytes() == second.crop((0, head + mark, width, second.height)).tobytes()


def test_a_visit_tells_of_every_dossier_and_adds_the_fees_up() -> None:
    visit = SLIPS["visit"]
    assert isinstance(visit, Receipt)

    words = [said(block) for block in slip_blocks(visit, 0)]

    for code in ("H50.99.01-261120-2015", "H50.99.01-261120-2016"):
        assert any(code in line for line in words)
    assert "Cộng thu45.000 đ" in words
    assert words.count("Hẹn trả17:00 Thứ Năm, 26/11/2026") == 2
    # alone, a slip says nothing of a visit
    assert not any("CÙNG LƯỢT" in said(block) for block in slip_blocks(receipt(), 0))


def test_a_dossier_of_someone_else_says_whose_it_is() -> None:
    other = receipt("H50.99.01-261120-2015", applicant_name="HỒ VĂN BÊ")

    words = [said(block) for block in slip_blocks(receipt(others=(other,)), 0)]

    assert "Người nộpHỒ VĂN BÊ" in words


def test_a_pad_slip_has_a_line_for_everything_that_is_asked() -> None:
    blanks = [block.words[0] for block in slip_blocks(pad(), 0) if isinstance(block, Blank)]

    assert blanks == [
        "Họ và tên", "Số định danh", "Địa chỉ", "Điện thoại", "Việc", "Giấy tờ", "Nhận lúc",
        "Hẹn đến hỏi lúc", "Người nhận",
    ]  # fmt: skip
    title = next(
        block for block in slip_blocks(pad(), 0) if isinstance(block, Line) and block.large
    )
    assert title.text == "PHIẾU TIẾP NHẬN DỰ PHÒNG"


@pytest.mark.parametrize("width", WIDTHS)
def test_there_is_room_for_a_hand_on_every_line_of_a_pad_slip(width: int) -> None:
    dots = [
        piece for piece in place(slip_blocks(pad(), 0), width).pieces if isinstance(piece, Dots)
    ]

    # 8 dots a millimetre
    assert min(line.right - line.left for line in dots) >= 5 * 8
    rows = sorted({line.top for line in dots})
    assert min(below - above for above, below in pairwise(rows)) >= 7 * 8


def test_letters_are_measured_as_they_are_drawn() -> None:
    for name in SLIPS:
        for piece in place(slip_blocks(SLIPS[name], 0), 576).pieces:
            if isinstance(piece, Text):
                assert length(piece.text, piece.letters) == piece.letters.getlength(piece.text)


@pytest.mark.parametrize("white", [False, True])
@pytest.mark.parametrize("size", [18, 24, 30])
@pytest.mark.parametrize("bold", [False, True])
def test_a_line_drawn_by_its_syllables_loses_no_dot(bold: bool, size: int, white: bool) -> None:
    letters = font(bold, size)
    line = "ẨẪ Ễ Ộ Nguyễn Thị Hồng,  Hẹn trả: 17:00 ngày 26/11/2026 ĐẶNG ĐỨC Kỳ jỳ"
    paper, ink = (0, 1) if white else (1, 0)
    whole = Image.new("1", (1200, 90), paper)
    draw = ImageDraw.Draw(whole)
    draw.fontmode = "1"
    draw.text((20, 20), line, fill=ink, font=letters)
    placed = Placed(1200, 90, (Bar(0, 0, 1199, 89),) if white else ())
    piece = Text(20, 20, line, letters, white=white)
    by_syllables = paint(replace(placed, pieces=(*placed.pieces, piece)))
    # a letter that reaches to the left may stand a dot further
    assert by_syllables.histogram() == whole.histogram()
