"""Filling the poster of a procedure (niêm yết): what it takes, how long, what it costs, where to go."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from textwrap import shorten

from counter_app.domain.calendar import WEEKDAY_NAMES
from counter_app.domain.form import FormContent
from counter_app.domain.form_content import content
from counter_app.domain.form_lists import rows_of
from counter_app.domain.money import vnd
from counter_app.domain.office import HoursRow, Office
from counter_app.domain.procedure import Component, Fee, Procedure, ProcedureCase
from counter_app.domain.receipt import term_text

_NAME_IN_QR = 120
"""Some have 900 characters and stand on the poster in full: the code holds what a telephone can read."""
_PER = {"dossier": "", "page": "/trang", "copy": "/bản"}


def poster_form(procedure: Procedure, office: Office, now: datetime) -> FormContent:
    """The procedure as it is in force now; the first case stands at the top, all in their table."""
    case = procedure.cases[0]
    fields = {
        "procedure_name": procedure.name,
        "procedure_code": procedure.code,
        "field_name": procedure.field_name,
        "unit": procedure.unit,
        "decision_no": procedure.decision_no,
        "version": procedure.version,
        "result": procedure.result,
        "term": term_text(case.unit, case.amount),
        "fee": _fee(case),
        "unchecked": "" if procedure.unit_verified else "(chưa kiểm tra)",
    }
    several = procedure.cases if len(procedure.cases) > 1 else ()
    cases = (
        {"name": each.name, "term": term_text(each.unit, each.amount), "fee": _fee(each)}
        for each in several
    )
    tables = {
        "papers": rows_of("poster", "papers", _papers(procedure)),
        "cases": rows_of("poster", "cases", cases),
        "hours": rows_of("poster", "hours", map(_hours, office.hours)),
    }
    # words and no address: a telephone shows them where there is no line either
    told = (
        f"{procedure.code} {shorten(procedure.name, _NAME_IN_QR, placeholder=' …')}",
        f"Thời gian giải quyết: {fields['term']} {fields['unchecked']}".rstrip(),
        f"Phí, lệ phí: {fields['fee']}",
        f"Nộp tại {office.name}",
    )
    filled = content(
        "poster", now, office, fields, tables, field_code=procedure.field_code, qr="\n".join(told)
    )
    return replace(filled, host=None)


def _papers(procedure: Procedure) -> Iterator[dict[str, str]]:
    """Of every case, each once: what is handed in before what is only shown."""
    asked: dict[tuple[str, str], list[Component]] = {}
    for case in procedure.cases:
        for paper in case.components:
            asked.setdefault((paper.name, paper.submit), []).append(paper)
    for same in sorted(asked.values(), key=lambda same: same[0].submit == "present"):
        if not any(paper.required for paper in same):
            must = "Nếu có"
        elif len(same) == len(procedure.cases) and all(paper.required for paper in same):
            must = "Bắt buộc"
        else:
            must = "Tùy trường hợp"
        yield {**_paper(same[0]), "must": must}


def _paper(paper: Component) -> dict[str, str]:
    present = paper.submit == "present"
    numbers = (
        (paper.originals, "bản chính"),
        (paper.certified, "bản chứng thực"),
        (paper.copies, "bản sao"),
    )
    counts = ", ".join(f"{count} {kind}" for count, kind in numbers if count)
    return {
        "name": paper.name,
        "originals": "xem" if present else str(paper.originals or ""),
        "certified": str(paper.certified or ""),
        "copies": str(paper.copies or ""),
        "counts": "xem, trả lại ngay" if present else counts,
    }


def _fee(case: ProcedureCase) -> str:
    """Each fee with what it is taken for; `Miễn phí` where there is none."""
    return "; ".join(_price(fee) for fee in case.fees if fee.amount) or "Miễn phí"


def _price(fee: Fee) -> str:
    text = f"{vnd(fee.amount)}{_PER[fee.per]}"
    if fee.cheaper_from_page:
        text += f", từ trang thứ {fee.cheaper_from_page} là {vnd(fee.cheaper_amount)}/trang"
    if fee.most_per_copy:
        text += f", nhiều nhất {vnd(fee.most_per_copy)}/bản"
    return text


def _hours(row: HoursRow) -> dict[str, str]:
    return {
        "days": _weekdays(sorted(row.days)),
        "season": " đến ".join(f"{day:02d}/{month:02d}" for month, day in (row.from_md, row.to_md)),
        "shifts": ", ".join(f"{start:%H:%M} - {end:%H:%M}" for start, end in row.shifts),
        "note": "" if row.counts_as_working_day else "Chỉ nhận hồ sơ",
    }


def _weekdays(days: list[int]) -> str:
    """`Thứ Hai đến Thứ Sáu`; days that do not follow each other one by one."""
    names = [WEEKDAY_NAMES[day] for day in days]
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{names[0]} đến {names[-1]}"
    return ", ".join(names)
