"""For an officer whose PC shows a time that cannot be believed: the sentence, and the true time typed."""

from datetime import datetime

from counter_app import BUILT_ON
from counter_app.domain.clock import ClockState, clock_state
from counter_app.domain.problems import Problem
from counter_app.domain.typed_moment import typed_moment
from counter_app.ports import Books, OfficeClock, Store
from counter_app.services.catalogue import Catalogue


def doubt(books: Books, now: datetime) -> Problem | None:
    """A warning where the time looks wrong; whether it stops anything is for those who ask."""
    last = books.log.believed_at()
    state = clock_state(now, last)
    if state is ClockState.OK:
        return None
    known = "trước ngày làm ra chương trình"
    if last is not None and state is not ClockState.EARLY:
        known = f"việc cuối trong sổ là {last:%d/%m/%Y %H:%M}"
    return Problem(
        "",
        "clock_doubtful",
        f"Đồng hồ máy chỉ {now:%d/%m/%Y %H:%M}, {known}. Hãy xem lại ngày giờ.",
        "may",
    )


class ClockGuard:
    """Takes the true time from an officer, in place of the PC's."""

    def __init__(self, store: Store, clock: OfficeClock, catalogue: Catalogue) -> None:
        self._store = store
        self._clock = clock
        self._catalogue = catalogue

    def put_right(self, day: str, hour: str, *, sure: bool = False) -> datetime | Problem:
        """Go by the typed time from now on, until the PC's clock is set or the program ends; or why not.

        A day without a year is the one nearest to what the book knows, not to what the PC shows. `sure`: an
        officer saw that the time contradicts the book, and typed it again.
        """
        with self._store.read() as books:
            last = books.log.believed_at()
        zone = self._clock.now().tzinfo
        known = (last or BUILT_ON).astimezone(zone)
        at = typed_moment(day, hour, known)
        if at is None:
            return _wrong("Ngày giờ không đúng. Gõ ngày như 20/11/2026 và giờ như 09:24.")
        if at < BUILT_ON:
            return _wrong(f"Năm {at.year} chưa có chương trình này. Xem lại năm.")
        if not sure and clock_state(at, last) is not ClockState.OK:
            return Problem(
                "clock",
                "clock_doubtful",
                f"Việc cuối trong sổ là {known:%d/%m/%Y %H:%M}. Đúng là {at:%d/%m/%Y %H:%M} thì bấm F12 lần nữa.",
                "may",
            )
        self._clock.put_right(at)
        self._catalogue.read_again()
        return at


def _wrong(sentence: str) -> Problem:
    return Problem("clock", "moment_typed_wrong", sentence)
