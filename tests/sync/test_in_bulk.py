"""A page of the common order is taken in as a set: as quick as the line, and the same as row by row."""

import contextlib
import re
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import event as happening
from sync_steps import Enrolled, Pair, accept, assert_at_rest, do, synced

import db.dossiers
from counter_app.domain.dossier import fold
from counter_app.ports.sync import LineFault
from counter_app.sync import conversation, pace
from counter_app.wire.messages import PullAnswer
from counter_app.wire.page import opened
from db.check import check

_PROJECTED = ("dossier", "dossier_alias", "event_verdict", "pad_slip")


@contextlib.contextmanager
def _statements(pair: Pair) -> Iterator[list[tuple[str, object]]]:
    """What the store is told to do while it writes, and with which values the first time."""
    told: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, values, _context, many) -> None:  # type: ignore[no-untyped-def]
        told.append((statement, values[0] if many else values))

    writing = pair[0].store._writing
    happening.listen(writing, "before_cursor_execute", note)
    try:
        yield told
    finally:
        happening.remove(writing, "before_cursor_execute", note)


@contextlib.contextmanager
def _folds(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """How many events each fold of the store had."""
    folded: list[int] = []

    def counted(entries):  # type: ignore[no-untyped-def]
        story = list(entries)
        folded.append(len(story))
        return fold(story)

    with monkeypatch.context() as patch:
        patch.setattr(db.dossiers, "fold", counted)
        yield folded


def test_a_page_of_many_takes_no_more_statements_than_a_page_of_one(enrolled: Enrolled) -> None:
    first, second = enrolled(1), enrolled(2)
    for pair in (first, second, first):
        synced(pair)
    counted = []
    for dossiers in (1, 12):
        made = [accept(first) for _ in range(dossiers)]
        with _statements(first) as of_its_own:
            synced(first)
        with _statements(second) as of_another:
            synced(second)
        counted.append((len(of_its_own), len(of_another)))
        for one in made:
            do(first, one.dossier_id, "transfer", to="upper")
        synced(first)
        with _statements(second) as of_known_ones:
            synced(second)
        counted[-1] += (len(of_known_ones),)
    assert counted[0] == counted[1]


def test_no_statement_walks_over_what_it_is_not_asked_about(enrolled: Enrolled) -> None:
    first, second = enrolled(1), enrolled(2)
    made = accept(first)
    plans = set[str]()
    for pair in (first, second, first):
        with _statements(pair) as told:
            synced(pair)
            do(pair, made.dossier_id, "correct", note=f"Sửa {len(plans)}", reason="Bổ sung")
        with pair[0].store.read() as books:
            for statement, values in told:
                rows = books.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                plans |= {row[3] for row in rows}
    of_the_log = [plan for plan in plans if re.match(r"(SCAN|SEARCH) (event_log|e)\b", plan)]
    assert len(of_the_log) > 3
    for plan in of_the_log:
        # nearly everything in a log has one device
        assert plan.startswith("SEARCH")
        assert "(device=?)" not in plan


def test_what_the_order_only_repeats_is_not_folded_again(
    upper,  # type: ignore[no-untyped-def]
    enrolled: Enrolled,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = enrolled(1), enrolled(2)
    made = [accept(first) for _ in range(3)]
    do(first, made[0].dossier_id, "transfer", to="upper")
    with _folds(monkeypatch) as folded:
        synced(first)
    assert folded == []
    with _folds(monkeypatch) as folded:
        synced(second)
    # each from the page, once
    assert sorted(folded) == [1, 1, 2]
    do(second, made[1].dossier_id, "transfer", to="upper")
    synced(second)
    with _folds(monkeypatch) as folded:
        synced(first)
    assert folded == [2]
    assert_at_rest(upper, first, second)


def test_own_events_that_the_order_turns_round_are_folded_as_it_says(enrolled: Enrolled) -> None:
    first = enrolled(1)
    synced(first)
    made = accept(first)
    do(first, made.dossier_id, "transfer", to="upper")
    store, here = first[0].sync_store, first[0].sync_store.identity()
    waiting = [event.dseq for event in store.outbox(50, 100_000)]

    def ordered(places: list[int]) -> str:
        own = tuple(
            (here.incarnation, dseq, cseq) for cseq, dseq in enumerate(places, here.cursor + 1)
        )
        upto = here.cursor + len(own)
        store.apply_pull(opened(PullAnswer(here.epoch, (), own, upto, upto, False, "")))
        return standing()

    def standing() -> str:
        assert check(first[0].store).faults == ()
        with first[0].store.read() as books:
            row = books.dossiers.row(made.dossier_id)
        assert row is not None
        return row.status

    assert standing() == "in_process"
    # nothing can be transferred before it was accepted
    assert ordered(waiting[::-1]) == "accepted"
    store.forget_order(here.cursor)
    assert standing() == "in_process"
    assert ordered(waiting) == "in_process"


def test_one_by_one_and_all_at_once_come_to_the_same(
    upper,  # type: ignore[no-untyped-def]
    enrolled: Enrolled,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second, slow, quick = (enrolled(number) for number in (1, 2, 3, 4))
    made = [accept(pair) for pair in (first, second, first, second)]
    for pair in (first, second, first):
        synced(pair)
    # both act on the same dossiers before either hears of the other: one of them is refused
    do(first, made[1].dossier_id, "transfer", to="upper")
    do(second, made[1].dossier_id, "withdraw", reason="Dân xin rút")
    do(second, made[0].dossier_id, "correct", note="Ghi thêm", reason="Bổ sung")
    do(first, made[2].dossier_id, "request-supplement", items=["Giấy chứng sinh"], reason="Thiếu")
    for pair in (first, second, first):
        pair[0].sync.cycle()
    books = {}
    for pair, most in ((slow, 1), (quick, 1_000_000)):
        monkeypatch.setattr(conversation, "_PULL_BYTES", most)
        synced(pair)
        assert check(pair[0].store).faults == ()
        with pair[0].store.read() as read:
            run = read.connection.exec_driver_sql
            books[pair] = {
                name: sorted(map(repr, run(f"SELECT * FROM {name}"))) for name in _PROJECTED
            }
    assert books[slow] == books[quick]
    assert len(books[quick]["dossier"]) == len(made)


def _watched(
    pair: Pair,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    way,  # type: ignore[no-untyped-def]
) -> threading.Semaphore:
    """Released by each request to that path, which then goes its `way`; no two are ever out at once."""
    asked, one_at_a_time = threading.Semaphore(0), threading.Lock()
    connect = pair[0].sync._connect

    def connected(identity):  # type: ignore[no-untyped-def]
        link = connect(identity)
        send = link.send

        def watched(method, target, *more):  # type: ignore[no-untyped-def]
            assert one_at_a_time.acquire(blocking=False)
            try:
                if path not in target:
                    return send(method, target, *more)
                asked.release()
                return way(lambda: send(method, target, *more))
            finally:
                one_at_a_time.release()

        link.send = watched
        return link

    monkeypatch.setattr(pair[0].sync, "_connect", connected)
    return asked


def test_the_next_page_is_asked_for_while_one_is_taken_in(
    enrolled: Enrolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = enrolled(1), enrolled(2)
    synced(second)
    made = [accept(first) for _ in range(4)]
    synced(first)
    monkeypatch.setattr(conversation, "_PULL_BYTES", 1)
    asked = _watched(second, monkeypatch, "/pull?", lambda send: send())
    take_in = second[0].sync_store.apply_pull
    met: list[bool] = []

    def waits(page):  # type: ignore[no-untyped-def]
        if not met:
            # the first one was asked for before there was any to take in
            asked.acquire()
        if page.answer.more:
            met.append(asked.acquire(timeout=20))
        return take_in(page)

    monkeypatch.setattr(second[0].sync._store, "apply_pull", waits)
    synced(second)
    assert len(met) >= len(made)
    assert all(met)


def test_the_next_run_is_packed_while_one_is_up_and_up_while_its_answer_is_kept(
    upper,  # type: ignore[no-untyped-def]
    enrolled: Enrolled,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One answer is lost when the server has taken the run, while the one before it is kept."""
    first, second = enrolled(1), enrolled(2)
    synced(first)
    made = [accept(first).code for _ in range(6)]
    monkeypatch.setattr(pace, "MOST_EVENTS", 2)
    first[0].sync_store.keep_batch(2)
    store, packed = first[0].sync._store, threading.Semaphore(0)
    read, keep = store.outbox, store.acknowledged
    up: list[bool] = []
    kept: list[bool] = []

    def reads(most, most_bytes, beyond):  # type: ignore[no-untyped-def]
        if beyond:
            packed.release()
        return read(most, most_bytes, beyond)

    def goes_up(send):  # type: ignore[no-untyped-def]
        up.append(packed.acquire(timeout=20))
        answer = send()
        if len(up) == 2:
            raise LineFault("cut")
        return answer

    def keeps(life, answer):  # type: ignore[no-untyped-def]
        if store.waiting() > 2:
            # its own run, which nobody waits for any more, and the one behind it
            kept.append(all(asked.acquire(timeout=20) for _ in range(2)))
        return keep(life, answer)

    asked = _watched(first, monkeypatch, "/push", goes_up)
    monkeypatch.setattr(store, "outbox", reads)
    monkeypatch.setattr(store, "acknowledged", keeps)
    synced(first)
    assert (up, kept) == ([True] * 4, [True] * 2)
    assert_at_rest(upper, first, second)
    assert all(second[0].search.by_code(code) for code in made)
