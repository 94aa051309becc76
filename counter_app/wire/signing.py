"""What is signed on the way between counter and upper server, byte for byte.

Each kind of signature has its own context, so that none can stand for another.
"""

import base64
import hashlib

PROTOCOL = (1, 1)
"""The range of protocol versions this program speaks."""


def request_bytes(
    method: str, target: str, challenge: str, body: bytes, device: str, incarnation: str
) -> bytes:
    """A request: `target` is path and query as sent."""
    digest = hashlib.sha256(body).hexdigest()
    parts = ("request/v1", method, target, challenge, digest, device, incarnation)
    return "\n".join(parts).encode()


def answer_bytes(challenge: str, body: bytes) -> bytes:
    """The server's answer to the request that spent `challenge`."""
    return f"answer/v1\n{challenge}\n{hashlib.sha256(body).hexdigest()}".encode()


def head_bytes(device: str, incarnation: str, last_dseq: int, head_hash: str) -> bytes:
    """The head of a device's own chain, countersigned batch by batch."""
    return f"head/v1\n{device}\n{incarnation}\n{last_dseq}\n{head_hash}".encode()


def proof_bytes(device: str, incarnation: str, high: int, head_hash: str, epoch: str) -> bytes:
    """The delivery proof (xác nhận đã nhận): the server has everything up to `high`."""
    return f"proof/v1\n{device}\n{incarnation}\n{high}\n{head_hash}\n{epoch}".encode()


def enrolled_bytes(content: str) -> bytes:
    """The server's answer to an enrolment by stick."""
    return b"enrolled/v1\n" + content.encode()


def enrol_bytes(code: str, device: str, commune: str, counter_no: int) -> bytes:
    """The request of a counter to be taken into the key list."""
    return f"enrol/v1\n{code}\n{device}\n{commune}\n{counter_no}".encode()


def publication_bytes(kind: str, name: str, version: int, effective_on: str, sha256: str) -> bytes:
    """A file that the upper server publishes: catalogue or calendar."""
    return f"publication/v1\n{kind}\n{name}\n{version}\n{effective_on}\n{sha256}".encode()


def from_base64(text: str) -> bytes:
    """A signature or a key as messages carry it; no bytes where it is no such thing."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""
