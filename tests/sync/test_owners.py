"""Who owns what: what two counters said of one thing ends the same everywhere, and both see it."""

from pathlib import Path

from conftest import PIN
from sync_steps import Enrolled, Pair, accept, do, synced

from counter_app.domain.officer import Role
from db.check import check
from district_server import bundles


def roles_of(pair: Pair, name: str) -> set[str]:
    return {role for one in pair[0].officers.all() if one.name == name for role in one.roles}


def test_of_two_changes_of_an_officer_the_last_in_the_common_order_holds(
    upper, enrolled: Enrolled
) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    first[0].officers.add("Hồ Văn Bê", (Role.INTAKE,), "Công chức", PIN)
    synced(first)
    synced(second)
    # without a line both change what she may do; the one who changed it first comes to the server last
    first[0].officers.change("Hồ Văn Bê", first[1], roles=(Role.RETURNS,))
    second[0].officers.change("Hồ Văn Bê", second[1], roles=(Role.CASHIER,))
    synced(second)
    told = [first[0].sync.cycle().problems, second[0].sync.cycle().problems]

    # each hears of both, and whose is in force
    assert [one.code for problems in told for one in problems] == ["officer_changed"] * 2
    first_says, second_says = (problems[0].message for problems in told)
    both = ("“Công chức, Cán bộ trả kết quả”", "“Công chức, Cán bộ thu phí”")
    assert all(words in said for words in both for said in (first_says, second_says))
    assert "Đang dùng bản của máy này." in first_says
    assert "Đang dùng bản của quầy khác." in second_says
    assert roles_of(first, "Hồ Văn Bê") == roles_of(second, "Hồ Văn Bê") == {Role.RETURNS}
    for counter, _ in (first, second):
        assert check(counter.store).faults == ()


def test_what_counts_after_all_is_no_mistake_any_more(
    upper, enrolled: Enrolled, tmp_path: Path
) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    made = accept(first)
    synced(first)
    synced(second)
    do(second, made.dossier_id, "complete")
    do(first, made.dossier_id, "complete")
    synced(first)
    # a stick tells the second counter what the first did, before its own act is above
    stick, device = tmp_path / "xuong.hsx", second[0].identity.device_id
    second[0].bundles.write(tmp_path / "len.hsx")
    bundles.write(upper.database, upper.keys, device, stick)
    assert [one.code for one in second[0].bundles.take_in(stick).problems] == ["state"]
    assert second[0].search.open(made.dossier_id).row.sent == "problem"
    do(first, made.dossier_id, "revert", reason="Bấm nhầm")
    synced(first)

    synced(second)
    synced(first)

    for counter, _ in (first, second):
        view = counter.search.open(made.dossier_id)
        assert (view.row.status, view.row.sent) == ("completed", "sent")
        assert counter.sync_state().standing.problems == 0


def test_of_two_returns_the_second_is_told_until_somebody_has_seen_it(
    upper, enrolled: Enrolled
) -> None:  # type: ignore[no-untyped-def]
    first, second = enrolled(1), enrolled(2)
    made = accept(first)
    do(first, made.dossier_id, "complete")
    synced(first)
    synced(second)
    do(first, made.dossier_id, "return")
    do(second, made.dossier_id, "return")
    synced(first)
    assert [one.code for one in second[0].sync.cycle().problems] == ["state"]

    def told() -> tuple[str, str, int]:
        view = second[0].search.open(made.dossier_id)
        assert view is not None
        trouble = "" if view.trouble is None else f"{view.trouble.refused}"
        return view.row.sent, trouble, second[0].sync_state().standing.problems

    assert told() == ("problem", "True", 1)
    assert [u.kind for u in second[0].worklists.urgent("")] == ["repair"]
    second[0].worklists.saw(made.dossier_id)
    assert told() == ("sent", "", 0)
    # whatever comes of that dossier later, it is not told again
    do(first, made.dossier_id, "revert", reason="Bấm nhầm")
    do(first, made.dossier_id, "return")
    synced(first)
    synced(second)
    assert told() == ("sent", "", 0)
    assert check(second[0].store).faults == ()
