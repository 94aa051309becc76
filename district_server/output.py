"""JSON Lines out."""

from counter_app.wire.console import write as write


def write_problem(code: str, message: str) -> None:
    """A refusal."""
    write({"ok": False, "problems": [{"code": code, "message": message}]})
