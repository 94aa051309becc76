"""What the upper level owns and publishes: fields of procedures and calendars, as signed files.

Written by one person, published by another. A version that is published never changes; a newer one
takes its place. Counters compare a short list and fetch the texts that they lack.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime
from difflib import unified_diff
from itertools import islice

from sqlalchemy import Connection, Row, func, insert, select, update

import resources
from counter_app.domain.faults import FileFault
from counter_app.domain.office import parse_calendar
from counter_app.domain.procedure import parse_procedures
from counter_app.wire.messages import PublicationList, WirePublication
from counter_app.wire.signing import publication_bytes
from district_server.database import put_meta
from district_server.faults import Refused
from district_server.keys import ServerKeys
from district_server.tables import publication

LARGEST_TEXT = 1_000_000
_MOST_LINES = 2000
KINDS = ("calendar", "procedures")


def draft(
    connection: Connection,
    kind: str,
    raw: bytes,
    effective_on: str,
    decision_no: str,
    who: str,
) -> tuple[str, int]:
    """Keep a file as the next version, unpublished; (name, version). A broken one is refused with
    its line.
    """
    if len(raw) > LARGEST_TEXT:
        raise Refused("text_large", "Tệp quá lớn, tối đa 1 MB.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("text_encoding", "Tệp không phải UTF-8. Lưu lại dạng UTF-8.") from None
    day = _day(effective_on)
    if not 1 <= len(decision_no.strip()) <= 60:
        raise Refused("decision_missing", "Chưa có số quyết định. Ghi số quyết định.")
    try:
        name, title = _read(kind, text)
    except FileFault as fault:
        raise Refused("text_broken", fault.sentence("gửi lên")) from None
    mine = (publication.c.kind == kind, publication.c.name == name)
    last = connection.execute(select(func.max(publication.c.version)).where(*mine)).scalar_one()
    version = (last or 0) + 1
    connection.execute(
        insert(publication).values(
            kind=kind,
            name=name,
            version=version,
            state="draft",
            title=title[:200],
            effective_on=day.isoformat(),
            decision_no=decision_no.strip(),
            text=text,
            sha256=hashlib.sha256(text.encode()).hexdigest(),
            drafted_at=_now(),
            drafted_by=who,
        )
    )
    return name, version


def publish(
    connection: Connection, keys: ServerKeys, kind: str, name: str, version: int, who: str
) -> None:
    """Sign a draft; whoever wrote it may not be the one."""
    row = _draft(connection, kind, name, version)
    if row.drafted_by == who:
        raise Refused("same_person", "Người công bố phải khác người soạn. Nhờ người khác công bố.")
    signature = keys.sign(publication_bytes(kind, name, version, row.effective_on, row.sha256))
    _move(
        connection,
        row,
        state="published",
        published_at=_now(),
        published_by=who,
        signature=signature,
    )
    put_meta(connection, "published", published(connection, "").version)


def drop(connection: Connection, kind: str, name: str, version: int) -> None:
    """A draft that will not be published; its number is not given again."""
    _move(connection, _draft(connection, kind, name, version), state="dropped")


def all_of(connection: Connection) -> Sequence[Row[tuple[object, ...]]]:
    """Every version but dropped ones, newest first within each name; without the texts."""
    columns = [column for column in publication.c if column.name != "text"]
    return connection.execute(
        select(*columns)
        .where(publication.c.state != "dropped")
        .order_by(publication.c.kind, publication.c.name, publication.c.version.desc())
    ).fetchall()


def text_of(
    connection: Connection, kind: str, name: str, version: int, *, published: bool
) -> str | None:
    """The file itself."""
    query = select(publication.c.text).where(
        publication.c.kind == kind, publication.c.name == name, publication.c.version == version
    )
    if published:
        query = query.where(publication.c.state == "published")
    return connection.execute(query).scalar_one_or_none()


def published(connection: Connection, have: str) -> PublicationList:
    """Every published version, or nothing where the asker has this very list."""
    query = select(publication).where(publication.c.state == "published")
    items = tuple(
        WirePublication(
            row.kind,
            row.name,
            row.version,
            row.effective_on,
            row.decision_no,
            row.sha256,
            row.signature or "",
        )
        for row in connection.execute(
            query.order_by(publication.c.kind, publication.c.name, publication.c.version)
        )
    )
    told = "\n".join(f"{item.kind} {item.name} {item.version} {item.sha256}" for item in items)
    version = hashlib.sha256(told.encode()).hexdigest()[:16]
    return PublicationList(version, None if version == have else items)


def before(connection: Connection, kind: str, name: str, version: int) -> tuple[str, bool] | None:
    """(text, whether it was published) of what counters have until this version is: the published one before it,
    else the file that is shipped. None where it is new to them.
    """
    older = (
        select(publication.c.text)
        .where(
            publication.c.kind == kind,
            publication.c.name == name,
            publication.c.version < version,
            publication.c.state == "published",
        )
        .order_by(publication.c.version.desc())
        .limit(1)
    )
    text = connection.execute(older).scalar_one_or_none()
    if text is not None:
        return text, True
    shipped = (resources.calendar_text if kind == "calendar" else resources.procedure_text)(name)
    return None if shipped is None else (shipped, False)


def difference(before: str, after: str, context: int = 2) -> list[tuple[str, str]]:
    """(`+`, `-` or blank, line) where two versions differ, with a little around it."""
    found: list[tuple[str, str]] = []
    lines = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=context)
    for line in islice(lines, 2, _MOST_LINES):
        found.append(("…", "") if line.startswith("@@") else (line[:1], line[1:]))
    return found


def _day(text: str) -> date:
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    raise Refused("date_wrong", "Ngày hiệu lực chưa đúng. Ghi ngày/tháng/năm, ví dụ 01/01/2027.")


def _read(kind: str, text: str) -> tuple[str, str]:
    """(name, title) of a file that can be used as it is."""
    if kind == "calendar":
        calendar = parse_calendar(text)
        return str(calendar.year), f"Lịch làm việc năm {calendar.year}"
    if kind == "procedures":
        found = parse_procedures(text)
        if not found:
            raise FileFault(0, "không có thủ tục nào.")
        return found[0].field_code, f"{found[0].field_name} ({len(found)} thủ tục)"
    raise Refused("kind_wrong", "Chọn danh mục thủ tục hoặc lịch làm việc.")


def _draft(connection: Connection, kind: str, name: str, version: int) -> Row[tuple[object, ...]]:
    row = connection.execute(
        select(publication)
        .where(
            publication.c.kind == kind,
            publication.c.name == name,
            publication.c.version == version,
        )
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise Refused("publication_unknown", "Không có bản này.", 404)
    if row.state != "draft":
        raise Refused("not_a_draft", "Bản này đã công bố hoặc đã bỏ. Mở lại trang để xem.")
    return row


def _move(connection: Connection, row: Row[tuple[object, ...]], **values: object) -> None:
    connection.execute(
        update(publication)
        .where(
            publication.c.kind == row.kind,
            publication.c.name == row.name,
            publication.c.version == row.version,
        )
        .values(**values)
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
