"""A store of Khe Sanh, counter 2, made by `init` once and copied for each test."""

from collections.abc import Callable
from pathlib import Path

import pytest
from console import Console, copy_store


@pytest.fixture(scope="session")
def template(templates: Callable[[int], Path]) -> Path:
    return templates(2)


@pytest.fixture
def console(
    template: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Console:
    return Console(monkeypatch, capsys, copy_store(template, tmp_path / "so"))
