"""The window."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from counter_app.bootstrap import Counter
    from ui.application import Doors

SAMPLE_PASSPHRASE = "cau mo so cua co quan mau"
"""A sample holds nobody's data; its store opens on any machine, with or without a key store."""


def main(argv: list[str] | None = None) -> int:
    """Open the window. What is heavy loads after the first screen is seen."""
    parser = argparse.ArgumentParser(prog="counter-app")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--sample", action="store_true")
    parser.add_argument("--self-check", action="store_true")
    options = parser.parse_args(argv)
    if options.self_check:
        return _self_check()
    from ui.application import run

    folder = options.data_dir or _default_folder(options.sample)
    return run(_doors(folder, options.sample))


def _doors(folder: Path, sample: bool) -> "Doors":
    from ui.application import Doors

    return Doors(
        folder,
        sample,
        lambda: _state(folder, sample),
        lambda passphrase: _open(folder, passphrase, sample),
        lambda *made: _create(folder, *made),
        _offices,
        _office_text,
        lambda *given: _restore(folder, *given),
    )


def _self_check() -> int:
    """Whether a built program has all its parts: the console's, and every screen."""
    from tempfile import TemporaryDirectory

    from counter_app.commands import self_check
    from ui.application import self_check as window_check

    with TemporaryDirectory(prefix="mot-cua-") as folder:
        return self_check.run() or window_check(_doors(Path(folder), True))


def _default_folder(sample: bool) -> Path:
    from platformdirs import user_data_path

    return user_data_path("mot-cua", appauthor=False) / ("mau" if sample else "so")


def _state(folder: Path, sample: bool) -> str:
    from counter_app import data_folder
    from counter_app.keys import store_key

    data_folder.finish_exchange(folder)
    found = store_key.state(folder)
    return "ready" if sample and found in ("none", "passphrase") else found


def _open(folder: Path, passphrase: str | None, sample: bool) -> "Counter":
    from counter_app.bootstrap import open_counter
    from counter_app.keys import store_key

    if sample:
        if store_key.state(folder) == "none":
            from counter_app.sample import make_sample

            make_sample(folder, SAMPLE_PASSPHRASE)
        passphrase = SAMPLE_PASSPHRASE
    return open_counter(folder, passphrase)


def _create(
    folder: Path, office_text: str, number: int, name: str, pin: str, passphrase: str | None
) -> str:
    from counter_app.book.creation import create_counter

    made = create_counter(folder, office_text, number, name, pin, passphrase)
    return made.recovery_code


def _restore(
    folder: Path, source: Path, passphrase: str | None, recovery: str | None
) -> "tuple[int, datetime | None]":
    from counter_app import data_folder
    from counter_app.book.creation import restore_beside, restore_counter

    if data_folder.is_free(folder):
        made = restore_counter(folder, source, passphrase, recovery)
    else:
        made, _ = restore_beside(folder, source, passphrase, recovery)
    return made.counter_no, made.ends_at


def _offices() -> list[tuple[str, str]]:
    import resources
    from counter_app.domain.office import parse_office

    names = sorted(resources.office_names(), key=lambda name: name != "khe-sanh")
    return [(name, parse_office(resources.office_text(name)).name) for name in names]


def _office_text(name: str) -> str:
    import resources

    return resources.office_text(name)


if __name__ == "__main__":
    sys.exit(main())
