"""Counters of one commune that meet in a folder or on a stick, with or without a line above.

Each counter keeps one sealed bundle there for every other: what it holds of the other's events, and its
own that the other lacks. A round reads what lies there for us, then writes anew. Nothing is lost with
the folder, and nothing in it can be read by anyone but the counter it is for.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from counter_app.domain.slip_code import Verify
from counter_app.errors import EnvironmentFault, Refused
from counter_app.ports import Clock, Signer
from counter_app.ports.exchange import Exchanged, ExchangeStore, Peer
from counter_app.ports.sync import Forked, LineFault
from counter_app.wire import bundle
from counter_app.wire.bundle import Header
from counter_app.wire.messages import (
    Damaged,
    PeerHello,
    PeerRun,
    TooLarge,
    encode,
    events_of,
    run_of,
)
from counter_app.wire.signing import from_base64, head_bytes

MOST_EVENTS = 20_000
"""In one bundle; the next round goes on."""

KIND = "peer"
_part = msgspec.json.Decoder(PeerHello | PeerRun)

_ALONE = (
    "Máy này chưa biết quầy nào khác của xã. Ghi danh (F11, mục Máy chủ) rồi đồng bộ một lần, bằng mạng hay USB; xã "
    "chỉ có một quầy thì đặt 0 để tắt."
)


class Exchange:
    """Rounds of one counter."""

    def __init__(
        self, store: ExchangeStore, signer: Signer, private: bytes, verify: Verify, clock: Clock
    ) -> None:
        self._store = store
        self._signer = signer
        self._private = private
        self._verify = verify
        self._clock = clock
        self._seen: dict[str, tuple[int, int]] = {}
        self._wrote: dict[str, bytes] = {}

    def round(self, folder: Path) -> Exchanged:
        """Read what lies there for this counter, then write for each other one."""
        peers, own = self._store.peers(), self._store.device()
        if not peers:
            raise Refused("no_peers", _ALONE)
        done = Exchanged()
        try:
            if not folder.is_dir():
                raise FileNotFoundError
            coming = {name_of(peer.device, own): peer for peer in peers}
            for name, peer in coming.items():
                self._read(folder / name, peer, done)
            for path in sorted(folder.glob(name_of(_ANY, own))):
                if path.name not in coming:
                    done.faults.append(_UNKNOWN.format(path.name))
            for peer in peers:
                self._write(folder / name_of(own, peer.device), peer, done)
        except OSError:
            raise EnvironmentFault(
                "exchange_failed",
                f"Không đọc, ghi được thư mục trao đổi {folder}. Xem USB hay máy giữ thư mục đó.",
            ) from None
        return done

    def _read(self, path: Path, peer: Peer, done: Exchanged) -> None:
        try:
            told = path.stat()
        except FileNotFoundError:
            return
        mark = (told.st_mtime_ns, told.st_size)
        if self._seen.get(path.name) == mark:
            return
        try:
            with path.open("rb") as opened:
                header, messages = bundle.read(opened, self._private, _key_of(peer))
                if (header.kind, header.recipient) != (KIND, self._store.device()):
                    raise Damaged("recipient")
                for message in messages:
                    self._take(_part.decode(message), peer, done)
        except (Damaged, TooLarge, LineFault, Forked, msgspec.DecodeError):
            done.faults.append(
                f"Gói của quầy {peer.counter} chưa dùng được: đang ghi dở, hỏng, hoặc không khớp với "
                "sổ. Lần sau tự đọc lại; nếu vẫn thế, hãy đồng bộ với cấp trên."
            )
        else:
            self._seen[path.name] = mark
            done.read += 1

    def _take(self, part: PeerHello | PeerRun, peer: Peer, done: Exchanged) -> None:
        if isinstance(part, PeerHello):
            self._store.keep_told(peer.device, part.have)
            return
        events = events_of(part.run)
        last = events[-1] if events else None
        if last is None or last.device != peer.device or last.hash != part.head_hash:
            raise Damaged("run")
        head = head_bytes(last.device, last.incarnation, last.dseq, last.hash)
        if not self._verify(peer.public_key, from_base64(part.signature), head):
            raise Damaged("head")
        count, subjects = self._store.take_in(events, part.signature)
        done.received += count
        done.subjects |= subjects

    def _write(self, path: Path, peer: Peer, done: Exchanged) -> None:
        """Only where there is something to say that does not lie there already."""
        messages = list(self._messages(peer))
        mark = hashlib.sha256(b"\n".join(messages)).digest()
        if self._wrote.get(path.name) == mark and path.exists():
            return
        bundle.write(
            path,
            KIND,
            self._private,
            self._signer.device_id,
            peer.device,
            peer.public_key,
            self._clock.now().isoformat(timespec="seconds"),
            messages,
        )
        self._wrote[path.name] = mark
        done.written += 1

    def _messages(self, peer: Peer) -> Iterator[bytes]:
        yield encode(PeerHello(self._store.held(peer.device)))
        for events in self._store.wanted(self._store.told(peer.device), MOST_EVENTS):
            last = events[-1]
            head = head_bytes(last.device, last.incarnation, last.dseq, last.hash)
            signature = base64.b64encode(self._signer.sign(head)).decode("ascii")
            yield encode(PeerRun(run_of(events), last.hash, signature))


_ANY = "__" + "?" * 12
"""In the place of a sender: whoever it is."""
_UNKNOWN = (
    "Gói {} là của quầy mà máy này chưa biết. Quầy mới: đồng bộ với cấp trên, hoặc nhập gói mới của cấp trên, rồi "
    "máy tự đọc. Quầy đã thôi dùng: xóa tệp đó."
)


def name_of(sender: str, recipient: str) -> str:
    """The one file from a counter to another."""
    return f"{sender[2:14]}-{recipient[2:14]}.hsx"


def _key_of(peer: Peer) -> Callable[[Header], bytes | None]:
    def key(header: Header) -> bytes | None:
        return peer.public_key if header.sender == peer.device else None

    return key
