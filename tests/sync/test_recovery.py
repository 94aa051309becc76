"""A server put back from yesterday's backup is healed by its counters."""

import pytest
from fault_proxy import FaultProxy
from sqlalchemy import select
from sync_steps import Enrolled, Pair, accept, assert_at_rest, do, events_above, synced

from counter_app.ports.sync import LineFault
from counter_app.wire.dossier_json import dossier_json
from counter_app.wire.messages import PullAnswer
from district_server.acts import act
from district_server.check import faults_of
from district_server.database import get_meta
from district_server.projection import by_code, dossier_of
from district_server.recovery import begin_epoch
from district_server.tables import admin_log


def decide(upper, code: str, action: str, **given: object) -> None:  # type: ignore[no-untyped-def]
    with upper.database.begin() as connection:
        org, dossier_id = by_code(connection, code)[0]
        act(connection, upper.keys, org, dossier_id, action, given, "Trên")


def epoch_of(upper) -> str:  # type: ignore[no-untyped-def]
    with upper.database.begin() as connection:
        return get_meta(connection, "epoch") or ""


def restore_done(upper) -> None:  # type: ignore[no-untyped-def]
    with upper.database.begin() as connection:
        begin_epoch(connection, upper.keys)


def settle(*pairs: Pair) -> None:
    """Until nobody has anything to say any more."""
    for _ in range(3):
        for counter, _ in pairs:
            assert not counter.sync.cycle().fault


def stories(upper, code: str, *pairs: Pair) -> list[object]:  # type: ignore[no-untyped-def]
    found: list[object] = []
    for counter, _ in pairs:
        (view,) = counter.search.by_code(code)
        found.append(dossier_json(view.dossier, view.row.sent))
    with upper.database.begin() as connection:
        org, dossier_id = by_code(connection, code)[0]
        above = dossier_of(connection, org, dossier_id)
        assert above is not None
        found.append(dossier_json(above, "sent"))
    return found


def crossed(upper, pair: Pair) -> str:  # type: ignore[no-untyped-def]
    """A dossier withdrawn where nobody had heard yet that it is completed above; in the order that counts
    it was completed first. Its code.
    """
    made = accept(pair)
    do(pair, made.dossier_id, "transfer", to="upper")
    settle(pair)
    decide(upper, made.code, "complete")
    do(pair, made.dossier_id, "withdraw", reason="Không cần nữa")
    settle(pair)
    return made.code


@pytest.mark.parametrize("told", ["by restore-done", "by a proof of its own"])
def test_what_the_server_lost_comes_back_in_the_order_it_had(
    upper, enrolled: Enrolled, told: str
) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    accept(first)
    settle(first, second)
    saved, epoch = upper.save(), epoch_of(upper)
    made = accept(first)
    do(first, made.dossier_id, "transfer", to="upper")
    settle(first, second)
    decide(upper, made.code, "complete", shelf="K1")
    settle(first, second)
    do(first, made.dossier_id, "return")
    other = accept(second)
    lapsed = crossed(upper, first)
    settle(first, second)
    before = stories(upper, made.code, first, second)
    assert before[0]["status"] == "returned"  # type: ignore[index]
    then = stories(upper, lapsed, first, second)
    assert then[0]["status"] == "completed"  # type: ignore[index]

    upper.put_back(saved)
    if told == "by restore-done":
        restore_done(upper)
    settle(first, second)

    assert epoch_of(upper) != epoch
    assert_at_rest(upper, first, second)
    assert stories(upper, made.code, first, second) == before
    assert stories(upper, lapsed, first, second) == then
    assert stories(upper, other.code, first, second)[2]["status"] == "accepted"  # type: ignore[index]
    assert first[0].search.open(made.dossier_id).row.sent == "sent"  # type: ignore[union-attr]


def test_what_was_there_before_the_backup_is_not_sent_again(upper, enrolled: Enrolled) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    for _ in range(120):
        accept(first)
    settle(first, second)
    saved = upper.save()
    lost = accept(second)
    settle(first, second)
    upper.put_back(saved)
    restore_done(upper)

    again = second[0].sync.cycle()
    idle = first[0].sync.cycle()

    assert (again.sent, again.fault) == (1, "")
    # a hundred dossiers stay where they are: nothing but the word of the new epoch comes
    assert idle.received == 1
    assert idle.bytes_in + idle.bytes_out < 8_000
    assert again.bytes_in + again.bytes_out < 12_000
    assert_at_rest(upper, first, second)
    assert first[0].search.open(lost.dossier_id) is not None


def test_a_server_put_back_without_a_word_goes_on_and_heals_later(
    upper, enrolled: Enrolled
) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    settle(first, second)
    saved, epoch = upper.save(), epoch_of(upper)
    lost = [accept(first), accept(first)]
    settle(first, second)
    upper.put_back(saved)
    # the one that lost nothing has new work first; it has no proof that tells anything
    new = [accept(second) for _ in range(4)]
    assert not second[0].sync.cycle().fault
    assert epoch_of(upper) == epoch

    settle(first, second)

    assert epoch_of(upper) != epoch
    assert_at_rest(upper, first, second)
    for one in (*lost, *new):
        for counter, _ in (first, second):
            assert counter.search.open(one.dossier_id).row.sent == "sent"  # type: ignore[union-attr]
    with upper.database.begin() as connection:
        told = connection.execute(select(admin_log.c.action, admin_log.c.object)).fetchall()
    assert [tuple(row) for row in told] == [("restored", epoch_of(upper))]


def test_put_back_twice_and_once_to_before_the_first_time(upper, enrolled: Enrolled) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    settle(first, second)
    oldest = upper.save()
    one = accept(first)
    do(first, one.dossier_id, "transfer", to="upper")
    settle(first, second)
    decide(upper, one.code, "complete")
    settle(first, second)
    upper.put_back(oldest)
    settle(first, second)
    two = accept(second)
    do(first, one.dossier_id, "return")
    settle(first, second)
    before = stories(upper, one.code, first, second)

    upper.put_back(oldest)
    settle(first, second)

    assert_at_rest(upper, first, second)
    assert stories(upper, one.code, first, second)[2]["status"] == before[2]["status"] == "returned"  # type: ignore[index]
    assert second[0].search.open(two.dossier_id).row.sent == "sent"  # type: ignore[union-attr]


def test_a_line_cut_in_the_middle_of_giving_back(
    upper, enrolled: Enrolled, proxy: FaultProxy
) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    settle(first)
    saved = upper.save()
    made = [accept(first) for _ in range(3)]
    for one in made:
        do(first, one.dossier_id, "transfer", to="upper")
    settle(first)
    for one in made:
        decide(upper, one.code, "complete")
        settle(first)
        do(first, one.dossier_id, "return")
    settle(first)
    before = [stories(upper, one.code, first) for one in made]
    upper.put_back(saved)
    for cut in (300, 900, 1500, 2100, 3000, 4000, 5500):
        proxy.cut_down = cut
        first[0].sync.cycle()
        proxy.heal()

    settle(first)

    assert_at_rest(upper, first)
    assert [stories(upper, one.code, first) for one in made] == before


def test_numbers_of_the_lost_day_are_not_given_out_again_above(upper, enrolled: Enrolled) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    made = accept(first)
    do(first, made.dossier_id, "transfer", to="upper")
    settle(first)
    saved = upper.save()
    decide(upper, made.code, "request-supplement", items=["Giấy khai sinh"], reason="Thiếu")
    settle(first)
    upper.put_back(saved)
    settle(first)
    other = accept(first)
    do(first, other.dossier_id, "transfer", to="upper")
    settle(first)

    decide(upper, other.code, "request-supplement", items=["Giấy khai sinh"], reason="Thiếu")

    with upper.database.begin() as connection:
        notices = [
            dossier_of(connection, *by_code(connection, one.code)[0]).timeline[-1].payload.notice_no  # type: ignore[union-attr]
            for one in (made, other)
        ]
        assert faults_of(connection) == []
    assert notices == ["0-0001", "0-0002"]


def test_a_foreign_proof_moves_no_epoch(upper, enrolled: Enrolled) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    accept(first)
    synced(first)
    epoch, above = epoch_of(upper), events_above(upper)
    (proof,) = first[0].sync_store.proofs()
    with first[0].store.write() as books:
        books.connection.exec_driver_sql(
            "UPDATE sync_state SET value = replace(value, ?, ?) WHERE name LIKE 'proof:%'",
            (f", {proof.high},", f", {proof.high + 5},"),
        )
        # something makes it show what it has
        books.connection.exec_driver_sql(
            "UPDATE sync_state SET value = ? WHERE name = 'order_digest'", ("0" * 64,)
        )

    summary = first[0].sync.cycle()

    assert summary.fault
    assert (epoch_of(upper), events_above(upper)) == (epoch, above)


def test_what_was_acknowledged_and_never_seen_in_the_order_is_missed_too(
    upper, enrolled: Enrolled, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    settle(first)
    saved = upper.save()
    made = accept(first)

    def dies(answer: PullAnswer) -> None:
        raise LineFault("cut")

    with monkeypatch.context() as patch:
        # between the two transactions that an answer to a push makes
        patch.setattr(first[0].sync_store, "apply_pull", dies)
        assert first[0].sync.cycle().fault
    assert first[0].search.open(made.dossier_id).row.sent == "sent"  # type: ignore[union-attr]
    upper.put_back(saved)

    settle(first)

    with upper.database.begin() as connection:
        assert by_code(connection, made.code)
    assert_at_rest(upper, first)


def test_what_the_kept_order_was_wrongly_thought_to_hold_is_given_back(
    upper, enrolled: Enrolled, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    made = accept(first)
    do(first, made.dossier_id, "transfer", to="upper")
    settle(first, second)
    saved = upper.save()
    with upper.database.begin() as connection:
        org, dossier_id = by_code(connection, made.code)[0]
        act(connection, upper.keys, org, dossier_id, "complete", {"shelf": "K1"}, "Trên")
    settle(first)
    upper.put_back(saved)
    with upper.database.begin() as connection:
        begin_epoch(connection, upper.keys)
    monkeypatch.setattr("district_server.recovery.kept_of", lambda *_: 10_000)

    settle(second, first)

    assert_at_rest(upper, first, second)
    assert [story["status"] for story in stories(upper, made.code, first, second)] == [
        "completed"
    ] * 3


def test_put_back_again_before_everything_was_given_back(upper, enrolled: Enrolled) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    settle(first)
    saved = upper.save()
    made = accept(first)
    do(first, made.dossier_id, "transfer", to="upper")
    settle(first)
    decide(upper, made.code, "complete")
    settle(first)
    do(first, made.dossier_id, "return")
    lapsed = crossed(upper, first)
    before = stories(upper, made.code, first)
    then = stories(upper, lapsed, first)
    connect = first[0].sync._connect

    def without_giving_back(identity):  # type: ignore[no-untyped-def]
        link = connect(identity)
        send = link.send

        def broken(method, target, headers, body):  # type: ignore[no-untyped-def]
            if "/push" in target or "/give-back" in target:
                raise LineFault("cut")
            return send(method, target, headers, body)

        link.send = broken
        return link

    first[0].sync._connect = without_giving_back
    for _ in range(2):
        upper.put_back(saved)
        restore_done(upper)
        assert first[0].sync.cycle().fault
    first[0].sync._connect = connect

    settle(first)

    assert_at_rest(upper, first)
    assert stories(upper, made.code, first) == before
    assert stories(upper, lapsed, first) == then


def test_put_back_again_after_what_was_given_back_was_not_heard_of_yet(
    upper, enrolled: Enrolled
) -> None:  # type: ignore[no-untyped-def]
    """What a counter gave back has no place in its order until it pulls; lost again, it is given again."""
    first = enrolled(1)
    settle(first)
    saved = upper.save()
    made = accept(first)
    do(first, made.dossier_id, "transfer", to="upper")
    settle(first)
    decide(upper, made.code, "complete")
    settle(first)
    do(first, made.dossier_id, "return")
    lapsed = crossed(upper, first)
    before = stories(upper, made.code, first)
    then = stories(upper, lapsed, first)
    connect, given = first[0].sync._connect, []

    def until_given_back(identity):  # type: ignore[no-untyped-def]
        link = connect(identity)
        send = link.send

        def broken(method, target, headers, body):  # type: ignore[no-untyped-def]
            if given:
                raise LineFault("cut")
            answer = send(method, target, headers, body)
            if "/give-back" in target:
                given.append(target)
            return answer

        link.send = broken
        return link

    upper.put_back(saved)
    restore_done(upper)
    first[0].sync._connect = until_given_back
    assert first[0].sync.cycle().fault
    assert given
    first[0].sync._connect = connect
    upper.put_back(saved)
    restore_done(upper)

    settle(first)

    assert_at_rest(upper, first)
    assert stories(upper, made.code, first) == before
    assert stories(upper, lapsed, first) == then


def test_a_life_of_the_server_that_had_ended_before_it_was_seen(upper, enrolled: Enrolled) -> None:  # type: ignore[no-untyped-def]
    first = enrolled(1)
    made = accept(first)
    do(first, made.dossier_id, "transfer", to="upper")
    settle(first)
    saved = upper.save()
    decide(upper, made.code, "complete")
    # the counter hears of the decision together with two new lives of the server
    restore_done(upper)
    restore_done(upper)
    settle(first)
    before = stories(upper, made.code, first)
    upper.put_back(saved)

    settle(first)

    assert_at_rest(upper, first)
    assert stories(upper, made.code, first) == before


def test_put_back_while_the_order_behind_a_fork_was_on_its_way_again(
    upper, enrolled: Enrolled
) -> None:  # type: ignore[no-untyped-def]
    """What was decided above stands in no order any more, neither here nor there."""
    first = enrolled(1)
    made = accept(first)
    do(first, made.dossier_id, "transfer", to="upper")
    settle(first)
    saved, shared = upper.save(), first[0].sync_store.identity().cursor
    decide(upper, made.code, "complete", shelf="K1")
    settle(first)
    before = stories(upper, made.code, first)
    assert before[0]["status"] == "completed"  # type: ignore[index]
    first[0].sync_store.forget_order(shared)

    upper.put_back(saved)
    restore_done(upper)
    settle(first)

    assert_at_rest(upper, first)
    assert stories(upper, made.code, first) == before
