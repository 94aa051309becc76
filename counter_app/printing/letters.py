"""Letters on a thermal head: hinted Noto Sans, strictly one bit, lines that wrap and lose nothing."""

import unicodedata
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

import resources

Font = ImageFont.FreeTypeFont

_OVERHANG = 8
"""Dots that a letter may reach to the left of the pen, and its marks above the ascent."""


@lru_cache(maxsize=64)
def font(bold: bool, size: int) -> Font:
    """The font of that height in dots."""
    name = "NotoSans-Bold.ttf" if bold else "NotoSans-Regular.ttf"
    return ImageFont.truetype(
        BytesIO(resources.font(name)), size, layout_engine=ImageFont.Layout.BASIC
    )


@lru_cache(maxsize=64)
def line_height(letters: Font) -> int:
    """Ascent and descent of the letters that stand highest and lowest: Ầ Ễ Ộ Ạ."""
    ascent, descent = letters.getmetrics()
    return int((ascent + descent) * 0.93) + 1


@lru_cache(maxsize=4096)
def _advance(letters: Font, sign: str) -> int:
    return int(letters.getlength(sign))


def length(text: str, letters: Font) -> int:
    """Dots from the first letter to the end of the last: basic layout kerns nothing."""
    return sum(_advance(letters, sign) for sign in text)


@lru_cache(maxsize=384)
def word_picture(letters: Font, word: str) -> tuple[Image.Image, int, int]:
    """A word as a one-bit mask of its ink, and how far that begins to the right of the pen and below it.

    Hinting a line of letters takes longer than all else of a slip; its syllables come again and
    again, and each is drawn once.
    """
    width = length(word, letters) + int(letters.size)
    size = (width + 2 * _OVERHANG, sum(letters.getmetrics()) + 2 * _OVERHANG)
    mask = Image.new("1", size, 0)
    draw = ImageDraw.Draw(mask)
    draw.fontmode = "1"
    draw.text((_OVERHANG, _OVERHANG), word, fill=1, font=letters)
    left, top, right, bottom = mask.getbbox() or (0, 0, 1, 1)
    return mask.crop((left, top, right, bottom)), left - _OVERHANG, top - _OVERHANG


def wrap(text: str, letters: Font, room: int) -> list[str]:
    """Lines that fit. A word longer than a line is broken; no letter is lost."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        wider = f"{line} {word}" if line else word
        if length(wider, letters) <= room:
            line = wider
            continue
        if line:
            lines.append(line)
        while length(word, letters) > room:
            fits = _fitting(word, letters, room)
            if fits == len(word):
                break
            lines.append(word[:fits])
            word = word[fits:]
        line = word
    return [*lines, line] if line else lines


def balanced(text: str, letters: Font, room: int) -> list[str]:
    """As few lines, about equally long: how a title is broken."""
    lines = wrap(text, letters, room)
    low, high = room // 2, room
    while len(lines) > 1 and high - low > 4:
        middle = (low + high) // 2
        if len(narrower := wrap(text, letters, middle)) == len(lines):
            lines, high = narrower, middle
        else:
            low = middle
    return lines


def _fitting(word: str, letters: Font, room: int) -> int:
    """How many signs of a word fit, at least one; a mark stays with its letter."""
    fits = next(n for n in range(len(word), 0, -1) if n == 1 or length(word[:n], letters) <= room)
    while fits > 1 and unicodedata.combining(word[fits : fits + 1] or " "):
        fits -= 1
    return fits
