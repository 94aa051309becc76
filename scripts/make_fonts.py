"""Make the font files in resources/fonts from their released originals.

Needs Debian's fonts-noto-core (hinted Noto Sans 400 and 700) and a folder with the woff2 pieces
(latin, latin-ext, vietnamese) of weight 600 from the npm packages @fontsource/noto-sans and
@fontsource/be-vietnam-pro; python-brotli to read them. Both families are under the SIL Open Font
License 1.1, whose text lies beside the files.

Usage: python scripts/make_fonts.py FOLDER_WITH_WOFF2
"""

import sys
from pathlib import Path

from fontTools import merge, subset
from fontTools.ttLib import TTFont

TARGET = Path(__file__).parent.parent / "resources" / "fonts"
NOTO = Path("/usr/share/fonts/truetype/noto")
UNICODES = [
    *range(0x20, 0x7F),
    *range(0xA0, 0x180),
    0x1A0,
    0x1A1,
    0x1AF,
    0x1B0,
    *range(0x300, 0x304),
    0x306,
    0x309,
    0x31B,
    0x323,
    *range(0x1EA0, 0x1EFA),
    *range(0x2010, 0x2016),
    *range(0x2018, 0x201F),
    0x2022,
    0x2026,
    0x20AB,
    0x2212,
    0xFFFD,
]


def _subset(font: TTFont, *, hinting: bool) -> None:
    options = subset.Options(
        hinting=hinting, layout_features=["*"], name_IDs=["*"], notdef_outline=True
    )
    worker = subset.Subsetter(options)
    worker.populate(unicodes=UNICODES)
    worker.subset(font)


def make_hinted() -> None:
    """Hinted: small sizes on old screens and at 203 dots an inch."""
    for style in ("Regular", "Bold"):
        font = TTFont(NOTO / f"NotoSans-{style}.ttf")
        _subset(font, hinting=True)
        font.save(TARGET / f"NotoSans-{style}.ttf")


def make_merged(pieces: Path, stem: str, family: str, target: str) -> None:
    """Three pieces into one; the typographic family names are missing in the pieces."""
    parts = []
    for script in ("latin", "latin-ext", "vietnamese"):
        font = TTFont(pieces / f"{stem}-{script}-600-normal.woff2")
        font.flavor = None
        part = pieces / f"{stem}-{script}.ttf"
        font.save(part)
        parts.append(str(part))
    merged = merge.Merger().merge(parts)
    _subset(merged, hinting=False)
    for number, text in ((1, f"{family} SemiBold"), (2, "Regular"), (16, family), (17, "SemiBold")):
        merged["name"].setName(text, number, 3, 1, 0x409)
    merged["OS/2"].usWeightClass = 600
    merged.save(TARGET / target)


if __name__ == "__main__":
    TARGET.mkdir(exist_ok=True)
    make_hinted()
    folder = Path(sys.argv[1])
    make_merged(folder, "noto-sans", "Noto Sans", "NotoSans-SemiBold.ttf")
    make_merged(folder, "be-vietnam-pro", "Be Vietnam Pro", "BeVietnamPro-SemiBold.ttf")
