"""`exchange` as an administrator calls it: a round now, and what the window does by itself."""

from pathlib import Path

from console import Console

from counter_app.bootstrap import open_counter
from counter_app.services.exchange_plan import ExchangePlan


def plan(console: Console) -> tuple[str, int]:
    counter = open_counter(console.folder, console.environment["COUNTER_PASSPHRASE"])
    try:
        kept = ExchangePlan(counter.settings)
        return kept.folder, kept.minutes
    finally:
        counter.close()


def test_it_is_off_until_it_is_set(console: Console, tmp_path: Path) -> None:
    assert plan(console) == ("", 0)
    assert console("exchange").codes == ["folder_missing"]
    assert console("exchange", "--every", 5).codes == ["folder_missing"]
    assert console("exchange", tmp_path, "--every", 9999).codes == ["minutes_wrong"]
    assert plan(console) == ("", 0)
    # set, though nobody is known before the first sync
    assert console("exchange", tmp_path, "--every", 5).codes == ["no_peers"]
    assert plan(console) == (str(tmp_path), 5)
    assert console("exchange", "--every", 0).one["every"] == 0
    assert plan(console) == (str(tmp_path), 0)
