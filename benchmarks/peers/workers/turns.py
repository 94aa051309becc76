"""What every worker in Python does: say it is ready, then sync once for each word that comes."""

import json
import sys
import time
from collections.abc import Callable


def take_turns(sync: Callable[[str], str], held: Callable[[], int]) -> None:
    """`sync` is told the way and answers a fault or nothing; `held` counts the records here."""
    _say({"ready": True})
    for line in sys.stdin:
        began = time.perf_counter()
        try:
            fault = sync(line.strip())
        except Exception as error:
            fault = f"{type(error).__name__}: {error}"
        seconds = time.perf_counter() - began
        _say({"seconds": seconds, "fault": fault, "held": held()})


def _say(told: dict[str, object]) -> None:
    print(json.dumps(told), flush=True)
