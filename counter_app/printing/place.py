"""Where everything of a slip stands, in dots, before anything is drawn.

What is long wraps; nothing is cut, nothing stands on something else, nothing leaves the paper.
"""

from dataclasses import dataclass

from counter_app.printing.blocks import Big, Blank, Block, Box, Line, Mark, Pair, Qr, Rule
from counter_app.printing.letters import Font, balanced, font, length, line_height, wrap
from counter_app.printing.qr import LARGEST_VERSION, MODULE, QUIET, Modules, slip_modules

_WIDE = 512
_BOX_PADDING = 10
_HAND = 60
"""Dots of height for a line of handwriting: 7.5 mm."""
_WIDEST_LABEL = 0.4
"""Of the paper: a longer label stands above its value."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Letter heights in dots. Under 18 nothing can be read at 203 dots an inch."""

    small: int
    body: int
    large: int
    biggest: int
    margin: int


_SIZES_WIDE = Sizes(22, 25, 31, 150, 12)
_SIZES_NARROW = Sizes(20, 22, 28, 110, 4)


@dataclass(frozen=True, slots=True)
class Text:
    """A line of letters; `top` is where its font's ascent begins."""

    left: int
    top: int
    text: str
    letters: Font
    white: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """Black."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Frame:
    """A box around something."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Dots:
    """A dotted line: to write on, or the edge of what is not there yet."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Code:
    """A QR without its quiet zone."""

    left: int
    top: int
    modules: Modules


Piece = Text | Bar | Frame | Dots | Code


@dataclass(frozen=True, slots=True)
class Placed:
    """A slip as it will be drawn."""

    width: int
    height: int
    pieces: tuple[Piece, ...]


def place(blocks: tuple[Block, ...], width: int) -> Placed:
    """Lay blocks out one below the other."""
    placer = _Placer(width, [block.label for block in blocks if isinstance(block, Pair)])
    for block in blocks:
        placer.put(block)
    return placer.placed()


class _Placer:
    """Goes down the paper, as far as it needs."""

    def __init__(self, width: int, labels: list[str]) -> None:
        self._width = width
        self._sizes = _SIZES_WIDE if width >= _WIDE else _SIZES_NARROW
        self._y = 8
        self._pieces: list[Piece] = []
        self._room = width - 2 * self._sizes.margin
        small = font(False, self._sizes.small)
        widest = self._room * _WIDEST_LABEL
        lengths = (length(text, small) for text in labels)
        self._column = max((found for found in lengths if found <= widest), default=0) + 10

    def placed(self) -> Placed:
        """What has been laid out."""
        return Placed(self._width, self._y + 6, tuple(self._pieces))

    def put(self, block: Block) -> None:
        """One block below the last."""
        sizes = self._sizes
        match block:
            case Line():
                size = sizes.large if block.large else sizes.small if block.small else sizes.body
                self._paragraph(block.text, font(block.bold, size), block.centred)
                self._y += 2 if block.large else 0
            case Pair():
                self._pair(block)
            case Box():
                self._box(block)
            case Mark():
                self._mark(block.text)
            case Rule():
                self._pieces.append(Bar(0, self._y + 6, self._width - 1, self._y + 7))
                self._y += 14
            case Qr():
                self._qr(block)
            case Big():
                self._big(block.text)
            case Blank():
                self._blank(block)

    def _line(self, text: str, letters: Font, left: int, white: bool = False) -> None:
        self._pieces.append(Text(left, self._y, text, letters, white))
        self._y += line_height(letters)

    def _centred(self, text: str, letters: Font, white: bool = False) -> None:
        self._line(text, letters, (self._width - length(text, letters)) // 2, white)

    def _paragraph(self, text: str, letters: Font, centred: bool) -> None:
        if centred:
            for line in balanced(text, letters, self._room):
                self._centred(line, letters)
        else:
            for line in wrap(text, letters, self._room):
                self._line(line, letters, self._sizes.margin)

    def _pair(self, pair: Pair) -> None:
        sizes = self._sizes
        label, value = font(False, sizes.small), font(pair.bold, sizes.body)
        left = sizes.margin + self._column
        longest = max((length(word, value) for word in pair.value.split()), default=0)
        if length(pair.label, label) > self._column or longest > self._room - self._column:
            self._paragraph(pair.label, label, centred=False)
            left = sizes.margin
        else:
            # both stand on one line of writing
            drop = value.getmetrics()[0] - label.getmetrics()[0]
            self._pieces.append(Text(sizes.margin, self._y + drop, pair.label, label))
        for line in wrap(pair.value, value, self._width - left - sizes.margin) or [""]:
            self._line(line, value, left)
        self._y += 2

    def _box(self, box: Box) -> None:
        sizes = self._sizes
        small, large = font(False, sizes.small), font(True, sizes.large)
        room = self._room - 2 * _BOX_PADDING
        self._y += 6
        top = self._y
        self._y += 8
        for text, letters in ((box.label, small), (box.value, large), (box.below, small)):
            for line in balanced(text, letters, room):
                self._centred(line, letters)
        self._y += 8
        self._pieces.append(Frame(sizes.margin, top, self._width - sizes.margin - 1, self._y))
        self._y += 8

    def _mark(self, text: str) -> None:
        letters = font(True, self._sizes.body)
        self._y += 4
        top, place = self._y, len(self._pieces)
        self._y += 4
        for line in wrap(text, letters, self._room):
            self._centred(line, letters, white=True)
        self._y += 4
        self._pieces.insert(place, Bar(0, top, self._width - 1, self._y))
        self._y += 8

    def _big(self, text: str) -> None:
        trial = length(text, font(True, 100))
        size = min(self._sizes.biggest, self._room * 100 // trial - 1) if trial else 0
        letters = font(True, max(size, self._sizes.large))
        for line in wrap(text, letters, self._room):
            # digits and capitals reach neither the top nor the bottom of the line
            self._y -= letters.getmetrics()[0] // 6
            self._centred(line, letters)
            self._y -= letters.getmetrics()[1] // 3

    def _blank(self, blank: Blank) -> None:
        letters = font(False, self._sizes.small)
        words = sum(length(word, letters) for word in blank.words)
        gaps = len(blank.words) * 14
        # the last one holds a date or a name
        share = max(0, self._room - words - gaps) // (len(blank.words) + 1)
        base = self._y + _HAND - 12
        left = self._sizes.margin
        for number, word in enumerate(blank.words, 1):
            self._pieces.append(Text(left, base - letters.getmetrics()[0], word, letters))
            left += length(word, letters) + 7
            last = number == len(blank.words)
            end = self._width - self._sizes.margin if last else left + share
            self._pieces.append(Dots(left, base, end, base))
            left = end + 7
        self._y += _HAND
        for _ in range(blank.more):
            base = self._y + _HAND - 12
            self._pieces.append(
                Dots(self._sizes.margin, base, self._width - self._sizes.margin, base)
            )
            self._y += _HAND

    def _qr(self, qr: Qr) -> None:
        if not qr.payload:
            self._place_for_qr()
            return
        modules = slip_modules(qr.payload, qr.host)
        side, quiet = len(modules) * MODULE, QUIET * MODULE
        self._pieces.append(Code((self._width - side) // 2, self._y + quiet, modules))
        self._y += side + 2 * quiet

    def _place_for_qr(self) -> None:
        side = (4 * LARGEST_VERSION + 17) * MODULE // 2
        left, top = (self._width - side) // 2, self._y + 12
        right, bottom = left + side, top + side
        for edge in ((left, top, right, top), (left, bottom, right, bottom)):
            self._pieces.append(Dots(*edge))
        for edge in ((left, top, left, bottom), (right, top, right, bottom)):
            self._pieces.append(Dots(*edge))
        letters = font(False, self._sizes.small)
        self._y = top + side // 2 - line_height(letters)
        for text in ("Mã QR", "có khi lưu"):
            self._centred(text, letters)
        self._y = bottom + 12
