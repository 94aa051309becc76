"""A machine that does anything in any order to a few counters and their server, and never loses a thing.

Small in every run, larger under the `proof` mark. A PC that was given up and its restored successor both
stay, so nothing at all may be missing in the end.
"""

import contextlib
import itertools
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import PASSPHRASE, ToldClock, draft
from fault_proxy import FaultProxy
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from upper import Upper

from counter_app.bootstrap import Counter, open_counter, restore_counter
from counter_app.errors import Refused
from counter_app.services.results import Accepted
from db.check import check
from db.tables import event_log
from district_server import bundles
from district_server.acts import act
from district_server.check import faults_of
from district_server.enrolment import issue_code
from district_server.faults import Refused as ServerRefused
from district_server.projection import by_code, dossier_of
from district_server.recovery import begin_epoch
from district_server.tables import event

MOST_STORES = 4
_any = st.integers(0, 10_000)


@dataclass
class World:
    """What the examples of one test share."""

    upper: Upper
    proxy: FaultProxy
    template: Callable[[int], Path]
    place: Path
    empty: dict[str, list[dict[str, Any]]]


def machine_of(world: World) -> type[RuleBasedStateMachine]:
    names = itertools.count()

    class Machine(RuleBasedStateMachine):
        stores: list[Counter]

        @initialize()
        def begin(self) -> None:
            world.proxy.heal()
            world.upper.put_back(world.empty)
            self.clock = ToldClock()
            self.stores, self.made, self.backups = [], [], []
            self.saved: dict[str, list[dict[str, Any]]] | None = None
            self.going: list[Path] = []
            self.coming: list[tuple[str, Path]] = []
            for number in (1, 2):
                folder = self._folder()
                shutil.copytree(world.template(number), folder)
                store = self._open(folder)
                org = store.identity.org_code
                with world.upper.database.begin() as connection:
                    code, _ = issue_code(connection, org, number)
                store.enrol(world.proxy.url, code, None)
            # a server put back to before it knew its counters is another story
            self.saved = world.upper.save()

        def _folder(self) -> Path:
            return world.place / f"so-{next(names)}"

        def _open(self, folder: Path) -> Counter:
            store = open_counter(folder, PASSPHRASE)
            store.clock = self.clock
            self.stores.append(store)
            return store

        def _store(self, pick: int) -> Counter:
            return self.stores[pick % len(self.stores)]

        # ---- at the counters -------------------------------------------------------------------

        @rule(pick=_any)
        def receive(self, pick: int) -> None:
            store = self._store(pick)
            made = store.intake.accept(draft(f"HỒ VĂN {len(self.made)}"), store.officers.all()[0])
            assert isinstance(made, Accepted)
            self.made.append((made.dossier_id, made.code))

        @precondition(lambda self: self.made)
        @rule(pick=_any, which=_any, action=st.sampled_from(("transfer", "complete", "return")))
        def act_here(self, pick: int, which: int, action: str) -> None:
            store, dossier_id = self._store(pick), self.made[which % len(self.made)][0]
            given = {"to": "upper"} if action == "transfer" and which % 2 else {}
            store.acts.act(dossier_id, action, given, store.officers.all()[0])

        @precondition(lambda self: self.made)
        @rule(pick=_any, which=_any)
        def correct(self, pick: int, which: int) -> None:
            store, dossier_id = self._store(pick), self.made[which % len(self.made)][0]
            given = {"reason": "Sai số bộ", "sets": 2 + which % 7}
            store.acts.act(dossier_id, "correct", given, store.officers.all()[0])

        @rule(days=st.integers(-3_650, 3_650))
        def move_the_clock(self, days: int) -> None:
            self.clock.move(days=days)

        # ---- the line --------------------------------------------------------------------------

        @rule(pick=_any)
        def sync(self, pick: int) -> None:
            self._store(pick).sync.cycle()

        @rule(pick=_any, way=st.sampled_from(("cut_up", "cut_down")), at=st.integers(1, 6_000))
        def sync_over_a_bad_line(self, pick: int, way: str, at: int) -> None:
            setattr(world.proxy, way, at)
            self._store(pick).sync.cycle()
            world.proxy.heal()

        # ---- lives -----------------------------------------------------------------------------

        @precondition(lambda self: len(self.stores) < MOST_STORES)
        @rule(pick=_any)
        def copy_the_disk(self, pick: int) -> None:
            folder = self._folder()
            shutil.copytree(self._store(pick).folder, folder)
            self._open(folder)

        @rule(pick=_any)
        def back_up(self, pick: int) -> None:
            target = world.place / f"{next(names)}.mcb"
            self._store(pick).back_up(target)
            self.backups.append(target)

        @precondition(lambda self: self.backups and len(self.stores) < MOST_STORES)
        @rule(which=_any)
        def restore(self, which: int) -> None:
            folder = self._folder()
            restore_counter(folder, self.backups[which % len(self.backups)], PASSPHRASE, None)
            self._open(folder)

        # ---- sticks ----------------------------------------------------------------------------

        @rule(pick=_any)
        def write_a_bundle(self, pick: int) -> None:
            target = world.place / f"{next(names)}.hsx"
            self._store(pick).bundles.write(target)
            self.going.append(target)

        @precondition(lambda self: self.going)
        @rule(which=_any, cut=st.integers(0, 3))
        def carry_up(self, which: int, cut: int) -> None:
            path = self.going[which % len(self.going)]
            if cut == 1:
                part = world.place / "cut.hsx"
                part.write_bytes(path.read_bytes()[: which % path.stat().st_size])
                with pytest.raises(ServerRefused):
                    bundles.take_in(world.upper.database, world.upper.keys, part)
                return
            try:
                told = bundles.take_in(world.upper.database, world.upper.keys, path)
            except ServerRefused as refused:
                # a copy wrote it, or the server has not what came before: the counter still has all
                if refused.code not in ("bundle_fork", "bundle_gap"):
                    raise
                return
            target = world.place / f"{next(names)}.hsx"
            bundles.write(world.upper.database, world.upper.keys, told["device"], target)
            self.coming.append((told["device"], target))

        @precondition(lambda self: self.coming)
        @rule(which=_any, pick=_any)
        def carry_down(self, which: int, pick: int) -> None:
            device, path = self.coming[which % len(self.coming)]
            mine = [store for store in self.stores if store.identity.device_id == device]
            try:
                mine[pick % len(mine)].bundles.take_in(path)
            except Refused as refused:
                if refused.code not in ("bundle_old", "bundle_gap"):
                    raise

        # ---- above -----------------------------------------------------------------------------

        @precondition(lambda self: self.made)
        @rule(which=_any)
        def decide_above(self, which: int) -> None:
            with world.upper.database.begin() as connection:
                for org, dossier_id in by_code(connection, self.made[which % len(self.made)][1]):
                    state = dossier_of(connection, org, dossier_id)
                    if state is not None and state.holder.side == "upper":
                        with contextlib.suppress(ServerRefused):
                            act(
                                connection,
                                world.upper.keys,
                                org,
                                dossier_id,
                                "complete",
                                {},
                                "Trên",
                            )

        @rule()
        def save_the_server(self) -> None:
            self.saved = world.upper.save()

        @rule(told=st.booleans())
        def put_the_server_back(self, told: bool) -> None:
            assert self.saved is not None
            world.upper.put_back(self.saved)
            if told:
                with world.upper.database.begin() as connection:
                    begin_epoch(connection, world.upper.keys)

        # ---- and in the end --------------------------------------------------------------------

        def teardown(self) -> None:
            try:
                if getattr(self, "stores", None):
                    self._come_to_rest()
            finally:
                for store in getattr(self, "stores", ()):
                    store.close()

        def _come_to_rest(self) -> None:
            world.proxy.heal()
            for _ in range(4):
                summaries = [store.sync.cycle() for store in self.stores]
            assert [summary.fault for summary in summaries] == [""] * len(summaries)
            assert [summary.waiting for summary in summaries] == [0] * len(summaries)
            assert [problem.code for summary in summaries for problem in summary.problems] == []
            with world.upper.database.begin() as connection:
                assert faults_of(connection) == []
                codes = []
                for dossier_id, printed in self.made:
                    found = by_code(connection, printed)
                    assert dossier_id in {known for _, known in found}, printed
                    state = dossier_of(connection, found[0][0], dossier_id)
                    assert state is not None
                    codes.append(state.code)
                assert len(set(codes)) == len(codes)
                above = set(connection.scalars(select(event.c.event_id)))
            for store in self.stores:
                assert check(store.store).faults == ()
                with store.store.read() as books:
                    # the server's own decisions too: whoever holds one gives it back
                    assert set(books.connection.scalars(select(event_log.c.event_id))) == above
                for dossier_id, printed in self.made:
                    assert dossier_id in {view.dossier.id for view in store.search.by_code(printed)}
            assert len({store.sync_store.order_digest() for store in self.stores}) == 1

    return Machine


@pytest.fixture
def world(
    upper: Upper, proxy: FaultProxy, templates: Callable[[int], Path], tmp_path: Path
) -> World:
    return World(upper, proxy, templates, tmp_path, upper.save())


_SMALL = settings(
    max_examples=5,
    stateful_step_count=18,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_anything_in_any_order(world: World) -> None:
    run_state_machine_as_test(machine_of(world), settings=_SMALL)


@pytest.mark.proof
def test_anything_in_any_order_for_longer(world: World) -> None:
    larger = settings(
        _SMALL, max_examples=120, stateful_step_count=50, phases=[Phase.generate, Phase.shrink]
    )
    run_state_machine_as_test(machine_of(world), settings=larger)
