"""Bundles on a stick, for a counter without a line: what a cycle says, written down and carried."""

import base64
import errno
import hashlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path

import msgspec

from counter_app import data_folder
from counter_app.data_folder import refuse_book
from counter_app.domain.slip_code import Verify
from counter_app.errors import EnvironmentFault, Refused
from counter_app.ports import Clock, Signer
from counter_app.ports.attachments import PageToSend, Uploads, Vault
from counter_app.ports.sync import (
    BY_STICK,
    Forked,
    LineFault,
    Summary,
    SyncIdentity,
    SyncProblem,
    SyncStore,
)
from counter_app.sync import publications
from counter_app.sync.faults import FORK, NOT_ENROLLED
from counter_app.sync.pace import MOST_BYTES, MOST_EVENTS
from counter_app.wire import bundle
from counter_app.wire.bundle import Header
from counter_app.wire.messages import (
    LARGEST_SCAN,
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
    GivenBack,
    Push,
    TooLarge,
    encode,
    run_of,
)
from counter_app.wire.page import opened
from counter_app.wire.signing import from_base64, head_bytes, proof_bytes

_down = msgspec.json.Decoder(BundleDown)
_part = msgspec.json.Decoder(
    BundlePlaces | BundleProof | BundlePage | BundleFile | BundleFiles | BundleScans | BundleScan
)

MOST_SCANNED = 24 * 1024 * 1024
"""Bytes of scanned pages in one file: what is handed in by page may have 32 MiB."""
MOST_FILES = 20
MOST_PAGES = 5_000
"""Pages that one visit can carry; the next takes the rest."""
MOST_WANTED = 2_000
"""Pages that are asked for at once: some of the oldest may be nowhere above."""


_OWN = "Đây là gói máy này xuất cho cấp trên. Hãy chọn gói trả lời của cấp trên rồi nhập lại."
_OTHERS = "Gói này cấp trên gửi cho máy khác. Chọn gói của quầy này, hoặc xin cấp trên gói khác."
_DAMAGED = "Gói này chép chưa xong, đã hỏng, hoặc không phải của máy chủ này. Chép lại, hoặc xin cấp trên gói khác."


class Bundles:
    """Writes and takes in bundles of one store."""

    def __init__(
        self,
        store: SyncStore,
        signer: Signer,
        private: bytes,
        verify: Verify,
        clock: Clock,
        uploads: Uploads,
        vault: Vault,
    ) -> None:
        self._store = store
        self._signer = signer
        self._private = private
        self._verify = verify
        self._clock = clock
        self._uploads = uploads
        self._vault = vault

    def write(self, target: Path) -> Summary:
        """Everything that no delivery proof covers, for the upper server, and the scanned pages that it
        has not: events first, in `target`; pages that find no room there in `target-2` and so on. Sends
        nothing by itself: a lost stick loses nothing, and what is waiting waits until the answer is here.
        """
        refuse_book(target)
        identity = self._identity()
        summary = Summary()
        pages = deque(self._pages())
        told = BundleUp(
            identity.incarnation,
            identity.epoch,
            identity.cursor,
            identity.keys_version,
            tuple(sorted(self._store.published_here())),
            tuple((page.event_id, page.page) for page in pages),
            identity.dseq,
            lacks=self._lacks(identity),
        )
        self._write(
            target,
            identity,
            summary,
            chain(self._first(told, identity, summary), self._scans(pages, summary)),
        )
        while pages and summary.files < MOST_FILES:
            further = target.with_stem(f"{target.stem}-{summary.files + 1}")
            self._write(
                further, identity, summary, chain((encode(told),), self._scans(pages, summary))
            )
        summary.waiting = self._store.waiting()
        self._store.note_carried(self._clock.now().isoformat(timespec="seconds"))
        return summary

    def _write(
        self, target: Path, identity: SyncIdentity, summary: Summary, messages: Iterable[bytes]
    ) -> None:
        at = self._clock.now().isoformat(timespec="seconds")
        try:
            summary.bytes_out += bundle.write(
                target,
                "up",
                self._private,
                identity.device_id,
                identity.server_id,
                identity.server_key,
                at,
                messages,
            )
            # a stick is pulled as soon as its name is read out
            data_folder.settle(target.parent)
        except OSError as fault:
            raise EnvironmentFault("bundle_failed", _not_written(target, fault)) from None
        summary.files += 1

    def _pages(self) -> list[PageToSend]:
        """Those that wait and lie here; what is lost or too large for a stick stops no other."""
        return [
            page
            for page in self._uploads.waiting(MOST_PAGES)
            if page.size <= LARGEST_SCAN and self._vault.has(page.sha256)
        ]

    def _lacks(self, identity: SyncIdentity) -> tuple[tuple[str, int], ...]:
        """The scanned pages of open dossiers that do not lie here: without a line nobody can ask for one
        when it is wanted.
        """
        if identity.server_url != BY_STICK:
            return ()
        lacked = (page for page in self._uploads.of_open() if not self._vault.has(page.sha256))
        return tuple((page.event_id, page.page) for page in islice(lacked, MOST_WANTED))

    def _scans(self, pages: deque[PageToSend], summary: Summary) -> Iterator[bytes]:
        """As many as one file takes."""
        room = MOST_SCANNED
        while pages and pages[0].size <= room:
            page = pages.popleft()
            room -= page.size
            try:
                content = self._vault.get(page.sha256)
            except (EnvironmentFault, Refused):
                # whoever opens it is told, and can scan it again
                continue
            yield encode(BundleScan(page.event_id, page.page, content))
            summary.pages += 1

    def _first(self, told: BundleUp, identity: SyncIdentity, summary: Summary) -> Iterator[bytes]:
        yield encode(told)
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
        summary = Summary(files=1)

        def sender_key(header: Header) -> bytes | None:
            if header.sender == identity.device_id:
                raise Refused("bundle_wrong", _OWN)
            return identity.server_key if header.sender == identity.server_id else None

        try:
            with source.open("rb") as opened:
                summary.bytes_in = source.stat().st_size
                header, messages = bundle.read(opened, self._private, sender_key)
                if (header.kind, header.recipient) != ("down", identity.device_id):
                    raise Refused("bundle_wrong", _OTHERS)
                self._apply(_down.decode(next(messages, b"")), messages, summary)
        except OSError:
            raise EnvironmentFault(
                "file_missing", f"Không đọc được {source.name}. Xem USB còn cắm không."
            ) from None
        except (Damaged, TooLarge, *UNREADABLE):
            raise Refused("bundle_wrong", _DAMAGED) from None
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
        wanted: Mapping[tuple[str, int], str] = {}
        for message in messages:
            match _part.decode(message):
                case BundleProof() as part:
                    self._acknowledge(part, summary)
                case BundlePage() as part:
                    self._pull(part, summary)
                case BundleFile(item, text):
                    publications.take_in(self._store, item, text.encode(), self._is_signed)
                case BundleFiles(version):
                    self._store.keep_published_list(version)
                case BundlePlaces() as part:
                    self._part(part, summary)
                case BundleScans(here):
                    self._taken(frozenset(here))
                case BundleScan() as part:
                    wanted = wanted or self._wanted()
                    self._keep_scan(part, wanted, summary)
        self._store.cross_out(dict(told.highs.upper))

    def _is_signed(self, signature: str, message: bytes) -> bool:
        return self._verify(self._store.identity().server_key, from_base64(signature), message)

    def _part(self, told: BundlePlaces, summary: Summary) -> None:
        """Where another store wrote something else under this life, this one goes on under a new life."""
        if told.life != self._store.identity().incarnation or not told.places:
            return
        shared = self._store.last_shared(told.life, told.places)
        if shared == told.places[-1][0] or (told.after and not shared):
            return
        self._store.part_from_copy(told.life, shared, self._clock.now())
        summary.problems.append(SyncProblem("", "fork", FORK))

    def _acknowledge(self, part: BundleProof, summary: Summary) -> None:
        answer, identity = part.answer, self._store.identity()
        if answer.high <= self._store.high(part.life):
            return
        message = proof_bytes(
            identity.device_id, part.life, answer.high, answer.head_hash, answer.epoch
        )
        if not self._is_signed(answer.signature, message):
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
        received, problems = self._store.apply_pull(opened(answer))
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

    def _wanted(self) -> Mapping[tuple[str, int], str]:
        """(event, page) → the SHA-256 that the log tells."""
        return {(page.event_id, page.page): page.sha256 for page in self._uploads.of_open()}

    def _keep_scan(
        self, part: BundleScan, wanted: Mapping[tuple[str, int], str], summary: Summary
    ) -> None:
        """A page that is another than the log tells, or of a dossier that is over, is passed over."""
        address = wanted.get((part.event_id, part.page))
        if hashlib.sha256(part.content).hexdigest() != address or self._vault.has(address):
            return
        self._vault.put(part.content)
        summary.pages += 1

    def _taken(self, here: frozenset[tuple[str, int]]) -> None:
        for page in self._uploads.waiting(MOST_PAGES):
            if (page.event_id, page.page) in here:
                self._uploads.taken(page)

    def _identity(self) -> SyncIdentity:
        identity = self._store.identity()
        if not identity.server_url:
            raise Refused("not_enrolled", NOT_ENROLLED)
        return identity


def _not_written(target: Path, fault: OSError) -> str:
    """What to do about it; nothing half written stays."""
    if fault.errno == errno.ENOSPC:
        return f"{target.parent} hết chỗ. Xóa bớt tệp trên USB, hoặc dùng USB khác, rồi xuất lại."
    if fault.errno == errno.EIO:
        return f"Ghi vào {target.parent} rồi đọc lại không khớp. USB có thể đã hỏng: dùng USB khác."
    if not target.parent.is_dir():
        return f"Không thấy {target.parent}. Cắm USB, chọn lại tệp, rồi xuất lại."
    return f"Không ghi được gói vào {target.parent}. Xem USB còn cắm và có bị khóa ghi không, rồi xuất lại."
