"""Argon2 in the tests: what is asked of it must be slow as designed, what it does is quick."""

from functools import lru_cache

import pytest
from argon2 import Type, low_level

ASKED = (3, 64 * 1024, 1, Type.ID)
"""Passes, KiB, lanes: what the design wants of every hash of a PIN or a password."""


def make_quick(patch: pytest.MonkeyPatch) -> None:
    """Hashes of PINs and passwords take the least memory; their text says so, and thus any process
    can verify them. A key that a passphrase makes stays what it is, for other processes derive it
    too; but no key is derived twice.
    """
    slow = low_level.hash_secret

    def quick(
        secret: bytes,
        salt: bytes,
        time_cost: int,
        memory_cost: int,
        parallelism: int,
        hash_len: int,
        type: Type,
    ) -> bytes:
        assert (time_cost, memory_cost, parallelism, type) == ASKED
        return slow(secret, salt, 1, 8, 1, hash_len, type)

    patch.setattr("argon2._password_hasher.hash_secret", quick)
    patch.setattr(low_level, "hash_secret_raw", lru_cache(1000)(low_level.hash_secret_raw))
