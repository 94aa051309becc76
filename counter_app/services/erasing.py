"""Retention (hạn lưu): how long dossiers are kept, which are held, and erasing the rest.

Nothing is erased before an administrator has set the years: they are law, and the program knows none.
With an upper server an erasure takes effect when it stands in the common order, here as above.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from counter_app.domain import events as ev
from counter_app.domain.dossier import Dossier, fold
from counter_app.domain.officer import Officer, Right
from counter_app.domain.retention import (
    EVERY_OTHER,
    WHY_KEPT,
    YEARS_WRONG,
    Kept,
    Schedule,
    are_years,
    end_of,
    ended_in_doubt,
    erasure_of,
    hold_refusal,
    why_kept,
)
from counter_app.domain.text import clean_text
from counter_app.errors import Refused
from counter_app.ports import Books, Clock, Store
from counter_app.ports.attachments import Vault
from counter_app.services.clock_guard import doubt

_YEARS = "retention."
_AT_ONCE = 100
"""Dossiers in one transaction: whoever else writes waits for no more."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A dossier that is over, and why it is kept; None where its time is over too."""

    dossier_id: str
    code: str
    ended_on: str
    years: int | None
    kept: Kept | None

    @property
    def why(self) -> str:
        """In words; empty where it may be erased."""
        return WHY_KEPT[self.kept] if self.kept else ""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was said, and whether it waits for the upper server."""

    dossiers: tuple[Looked, ...]
    waiting: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A dossier that is kept beyond its time."""

    code: str
    reason: str


class Erasing:
    """What an administrator may do."""

    def __init__(self, store: Store, vault: Vault, clock: Clock) -> None:
        self._store = store
        self._vault = vault
        self._clock = clock

    def schedule(self) -> Schedule:
        """As it was set."""
        with self._store.read() as books:
            return _schedule(books)

    def set_years(self, years: int, field_code: str, officer: Officer) -> Schedule:
        """How long a field of work is kept, or every other; 0 takes it back. Raises `Refused`."""
        _allow(officer)
        if years and not are_years(years):
            raise Refused("years_wrong", YEARS_WRONG)
        with self._store.write() as books:
            books.settings.put(_YEARS + (field_code or EVERY_OTHER), str(years or ""))
        return self.schedule()

    def hold(self, code: str, reason: str, officer: Officer, *, release: bool = False) -> Held:
        """Keep a dossier beyond its time, or no longer. Raises `Refused`."""
        _allow(officer)
        reason = clean_text(reason)
        if not reason:
            raise Refused("reason_missing", "Chưa có lý do. Ghi lý do giữ hoặc bỏ giữ.", "reason")
        with self._store.write() as books:
            found = [books.dossiers.get(known) for known in books.dossiers.ids_of(clean_text(code))]
            dossier = next((one for one in found if one is not None), None)
            if dossier is None:
                raise Refused("dossier_unknown", f"Không có hồ sơ mã {code}. Xem lại mã.")
            if (problem := hold_refusal(dossier, release=release)) is not None:
                raise Refused(*problem)
            said = ev.SubjectReleased(reason) if release else ev.SubjectHeld(reason)
            actor = ev.Actor(officer.id, officer.name)
            books.log.append(said, actor=actor, at=self._clock.now(), subject=dossier.id)
            books.dossiers.refresh(dossier.id)
        return Held(dossier.code, reason)

    def held(self) -> tuple[Held, ...]:
        """The dossiers that are kept beyond their time."""
        with self._store.read() as books:
            found = [books.dossiers.get(known) for known in books.erasures.held()]
        return tuple(Held(one.code, one.held) for one in found if one and one.held)

    def look(self, officer: Officer) -> tuple[Looked, ...]:
        """Every dossier that was received long enough ago and is over, and why it is kept."""
        _allow(officer)
        now = self._clock.now()
        with self._store.read() as books:
            schedule = _schedule(books)
            ids = _candidates(books, schedule, now)
            found = [_looked(books, schedule, known, now) for known in ids]
        return tuple(looked for _, looked in filter(None, found))

    def erase(self, officer: Officer) -> Erased:
        """Say of each whose time is over that it is erased; where no server is, empty it at once."""
        _allow(officer)
        now = self._clock.now()
        with self._store.read() as books:
            alone, schedule = books.erasures.alone(), _schedule(books)
            if (problem := doubt(books, now)) is not None:
                raise Refused(problem.code, problem.message)
            ids = _candidates(books, schedule, now)
        erased: list[Looked] = []
        for first in range(0, len(ids), _AT_ONCE):
            with self._store.write() as books:
                erased += self._erase(books, schedule, ids[first : first + _AT_ONCE], now, officer)
        self.sweep()
        return Erased(tuple(erased), bool(erased) and not alone)

    def _erase(
        self, books: Books, schedule: Schedule, ids: Sequence[str], now: datetime, officer: Officer
    ) -> list[Looked]:
        done = []
        for dossier_id in ids:
            found = _looked(books, schedule, dossier_id, now)
            if found is None:
                continue
            dossier, looked = found
            if looked.kept or looked.years is None:
                continue
            books.log.append(
                erasure_of(dossier, looked.years),
                actor=ev.Actor(officer.id, officer.name),
                at=now,
                subject=dossier_id,
            )
            done.append(looked)
        books.erasures.carry_out([one.dossier_id for one in done])
        for one in done:
            books.dossiers.refresh(one.dossier_id)
        return done

    def sweep(self) -> bool:
        """Whatever was emptied since the last time leaves the disk too; whether anything was."""
        with self._store.read() as books:
            found = books.erasures.to_wipe()
        if found is None:
            return False
        mark, pages = found
        for address in pages:
            self._vault.remove(address)
        self._store.wipe()
        with self._store.write() as books:
            books.erasures.wiped(mark)
        return True


def _allow(officer: Officer) -> None:
    if not officer.may(Right.SETTINGS):
        raise Refused("no_right", "Chỉ quản trị đặt hạn lưu, giữ và xóa hồ sơ. Hãy đổi người.")


def _schedule(books: Books) -> Schedule:
    return Schedule.of(books.settings.starting_with(_YEARS))


def _candidates(books: Books, schedule: Schedule, now: datetime) -> Sequence[str]:
    before = schedule.received_before(now)
    return () if before is None else books.erasures.candidates(before)


def _looked(
    books: Books, schedule: Schedule, dossier_id: str, now: datetime
) -> tuple[Dossier, Looked] | None:
    story = books.log.of(dossier_id)
    dossier = fold(story)
    if dossier is None:
        return None
    years = schedule.years(dossier.facts.procedure.field_code)
    kept = why_kept(dossier, years, now)
    if kept is None and ended_in_doubt(dossier, story):
        kept = Kept.CLOCK
    if kept is None and not books.erasures.is_proved(dossier_id):
        kept = Kept.NOT_ABOVE
    ended = end_of(dossier)
    return dossier, Looked(dossier.id, dossier.code, ended.at[:10] if ended else "", years, kept)
