"""What each command does."""

import argparse
import gc
import getpass
import ipaddress
import json
import os
import re
import signal
import socket
import ssl
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from counter_app.domain.retention import NO_SCHEDULE, ONLY_LOOKED, WHY_KEPT, Kept
from counter_app.wire.dossier_json import dossier_json, summary_of
from district_server import retention, second_factor
from district_server.acts import ZONE
from district_server.acts import act as do_act
from district_server.administrators import let_read, note, set_password, sign_out_everywhere
from district_server.bundles import enrol_by_stick, take_in
from district_server.bundles import write as write_bundle
from district_server.check import faults_of
from district_server.database import DEFAULT_URL, Database, get_meta, put_meta
from district_server.enrolment import issue_code as make_code
from district_server.enrolment import revoke as do_revoke
from district_server.erasing import schedule_of
from district_server.faults import Refused, ServerFault
from district_server.feed import total_events
from district_server.journal import Journal, take_over_logging
from district_server.keys import (
    ServerKeys,
    are_sealed,
    issue_certificate,
    load_keys,
    make_keys,
    passphrase_of_environment,
)
from district_server.objects import DEFAULT, objects_at
from district_server.output import write
from district_server.pages import is_key, key_of
from district_server.papers import papers_of
from district_server.projection import by_code, dossier_of
from district_server.projection import find as find_ids
from district_server.recovery import begin_epoch
from district_server.schema import bring_up_to_date
from district_server.sealing import Sealed
from district_server.silence import heard
from district_server.tables import device_home

OFFICER = "Cán bộ cấp trên"
_MOST = 1_000_000


def init(options: argparse.Namespace) -> int:
    """Make the database and the keys; may be repeated."""
    with closing(Database(options.database_url or DEFAULT_URL)) as database:
        fresh = bring_up_to_date(database)
        with database.begin() as connection:
            make_keys(connection, passphrase_of_environment())
            keys = load_keys(connection, passphrase_of_environment())
            sealed = are_sealed(connection)
    told = {"server_id": keys.server_id, "fingerprint": keys.fingerprint, "sealed": sealed}
    write({"ok": True, "new": fresh, **told})
    return 0


def serve(options: argparse.Namespace) -> int:
    """Answer counters until told to stop."""
    import uvicorn  # only the one that serves needs it

    from district_server.api import Api
    from district_server.serving import config
    from district_server.shared_limits import shared_limits

    journal = Journal()
    take_over_logging(journal)
    token = os.environ.get("DISTRICT_METRICS_TOKEN", "")
    with _opened(options) as (database, keys):
        loopback = _is_loopback(options.host)
        with (
            listen(options.host, options.port) as listener,
            tempfile.TemporaryDirectory(prefix="mot-cua-") as folder,
        ):
            port = listener.getsockname()[1]
            tls: dict[str, Any] = {}
            if options.tls_dir is not None or not loopback:
                tls = _tls(options, keys, Path(folder))
            limits = shared_limits(database, keys)
            objects = _objects(database, keys, options.attachments, remember=True)
            api = Api(
                database,
                keys,
                limits,
                journal=journal,
                metrics_token=token,
                objects=objects,
            )
            server = uvicorn.Server(config(api.app(), limits.stall, log_config=None, **tls))

            def stop(*_: object) -> None:
                # before the server runs too; it gives the signal back to us when it has ended
                server.should_exit = True

            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, stop)
            url = f"{'https' if tls else 'http'}://{options.host}:{port}"
            told: dict[str, Any] = {"ok": True, "url": url, "fingerprint": keys.fingerprint}
            warnings = [
                store_trouble(objects),
                _FOR_BROWSERS if options.tls_dir is not None else "",
            ]
            if any(warnings):
                told["message"] = " ".join(filter(None, warnings))
            write(told)
            journal.write("started", url=url)
            # what is loaded stays, and a batch is many objects that all go: the collector need not
            # walk over them again and again
            gc.freeze()
            gc.set_threshold(50_000)
            server.run(sockets=[listener])
            journal.write("stopped")
    return 0


def issue_code(options: argparse.Namespace) -> int:
    """A one-time code for a counter."""
    with _begun(options) as (connection, keys):
        code, expires_at = make_code(connection, options.commune, options.counter)
        _note(connection, "code", f"{options.commune}, quầy {options.counter}", options)
    write({"code": code, "fingerprint": keys.fingerprint, "expires_at": _here(expires_at)})
    return 0


def find(options: argparse.Namespace) -> int:
    """Dossiers of all communes by words."""
    with _begun(options) as (connection, _):
        for org, dossier_id in find_ids(
            connection, options.text, min(max(0, options.limit), _MOST)
        ):
            state = dossier_of(connection, org, dossier_id)
            if state is not None:
                write({**dossier_json(state, "sent"), "commune": org})
    return 0


def show(options: argparse.Namespace) -> int:
    """A dossier with its whole story."""
    with _begun(options) as (connection, _):
        found = by_code(connection, options.code)
        for org, dossier_id in found:
            state = dossier_of(connection, org, dossier_id)
            if state is not None:
                write({**dossier_json(state, "sent"), "commune": org})
    if not found:
        raise Refused("dossier_unknown", f"Không có hồ sơ mã {options.code}. Xem lại mã.")
    return 0


def attachments(options: argparse.Namespace) -> int:
    """The scanned papers of a dossier, a line each; with `--out` their pages as files."""
    with _opened(options) as (database, keys):
        objects = _objects(database, keys, options.attachments)
        with database.begin() as connection:
            found = by_code(connection, options.code)
            papers = [one for place in found for one in papers_of(connection, *place)]
            if papers and options.out is not None:
                _note(connection, "scan_download", options.code, options)
    if not found:
        raise Refused("dossier_unknown", f"Không có hồ sơ mã {options.code}. Xem lại mã.")
    for number, paper in enumerate(papers, 1):
        write(paper.told(objects))
        if options.out is not None:
            paper.write_out(objects, options.out, number)
    return 0


def seal_attachments(options: argparse.Namespace) -> int:
    """Seal the pages that lie in the store as they came before pages were sealed; may be repeated."""
    sealed = already = 0
    with _opened(options) as (database, keys):
        objects = _objects(database, keys, options.attachments)
        for name in filter(is_key, objects.names()):
            if objects.seal(name):
                sealed += 1
            else:
                already += 1
    write({"ok": True, "sealed": sealed, "already": already})
    return 0


def reader(options: argparse.Namespace) -> int:
    """Let an administrator look at the scanned papers of a commune, or no longer."""
    with _begun(options) as (connection, _):
        let_read(connection, options.name, options.commune, not options.remove)
        about = f"{options.commune}{' (thôi)' if options.remove else ''}"
        note(connection, options.name, "reader", about, "district-server reader")
    write({"ok": True, "name": options.name, "commune": options.commune})
    return 0


def act(options: argparse.Namespace) -> int:
    """Act as an officer of the upper level."""
    given = _fields(options.json)
    officer = os.environ.get("DISTRICT_OFFICER") or OFFICER
    with _begun(options) as (connection, keys):
        found = by_code(connection, options.code)
        if not found:
            raise Refused("dossier_unknown", f"Không có hồ sơ mã {options.code}. Xem lại mã.")
        org, dossier_id = found[0]
        state = do_act(connection, keys, org, dossier_id, options.action, given, officer)
    write({"ok": True, **summary_of(state)})
    return 0


def revoke(options: argparse.Namespace) -> int:
    """Trust a device no longer."""
    with _begun(options) as (connection, _):
        do_revoke(connection, options.device)
        home = select(device_home.c.commune).where(device_home.c.device == options.device)
        _note(connection, "revoke", f"{connection.scalar(home)}, {options.device}", options)
    write({"ok": True, "device": options.device})
    return 0


def status(options: argparse.Namespace) -> int:
    """A line a device; with `--silent` only those nobody has heard of for days."""
    with _begun(options) as (connection, _):
        devices = heard(connection)
    for one in devices:
        if options.silent and not one.silence:
            continue
        write(
            {
                "device": one.device,
                "commune": one.commune,
                "counter": one.counter,
                "copies": list(one.also),
                "last_sync": _here(one.last_sync_at),
                "state": "revoked" if one.revoked_at else "active",
                "quarantined": one.quarantined,
                "silent_days": one.silent_days,
                "silence": one.silence,
            }
        )
    return 0


def check(options: argparse.Namespace) -> int:
    """Replay the log and compare."""
    with _begun(options) as (connection, _):
        faults = faults_of(connection)
        events = total_events(connection)
        erased = retention.erased(connection)
    told = {"erased": erased, "note": f"{erased} hồ sơ đã xóa theo hạn lưu."} if erased else {}
    write({"ok": not faults, "events": events, **told, "problems": faults[:100]})
    return 1 if faults else 0


def admin(options: argparse.Namespace) -> int:
    """Set an administrator's password: from `DISTRICT_ADMIN_PASSWORD`, else asked twice."""
    password = os.environ.get("DISTRICT_ADMIN_PASSWORD") or _asked_twice()
    with _begun(options) as (connection, _):
        fresh = set_password(connection, options.name, password)
        note(connection, options.name, "password", "", "district-server admin")
    write({"ok": True, "name": options.name, "new": fresh})
    return 0


def reset_second_factor(options: argparse.Namespace) -> int:
    """The telephone is lost and the codes with it: the password alone is asked for until it is set up anew."""
    with _begun(options) as (connection, _):
        if not second_factor.forget(connection, options.name):
            raise Refused("second_none", f"{options.name} chưa đặt mã 6 số. Xem lại tên.")
        sign_out_everywhere(connection, options.name)
        note(connection, options.name, "second_off", "", "district-server reset-second-factor")
    write({"ok": True, "name": options.name})
    return 0


def _here(kept: str | None) -> str | None:
    """A kept moment in the country's own hours: nobody at a console adds seven."""
    return datetime.fromisoformat(kept).astimezone(ZONE).isoformat() if kept else None


def _note(connection: Connection, action: str, about: str, options: argparse.Namespace) -> None:
    """In the same log as what is done by page."""
    who = os.environ.get("DISTRICT_OFFICER") or OFFICER
    note(connection, who[:60], action, about, f"district-server {options.command}")


def _asked_twice() -> str:
    if sys.stdin is None or not sys.stdin.isatty():
        raise Refused("password_missing", "Chưa có mật khẩu. Đặt DISTRICT_ADMIN_PASSWORD.")
    try:
        first = getpass.getpass("Mật khẩu (từ 12 ký tự): ")
        again = getpass.getpass("Gõ lại mật khẩu: ")
    except EOFError:
        raise Refused("password_missing", "Chưa gõ mật khẩu. Chạy lại.") from None
    if first != again:
        raise Refused("password_differs", "Hai lần gõ không giống nhau. Chạy lại.")
    return first


def restore_done(options: argparse.Namespace) -> int:
    """The database was put back from a backup: a new epoch, in which the counters give back the rest."""
    with _begun(options) as (connection, keys):
        epoch = begin_epoch(connection, keys)
        _note(connection, "restored", epoch, options)
    write({"ok": True, "epoch": epoch})
    return 0


def erase(options: argparse.Namespace) -> int:
    """What the time of keeping is over of, and with `--yes` erasing it; one thing at a time."""
    chosen = [options.yes, options.years is not None, options.hold, options.release]
    if sum(map(bool, chosen)) > 1 or (options.field and options.years is None):
        raise Refused(
            "several", "Mỗi lần một việc: --yes, --years N [--field MÃ], --hold hoặc --release."
        )
    if options.commune and options.years is not None:
        # the years hold for all: whoever means one commune must not shorten them for the others
        raise Refused("years_for_all", "Hạn lưu đặt chung cho mọi xã. Bỏ --commune rồi chạy lại.")
    if options.yes:
        return _erase(options)
    with _begun(options) as (connection, keys):
        if options.years is not None:
            retention.set_years(connection, options.years, options.field)
            _note(connection, "retention", f"{options.field or '*'}: {options.years}", options)
        elif code := options.hold or options.release:
            who, release = os.environ.get("DISTRICT_OFFICER") or OFFICER, bool(options.release)
            code = retention.hold(connection, keys, code, options.reason, who, release)
            _note(connection, "hold_off" if release else "hold", code, options)
        schedule = schedule_of(connection)
        looked = [] if any(chosen) else retention.look(connection, options.commune)
    for one in looked:
        if one.kept not in (Kept.TOO_SOON, Kept.NO_SCHEDULE):
            why = {"why": WHY_KEPT[one.kept]} if one.kept else {}
            write({"commune": one.commune, "code": one.code, "ended_on": one.ended_on, **why})
    told: dict[str, Any] = {"years": schedule.other, "by_field": dict(schedule.by_field)}
    if not any(chosen):
        told["would_erase"] = sum(one.kept is None for one in looked)
        told["message"] = NO_SCHEDULE if schedule.fewest is None else ONLY_LOOKED
    write({"ok": True, **told})
    return 0


def _erase(options: argparse.Namespace) -> int:
    who = os.environ.get("DISTRICT_OFFICER") or OFFICER
    with _opened(options) as (database, keys):
        done = retention.erase(database, keys, options.commune, who)
        with database.begin() as connection:
            _note(connection, "erase", f"{options.commune or '*'}: {len(done)}", options)
        pages = retention.sweep(database, _objects(database, keys, options.attachments))
    for one in done:
        write({"commune": one.commune, "code": one.code, "ended_on": one.ended_on, "erased": True})
    write({"ok": True, "erased": len(done), "pages": pages})
    return 0


def bundle_in(options: argparse.Namespace) -> int:
    """Take a counter's bundle from a stick."""
    with _opened(options) as (database, keys):
        objects = _objects(database, keys, options.attachments)
        taken = take_in(database, keys, options.file, objects)
        with database.begin() as connection:
            about = f"{taken['commune']}, {taken['device']}"
            _note(connection, "bundle", about, options)
    write(taken)
    return 0


def bundle_out(options: argparse.Namespace) -> int:
    """The answer for a counter, onto a stick."""
    with _opened(options) as (database, keys):
        objects = _objects(database, keys, options.attachments)
        made = write_bundle(database, keys, options.device, options.file, objects)
        with database.begin() as connection:
            _note(connection, "bundle_out", options.device, options)
    write(made)
    return 0


def enrol_file(options: argparse.Namespace) -> int:
    """Answer a request to be taken in that came on a stick."""
    with _opened(options) as (database, keys):
        done = enrol_by_stick(database, keys, options.request, options.answer, options.url)
        with database.begin() as connection:
            _note(connection, "enrol_file", f"{done['commune']}, {done['device']}", options)
    write(done)
    return 0


@contextmanager
def _opened(options: argparse.Namespace) -> Iterator[tuple[Database, ServerKeys]]:
    with closing(Database(options.database_url or DEFAULT_URL)) as database:
        database.check_schema()
        with database.begin() as connection:
            keys = load_keys(connection, passphrase_of_environment())
        yield database, keys


def _objects(database: Database, keys: ServerKeys, told: str, *, remember: bool = False) -> Sealed:
    """Where pages lie: as told; else where `serve` last kept them, whatever folder a command is run in."""
    with database.begin() as connection:
        place = told or (not remember and get_meta(connection, "attachments")) or DEFAULT
        if "://" not in place:
            place = str(Path(place).absolute())
        if remember:
            put_meta(connection, "attachments", place)
    return Sealed(objects_at(place), keys)


@contextmanager
def _begun(options: argparse.Namespace) -> Iterator[tuple[Connection, ServerKeys]]:
    """One transaction over all communes."""
    with _opened(options) as (database, keys), database.begin() as connection:
        yield connection, keys


def _fields(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError:
        raise ServerFault("file_missing", f"Không đọc được tệp {path.name}.") from None
    except (ValueError, RecursionError):
        raise Refused("not_json", f"Tệp {path.name} không phải JSON.") from None
    if not isinstance(found, dict):
        raise Refused("not_object", f"Tệp {path.name} phải là một đối tượng JSON {{ … }}.")
    return found


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; an address that is taken is told.

    What it accepts sends at once. asyncio sees to that only where a socket was made for TCP by number, and
    this one was not: the body of an answer waited 40 ms and more for the line to acknowledge its head.
    """
    try:
        listener = socket.create_server((host, port), backlog=512)
    except OSError:
        raise ServerFault(
            "port_taken", f"Không mở được cổng {port} ở {host}. Có lẽ đã có chương trình khác dùng."
        ) from None
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
    return listener


def store_trouble(objects: Sealed) -> str:
    """What whoever starts the server should know of its store of pages; dossiers are taken in without one."""
    try:
        objects.get(key_of("0", "0" * 64))
    except ServerFault as fault:
        return f"{fault.message} Hồ sơ vẫn nhận được, bản quét thì chờ ở quầy."
    return ""


_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")
_FOR_BROWSERS = (
    "Chứng thư ở --tls-dir chỉ dành cho trình duyệt: quầy không nối vào cổng này. Chạy thêm một serve không có "
    "--tls-dir cho các quầy."
)
"""Counters trust this installation's CA and no other; its key leaves the database for nobody."""


def _tls(options: argparse.Namespace, keys: ServerKeys, folder: Path) -> dict[str, Any]:
    """A certificate made elsewhere, or one of this installation's CA for this address."""
    if options.tls_dir is not None:
        chain, key = Path(options.tls_dir) / "cert.pem", Path(options.tls_dir) / "key.pem"
        if not chain.is_file() or not key.is_file():
            raise ServerFault("tls_missing", "Thư mục TLS phải có cert.pem và key.pem.")
        try:
            # with a word for the key: nobody sits before a server and is asked for one
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key, "")
        except OSError:
            raise ServerFault(
                "tls_wrong",
                "cert.pem và key.pem không đọc được hoặc không khớp nhau. Khóa không được đặt mật khẩu.",
            ) from None
    else:
        made_chain, made_key = issue_certificate(keys, _names(options))
        chain, key = folder / "cert.pem", folder / "key.pem"
        chain.write_bytes(made_chain)
        key.touch(mode=0o600)
        key.write_bytes(made_key)
    return {"ssl_certfile": str(chain), "ssl_keyfile": str(key)}


def _names(options: argparse.Namespace) -> list[str]:
    """What counters may call this server: what it was told, and what it finds out by itself."""
    for name in options.name:
        if not _NAME.fullmatch(name) and not _is_address(name):
            raise ServerFault(
                "name_wrong",
                f"Tên máy chủ “{name[:60]}” không đúng. Ghi như may-chu.tinh.vn hoặc 10.1.2.3, không ghi cổng.",
            )
    own = {options.host, socket.gethostname(), "localhost"} - {"0.0.0.0", "::"}
    return sorted({*options.name, *own, *_addresses()})


def _is_address(name: str) -> bool:
    """With colons too; a port behind one is no part of a name."""
    with suppress(ValueError):
        return bool(ipaddress.ip_address(name))
    return False


def _addresses() -> set[str]:
    found = set()
    with suppress(OSError):
        found = {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None)}
    # Debian calls itself 127.0.1.1: ask for the way out, which sends nothing
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.connect(("192.0.2.1", 9))
        found.add(way.getsockname()[0])
    return found
