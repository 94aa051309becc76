"""A server that was put back from a backup: a new epoch, and its counters give back what it lost.

Every counter keeps the server's own signed proof of how much it had. Shown one for more than it has,
or told by `restore-done`, the server begins a new epoch: its order ends where it stands, its own
events go on under a new life in every commune, and what counters hold comes in again behind that.
"""

import secrets
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from counter_app.domain import chain
from counter_app.domain.events import ERASED, IncarnationStarted
from counter_app.domain.notice import Numbered, kind_of
from counter_app.wire.codec import decode_payload
from counter_app.wire.messages import (
    Conflict,
    GivenBack,
    HighsAnswer,
    Proof,
    PushAnswer,
    events_of,
)
from counter_app.wire.signing import from_base64, head_bytes, proof_bytes
from district_server.acts import pass_notice
from district_server.book import append, append_own
from district_server.caller import Caller
from district_server.database import get_meta, put_meta
from district_server.faults import Refused
from district_server.ingest import PushConflict, free_emptied
from district_server.keys import ServerKeys, verify
from district_server.renumbering import BLOCKS_UNTIL, SERVER, ZONE
from district_server.tables import commune, event, meta, stream

_PAST = "epochs"
"""Meta: the epochs before this one, the oldest first."""


def is_behind(connection: Connection, keys: ServerKeys, caller: Caller, proof: Proof) -> bool:
    """Whether this server has signed for more than it has: of a life of the caller's or of its own
    chain there, or in an epoch that it does not remember.
    """
    here = connection.execute(select(commune).where(commune.c.org == caller.commune)).one()
    signature = from_base64(proof.signature)
    message = head_bytes(keys.server_id, proof.life, proof.high, proof.head_hash)
    if verify(keys.public_key, signature, message):
        if proof.life == here.incarnation:
            return bool(proof.high > here.dseq)
        lost = proof.life not in dict(highs(connection, keys, caller).upper)
        return lost and proof.epoch not in past_epochs(connection)
    message = proof_bytes(caller.device, proof.life, proof.high, proof.head_hash, proof.epoch)
    if not verify(keys.public_key, signature, message):
        raise Refused("proof_wrong", "Xác nhận này không phải của máy chủ này.", 400)
    if proof.epoch in past_epochs(connection):
        # what was lost with that epoch is on its way back
        return False
    if proof.epoch != get_meta(connection, "epoch"):
        return True
    query = select(stream.c.high).where(
        stream.c.commune == caller.commune,
        stream.c.device == caller.device,
        stream.c.incarnation == proof.life,
    )
    return proof.high > (connection.execute(query).scalar() or 0)


def begin_epoch(connection: Connection, keys: ServerKeys, shown: str | None = None) -> str:
    """A new epoch. `shown` is that of the proof that told: once it is past, nothing happens again."""
    query = select(meta.c.value).where(meta.c.name == "epoch").with_for_update()
    epoch: str = connection.execute(query).scalar_one()
    past = list(past_epochs(connection))
    if shown in past:
        return epoch
    # one that this server does not remember began after what it was put back from
    past += [known for known in dict.fromkeys((shown, epoch)) if known]
    now = datetime.now(ZONE)
    made = secrets.token_hex(8)
    put_meta(connection, _PAST, " ".join(past))
    put_meta(connection, "epoch", made)
    # what was numbered here today may be on paper
    put_meta(connection, BLOCKS_UNTIL, now.date().isoformat())
    for row in connection.execute(select(commune).order_by(commune.c.org)).fetchall():
        connection.execute(
            update(commune)
            .where(commune.c.org == row.org)
            .values(incarnation=secrets.token_hex(8), dseq=0, head=chain.GENESIS)
        )
        started = IncarnationStarted("restore-done", row.incarnation, row.dseq, row.head)
        append_own(connection, keys, row.org, keys.server_id, started, SERVER, now)
    return made


def past_epochs(connection: Connection) -> tuple[str, ...]:
    """The epochs before this one, the oldest first."""
    return tuple((get_meta(connection, _PAST) or "").split())


def kept_of(connection: Connection, keys: ServerKeys, org: str, epoch: str) -> int:
    """Up to which place the order of an epoch before is still that of this one; 0 where unknown."""
    past = past_epochs(connection)
    if epoch not in past:
        return 0
    turns = len(past) - past.index(epoch)
    query = (
        select(event.c.cseq)
        .where(
            event.c.commune == org,
            event.c.device == keys.server_id,
            event.c.type == "incarnation.started",
            event.c.dseq == 1,
        )
        .order_by(event.c.cseq.desc())
        .limit(turns)
    )
    begun = list(connection.scalars(query))
    return begun[-1] - 1 if len(begun) == turns else 0


def highs(connection: Connection, keys: ServerKeys, caller: Caller) -> HighsAnswer:
    """How much is here of the caller's lives, and of the server's own in that commune."""
    own = select(stream.c.incarnation, stream.c.high).where(
        stream.c.commune == caller.commune, stream.c.device == caller.device
    )
    upper = (
        select(event.c.incarnation, func.max(event.c.dseq))
        .where(event.c.commune == caller.commune, event.c.device == keys.server_id)
        .group_by(event.c.incarnation)
    )
    return HighsAnswer(
        tuple((life, high) for life, high in connection.execute(own)),
        tuple((life, high) for life, high in connection.execute(upper)),
    )


def take_back(
    connection: Connection, keys: ServerKeys, caller: Caller, given: GivenBack
) -> PushAnswer:
    """The server's own events from a counter that kept them: what is missing up to `upto` goes in."""
    run, epoch = given.run, get_meta(connection, "epoch") or ""
    if run.device != keys.server_id or not run.events:
        raise Refused("device_wrong", "Gói không phải của máy chủ này.", 403)
    if given.epoch != epoch:
        raise PushConflict(Conflict("epoch", 0, "Máy chủ đã được khôi phục, gửi lại từ đầu."))
    row = connection.execute(
        select(commune).where(commune.c.org == caller.commune).with_for_update()
    ).one()
    events = events_of(run)
    last = events[-1]
    message = head_bytes(run.device, run.incarnation, last.dseq, last.hash)
    if not verify(keys.public_key, from_base64(given.signature), message):
        raise Refused("signature_wrong", "Chữ ký của gói không đúng.", 400)
    here = connection.execute(
        select(event.c.dseq, event.c.hash)
        .where(
            event.c.commune == caller.commune,
            event.c.device == run.device,
            event.c.incarnation == run.incarnation,
        )
        .order_by(event.c.dseq.desc())
        .limit(1)
    ).one_or_none()
    high, head = (here.dseq, here.hash) if here is not None else (0, chain.GENESIS)
    missing = [known for known in events if high < known.dseq <= given.upto]
    if missing:
        if missing[0].dseq != high + 1 or missing[0].prev_hash != head:
            raise PushConflict(Conflict("gap", high, "Thiếu phần trước."))
        if run.incarnation == row.incarnation:
            raise PushConflict(Conflict("fork", high, "Máy chủ đã viết việc khác ở đây."))
        entries = [(known, decode_payload(known)) for known in missing]
        append(connection, caller.commune, entries)
        if erased := {known.subject for known in missing if known.type == ERASED}:
            free_emptied(connection, keys, caller, erased)
        for known, payload in entries:
            if isinstance(payload, Numbered):
                year = datetime.fromisoformat(known.occurred_at).year
                pass_notice(connection, caller.commune, kind_of(payload), payload.notice_no, year)
        high, head = missing[-1].dseq, missing[-1].hash
    head_cseq = connection.execute(
        select(commune.c.seq).where(commune.c.org == caller.commune)
    ).scalar_one()
    now = datetime.now(ZONE).isoformat(timespec="seconds")
    return PushAnswer(epoch, high, head, head_cseq, (), now, "")
