"""Reading a TOML file of ours strictly: every key known, every fault with its line.

The parser of the standard library gives no lines for values, so the places of the keys are found in
a second reading of the same text. It happens only when there is a fault to report.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from counter_app.domain.faults import FileFault

Path = tuple[str | int, ...]
"""Where a value stands: names of tables and keys, numbers of rows and of items from 0."""

_LINE = re.compile(r"line (\d+)")
_GAP = re.compile(r"(?:[ \t\r\n,]|#[^\n]*)*")
_KEY = re.compile(r"""\s*(?:([A-Za-z0-9_-]+)|"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)')\s*""")
_TEXT = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}' r"|'''.*?'{3,5}" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'",
    re.DOTALL,
)
_BARE = re.compile(r"[^,\]}#\n]*")


def read(text: str) -> "Table":
    """The whole file; what is not TOML is refused with its line."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")  # as Notepad saves it
    return Table(_values(plain), Lines(plain))


def _values(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        found = _LINE.search(str(fault))
        line = int(found[1]) if found else text.rstrip().count("\n") + 1
        raise FileFault(
            line, "không đọc được, sai cách viết. Xem lại dấu ngoặc và dấu bằng."
        ) from None
    except (ValueError, RecursionError):
        # a number of thousands of digits, brackets nested without end
        raise FileFault(0, "không đọc được: có số quá dài hoặc ngoặc lồng quá sâu.") from None


class Lines:
    """On which line a key or a row stands."""

    def __init__(self, text: str) -> None:
        self._text = text

    def of(self, *path: str | int) -> int:
        """The line of the value at that path, else of what it lies in, else 0."""
        for length in range(len(path), 0, -1):
            if line := self._places.get(path[:length]):
                return line
        return 0

    @cached_property
    def _places(self) -> dict[Path, int]:
        return _Places(self._text).found


class _Places:
    """One walk over a text that is known to be TOML."""

    def __init__(self, text: str) -> None:
        self.found: dict[Path, int] = {}
        self._text = text
        self._rows: dict[Path, int] = {}
        self._at = 0
        self._counted_to, self._line = 0, 1
        table: Path = ()
        while self._skip_gap():
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)

    def _skip_gap(self) -> bool:
        """Over blanks, commas and comments; False at the end."""
        gap = _GAP.match(self._text, self._at)
        self._at = gap.end() if gap else self._at
        return self._at < len(self._text)

    def _mark(self, path: Path) -> None:
        self._line += self._text.count("\n", self._counted_to, self._at)
        self._counted_to = self._at
        self.found.setdefault(path, self._line)

    def _header(self) -> Path:
        row = self._text.startswith("[[", self._at)
        start = self._at
        self._at += 2 if row else 1
        names = self._names()
        end, self._at = self._at, start
        path: Path = ()
        for place, name in enumerate(names, 1):
            path = (*path, name)
            self._mark(path)
            if row and place == len(names):
                self._rows[path] = self._rows.get(path, -1) + 1
            if path in self._rows:
                path = (*path, self._rows[path])
        self._mark(path)
        self._at = end + (2 if row else 1)
        return path

    def _names(self) -> list[str]:
        names = []
        while key := _KEY.match(self._text, self._at):
            names.append(key[1] or key[2] or key[3] or "")
            self._at = key.end()
            if not self._text.startswith(".", self._at):
                break
            self._at += 1
        return names

    def _pair(self, table: Path) -> None:
        start = self._at
        names = self._names()
        end, self._at = self._at, start
        path = table
        for name in names:
            path = (*path, name)
            self._mark(path)
        self._at = end + 1
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip_gap()
        if text := _TEXT.match(self._text, self._at):
            self._at = text.end()
        elif self._text.startswith("[", self._at):
            self._at += 1
            item = 0
            while self._skip_gap() and not self._text.startswith("]", self._at):
                self._mark((*path, item))
                self._value((*path, item))
                item += 1
            self._at += 1
        elif self._text.startswith("{", self._at):
            self._at += 1
            while self._skip_gap() and not self._text.startswith("}", self._at):
                self._pair(path)
            self._at += 1
        elif bare := _BARE.match(self._text, self._at):
            self._at = bare.end()


class Table:
    """One table of a file: reads values of a known kind, refuses the rest."""

    def __init__(self, values: Mapping[str, Any], lines: Lines, *path: str | int) -> None:
        self._values = values
        self._lines = lines
        self._path = path

    def only(self, keys: Iterable[str]) -> None:
        """Refuse a key that nobody knows: a misspelt one would be silently without effect."""
        known = frozenset(keys)
        for key in self._values:
            if key not in known:
                raise self.fault(key, f"không có mục nào tên “{key}”. Xem lại chính tả.")

    def fault(self, key: str, message: str) -> FileFault:
        """A fault at the line of that key."""
        return FileFault(self._lines.of(*self._path, key), message)

    def has(self, key: str) -> bool:
        """Whether the file gives it."""
        return key in self._values

    def table(self, key: str) -> "Table":
        """A table within; it must be there."""
        return Table(self.get(key, dict), self._lines, *self._path, key)

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

    def whole(self, key: str, least: int, most: int, default: int | None = None) -> int:
        """A whole number in that range."""
        value: int = self.get(key, int, default)
        if not least <= value <= most:
            raise self.fault(key, f"mục “{key}” phải từ {least} đến {most}.")
        return value

    def choice(self, key: str, among: Iterable[str], default: str | None = None) -> str:
        """One of these words."""
        value: str = self.get(key, str, default)
        if value not in (known := tuple(among)):
            raise self.fault(key, f"mục “{key}” phải là một trong: {', '.join(known)}.")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, empty where it is missing."""
        value = self.get(key, list, [])
        if not all(isinstance(item, str) for item in value):
            raise self.fault(key, f"mục “{key}” phải là danh sách chữ.")
        return tuple(value)

    def rows(self, key: str) -> list["Table"]:
        """The tables of a list, none where it is missing."""
        value = self.get(key, list, [])
        if not all(isinstance(item, dict) for item in value):
            raise self.fault(key, f"mục “{key}” viết sai.")
        return [
            Table(item, self._lines, *self._path, key, place) for place, item in enumerate(value)
        ]
