"""Files and scans that were spoilt: refused in words, in little memory, never taken for the real thing."""

import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import PASSPHRASE, ToldClock, draft
from mutants import for_seeds, memory_under, misfit, spoilt

import resources
from counter_app import data_folder
from counter_app.book import backup_file
from counter_app.bootstrap import Counter, open_counter
from counter_app.domain.calendar import WorkCalendar
from counter_app.domain.citizen_card import read_card
from counter_app.domain.faults import FileFault
from counter_app.domain.form_sets import parse_form_set
from counter_app.domain.form_template import parse_template
from counter_app.domain.office import parse_calendar, parse_office
from counter_app.domain.pad_code import PadCode
from counter_app.domain.procedure import parse_procedures
from counter_app.domain.scan import route
from counter_app.domain.slip_code import SlipCode, Verdict, from_base28, payload_of, to_base28
from counter_app.domain.tickets import read_groups
from counter_app.errors import EnvironmentFault, Refused
from counter_app.keys import store_key
from counter_app.services.results import Accepted

LITTLE = 16 * 1024 * 1024


# ---- scans -------------------------------------------------------------------------------------

CARD = "045190001234|191234567|HỒ THỊ NGUYỆT|05031990|Nữ|Thôn Ta Đủ, Tân Hợp, Quảng Trị|01022022"


def turned_inside(scanned: str, seed: int) -> bytes:
    """One bit of what the letters stand for: the shape stays, so that the signature has to tell."""
    raw = bytearray(from_base28(payload_of(scanned)))
    raw[seed // 8 % len(raw)] ^= 1 << seed % 8
    return to_base28(bytes(raw)).encode()


def scans(counter: Counter, examples: int) -> None:
    officer = counter.officers.all()[0]
    made = counter.intake.accept(draft(), officer)
    assert isinstance(made, Accepted)
    receipt, _ = counter.prints.receipt(made.dossier_id)
    counter.pads.give_out(1, officer)
    pad, _ = counter.prints.next_slip("pad", counter.pads.all()[0].number)
    genuine = [receipt.qr, pad.qr]  # type: ignore[union-attr]
    for text in genuine:
        assert counter.scans.judge(text).verdict is Verdict.GREEN
    assert read_card(CARD) is not None
    signed = [
        scan for text in genuine if isinstance(scan := route(text).signed, SlipCode | PadCode)
    ]
    assert len(signed) == 2

    def check(seed: int) -> None:
        if seed % 2:
            text = turned_inside(genuine[seed // 2 % 2], seed)
        else:
            text = spoilt([*genuine, CARD, made.code][seed // 2 % 4].encode(), seed)
        for given in (text, text.decode("utf-8", "replace"), text.decode("latin-1")):
            with memory_under(LITTLE):
                found = counter.scans.judge(given)
            # blanks around it or small letters leave it what it is
            if found.verdict is Verdict.GREEN:
                assert found.scan.signed in signed

    for_seeds(check, examples)


def test_a_spoilt_scan_is_never_genuine(counter: Counter) -> None:
    scans(counter, 60)


@pytest.mark.proof
def test_spoilt_scans_by_the_thousands(counter: Counter, figure: Callable[[str], None]) -> None:
    scans(counter, 5_000)
    figure("fuzz, scans: 5000 mutants read in three ways, 0 crashes, 0 accepted")


# ---- text files --------------------------------------------------------------------------------


def _used(text: str) -> None:
    """An office that was accepted must be able to count days."""
    office = parse_office(text)
    calendar = WorkCalendar(office, [parse_calendar(one) for one in resources.calendar_texts()])
    calendar.next_working_day(datetime(2026, 11, 20).date())


def _calendar_used(text: str) -> None:
    office = parse_office(resources.office_text("khe-sanh"))
    calendar = WorkCalendar(office, [parse_calendar(text)])
    calendar.next_working_day(datetime(2026, 11, 20).date())


FILES: dict[str, tuple[Callable[[str], Any], Callable[[], list[str]]]] = {
    "office": (_used, lambda: [resources.office_text(name) for name in resources.office_names()]),
    "calendar": (_calendar_used, lambda: list(resources.calendar_texts())),
    "procedures": (parse_procedures, lambda: sorted(resources.procedure_texts(), key=len)[:4]),
    "form set": (parse_form_set, lambda: list(resources.form_set_texts())),
    "form": (
        lambda text: parse_template(text, "receipt"),
        lambda: [resources.form_text("FS-2018", "receipt") or ""],
    ),
    "groups": (read_groups, lambda: ["A: Hộ tịch\nB: Đất đai\nC: Việc khác"]),
}


def files(kind: str, examples: int) -> int:
    """How many were refused; whatever is not refused must be fit to work with."""
    read, texts = FILES[kind][0], FILES[kind][1]()
    refused = 0
    for text in texts:
        read(text)

    def check(seed: int) -> None:
        nonlocal refused
        valid = texts[seed % len(texts)].encode()
        text = spoilt(valid, seed).decode("utf-8", "replace")
        with memory_under(LITTLE + 200 * len(valid)):
            try:
                read(text)
            except FileFault as fault:
                refused += 1
                said = fault
            else:
                return
        assert said.message
        assert 0 <= said.line <= text.count("\n") + 1

    for_seeds(check, examples)
    return refused


@pytest.mark.parametrize("kind", FILES)
def test_a_spoilt_file_is_refused_with_its_line_or_fit_to_work_with(kind: str) -> None:
    assert files(kind, 40) > 10


@pytest.mark.proof
@pytest.mark.parametrize("kind", FILES)
def test_spoilt_files_by_the_thousands(kind: str, figure: Callable[[str], None]) -> None:
    refused = files(kind, 2_000)
    figure(f"fuzz, {kind} files: 2000 mutants, {refused} refused with a line, 0 crashes")


# ---- blobs: the book, its key, its backup --------------------------------------------------------


@pytest.fixture
def closed(templates: Callable[[int], Path], tmp_path: Path) -> Path:
    """A store nobody has open, with its backup beside it."""
    folder = shutil.copytree(templates(2), tmp_path / "so")
    counter = open_counter(folder, PASSPHRASE)
    counter.clock = ToldClock()
    counter.intake.accept(draft(), counter.officers.all()[0])
    counter.backups.make(tmp_path / "sao-luu.zip")
    counter.close()
    return folder


def backups(closed: Path, tmp_path: Path, examples: int) -> int:
    """How many were refused. What is taken is, file for file, what was packed."""
    source, place = tmp_path / "hong.zip", tmp_path / "ra"
    valid = (tmp_path / "sao-luu.zip").read_bytes()
    (tmp_path / "that").mkdir()
    backup_file.unpack(tmp_path / "sao-luu.zip", tmp_path / "that")
    genuine = {path.name: path.read_bytes() for path in (tmp_path / "that").iterdir()}
    refused = 0

    def check(seed: int) -> None:
        nonlocal refused
        # its directory stands at the end, its manifest at the beginning: most faults belong there
        begin, end = valid[:2000], valid[-2000:]
        bodies = (
            spoilt(valid, seed),
            spoilt(begin, seed) + valid[2000:],
            valid[:-2000] + spoilt(end, seed),
        )
        source.write_bytes(bodies[seed % 3])
        place.mkdir()
        try:
            with memory_under(LITTLE):
                backup_file.unpack(source, place)
        except (Refused, EnvironmentFault):
            refused += 1
        else:
            assert {path.name: path.read_bytes() for path in place.iterdir()} == genuine
        finally:
            shutil.rmtree(place)

    for_seeds(check, examples)
    return refused


def books(closed: Path, examples: int) -> None:
    """A page that was changed is found, at the opening or by the check."""
    key = store_key.unlock(closed, PASSPHRASE)
    path = closed / data_folder.STORE
    valid = path.read_bytes()

    def check(seed: int) -> None:
        data = bytearray(valid)
        data[seed * 7919 % len(valid)] ^= 1 << seed % 8
        path.write_bytes(data)
        try:
            counter = Counter(closed, key)
        except EnvironmentFault:
            return
        try:
            assert counter.checks.whole().faults
        except EnvironmentFault:
            pass
        finally:
            counter.close()

    for_seeds(check, examples)


def key_files(closed: Path, examples: int) -> None:
    """Refused in words, or the same key as ever: a wrap opens to the key or not at all."""
    path = closed / data_folder.KEY
    valid = path.read_bytes()
    key = store_key.unlock(closed, PASSPHRASE)

    def check(seed: int) -> None:
        if seed % 2:
            path.write_bytes(spoilt(valid, seed))
        else:
            path.write_text(json.dumps(misfit(json.loads(valid), seed)), encoding="utf-8")
        store_key.state(closed)
        try:
            with memory_under(LITTLE):
                found = store_key.unlock(closed, PASSPHRASE)
        except (Refused, EnvironmentFault):
            return
        assert found == key

    for_seeds(check, examples)
    path.write_bytes(valid)


def test_spoilt_blobs_are_found_out(closed: Path, tmp_path: Path) -> None:
    key_files(closed, 16)
    assert backups(closed, tmp_path, 60) > 30
    books(closed, 12)


@pytest.mark.proof
def test_spoilt_blobs_by_the_thousands(
    closed: Path, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    key_files(closed, 300)
    refused = backups(closed, tmp_path, 2_000)
    books(closed, 300)
    figure(
        f"fuzz, blobs: 300 key files, 2000 backups ({refused} refused, the others whole), "
        "300 books with one bit turned: 0 crashes, 0 accepted"
    )
