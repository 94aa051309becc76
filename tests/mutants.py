"""Valid inputs, spoilt: bytes flipped, cut, doubled and joined, and values that nobody would write."""

import random
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

_TOKENS = (
    b"\x00", b"\xff" * 8, b"\xc3", b'"', b"'", b"\\", b"[" * 3000, b'{"a":' * 3000, b"9" * 5000,
    b"\\u0000", b"\\ud800", b"-1", b"null", b"1e999", b"\xe2\x80\xae", b"\r\n", b"=", b"[[a]]\n",
    b"18446744073709551616", b"99999-99-99", b"A" * 70_000,
)  # fmt: skip
_VALUES = (
    None, True, -1, 0, 1, 2**31, 2**63, 2**64, 2**200, 1.5, "", "\x00", "\ud7ff", "a\x00b", "\u202e",
    "x" * 5000, "9999-12-31T23:59:59+14:00", "0001-01-01T00:00:00-12:00", "2026-02-30", [], {}, [[]],
    [None], {"": None}, ["x"] * 300,
)  # fmt: skip


def _one(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data) + 1)
    some = data[at : at + chance.choice((1, 4, 40, 400))]
    match chance.randrange(7):
        case 0 if at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        case 1 if at < len(data):
            data[at] = chance.randrange(256)
        case 2:
            del data[at:]
        case 3:
            del data[at : at + len(some)]
        case 4:
            data[at:at] = some * chance.choice((1, 2, 50))
        case 5:
            data[at:at] = chance.choice(_TOKENS)
        case _:
            del data[at : at + len(some)]
            other = chance.randrange(len(data) + 1)
            data[other:other] = some


def spoilt(valid: bytes, seed: int) -> bytes:
    """One to four faults; never the same bytes."""
    chance = random.Random(seed)
    data = bytearray(valid)
    for _ in range(chance.choice((1, 1, 2, 4))):
        _one(data, chance)
    return bytes(data) if data != valid else valid + b"\x00"


def misfit(valid: Any, seed: int) -> Any:
    """Plain data (JSON) with one or two values of another kind, or with a key less or more."""
    chance = random.Random(seed)
    for _ in range(chance.choice((1, 1, 2))):
        places = list(_places(valid, ()))
        valid = _put(valid, chance.choice(places), chance)
    return valid


def _places(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    yield path
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in keys:
        yield from _places(value[key], (*path, key))


def _put(value: Any, path: tuple[Any, ...], chance: random.Random) -> Any:
    if not path:
        return chance.choice(_VALUES)
    key, *rest = path
    copy = dict(value) if isinstance(value, dict) else list(value)
    if not rest and chance.random() < 0.2:
        del copy[key]
    else:
        copy[key] = _put(value[key], tuple(rest), chance)
    return copy


def for_seeds(check: Callable[[int], None], examples: int) -> None:
    """The check on so many seeds, which are the same in every run and shrink where one fails."""

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.integers(0, 2**40))
    def run(seed: int) -> None:
        check(seed)

    run()


@contextmanager
def memory_under(limit: int) -> Iterator[None]:
    """Fails where Python held more bytes at once, on top of what it held before."""
    begun_here = not tracemalloc.is_tracing()
    if begun_here:
        tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        yield
        _, peak = tracemalloc.get_traced_memory()
        assert peak - before < limit, f"{peak - before} bytes at once"
    finally:
        if begun_here:
            tracemalloc.stop()
