"""PINs of officers: Argon2id with 64 MiB, about 150 ms a try. A PIN never opens the store."""

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1, type=Type.ID)


class Argon2Pins:
    """Hashes and checks PINs; an unknown officer costs the same time as a known one."""

    def hash(self, pin: str) -> str:
        """A fresh hash with its own salt."""
        return _hasher.hash(pin)

    def verify(self, hashed: str, pin: str) -> bool:
        """Whether `pin` made `hashed`."""
        try:
            return _hasher.verify(hashed, pin)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False
