"""Bundles on a stick: what counters without a line bring, and what they take back."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, select, update

from counter_app.wire import bundle
from counter_app.wire.bundle import Header
from counter_app.wire.messages import (
    UNREADABLE,
    BundleDown,
    BundleFile,
    BundleFiles,
    BundlePage,
    BundlePlaces,
    BundleProof,
    BundleScan,
    BundleScans,
    BundleUp,
    Damaged,
    EnrolAnswer,
    EnrolledFrom,
    EnrolRequest,
    GivenBack,
    Push,
    PushAnswer,
    TooLarge,
    encode,
)
from counter_app.wire.signing import enrolled_bytes, proof_bytes
from district_server import feed, recovery
from district_server.caller import Caller
from district_server.database import Database, get_meta, put_meta
from district_server.enrolment import LIFETIME, caller_of, enrol
from district_server.faults import Refused, ServerFault
from district_server.ingest import PushConflict, push
from district_server.keys import ServerKeys
from district_server.lives import aside_of, stream_of
from district_server.objects import Objects
from district_server.pages import here_of, take_whole, whole_of
from district_server.publishing import published, text_of
from district_server.tables import commune, device, stream

_WRONG = Refused(
    "bundle_wrong", "Gói này hỏng, hoặc không phải của quầy đã ghi danh gửi cho máy chủ này."
)
_ANSWER_IT = (
    "Làm gói trả lời cho máy này: nhập gói đó rồi nó tách ra thành sổ riêng và xuất gói mới."
)
_PAGE = 256 * 1024
MOST_TOLD = bundle.LARGEST_RAW // 2
"""Bytes of others' events in one answer, before they are squeezed."""
MOST_SCANNED = 24 * 1024 * 1024
"""Bytes of scanned pages in one answer."""
_BY_STICK = timedelta(days=7)


def take_in(
    database: Database, keys: ServerKeys, source: Path, objects: Objects | None = None
) -> dict[str, Any]:
    """Take what a counter's bundle holds. Bundles come in any order and any number of times.

    `objects`: where scanned pages go; without it they are passed over, and the counter keeps them.
    `unread` counts what only a newer server can read: it stays at its counter.
    """
    callers: list[Caller] = []

    def sender_key(header: Header) -> bytes | None:
        with database.begin() as connection:
            caller = caller_of(connection, header.sender)
        if caller is None:
            return None
        callers.append(caller)
        return caller.public_key

    try:
        with source.open("rb") as opened:
            header, messages = bundle.read(opened, keys.signing.private_bytes_raw(), sender_key)
            if (header.kind, header.recipient) != ("up", keys.server_id):
                raise _WRONG
            told = msgspec.json.decode(next(messages, b""), type=BundleUp)
            return _take(database, keys, objects, callers[-1], told, messages)
    except OSError:
        raise ServerFault("file_missing", f"Không đọc được tệp {source.name}.") from None
    except (Damaged, TooLarge, *UNREADABLE):
        raise _WRONG from None


def _take(
    database: Database,
    keys: ServerKeys,
    objects: Objects | None,
    caller: Caller,
    told: BundleUp,
    messages: Iterator[bytes],
) -> dict[str, Any]:
    received, pages, unread, problems = 0, 0, 0, []
    for message in messages:
        kind = msgspec.json.decode(message, type=_Kind).type
        if kind not in ("", "scan"):
            # from a program newer than this one; everything else of the bundle counts
            unread += 1
            continue
        if kind == "scan":
            scan = msgspec.json.decode(message, type=BundleScan)
            pages += _take_scan(database, objects, caller, scan)
            continue
        try:
            sent = msgspec.json.decode(message, type=Push)
        except msgspec.ValidationError:
            _take_back(database, keys, caller, msgspec.json.decode(message, type=GivenBack))
            continue
        try:
            with database.begin() as connection:
                before = _high(connection, caller, sent.run.incarnation)
                # the bundle may be older than this epoch; its events are signed all the same
                current = msgspec.structs.replace(sent, epoch=get_meta(connection, "epoch") or "")
                answer = push(connection, keys, caller, current)
        except PushConflict as conflict:
            reason, why = conflict.conflict.reason, conflict.conflict.message
            if reason == "fork" and sent.run.incarnation == told.life:
                with database.begin() as connection:
                    noted = msgspec.structs.replace(told, parted=max(0, sent.run.first - 2))
                    put_meta(connection, _name(caller), encode(noted).decode())
                why = f"{why} {_ANSWER_IT}"
            raise Refused(f"bundle_{reason}", why) from None
        received += max(0, answer.high - before)
        problems += [
            {"dossier_code": one.dossier_code, "code": one.code, "message": one.message}
            for one in answer.problems
        ]
    with database.begin() as connection:
        _remember(connection, caller, told)
        # heard of, also where nothing was new
        connection.execute(
            update(device)
            .where(device.c.commune == caller.commune, device.c.id == caller.device)
            .values(last_sync_at=_now())
        )
    return {
        "device": caller.device,
        "commune": caller.commune,
        "received": received,
        "pages": pages,
        "unread": unread,
        "problems": problems,
    }


class _Kind(msgspec.Struct):
    type: str = ""


def _take_scan(
    database: Database, objects: Objects | None, caller: Caller, scan: BundleScan
) -> bool:
    """Whether the page is here now. One that no event tells of waits at its counter."""
    if objects is None or caller.revoked_at is not None:
        return False
    with contextlib.suppress(Refused), database.begin() as connection:
        return take_whole(connection, objects, caller, scan.event_id, scan.page, scan.content).done
    return False


def _take_back(database: Database, keys: ServerKeys, caller: Caller, given: GivenBack) -> None:
    """Events of the server's own that it lost. What others must bring first comes with them."""
    with contextlib.suppress(PushConflict), database.begin() as connection:
        epoch = get_meta(connection, "epoch") or ""
        current = msgspec.structs.replace(given, epoch=epoch)
        recovery.take_back(connection, keys, caller, current)


def write(
    database: Database,
    keys: ServerKeys,
    device_id: str,
    target: Path,
    objects: Objects | None = None,
) -> dict[str, Any]:
    """The answer for a counter: proofs of what is here, and all that it has not."""
    _refuse_database(database, target)
    with database.begin() as connection:
        caller = caller_of(connection, device_id)
        if caller is None:
            raise Refused("device_unknown", f"Không có máy {device_id}. Xem bằng status.")
        if caller.revoked_at is not None:
            raise Refused("revoked", "Máy này đã bị thu hồi.")
        try:
            size = bundle.write(
                target,
                "down",
                keys.signing.private_bytes_raw(),
                keys.server_id,
                caller.device,
                caller.public_key,
                _now(),
                _messages(connection, keys, objects, caller),
            )
        except OSError:
            raise ServerFault(
                "bundle_failed", f"Không ghi được gói vào {target.parent}. Xem USB còn cắm không."
            ) from None
    return {"ok": True, "device": caller.device, "bytes": size}


def _refuse_database(database: Database, target: Path) -> None:
    """A slip of the hand must not put a bundle in the place of the database."""
    with contextlib.suppress(OSError):  # whoever writes there says what is wrong
        if target.is_dir():
            raise ServerFault("file_is_folder", f"{target} là thư mục. Viết cả tên tệp.")
        if database.file is not None and target.samefile(database.file):
            raise Refused(
                "file_of_database",
                f"{target.name} là cơ sở dữ liệu; ghi vào đó thì mất hết. Chọn tên tệp khác.",
            )


def enrol_by_stick(
    database: Database, keys: ServerKeys, source: Path, target: Path, url: str
) -> dict[str, Any]:
    """Answer a counter's request on a stick. Its code is good for seven days instead of minutes."""
    _refuse_database(database, target)
    try:
        asked = msgspec.json.decode(source.read_bytes(), type=EnrolRequest).asked
    except OSError:
        raise ServerFault("file_missing", f"Không đọc được tệp {source.name}.") from None
    except UNREADABLE:
        raise Refused("request_wrong", "Tệp này không phải yêu cầu ghi danh của quầy.") from None
    with database.begin() as connection:
        enrolled = enrol(connection, keys, asked, _BY_STICK - LIFETIME)
    if isinstance(enrolled, Refused):
        raise enrolled
    content = encode(EnrolledFrom(enrolled, url, keys.ca_pem.decode("ascii"))).decode()
    signed = enrolled_bytes(content)
    answer = EnrolAnswer(content, keys.sign(signed), keys.sign_as_ca(signed))
    part = target.with_name(target.name + ".part")
    try:
        part.write_bytes(encode(answer))
        part.replace(target)
    except OSError:
        raise ServerFault(
            "file_failed", f"Không ghi được {target.name}. Xem USB còn cắm không."
        ) from None
    finally:
        with contextlib.suppress(OSError):  # it is not there, or nothing can be done
            part.unlink()
    return {
        "ok": True,
        "device": enrolled.device,
        "commune": enrolled.commune,
        "fingerprint": keys.fingerprint,
    }


def _messages(
    connection: Connection, keys: ServerKeys, objects: Objects | None, caller: Caller
) -> Iterator[bytes]:
    epoch = get_meta(connection, "epoch") or ""
    told = _remembered(connection, caller) or BundleUp("", epoch, 0, "", ())
    kept = recovery.kept_of(connection, keys, caller.commune, told.epoch)
    past = recovery.past_epochs(connection)
    yield encode(BundleDown(epoch, past, kept, recovery.highs(connection, keys, caller)))
    head_cseq = connection.execute(
        select(commune.c.seq).where(commune.c.org == caller.commune)
    ).scalar_one()
    places = _places(connection, caller, told)
    if places is not None:
        yield encode(places)
    own = select(stream).where(stream.c.commune == caller.commune, stream.c.device == caller.device)
    for row in connection.execute(own).fetchall():
        message = proof_bytes(caller.device, row.incarnation, row.high, row.head, epoch)
        answer = PushAnswer(
            epoch,
            row.high,
            row.head,
            head_cseq,
            aside_of(connection, caller, row.incarnation),
            _now(),
            keys.sign(message),
        )
        yield encode(BundleProof(row.incarnation, answer))
    after, room = told.cursor if told.epoch == epoch else min(told.cursor, kept), MOST_TOLD
    while True:
        page = feed.pull(
            connection,
            caller,
            # a copy takes nothing of that life for its own
            told.life if places is None else "",
            epoch,
            after,
            _PAGE,
            told.keys_version,
            keys,
        )
        told_page = encode(BundlePage(after, page))
        yield told_page
        after, room = page.upto, room - len(told_page)
        if not page.more or room < 0:
            # a new PC in a very large commune reads on from the next stick
            break
    yield from _files(connection, told)
    if objects is not None and told.scans:
        yield encode(BundleScans(here_of(connection, objects, caller, told.scans)))
    if objects is not None:
        yield from _scans(connection, objects, caller, told)


def _scans(
    connection: Connection, objects: Objects, caller: Caller, told: BundleUp
) -> Iterator[bytes]:
    """As many of the pages that the counter wants as one file takes; it asks for the others again."""
    room = MOST_SCANNED
    for event_id, page in told.lacks:
        content = whole_of(connection, objects, caller, event_id, page)
        if content is None:
            continue
        room -= len(content)
        if room < 0:
            return
        yield encode(BundleScan(event_id, page, content))


def _files(connection: Connection, told: BundleUp) -> Iterator[bytes]:
    """The published files that the counter lacks."""
    listed = published(connection, "")
    if told.have is None or not listed.items:
        return
    have = frozenset(told.have)
    for item in listed.items:
        if (item.kind, item.name, item.version) not in have:
            text = text_of(connection, item.kind, item.name, item.version, published=True)
            yield encode(BundleFile(item, text or ""))
    yield encode(BundleFiles(listed.version))


def _remember(connection: Connection, caller: Caller, told: BundleUp) -> None:
    """What that counter has, for the answer: as the bundle says that was handed in last. Whether one that
    knows less is an older one, or a book that was put back, nobody can tell from here; the answer to it
    is good for both.
    """
    known = _remembered(connection, caller)
    if known is not None and (known.life, known.dseq) == (told.life, told.dseq):
        told = msgspec.structs.replace(told, parted=known.parted)
    put_meta(connection, _name(caller), encode(told).decode())


def _remembered(connection: Connection, caller: Caller) -> BundleUp | None:
    kept = get_meta(connection, _name(caller))
    return None if kept is None else msgspec.json.decode(kept, type=BundleUp)


def _name(caller: Caller) -> str:
    return f"b:{caller.device}"


def _places(connection: Connection, caller: Caller, told: BundleUp) -> BundlePlaces | None:
    """For a store that was seen to be a copy, or has written less than is here of its life."""
    after = told.parted
    if after is None and told.dseq < _high(connection, caller, told.life):
        after = max(0, told.dseq - 1)
    if after is None or not told.dseq:
        return None
    return BundlePlaces(told.life, after, stream_of(connection, caller, told.life, after).places)


def _high(connection: Connection, caller: Caller, life: str) -> int:
    query = select(stream.c.high).where(
        stream.c.commune == caller.commune,
        stream.c.device == caller.device,
        stream.c.incarnation == life,
    )
    return connection.execute(query).scalar() or 0


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
