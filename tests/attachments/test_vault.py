"""Pages at rest: nothing readable, nothing altered without notice, nothing half written."""

import hashlib
import os
from pathlib import Path

import pytest

from counter_app.attachments.vault import Vault
from counter_app.errors import EnvironmentFault, Refused

KEY = bytes(range(32))
CHUNK = 64 * 1024


def only_file(folder: Path) -> Path:
    (found,) = [path for path in folder.rglob("*") if path.is_file()]
    return found


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_what_goes_in_comes_out(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    vault = Vault(tmp_path, KEY)
    address = vault.put(content)
    assert address == hashlib.sha256(content).hexdigest()
    assert Vault(tmp_path, KEY).get(address) == content
    assert vault.put(content) == address
    only_file(tmp_path)


def test_nothing_readable_remains(tmp_path: Path) -> None:
    content = b"GIAY CHUNG SINH " * 9000
    address = Vault(tmp_path, KEY).put(content)
    path = only_file(tmp_path)
    assert b"CHUNG SINH" not in path.read_bytes()
    # nor can it be told from outside which paper it is
    assert address not in path.as_posix()


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    address = Vault(tmp_path, KEY).put(b"trang")
    other = Vault(tmp_path, bytes(32))
    assert not other.has(address)
    with pytest.raises(Refused) as refused:
        other.get(address)
    assert refused.value.code == "attachment_elsewhere"


def damage(raw: bytes, how: str) -> bytes:
    """One byte, or a whole chunk."""
    head, first, second = raw[:8], raw[8 : 8 + CHUNK + 16], raw[8 + CHUNK + 16 :]
    match how:
        case "bit":
            return raw[:-1] + bytes([raw[-1] ^ 1])
        case "magic":
            return b"X" + raw[1:]
        case "cut":
            return head + first
        case "swapped":
            return head + second + first
        case "twice":
            return head + first + first + second
        case _:
            return head


@pytest.mark.parametrize("how", ["bit", "magic", "cut", "swapped", "twice", "empty"])
def test_damage_is_told(tmp_path: Path, how: str) -> None:
    vault = Vault(tmp_path, KEY)
    address = vault.put(os.urandom(CHUNK) + bytes(CHUNK))
    path = only_file(tmp_path)
    path.write_bytes(damage(path.read_bytes(), how))
    with pytest.raises(EnvironmentFault) as fault:
        vault.get(address)
    assert fault.value.code == "attachment_damaged"


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("counter_app.attachments.vault.os.fsync", full)
    vault = Vault(tmp_path, KEY)
    with pytest.raises(EnvironmentFault) as fault:
        vault.put(b"trang")
    assert fault.value.code == "attachment_failed"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("address", ["..", "../../etc", "CON", "a" * 63, "G" * 64, "a" * 300])
def test_no_other_name_is_a_path(tmp_path: Path, address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        Vault(tmp_path, KEY).get(address)
