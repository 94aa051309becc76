"""Reading the fields of an action: cleaned texts, and every mistake named by its field."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from counter_app.domain.problems import Problem
from counter_app.domain.text import clean_text

_LIMIT = 500
_MOST_MONEY = 10_000_000_000


class Fields:
    """The given values of one action. Problems are collected, not raised."""

    def __init__(self, given: Mapping[str, Any], keys: frozenset[str], now: datetime) -> None:
        self._given = given
        self._now = now
        self._problems = [
            Problem(
                str(key), "unknown_field", f"Việc này không có ô “{clean_text(str(key))[:40]}”."
            )
            for key in given
            if key not in keys
        ]

    def problems(self) -> tuple[Problem, ...]:
        """What must be mended."""
        return tuple(self._problems)

    def add(self, field: str, code: str, message: str) -> None:
        """One more problem."""
        self._problems.append(Problem(field, code, message))

    def text(self, key: str) -> str:
        """A text that may be missing."""
        value = self._given.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.add(key, "wrong_type", "Ô này phải là chữ.")
            return ""
        cleaned = clean_text(value)
        if len(cleaned) > _LIMIT:
            self.add(key, "too_long", f"Ô này dài quá {_LIMIT} ký tự. Hãy viết ngắn lại.")
        return cleaned

    def required(self, key: str, missing: str) -> str:
        """A text that the law or the paper needs."""
        found = self.text(key)
        if not found:
            self.add(key, f"{key}_missing", missing)
        return found

    def texts(self, key: str, missing: str | None) -> tuple[str, ...]:
        """A list of texts; `missing` is the sentence where an empty one will not do."""
        value = [] if self._given.get(key) in (None, "") else self._given[key]
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.add(key, "wrong_type", "Ô này phải là một danh sách.")
            return ()
        cleaned = tuple(item for raw in value if (item := clean_text(raw)))
        if missing is not None and not cleaned:
            self.add(key, f"{key}_missing", missing)
        if any(len(item) > _LIMIT for item in cleaned) or len(cleaned) > 50:
            self.add(key, "too_long", "Danh sách quá dài. Hãy viết ngắn lại.")
        return cleaned

    def amount(self, key: str, default: int | None) -> int:
        """Money in đồng."""
        value = default if self._given.get(key) is None else self._given[key]
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_MONEY:
            return value
        self.add(key, "amount_wrong", "Số tiền phải là số đồng, không có dấu chấm, không âm.")
        return 0

    def day(self, key: str) -> date | None:
        """`YYYY-MM-DD`, or nothing; of a moment its day."""
        value = self._given.get(key)
        if value is None or value == "":
            return None
        try:
            return datetime.fromisoformat(value if isinstance(value, str) else "").date()
        except ValueError:
            self.add(key, "day_wrong", "Ngày phải có dạng 2026-11-26.")
            return None

    def moment(self, key: str, missing: str) -> datetime | None:
        """`YYYY-MM-DDTHH:MM` of the office zone."""
        found = local_moment(self._given.get(key), self._now)
        if found is None:
            self.add(key, "moment_wrong", missing)
        return found

    def choice(self, key: str, among: tuple[str, ...], default: str, label: str) -> str:
        """One of a few words."""
        value = self._given.get(key) or default
        if value not in among:
            self.add(key, "choice_unknown", f"{label}: chọn trong {', '.join(among)}.")
            return default
        return str(value)

    def flag(self, key: str) -> bool:
        """Yes or no."""
        value = self._given.get(key)
        if value is None:
            return False
        if not isinstance(value, bool):
            self.add(key, "wrong_type", "Ô này phải là true hoặc false.")
            return False
        return value

    def mapping(self, key: str, keys: frozenset[str]) -> dict[str, str]:
        """A small object of texts."""
        value = self._given.get(key)
        if value is None:
            return {}
        if not isinstance(value, Mapping) or set(value) - keys:
            self.add(key, "wrong_type", f"Ô này gồm: {', '.join(sorted(keys))}.")
            return {}
        part = Fields(value, keys, self._now)
        found = {name: part.text(name) for name in value if value[name] is not None}
        for problem in part.problems():
            self.add(f"{key}.{problem.field}", problem.code, problem.message)
        return found


def local_moment(given: object, like: datetime) -> datetime | None:
    """`YYYY-MM-DDTHH:MM` in the zone of `like`; None where it is none."""
    if not isinstance(given, str) or len(given) != len("2026-11-20T09:24") or not given.isascii():
        return None
    try:
        return datetime.strptime(given, "%Y-%m-%dT%H:%M").replace(tzinfo=like.tzinfo)
    except ValueError:
        return None
