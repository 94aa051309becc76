"""Reading a TOML file of ours strictly: every key known, every fault with its line.

The parser of the standard library gives no lines for values; the line of a key is found again in
the text, which is exact because our files write one key a line.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from counter_app.domain.faults import FileFault

_LINE = re.compile(r"line (\d+)")
_HEADER = re.compile(r"^\s*\[\[?\s*([A-Za-z_.]+)\s*\]\]?")
_KEY = re.compile(r"^\s*([A-Za-z_]+)\s*=")


def parse(text: str) -> dict[str, Any]:
    """The file as plain values; what is not TOML is refused with its line."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        found = _LINE.search(str(fault))
        line = int(found[1]) if found else text.count("\n") + 1
        raise FileFault(
            line, "không đọc được, sai cách viết. Xem lại dấu ngoặc và dấu bằng."
        ) from None


class Lines:
    """Where keys stand: `(table, its place among the tables of that name, key)` → line."""

    def __init__(self, text: str) -> None:
        self._at: dict[tuple[str, int, str], int] = {}
        table, seen = "", {"": 0}
        for number, line in enumerate(text.splitlines(), 1):
            if header := _HEADER.match(line):
                table = header[1]
                seen[table] = seen.get(table, -1) + 1
                self._at[table, seen[table], ""] = number
            elif key := _KEY.match(line):
                self._at.setdefault((table, seen[table], key[1]), number)

    def of(self, table: str, place: int = 0, key: str = "") -> int:
        """The line of a key, else of its table, else 0."""
        return self._at.get((table, place, key)) or self._at.get((table, place, ""), 0)


class Table:
    """One table of a file: reads values of a known kind, refuses the rest."""

    def __init__(self, values: Mapping[str, Any], lines: Lines, name: str, place: int = 0) -> None:
        self._values = values
        self.lines = lines
        self.name = name
        self.place = place

    def only(self, keys: Iterable[str]) -> None:
        """Refuse a key that nobody knows: a misspelt one would be silently without effect."""
        known = frozenset(keys)
        for key in self._values:
            if key not in known:
                raise self.fault(key, f"không có mục nào tên “{key}”. Xem lại chính tả.")

    def fault(self, key: str, message: str) -> FileFault:
        """A fault at the line of that key."""
        return FileFault(self.lines.of(self.name, self.place, key), message)

    def get(self, key: str, kind: type[Any], default: Any = None) -> Any:
        """A value of that kind; without a default it must be there."""
        if key not in self._values:
            if default is None:
                raise self.fault("", f"thiếu mục “{key}”.")
            return default
        value = self._values[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.fault(key, f"mục “{key}” sai kiểu giá trị.")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, empty where it is missing."""
        value = self.get(key, list, [])
        if not all(isinstance(item, str) for item in value):
            raise self.fault(key, f"mục “{key}” phải là danh sách chữ.")
        return tuple(value)


def tables(content: Mapping[str, Any], name: str, lines: Lines) -> list[Table]:
    """All `[[name]]` tables of a file."""
    found = content.get(name, [])
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise FileFault(lines.of(name), f"mục [[{name}]] viết sai.")
    return [Table(item, lines, name, place) for place, item in enumerate(found)]
