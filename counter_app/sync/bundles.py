"""Bundles on a stick, for a counter without a line: what a cycle says, written down and carried."""

import base64
from collections.abc import Iterator
from pathlib import Path

import msgspec

from counter_app.domain.slip_code import Verify
from counter_app.errors import EnvironmentFault, Refused
from counter_app.ports import Clock, Signer
from counter_app.ports.sync import Forked, LineFault, Summary, SyncIdentity, SyncProblem, SyncStore
from counter_app.sync.engine import MOST_BYTES, MOST_EVENTS, NOT_ENROLLED
from counter_app.wire import bundle
from counter_app.wire.bundle import Header
from counter_app.wire.messages import (
    UNREADABLE,
    BundleDown,
    BundlePage,
    BundleProof,
    BundleUp,
    Damaged,
    GivenBack,
    Push,
    TooLarge,
    encode,
    run_of,
)
from counter_app.wire.signing import head_bytes, proof_bytes

_down = msgspec.json.Decoder(BundleDown)
_part = msgspec.json.Decoder(BundleProof | BundlePage)


class Bundles:
    """Writes and takes in bundles of one store."""

    def __init__(
        self, store: SyncStore, signer: Signer, private: bytes, verify: Verify, clock: Clock
    ) -> None:
        self._store = store
        self._signer = signer
        self._private = private
        self._verify = verify
        self._clock = clock

    def write(self, target: Path) -> Summary:
        """Everything that no delivery proof covers, for the upper server. Sends nothing by itself: a
        lost stick loses nothing, and what is waiting waits until the answer is here.
        """
        identity = self._identity()
        summary = Summary()
        at = self._clock.now().isoformat(timespec="seconds")
        try:
            summary.bytes_out = bundle.write(
                target,
                "up",
                self._private,
                identity.device_id,
                identity.server_id,
                identity.server_key,
                at,
                self._messages(identity, summary),
            )
        except OSError:
            raise EnvironmentFault(
                "bundle_failed",
                f"Không ghi được gói vào {target.parent}. Xem USB còn cắm, còn chỗ và ghi được không.",
            ) from None
        summary.waiting = self._store.waiting()
        return summary

    def _messages(self, identity: SyncIdentity, summary: Summary) -> Iterator[bytes]:
        yield encode(
            BundleUp(
                identity.incarnation,
                identity.epoch,
                identity.cursor,
                identity.keys_version,
            )
        )
        written: dict[str, int] = {}
        # what a server that was put back has lost, in the order it had
        for _, life, upto, lost in self._store.all_back():
            if lost is None:
                yield from self._pushes(identity, summary, written, life, upto)
                continue
            yield encode(GivenBack(identity.epoch, run_of(lost.events), lost.upto, lost.signature))
        yield from self._pushes(identity, summary, written)

    def _pushes(
        self,
        identity: SyncIdentity,
        summary: Summary,
        written: dict[str, int],
        life: str = "",
        upto: int = 0,
    ) -> Iterator[bytes]:
        """Own events that were not written yet; of one life up to a place, or all."""
        while events := self._store.outbox(MOST_EVENTS, MOST_BYTES, written):
            if life:
                events = [e for e in events if e.incarnation == life and e.dseq <= upto]
                if not events:
                    return
            last = events[-1]
            head = head_bytes(last.device, last.incarnation, last.dseq, last.hash)
            signature = base64.b64encode(self._signer.sign(head)).decode("ascii")
            yield encode(Push(identity.epoch, run_of(events), last.hash, signature))
            written[last.incarnation] = last.dseq
            summary.sent += len(events)

    def take_in(self, source: Path) -> Summary:
        """What the upper server answered. An old or repeated bundle changes nothing."""
        identity = self._identity()
        summary = Summary()

        def sender_key(header: Header) -> bytes | None:
            return identity.server_key if header.sender == identity.server_id else None

        try:
            with source.open("rb") as opened:
                summary.bytes_in = source.stat().st_size
                header, messages = bundle.read(opened, self._private, sender_key)
                if (header.kind, header.recipient) != ("down", identity.device_id):
                    raise Damaged("recipient")
                self._apply(_down.decode(next(messages, b"")), messages, summary)
        except OSError:
            raise EnvironmentFault(
                "file_missing", f"Không đọc được {source.name}. Xem USB còn cắm không."
            ) from None
        except (Damaged, TooLarge, *UNREADABLE):
            raise Refused(
                "bundle_wrong",
                "Gói này hỏng, hoặc không phải máy chủ gửi cho máy này. Xin cấp trên gói khác.",
            ) from None
        except Forked:
            raise Refused(
                "bundle_old",
                "Gói này không khớp với sổ đang mở: có thể làm trước lần khôi phục. Xuất gói mới, "
                "đưa cấp trên, rồi nhập gói trả lời mới.",
            ) from None
        except LineFault:
            raise Refused("bundle_wrong", "Gói này không khớp với sổ. Hãy báo cấp trên.") from None
        summary.waiting = self._store.waiting()
        at = self._clock.now().isoformat(timespec="seconds")
        self._store.note_cycle(at, "")
        return summary

    def _apply(self, told: BundleDown, messages: Iterator[bytes], summary: Summary) -> None:
        epoch = self._store.identity().epoch
        if told.epoch != epoch:
            if epoch not in told.past:
                # from before the server was put back: what counts came by another way already
                return
            self._store.enter_epoch(told.epoch, told.kept, told.highs)
        for message in messages:
            part = _part.decode(message)
            if isinstance(part, BundleProof):
                self._acknowledge(part, summary)
            else:
                self._pull(part, summary)
        self._store.cross_out(dict(told.highs.upper))

    def _acknowledge(self, part: BundleProof, summary: Summary) -> None:
        answer, identity = part.answer, self._store.identity()
        if answer.high <= self._store.high(part.life):
            return
        message = proof_bytes(
            identity.device_id, part.life, answer.high, answer.head_hash, answer.epoch
        )
        try:
            signature = base64.b64decode(answer.signature, validate=True)
        except ValueError:
            signature = b""
        if not self._verify(identity.server_key, signature, message):
            raise Damaged("proof")
        summary.problems += self._store.acknowledged(part.life, answer)

    def _pull(self, part: BundlePage, summary: Summary) -> None:
        cursor, answer = self._store.identity().cursor, part.answer
        if answer.upto <= cursor:
            return
        if part.after > cursor:
            raise Refused(
                "bundle_gap",
                "Thiếu gói trước của cấp trên. Nhập gói trước, hoặc xuất gói mới để xin lại từ đầu.",
            )
        received, problems = self._store.apply_pull(answer)
        summary.received += received
        summary.problems += problems
        if not answer.more and answer.digest != self._store.order_digest():
            summary.problems.append(
                SyncProblem(
                    "",
                    "digest_differs",
                    "Sổ ở máy này và máy chủ không khớp. Chưa mất gì. Hãy báo cấp trên.",
                )
            )

    def _identity(self) -> SyncIdentity:
        identity = self._store.identity()
        if not identity.server_url:
            raise Refused("not_enrolled", NOT_ENROLLED)
        return identity
