"""What scanned papers (bản quét) need from outside."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from counter_app.domain.events import AttachmentAdded

Redraw = Callable[[bytes], Sequence[bytes]]
"""A scanned file → its pages as JPEG, made anew. Raises `Refused`."""


class Vault(Protocol):
    """Keeps pages, encrypted, by the SHA-256 of their content in hex."""

    def put(self, content: bytes) -> str:
        """Keep it durably; its address."""

    def has(self, address: str) -> bool: ...

    def get(self, address: str) -> bytes:
        """Raises `Refused` where it lies elsewhere, `EnvironmentFault` where it is damaged."""

    def remove(self, address: str) -> None:
        """It is here no longer, where it was."""

    def begun(self, address: str) -> bytes:
        """What has come so far of a page that is being fetched; nothing where nothing has."""

    def keep_begun(self, address: str, content: bytes) -> None:
        """Keep what has come so far, in the place of what was kept; nothing forgets it."""


class Attachments(Protocol):
    """The pages scanned here, inside a transaction of the book."""

    def add(self, event_id: str, added: AttachmentAdded) -> None: ...

    def sent(self, event_ids: Sequence[str]) -> Mapping[str, int]:
        """Event → how many of its pages the upper server has; only those scanned here."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A picture or PDF file in a folder that a scanner or a camera writes into."""

    path: Path
    at: float
    """When it was last written, in seconds of the epoch."""
    size: int
    state: Literal["writing", "reading", "ready", "broken"]
    """`writing`: not whole yet; `reading`: whole, not looked into yet."""
    sha256: str = ""
    """Of the file, in hex, once it is ready."""
    small: bytes = b""
    """Its first page, small, as JPEG."""
    problem: str = ""
    """Why a broken one cannot be taken."""
    same_as: str = ""
    """The name of an older file there with the same content."""


class ScanFolder(Protocol):
    """Such a folder."""

    def look(self) -> Sequence[FoundFile]:
        """What lies there, newest first. Raises `EnvironmentFault` where there is no folder."""

    def content(self, found: FoundFile) -> bytes:
        """The file as it was looked at. Raises `Refused` where it is another now."""

    def remove(self, found: FoundFile) -> bool:
        """Away with it, unless it is another now; whether it is gone."""


@dataclass(frozen=True, slots=True)
class WantedPage:
    """A page that the log tells of, scanned at another counter or lost here."""

    event_id: str
    page: int
    sha256: str
    size: int
    """In bytes."""


@dataclass(slots=True)
class Fetched:
    """What came from above."""

    pages: int = 0
    pieces: int = 0
    not_above: int = 0
    """Pages that the upper server has not got itself."""
    wrong: int = 0
    """Pages that are another content there than the log says."""


@dataclass(frozen=True, slots=True)
class PageToSend:
    """A page that the upper server has not got."""

    num: int
    """Its place in the order of scanning."""
    event_id: str
    page: int
    sha256: str
    size: int
    """In bytes."""


class Uploads(Protocol):
    """Pages, seen from the sync lane."""

    def next(self, passed: int) -> PageToSend | None:
        """The oldest that waits, behind the place `passed`."""

    def waiting(self, most: int) -> Sequence[PageToSend]:
        """The oldest that wait."""

    def taken(self, page: PageToSend) -> None: ...

    def of_open(self) -> Sequence[WantedPage]:
        """Every page that the log tells of a dossier that is not over, the oldest dossier first, whoever
        scanned it and wherever it lies.
        """

    def piece(self) -> int:
        """Bytes that the line took well in one request; 0 where nothing is known."""

    def keep_piece(self, size: int) -> None: ...
