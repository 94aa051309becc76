"""Taking what a counter sends: all or nothing a batch, one bad event never stops the others.

One transaction: device row locked, place and chain checked, every event read and judged in Python,
then everything written as a set. The commune's numbers are taken last, and the lock on that row is
held until commit: whoever polls by number never passes over an event that commits later.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from sqlalchemy import Connection, insert, select, update

from counter_app.domain import chain
from counter_app.domain.code import DossierCode
from counter_app.domain.dossier import Entry, fold
from counter_app.domain.events import DOSSIER_TYPES, TYPES, DossierAccepted, Event, Payload
from counter_app.wire.codec import decode_payload
from counter_app.wire.messages import Conflict, Push, PushAnswer, WireProblem, events_of
from counter_app.wire.signing import head_bytes, proof_bytes
from district_server.database import get_meta
from district_server.faults import Refused
from district_server.keys import ServerKeys, verify
from district_server.projection import entries_of, put_rows
from district_server.tables import commune, device, dossier, event, quarantine, stream


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as the device record says; never as the request says."""

    device: str
    commune: str
    counter: int
    public_key: bytes
    revoked: bool


class PushConflict(Exception):
    """409, with what the counter must do."""

    def __init__(self, conflict: Conflict) -> None:
        super().__init__(conflict.reason)
        self.conflict = conflict


@dataclass(frozen=True, slots=True)
class _Judged:
    event: Event
    payload: Payload | None


def push(connection: Connection, keys: ServerKeys, caller: Caller, sent: Push) -> PushAnswer:
    """Take a batch; the answer is the delivery proof."""
    run = sent.run
    if run.device != caller.device:
        raise Refused("device_wrong", "Gói không phải của máy này.", 403)
    connection.execute(select(device.c.id).where(device.c.id == caller.device).with_for_update())
    epoch = get_meta(connection, "epoch") or ""
    if sent.epoch != epoch:
        raise PushConflict(Conflict("epoch", 0, "Máy chủ đã được khôi phục, gửi lại từ đầu."))
    high, head = _stream(connection, caller.device, run.incarnation)
    events = events_of(run)
    _check_head(caller, sent, events)
    if run.first > high + 1:
        raise PushConflict(Conflict("gap", high, "Thiếu phần trước, gửi lại từ chỗ máy chủ có."))
    new = _new_ones(connection, caller, events, high, head)
    problems: list[WireProblem] = []
    if new:
        good, problems = _judge(connection, caller, new)
        _write(connection, caller, good)
        high, head = new[-1].dseq, new[-1].hash
        _move(connection, caller.device, run.incarnation, high, head)
    _seen(connection, caller.device)
    head_cseq: int = connection.execute(
        select(commune.c.seq).where(commune.c.org == caller.commune)
    ).scalar_one()
    proof = keys.sign(proof_bytes(caller.device, run.incarnation, high, head, epoch))
    return PushAnswer(epoch, high, head, head_cseq, tuple(problems), _now(), proof)


def _check_head(caller: Caller, sent: Push, events: Sequence[Event]) -> None:
    """The chain computed here must end in the head that the device signed."""
    if not events:
        raise Refused("empty", "Gói không có việc nào.", 400)
    last = events[-1]
    if last.hash != sent.head_hash:
        raise Refused("chain_broken", "Chuỗi dấu trong gói không khớp.", 400)
    message = head_bytes(last.device, last.incarnation, last.dseq, last.hash)
    try:
        signature = base64.b64decode(sent.signature, validate=True)
    except ValueError:
        signature = b""
    if not verify(caller.public_key, signature, message):
        raise Refused("signature_wrong", "Chữ ký của gói không đúng.", 400)


def _new_ones(
    connection: Connection, caller: Caller, events: Sequence[Event], high: int, head: str
) -> list[Event]:
    """What is not here yet; what is here must be the same, or another store wrote it."""
    known = [known for known in events if known.dseq <= high]
    new = [coming for coming in events if coming.dseq > high]
    if known:
        last = known[-1]
        ours = head if last.dseq == high else _hash_at(connection, caller, last)
        if ours is not None and ours != last.hash:
            raise PushConflict(Conflict("fork", high, _FORK))
    if new:
        before = known[-1].hash if known else new[0].prev_hash
        if before != head:
            raise PushConflict(Conflict("fork", high, _FORK))
    return new


_FORK = (
    "Máy chủ đã nhận việc khác dưới tên máy này: sổ có bản sao đang chạy ở nơi khác. "
    "Chưa mất gì. Hãy báo cấp trên."
)


def _hash_at(connection: Connection, caller: Caller, known: Event) -> str | None:
    query = select(event.c.hash).where(
        event.c.commune == caller.commune,
        event.c.device == known.device,
        event.c.incarnation == known.incarnation,
        event.c.dseq == known.dseq,
    )
    return connection.execute(query).scalar_one_or_none()


def _judge(
    connection: Connection, caller: Caller, new: Sequence[Event]
) -> tuple[list[_Judged], list[WireProblem]]:
    """Sort what can be taken from what is set aside, with the reason."""
    parked = _parked(connection, caller, {coming.subject for coming in new})
    codes = _codes_here(connection, caller, new)
    good: list[_Judged] = []
    problems: list[WireProblem] = []
    for coming in new:
        reason, payload = _reason(coming, caller, parked, codes)
        if reason is None:
            good.append(_Judged(coming, payload))
            if isinstance(payload, DossierAccepted):
                codes.add(payload.code)
            continue
        code, message = reason
        parked.add(coming.subject)
        dossier_code = payload.code if isinstance(payload, DossierAccepted) else ""
        problem = WireProblem(
            coming.dseq, coming.event_id, coming.subject, dossier_code, code, message
        )
        problems.append(problem)
        connection.execute(
            insert(quarantine).values(
                commune=caller.commune,
                device=coming.device,
                incarnation=coming.incarnation,
                dseq=coming.dseq,
                event_id=coming.event_id,
                subject=coming.subject,
                dossier_code=dossier_code,
                code=code,
                message=message,
                raw=msgspec.json.encode(coming).decode(),
            )
        )
    return good, problems


def _reason(
    coming: Event, caller: Caller, parked: set[str], codes: set[str]
) -> tuple[tuple[str, str] | None, Payload | None]:
    """Why an event cannot be taken; form, code and right, never the state."""
    if coming.subject in parked:
        return ("parked", "Chờ việc trước của cùng hồ sơ được sửa."), None
    known = TYPES.get(coming.type)
    if known is None or coming.version > known[0]:
        # from a newer counter: kept and handed on as it is
        return None, None
    try:
        payload = decode_payload(coming)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return ("form", "Nội dung việc này không đọc được. Hãy đính chính hồ sơ."), None
    if isinstance(payload, DossierAccepted):
        code = DossierCode.parse(payload.code)
        if code is None:
            return ("code_wrong", f"Mã hồ sơ {payload.code} không đúng cách viết."), payload
        if payload.origin in ("counter", "pad") and (
            code.org != caller.commune or not code.seq.startswith(str(caller.counter))
        ):
            return (
                ("code_foreign", f"Mã hồ sơ {payload.code} không thuộc xã và quầy này."),
                payload,
            )
        if payload.code in codes:
            return (
                ("code_taken", f"Mã hồ sơ {payload.code} đã có ở một hồ sơ khác."),
                payload,
            )
        if coming.subject != coming.event_id:
            return ("form", "Việc tiếp nhận ghi sai hồ sơ."), payload
    return None, payload


def _parked(connection: Connection, caller: Caller, subjects: set[str]) -> set[str]:
    query = select(quarantine.c.subject).where(
        quarantine.c.commune == caller.commune, quarantine.c.subject.in_(subjects)
    )
    return set(connection.scalars(query))


def _codes_here(connection: Connection, caller: Caller, new: Sequence[Event]) -> set[str]:
    """Of the codes in this batch those that the commune has already."""
    wanted = set()
    for coming in new:
        if coming.type == "dossier.accepted":
            try:
                payload = decode_payload(coming)
            except (msgspec.ValidationError, msgspec.DecodeError):
                continue
            if isinstance(payload, DossierAccepted):
                wanted.add(payload.code)
    query = select(dossier.c.code).where(
        dossier.c.commune == caller.commune, dossier.c.code.in_(wanted)
    )
    return set(connection.scalars(query)) if wanted else set()


def _write(connection: Connection, caller: Caller, good: Sequence[_Judged]) -> None:
    """Events already here under their id (a fork's common part) are passed over."""
    ids = [judged.event.event_id for judged in good]
    here = set(
        connection.scalars(
            select(event.c.event_id).where(
                event.c.commune == caller.commune, event.c.event_id.in_(ids)
            )
        )
    )
    coming = [judged for judged in good if judged.event.event_id not in here]
    if coming:
        append(connection, caller.commune, [(j.event, j.payload) for j in coming])


def append(connection: Connection, org: str, coming: Sequence[Entry]) -> int:
    """Put events at the end of a commune's order and bring its dossiers up to date."""
    subjects = {known.subject for known, _ in coming if known.type in DOSSIER_TYPES}
    before = entries_of(connection, org, subjects) if subjects else {}
    for entry in coming:
        if entry[0].subject in subjects:
            before.setdefault(entry[0].subject, []).append(entry)
    states = [state for entries in before.values() if (state := fold(entries)) is not None]
    row = connection.execute(
        update(commune)
        .where(commune.c.org == org)
        .values(seq=commune.c.seq + len(coming))
        .returning(commune.c.seq, commune.c.digest)
    ).one()
    last: int = row.seq
    first = last - len(coming) + 1
    digest = chain.add(row.digest, (known.hash for known, _ in coming))
    connection.execute(update(commune).where(commune.c.org == org).values(digest=digest))
    connection.execute(
        insert(event),
        [
            {"commune": org, "cseq": first + place, **_columns(known)}
            for place, (known, _) in enumerate(coming)
        ],
    )
    put_rows(connection, org, states)
    return last


def _columns(known: Event) -> dict[str, object]:
    return msgspec.to_builtins(known)  # type: ignore[no-any-return]


def _stream(connection: Connection, device_id: str, incarnation: str) -> tuple[int, str]:
    row = connection.execute(
        select(stream.c.high, stream.c.head).where(
            stream.c.device == device_id, stream.c.incarnation == incarnation
        )
    ).one_or_none()
    return (0, chain.GENESIS) if row is None else (row.high, row.head)


def _move(connection: Connection, device_id: str, incarnation: str, high: int, head: str) -> None:
    where = (stream.c.device == device_id, stream.c.incarnation == incarnation)
    moved = connection.execute(update(stream).where(*where).values(high=high, head=head))
    if moved.rowcount == 0:
        connection.execute(
            insert(stream).values(device=device_id, incarnation=incarnation, high=high, head=head)
        )


def _seen(connection: Connection, device_id: str) -> None:
    connection.execute(update(device).where(device.c.id == device_id).values(last_sync_at=_now()))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
