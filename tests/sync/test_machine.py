"""A machine that does anything in any order to a few counters and their server, and never loses a thing.

Small in every run, larger under the `proof` mark. A PC that was given up and its restored successor both
stay, so nothing at all may be missing in the end. A PC whose device was revoked stays too: what it wrote
before is above, in the order or set aside.
"""

import contextlib
import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from conftest import PASSPHRASE, ToldClock, draft
from fault_proxy import FaultProxy
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, select
from upper import Upper

from counter_app.book.creation import restore_counter
from counter_app.bootstrap import Counter
from counter_app.domain.events import SYSTEM, DossierAccepted
from counter_app.errors import Refused
from counter_app.keys import store_key
from counter_app.services.results import Accepted
from db.check import check
from db.tables import event_log, event_verdict
from district_server import bundles
from district_server.acts import act
from district_server.check import faults_of
from district_server.enrolment import issue_code, revoke
from district_server.faults import Refused as ServerRefused
from district_server.projection import by_code, dossier_of
from district_server.recovery import begin_epoch
from district_server.tables import event, quarantine

MOST_STORES = 4
MOST_BEATS = 60
"""Of one cycle: before and after each request and each word with the store."""
MOST_DAYS = 3_650
MOST_BYTES = 6_000
_any = st.integers(0, 10_000)
_T = TypeVar("_T")

STEPS = (
    *("receive",) * 4,
    *("act_here",) * 3,
    *("sync",) * 3,
    *("sync_over_a_bad_line", "die_in_a_cycle", "decide_above") * 2,
    *("write_a_bundle", "carry_up", "carry_down") * 2,
    *(
        "correct",
        "write_what_the_server_refuses",
        "move_the_clock",
        "copy_the_disk",
        "back_up",
        "restore",
    ),
    *("save_the_server", "put_the_server_back", "revoke_and_replace"),
)
"""What happens, by name: as often as it stands here, so that few steps already hold something of everything."""


_NAMED = "SELECT id, code FROM dossier UNION SELECT dossier_id, code FROM dossier_alias"
_LIFE = "SELECT min(dseq), max(dseq), count(*) FROM event_log WHERE device = ? AND incarnation = ?"
_TWICE = "SELECT commune, code FROM dossier GROUP BY commune, code HAVING count(*) > 1"
_DENSE = "SELECT commune, max(cseq), count(*) FROM event GROUP BY commune"


class Died(BaseException):
    """The process is gone: nothing of ours may catch it."""


@dataclass
class World:
    """What the examples of one test share: PCs that are enrolled, one that is not, and the server that
    knows them.
    """

    upper: Upper
    proxy: FaultProxy
    place: Path
    enrolled: tuple[Path, ...]
    first: tuple[str, str, int]
    """Device, commune and counter number of the first of them."""
    spare: Path
    keys: dict[Path, bytes]
    begun: dict[str, list[dict[str, Any]]]


@dataclass(eq=False)
class Desk:
    """A store in use, and what stands on the papers that came out of its printer."""

    counter: Counter
    key: bytes
    printed: dict[str, str] = field(default_factory=dict)
    """Dossier → code."""

    @property
    def org(self) -> str:
        return self.counter.identity.org_code

    @property
    def device(self) -> str:
        return self.counter.identity.device_id


@dataclass
class Made:
    org: str
    dossier_id: str
    code: str


def mortal(thing: Any, beat: Callable[[], None]) -> Any:
    """Does what the thing does, and may die before and after each."""

    class Mortal:
        def __getattr__(self, name: str) -> Any:
            value = getattr(thing, name)
            if not callable(value) or name == "close":
                return value

            def call(*given: Any, **more: Any) -> Any:
                beat()
                answer = value(*given, **more)
                beat()
                return answer

            return call

    return Mortal()


def machine_of(world: World) -> type[RuleBasedStateMachine]:
    names = itertools.count()

    class Machine(RuleBasedStateMachine):
        desks: list[Desk]
        pick = which = much = 0
        """Which of several, and how much, in the step that is being done."""

        @initialize()
        def begin(self) -> None:
            world.proxy.heal()
            world.upper.put_back(world.begun)
            self.place = Path(tempfile.mkdtemp(dir=world.place))
            self.clock, self.count = ToldClock(), itertools.count()
            self.desks = []
            self.made: list[Made] = []
            self.refused: list[Made] = []
            self.revoked = ""
            self.was_put_back = False
            self.backups: list[tuple[Path, bytes, dict[str, str]]] = []
            # a server put back to before it knew its counters is another story
            self.saved = world.begun
            self.going: list[Path] = []
            self.coming: list[tuple[str, Path]] = []
            for template in world.enrolled:
                self._copied(template, world.keys[template], {})

        def _path(self, kind: str) -> Path:
            return self.place / f"{next(names)}{kind}"

        def _copied(self, folder: Path, key: bytes, printed: dict[str, str]) -> Desk:
            target = self._path("")
            shutil.copytree(folder, target)
            return self._opened(target, key, printed)

        def _opened(self, folder: Path, key: bytes, printed: dict[str, str]) -> Desk:
            counter = Counter(folder, key)
            counter.clock = self.clock
            desk = Desk(counter, key, dict(printed))
            self.desks.append(desk)
            return desk

        @rule(what=_any, pick=_any, which=_any, much=_any)
        def step(self, what: int, pick: int, which: int, much: int) -> None:
            """One thing happens. All noughts, which come first, are a walk through everything."""
            at = next(self.count)
            self.pick, self.which, self.much = pick + at, which + 3 * at, much + 997 * at
            name = STEPS[(what + 7 * at) % len(STEPS)]
            note(name)
            getattr(self, name)()

        def _desk(self) -> Desk:
            return self.desks[self.pick % len(self.desks)]

        def _one_of(self, known: Sequence[_T]) -> _T:
            return known[self.which % len(known)]

        # ---- at the counters -------------------------------------------------------------------

        def receive(self) -> None:
            desk = self._desk()
            officer = desk.counter.officers.all()[0]
            made = desk.counter.intake.accept(draft(f"HỒ VĂN {len(self.made)}"), officer)
            assert isinstance(made, Accepted)
            self.made.append(Made(desk.org, made.dossier_id, made.code))
            desk.printed[made.dossier_id] = made.code

        def write_what_the_server_refuses(self) -> None:
            """A code of a counter that this one is not, as a faulty program would write it."""
            desk = self._desk()
            if not desk.printed:
                self.receive()
            with desk.counter.store.write() as books:
                (like, *_) = desk.printed
                payload = books.log.of(like)[0][1]
                assert isinstance(payload, DossierAccepted)
                foreign = replace(payload, code=f"{desk.org}-261120-9{len(self.refused) + 1:03}")
                bad = books.log.append(foreign, actor=SYSTEM, at=self.clock.now())
                books.dossiers.enter(bad, foreign)
            self.refused.append(Made(desk.org, bad.event_id, foreign.code))

        def _act(self, action: str, given: dict[str, object]) -> None:
            """Upon any dossier, also where it is not known or may not be done."""
            if known := self.made + self.refused:
                counter = self._desk().counter
                officer = counter.officers.all()[0]
                counter.acts.act(self._one_of(known).dossier_id, action, given, officer)

        def act_here(self) -> None:
            action = ("transfer", "complete", "return")[self.much % 3]
            self._act(action, {"to": "upper"} if action == "transfer" and self.which % 2 else {})

        def correct(self) -> None:
            self._act("correct", {"reason": "Sai số bộ", "sets": 2 + self.much % 7})

        def move_the_clock(self) -> None:
            self.clock.move(days=self.much % (2 * MOST_DAYS + 1) - MOST_DAYS)

        # ---- the line --------------------------------------------------------------------------

        def sync(self) -> None:
            desk = self._desk()
            summary = desk.counter.sync.cycle()
            if desk.device != self.revoked and not summary.fault:
                # whatever was refused has stopped nothing else
                assert summary.waiting == 0

        def sync_over_a_bad_line(self) -> None:
            way = ("cut_up", "cut_down")[self.which % 2]
            setattr(world.proxy, way, 1 + self.much % MOST_BYTES)
            self._desk().counter.sync.cycle()
            world.proxy.heal()

        # ---- lives -----------------------------------------------------------------------------

        def die_in_a_cycle(self) -> None:
            desk = self._desk()
            engine = desk.counter.sync
            with self._dying(desk) as beat:
                connect = engine._connect
                engine._store = mortal(engine._store, beat)
                engine._connect = lambda identity: mortal(connect(identity), beat)
                engine.cycle()

        @contextlib.contextmanager
        def _dying(self, desk: Desk) -> Iterator[Callable[[], None]]:
            """The PC goes off in here, or right after it: what lies on its disk is all that is left."""
            beats = itertools.count()

            def beat() -> None:
                if next(beats) >= self.much % MOST_BEATS:
                    raise Died

            try:
                with contextlib.suppress(Died):
                    yield beat
            finally:
                self.desks.remove(desk)
                self._copied(desk.counter.folder, desk.key, desk.printed)
                desk.counter.close()

        def copy_the_disk(self) -> None:
            if len(self.desks) < MOST_STORES:
                desk = self._desk()
                self._copied(desk.counter.folder, desk.key, desk.printed)

        def back_up(self) -> None:
            desk, target = self._desk(), self._path(".mcb")
            desk.counter.backups.make(target)
            self.backups.append((target, desk.key, dict(desk.printed)))

        def restore(self) -> None:
            if not self.backups:
                self.back_up()
            if len(self.desks) < MOST_STORES:
                source, key, printed = self._one_of(self.backups)
                folder = self._path("")
                restore_counter(folder, source, PASSPHRASE, None)
                self._opened(folder, key, printed)

        # ---- sticks ----------------------------------------------------------------------------

        def write_a_bundle(self) -> None:
            target = self._path(".hsx")
            self._desk().counter.bundles.write(target)
            self.going.append(target)

        def _truncated(self, path: Path) -> Path:
            part = self._path(".hsx")
            part.write_bytes(path.read_bytes()[: self.much % path.stat().st_size])
            return part

        def carry_up(self) -> None:
            """In any order and any number of times; now and then not to its end."""
            if not self.going:
                self.write_a_bundle()
            path, upper, target = self._one_of(self.going), world.upper, self._path(".hsx")
            if self.much % 4 == 0:
                with pytest.raises(ServerRefused):
                    bundles.take_in(upper.database, upper.keys, self._truncated(path))
                return
            try:
                told = bundles.take_in(upper.database, upper.keys, path)
                bundles.write(upper.database, upper.keys, told["device"], target)
            except ServerRefused as refused:
                # a copy wrote it, or the server has not what came before: the counter still has all;
                # a revoked device is told nothing
                if refused.code not in ("bundle_fork", "bundle_gap", "revoked"):
                    raise
                return
            self.coming.append((told["device"], target))

        def carry_down(self) -> None:
            """The same the other way; or the PC goes off meanwhile."""
            if not self.coming:
                self.carry_up()
            if not self.coming:
                return
            device, path = self._one_of(self.coming)
            mine = [desk for desk in self.desks if desk.device == device]
            desk = mine[self.pick % len(mine)]
            carried = desk.counter.bundles
            match self.much % 4:
                case 0:
                    with pytest.raises(Refused):
                        carried.take_in(self._truncated(path))
                    return
                case 1:
                    store, meanwhile = carried._store, self._dying(desk)
                case _:
                    store, meanwhile = None, contextlib.nullcontext(lambda: None)
            try:
                with meanwhile as beat:
                    if store is not None:
                        carried._store = mortal(store, beat)
                    carried.take_in(path)
            except Refused as refused:
                if refused.code not in ("bundle_old", "bundle_gap"):
                    raise

        # ---- above -----------------------------------------------------------------------------

        def decide_above(self) -> None:
            """One of those that were handed up."""
            with world.upper.database.begin() as connection:
                for made in self.made:
                    state = dossier_of(connection, made.org, made.dossier_id)
                    if state is not None and state.holder.side == "upper":
                        with contextlib.suppress(ServerRefused):
                            keys = world.upper.keys
                            act(connection, keys, made.org, state.id, "complete", {}, "Trên")
                        return

        def save_the_server(self) -> None:
            self.saved = world.upper.save()

        def put_the_server_back(self) -> None:
            world.upper.put_back(self.saved)
            self.was_put_back = True
            if self.much % 2:
                with world.upper.database.begin() as connection:
                    begin_epoch(connection, world.upper.keys)

        def revoke_and_replace(self) -> None:
            """Another PC takes over the number of the first; the old one goes on as if nothing were."""
            if self.revoked:
                return
            device_id, org, number = world.first
            # whom a server that was put back asks nothing any more cannot give back what it lost
            for desk in self.desks:
                if desk.device == device_id:
                    desk.counter.sync.cycle()
            with world.upper.database.begin() as connection:
                revoke(connection, device_id)
                code, _ = issue_code(connection, org, number)
            self.revoked = device_id
            new = self._copied(world.spare, world.keys[world.spare], {})
            new.counter.enrol(world.proxy.url, code, None)
            # a server put back to before it knew this one is another story
            self.saved = world.upper.save()

        # ---- after every step ------------------------------------------------------------------

        @invariant()
        def every_book_is_in_order(self) -> None:
            for desk in getattr(self, "desks", ()):
                with desk.counter.store.read() as books:
                    ask = books.connection.exec_driver_sql
                    named = {tuple(row) for row in ask(_NAMED)}
                    last, places = ask("SELECT max(cseq), count(*) FROM event_order").one()
                    own = books.settings.identity()
                    first, head, count = ask(_LIFE, (own.device_id, own.incarnation)).one()
                # whoever holds a slip is found by it, where it came out of the printer
                assert named >= set(desk.printed.items())
                # and no other commune's dossier is here
                assert all(code.startswith(desk.org + "-") for _, code in named)
                # a round that was cut before it compared may know two orders of a server that was put back
                assert places == (last or 0) or self.was_put_back
                assert (first, head) == ((1, count) if count else (None, None))

        @invariant()
        def the_server_is_in_order(self) -> None:
            if not hasattr(self, "desks"):
                return
            with world.upper.database.begin() as connection:
                ask = connection.exec_driver_sql
                assert ask(_TWICE).all() == []
                heads = {row.org: row.seq for row in ask("SELECT org, seq FROM commune")}
                for org, last, count in ask(_DENSE):
                    assert last == count == heads[org]

        # ---- and in the end --------------------------------------------------------------------

        def teardown(self) -> None:
            try:
                if getattr(self, "desks", None):
                    self._come_to_rest()
            finally:
                for desk in getattr(self, "desks", ()):
                    desk.counter.close()
                if hasattr(self, "place"):
                    shutil.rmtree(self.place)

        def _come_to_rest(self) -> None:
            world.proxy.heal()
            given_up = [desk for desk in self.desks if desk.device == self.revoked]
            live = [desk for desk in self.desks if desk.device != self.revoked]
            for desk in given_up:
                assert desk.counter.sync.cycle().blame == "server"
            for _ in range(6):
                summaries = [desk.counter.sync.cycle() for desk in live]
                # where nobody had anything to tell, everybody has heard all there is
                if not any(one.sent or one.problems or one.fault for one in summaries):
                    break
            assert [summary.fault for summary in summaries] == [""] * len(summaries)
            assert [summary.waiting for summary in summaries] == [0] * len(summaries)
            assert [problem.code for summary in summaries for problem in summary.problems] == []
            with world.upper.database.begin() as connection:
                assert faults_of(connection) == []
                self._assert_codes(connection, live)
                above, aside = _ids(connection, event), _ids(connection, quarantine)
                repaired = self._repaired(connection)
            for desk in live:
                assert check(desk.counter.store).faults == ()
                here = _log(desk)
                # the server's own decisions too: whoever holds one gives it back
                assert above.get(desk.org, set()) <= set(here)
                # what was put right stands above as its correction, and as it was only with its author
                assert (
                    set(here) - above.get(desk.org, set()) - aside.get(desk.org, set()) <= repaired
                )
                own = {known for known, device in here.items() if device == desk.device}
                assert _verdicts(desk) == own & aside.get(desk.org, set())
            for desk in given_up:
                _assert_nothing_lost(desk, above[desk.org] | aside.get(desk.org, set()))
            for org in {desk.org for desk in live}:
                digests = {d.counter.sync_store.order_digest() for d in live if d.org == org}
                assert len(digests) == 1

        def _repaired(self, connection: Connection) -> set[str]:
            """Acceptances that the server refused and somebody put right, and what tried to before."""
            right = {
                made.dossier_id
                for made in self.refused
                if dossier_of(connection, made.org, made.dossier_id) is not None
            }
            query = select(event_log.c.event_id, event_log.c.subject).where(
                event_log.c.type.in_(("dossier.accepted", "dossier.corrected"))
            )
            found = set()
            for desk in self.desks:
                with desk.counter.store.read() as books:
                    rows = books.connection.execute(query).all()
                found |= {row.event_id for row in rows if row.subject in right}
            return found

        def _assert_codes(self, connection: Connection, live: list[Desk]) -> None:
            """Every slip of a live PC leads to its dossier everywhere, and no code to two of them."""
            held = {made for desk in live for made in desk.printed}
            codes = []
            for made in self.made:
                if made.dossier_id not in held:
                    continue
                found = by_code(connection, made.code)
                assert made.dossier_id in {known for _, known in found}, made.code
                state = dossier_of(connection, made.org, made.dossier_id)
                assert state is not None
                codes.append(state.code)
                for desk in live:
                    views = desk.counter.search.by_code(made.code)
                    known = made.dossier_id in {view.dossier.id for view in views}
                    assert known == (desk.org == made.org)
            assert len(set(codes)) == len(codes)

    return Machine


def _assert_nothing_lost(desk: Desk, above: set[str]) -> None:
    """Of what a revoked PC wrote all is above but what its own clock puts behind that moment, and what
    came after it in that life.
    """
    assert check(desk.counter.store).faults == ()
    query = (
        select(
            event_log.c.incarnation, event_log.c.event_id, event_log.c.occurred_at, event_log.c.type
        )
        .where(event_log.c.device == desk.device)
        .order_by(event_log.c.dseq)
    )
    with desk.counter.store.read() as books:
        rows = books.connection.execute(query).all()
    now, late = datetime.now(UTC), set()
    for row in rows:
        if row.type != "incarnation.started" and datetime.fromisoformat(row.occurred_at) > now:
            late.add(row.incarnation)
        assert row.event_id in above or row.incarnation in late


def _ids(connection: Connection, table: Any) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for org, event_id in connection.execute(select(table.c.commune, table.c.event_id)):
        found.setdefault(org, set()).add(event_id)
    return found


def _log(desk: Desk) -> dict[str, str]:
    """Event → its device."""
    with desk.counter.store.read() as books:
        query = select(event_log.c.event_id, event_log.c.device)
        return {row.event_id: row.device for row in books.connection.execute(query)}


def _verdicts(desk: Desk) -> set[str]:
    """What it was told that the server could not take."""
    with desk.counter.store.read() as books:
        query = select(event_verdict.c.event_id).where(event_verdict.c.verdict == "quarantined")
        return set(books.connection.scalars(query))


@pytest.fixture
def quick_place(tmp_path: Path) -> Iterator[Path]:
    """In memory where there is room: what survives a power cut is proved elsewhere."""
    memory = Path("/dev/shm")
    if not memory.is_dir() or shutil.disk_usage(memory).free < 1 << 29:
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory, prefix="mot-cua-") as made:
        yield Path(made)


@pytest.fixture
def world(
    upper: Upper,
    proxy: FaultProxy,
    templates: Callable[..., Path],
    quick_place: Path,
) -> World:
    enrolled: list[Path] = []
    keys, first = {}, ("", "", 0)
    offices = (("khe-sanh", 1), ("khe-sanh", 2), ("huong-lap", 1))
    for office, number in offices:
        folder = quick_place / f"{office}-{number}"
        shutil.copytree(templates(number, office=office), folder)
        keys[folder] = store_key.unlock(folder, PASSPHRASE)
        counter = Counter(folder, keys[folder])
        counter.enrol(proxy.url, upper.code(counter), None)
        identity = counter.identity
        first = first if enrolled else (identity.device_id, identity.org_code, number)
        counter.close()
        enrolled.append(folder)
    spare = templates(1, 2)
    keys[spare] = store_key.unlock(spare, PASSPHRASE)
    return World(upper, proxy, quick_place, tuple(enrolled), first, spare, keys, upper.save())


_SMALL = settings(
    max_examples=3,
    stateful_step_count=24,
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
    """Fewer times over PostgreSQL: what it does otherwise is how it writes, not in which order."""
    larger = settings(
        _SMALL,
        max_examples=40 if world.upper.database.on_postgres else 120,
        stateful_step_count=50,
        phases=[Phase.generate, Phase.shrink],
    )
    run_state_machine_as_test(machine_of(world), settings=larger)
