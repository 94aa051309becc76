"""The HTTP face. Handlers are plain functions: they run in the thread pool and may wait."""

import base64
import hmac
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from threading import BoundedSemaphore

import msgspec
from anyio import CapacityLimiter
from fastapi import FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST as METRICS_TYPE
from sqlalchemy import Connection, bindparam, delete, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from counter_app.wire.messages import (
    CHALLENGE_HEADER,
    DEVICE_HEADER,
    DICTIONARY_HEADER,
    DICTIONARY_ID,
    INCARNATION_HEADER,
    LARGEST_PIECE,
    SIGNATURE_HEADER,
    Behind,
    Enrol,
    GivenBack,
    Hello,
    Proof,
    Push,
    compress,
    decompress,
    encode,
)
from counter_app.wire.signing import PROTOCOL, answer_bytes, from_base64, request_bytes
from district_server import feed, recovery
from district_server.administrators import note
from district_server.answering import Answering, address_of, decoded, plain, refusal
from district_server.caller import Caller
from district_server.database import Database, enter, get_meta, is_conflict
from district_server.enrolment import enrol
from district_server.faults import Refused
from district_server.ingest import push, relay, seen
from district_server.journal import Journal
from district_server.keys import ServerKeys, verify
from district_server.limits import Limits, busy
from district_server.lives import stream_of
from district_server.metrics import Metrics
from district_server.objects import Objects
from district_server.pages import piece_of, state_of, take
from district_server.publishing import published, text_of
from district_server.silence import figures
from district_server.tables import device, device_home, spent_challenge
from district_server.web.look_up import LookUp
from district_server.web.pages import Pages

CHALLENGE_LIFETIME = 300
_EXPIRY = 4
"""Bytes of the second in which a challenge ends."""
_UNSEALED = 16
"""Characters of a challenge before its mac."""
_TRIES = 4
_PAGE = "/sync/v1/page"
_CONTENT = "/sync/v1/page/content"
_ANSWER_BYTES = 16 * 1024
"""Of others' events that come with the answer to a push; the counter's row stays locked for so long."""

# made once: making a statement takes longer than running it
_HOME = select(device_home.c.commune).where(device_home.c.device == bindparam("known"))
_DEVICE = select(device).where(
    device.c.commune == bindparam("org"), device.c.id == bindparam("known")
)
_FORGET = delete(spent_challenge).where(
    spent_challenge.c.commune == bindparam("org"), spent_challenge.c.expires_at < bindparam("now")
)
_SPEND = insert(spent_challenge)

_UNKNOWN = Refused("not_found", "Không có gì ở đây.", 404)
_REVOKED = Refused("revoked", "Máy này đã bị thu hồi. Hãy báo cấp trên.", 403)
_THIS_MACHINE = ("127.0.0.1", "::1")


class Api:
    """Answers counters. Holds no state of its own but the secret its challenges are made with."""

    def __init__(
        self,
        database: Database,
        keys: ServerKeys,
        limits: Limits | None = None,
        journal: Journal | None = None,
        metrics_token: str = "",
        objects: Objects | None = None,
    ) -> None:
        self._database = database
        self._keys = keys
        self._limits = limits or Limits()
        self._metrics = Metrics(self._figures)
        self._metrics_token = metrics_token
        self._objects = objects
        self._pages = BoundedSemaphore(min(self._limits.pages, max(1, database.connections // 2)))
        self._answering = Answering(self._limits, journal or Journal(), self._metrics)
        # derived, so that any number of processes make and know the same challenges
        private = keys.signing.private_bytes_raw()
        self._secret = hmac.digest(private, b"challenge/v1", "sha256")

    def app(self) -> FastAPI:
        """The application for uvicorn."""
        app = FastAPI(title="Một Cửa", docs_url=None, redoc_url=None, openapi_url=None)
        for method, path, handle in (
            ("GET", "/health", self._health),
            ("GET", "/metrics", self._show_metrics),
            ("GET", "/enrol/v1/ca", self._ca),
            ("POST", "/enrol/v1/enrol", self._enrol),
        ):
            app.add_api_route(path, self._answering(path, handle), methods=[method])
        crew = CapacityLimiter(self._limits.at_work)
        for method, path, handle in (
            ("POST", "/sync/v1/hello", self._hello),
            ("POST", "/sync/v1/push", self._push),
            ("POST", "/sync/v1/relay", self._hand_up),
            ("GET", "/sync/v1/pull", self._pull),
            ("GET", "/sync/v1/stream", self._stream),
            ("GET", "/sync/v1/published", self._published),
            ("GET", "/sync/v1/published/text", self._published_text),
            ("GET", "/sync/v1/order", self._order),
            ("GET", "/sync/v1/highs", self._highs),
            ("POST", "/sync/v1/proof", self._proof),
            ("POST", "/sync/v1/give-back", self._give_back),
            ("GET", _CONTENT, self._content),
        ):
            endpoint = self._answering(path, handle, crew=crew)
            app.add_api_route(path, endpoint, methods=[method])
        for method, handle in (("GET", self._page), ("PATCH", self._piece)):
            endpoint = self._answering(_PAGE, handle, LARGEST_PIECE, crew=crew)
            app.add_api_route(_PAGE, endpoint, methods=[method])
        Pages(self._database, self._keys, self._limits, self._objects).add_to(app, self._answering)
        LookUp(self._database, self._limits).add_to(app, self._answering)
        app.add_exception_handler(404, _nothing)
        app.add_exception_handler(405, _nothing)
        return app

    # ---- open to anyone ------------------------------------------------------------------------

    def _health(self, request: Request, body: bytes) -> Response:
        self._database.check_schema()
        return plain(b'{"ok":true}')

    def _show_metrics(self, request: Request, body: bytes) -> Response:
        """For this machine itself, or for whoever has the token."""
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        token = self._metrics_token
        if token and not hmac.compare_digest(given.encode(), token.encode()):
            raise _UNKNOWN
        if not token and address_of(request) not in _THIS_MACHINE:
            raise _UNKNOWN
        return Response(self._metrics.text(), media_type=METRICS_TYPE)

    def _figures(self) -> dict[str, dict[str, float]]:
        with self._database.begin() as connection:
            return figures(connection)

    def _ca(self, request: Request, body: bytes) -> Response:
        return Response(self._keys.ca_pem, media_type="application/x-pem-file")

    def _enrol(self, request: Request, body: bytes) -> Response:
        self._limits.enrol.take(address_of(request))
        asked = decoded(body, Enrol)
        with self._database.begin_for_counter() as connection:
            enter(connection, asked.commune)
            found = enrol(connection, self._keys, asked)
        if isinstance(found, Refused):
            raise found
        return plain(encode(found))

    # ---- signed --------------------------------------------------------------------------------

    def _hello(self, request: Request, body: bytes) -> Response:
        device_id = request.headers.get(DEVICE_HEADER, "")
        with self._database.begin_for_counter() as connection:
            caller = self._device(connection, device_id)
            if caller is None:
                raise Refused("device_unknown", "Máy này chưa ghi danh ở máy chủ.", 401)
            epoch = get_meta(connection, "epoch") or ""
            known = request.query_params.get("epoch", "")
            kept = recovery.kept_of(connection, self._keys, caller.commune, known)
            listed = get_meta(connection, "published") or ""
        challenge = self._challenge(device_id)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        answer = Hello(epoch, PROTOCOL, now, challenge, kept, listed)
        return plain(encode(answer))

    def _push(self, request: Request, body: bytes) -> Response:
        dictionary = request.headers.get(DICTIONARY_HEADER, "")

        def work(connection: Connection, caller: Caller) -> bytes | Refused:
            # nobody unknown gets this far
            sent = decoded(decompress(body, dictionary), Push)
            taken = push(connection, self._keys, caller, sent)
            if caller.revoked_at is not None:
                # what it wrote before is kept aside, and it hears no more than this
                return _REVOKED
            if sent.after is None:
                return encode(taken)
            life = request.headers.get(INCARNATION_HEADER, "")
            page = feed.pull(
                connection,
                caller,
                life,
                sent.epoch,
                sent.after,
                _ANSWER_BYTES,
                sent.keys,
                self._keys,
            )
            return encode(msgspec.structs.replace(taken, page=page))

        return self._answered(request, body, work)

    def _hand_up(self, request: Request, body: bytes) -> Response:
        """A run of another counter of the commune, as that one signed it."""
        dictionary = request.headers.get(DICTIONARY_HEADER, "")

        def work(connection: Connection, caller: Caller) -> bytes:
            if caller.revoked_at is not None:
                raise _REVOKED
            sent = decoded(decompress(body, dictionary), Push)
            author = self._device(connection, sent.run.device)
            if author is None or author.commune != caller.commune or author.revoked_at is not None:
                raise _UNKNOWN
            return encode(relay(connection, self._keys, author, sent))

        return self._answered(request, body, work)

    def _pull(self, request: Request, body: bytes) -> Response:
        query = request.query_params

        def work(connection: Connection, caller: Caller) -> bytes:
            if caller.revoked_at is not None:
                # what the commune does from now on is none of its business
                raise _REVOKED
            seen(connection, caller)
            return encode(
                feed.pull(
                    connection,
                    caller,
                    request.headers.get(INCARNATION_HEADER, ""),
                    query.get("epoch", ""),
                    _number(query.get("after")),
                    max(1, min(_number(query.get("max_bytes")) or 65_536, 1_000_000)),
                    query.get("keys", ""),
                    self._keys,
                )
            )

        return self._answered(request, body, work)

    def _stream(self, request: Request, body: bytes) -> Response:
        query = request.query_params

        def work(connection: Connection, caller: Caller) -> bytes:
            after = _number(query.get("after"))
            return encode(stream_of(connection, caller, query.get("life", ""), after))

        return self._answered(request, body, work)

    def _published(self, request: Request, body: bytes) -> Response:
        have = request.query_params.get("have", "")

        def work(connection: Connection, caller: Caller) -> bytes:
            if caller.revoked_at is not None:
                raise _REVOKED
            return encode(published(connection, have))

        return self._answered(request, body, work)

    def _published_text(self, request: Request, body: bytes) -> Response:
        query = request.query_params

        def work(connection: Connection, caller: Caller) -> bytes:
            kind, name = query.get("kind", ""), query.get("name", "")
            version = _number(query.get("version"))
            found = text_of(connection, kind, name, version, published=True)
            if found is None or caller.revoked_at is not None:
                raise _UNKNOWN
            return found.encode()

        return self._answered(request, body, work)

    def _order(self, request: Request, body: bytes) -> Response:
        after = _number(request.query_params.get("after"))

        def work(connection: Connection, caller: Caller) -> bytes:
            if caller.revoked_at is not None:
                raise _REVOKED
            return encode(feed.order_after(connection, caller, after))

        return self._answered(request, body, work)

    def _highs(self, request: Request, body: bytes) -> Response:
        def work(connection: Connection, caller: Caller) -> bytes:
            return encode(recovery.highs(connection, self._keys, caller))

        return self._answered(request, body, work)

    def _proof(self, request: Request, body: bytes) -> Response:
        """Shown a proof of its own for more than it has, the server knows that it was put back."""
        dictionary = request.headers.get(DICTIONARY_HEADER, "")
        lost: list[str] = []

        def work(connection: Connection, caller: Caller) -> bytes:
            if caller.revoked_at is not None:
                raise _REVOKED
            proof = decoded(decompress(body, dictionary), Proof)
            if recovery.is_behind(connection, self._keys, caller, proof):
                lost.append(proof.epoch)
            return encode(Behind(bool(lost)))

        answer = self._answered(request, body, work)
        if lost:
            with self._database.begin() as connection:
                before = get_meta(connection, "epoch")
                epoch = recovery.begin_epoch(connection, self._keys, lost[0])
                if epoch != before:
                    note(connection, "Máy chủ", "restored", epoch, "một quầy đưa xác nhận đã ký")
        return answer

    def _give_back(self, request: Request, body: bytes) -> Response:
        dictionary = request.headers.get(DICTIONARY_HEADER, "")

        def work(connection: Connection, caller: Caller) -> bytes:
            if caller.revoked_at is not None:
                raise _REVOKED
            given = decoded(decompress(body, dictionary), GivenBack)
            return encode(recovery.take_back(connection, self._keys, caller, given))

        return self._answered(request, body, work)

    def _page(self, request: Request, body: bytes) -> Response:
        def work(connection: Connection, caller: Caller) -> bytes:
            return encode(state_of(connection, self._open(caller), caller, *_asked_page(request)))

        return self._about_pages(request, body, work)

    def _piece(self, request: Request, body: bytes) -> Response:
        offset = _number(request.query_params.get("offset"))

        def work(connection: Connection, caller: Caller) -> bytes:
            objects = self._open(caller)
            return encode(take(connection, objects, caller, *_asked_page(request), offset, body))

        return self._about_pages(request, body, work)

    def _content(self, request: Request, body: bytes) -> Response:
        """A piece of a page that another counter brought."""
        query = request.query_params
        offset, size = _number(query.get("offset")), _number(query.get("size"))

        def work(connection: Connection, caller: Caller) -> bytes:
            objects = self._open(caller)
            return piece_of(connection, objects, caller, *_asked_page(request), offset, size)

        return self._about_pages(request, body, work)

    def _about_pages(
        self, request: Request, body: bytes, work: Callable[[Connection, Caller], bytes]
    ) -> Response:
        if not self._pages.acquire(blocking=False):
            raise busy()
        try:
            return self._answered(request, body, work)
        finally:
            self._pages.release()

    def _open(self, caller: Caller) -> Objects:
        """Where pages lie, for whoever may bring or fetch some."""
        if caller.revoked_at is not None:
            raise _REVOKED
        if self._objects is None:
            raise _UNKNOWN
        return self._objects

    def _answered(
        self, request: Request, body: bytes, work: Callable[[Connection, Caller], bytes | Refused]
    ) -> Response:
        """Who asks, then the work, then a signed answer with the next challenge.

        A refusal that the work raises undoes what it did; one that it returns does not.
        """
        challenge = request.headers.get(CHALLENGE_HEADER, "")
        for left in reversed(range(_TRIES)):
            try:
                # what only reads writes no more than that it was here
                durable = request.method != "GET"
                with self._database.begin_for_counter(durable=durable) as connection:
                    caller = self._caller(connection, request, body, challenge)
                    raw = work(connection, caller)
                break
            except IntegrityError:
                raise Refused("challenge", "Yêu cầu này đã gửi rồi.", 401) from None
            except DBAPIError as fault:
                if not left or not is_conflict(fault):
                    raise
        if isinstance(raw, Refused):
            raise raw
        packed = compress(raw)
        signature = self._keys.sign(answer_bytes(challenge, packed))
        return Response(
            packed,
            media_type="application/octet-stream",
            headers={
                DICTIONARY_HEADER: DICTIONARY_ID,
                SIGNATURE_HEADER: signature,
                CHALLENGE_HEADER: self._challenge(caller.device),
            },
        )

    def _caller(
        self, connection: Connection, request: Request, body: bytes, challenge: str
    ) -> Caller:
        device_id = request.headers.get(DEVICE_HEADER, "")
        caller = self._device(connection, device_id)
        if caller is None:
            raise Refused("device_unknown", "Máy này chưa ghi danh ở máy chủ.", 401)
        expires_at = self._good_until(challenge, device_id)
        if expires_at is None:
            raise Refused("challenge", "Phiên gửi đã hết hạn.", 401)
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        message = request_bytes(
            request.method,
            target,
            challenge,
            body,
            device_id,
            request.headers.get(INCARNATION_HEADER, ""),
        )
        signature = from_base64(request.headers.get(SIGNATURE_HEADER, ""))
        if not verify(caller.public_key, signature, message):
            raise Refused("signature_wrong", "Chữ ký của máy không đúng.", 401)
        self._limits.device.take(device_id)
        connection.execute(_FORGET, {"org": caller.commune, "now": int(time.time())})
        connection.execute(
            _SPEND,
            {"commune": caller.commune, "challenge": challenge, "expires_at": expires_at},
        )
        return caller

    def _device(self, connection: Connection, device_id: str) -> Caller | None:
        """Whose it is comes from here, never from the request; from now on only that is seen."""
        org = connection.execute(_HOME, {"known": device_id}).scalar_one_or_none()
        if org is None:
            return None
        enter(connection, org)
        row = connection.execute(_DEVICE, {"org": org, "known": device_id}).one()
        return Caller(
            row.id,
            row.commune,
            row.counter,
            base64.b64decode(row.public_key),
            row.revoked_at,
        )

    def _challenge(self, device_id: str) -> str:
        """Expiry and nonce, then their mac: nothing is kept until it is spent."""
        expiry = int(time.time()) + CHALLENGE_LIFETIME
        text = _short(expiry.to_bytes(_EXPIRY) + secrets.token_bytes(8))
        return text + self._mac(text, device_id)

    def _good_until(self, challenge: str, device_id: str) -> int | None:
        text, mac = challenge[:_UNSEALED], challenge[_UNSEALED:]
        if not hmac.compare_digest(mac.encode(), self._mac(text, device_id).encode()):
            return None
        expiry = int.from_bytes(base64.urlsafe_b64decode(text)[:_EXPIRY])
        return expiry if expiry >= time.time() else None

    def _mac(self, text: str, device_id: str) -> str:
        return _short(hmac.digest(self._secret, f"{text}\n{device_id}".encode(), sha256)[:16])


async def _nothing(request: Request, fault: Exception) -> Response:
    return refusal(_UNKNOWN)


def _short(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def _asked_page(request: Request) -> tuple[str, int]:
    query = request.query_params
    return query.get("event", ""), _number(query.get("page"))


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 16 else 0
