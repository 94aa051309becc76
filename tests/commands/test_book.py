"""`init`, `accept`, `refuse`, `act`, `find`, `show`, `check`: the book by console."""

import errno
import io
import json
import os
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlcipher
from conftest import ToldClock
from console import PASSPHRASE, PIN, Answer, Console, in_vietnamese, lines

from counter_app.bootstrap import Counter, open_counter
from counter_app.domain.events import SYSTEM
from counter_app.domain.form_kinds import KINDS
from counter_app.domain.retention import erasure_of
from counter_app.services.soundness import Found, words
from counter_app.tool import main as tool
from district_server.__main__ import main as district

ROOT = Path(__file__).parents[2]
KHE_SANH = ROOT / "resources" / "offices" / "khe-sanh.toml"
STATES = [
    "registered",
    "accepted",
    "refused",
    "in_process",
    "awaiting_supplement",
    "awaiting_payment",
    "withdrawn",
    "stopped",
    "completed",
    "returned",
]


def draft(**more: object) -> dict[str, object]:
    return {
        "procedure": "1.004873",
        "applicant": {
            "name": "HỒ THỊ NGUYỆT",
            "personal_number": "045190001234",
            "born_on": "1990-03-05",
            "sex": "female",
            "address": "Thôn Ta Đủ, Tân Hợp",
            "phone": "0912000345",
        },
        "components": "all",
        **more,
    }


def dossiers(console: Console) -> int:
    answer = console("check")
    assert answer.status == 0, answer.said
    return int(answer.one["dossiers"])


# ---- init ------------------------------------------------------------------------------------


def test_a_new_store_tells_its_device_and_the_recovery_code_once(
    console: Console, tmp_path: Path
) -> None:
    console.folder = tmp_path / "moi"

    answer = console("init", "--office", KHE_SANH, "--counter", 3)

    assert answer.status == 0
    assert answer.one["ok"] is True
    assert answer.one["counter"] == 3
    assert {"device_id", "key_id", "recovery_code"} <= set(answer.one)


def test_a_second_init_is_refused_and_changes_nothing(console: Console) -> None:
    console.accept(draft())
    before = {path.name: path.read_bytes() for path in console.folder.iterdir()}

    answer = console("init", "--office", KHE_SANH, "--counter", 2)

    assert answer.status == 1
    assert answer.codes == ["store_exists"]
    assert in_vietnamese(answer)
    assert {path.name: path.read_bytes() for path in console.folder.iterdir()} == before


@pytest.mark.parametrize(
    ("arguments", "environment", "status"),
    [
        (("--office", KHE_SANH, "--counter", 2), {"COUNTER_PASSPHRASE": PASSPHRASE}, 2),
        (("--office", KHE_SANH, "--counter", 12), {}, 1),
        (("--office", KHE_SANH, "--counter", "hai"), {}, 2),
        (("--office", "khong-co.toml", "--counter", 2), {}, 3),
        (
            ("--office", KHE_SANH, "--counter", 2),
            {"COUNTER_PIN": PIN, "COUNTER_PASSPHRASE": "ngan"},
            1,
        ),
        (
            ("--office", KHE_SANH, "--counter", 2),
            {"COUNTER_PIN": "12", "COUNTER_PASSPHRASE": PASSPHRASE},
            1,
        ),
    ],
    ids=["no PIN", "counter 12", "no number", "no office", "short passphrase", "short PIN"],
)
def test_a_wrong_init_leaves_no_store(
    console: Console,
    tmp_path: Path,
    arguments: tuple[object, ...],
    environment: dict[str, str],
    status: int,
) -> None:
    console.folder = tmp_path / "moi"
    console.environment = environment or console.environment

    answer = console("init", *arguments)

    assert answer.status == status
    assert in_vietnamese(answer)
    assert not (console.folder / "store.db").exists()


def test_an_init_that_a_full_disk_cuts_leaves_room_for_the_next(
    console: Console, tmp_path: Path
) -> None:
    console.folder = tmp_path / "moi"
    console("find", "ai")  # sets the environment that the process inherits
    small = "import resource, signal, sys; from counter_app.tool import main;"
    small += "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
    small += "resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)); sys.exit(main())"
    command = [sys.executable, "-c", small, "init", "--data-dir", str(console.folder)]

    ended = subprocess.run(
        [*command, "--office", KHE_SANH, "--counter", "1"], capture_output=True, text=True
    )
    said = json.loads(ended.stdout)

    assert ended.returncode == 3
    assert said["problems"][0]["code"] in ("disk_full", "disk_fault")
    assert list(console.folder.iterdir()) == []
    assert console("init", "--office", KHE_SANH, "--counter", 1).status == 0


def test_an_init_that_was_cut_before_its_last_move_is_done_anew(
    console: Console, tmp_path: Path
) -> None:
    made = console.folder
    (made / "dang-tao").mkdir()
    (made / "store.key").rename(made / "dang-tao" / "store.key")

    assert console("show", "H50.99.01-260101-2001").codes == ["store_missing"]
    assert console("init", "--office", KHE_SANH, "--counter", 2).status == 0
    assert sorted(path.name for path in made.iterdir()) == ["store.db", "store.key"]
    assert console.accept(draft()).status == 0


def test_a_leftover_of_an_init_never_costs_a_book_its_file(
    console: Console, tmp_path: Path
) -> None:
    made = console.folder
    shutil.copytree(made, tmp_path / "cu")
    shutil.move(tmp_path / "cu", made / "dang-tao")
    (made / "store.key").rename(tmp_path / "store.key")
    book = (made / "store.db").read_bytes()

    assert console("init", "--office", KHE_SANH, "--counter", 2).status != 0
    assert (made / "store.db").read_bytes() == book
    (tmp_path / "store.key").rename(made / "store.key")
    assert console("check").status == 0


# ---- accept ----------------------------------------------------------------------------------


def test_an_accepted_dossier_has_a_code_of_its_counter_and_is_shown(console: Console) -> None:
    answer = console.accept(draft())

    assert answer.status == 0
    made = answer.one
    assert made["ok"] is True
    assert made["code"].startswith("H50.99.01-")
    assert made["code"].endswith("-2001")
    shown = console("show", made["code"]).one
    assert shown["status"] == "accepted"
    assert shown["status_no"] == 2
    assert shown["sent"] == "local"
    assert shown["applicant"]["name"] == "HỒ THỊ NGUYỆT"
    assert shown["due_at"] == shown["original_due_at"] == made["due_at"]


PAPER = {"origin": "paper", "code": "H50.99.01-251127-2050", "received_at": "2025-11-27T10:00"}
BAD = {
    "unknown procedure": (draft(procedure="9.999999"), "procedure"),
    "no procedure": ({"applicant": {"name": "A"}}, "procedure"),
    "empty name": (draft(applicant={"name": "  "}), "applicant.name"),
    "only controls in the name": (draft(applicant={"name": "\x00\x07"}), "applicant.name"),
    "11 digits": (
        draft(applicant={"name": "A", "personal_number": "45190001234"}),
        "applicant.personal_number",
    ),
    "13 digits": (
        draft(applicant={"name": "A", "personal_number": "0451900012345"}),
        "applicant.personal_number",
    ),
    "a day that is none": (
        draft(applicant={"name": "A", "born_on": "1990-02-31"}),
        "applicant.born_on",
    ),
    "a name of 121": (draft(applicant={"name": "A" * 121}), "applicant.name"),
    "an address of 301": (
        draft(applicant={"name": "A", "address": "a" * 301}),
        "applicant.address",
    ),
    "unknown case": (draft(case="khong-co"), "case"),
    "unknown way of return": (draft(return_method="pigeon"), "return_method"),
    "no way of return": (draft(return_method={}), "return_method"),
    "a page without a name": (draft(pages=[{"name": 5}]), "pages[0].name"),
    "on paper before every slip": (
        draft(from_paper={**PAPER, "received_at": "1999-12-31T10:00"}),
        "from_paper.received_at",
    ),
    "a code in wide digits": (
        draft(from_paper={**PAPER, "code": "H50.99.01-251127-２０５０"}),
        "from_paper.code",
    ),
    "an office in wide digits": (
        draft(from_paper={**PAPER, "code": "H５０.99.01-251127-2050"}),
        "from_paper.code",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_refused_draft_names_its_field_and_takes_no_number(console: Console, name: str) -> None:
    bad, field = BAD[name]

    answer = console.accept(draft(), bad, draft())

    assert answer.status == 1
    assert [line["ok"] for line in answer.lines] == [True, False, True]
    assert field in [problem.get("field") for problem in answer.lines[1]["problems"]]
    assert in_vietnamese(answer)
    assert [answer.lines[n]["code"][-4:] for n in (0, 2)] == ["2001", "2002"]


def test_null_says_what_a_missing_field_says(console: Console) -> None:
    person = {"kind": None, "name": "HỒ VĂN BÊ", "sex": "", "tax_code": None, "born_on": None}
    office = {
        "kind": "organisation",
        "name": "TRƯỜNG TIỂU HỌC KHE SANH",
        "personal_number": None,
        "born_on": None,
        "sex": None,
    }

    answer = console.accept(draft(applicant=person), draft(applicant=office))

    assert answer.status == 0, answer.said


@pytest.mark.parametrize("given", [[1], {}, None, "g99", [{"id": ["g1"]}], [{"id": {}}], "ALL"])
def test_papers_of_any_shape_are_answered(console: Console, given: object) -> None:
    answer = console.accept(draft(components=given if isinstance(given, list) else [given]))

    assert answer.status == 1
    assert in_vietnamese(answer)
    assert "program_fault" not in answer.codes


def test_eleven_digits_are_answered_with_the_lost_zero(console: Console) -> None:
    bad = draft(applicant={"name": "A", "personal_number": "45190001234"})

    assert "045190001234" in console.accept(bad).said


@pytest.mark.parametrize(
    "raw", [b"{", b"[1]", b"null", b"\xff\xfe", b'{"procedure": ' + b"[" * 3000], ids=repr
)
def test_a_line_that_is_no_draft_is_answered_and_the_next_goes_in(
    console: Console, raw: bytes
) -> None:
    answer = console("accept", given=raw + b"\n" + lines([draft()]).encode())

    assert answer.status == 1
    assert [line["ok"] for line in answer.lines] == [False, True]
    assert in_vietnamese(answer)


def test_hostile_text_is_cleaned_not_refused(console: Console) -> None:
    name = "HỒ\x1b@\x10\x04\u202eTHỊ\u200b  NGA"

    code = console.accept(draft(applicant={"name": name})).one["code"]

    assert console("show", code).one["applicant"]["name"] == "HỒ @ THỊ NGA"


def test_a_second_dossier_of_the_same_person_is_taken_with_a_warning(console: Console) -> None:
    first = console.accept(draft()).one
    second = console.accept(draft()).one

    assert "warnings" not in first
    assert first["code"] in json.dumps(second["warnings"], ensure_ascii=False)


def test_wrong_pins_are_refused_and_lock_the_officer(console: Console) -> None:
    console.environment["COUNTER_PIN"] = "000111"

    answers = [console.accept(draft()) for _ in range(6)]
    console.environment["COUNTER_PIN"] = PIN
    locked = console.accept(draft())

    assert {answer.status for answer in answers} == {1}
    assert all(in_vietnamese(answer) for answer in answers)
    assert locked.status == 1
    assert locked.codes == ["pin_locked"]
    assert dossiers(console) == 0


@pytest.mark.parametrize(
    ("environment", "status"),
    [
        ({"COUNTER_PIN": PIN, "COUNTER_PASSPHRASE": "cau mo so khac han"}, 1),
        ({"COUNTER_PIN": PIN}, 1),
        ({"COUNTER_PASSPHRASE": PASSPHRASE}, 1),
        ({"COUNTER_PIN": PIN, "COUNTER_PASSPHRASE": PASSPHRASE, "COUNTER_OFFICER": "Ai Đó"}, 1),
    ],
    ids=["wrong passphrase", "no passphrase", "no PIN", "unknown officer"],
)
def test_who_cannot_sign_in_writes_nothing(
    console: Console, environment: dict[str, str], status: int
) -> None:
    usual, console.environment = console.environment, environment
    answer = console.accept(draft())
    console.environment = usual

    assert answer.status == status
    assert in_vietnamese(answer)
    assert dossiers(console) == 0


def test_two_programs_on_one_store_give_no_code_twice(console: Console) -> None:
    tool = Path(sys.executable).with_name("counter-tool")
    command = [tool, "accept", "--data-dir", console.folder]
    given = lines([draft(applicant={"name": f"PẢ KƯNG {n}"}) for n in range(12)])
    console("check")  # sets the environment that the processes inherit

    both = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        for _ in range(2)
    ]
    for process in both:
        assert process.stdin is not None
        process.stdin.write(given)
        process.stdin.close()
    codes = []
    for process in both:
        assert process.stdout is not None
        codes += [json.loads(line)["code"] for line in process.stdout]
        process.stdout.close()
        assert process.wait(60) == 0

    assert sorted(code[-4:] for code in codes) == [str(2001 + n) for n in range(24)]
    assert dossiers(console) == 24


# ---- what happens afterwards -----------------------------------------------------------------


def act(console: Console, code: str, action: str, tmp_path: Path, **fields: object) -> Answer:
    if not fields:
        return console("act", code, action)
    given = tmp_path / "fields.json"
    given.write_text(json.dumps(fields, ensure_ascii=False), encoding="utf-8")
    return console("act", code, action, "--json", given)


def test_a_dossier_goes_its_way_to_the_citizen(console: Console, tmp_path: Path) -> None:
    code = console.accept(draft()).one["code"]

    way = [
        act(console, code, "transfer", tmp_path, to="Tư pháp - Hộ tịch"),
        act(console, code, "take-over", tmp_path),
        act(console, code, "complete", tmp_path, shelf="K2"),
        act(console, code, "return", tmp_path, to="owner"),
    ]

    assert [answer.status for answer in way] == [0, 0, 0, 0]
    assert [answer.one["status_no"] for answer in way] == [4, 4, 9, 10]
    shown = console("show", code).one
    assert shown["status"] == STATES[9]
    assert shown["timeline"][0]["event"] == "dossier.accepted"
    assert {line["actor"] for line in shown["timeline"]} == {"Hồ Thị Mai"}


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("return", {}),
        ("receive-supplement", {}),
        ("dance", {}),
        ("transfer", {"to": "Tư pháp", "colour": "red"}),
        ("void", {}),
        ("stop", {"decision_no": ""}),
        ("revert", {"reason": "nhầm"}),
    ],
)
def test_what_may_not_follow_is_refused_with_a_reason(
    console: Console, tmp_path: Path, action: str, fields: dict[str, object]
) -> None:
    # not a same-day procedure: it is not handed over before it is completed
    code = console.accept(draft(procedure="1.004873", case=None)).one["code"]
    before = console("show", code).one

    answer = act(console, code, action, tmp_path, **fields)

    assert answer.status in (1, 2)
    assert in_vietnamese(answer)
    assert console("show", code).one == before


def test_an_unknown_code_is_told(console: Console, tmp_path: Path) -> None:
    for answer in (
        act(console, "H50.99.01-260101-2001", "complete", tmp_path),
        console("show", "H50.99.01-260101-2001"),
        console("slip", "H50.99.01-260101-2001", "--png", tmp_path / "a.png"),
    ):
        assert answer.status == 1
        assert in_vietnamese(answer)
    assert not (tmp_path / "a.png").exists()


def test_a_correction_keeps_the_code_and_gives_a_new_receipt(
    console: Console, tmp_path: Path
) -> None:
    code = console.accept(draft()).one["code"]

    answer = act(
        console, code, "correct", tmp_path, applicant={"name": "HỒ THỊ NGUYỆN"}, reason="Ghi nhầm"
    )

    assert answer.status == 0
    shown = console("show", code).one
    assert shown["applicant"]["name"] == "HỒ THỊ NGUYỆN"
    assert shown["applicant"]["phone"] == "0912000345"
    assert dossiers(console) == 1


def test_a_void_dossier_stays_in_the_book(console: Console, tmp_path: Path) -> None:
    code = console.accept(draft()).one["code"]

    assert act(console, code, "void", tmp_path, reason="Nhập hai lần").status == 0

    shown = console("show", code).one
    assert shown["voided"] is True
    assert shown["status"] == "stopped"
    assert console.accept(draft()).one["code"][-4:] == "2002"


def test_taking_back_shows_both_and_gives_the_state_before(
    console: Console, tmp_path: Path
) -> None:
    code = console.accept(draft()).one["code"]
    act(console, code, "transfer", tmp_path)
    act(console, code, "complete", tmp_path)

    answer = act(console, code, "revert", tmp_path, reason="Bấm nhầm")

    assert answer.status == 0
    shown = console("show", code).one
    assert shown["status"] == "in_process"
    events = [line["event"] for line in shown["timeline"]]
    assert events[-2:] == ["dossier.completed", "action.reverted"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"reason": ["Sai"]}, "reason"),
        ({"reason": None}, "reason"),
        ({"items": {}}, "items"),
        ({"items": ["CCCD", 5]}, "items"),
        ({"notice": "apology"}, "notice"),
        ({"notice": "supplement"}, "items"),
    ],
)
def test_a_notice_that_says_nothing_is_refused(
    console: Console, wrong: dict[str, object], field: str
) -> None:
    good = draft(reason="Sai", notice=None, items=None)

    answer = console("refuse", given=lines([{**good, **wrong}, good]))

    assert [line["ok"] for line in answer.lines] == [False, True]
    assert [problem["field"] for problem in answer.lines[0]["problems"]] == [field]


def test_a_refusal_notice_takes_no_number(console: Console, tmp_path: Path) -> None:
    given = lines([draft(reason="Không thuộc thẩm quyền của xã")])

    answer = console("refuse", given=given)
    pdf = tmp_path / "tu-choi.pdf"
    form = console("form", answer.one["notice_id"], "--form", "refusal", "--pdf", pdf)

    assert answer.status == 0
    assert form.status == 0
    assert pdf.read_bytes().startswith(b"%PDF")
    assert console.accept(draft()).one["code"][-4:] == "2001"


# ---- finding ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["nguyet", "NGUYỆT hồ", "045190001234", "0912000345", "khai tu nguyet", "ho ngu"]
)
def test_a_dossier_is_found_by_what_a_clerk_knows(console: Console, text: str) -> None:
    wanted = draft(procedure="1.000656")
    console.accept(wanted, draft(applicant={"name": "LÊ VĂN ĐẠT"}, procedure="1.004873"))
    if text.startswith("khai"):
        assert "khai tử" in console("find", "nguyet").one["procedure"]["name"].lower()

    answer = console("find", text)

    assert answer.status == 0
    assert [hit["applicant"]["name"] for hit in answer.lines] == ["HỒ THỊ NGUYỆT"]


def test_a_dossier_is_found_by_its_day(console: Console) -> None:
    made = console.accept(draft()).one
    day = made["received_at"][:10]
    year, month, number = day.split("-")

    for text in (day, f"{number}/{month}/{year}", f"{number}/{month}", f"nguyet {day}"):
        assert [hit["code"] for hit in console("find", text).lines] == [made["code"]], text
    assert console("find", f"{int(year) - 1}-{month}-{number}").lines == []


def test_any_number_is_a_limit(console: Console) -> None:
    console.accept(draft())

    assert len(console("find", "nguyet", "--limit", 10**30).lines) == 1
    assert console("find", "nguyet", "--limit", -1).lines == []


def test_no_hit_is_no_fault_and_the_limit_holds(console: Console) -> None:
    console.accept(*[draft() for _ in range(4)])

    assert console("find", "khongai").status == 0
    assert console("find", "khongai").lines == []
    assert len(console("find", "nguyet", "--limit", 3).lines) == 3


# ---- stores that do not open -----------------------------------------------------------------


def broken(console: Console, how: str) -> None:
    book, key = console.folder / "store.db", console.folder / "store.key"
    match how:
        case "no store":
            book.unlink()
        case "no key":
            key.unlink()
        case "nothing":
            book.unlink()
            key.unlink()
        case "key file cut":
            key.write_bytes(key.read_bytes()[:40])
        case "store emptied":
            book.write_bytes(b"")
        case "store cut":
            book.write_bytes(book.read_bytes()[:5000])
        case "first page overwritten":
            raw = bytearray(book.read_bytes())
            raw[100:400] = bytes(300)
            book.write_bytes(bytes(raw))


@pytest.mark.parametrize(
    "how",
    [
        "no store",
        "no key",
        "nothing",
        "key file cut",
        "store emptied",
        "store cut",
        "first page overwritten",
    ],
)
@pytest.mark.parametrize("verb", [("find", "a"), ("check",), ("accept",)], ids=lambda v: str(v[0]))
def test_a_store_that_does_not_open_is_told_and_left_alone(
    console: Console, how: str, verb: tuple[str, ...]
) -> None:
    broken(console, how)
    before = {path.name: path.read_bytes() for path in console.folder.iterdir()}

    answer = console(*verb)

    assert answer.status == 3
    assert answer.codes != ["program_fault"]
    assert in_vietnamese(answer)
    after = {path.name: path.read_bytes() for path in console.folder.iterdir()}
    assert {name: after[name] for name in before} == before


def test_what_is_closed_to_this_user_is_told_for_what_it_is(
    console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is sent to a backup where the book is whole."""
    whole = console.folder
    console.folder = tmp_path / ("x" * 300)
    assert console("find", "a").codes == ["folder_closed"]
    assert console("init", "--office", KHE_SANH, "--counter", 2).codes == ["folder_closed"]
    assert console("restore", tmp_path / "a.mcb").codes == ["folder_closed"]
    console.folder = tmp_path / "/".join(["một-thư-mục-tên-dài"] * 16)
    assert console("init", "--office", KHE_SANH, "--counter", 2).codes == ["path_too_long"]

    console.folder = whole
    with monkeypatch.context() as closed:
        closed.setattr(sqlcipher, "connect", _closed)
        closed.setattr(os, "access", lambda *_: False)
        assert console("find", "a").codes == ["file_closed"]
    with monkeypatch.context() as closed:
        closed.setattr(Path, "read_text", lambda *_, **__: open_at_all())
        assert console("find", "a").codes == ["file_closed"]


def _closed(*_: object, **__: object) -> None:
    raise sqlcipher.OperationalError("unable to open database file")


def open_at_all() -> str:
    raise PermissionError


@pytest.mark.parametrize("name", ["store.db", "Store.KEY"])
def test_no_verb_writes_over_a_book(console: Console, tmp_path: Path, name: str) -> None:
    code = console.accept(draft()).one["code"]
    key = (console.folder / "store.key").read_bytes()
    book = console.folder / name
    (tmp_path / "sao-luu.mcb").symlink_to(book)
    console.folder.joinpath("Store.KEY").touch()
    for written in (
        ("backup", book),
        ("backup", tmp_path / "sao-luu.mcb"),
        ("keys", book),
        ("slip", code, "--png", book),
        ("slip", code, "--printer", f"file:{book}"),
        ("bundle-out", book),
        ("enrol", "--code", "ABC", "--request", book),
        ("templates", "export", "FS-2018", "receipt", book),
    ):
        answer = console(*map(str, written))
        assert (answer.status, answer.codes) == (1, ["file_of_book"]), written
        assert in_vietnamese(answer)
    assert console("backup", tmp_path).codes == ["file_is_folder"]
    assert console("backup", "").codes == ["file_is_folder"]
    (tmp_path / "tep").touch()
    assert console("backup", tmp_path / "tep" / "a.mcb").codes == ["backup_failed"]
    assert dossiers(console) == 1
    assert (console.folder / "store.key").read_bytes() == key


def test_a_passphrase_opens_however_its_accents_are_typed(console: Console, tmp_path: Path) -> None:
    """Keyboards of Vietnam write a letter and its accent as one sign or as two."""
    console.folder = tmp_path / "moi"
    words = "cầu Đắk Rông, số mười"
    one, two = (unicodedata.normalize(form, words) for form in ("NFC", "NFD"))
    assert one != two
    console.environment["COUNTER_PASSPHRASE"] = two
    assert console("init", "--office", KHE_SANH, "--counter", 2).status == 0
    for typed in (one, two):
        console.environment["COUNTER_PASSPHRASE"] = typed
        assert console("find", "a").status == 0
    console.environment["COUNTER_PASSPHRASE"] = words.replace("mười", "chín")
    assert console("find", "a").codes == ["wrong_key"]


def test_bytes_that_are_no_text_are_a_wrong_secret(console: Console) -> None:
    """So Python hands on what a script sets in another encoding."""
    console.environment["COUNTER_PIN"] = "24681\udcff"
    assert console.accept(draft()).codes == ["pin_wrong"]
    console.environment["COUNTER_PASSPHRASE"] = "câu mở sổ \udcff"
    assert console("find", "a").codes == ["wrong_key"]


class _Full(io.StringIO):
    """A disk without room, behind `> tệp`."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("out", [None, _Full()], ids=["none", "full"])
@pytest.mark.parametrize("verb", ["show", "due", "bay"])
def test_an_answer_that_nobody_can_take_is_told_beside(
    verb: str,
    out: io.StringIO | None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stdin", None)

    statuses = tool([verb, "x"]), district([verb, "x"])

    assert statuses == (3, 3)
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert all("ổ đĩa đầy" in line for line in said)
    # looking for a database makes none
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_read_nothing_is_asked(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    for verb in ("accept", "refuse", "scan"):
        with monkeypatch.context() as closed:
            closed.setattr(io, "TextIOWrapper", lambda *_: None)
            answer = console(verb)
        assert (answer.status, answer.lines) == (0, [])


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("form", "9999-12-31", "--form", "closing", "--pdf", "a.pdf"), 1),
        (("form", "9999-12-31", "--form", "handover", "--pdf", "a.pdf"), 1),
        (("form", "\udcff", "--form", "receipt", "--pdf", "a.pdf"), 2),
        (("templates", "export", "FS-2018", "x" * 5000, "a.toml"), 1),
        (("templates", "export", "fs-2018/..", "fs-2018/receipt", "a.toml"), 1),
        (("backup", "x" * 5000, "--every", "3"), 3),
    ],
)
def test_words_nobody_expects_are_answered_too(
    console: Console,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    status: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = console(*words)
    assert (answer.status, "program_fault" in answer.codes) == (status, False), answer.said


def test_an_empty_folder_name_is_wrong_usage(console: Console) -> None:
    """A script with an empty variable makes no book where it stands."""
    answer = console("init", "--data-dir", "", "--office", KHE_SANH, "--counter", 2, store=False)
    assert (answer.status, answer.codes) == (2, ["wrong_usage"])


def test_a_page_damaged_in_the_middle_is_found_by_check(console: Console) -> None:
    console.accept(*[draft() for _ in range(20)])
    damaged(console)

    answer = console("check")

    assert (answer.status, answer.codes) == (1, ["page_damaged"])
    assert in_vietnamese(answer)


def damaged(console: Console) -> None:
    book = console.folder / "store.db"
    raw = bytearray(book.read_bytes())
    middle = len(raw) // 2
    raw[middle : middle + 64] = bytes(64)
    book.write_bytes(bytes(raw))


@pytest.fixture
def counter(console: Console) -> Iterator[Counter]:
    opened = open_counter(console.folder, PASSPHRASE)
    yield opened
    opened.close()


def test_a_child_looks_at_everything_each_week_and_at_the_pages_in_between(
    console: Console, counter: Counter
) -> None:
    console.accept(draft())
    assert (counter.checks.behind(), counter.soundness.trouble) == (Found(), "")
    assert counter.soundness.whole is not None
    with counter.store.write() as books:
        # no page is damaged, and yet the list is wrong
        books.connection.exec_driver_sql("UPDATE dossier SET status = 'returned' || status")
    assert counter.checks.behind() == Found()
    looked = datetime.fromisoformat(counter.soundness.whole.at)
    counter.clock = ToldClock(looked + timedelta(days=6, hours=23))
    assert counter.checks.behind() == Found()
    counter.clock = ToldClock(looked + timedelta(days=7))
    found = counter.checks.behind()
    assert ("khác với sổ (status)" in found.message, found.is_damage) == (True, True)
    assert "khác với sổ (status)" in words(counter.soundness)
    with counter.store.write() as books:
        books.connection.exec_driver_sql("UPDATE dossier SET status = substr(status, 9)")
    # whatever was wrong is looked for again without waiting a week
    assert (counter.checks.behind(), counter.soundness.trouble) == (Found(), "")
    assert words(counter.soundness).endswith(": khớp.")

    # an erasure that was said and not carried out is nothing that a backup would heal
    (dossier_id,) = (row.id for row in counter.search.find("nguyet"))
    for action in ("complete", "return"):
        counter.acts.act(dossier_id, action, {}, counter.officers.all()[0])
    with counter.store.write() as books:
        state = books.dossiers.get(dossier_id)
        assert state is not None
        books.log.append(erasure_of(state, 3), actor=SYSTEM, at=looked, subject=state.id)
        books.dossiers.refresh(state.id)
    counter.clock = ToldClock(looked + timedelta(days=15))
    found = counter.checks.behind()
    assert ("chưa xóa hết" in found.message, found.is_damage) == (True, False)
    assert counter.soundness.trouble == ""


def test_the_child_finds_a_damaged_page_and_ends_with_whoever_called_it(
    console: Console, counter: Counter
) -> None:
    counter.checks.behind()
    counter.close()
    damaged(console)
    assert "bị hỏng" in counter.checks.behind().message
    assert "bị hỏng" in counter.soundness.trouble

    code = (
        "import threading; from counter_app.commands import check\n"
        "check.Counter = lambda *_: threading.Event().wait()\n"
        "check.run_behind()\n"
    )
    command = [sys.executable, "-c", code, "--check-behind", "whole", "."]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:
        assert child.stdin is not None
        child.stdin.write(b"00\n")
        child.stdin.close()
        try:
            assert child.wait(10) == 3
        finally:
            child.kill()


@pytest.mark.parametrize(
    "arguments",
    [("bay",), ("show",), ("find", "a", "--limit", "nhieu"), ("due",), ("slip", "x", "--mau")],
    ids=lambda given: " ".join(given),
)
def test_wrong_usage_is_two_and_says_how(console: Console, arguments: tuple[str, ...]) -> None:
    answer = console(*arguments)

    assert answer.status == 2
    assert answer.codes == ["wrong_usage"]
    assert in_vietnamese(answer)


def test_sync_before_enrolment_says_so(console: Console) -> None:
    answer = console("sync")

    assert (answer.status, answer.codes) == (1, ["not_enrolled"])
    assert in_vietnamese(answer)
    # the summary is printed in every case
    summary = {name: answer.one[name] for name in ("sent", "received", "bytes_out", "bytes_in")}
    assert set(summary.values()) == {0}
    assert answer.one["waiting"] == console("check").one["events"]


def test_enrolment_without_a_server_is_the_environments_fault(console: Console) -> None:
    answer = console("enrol", "--server", "http://127.0.0.1:9", "--code", "ABCD-EFGH")

    assert answer.status == 3
    assert in_vietnamese(answer)


# ---- officers and trials ---------------------------------------------------------------------


def test_a_new_officer_signs_in_with_the_new_pin(console: Console) -> None:
    console.environment["COUNTER_NEW_PIN"] = "975310"
    added = console("officer", "Lê Văn Đạt", "--role", "intake", "--new-pin")
    console.environment |= {"COUNTER_OFFICER": "Lê Văn Đạt", "COUNTER_PIN": "975310"}

    answer = console.accept(draft())

    assert added.status == 0, added.said
    assert answer.status == 0, answer.said
    shown = console("show", answer.one["code"]).one
    assert shown["timeline"][0]["actor"] == "Lê Văn Đạt"
    # however the name is typed
    del console.environment["COUNTER_OFFICER"]
    console.environment["COUNTER_PIN"] = PIN
    typed = unicodedata.normalize("NFD", " Lê  Văn Đạt ")
    changed = console("officer", typed, "--role", "returns").one
    assert (changed["officer_id"], changed["roles"]) == (added.one["officer_id"], ["returns"])


def test_the_same_size_and_seed_give_the_same_dossiers(
    console: Console, template: Path, tmp_path: Path
) -> None:
    def seeded(name: str, seed: int) -> list[tuple[object, ...]]:
        import shutil

        console.folder = tmp_path / name
        shutil.copytree(template, console.folder)
        assert console("seed", "--dossiers", 60, "--seed", seed).status == 0
        assert dossiers(console) == 60
        hits = console("find", "quang", "--limit", 100).lines
        return [(hit["code"], hit["applicant"]["name"], hit["status"]) for hit in hits]

    one, again, other = seeded("mot", 7), seeded("hai", 7), seeded("ba", 8)

    assert one == again
    assert one != other
    assert one


def test_an_invented_book_is_whole_and_its_notices_are_numbered(console: Console) -> None:
    for seed in (5, 6):
        assert console("seed", "--dossiers", 120, "--seed", seed).status == 0

    assert console("check").status == 0
    counter = open_counter(console.folder, PASSPHRASE)
    with counter.store.read() as books:
        told = books.connection.exec_driver_sql(
            "SELECT type, occurred_at, payload FROM event_log"
            " WHERE type IN ('supplement.requested', 'dossier.stopped') ORDER BY num"
        ).fetchall()
    counter.close()
    numbers: dict[tuple[str, str], list[str]] = {}
    for kind, at, payload in told:
        numbers.setdefault((kind, at[:4]), []).append(json.loads(payload)["notice_no"])
    assert any(len(given) > 1 for given in numbers.values())
    for given in numbers.values():
        assert given == [f"2-{number:04d}" for number in range(1, len(given) + 1)]


def test_trials_never_stand_beside_real_dossiers(console: Console) -> None:
    console.accept(draft())

    answer = console("seed", "--dossiers", 5, "--seed", 1)

    assert answer.status == 1
    assert answer.codes == ["store_in_use"]
    assert dossiers(console) == 1


@pytest.mark.parametrize("verb", ["accept", "refuse"])
def test_a_book_with_anything_real_in_it_takes_no_more_trials(console: Console, verb: str) -> None:
    if verb == "accept":
        assert console("seed", "--dossiers", 5, "--seed", 1).status == 0
        assert console.accept(draft()).status == 0
    else:
        refused = console("refuse", given=lines([draft(reason="Không thuộc thẩm quyền")]))
        assert refused.status == 0, refused.said

    answer = console("seed", "--dossiers", 5, "--seed", 2)

    assert (answer.status, answer.codes) == (1, ["store_in_use"])


# ---- paper -----------------------------------------------------------------------------------


def test_previews_are_not_counted_and_prints_are(console: Console, tmp_path: Path) -> None:
    from counter_app.printing.virtual import VirtualPrinter

    code = console.accept(draft()).one["code"]
    first = tmp_path / "1.png"
    for _ in range(2):
        assert console("slip", code, "--png", first).one["outcome"] == "SENT"
    again = tmp_path / "2.png"
    with VirtualPrinter() as paper:
        printed = console("slip", code, "--printer", f"tcp://127.0.0.1:{paper.port}")
        console("slip", code, "--png", again)

    assert printed.status == 0
    assert printed.one["outcome"] == "CONFIRMED"
    # the mark of a second copy makes the slip longer
    assert again.stat().st_size > first.stat().st_size


def test_a_printer_that_is_off_fails_and_leaves_the_dossier(
    console: Console, tmp_path: Path
) -> None:
    code = console.accept(draft()).one["code"]

    answer = console("slip", code, "--printer", "tcp://127.0.0.1:9")

    assert answer.status == 3
    assert answer.one["outcome"] == "FAILED"
    assert console("show", code).one["status"] == "accepted"


ON_REQUEST = ("receipt", "lost-slip")
"""Forms that an accepted dossier has from the start."""


def test_a_form_before_its_action_is_refused(console: Console, tmp_path: Path) -> None:
    code = console.accept(draft()).one["code"]
    pdf = tmp_path / "a.pdf"
    for form in KINDS:
        if form in ON_REQUEST:
            continue
        answer = console("form", code, "--form", form, "--pdf", pdf)
        assert answer.status == 1, form
        assert in_vietnamese(answer)
        assert not pdf.exists()


def test_forms_of_days_periods_and_procedures(console: Console, tmp_path: Path) -> None:
    accepted = console.accept(draft(visit="L1")).one
    code, day = accepted["code"], accepted["received_at"][:10]
    assert console("visit", "L1").status == 0
    assert console("act", code, "transfer").status == 0
    assert console("act", code, "complete").status == 0
    for form, subject in (
        ("handover", code),
        ("handover", day),
        ("handover-results", day),
        ("visit", "L1"),
        ("register", day[:7]),
        ("register", f"{day[:4]}/Hộ tịch"),
        ("closing", day),
        ("poster", "1.004873"),
    ):
        for paper in ("a5", "a4"):
            pdf = tmp_path / f"{form}.pdf"
            answer = console("form", subject, "--form", form, "--paper", paper, "--pdf", pdf)
            assert (answer.status, answer.one["outcome"]) == (0, "SENT"), answer.said
            assert pdf.read_bytes().startswith(b"%PDF")


# ---- erase -----------------------------------------------------------------------------------


def test_nothing_is_erased_before_an_administrator_sets_the_years(console: Console) -> None:
    code = console.accept(draft()).one["code"]

    first, done = console("erase"), console("erase", "--yes")

    assert (first.status, first.one["would_erase"], first.one["years"]) == (0, 0, None)
    assert (done.status, done.one["erased"]) == (0, 0)
    for answer in (first, done):
        assert "Chưa đặt hạn lưu" in answer.one["message"]
    assert console("show", code).one["applicant"]["name"] == "HỒ THỊ NGUYỆT"


def test_years_and_holds_are_the_administrators(console: Console) -> None:
    code = console.accept(draft()).one["code"]
    assert console("erase", "--years", 10).one["years"] == 10
    told = console("erase", "--years", 70, "--field", "ho-tich").one
    assert (told["years"], told["by_field"]) == (10, {"ho-tich": 70})
    assert console("erase", "--years", 0).one["years"] is None
    assert console("erase", "--years", 101).codes == ["years_wrong"]

    assert console("erase", "--hold", code).codes == ["reason_missing"]
    assert console("erase", "--hold", code, "--reason", "Đang khiếu nại").status == 0
    assert console("erase", "--hold", code, "--reason", "Nữa").codes == ["hold_already"]
    assert console("show", code).one["held"] == "Đang khiếu nại"
    assert console("erase").one["held"] == [{"code": code, "reason": "Đang khiếu nại"}]
    assert console("erase", "--release", code, "--reason", "Đã xong").status == 0
    assert "held" not in console("show", code).one
    assert console("erase", "--yes", "--years", 5).status == 2

    console.environment["COUNTER_NEW_PIN"] = "135791"
    assert console("officer", "Hồ Văn Ngày", "--role", "supervisor").status == 0
    console.environment |= {"COUNTER_OFFICER": "Hồ Văn Ngày", "COUNTER_PIN": "135791"}
    for asked in ((), ("--yes",), ("--years", 5), ("--hold", code, "--reason", "a")):
        assert console("erase", *asked).codes == ["no_right"]
