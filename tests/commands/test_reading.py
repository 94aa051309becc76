"""`due` and `scan`: from a question a line to an answer a line."""

import json
from pathlib import Path

import pytest
from console import Console, in_vietnamese, lines

ROOT = Path(__file__).parents[2]
KHE_SANH = ROOT / "resources" / "offices" / "khe-sanh.toml"


def asked(**more: object) -> dict[str, object]:
    return {
        "id": "a",
        "received_at": "2026-11-20T09:24",
        "amount": 3,
        "unit": "working_day",
        **more,
    }


def test_a_due_date_is_counted_past_weekend_and_holiday(console: Console) -> None:
    answer = console("due", "--office", KHE_SANH, given=lines([asked()]), store=False)

    # Friday 20/11; Monday 23 is day 1; Tuesday 24 is the day of culture; 25, 26 are days 2 and 3
    assert answer.status == 0
    assert answer.one["due_at"].startswith("2026-11-26T")
    assert answer.one["provisional"] is False


def test_each_question_gets_its_line_and_a_bad_one_does_not_stop_the_rest(
    console: Console,
) -> None:
    asks = [asked(), asked(id="b", unit="fortnight"), asked(id="c", received_at="hôm qua")]

    answer = console("due", "--office", KHE_SANH, given=lines([*asks, asked(id="d")]), store=False)

    assert answer.status == 1
    assert ["due_at" in line for line in answer.lines] == [True, False, False, True]
    assert answer.lines[3]["id"] == "d"
    assert in_vietnamese(answer)


@pytest.mark.parametrize(
    "moment",
    ["0001-01-01T00:00", "9999-12-31T23:59", "2026-02-30T09:00", "２０２６-11-20T09:00", 2026],
)
def test_a_moment_beyond_every_calendar_is_refused(console: Console, moment: object) -> None:
    asks = lines([asked(received_at=moment), asked(id="b")])

    answer = console("due", "--office", KHE_SANH, given=asks, store=False)

    assert answer.status == 1
    assert ["due_at" in line for line in answer.lines] == [False, True]
    assert in_vietnamese(answer)


@pytest.mark.parametrize("pauses", [{}, "", 0, False, "x", [1]], ids=repr)
def test_pauses_are_a_list_or_missing(console: Console, pauses: object) -> None:
    asks = lines([asked(pauses=pauses), asked(pauses=None), asked(pauses=[])])

    answer = console("due", "--office", KHE_SANH, given=asks, store=False)

    assert ["due_at" in line for line in answer.lines] == [False, True, True]
    assert in_vietnamese(answer)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_what_json_has_no_number_for_is_no_json(console: Console, number: str) -> None:
    ask = f'{{"id":{number},"received_at":"2026-11-20T09:24","amount":3,"unit":"working_day"}}'

    answer = console("due", "--office", KHE_SANH, given=ask + "\n", store=False)

    assert answer.status == 1
    assert answer.codes == ["not_json"]


@pytest.mark.parametrize("content", ["", "[office", "code = 1\n", 'unknown_key = "x"\n'])
def test_a_damaged_office_file_is_named_with_what_is_wrong(
    console: Console, tmp_path: Path, content: str
) -> None:
    damaged = tmp_path / "hong.toml"
    damaged.write_text(content, encoding="utf-8")

    answer = console("due", "--office", damaged, given=lines([asked()]), store=False)

    assert answer.status == 3
    assert in_vietnamese(answer)
    assert "hong.toml" in answer.said


def test_a_damaged_calendar_file_is_named(console: Console, tmp_path: Path) -> None:
    damaged = tmp_path / "lich.toml"
    damaged.write_text("year = 'hai nghìn'\n", encoding="utf-8")

    answer = console(
        "due", "--office", KHE_SANH, "--calendar", damaged, given=lines([asked()]), store=False
    )

    assert answer.status == 3
    assert "lich.toml" in answer.said
    assert in_vietnamese(answer)


def test_a_missing_office_file_is_told(console: Console, tmp_path: Path) -> None:
    answer = console("due", "--office", tmp_path / "khong-co.toml", store=False)

    assert answer.status == 3
    assert in_vietnamese(answer)


CARD = "045190001234|191234567|Hồ Thị Nguyệt|05031990|Nữ|Thôn Ta Đủ, Tân Hợp, Hướng Hóa, Quảng Trị|12052021"


def test_a_card_is_read_into_its_fields(console: Console) -> None:
    answer = console("scan", given=CARD + "\n", store=False)

    assert answer.status == 0
    assert answer.one["kind"] == "citizen_card"
    assert answer.one["verdict"] is None
    fields = answer.one["fields"]
    assert fields["personal_number"] == "045190001234"
    assert fields["name"] == "Hồ Thị Nguyệt"
    assert fields["born_on"] == "1990-03-05"
    assert fields["sex"] == "female"
    assert fields["issued_on"] == "2021-05-12"


def test_every_line_is_answered_whatever_it_holds(console: Console) -> None:
    given = b"\xff\xfe\x00\x01\n" + CARD.encode() + b"\nxin chao\n" + b"A" * 5000 + b"\n"

    answer = console("scan", given=given, store=False)

    assert answer.status == 0
    assert [line["kind"] for line in answer.lines] == [
        "unknown",
        "citizen_card",
        "unknown",
        "unknown",
    ]


def slip_of(console: Console, tmp_path: Path, code: str) -> str:
    """The QR of a slip, decoded from its picture by another program's decoder."""
    import zxingcpp
    from PIL import Image

    png = tmp_path / "slip.png"
    assert console("slip", code, "--png", png).status == 0
    with Image.open(png) as picture:
        (found,) = zxingcpp.read_barcodes(picture.convert("L"))
    return found.text


def test_a_slip_is_green_with_its_own_keys_amber_without_red_when_changed(
    console: Console, tmp_path: Path
) -> None:
    code = console.accept({"procedure": "1.004873", "applicant": {"name": "HỒ VĂN LÂM"}}).one[
        "code"
    ]
    payload = slip_of(console, tmp_path, code)
    keys = tmp_path / "keys.json"
    assert console("keys", keys).status == 0
    # a smaller digit: a larger one may make a number that no slip holds
    last = "0" if payload[-1] != "0" else "1"

    own = console("scan", given=payload + "\n")
    listed = console("scan", "--keys", keys, given=payload + "\n", store=False)
    nobody = console("scan", given=payload + "\n", store=False)
    changed = console("scan", given=payload[:-1] + last + "\n")

    assert own.one["verdict"] == listed.one["verdict"] == "GREEN"
    assert own.one["fields"]["code"] == code
    assert nobody.one["verdict"] == "AMBER"
    assert changed.one["verdict"] == "RED"


@pytest.mark.parametrize("text", ["[" * 100_000, "[]", '{"keys":[1]}', "", "\x00"])
def test_a_spoilt_key_list_is_told(console: Console, tmp_path: Path, text: str) -> None:
    (tmp_path / "khoa.json").write_text(text)
    answer = console("scan", "--keys", tmp_path / "khoa.json", store=False)
    assert (answer.status, answer.codes) == (3, ["file_damaged"])
    assert in_vietnamese(answer)


def test_a_key_list_names_no_secret(console: Console, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"

    console("keys", keys)

    (key,) = json.loads(keys.read_text(encoding="utf-8"))["keys"]
    assert set(key) == {"key_id", "public_key", "device_id", "counter", "from", "revoked_at"}
    assert key["revoked_at"] is None
