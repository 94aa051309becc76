"""The program as it is given to clerks: built, moved to a bare place, without our Python."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("built")
    subprocess.run(
        [
            *(sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR"),
            *("--distpath", str(place / "dist"), "--workpath", str(place / "work")),
            str(ROOT / "build.spec"),
        ],
        check=True,
        cwd=ROOT,
    )
    return (place / "dist" / "mot-cua").rename(place / "Một Cửa")


@pytest.mark.proof
@pytest.mark.parametrize("program", ["counter-tool", "counter-app"])
def test_a_built_program_has_all_its_parts(built: Path, tmp_path: Path, program: str) -> None:
    bare = {"HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    ended = subprocess.run(
        [built / program, "--self-check"], env=bare, cwd=tmp_path, capture_output=True, text=True
    )

    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    assert said["ok"]
    assert said["code"].endswith("-1001")
