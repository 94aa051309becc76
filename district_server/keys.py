"""The server's own keys: one that signs, the CA of this installation, one that seals what is kept.

They live in the database, sealed by `DISTRICT_PASSPHRASE` where it is set, so that a stolen dump
signs nothing.
"""

import base64
import hashlib
import ipaddress
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from sqlalchemy import Connection

from counter_app.domain.events import UPPER_PREFIX
from district_server.database import get_meta, put_meta
from district_server.faults import ServerFault

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""A PC whose battery is empty shows 2015 or 1980 and finds the server all the same."""
_YEARS = 20
_SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)
_SECRETS = ("signing_key", "ca_key", "sealing_key")


@dataclass(frozen=True, slots=True)
class ServerKeys:
    """Everything the server signs with."""

    signing: Ed25519PrivateKey
    ca_key_pem: bytes
    ca_pem: bytes
    sealing: bytes
    """32 bytes; what is kept sealed at rest is sealed by keys derived from it."""

    @property
    def public_key(self) -> bytes:
        """32 bytes."""
        return self.signing.public_key().public_bytes_raw()

    @property
    def server_id(self) -> str:
        """The fingerprint of the signing key: the server's name as an author of events."""
        return UPPER_PREFIX + hashlib.sha256(self.public_key).hexdigest()[:32]

    @property
    def fingerprint(self) -> str:
        """Of the CA, in groups for comparing by eye."""
        return fingerprint_of(self.ca_pem)

    def derived(self, purpose: bytes) -> bytes:
        """32 bytes for one purpose."""
        return HKDF(hashes.SHA256(), 32, None, purpose).derive(self.sealing)

    def sign(self, message: bytes) -> str:
        """Base64."""
        return base64.b64encode(self.signing.sign(message)).decode("ascii")

    def sign_as_ca(self, message: bytes) -> str:
        """Base64 of DER: for a counter that knows nothing of this server but the CA's fingerprint."""
        signature = _private(self.ca_key_pem).sign(message, ec.ECDSA(hashes.SHA256()))
        return base64.b64encode(signature).decode("ascii")


def fingerprint_of(ca_pem: bytes) -> str:
    """The first 16 hex digits of the certificate's SHA-256 in four groups."""
    certificate = x509.load_pem_x509_certificate(ca_pem)
    text = certificate.fingerprint(hashes.SHA256()).hex().upper()[:16]
    return "-".join(text[at : at + 4] for at in range(0, 16, 4))


def make_keys(connection: Connection, passphrase: str | None) -> None:
    """Make the keys once; seal those that a passphrase which came later did not find sealed."""
    _seal_plain(connection, passphrase)
    if get_meta(connection, "sealing_key") is None:
        put_meta(connection, "sealing_key", _sealed(secrets.token_bytes(32), passphrase))
    if get_meta(connection, "signing_key") is not None:
        return
    signing = Ed25519PrivateKey.generate()
    ca_key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Mot Cua CA")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(ca_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_EVER)
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_SIGNS_CERTIFICATES, critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )
    put_meta(connection, "signing_key", _sealed(signing.private_bytes_raw(), passphrase))
    pem = ca_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    put_meta(connection, "ca_key", _sealed(pem, passphrase))
    put_meta(connection, "ca", certificate.public_bytes(Encoding.PEM).decode("ascii"))


def _seal_plain(connection: Connection, passphrase: str | None) -> None:
    for name in _SECRETS:
        kept = get_meta(connection, name) or ""
        if passphrase and kept.startswith("plain:"):
            put_meta(connection, name, _sealed(_opened(kept, None), passphrase))


def are_sealed(connection: Connection) -> bool:
    """Whether a dump of the database signs nothing without the passphrase."""
    return all((get_meta(connection, name) or "").startswith("sealed:") for name in _SECRETS)


def load_keys(connection: Connection, passphrase: str | None) -> ServerKeys:
    """The keys, unsealed."""
    signing, ca_key = get_meta(connection, "signing_key"), get_meta(connection, "ca_key")
    ca, sealing = get_meta(connection, "ca"), get_meta(connection, "sealing_key")
    if signing is None or ca_key is None or ca is None or sealing is None:
        raise ServerFault("not_initialised", "Máy chủ chưa có khóa. Hãy chạy district-server init.")
    return ServerKeys(
        Ed25519PrivateKey.from_private_bytes(_opened(signing, passphrase)),
        _opened(ca_key, passphrase),
        ca.encode("ascii"),
        _opened(sealing, passphrase),
    )


def verify(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the signature is that key's."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def issue_certificate(keys: ServerKeys, hosts: Sequence[str]) -> tuple[bytes, bytes]:
    """A certificate of this installation's CA for these names: (chain, key), PEM."""
    ca = x509.load_pem_x509_certificate(keys.ca_pem)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    ca_key = _private(keys.ca_key_pem)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    names: list[x509.GeneralName] = []
    for host in hosts:
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(host)))
        except ValueError:
            names.append(x509.DNSName(host))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])]))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_EVER)
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(issuer, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    # without the CA's own: who trusts it has it, and every handshake would carry it
    chain = certificate.public_bytes(Encoding.PEM)
    return chain, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _private(ca_key_pem: bytes) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(ca_key_pem, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _sealed(secret: bytes, passphrase: str | None) -> str:
    if not passphrase:
        return "plain:" + base64.b64encode(secret).decode("ascii")
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    sealed = AESGCM(_derive(passphrase, salt)).encrypt(nonce, secret, b"district")
    return "sealed:" + base64.b64encode(salt + nonce + sealed).decode("ascii")


def _opened(kept: str, passphrase: str | None) -> bytes:
    how, _, text = kept.partition(":")
    raw = base64.b64decode(text)
    if how == "plain":
        return raw
    if not passphrase:
        raise ServerFault(
            "passphrase_needed", "Khóa máy chủ được niêm phong. Đặt DISTRICT_PASSPHRASE."
        )
    try:
        return AESGCM(_derive(passphrase, raw[:16])).decrypt(raw[16:28], raw[28:], b"district")
    except InvalidTag:
        raise ServerFault("passphrase_wrong", "DISTRICT_PASSPHRASE không đúng. Xem lại.") from None


def _derive(passphrase: str, salt: bytes) -> bytes:
    words = passphrase.encode(errors="surrogatepass")
    return hashlib.scrypt(words, salt=salt, n=2**15, r=8, p=1, maxmem=2**26, dklen=32)


def passphrase_of_environment() -> str | None:
    """`DISTRICT_PASSPHRASE`."""
    return os.environ.get("DISTRICT_PASSPHRASE") or None
