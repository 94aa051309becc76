"""The store as the sync lane sees it: short transactions, nothing held while the line is waited for."""

import base64
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, case, func, select

from counter_app.domain import chain
from counter_app.domain.events import Event
from counter_app.domain.published import Published
from counter_app.domain.slip_code import KnownKey
from counter_app.ports import IdSource
from counter_app.ports.sync import (
    BY_STICK,
    Blame,
    Forked,
    GiveBack,
    LineFault,
    Standing,
    SyncIdentity,
    SyncProblem,
)
from counter_app.wire.messages import Enrolled, HighsAnswer, Proof, PushAnswer, WireKey
from counter_app.wire.page import PullPage
from db.dossiers import PROBLEM
from db.giving_back import all_back, begin_epoch, cross_out, forget_order, gave_back, next_back
from db.lives import (
    NO_END,
    Head,
    begin_life,
    following,
    hash_at,
    highs_of,
    is_copy,
    keep_high,
    keep_sent,
    last_shared,
    lives_of,
    misses_acknowledged,
    put_state,
    state_of,
    unsent,
)
from db.log import UNDOUBTED
from db.pulled import apply_page, keep_verdict
from db.sets import is_listed, listed
from db.store import Books, Store
from db.tables import SEEN, dossier, event_log, event_order, event_verdict
from db.uploads import not_above

_NOTHING: Mapping[str, int] = {}
_HERE = select(event_log.c.event_id).where(is_listed(event_log.c.event_id))
_BLAMES: Mapping[str, Blame] = {"person": "person", "server": "server"}


class SyncStore:
    """What the engine asks of the store."""

    def __init__(self, store: Store, ids: IdSource) -> None:
        self._store = store
        self._ids = ids

    def identity(self) -> SyncIdentity:
        """Who we are and whom we trust."""
        with self._store.read() as books:
            own = books.settings.identity()
            kept = state_of(books)
            key = base64.b64decode(kept.get("server_key", ""))
            return SyncIdentity(
                own.device_id,
                own.incarnation,
                own.org_code,
                own.counter_no,
                kept.get("server_url", ""),
                kept.get("server_id", ""),
                key,
                kept.get("ca_pem", ""),
                kept.get("epoch", ""),
                int(kept.get("cursor", "0")),
                int(kept.get("batch", "0")),
                kept.get("keys_version", ""),
                kept.get("published", ""),
                is_copy(books),
                int(books.settings.get("dseq") or 0),
            )

    def published_here(self) -> Collection[tuple[str, str, int]]:
        """Which published files are here."""
        with self._store.read() as books:
            return {(one.kind, one.name, one.version) for one in books.settings.published()}

    def keep_published(self, one: Published) -> None:
        """One more version."""
        with self._store.write() as books:
            books.settings.put_published(one)

    def keep_published_list(self, version: str) -> None:
        """All of that list is here."""
        with self._store.write() as books:
            put_state(books, published=version)

    def outbox(
        self, most: int, max_bytes: int, beyond: Mapping[str, int] = _NOTHING
    ) -> Sequence[Event]:
        """Own events of the oldest life that has some to send; at least one, however large."""
        with self._store.read() as books:
            device, highs = books.settings.identity().device_id, highs_of(books)
            for life in lives_of(books):
                chosen = following(
                    books,
                    device,
                    life,
                    max(highs.get(life, 0), beyond.get(life, 0)),
                    most,
                    max_bytes,
                )
                if chosen:
                    return chosen
            return ()

    def acknowledged(self, life: str, answer: PushAnswer) -> Sequence[SyncProblem]:
        """Keep the proof; remember what could not be taken, once."""
        problems = []
        with self._store.write() as books:
            if life == books.settings.identity().incarnation:
                if hash_at(books, life, answer.high) != answer.head_hash:
                    raise Forked(life)
            proof = [answer.epoch, answer.high, answer.head_hash, answer.signature]
            put_state(books, **{f"proof:{life}": json.dumps(proof)})
            keep_high(books, life, answer.high)
            ids = listed(problem.event_id for problem in answer.problems)
            here = set(books.connection.scalars(_HERE, ids))
            for problem in answer.problems:
                if problem.event_id not in here:
                    # a copy of this store wrote it under the same life; it is told there
                    continue
                row = books.dossiers.row(problem.subject)
                code = row.code if row else problem.dossier_code
                problems.append(SyncProblem(code, problem.code, problem.message))
                keep_verdict(
                    books,
                    problem.event_id,
                    problem.subject,
                    "quarantined",
                    problem.code,
                    problem.message,
                )
        return problems

    def rewind(self, life: str, high: int) -> None:
        """The server has less than we thought."""
        with self._store.write() as books:
            keep_high(books, life, high)

    def high(self, life: str) -> int:
        """How much of a life the server has acknowledged."""
        with self._store.read() as books:
            return highs_of(books).get(life, 0)

    def last_shared(self, life: str, places: Sequence[tuple[int, str]]) -> int:
        """The last of these that says the same here."""
        with self._store.read() as books:
            return last_shared(books, life, places)

    def part_from_copy(self, life: str, shared: int, at: datetime) -> None:
        """Go on under a new life, and in blocks of numbers: the copy may still be running."""
        with self._store.write() as books:
            begin_life(books, self._ids, "fork", Head(life, shared), at, NO_END)

    def apply_pull(self, page: PullPage) -> tuple[int, Sequence[SyncProblem]]:
        """Events, order, keys and cursor in one transaction."""
        answer = page.answer
        with self._store.write() as books:
            kept = state_of(books)
            if answer.epoch != kept.get("epoch", ""):
                raise LineFault("epoch")
            server_id = kept.get("server_id", "")
            applied = apply_page(books, page, server_id)
            if answer.keys is not None:
                for key in answer.keys:
                    books.settings.put_key(_known_key(key))
                put_state(books, keys_version=answer.keys_version)
            for head in answer.upper:
                _keep_upper(books, server_id, head)
            digest = chain.add(kept.get("order_digest", chain.NOTHING), applied.ordered)
            here = {"cursor": str(answer.upto), "order_digest": digest}
            put_state(books, head=str(answer.head), **here)
            keep_sent(books)
        return applied.received, applied.problems

    def order_digest(self) -> str:
        """The running sum of the hashes of everything in the order."""
        with self._store.read() as books:
            return state_of(books).get("order_digest", chain.NOTHING)

    def forget_order(self, after: int = 0) -> None:
        """Fetch the order from there; events stay."""
        with self._store.write() as books:
            forget_order(books, state_of(books).get("server_id", ""), after)

    def shared_order(self, after: int, hashes: Sequence[str]) -> int:
        """The last place up to which both say the same."""
        query = (
            select(event_order.c.cseq, event_log.c.hash)
            .join(event_log, event_log.c.event_id == event_order.c.event_id)
            .where(event_order.c.cseq > after)
            .order_by(event_order.c.cseq)
            .limit(len(hashes))
        )
        shared = after
        with self._store.read() as books:
            here = books.connection.execute(query).fetchall()
        for row, above in zip(here, hashes, strict=False):
            if (row.cseq, row.hash[: len(above)]) != (shared + 1, above):
                break
            shared = row.cseq
        return shared

    def compared(self) -> int:
        """Up to where a comparison that is not over found the same."""
        with self._store.read() as books:
            return int(state_of(books).get("compared", "0"))

    def keep_compared(self, place: int) -> None:
        """It goes on from there."""
        with self._store.write() as books:
            put_state(books, compared=str(place))

    def own_life_at(self, place: int) -> str:
        """Whose place it is, where it is one's own."""
        with self._store.read() as books:
            query = (
                select(event_log.c.incarnation)
                .join(event_order, event_order.c.event_id == event_log.c.event_id)
                .where(
                    event_order.c.cseq == place,
                    event_log.c.device == books.settings.identity().device_id,
                )
            )
            return books.connection.execute(query).scalar_one_or_none() or ""

    def misses_acknowledged(self) -> bool:
        """Whether something acknowledged has no place in the order."""
        with self._store.read() as books:
            return misses_acknowledged(books)

    def proofs(self) -> Sequence[Proof]:
        """The delivery proofs of this epoch."""
        with self._store.read() as books:
            kept = state_of(books)
            found = []
            for life in lives_of(books):
                if told := kept.get(f"proof:{life}"):
                    epoch, high, head_hash, signature = json.loads(told)
                    found.append(Proof(life, high, head_hash, epoch, signature))
            life = kept.get("upper", "")
            if told := kept.get(f"upper:{life}"):
                dseq, head_hash, signature = json.loads(told)
                found.append(Proof(life, dseq, head_hash, kept["epoch"], signature))
            return [proof for proof in found if proof.epoch == kept.get("epoch")]

    def enter_epoch(self, epoch: str, kept: int, highs: HighsAnswer) -> None:
        """The order ends at `kept`; what was behind it and is not there is written down first."""
        with self._store.write() as books:
            begin_epoch(books, state_of(books).get("server_id", ""), epoch, kept, highs)

    def next_back(self, most: int, max_bytes: int) -> GiveBack | None:
        """What is to be given back next."""
        with self._store.write() as books:
            return next_back(books, most, max_bytes)

    def all_back(self) -> Sequence[tuple[str, str, int, GiveBack | None]]:
        """Everything that is to be given back, in order."""
        with self._store.read() as books:
            return all_back(books)

    def cross_out(self, above: Mapping[str, int]) -> None:
        """The server has that much of its own lives."""
        with self._store.write() as books:
            cross_out(books, above)

    def gave_back(self) -> None:
        """The server has the first of them again."""
        with self._store.write() as books:
            gave_back(books)

    def keep_batch(self, size: int) -> None:
        """How many events the line took well."""
        with self._store.write() as books:
            put_state(books, batch=str(size))

    def waiting(self) -> int:
        """Own events that the server has not acknowledged."""
        with self._store.read() as books:
            return unsent(books)

    def bind(self, answer: Enrolled, url: str, ca_pem: str) -> None:
        """Enrolment rewrites no event; the count goes on after what the server knows."""
        with self._store.write() as books:
            if answer.counter not in (0, books.settings.identity().counter_no):
                books.settings.put_all({"counter_no": str(answer.counter), "blocks_until": ""})
                books.numbers.count_anew()
            for day, number in answer.numbers:
                books.numbers.pass_by(datetime.fromisoformat(day).date(), 0, number)
            put_state(
                books,
                server_url=url,
                server_id=answer.server,
                server_key=answer.server_key,
                ca_pem=ca_pem,
                epoch=answer.epoch,
            )

    def wanted_wait(self) -> float:
        """What the server asked for when the last cycle ended."""
        with self._store.read() as books:
            return float(state_of(books).get("wait", "0"))

    def note_cycle(self, at: str, error: str, wait: float = 0.0, blame: Blame = "line") -> None:
        """How the last cycle ended, for the status bar and the schedule."""
        with self._store.write() as books:
            put_state(books, wait=f"{wait:.0f}", blame=blame)
            if not error:
                put_state(books, last_success_at=at, failing_since="", last_error="", carried_at="")
            elif state_of(books).get("failing_since"):
                put_state(books, last_error=error)
            else:
                put_state(books, failing_since=at, last_error=error)

    def note_carried(self, at: str) -> None:
        """When what waits was last written on a stick."""
        with self._store.write() as books:
            put_state(books, carried_at=at)

    def standing(self, today: str) -> Standing:
        """Counts in dossiers."""
        with self._store.read() as books:
            kept = state_of(books)
            sent = int(kept.get("sent_num", "0"))
            connection = books.connection
            # typed as a number: a sum of truths comes back as a truth
            arrived = func.coalesce(
                func.sum(case((and_(dossier.c.last_own_num <= sent, ~PROBLEM), 1), else_=0)), 0
            )
            of_today = connection.execute(
                select(func.count(), arrived).where(dossier.c.received_on == today, dossier.c.own)
            ).one()
            waiting = connection.execute(
                select(func.count()).where(dossier.c.last_own_num > sent)
            ).scalar_one()
            device = books.settings.identity().device_id
            oldest = connection.execute(
                select(event_log.c.occurred_at)
                # a date of 2015 is not one of ten years that something has waited
                .where(event_log.c.num > sent, event_log.c.device == device, UNDOUBTED)
                .order_by(event_log.c.num)
                .limit(1)
            ).scalar_one_or_none()
            problems = connection.execute(
                select(func.count(event_verdict.c.subject.distinct())).where(
                    event_verdict.c.verdict != SEEN
                )
            ).scalar_one()
            pages = connection.execute(
                select(func.count()).where(not_above(kept.get("epoch", "")))
            ).scalar_one()
            copy = is_copy(books)
        return Standing(
            bool(kept.get("server_url")),
            of_today[0],
            of_today[1],
            waiting,
            problems,
            kept.get("last_success_at", ""),
            kept.get("failing_since", ""),
            oldest or "",
            kept.get("last_error", ""),
            copy,
            _BLAMES.get(kept.get("blame", ""), "line"),
            max(0, int(kept.get("head", "0")) - int(kept.get("cursor", "0"))),
            pages,
            kept.get("server_url") == BY_STICK,
            kept.get("carried_at", ""),
        )


def _keep_upper(books: Books, server_id: str, told: tuple[str, int, str, str]) -> None:
    """The signed head of the server's own chain, once everything before it is here."""
    life, dseq, head_hash, signature = told
    query = select(event_log.c.hash).where(
        event_log.c.device == server_id,
        event_log.c.incarnation == life,
        event_log.c.dseq == dseq,
    )
    if books.connection.execute(query).scalar() == head_hash:
        put_state(
            books,
            upper=life,
            **{f"upper:{life}": json.dumps([dseq, head_hash, signature])},
        )


def _known_key(key: WireKey) -> KnownKey:
    return KnownKey(
        key.key_id,
        base64.b64decode(key.public_key),
        key.device_id,
        key.counter,
        datetime.fromisoformat(key.valid_from) if key.valid_from else None,
        datetime.fromisoformat(key.revoked_at) if key.revoked_at else None,
    )
