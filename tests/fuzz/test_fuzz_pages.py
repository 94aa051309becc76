"""Scanned files that were spoilt: no picture, or a new one of which only the dots are theirs."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from mutants import for_seeds, spoilt
from PIL import Image
from scans_made import SECRET, jpeg, pdf, png

from counter_app.attachments.reencoding import LONGEST_SIDE, pages_of, redrawn
from counter_app.attachments.vault import Vault
from counter_app.errors import EnvironmentFault, Refused

Redraw = Callable[[bytes], object]


def files(redraw: Redraw, valid: list[bytes], examples: int) -> int:
    """How many were refused. `redraw` may raise `Refused` and nothing else."""
    refused = 0

    def check(seed: int) -> None:
        nonlocal refused
        raw = valid[seed % len(valid)]
        # the head says what the rest is: most faults belong there
        bad = spoilt(raw[:700], seed) + raw[700:] if seed % 5 < 3 else spoilt(raw, seed)
        try:
            pages = list(redraw(bad))  # type: ignore[call-overload]
        except Refused as said:
            refused += 1
            problem = said
        else:
            for page in pages:
                with Image.open(BytesIO(page), formats=("JPEG",)) as opened:
                    assert max(opened.size) <= LONGEST_SIDE
                assert SECRET not in page
            return
        assert problem.message

    for_seeds(check, examples)
    return refused


def sealed_pages(folder: Path, examples: int) -> None:
    """A page that was changed at rest is never shown."""
    vault = Vault(folder, bytes(32))
    address = vault.put(jpeg())
    (path,) = [found for found in folder.rglob("*") if found.is_file()]
    valid = path.read_bytes()

    def check(seed: int) -> None:
        path.write_bytes(spoilt(valid, seed))
        with pytest.raises(EnvironmentFault):
            vault.get(address)

    for_seeds(check, examples)


def test_a_spoilt_picture_is_none_or_drawn_anew() -> None:
    assert files(redrawn, [jpeg(6), png(), png("RGBA")], 40) > 5


def test_a_page_spoilt_at_rest_is_never_shown(tmp_path: Path) -> None:
    sealed_pages(tmp_path, 150)


@pytest.mark.proof
def test_spoilt_scanned_files_by_the_hundreds(
    tmp_path: Path, figure: Callable[[str], None]
) -> None:
    valid = [jpeg(6), png(), png("RGBA"), pdf(2)]
    refused = files(pages_of, valid, 400)
    drawn_here = files(redrawn, valid[:3], 3_000)
    sealed_pages(tmp_path, 10_000)
    figure(
        f"fuzz, scanned files: 400 in a child ({refused} refused), 3000 pictures ({drawn_here} "
        "refused), 10000 sealed pages: 0 crashes, 0 of their bytes accepted"
    )
