"""The store's key: 32 random bytes, wrapped beside the store in `store.key`.

Never derived from a PIN. It is wrapped by the key store of the operating system, or by an opening
passphrase where there is none, and a second time by a recovery code that is shown once and kept in
the safe. Without one of the wraps the file stays closed: there is no plain fall-back.
"""

import base64
import json
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal
from unicodedata import normalize

from counter_app.data_folder import KEY, STORE, is_half_made, looked_into
from counter_app.errors import EnvironmentFault, Refused

SHORTEST_PASSPHRASE = 10
_SERVICE = "mot-cua"
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CONTEXT = b"mot-cua store key v1"
_SALT = 16


def create(folder: Path, passphrase: str | None) -> tuple[bytes, str]:
    """Make a key, write its wraps into `folder`; returns the key and the recovery code."""
    if passphrase is not None and len(passphrase) < SHORTEST_PASSPHRASE:
        raise _short()
    key = secrets.token_bytes(32)
    recovery = new_recovery_code()
    wraps = [_wrap_by_secret("recovery", _plain(recovery), key)]
    if passphrase is not None:
        wraps.append(_wrap_by_secret("passphrase", passphrase, key))
    else:
        wraps.append(_wrap_by_key_store(key))
    _keep(folder, wraps)
    return key, recovery


def wrap_here(folder: Path, key: bytes, passphrase: str | None) -> None:
    """A store that came from elsewhere opens on this PC: by the passphrase, else by the key store
    here. The recovery code stays good; so does the old passphrase where nothing else is to be had.
    """
    wraps = _wraps(folder)
    if passphrase is not None:
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise _short()
        made = _wrap_by_secret("passphrase", passphrase, key)
    else:
        try:
            made = _wrap_by_key_store(key)
        except EnvironmentFault:
            if "passphrase" not in wraps:
                raise
            made = wraps["passphrase"]
    _keep(folder, [wraps["recovery"], made])


def _keep(folder: Path, wraps: list[dict[str, Any]]) -> None:
    part = folder / (KEY + ".part")
    with part.open("w", encoding="utf-8") as out:
        json.dump({"version": 1, "wraps": wraps}, out, indent=1)
        out.flush()
        os.fsync(out.fileno())
    part.replace(folder / KEY)


def _short() -> Refused:
    return Refused(
        "passphrase_short",
        f"Câu mở sổ phải có ít nhất {SHORTEST_PASSPHRASE} ký tự. Hãy chọn câu dài hơn.",
    )


def unlock(folder: Path, passphrase: str | None = None, recovery: str | None = None) -> bytes:
    """The key of the store in `folder`."""
    wraps = _wraps(folder)
    if recovery is not None:
        return _open(
            wraps, "recovery", _plain(recovery), "Mã khôi phục không đúng. Xem lại tờ đã in."
        )
    if passphrase is not None and "passphrase" in wraps:
        return _open(wraps, "passphrase", passphrase, "Câu mở sổ không đúng. Hãy gõ lại.")
    if "key_store" in wraps:
        return _open_by_key_store(wraps["key_store"])
    raise Refused("passphrase_needed", "Sổ này mở bằng câu mở sổ. Hãy gõ câu mở sổ.")


def state(folder: Path) -> Literal["none", "passphrase", "ready", "damaged"]:
    """What stands in a folder, before anything is opened; `passphrase`: somebody must type it."""
    with looked_into(folder):
        has_store, has_key = (folder / STORE).exists(), (folder / KEY).exists()
    if (not has_store and not has_key) or is_half_made(folder):
        return "none"
    if not has_store or not has_key:
        return "damaged"
    try:
        return "ready" if "key_store" in _wraps(folder) else "passphrase"
    except EnvironmentFault:
        return "damaged"


def new_recovery_code() -> str:
    """32 characters in groups of four: 160 bits, no letter that reads like another."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(32))
    return "-".join(letters[at : at + 4] for at in range(0, 32, 4))


def _plain(recovery: str) -> str:
    return "".join(c for c in recovery.upper() if c in _ALPHABET)


def _wraps(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / KEY
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {wrap["kind"]: wrap for wrap in content["wraps"]}
    except FileNotFoundError:
        raise EnvironmentFault(
            "key_file_missing",
            "Thiếu tệp khóa store.key bên cạnh sổ dữ liệu. Hãy chép lại tệp này từ bản sao lưu.",
        ) from None
    except PermissionError:
        raise EnvironmentFault(
            "file_closed",
            f"Người dùng máy này không có quyền đọc {path}. Xem lại quyền của thư mục sổ.",
        ) from None
    except (ValueError, KeyError, TypeError, RecursionError, OSError):
        raise EnvironmentFault(
            "key_file_damaged",
            "Tệp khóa store.key bị hỏng. Hãy chép lại tệp này từ bản sao lưu.",
        ) from None


def _derive(secret: str, salt: bytes) -> bytes:
    from argon2.low_level import Type, hash_secret_raw  # not needed where the key store opens

    return hash_secret_raw(
        secret.encode(errors="surrogatepass"),
        salt,
        time_cost=3,
        memory_cost=64 * 1024,
        parallelism=1,
        hash_len=32,
        type=Type.ID,
    )


def _wrap_by_secret(kind: str, secret: str, key: bytes) -> dict[str, Any]:
    salt = secrets.token_bytes(_SALT)
    return {
        "kind": kind,
        "salt": _text(salt),
        **_seal(_derive(normalize("NFC", secret), salt), key),
    }


def _open(wraps: dict[str, dict[str, Any]], kind: str, secret: str, wrong: str) -> bytes:
    if kind not in wraps:
        raise Refused("wrong_key", wrong)
    wrap = wraps[kind]

    def opened(written: str) -> bytes:
        return _unseal(wrap, lambda: _derive(written, _bytes(wrap["salt"], _SALT)), wrong)

    # one keyboard writes an accent into its letter, another behind it: the same words to whoever types
    *others, last = dict.fromkeys((normalize("NFC", secret), normalize("NFD", secret), secret))
    for other in others:
        with suppress(Refused):
            return opened(other)
    return opened(last)


def _wrap_by_key_store(key: bytes) -> dict[str, Any]:
    import keyring  # loads the key store of the system: only where it is used
    import keyring.errors

    name = secrets.token_hex(8)
    outer = secrets.token_bytes(32)
    try:
        keyring.set_password(_SERVICE, name, _text(outer))
        kept = keyring.get_password(_SERVICE, name)
    except (keyring.errors.KeyringError, RuntimeError, OSError):
        kept = None
    if kept != _text(outer):
        raise EnvironmentFault(
            "no_key_store",
            "Máy này không có kho khóa của hệ điều hành. Hãy đặt câu mở sổ (ít nhất 10 ký tự) "
            "rồi làm lại; trên dòng lệnh đặt ở COUNTER_PASSPHRASE.",
        )
    return {"kind": "key_store", "name": name, **_seal(outer, key)}


def _open_by_key_store(wrap: dict[str, Any]) -> bytes:
    import keyring  # loads the key store of the system: only where it is used
    import keyring.errors

    try:
        kept = keyring.get_password(_SERVICE, str(wrap.get("name")))
    except (keyring.errors.KeyringError, RuntimeError, OSError):
        kept = None
    if kept is None:
        raise EnvironmentFault(
            "key_store_closed",
            "Kho khóa của máy không có khóa của sổ này. Hãy mở bằng mã khôi phục trong két.",
        )
    wrong = "Khóa trong kho khóa của máy không khớp với sổ này. Hãy mở bằng mã khôi phục."
    return _unseal(wrap, lambda: _bytes(kept), wrong)


def _seal(outer: bytes, key: bytes) -> dict[str, str]:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # the first screen is light

    nonce = secrets.token_bytes(12)
    return {"nonce": _text(nonce), "sealed": _text(AESGCM(outer).encrypt(nonce, key, _CONTEXT))}


def _unseal(wrap: dict[str, Any], outer: Callable[[], bytes], wrong: str) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(outer()).decrypt(_bytes(wrap["nonce"]), _bytes(wrap["sealed"]), _CONTEXT)
    except InvalidTag:
        raise Refused("wrong_key", wrong) from None
    except (KeyError, ValueError):
        raise EnvironmentFault(
            "key_file_damaged",
            "Tệp khóa store.key bị hỏng. Hãy chép lại tệp này từ bản sao lưu.",
        ) from None


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _bytes(text: object, size: int = 0) -> bytes:
    """What stands in a key file; ValueError where somebody has spoilt it."""
    if not isinstance(text, str):
        raise ValueError("no text")
    raw = base64.b64decode(text, validate=True)
    if size and len(raw) != size:
        raise ValueError("size")
    return raw
