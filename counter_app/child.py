"""The console's own program as a child of this one: for work that may crash, hang or take long."""

import subprocess
import sys
from pathlib import Path

CHECK_BEHIND = "--check-behind"
"""The flag of whoever looks whether the book is sound."""

HIDDEN = 0
"""Flags of a child without a console of its own."""
BEHIND = 0
"""Flags of one that gives way to whatever else runs; elsewhere the child says so itself."""
if sys.platform == "win32":
    HIDDEN, BEHIND = subprocess.CREATE_NO_WINDOW, subprocess.BELOW_NORMAL_PRIORITY_CLASS


def command(flag: str, *more: str) -> list[str]:
    """How the console is called to do one thing that is no verb."""
    if getattr(sys, "frozen", False):
        # the window's console twin lies beside it
        program = Path(sys.executable)
        return [str(program.with_name("counter-tool" + program.suffix)), flag, *more]
    return [sys.executable, "-m", "counter_app.tool", flag, *more]
