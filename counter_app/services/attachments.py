"""Scanned papers (bản quét) of a dossier: added, listed, opened, written out."""

from dataclasses import dataclass

from counter_app.domain import events as ev
from counter_app.domain.dossier import Dossier, refusal
from counter_app.domain.officer import Officer, Right
from counter_app.domain.text import clean_text
from counter_app.errors import Refused
from counter_app.ports import Clock, Store
from counter_app.ports.attachments import Redraw, Vault, WantedPage
from counter_app.services.results import Changes

_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True)
class Scanned:
    """One scanned paper of a dossier."""

    event_id: str
    at: str
    """ISO, as written."""
    actor: str
    name: str
    component: str
    component_name: str
    pages: tuple[ev.ScannedPage, ...]
    own: bool
    """Whether it was scanned at this counter."""
    here: bool
    """Whether every page lies on this PC."""
    sent: int
    """How many pages the upper server has; of those scanned elsewhere this PC knows none."""

    @property
    def size(self) -> int:
        """All pages, in bytes."""
        return sum(page.size for page in self.pages)


@dataclass(frozen=True, slots=True)
class Attached:
    """The paper stands in the book."""

    scanned: Scanned
    changes: Changes


class Attachments:
    """What an officer may do with scanned papers."""

    def __init__(self, store: Store, vault: Vault, redraw: Redraw, clock: Clock) -> None:
        self._store = store
        self._vault = vault
        self._redraw = redraw
        self._clock = clock

    def add(
        self, dossier_id: str, file_name: str, raw: bytes, component: str, officer: Officer
    ) -> Attached:
        """A scanned file, made anew page by page, kept and told in the log. Raises `Refused`."""
        if not officer.may(Right.INTAKE):
            raise Refused("no_right", "Bạn không có quyền thêm bản quét. Hãy đổi người.")
        with self._store.read() as books:
            # said before a large file is redrawn, and once more below
            self._dossier(books.dossiers.get(dossier_id), component)
        contents = self._redraw(raw)
        # the bytes first: what the log tells of is there
        pages = tuple(ev.ScannedPage(self._vault.put(page), len(page)) for page in contents)
        added = ev.AttachmentAdded(_name(file_name), component, pages)
        actor = ev.Actor(officer.id, officer.name)
        with self._store.write() as books:
            dossier = self._dossier(books.dossiers.get(dossier_id), component)
            device = books.settings.identity().device_id
            if refusal(dossier, "attachment.added", device) is not None:
                state = "đã xóa theo hạn lưu" if dossier.erased_at else "đã hủy"
                raise Refused(
                    "dossier_closed", f"Hồ sơ này {state}, không thêm được bản quét.", "file"
                )
            event = books.log.append(added, actor=actor, at=self._clock.now(), subject=dossier_id)
            books.attachments.add(event.event_id, added)
            dossier = books.dossiers.refresh(dossier_id)
        scanned = next(
            one
            for one in self._scanned(dossier, {event.event_id: 0})
            if one.event_id == event.event_id
        )
        return Attached(scanned, Changes(dossiers=frozenset({dossier_id})))

    def of(self, dossier_id: str) -> tuple[Scanned, ...]:
        """The scanned papers of a dossier, oldest first."""
        with self._store.read() as books:
            dossier = books.dossiers.get(dossier_id)
            if dossier is None:
                return ()
            ids = [line.event_id for line in dossier.timeline]
            return tuple(self._scanned(dossier, dict(books.attachments.sent(ids))))

    def missing(self, dossier_id: str) -> tuple[WantedPage, ...]:
        """The pages of a dossier that do not lie on this PC."""
        return tuple(
            WantedPage(paper.event_id, number, page.sha256, page.size)
            for paper in self.of(dossier_id)
            for number, page in enumerate(paper.pages)
            if not self._vault.has(page.sha256)
        )

    def content(self, page: ev.ScannedPage) -> bytes:
        """A page as JPEG, in memory only."""
        return self._vault.get(page.sha256)

    def _scanned(self, dossier: Dossier, sent: dict[str, int]) -> list[Scanned]:
        names = {component.id: component.name for component in dossier.facts.components}
        return [
            Scanned(
                line.event_id,
                line.at,
                line.actor,
                line.payload.name,
                line.payload.component,
                names.get(line.payload.component, ""),
                line.payload.pages,
                line.event_id in sent,
                all(self._vault.has(page.sha256) for page in line.payload.pages),
                sent.get(line.event_id, 0),
            )
            for line in dossier.timeline
            if isinstance(line.payload, ev.AttachmentAdded) and line.rejected is None
        ]

    @staticmethod
    def _dossier(dossier: Dossier | None, component: str) -> Dossier:
        if dossier is None:
            raise Refused("dossier_unknown", "Không có hồ sơ này trong sổ.")
        known = [one.id for one in dossier.facts.components]
        if component and component not in known:
            raise Refused(
                "component_unknown",
                f"Hồ sơ không có giấy tờ “{clean_text(component)}”. Chọn: {', '.join(known)}.",
                "component",
            )
        return dossier


def _name(file_name: str) -> str:
    """What the file was called, without the folders before it."""
    last = file_name.replace("\\", "/").rpartition("/")[2]
    return clean_text(last)[:_LONGEST_NAME] or "Bản quét"
