"""The same slip on a page: every piece where the thermal head has it, as letters instead of dots."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from counter_app.printing.letters import length
from counter_app.printing.place import Bar, Code, Dots, Frame, Placed, Text
from counter_app.printing.qr import MODULE
from counter_app.printing.sheet import Weight, draw_modules, new_canvas, width_of

DOT = 72 / 203
"""Points a dot: heads have 203 dots an inch."""
_FRAME = 3
_DASH = (3, 5)
"""Dots on, dots off, as the head draws them."""


def draw_slips(slips: Sequence[Placed], title: str, author: str) -> bytes:
    """A page a slip, as wide and as long as it comes out of the head."""
    out = BytesIO()
    canvas = new_canvas(out, title, author)
    for slip in slips:
        canvas.setPageSize((slip.width * DOT, slip.height * DOT))
        # from here on in dots, downwards, as everything was placed
        canvas.transform(DOT, 0, 0, -DOT, 0, slip.height * DOT)
        for piece in slip.pieces:
            _put(canvas, piece)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _put(canvas: Any, piece: object) -> None:
    match piece:
        case Text():
            _letters(canvas, piece)
        case Bar(left, top, right, bottom):
            canvas.rect(left, top, right - left + 1, bottom - top + 1, stroke=0, fill=1)
        case Frame(left, top, right, bottom):
            canvas.setLineWidth(_FRAME)
            inset = _FRAME / 2
            canvas.rect(
                left + inset, top + inset, right - left - 2 * inset, bottom - top - 2 * inset
            )
        case Dots(left, top, right, bottom):
            canvas.setLineWidth(2)
            canvas.setDash(*_DASH)
            canvas.line(left, top + 1, right, bottom + 1)
            canvas.setDash()
        case Code():
            draw_modules(canvas, piece.modules, piece.left, piece.top, MODULE, down=True)


def _letters(canvas: Any, piece: Text) -> None:
    """As wide as the head's letters, which are rounded to whole dots, so that the lines agree."""
    size = piece.letters.size
    weight: Weight = "Bold" if piece.letters.getname()[1] == "Bold" else "Regular"
    drawn = width_of(piece.text, weight) * size
    text = canvas.beginText()
    text.setFont(f"MotCua-{weight}", size)
    text.setFillGray(1 if piece.white else 0)
    if drawn:
        text.setHorizScale(100 * length(piece.text, piece.letters) / drawn)
    # the page is upside down, the letters are not
    baseline = piece.top + piece.letters.getmetrics()[0]
    text.setTextTransform(1, 0, 0, -1, piece.left, baseline)
    text.textOut(piece.text)
    canvas.drawText(text)
