"""Whether the server's book is whole: chains, order, dossiers against the log."""

from sqlalchemy import Connection, select

from counter_app.domain import chain
from counter_app.domain.dossier import Entry, fold
from counter_app.domain.events import ERASED, Event
from counter_app.wire.codec import decode_payload
from district_server.erasing import EMPTIABLE
from district_server.projection import EVENT_COLUMNS, row_of
from district_server.tables import commune, dossier, event, stream


def faults_of(connection: Connection) -> list[dict[str, str]]:
    """Everything that does not fit; empty where all is well."""
    faults: list[dict[str, str]] = []
    for row in connection.execute(select(commune).order_by(commune.c.org)).fetchall():
        faults += _commune(connection, row.org, row.seq, row.digest)
    return faults


def _commune(connection: Connection, org: str, seq: int, digest: str) -> list[dict[str, str]]:
    faults: list[dict[str, str]] = []
    entries: dict[str, list[Entry]] = {}
    heads: dict[tuple[str, str], Event] = {}
    expected = 1
    hashes: list[str] = []
    query = select(event.c.cseq, *EVENT_COLUMNS).where(event.c.commune == org)
    for cseq, *columns in connection.execute(query.order_by(event.c.cseq)):
        known = Event(*columns)
        if cseq != expected:
            faults.append(_fault("order_hole", org, f"Thiếu số thứ tự {expected}.", known))
        expected = cseq + 1
        empty = not known.payload and known.type in EMPTIABLE
        if not chain.holds(known) or not (
            empty or chain.payload_hash(known.payload) == known.payload_hash
        ):
            faults.append(_fault("chain_broken", org, f"Việc số {cseq} đã bị sửa.", known))
        before = heads.get((known.device, known.incarnation))
        if before is not None and before.dseq + 1 == known.dseq and before.hash != known.prev_hash:
            faults.append(_fault("chain_broken", org, f"Chuỗi dấu đứt ở việc {cseq}.", known))
        heads[known.device, known.incarnation] = known
        hashes.append(known.hash)
        entries.setdefault(known.subject, []).append((known, decode_payload(known)))
    if expected - 1 != seq:
        faults.append(
            {"code": "order_end", "message": f"{org}: bộ đếm {seq} không khớp.", "event": ""}
        )
    if chain.add(chain.NOTHING, hashes) != digest:
        faults.append({"code": "digest", "message": f"{org}: tổng dấu không khớp.", "event": ""})
    rows = {
        row.id: row._mapping
        for row in connection.execute(select(dossier).where(dossier.c.commune == org))
    }
    for subject, story in entries.items():
        said = any(known.type == ERASED for known, _ in story)
        for known, _ in story:
            if not known.payload and not said:
                what = f"Việc {known.type} bị xóa mà không có lệnh xóa theo hạn lưu."
                faults.append(_fault("chain_broken", org, what, known))
            elif known.payload and said and known.type != ERASED:
                faults.append(_fault("not_erased", org, "Hồ sơ hết hạn lưu chưa xóa hết.", known))
        state = fold(story)
        if state is None:
            continue
        kept = rows.pop(subject, None)
        if kept is None or dict(kept) != row_of(org, state):
            faults.append(
                _fault("dossier_differs", org, f"Hồ sơ {state.code} khác với sổ.", story[0][0])
            )
    faults += [
        {
            "code": "dossier_extra",
            "message": f"{org}: danh sách thừa hồ sơ {row['code']}.",
            "event": "",
        }
        for row in rows.values()
    ]
    for row in connection.execute(select(stream).where(stream.c.commune == org)):
        last = heads.get((row.device, row.incarnation))
        if last is not None and last.dseq > row.high:
            faults.append(_fault("high_behind", org, "Số đã nhận thấp hơn việc đã có.", last))
    return faults


def _fault(code: str, org: str, message: str, known: Event) -> dict[str, str]:
    return {"code": code, "message": f"{org}: {message}", "event": known.event_id}
