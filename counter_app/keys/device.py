"""The device key: Ed25519, made once by `init`, kept inside the encrypted store."""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from counter_app.domain.events import COUNTER_PREFIX
from counter_app.domain.slip_code import key_id_of


def new_private_key() -> bytes:
    """32 fresh bytes."""
    return Ed25519PrivateKey.generate().private_bytes_raw()


def device_id_of(public_key: bytes) -> str:
    """The fingerprint of a counter's public key: its name for ever."""
    return COUNTER_PREFIX + hashlib.sha256(public_key).hexdigest()[:32]


class DeviceSigner:
    """Signs slips and heads of the log."""

    def __init__(self, private_key: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(private_key)
        self.public_key = self._key.public_key().public_bytes_raw()
        self.key_id = key_id_of(self.public_key)
        self.device_id = device_id_of(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(message)


def verify(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` of `message` was made with the key's private half."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def verify_by_ca(ca_pem: str, signature: bytes, message: bytes) -> bool:
    """Whether `signature` of `message` was made with the key of that CA. ValueError: it is no certificate."""
    from cryptography import x509  # only an enrolment by stick needs it
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    key = x509.load_pem_x509_certificate(ca_pem.encode()).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    try:
        key.verify(signature, message, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True
