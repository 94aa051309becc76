"""Enrolment: binding this device to a commune and a counter at the upper server, once."""

import base64
import hashlib
import ipaddress
import os
import ssl
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from counter_app.data_folder import refuse_book
from counter_app.errors import EnvironmentFault, Refused
from counter_app.ports import Signer
from counter_app.ports.sync import BY_STICK, LineFault, SyncIdentity, SyncStore
from counter_app.sync.link import HttpLink
from counter_app.wire.messages import (
    UNREADABLE,
    Enrol,
    EnrolAnswer,
    Enrolled,
    EnrolledFrom,
    EnrolRequest,
    Refusal,
    encode,
)
from counter_app.wire.signing import enrol_bytes, enrolled_bytes, from_base64

ByCa = Callable[[str, bytes, bytes], bool]
"""Whether (CA as PEM, signature, message) go together; ValueError where that is no certificate."""

_NOT_ITS_NAME = (
    "Máy chủ không nhận địa chỉ này là của nó. Gõ đúng địa chỉ cấp trên đưa; vẫn vậy thì báo cấp trên thêm địa chỉ "
    "này vào DISTRICT_NAMES."
)
_NO_LINE = "Chưa nối được máy chủ. Xem lại địa chỉ và mạng rồi làm lại."


def enrol(
    store: SyncStore,
    signer: Signer,
    url: str,
    code: str,
    fingerprint: str | None,
    number: int | None = None,
    part: Callable[[], None] = lambda: None,
) -> Enrolled:
    """Send the one-time code, only over a connection whose CA was compared.

    `number`: the counter number of the code, where this store is a copy of another and takes a number of its
    own; `part` makes it go on under a life of its own.
    """
    address = _checked(url)
    ca_pem = _ca_of(address)
    over_tls = address.startswith("https://")
    if over_tls:
        if not fingerprint:
            raise Refused(
                "fingerprint_needed",
                f"So dấu {grouped(ca_pem)} với giấy của cấp trên. Khớp thì gõ dấu đó vào rồi ghi danh lại.",
            )
        if _plain(fingerprint) != _plain(grouped(ca_pem)):
            raise Refused(
                "fingerprint_wrong",
                "Dấu của máy chủ không khớp với giấy của cấp trên. Đừng ghi danh; hãy báo cấp trên.",
            )
    elif fingerprint and _plain(fingerprint) != _plain(grouped(ca_pem)):
        raise Refused("fingerprint_wrong", "Dấu của máy chủ không khớp. Xem lại địa chỉ.")
    identity = store.identity()
    if number not in (None, identity.counter_no) and not identity.server_url:
        raise Refused(
            "not_a_copy",
            "Máy này chưa ghi danh lần nào. Xin mã của đúng số quầy đã khai lúc tạo sổ.",
        )
    answer = _ask(store, signer, address, code, ca_pem, number)
    if answer.counter not in (0, identity.counter_no) and not identity.is_copy:
        part()
    store.bind(answer, address, ca_pem)
    return answer


def write_request(store: SyncStore, signer: Signer, code: str, target: Path) -> None:
    """By stick: what `enrol` would have sent, in a file."""
    request = EnrolRequest(_asked(store.identity(), signer, code, None))
    _write_whole(target, encode(request))


def take_answer(
    store: SyncStore, by_ca: ByCa, source: Path, fingerprint: str | None
) -> tuple[Enrolled, str]:
    """By stick: bind to the server that answered. Also tells the fingerprint of its CA, for comparing
    with the paper from above.
    """
    told, mark = _read_answer(store, by_ca, source)
    if fingerprint and _plain(fingerprint) != _plain(mark):
        raise Refused(
            "fingerprint_wrong",
            "Dấu của máy chủ không khớp với giấy của cấp trên. Đừng ghi danh; hãy báo cấp trên.",
        )
    store.bind(told.enrolled, told.url or BY_STICK, told.ca_pem)
    return told.enrolled, mark


def mark_of_answer(store: SyncStore, by_ca: ByCa, source: Path) -> str:
    """The fingerprint to compare before an answer is taken; binds nothing."""
    return _read_answer(store, by_ca, source)[1]


def _read_answer(store: SyncStore, by_ca: ByCa, source: Path) -> tuple[EnrolledFrom, str]:
    """The content names the key that this counter will trust: it counts only as far as the CA, whose mark
    people compare, signed it.
    """
    identity = store.identity()
    wrong = Refused("answer_wrong", "Tệp này không phải câu trả lời ghi danh cho máy này.")
    try:
        raw = source.read_bytes()
    except OSError:
        raise EnvironmentFault(
            "file_missing", f"Không đọc được {source.name}. Xem USB còn cắm không."
        ) from None
    try:
        answer = msgspec.json.decode(raw, type=EnrolAnswer)
        told = msgspec.json.decode(answer.content, type=EnrolledFrom)
        ca_pem = _alone(told.ca_pem)
        signed = by_ca(ca_pem, from_base64(answer.by_ca), enrolled_bytes(answer.content))
    except (*UNREADABLE, ValueError):
        raise wrong from None
    if not answer.by_ca:
        raise Refused(
            "server_old", "Máy chủ cấp trên còn là bản cũ. Nhờ nâng cấp rồi xin tệp trả lời khác."
        )
    if not signed:
        raise wrong
    if told.enrolled.device != identity.device_id:
        raise wrong
    if told.enrolled.commune != identity.org_code:
        raise Refused("commune_wrong", "Câu trả lời này là của xã khác. Hãy báo cấp trên.")
    return msgspec.structs.replace(told, ca_pem=ca_pem), grouped(ca_pem)


def _write_whole(target: Path, raw: bytes) -> None:
    refuse_book(target)
    part = target.with_name(target.name + ".part")
    try:
        with part.open("wb") as out:
            out.write(raw)
            out.flush()
            os.fsync(out.fileno())
        part.replace(target)
    except OSError:
        raise EnvironmentFault(
            "file_failed", f"Không ghi được vào {target.parent}. Xem USB còn cắm, còn chỗ không."
        ) from None
    finally:
        with suppress(OSError):  # it is not there, or nothing can be done
            part.unlink()


def grouped(ca_pem: str) -> str:
    """The fingerprint of a CA in four groups, for comparing by eye."""
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(ca_pem)).hexdigest().upper()[:16]
    return "-".join(digest[at : at + 4] for at in range(0, 16, 4))


def _asked(identity: SyncIdentity, signer: Signer, code: str, number: int | None) -> Enrol:
    """A copy takes whichever number its code is for."""
    plain = code.strip().upper()
    asked = number or (0 if identity.is_copy else identity.counter_no)
    message = enrol_bytes(plain, identity.device_id, identity.org_code, asked)
    return Enrol(
        plain,
        identity.device_id,
        base64.b64encode(signer.public_key).decode("ascii"),
        identity.org_code,
        asked,
        identity.incarnation,
        base64.b64encode(signer.sign(message)).decode("ascii"),
    )


def _ask(
    store: SyncStore, signer: Signer, address: str, code: str, ca_pem: str, number: int | None
) -> Enrolled:
    asked = _asked(store.identity(), signer, code, number)
    link = HttpLink(address, ca_pem)
    try:
        status, _, body = link.send("POST", "/enrol/v1/enrol", {}, encode(asked))
    except LineFault as fault:
        # its own CA was there a moment ago: what is wrong is the name
        said = _NOT_ITS_NAME if str(fault) == "certificate" else _NO_LINE
        raise EnvironmentFault("line", said) from None
    finally:
        link.close()
    try:
        if status == 200:
            return msgspec.json.decode(body, type=Enrolled)
        refusal = msgspec.json.decode(body, type=Refusal)
    except UNREADABLE:
        raise EnvironmentFault("line", _NO_LINE) from None
    raise Refused(refusal.code, refusal.message)


def _ca_of(address: str) -> str:
    link = HttpLink(address, "", verify=False)
    try:
        status, _, body = link.send("GET", "/enrol/v1/ca", {}, b"")
    except LineFault:
        raise EnvironmentFault("line", _NO_LINE) from None
    finally:
        link.close()
    if status == 200:
        with suppress(ValueError):
            return _alone(body.decode("ascii"))
    raise EnvironmentFault("line", "Địa chỉ này không phải máy chủ Một Cửa. Xem lại địa chỉ.")


def _alone(ca_pem: str) -> str:
    """The one certificate that its fingerprint is of. Behind it another might stand, which nobody compared
    and TLS would trust as well. ValueError: it is none.
    """
    return ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(ca_pem))


def _checked(url: str) -> str:
    """Plain HTTP never leaves this PC."""
    wrong = Refused("url_wrong", "Địa chỉ máy chủ viết như https://motcua.huyen.vn:8443.")
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise wrong
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise Refused("url_plain", "Ngoài máy này chỉ nối được bằng https. Xem lại địa chỉ.")
    return f"{parts.scheme}://{parts.netloc}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _plain(fingerprint: str) -> str:
    return "".join(c for c in fingerprint.upper() if c in "0123456789ABCDEF")
