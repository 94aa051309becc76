"""The console twin as others call it: by its arguments, its lines, its exit status."""

import io
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from counter_app.tool import main

PIN = "246813"
"""As the stores of `conftest` have them."""
PASSPHRASE = "cau mo so de thu"


@dataclass(frozen=True)
class Answer:
    """What one call said."""

    status: int
    lines: list[dict[str, Any]]
    said: str
    noise: str

    @property
    def one(self) -> dict[str, Any]:
        (line,) = self.lines
        return line

    @property
    def codes(self) -> list[str]:
        """The codes of the problems, in order."""
        return [problem["code"] for line in self.lines for problem in line.get("problems", [])]


@dataclass
class Console:
    """Calls `counter-tool` in this process, on one store."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    folder: Path
    environment: dict[str, str] = field(
        default_factory=lambda: {"COUNTER_PIN": PIN, "COUNTER_PASSPHRASE": PASSPHRASE}
    )

    def __call__(
        self, verb: str, *arguments: object, given: str | bytes = "", store: bool = True
    ) -> Answer:
        for name in ("COUNTER_PIN", "COUNTER_PASSPHRASE", "COUNTER_OFFICER", "COUNTER_NEW_PIN"):
            self.monkeypatch.delenv(name, raising=False)
        for name, value in self.environment.items():
            self.monkeypatch.setenv(name, value)
        raw = given if isinstance(given, bytes) else given.encode()
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), "utf-8"))
        where = ["--data-dir", str(self.folder)] if store else []
        self.capsys.readouterr()
        status = main([verb, *where, *map(str, arguments)])
        out, err = self.capsys.readouterr()
        assert "Traceback" not in out + err
        return Answer(status, [json.loads(line) for line in out.splitlines()], out, err)

    def accept(self, *drafts: Mapping[str, object]) -> Answer:
        return self("accept", given=lines(drafts))


def lines(objects: Sequence[Mapping[str, object]]) -> str:
    return "".join(json.dumps(found, ensure_ascii=False) + "\n" for found in objects)


def copy_store(template: Path, to: Path) -> Path:
    shutil.copytree(template, to)
    return to


VIETNAMESE = set("ăâđêôơưáàảãạấầẩẫậắằẳẵặéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ")


def in_vietnamese(answer: Answer) -> bool:
    """Every problem is a sentence a clerk can read; wrong usage ends with how to write it."""
    problems = [problem for line in answer.lines for problem in line.get("problems", [])]
    return bool(problems) and all(
        VIETNAMESE & set(problem["message"].lower())
        and (problem["code"] == "wrong_usage" or problem["message"].endswith((".", ")", "?")))
        for problem in problems
    )
