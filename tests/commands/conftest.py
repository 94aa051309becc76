"""A store of Khe Sanh, counter 2, made by `init` once and copied for each test."""

from pathlib import Path

import pytest
from console import PASSPHRASE, PIN, Console, copy_store

import resources
from counter_app.bootstrap import create_counter


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "so"
    office = resources.office_text("khe-sanh")
    create_counter(folder, office, 2, "Hồ Thị Mai", PIN, PASSPHRASE)
    return folder


@pytest.fixture
def console(
    template: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Console:
    return Console(monkeypatch, capsys, copy_store(template, tmp_path / "so"))
