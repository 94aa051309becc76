"""`make demo`: the way of a dossier without a screen, with real parts, in under a minute.

A server on loopback, two counters, a virtual printer on a real socket. Everything it makes lies in
`demo-output/` to be looked at. All people are invented.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import resources
from counter_app.book.creation import create_counter
from counter_app.bootstrap import Counter, open_counter
from counter_app.domain.officer import Officer
from counter_app.errors import EnvironmentFault, Refused
from counter_app.printing.virtual import VirtualPrinter
from counter_app.printing.ways import printer_at
from counter_app.services.acts import Acted
from counter_app.services.results import Accepted, Rejected

OUT = Path("demo-output")
_PIN = "246813"
_DRAFTS: tuple[Mapping[str, Any], ...] = (
    {
        "procedure": "1.004873",
        "case": "ket-hon-lan-dau",
        "applicant": {
            "name": "HỒ THỊ NGUYỆT",
            "personal_number": "045190001234",
            "born_on": "1990-03-05",
            "sex": "female",
            "address": "Thôn Ta Đủ, Tân Hợp, Hướng Hóa, Quảng Trị",
            "phone": "0912000345",
        },
        "components": "all",
    },
    {
        "procedure": "1.001193",
        "applicant": {
            "name": "HỒ VĂN BÊ",
            "personal_number": "045201004321",
            "born_on": "2001",
            "sex": "male",
            "address": "Khối 3B, Khe Sanh, Hướng Hóa, Quảng Trị",
        },
        "components": "all",
    },
    {
        "procedure": "2.000815",
        "applicant": {"name": "PẢ KƯNG", "address": "Bản Cuôi, Hướng Lập, Hướng Hóa, Quảng Trị"},
        "components": "all",
        "pages": [{"name": "Giấy khai sinh", "pages": 4, "copies": 2}],
    },
    {
        "procedure": "1.012812",
        "applicant": {
            "kind": "organisation",
            "name": "Hợp tác xã Nông nghiệp Ta Đủ (mẫu)",
            "tax_code": "3200000001",
            "address": "Thôn Ta Đủ, Tân Hợp",
            "phone": "0912000999",
        },
        "representative": {"name": "HỒ THỊ LAN", "relation": "Giám đốc"},
        "components": "all",
    },
)


def main() -> int:
    """Do the main job and tell it step by step."""
    began = time.monotonic()
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    try:
        with _server() as (url, fingerprint), VirtualPrinter() as printer:
            _run(url, fingerprint, printer)
    except (EnvironmentFault, Refused) as fault:
        _say(f"Không làm được: {fault.message}")
        return 3
    _say(f"Xong sau {time.monotonic() - began:.0f} giây. Mọi tệp nằm trong {OUT}/")
    return 0


def _run(url: str, fingerprint: str, printer: VirtualPrinter) -> None:
    _say(f"1. Máy chủ cấp trên chạy ở {url}, dấu {fingerprint}")
    counters = [_make_counter(number, url) for number in (1, 2)]
    (first, clerk), (second, other) = counters
    _say("2. Hai quầy của xã Khe Sanh (mẫu) đã có sổ mã hóa và đã ghi danh")
    accepted = [_accept(first, clerk, draft) for draft in _DRAFTS]
    for made in accepted:
        _say(f"   Nhận khi chưa đồng bộ: {made.code}, hẹn {made.due_at:%H:%M %d/%m/%Y}")
    _print(first, clerk, accepted, printer)
    code = accepted[0].code
    _show_why(first, accepted[0])
    for number, (counter, _) in enumerate(counters, 1):
        _sync(number, counter)
    _decide_above(second, other, code)
    _sync(1, first)
    _return(first, clerk, code)
    for number, (counter, _) in enumerate(counters, 1):
        _sync(number, counter)
    with (OUT / "ho-so.json").open("w", encoding="utf-8") as out:
        from counter_app.wire.dossier_json import dossier_json

        view = second.search.by_code(code)[0]
        json.dump(dossier_json(view.dossier, view.row.sent), out, ensure_ascii=False, indent=1)
    _check(counters)


def _make_counter(number: int, url: str) -> tuple[Counter, Officer]:
    folder = OUT / f"quay-{number}"
    passphrase = secrets.token_hex(12)
    office = resources.office_text("khe-sanh")
    create_counter(folder, office, number, "Hồ Thị Mai", _PIN, passphrase, sample=True)
    counter = open_counter(folder, passphrase)
    code = _district("issue-code", "--commune", counter.identity.org_code, "--counter", str(number))
    counter.enrol(url, code["code"], code["fingerprint"])
    signed_in = counter.officers.sign_in(None, _PIN)
    assert isinstance(signed_in, Officer)
    return counter, signed_in


def _accept(counter: Counter, officer: Officer, draft: Mapping[str, Any]) -> Accepted:
    made = counter.intake.accept(draft, officer)
    if isinstance(made, Rejected):
        raise Refused(made.problems[0].code, made.message)
    return made


def _print(
    counter: Counter, officer: Officer, accepted: list[Accepted], printer: VirtualPrinter
) -> None:
    way = printer_at(printer.address)
    for number, made in enumerate(accepted, 1):
        done = counter.prints.print_slip(made.dossier_id, [way], officer)
        stem = made.code.rpartition("-")[2]
        (OUT / f"phieu-{stem}-58mm.png").write_bytes(counter.prints.slip_png(made.dossier_id, 384))
        for paper in ("a5", "a4"):
            pdf = counter.forms.pdf("receipt", made.dossier_id, paper)
            (OUT / f"giay-tiep-nhan-{stem}-{paper}.pdf").write_bytes(pdf)
        printer.wait_for(number)[-1].image().save(OUT / f"phieu-{stem}.png")
        _say(f"3. In phiếu {made.code}: {done.outcome.value}; thêm phiếu 58 mm và giấy A5, A4")


def _show_why(counter: Counter, made: Accepted) -> None:
    view = counter.search.open(made.dossier_id)
    assert view is not None
    _say(f"   Vì sao hẹn ngày đó: {view.dossier.due.why}")


def _sync(number: int, counter: Counter) -> None:
    done = counter.sync.cycle()
    if done.fault:
        raise EnvironmentFault("line", done.fault)
    _say(
        f"4. Quầy {number} đồng bộ: gửi {done.sent}, nhận {done.received}, còn {done.waiting}; "
        f"{done.bytes_out + done.bytes_in} byte"
    )


def _decide_above(counter: Counter, officer: Officer, code: str) -> None:
    dossier_id = counter.search.by_code(code)[0].dossier.id
    sent = counter.acts.act(dossier_id, "transfer", {"to": "upper"}, officer)
    assert isinstance(sent, Acted)
    _sync(2, counter)
    fields = OUT / "quyet-dinh.json"
    decision = {"decision_no": "12/QĐ-UBND", "signed_by": "Trần Văn Tâm", "shelf": "K2"}
    fields.write_text(json.dumps(decision, ensure_ascii=False), encoding="utf-8")
    _district("take-over", code)
    _district("complete", code, fields)
    _say(f"5. Quầy 2 chuyển {code} lên trên; cấp trên đã ký kết quả")


def _return(counter: Counter, officer: Officer, code: str) -> None:
    dossier_id = counter.search.by_code(code)[0].dossier.id
    receipt, _ = counter.prints.receipt(dossier_id)
    judged = counter.scans.judge(receipt.qr)
    assert judged.dossier_id == dossier_id
    _say(f"6. Quét phiếu: {judged.verdict}, mở đúng hồ sơ {code}")
    done = counter.acts.act(dossier_id, "return", {"to": "owner"}, officer)
    assert isinstance(done, Acted)
    _say(f"   Đã trả kết quả lúc {done.dossier.returned_at:%H:%M}")


def _check(counters: list[tuple[Counter, Officer]]) -> None:
    for number, (counter, _) in enumerate(counters, 1):
        report = counter.checks.whole()
        if report.faults:
            raise EnvironmentFault("check", report.faults[0].message)
        _say(f"7. Kiểm tra sổ quầy {number}: {report.events} việc, {report.dossiers} hồ sơ, khớp")
        counter.close()


@contextmanager
def _server() -> Iterator[tuple[str, str]]:
    """The real server in its own process."""
    _district("init")
    with (OUT / "may-chu.log").open("wb") as journal:
        process = subprocess.Popen(
            [sys.executable, "-m", "district_server", "serve", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=journal,
            env=_environment(),
        )
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline() or b'{"url":""}')
        if not told.get("url"):
            raise EnvironmentFault("server", "Máy chủ không chạy được.")
        yield told["url"], told["fingerprint"]
    finally:
        process.terminate()
        process.wait(timeout=10)


def _district(command: str, *arguments: Any) -> dict[str, Any]:
    """One console command of the server."""
    words = [command, *arguments]
    if command in ("take-over", "complete"):
        code, *rest = arguments
        words = ["act", code, command, *(("--json", rest[0]) if rest else ())]
    done = subprocess.run(
        [sys.executable, "-m", "district_server", *map(str, words)],
        stdout=subprocess.PIPE,
        check=False,
        env=_environment(),
    )
    answer: dict[str, Any] = json.loads(done.stdout or b"{}")
    if done.returncode:
        problem = answer["problems"][0]
        raise Refused(problem["code"], problem["message"])
    return answer


def _environment() -> dict[str, str]:
    url = f"sqlite:///{(OUT / 'may-chu.sqlite3').absolute().as_posix()}"
    return {**os.environ, "DISTRICT_DATABASE_URL": url, "PYTHONIOENCODING": "utf-8"}


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
