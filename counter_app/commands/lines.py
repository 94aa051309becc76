"""JSON Lines in and out: UTF-8, one object a line, flushed after each."""

import json
import math
import sys
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

from counter_app.domain.problems import Problem
from counter_app.wire.console import write as write


def given_lines() -> Iterable[bytes]:
    """What stands on the standard input; nothing where there is none."""
    return () if sys.stdin is None else sys.stdin.buffer


def read_objects() -> Iterator[dict[str, Any] | Problem]:
    """Each given line as an object, or the problem with it. Blank lines are skipped."""
    for raw in given_lines():
        try:
            text = raw.decode("utf-8-sig").strip()
        except UnicodeDecodeError:
            yield Problem("", "not_utf8", "Dòng này không phải chữ UTF-8. Hãy lưu lại tệp.")
            continue
        if not text:
            continue
        try:
            found = json.loads(text, parse_constant=_no_number, parse_float=_finite)
        except (ValueError, RecursionError):
            yield Problem("", "not_json", "Dòng này không phải JSON. Xem lại dấu ngoặc.")
            continue
        if not isinstance(found, dict):
            yield Problem("", "not_object", "Mỗi dòng phải là một đối tượng JSON { … }.")
            continue
        yield found


def _no_number(text: str) -> NoReturn:
    """NaN and the infinities are Python's, not JSON's."""
    raise ValueError(text)


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def write_problems(problems: tuple[Problem, ...], **more: Any) -> None:
    """A refusal."""
    write({**more, "ok": False, "problems": [plain(problem) for problem in problems]})


def plain(problem: Problem) -> dict[str, str]:
    """A problem as data."""
    found = {"code": problem.code, "message": problem.message}
    return {"field": problem.field, **found} if problem.field else found
