"""The one line that the clerk sees of all this."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from counter_app.ports.sync import Standing

Level = Literal[
    "ok", "waiting", "offline", "late", "very_late", "repair", "refused", "copy", "never"
]


@dataclass(frozen=True, slots=True)
class SyncState:
    """How it stands with the upper server: how bad it is, and the sentence."""

    level: Level
    said: str
    standing: Standing
    hint: str = ""
    """What a person should do, where there is something."""
    pointer: str = ""
    """Where to do it, for those who are on another screen."""

    @property
    def text(self) -> str:
        """For the status bar."""
        return f"{self.said}. {self.pointer}" if self.pointer else self.said


def state_of(standing: Standing, now: datetime) -> SyncState:
    """Words for a standing. The network is weather, not an error."""
    level, said, pointer = _words(standing, now)
    left, pages = (standing.to_come, standing.pages_waiting) if standing.enrolled else (0, 0)
    hints = (
        _COPY if standing.is_copy else "",
        f"Từ cấp trên {to_come(left)}." if left else "",
        _ANSWER if standing.waiting and standing.carried_at else _HINTS.get(level, ""),
        f"Còn {pages} trang bản quét, gửi sau hồ sơ." if pages else "",
    )
    return SyncState(level, said, standing, "\n".join(filter(None, hints)), pointer)


_COPY = (
    "Sổ này là bản sao của một sổ đang dùng ở máy khác, nên đánh số trong khối riêng. Xin cấp trên mã ghi danh "
    "của một quầy khác rồi ghi danh lại ở F11, mục Máy chủ: máy này sẽ có số quầy riêng."
)
_ANSWER = (
    "Nhận gói trả lời ở cấp trên, chọn tệp (Alt+U), nhập (Alt+N). Mất USB thì xuất gói mới (Alt+X)."
)
_STICK = "Chưa có mạng thì chọn tệp trên USB (Alt+U), xuất gói (Alt+X), đưa cấp trên, rồi nhập gói trả lời (Alt+N)."
_HINTS: dict[Level, str] = {
    "late": _STICK,
    "very_late": _STICK,
    "refused": "Không mất gì: hồ sơ vẫn nằm ở máy này, vẫn nhận hồ sơ bình thường.",
    "never": "Có mã ghi danh của cấp trên thì vào F11, mục Máy chủ.",
}
_LATE, _LATE_BY_STICK, _VERY_LATE = 1, 3, 7
"""Days. Nobody carries a stick every day."""


def _words(standing: Standing, now: datetime) -> tuple[Level, str, str]:
    """The level, the sentence, and where to go."""
    sent = f"Đã gửi {standing.today_sent}/{standing.today}"
    left = f"Còn {standing.waiting} hồ sơ"
    if not standing.enrolled:
        return "never", "Máy này chưa ghi danh. Vẫn nhận hồ sơ bình thường", ""
    if standing.last_error and standing.blame == "server":
        more = f". {left}" if standing.waiting else ""
        return "refused", f"Cấp trên không nhận máy này{more}", "F9 xem vì sao"
    if standing.waiting and (late := _late(standing, left, now)) is not None:
        return late
    if standing.problems:
        return "repair", f"{sent}, {standing.problems} hồ sơ cần sửa", "F9"
    if standing.is_copy:
        return "copy", f"Sổ này là bản sao của máy khác. {sent}", "F9 xem phải làm gì"
    if standing.waiting and standing.carried_at:
        since = _at(standing.carried_at, now)
        return "waiting", f"Đã xuất USB {since}, chờ gói trả lời. {left}", ""
    if standing.failing_since and standing.blame == "person":
        more = f". {left}" if standing.waiting else ""
        since = _at(standing.failing_since, now)
        return "offline", f"Chưa nối được cấp trên từ {since}{more}", "F9 xem vì sao"
    if standing.failing_since and standing.waiting:
        since = _at(standing.failing_since, now)
        return "offline", f"Chưa gửi được từ {since}. {left}, sẽ tự gửi khi có mạng", ""
    if (silent := _days_since(standing.failing_since, now)) >= _LATE:
        # nothing is left to send, but what is decided above does not come
        level: Level = "very_late" if silent >= _VERY_LATE else "late"
        return level, f"{silent} ngày chưa nối được cấp trên. Đã gửi hết", "F9 xem vì sao"
    last = f"lần cuối {_at(standing.last_success_at, now)}"
    if not standing.last_success_at:
        last = "chưa gửi lần nào"
    if standing.waiting:
        sent += f", còn {standing.waiting}"
    if standing.waiting and standing.by_stick:
        last = f"gửi bằng USB, {last}"
    if standing.to_come:
        sent += f", {to_come(standing.to_come)}"
    level = "waiting" if standing.waiting or standing.to_come else "ok"
    return level, f"{sent}, {last}", ""


def _late(standing: Standing, left: str, now: datetime) -> tuple[Level, str, str] | None:
    """What has waited for days: at this counter, or on a stick whose answer has not come."""
    carried = standing.carried_at
    days = _days_since(carried or standing.oldest_waiting_at, now)
    if days < (_LATE_BY_STICK if carried or standing.by_stick else _LATE):
        return None
    level: Level = "very_late" if days >= _VERY_LATE else "late"
    repair = f", {standing.problems} hồ sơ cần sửa" if standing.problems else ""
    if carried:
        return level, f"{days} ngày chờ gói trả lời. {left}{repair}", "F9 để nhập gói"
    return level, f"{days} ngày chưa gửi. {left}{repair}", "F9 để xuất USB"


def to_come(count: int) -> str:
    """What is above and not here yet."""
    return f"còn {count:,} thay đổi chưa nhận".replace(",", ".")


def _at(text: str, now: datetime) -> str:
    """The time of day, with its day where that is not today."""
    if not text:
        return ""
    at = datetime.fromisoformat(text)
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%H:%M %d/%m}"


def _days_since(text: str, now: datetime) -> int:
    return (now - datetime.fromisoformat(text)).days if text else 0
