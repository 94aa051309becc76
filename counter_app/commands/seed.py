"""`seed`: invented dossiers, for trials and benchmarks only."""

import argparse
import time
from collections.abc import Iterator
from random import Random

from counter_app.bootstrap import Counter
from counter_app.commands.lines import write
from counter_app.commands.session import opened
from counter_app.errors import WrongUsage
from counter_app.services.invented import OFFICER, Inventor
from counter_app.services.receipts import ReceiptSealer
from counter_app.system import uuid7
from db.bulk import Written, numbers_used, require_seedable, write_dossiers

_MOST = 5_000_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line takes."""
    parser.add_argument("--dossiers", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)


def run(options: argparse.Namespace) -> int:
    """Write them; tells how many and how long."""
    if not 1 <= options.dossiers <= _MOST:
        raise WrongUsage(f"Số hồ sơ thử từ 1 đến {_MOST}.")
    done, seconds = 0, 0.0
    with opened(options) as counter:
        for done, seconds in invent(counter, options.dossiers, options.seed):
            if done % 100_000 == 0 and done < options.dossiers:
                write({"dossiers": done, "seconds": round(seconds, 1)})
    write({"ok": True, "dossiers": done, "seconds": round(seconds, 1)})
    return 0


def invent(counter: Counter, dossiers: int, seed: int) -> Iterator[tuple[int, float]]:
    """Write them in large transactions; after each, how many stand there and the seconds so far."""
    began = time.monotonic()
    require_seedable(counter.store)
    for done in write_dossiers(counter.store, _invented(counter, dossiers, seed)):
        yield done, time.monotonic() - began


def _invented(counter: Counter, dossiers: int, seed: int) -> Iterator[list[Written]]:
    random = Random(f"{dossiers}/{seed}")
    with counter.store.read() as books:
        version = books.settings.office_version()
        used = numbers_used(books)
    inventor = Inventor(
        counter.catalogue,
        counter.office,
        version,
        counter.identity.counter_no,
        ReceiptSealer(counter.signer),
        random,
    )
    for story in inventor.stories(dossiers, counter.clock.now(), used):
        yield [
            Written(
                step.payload,
                OFFICER,
                step.at,
                uuid7(step.at, random.getrandbits(80)),
                random.randbytes(8),
            )
            for step in story
        ]
