"""Fences against guessing that hold for every process of the server at once.

Load is fenced in each process by itself (`limits`): there it is felt, and asking the database about each
request would itself be load. Guesses are few and each process more would be so many guesses more: they are
counted in the database, by its own clock, in one statement each.
"""

import hashlib
import hmac
import secrets

from sqlalchemy import text

from district_server.database import Database
from district_server.keys import ServerKeys
from district_server.limits import Limits, neighbourhood, too_often

_CLOCK = {
    True: "CAST(extract(epoch FROM clock_timestamp()) AS DOUBLE PRECISION)",
    False: "((julianday('now') - 2440587.5) * 86400)",
}
_LEAST = {True: "LEAST", False: "MIN"}
_SWEEP = 100
"""About one taking in so many clears what has filled up again."""


class SharedBucket:
    """Like `limits.Bucket`, kept in the table `rate`. Waits and takes in transactions of its own: never
    call it within another.
    """

    def __init__(
        self, database: Database, keys: ServerKeys, name: str, burst: int, per_second: float
    ) -> None:
        self._database = database
        self._secret = keys.derived(b"rate/v1")
        self._burst = burst
        self._fixed = {"name": name, "burst": float(burst), "per": per_second}
        self._per_second = per_second
        clock, least = _CLOCK[database.on_postgres], _LEAST[database.on_postgres]
        left = f"{least}(:burst, rate.tokens + ({clock} - rate.at) * :per)"
        self._take = text(
            f"INSERT INTO rate (name, key, tokens, at) VALUES (:name, :key, :burst - 1, {clock}) "  # noqa: S608
            f"ON CONFLICT (name, key) DO UPDATE SET tokens = {left} - 1, at = {clock} "
            f"WHERE {left} >= 1 RETURNING tokens"
        )
        self._left = text(f"SELECT {left} FROM rate WHERE name = :name AND key = :key")  # noqa: S608
        gone = f"DELETE FROM rate WHERE name = :name AND at < {clock} - :burst / :per"  # noqa: S608
        self._clear = text(gone)

    def wait(self, key: str) -> float:
        """Seconds until the key may ask again; 0 where it may now. Takes nothing."""
        asked = self._asked(key)
        with self._database.begin() as connection:
            left = connection.execute(self._left, asked).scalar_one_or_none()
        return 0.0 if left is None or left >= 1 else (1 - left) / self._per_second

    def take(self, key: str) -> None:
        """Count one; too many are refused with the time to wait."""
        asked = self._asked(key)
        with self._database.begin() as connection:
            taken = connection.execute(self._take, asked).first() is not None
            if taken and secrets.randbelow(_SWEEP) == 0:
                connection.execute(self._clear, self._fixed)
        if not taken:
            raise too_often(self.wait(key) or 1.0)

    def _asked(self, key: str) -> dict[str, object]:
        # addresses are people's: nobody reads them in a dump
        hidden = hmac.digest(self._secret, neighbourhood(key).encode(), hashlib.sha256).hex()[:32]
        return {**self._fixed, "key": hidden}


def shared_limits(database: Database, keys: ServerKeys) -> Limits:
    """Load by process, guesses together."""
    alone = Limits()

    def shared(name: str) -> SharedBucket:
        bucket = getattr(alone, name)
        return SharedBucket(database, keys, name, bucket.burst, bucket.per_second)

    return Limits(
        enrol=shared("enrol"),
        sign_in=shared("sign_in"),
        look_up=shared("look_up"),
        look_up_code=shared("look_up_code"),
    )
