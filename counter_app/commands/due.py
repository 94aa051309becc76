"""`due`: count due moments by an office file and calendars, without a store."""

import argparse
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import resources
from counter_app.commands.lines import read_objects, write, write_problems
from counter_app.domain.calendar import WorkCalendar
from counter_app.domain.dossier import Wait
from counter_app.domain.due import CountRefused, count_due
from counter_app.domain.faults import FileFault
from counter_app.domain.fields import local_moment
from counter_app.domain.office import parse_calendar, parse_office
from counter_app.domain.problems import Problem
from counter_app.domain.procedure import ProcessingUnit
from counter_app.errors import EnvironmentFault

_KEYS = {"id", "received_at", "amount", "unit", "pauses"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("--office", required=True, type=Path)
    parser.add_argument("--calendar", action="append", type=Path, default=[])


def run(options: argparse.Namespace) -> int:
    """Answer every line; 1 where any was refused."""
    calendar = _calendar(options.office, options.calendar)
    refused = False
    for line in read_objects():
        if isinstance(line, Problem):
            write_problems((line,), id=None)
            refused = True
            continue
        try:
            write(_answer(calendar, line))
        except CountRefused as reason:
            write_problems((Problem("", reason.code, reason.message),), id=line.get("id"))
            refused = True
    return 1 if refused else 0


def read_text(path: Path) -> str:
    """A text file, or a sentence about why not."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise EnvironmentFault(
            "file_damaged", f"Tệp {path.name} không phải chữ UTF-8. Hãy lưu lại tệp."
        ) from None
    except OSError:
        raise EnvironmentFault(
            "file_missing", f"Không đọc được tệp {path.name}. Xem lại đường dẫn."
        ) from None


def _calendar(office_file: Path, files: list[Path]) -> WorkCalendar:
    name = office_file.name
    try:
        office = parse_office(read_text(office_file))
        years = []
        for path in files:
            name = path.name
            years.append(parse_calendar(read_text(path)))
    except FileFault as fault:
        raise EnvironmentFault("file_damaged", fault.sentence(name)) from None
    if not files:
        years = [parse_calendar(text) for text in resources.calendar_texts()]
    return WorkCalendar(office, years)


def _answer(calendar: WorkCalendar, line: dict[str, Any]) -> dict[str, Any]:
    if extra := set(line) - _KEYS:
        raise CountRefused("unknown_field", f"Không có ô nào tên là “{min(extra)}”.")
    unit = line.get("unit")
    if unit not in tuple(ProcessingUnit):
        raise CountRefused("unit_unknown", "Đơn vị thời hạn không có. Xem lại ô unit.")
    received_at = _moment(calendar, line.get("received_at"))
    pauses = line.get("pauses")
    pauses = [] if pauses is None else pauses
    if not isinstance(pauses, list):
        raise CountRefused("pauses_wrong", "Ô pauses phải là một danh sách.")
    waits = tuple(_wait(calendar, pause) for pause in pauses)
    found = count_due(calendar, received_at, ProcessingUnit(unit), line.get("amount", 0), waits)
    return {
        "id": line.get("id"),
        "due_at": _text(found.due_at),
        "counted_from": _text(found.counted_from),
        "days": [day.isoformat() for day in found.days],
        "provisional": found.provisional,
    }


def _wait(calendar: WorkCalendar, pause: object) -> Wait:
    if not isinstance(pause, dict) or set(pause) != {"from", "to", "policy"}:
        raise CountRefused("pause_wrong", "Mỗi lần chờ có from, to và policy.")
    if pause["policy"] not in ("resume", "restart"):
        raise CountRefused("pause_policy", "Cách tính sau khi chờ là resume hoặc restart.")
    return Wait(pause["policy"], _moment(calendar, pause["from"]), _moment(calendar, pause["to"]))


def _moment(calendar: WorkCalendar, given: object) -> datetime:
    moment = local_moment(given, datetime.now(calendar.zone))
    if moment is not None:
        with suppress(OverflowError):  # before the first in UTC
            back = moment.astimezone(UTC).astimezone(calendar.zone)
            if back.replace(tzinfo=None) == moment.replace(tzinfo=None):
                return moment
    raise CountRefused(
        "moment_wrong", "Ngày giờ không có thật hoặc sai dạng; viết như 2026-11-20T09:24."
    )


def _text(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(timespec="minutes")
