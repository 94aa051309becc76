"""The one line that the clerk sees of all this."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from counter_app.ports.sync import Standing

Level = Literal["ok", "waiting", "offline", "late", "very_late", "repair", "never"]


@dataclass(frozen=True, slots=True)
class SyncState:
    """For the status bar: how bad it is, and the sentence."""

    level: Level
    text: str
    standing: Standing
    hint: str = ""
    """What an administrator should do, where there is something."""


def state_of(standing: Standing, now: datetime) -> SyncState:
    """Words for a standing. The network is weather, not an error."""
    level, text = _words(standing, now)
    return SyncState(level, text, standing, _COPY if standing.is_copy else "")


_COPY = (
    "Sổ này là bản sao của một sổ đang dùng ở máy khác, nên đánh số trong khối riêng. Xin cấp trên mã ghi danh "
    "của một quầy khác rồi ghi danh lại ở F11, mục Máy chủ: máy này sẽ có số quầy riêng."
)


def _words(standing: Standing, now: datetime) -> tuple[Level, str]:
    sent = f"Đã gửi {standing.today_sent}/{standing.today}"
    if not standing.enrolled:
        return "never", "Máy này chưa ghi danh. Vẫn nhận hồ sơ bình thường"
    if standing.problems:
        return "repair", f"{sent}, {standing.problems} hồ sơ cần sửa. F9"
    days = _days_since(standing.oldest_waiting_at, now) if standing.waiting else 0
    if days >= 1:
        level: Level = "very_late" if days >= 7 else "late"
        return level, f"{days} ngày chưa gửi. Còn {standing.waiting} hồ sơ. F9 để xuất USB"
    if standing.failing_since and standing.waiting:
        since = f"{datetime.fromisoformat(standing.failing_since):%H:%M}"
        return "offline", (
            f"Chưa gửi được từ {since}. Còn {standing.waiting} hồ sơ, sẽ tự gửi khi có mạng"
        )
    last = (
        f"lần cuối {datetime.fromisoformat(standing.last_success_at):%H:%M}"
        if standing.last_success_at
        else "chưa gửi lần nào"
    )
    if standing.waiting:
        return "waiting", f"{sent}, còn {standing.waiting}, {last}"
    return "ok", f"{sent}, {last}"


def _days_since(text: str, now: datetime) -> int:
    return (now - datetime.fromisoformat(text)).days if text else 0
