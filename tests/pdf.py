"""Looking into PDFs with a reader that is not the one that drew them."""

import re
import subprocess
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium


def pages_of(pdf: bytes) -> list[str]:
    """The words of each page, in one line."""
    with pypdfium2.PdfDocument(pdf) as document:
        texts = [page.get_textpage().get_text_range() for page in document]
    return [re.sub(r"\s+", " ", text).strip() for text in texts]


def text_of(pdf: bytes) -> str:
    """The words of all pages."""
    return " ".join(pages_of(pdf))


def in_order(text: str, words: Sequence[str]) -> bool:
    """Whether these stand in a text, one after the other."""
    at = 0
    for word in words:
        at = text.find(word, at)
        if at < 0:
            return False
        at += len(word)
    return True


def fonts_of(pdf: bytes) -> list[str]:
    """A line a font, as `pdffonts` tells it."""
    told = subprocess.run(["pdffonts", "-"], input=pdf, capture_output=True, check=True)
    return told.stdout.decode().splitlines()[2:]


def embedded_and_ours(pdf: bytes) -> bool:
    """Whether every font is one of Noto Sans, embedded, in part, with its letters told."""
    fonts = fonts_of(pdf)
    return bool(fonts) and all("NotoSans" in font and " yes yes yes " in font for font in fonts)


# ---- where things stand -------------------------------------------------------------------------


class Edges(NamedTuple):
    """Of ink, in points."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: "Edges", slack: float) -> bool:
        return (
            self.left < other.right - slack
            and other.left < self.right - slack
            and self.bottom < other.top - slack
            and other.bottom < self.top - slack
        )

    def within(self, other: "Edges", slack: float) -> bool:
        return (
            self.left >= other.left - slack
            and self.right <= other.right + slack
            and self.bottom >= other.bottom - slack
            and self.top <= other.top + slack
        )


_SLACK = 0.3
"""Points; a hair of 0.1 mm is no fault."""


def faults_of(pdf: bytes) -> list[str]:
    """Words on other words, across a frame, on a code, or off the page."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [
            f"page {number}: {fault}"
            for number, page in enumerate(document, 1)
            for fault in _faults_of_page(page)
        ]


def _faults_of_page(page: pypdfium2.PdfPage) -> Iterator[str]:
    sheet = Edges(0.0, 0.0, *page.get_size())
    reader = page.get_textpage()
    words: list[tuple[str, Edges]] = []
    frames: list[Edges] = []
    codes: list[Edges] = []
    for thing in page.get_objects():
        edges = Edges(*thing.get_bounds())
        if thing.type == pdfium.FPDF_PAGEOBJ_TEXT:
            words.append((_letters_of(thing, reader), edges))
        elif thing.type == pdfium.FPDF_PAGEOBJ_PATH:
            corners = pdfium.FPDFPath_CountSegments(thing)
            if corners > 5:
                codes.append(edges)
            elif corners > 2:
                frames.append(edges)
    for text, edges in [*words, *(("a frame", frame) for frame in frames)]:
        if not edges.within(sheet, _SLACK):
            yield f"“{text}” leaves the page: {edges}"
    words.sort(key=lambda word: word[1].bottom)
    for place, (one, here) in enumerate(words):
        for other, there in words[place + 1 :]:
            if there.bottom >= here.top:
                break
            if here.meets(there, _SLACK):
                yield f"“{one}” on “{other}”"
    for text, edges in words:
        for frame in frames:
            if edges.meets(frame, _SLACK) and not edges.within(frame, _SLACK):
                yield f"“{text}” across a frame"
        if any(edges.meets(code, 0.0) for code in codes):
            yield f"“{text}” on a code"


def _letters_of(thing: pypdfium2.PdfObject, reader: pypdfium2.PdfTextPage) -> str:
    size = pdfium.FPDFTextObj_GetText(thing, reader, None, 0)
    buffer = (pdfium.FPDF_WCHAR * (size // 2 + 1))()
    pdfium.FPDFTextObj_GetText(thing, reader, buffer, size)
    return bytes(buffer).decode("utf-16-le").split("\0")[0]
