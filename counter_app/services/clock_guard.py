"""The sentence for an officer whose PC shows a time that cannot be believed."""

from datetime import datetime

from counter_app.domain.clock import ClockState, clock_state
from counter_app.domain.problems import Problem
from counter_app.ports import Books


def doubt(books: Books, now: datetime) -> Problem | None:
    """A warning where the time looks wrong; whether it stops anything is for those who ask."""
    last = books.log.last_at()
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
