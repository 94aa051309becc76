"""Opening the store and signing in, as the environment says."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from counter_app.bootstrap import Counter, open_counter
from counter_app.domain.officer import Officer
from counter_app.errors import Refused
from counter_app.services.results import Rejected


@contextmanager
def opened(options: argparse.Namespace) -> Iterator[Counter]:
    """The store of `--data-dir`, opened by `COUNTER_PASSPHRASE` where it has one."""
    counter = open_counter(
        Path(options.data_dir),
        os.environ.get("COUNTER_PASSPHRASE") or None,
        os.environ.get("COUNTER_RECOVERY") or None,
    )
    try:
        yield counter
    finally:
        counter.close()


def signed_in(counter: Counter) -> Officer:
    """Whoever acts: `COUNTER_OFFICER` (else the first officer) with `COUNTER_PIN`."""
    pin = os.environ.get("COUNTER_PIN")
    if not pin:
        raise Refused("pin_missing", "Việc này cần mã PIN. Đặt COUNTER_PIN rồi làm lại.", "pin")
    found = counter.officers.sign_in(os.environ.get("COUNTER_OFFICER"), pin)
    if isinstance(found, Rejected):
        problem = found.problems[0]
        raise Refused(problem.code, problem.message, problem.field)
    return found
