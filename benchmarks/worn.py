"""Codes on worn paper: how many of many another decoder still reads, by the size of a module.

Paper is simulated: a head that is too cold drops dots, a fold breaks and shifts the picture, a dead
element leaves its column white; then a phone looks at it askew. What stands here compares sizes of
modules; it promises nothing about one printer.
"""

from collections.abc import Callable, Iterator
from random import Random

import zxingcpp
from PIL import Image, ImageDraw, ImageFilter

from benchmarks.measure import Figure
from counter_app.printing.qr import MODULE, QUIET, slip_modules

_ALPHABET = "0123456789BCFGHJKLMNPQRSTVXZ"
_PAYLOAD = 172
"""Letters of a receipt's payload."""
_PAPER, _INK = 235, 25
_PALE_INK = 100
_LOST = 51
"""Of 256 dots: every fifth."""
_SAMPLES = 40
_SMALL = 4
"""Dots a module that printing.md warns of."""


def code(chance: Random, module: int) -> Image.Image:
    """The code of some receipt as a head prints it, one grey dot a dot, its quiet zone around it."""
    modules = slip_modules("".join(chance.choices(_ALPHABET, k=_PAYLOAD)), "")
    side = (len(modules) + 2 * QUIET) * module
    picture = Image.new("L", (side, side), _PAPER)
    draw = ImageDraw.Draw(picture)
    for row, line in enumerate(modules, QUIET):
        for column, dark in enumerate(line, QUIET):
            if dark:
                x, y = column * module, row * module
                draw.rectangle((x, y, x + module - 1, y + module - 1), fill=_INK)
    return picture


def faded(picture: Image.Image, chance: Random) -> Image.Image:
    """Pale, and every fifth dot missing."""
    pale = picture.point(lambda grey: _PALE_INK if grey == _INK else grey)
    noise = Image.frombytes("L", picture.size, chance.randbytes(picture.width * picture.height))
    pale.paste(_PAPER, mask=noise.point(lambda value: 255 if value < _LOST else 0))
    return pale


def creased(picture: Image.Image, chance: Random) -> Image.Image:
    """Folded twice: the ink is off along each fold, and what lies beyond has moved a little."""
    worn = picture.copy()
    for fold in range(2):
        at = int(picture.height * chance.uniform(0.15, 0.85))
        if fold:
            worn = worn.rotate(90)
        below = worn.crop((0, at, worn.width, worn.height))
        worn.paste(_PAPER, (0, at, worn.width, worn.height))
        worn.paste(below, (chance.choice((-2, -1, 1, 2)), at))
        slant = chance.randint(-12, 12)
        ImageDraw.Draw(worn).line((0, at, worn.width, at + slant), fill=_PAPER, width=4)
    return worn.rotate(-90)


def with_dead_columns(picture: Image.Image, chance: Random) -> Image.Image:
    """Four columns of the head print nothing, two of them side by side."""
    worn = picture.copy()
    draw = ImageDraw.Draw(worn)
    for width in (1, 1, 2):
        at = chance.randrange(worn.width)
        draw.rectangle((at, 0, at + width - 1, worn.height), fill=_PAPER)
    return worn


def seen(picture: Image.Image, chance: Random) -> Image.Image:
    """As a phone sees it: a little askew, soft, grainy."""
    askew = picture.rotate(
        chance.uniform(-8, 8), Image.Resampling.BICUBIC, expand=True, fillcolor=_PAPER
    )
    soft = askew.filter(ImageFilter.GaussianBlur(1.6))
    grain = Image.frombytes("L", soft.size, chance.randbytes(soft.width * soft.height))
    return Image.blend(soft, grain, 0.12)


WEAR: dict[str, Callable[[Image.Image, Random], Image.Image]] = {
    "faded": faded,
    "creased": creased,
    "dead columns": with_dead_columns,
    "faded, dead columns": lambda picture, chance: with_dead_columns(
        faded(picture, chance), chance
    ),
}
"""What happened to the paper → what is left of it."""


def read_of(wear: str, module: int, samples: int, seed: int = 2026) -> int:
    """How many of so many codes are read after that wear."""
    found = 0
    for number in range(samples):
        chance = Random(f"{seed} {wear} {number}")
        picture = seen(WEAR[wear](code(chance, module), chance), chance)
        found += bool(zxingcpp.read_barcodes(picture))
    return found


def figures() -> Iterator[Figure]:
    """At the chosen size of a module, beside a smaller one."""
    for wear in WEAR:
        share = read_of(wear, MODULE, _SAMPLES) / _SAMPLES * 100
        smaller = read_of(wear, _SMALL, _SAMPLES) / _SAMPLES * 100
        yield Figure(
            f"codes read off worn paper, {wear}", share, "%", "90 %", share >= 90,
            f"{MODULE} dots a module; at {_SMALL} dots {smaller:.0f} %",
        )  # fmt: skip
