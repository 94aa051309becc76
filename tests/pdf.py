"""Looking into PDFs with a reader that is not the one that drew them."""

import re
from collections.abc import Sequence

import pypdfium2


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
