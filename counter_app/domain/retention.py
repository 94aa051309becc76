"""How long a dossier is kept after it ended (hạn lưu), and what stays of it then.

The years are the office's: the program knows none, and where none was set nothing is ever erased.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, date, datetime, timedelta
from enum import StrEnum
from typing import Literal

from counter_app.domain import events as ev
from counter_app.domain.clock import ClockState
from counter_app.domain.dossier import Dossier, Entry, Status, TimelineEntry

_FEWEST_YEARS, _MOST_YEARS = 1, 100
_DAYS_OF_A_YEAR = 365
EVERY_OTHER = "*"
"""In the place of a field of work, where years are kept."""

NO_SCHEDULE = (
    "Chưa đặt hạn lưu nên không xóa gì. Đặt bằng --years sau khi hỏi người phụ trách pháp chế."
)
ONLY_LOOKED = "Mới xem, chưa xóa gì. Thêm --yes để xóa; không lấy lại được."
YEARS_WRONG = f"Hạn lưu là từ {_FEWEST_YEARS} đến {_MOST_YEARS} năm; 0 là bỏ."

_ENDS = frozenset({"dossier.returned", "dossier.withdrawn", "dossier.stopped", "dossier.voided"})

_ENDED_AS: Mapping[Status, Literal["withdrawn", "stopped", "returned"]] = {
    Status.WITHDRAWN: "withdrawn",
    Status.STOPPED: "stopped",
    Status.RETURNED: "returned",
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """Whole years after the end, by field of work (lĩnh vực) and for every other."""

    other: int | None = None
    by_field: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, kept: Mapping[str, str]) -> "Schedule":
        """From whole years in digits by field of work; empty ones are none."""
        years = {name: int(told) for name, told in kept.items() if told}
        return cls(years.pop(EVERY_OTHER, None), years)

    def years(self, field_code: str) -> int | None:
        """None: kept for ever."""
        return self.by_field.get(field_code, self.other)

    @property
    def fewest(self) -> int | None:
        """Nothing that ended later than so many years ago is erased; None where nothing is."""
        known = [*self.by_field.values(), *(() if self.other is None else (self.other,))]
        return min(known, default=None)

    def received_before(self, now: datetime) -> date | None:
        """Whatever ended long enough ago was received before that day; None where nothing is erased."""
        if self.fewest is None:
            return None
        return now.date() - timedelta(days=self.fewest * _DAYS_OF_A_YEAR)


def are_years(years: int) -> bool:
    """Whether dossiers may be kept so long."""
    return _FEWEST_YEARS <= years <= _MOST_YEARS


class Kept(StrEnum):
    """Why a dossier is not erased."""

    OPEN = "open"
    HELD = "held"
    NO_SCHEDULE = "no_schedule"
    TOO_SOON = "too_soon"
    NOT_ABOVE = "not_above"
    CLOCK = "clock"


WHY_KEPT: Mapping[Kept, str] = {
    Kept.OPEN: "Hồ sơ chưa kết thúc.",
    Kept.HELD: "Hồ sơ đang được giữ lại. Bỏ giữ trước.",
    Kept.NO_SCHEDULE: "Lĩnh vực này chưa đặt hạn lưu.",
    Kept.TOO_SOON: "Chưa hết hạn lưu.",
    Kept.NOT_ABOVE: "Có việc của hồ sơ máy chủ chưa nhận. Đồng bộ rồi làm lại.",
    Kept.CLOCK: "Lúc kết thúc hồ sơ, đồng hồ máy không chắc đúng nên không tự xóa.",
}


def end_of(dossier: Dossier) -> TimelineEntry | None:
    """The line of its story that ended it; None where it goes on."""
    if dossier.status not in _ENDED_AS:
        return None
    standing = (
        line
        for line in reversed(dossier.timeline)
        if line.event in _ENDS and line.rejected is None and not line.reverted
    )
    return next(standing, None)


def why_kept(dossier: Dossier, years: int | None, now: datetime) -> Kept | None:
    """Why it may not be erased, as far as the dossier itself tells; None where it may."""
    ended = end_of(dossier)
    if ended is None:
        return Kept.OPEN
    if dossier.held:
        return Kept.HELD
    if years is None:
        return Kept.NO_SCHEDULE
    return Kept.TOO_SOON if now < _after(datetime.fromisoformat(ended.at), years) else None


def ended_in_doubt(dossier: Dossier, story: Iterable[Entry]) -> bool:
    """Whether it was ended under a clock that contradicted the book: one years behind must not end it."""
    ended = end_of(dossier)
    told = (event.clock for event, _ in story if ended and event.event_id == ended.event_id)
    return any(clock.partition(" ")[0] not in (ClockState.OK, "server") for clock in told)


def hold_refusal(dossier: Dossier, *, release: bool) -> tuple[str, str] | None:
    """Code and sentence why it cannot be held, or let go; None where it can."""
    if dossier.erased_at is not None:
        return "erased", "Hồ sơ này đã xóa theo hạn lưu."
    if bool(dossier.held) != release:
        already = "không được giữ" if release else "đang được giữ rồi"
        return "hold_already", f"Hồ sơ {dossier.code} {already}."
    return None


def pages_of(told: Iterable[ev.Payload | None]) -> frozenset[str]:
    """The addresses of the scanned pages that are told of."""
    added = (one for one in told if isinstance(one, ev.AttachmentAdded))
    return frozenset(page.sha256 for one in added for page in one.pages)


def erasure_of(dossier: Dossier, years: int) -> ev.SubjectErased:
    """What is said of a dossier that may be erased."""
    ended = end_of(dossier)
    status = _ENDED_AS.get(dossier.status)
    if ended is None or status is None:
        raise ValueError(dossier.id)
    remains = ev.Remains(
        dossier.code,
        dossier.aliases,
        status,
        dossier.voided,
        dossier.facts.procedure,
        dossier.received_at,
        dossier.due,
        dossier.due_at,
        dossier.judged_due_at,
        dossier.original_due_at,
        dossier.completed_at,
        dossier.returned_at,
        sum(amount for _, amount in dossier.paid),
        dossier.receipt.no,
        dossier.form_set,
        dossier.office_version,
        dossier.counter_no,
        dossier.origin,
        dossier.device,
        dossier.accepted_by,
    )
    return ev.SubjectErased(years, datetime.fromisoformat(ended.at), len(dossier.timeline), remains)


def _after(ended_at: datetime, years: int) -> datetime:
    """The same day so many years later; of 29 February the first day of March."""
    # nobody counts further; a clock that was wrong may have
    year = min(ended_at.year + years, MAXYEAR)
    try:
        return ended_at.replace(year=year)
    except ValueError:
        return ended_at.replace(year=year, month=3, day=1)
