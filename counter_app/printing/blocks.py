"""What slips are made of: the same blocks for a thermal head of any width and for a page."""

from dataclasses import dataclass

from counter_app.domain.text import clean_text


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph over the whole width."""

    text: str
    bold: bool = False
    large: bool = False
    small: bool = False
    centred: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """A label and what stands behind it."""

    label: str
    value: str
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """What must be found at a glance: framed."""

    label: str
    value: str
    below: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """White on black: a reprint."""

    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin line."""


@dataclass(frozen=True, slots=True)
class Qr:
    """The signed payload; an empty one is a place for it on a preview."""

    payload: str
    host: str


@dataclass(frozen=True, slots=True)
class Big:
    """Read across a room: as large as the paper takes."""

    text: str


@dataclass(frozen=True, slots=True)
class Blank:
    """To be filled in by hand: words with room behind each, and whole lines of room below."""

    words: tuple[str, ...]
    more: int = 0


Block = Line | Pair | Box | Mark | Rule | Qr | Big | Blank


def cleaned(block: Block) -> Block:
    """Whatever came from people becomes printable text here, once more, before it is drawn."""
    match block:
        case Line():
            return Line(clean_text(block.text), block.bold, block.large, block.small, block.centred)
        case Pair():
            return Pair(block.label, clean_text(block.value), block.bold)
        case Big():
            return Big(clean_text(block.text))
        case Box():
            return Box(block.label, clean_text(block.value), clean_text(block.below))
        case _:
            return block
