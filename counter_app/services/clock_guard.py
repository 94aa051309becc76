"""Whether the PC's clock can be believed: power cuts and dead batteries give dates of 2015."""

from datetime import UTC, datetime, timedelta

from counter_app import BUILT_ON
from counter_app.domain.problems import Problem
from counter_app.ports import Books

_FAR = timedelta(days=30)


def doubt(books: Books, now: datetime) -> Problem | None:
    """A warning where the time looks wrong; it refuses nothing."""
    last = books.log.last_at()
    shown = f"{now:%d/%m/%Y %H:%M}"
    if last is not None and now < last - timedelta(minutes=2):
        reason = f"Đồng hồ máy chỉ {shown}, việc cuối trong sổ là {last:%d/%m/%Y %H:%M}."
    elif now.astimezone(UTC) < BUILT_ON:
        reason = f"Đồng hồ máy chỉ {shown}, trước ngày làm ra chương trình."
    elif last is not None and now > last + _FAR:
        reason = f"Đồng hồ máy chỉ {shown}, việc cuối trong sổ là {last:%d/%m/%Y %H:%M}."
    else:
        return None
    return Problem("", "clock_doubtful", f"{reason} Hãy xem lại ngày giờ.", "may")
