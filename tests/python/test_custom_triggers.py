"""Triggers of the program's own: classes that say when a task is due, asked on a thread of their own."""

from __future__ import annotations

import asyncio
import logging
import textwrap
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from uvsched.events.constants import TRIGGER_ERROR
from uvsched.executors import DebugExecutor
from uvsched.schedulers import AsyncIOScheduler, BackgroundScheduler
from uvsched.triggers import BaseTrigger, CronTrigger, IntervalTrigger, OrTrigger

from .conftest import NOON, Recorder, until

SECOND = timedelta(seconds=1)
MADRID = ZoneInfo("Europe/Madrid")

calls: list[Any] = []
asked: list[tuple[Any, ...]] = []
gate = threading.Event()


def job(value: Any = None) -> Any:
    calls.append(value)
    return value


class Every(BaseTrigger):
    """Every `seconds`; of no constructor of BaseTrigger's, as asyncz's users write them."""

    def __init__(self, seconds: float, zone: tzinfo | None = None) -> None:
        self.step = timedelta(seconds=seconds)
        self.zone = zone

    def get_next_trigger_time(
        self, timezone: tzinfo, previous_time: datetime | None, now: datetime | None = None
    ) -> datetime | None:
        asked.append((self, timezone, previous_time, now, threading.current_thread()))
        return (previous_time or now) + self.step  # type: ignore[operator]


class Broken(Every):
    def get_next_trigger_time(
        self, timezone: tzinfo, previous_time: datetime | None, now: datetime | None = None
    ) -> datetime | None:
        raise SystemExit("no tide today")


class Past(Every):
    def get_next_trigger_time(
        self, timezone: tzinfo, previous_time: datetime | None, now: datetime | None = None
    ) -> datetime | None:
        assert now is not None
        return now - SECOND


class NoDate(Every):
    def get_next_trigger_time(self, *_: Any) -> Any:
        return "tomorrow"


class Stuck(Every):
    def get_next_trigger_time(
        self, timezone: tzinfo, previous_time: datetime | None, now: datetime | None = None
    ) -> datetime | None:
        assert now is not None
        asked.append((self, timezone, previous_time, now, threading.current_thread()))
        gate.wait(60)
        return now + SECOND


class Weekdays(CronTrigger):
    """A rule of the engine's, changed."""

    def get_next_trigger_time(
        self, timezone: tzinfo, previous_time: datetime | None, now: datetime | None = None
    ) -> datetime | None:
        found = super().get_next_trigger_time(timezone, previous_time, now)
        while found is not None and found.weekday() > 4:
            found = super().get_next_trigger_time(timezone, found, now)
        return found


class Slotted(BaseTrigger):
    __slots__ = ("__secret", "step")

    def __init__(self, step: timedelta, secret: bytes, jitter: float | None = None) -> None:
        super().__init__(jitter=jitter)
        self.step = step
        self.__secret = secret

    def get_next_trigger_time(
        self, timezone: tzinfo, previous_time: datetime | None, now: datetime | None = None
    ) -> datetime | None:
        assert self.__secret == b"tide"
        return (previous_time or now) + self.step  # type: ignore[operator]


@pytest.fixture(autouse=True)
def fresh() -> Any:
    calls.clear()
    asked.clear()
    gate.clear()
    yield
    gate.set()


@pytest.fixture(params=["memory", "sqlite"])
def scheduler(request: pytest.FixtureRequest, make: Any, tmp_path: Path) -> AsyncIOScheduler:
    url = "memory" if request.param == "memory" else f"sqlite:{tmp_path / 'tasks.db'}"
    made: AsyncIOScheduler = make(stores={"default": url}, executors={"default": DebugExecutor()})
    return made


def driven(scheduler: AsyncIOScheduler, main: Callable[[], Any]) -> None:
    async def body() -> None:
        async with scheduler:
            await main()

    asyncio.run(body())


async def settled(scheduler: AsyncIOScheduler) -> None:
    """Until nothing is due, and nothing is asked."""
    assert await asyncio.to_thread(scheduler._handle.usable().wait_idle, 30_000)


def task(scheduler: AsyncIOScheduler, id: str = "t") -> Any:
    found = scheduler.get_task(id)
    assert found is not None
    return found


def test_a_class_says_when_its_task_is_due(scheduler: AsyncIOScheduler) -> None:
    async def main() -> None:
        trigger = Every(10, MADRID)
        added = scheduler.add_task(job, trigger, id="t", args=[1])
        await settled(scheduler)
        assert task(scheduler).next_run_time == NOON + 10 * SECOND
        ((object_, zone, previous, now, thread),) = asked
        assert object_ is trigger
        assert zone == timezone.utc
        assert previous is None
        assert now == NOON
        assert now.tzinfo is not None
        assert thread.daemon
        assert thread not in (threading.main_thread(), threading.current_thread())
        for count in range(1, 4):
            scheduler.advance(10 * SECOND)
            await settled(scheduler)
            assert calls == [1] * count
        assert [entry[2] for entry in asked] == [None, *(NOON + n * 10 * SECOND for n in (1, 2, 3))]
        assert added.trigger is trigger
        assert task(scheduler).next_run_time == NOON + 40 * SECOND

    driven(scheduler, main)


def test_the_scheduler_can_be_in_another_zone(make: Any) -> None:
    scheduler = make(timezone=MADRID, executors={"default": DebugExecutor()})

    async def main() -> None:
        scheduler.add_task(job, Every(10), id="t")
        await settled(scheduler)
        assert str(asked[0][1]) == "Europe/Madrid"
        assert asked[0][3] == NOON
        assert asked[0][3].utcoffset() == timedelta(hours=1)

    driven(scheduler, main)


def test_tasks_added_before_start_and_again(scheduler: AsyncIOScheduler) -> None:
    scheduler.add_task(job, Every(10), id="t")
    assert asked == []

    async def main() -> None:
        await settled(scheduler)
        scheduler.add_task(job, Every(10), id="t")  # equal: changes nothing
        await settled(scheduler)
        assert len(asked) == 1
        with pytest.raises(KeyError, match="custom"):
            scheduler.add_task(job, Every(20), id="t")

    driven(scheduler, main)

    async def again() -> None:
        await settled(scheduler)
        scheduler.advance(10 * SECOND)
        await settled(scheduler)
        assert calls == [None]

    driven(scheduler, again)


def test_a_start_with_many_stores_gets_the_first_time(tmp_path: Path) -> None:
    """The first store asks long before all of them are open, and another thread answers at once."""
    stores: dict[str, Any] = {f"disk{i:02}": f"sqlite:{tmp_path / str(i)}.db" for i in range(16)}
    scheduler = BackgroundScheduler(stores={"default": "memory", **stores}, timezone="UTC")
    task = scheduler.add_task(job, Every(1000), id="t", store="disk00")
    with scheduler:
        end = time.monotonic() + 30
        while task.next_run_time is None:
            assert time.monotonic() < end, "the answer to the first question was lost"
            time.sleep(0.005)


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        (Broken, "SystemExit: no tide today"),
        (Past, "gave 2026-01-01T11:59:59Z, which is before 2026-01-01T12:00:00Z"),
        (NoDate, "TypeError: get_next_trigger_time() gave 'tomorrow', which is neither a datetime nor None"),
    ],
)
def test_a_trigger_that_fails_hurts_only_its_task(
    scheduler: AsyncIOScheduler, kind: type[Every], what: str, caplog: pytest.LogCaptureFixture
) -> None:
    heard = Recorder(scheduler)
    caplog.set_level(logging.ERROR, "uvsched")

    async def main() -> None:
        scheduler.add_task(job, kind(10), id="t")
        scheduler.add_task(job, Every(10), id="other", args=["other"])
        event = await heard.first(TRIGGER_ERROR)
        assert event.task_id == "t"
        await settled(scheduler)
        assert task(scheduler).paused
        (row,) = scheduler.history("t")
        assert row.reason == "trigger_failed"
        assert what in (row.error or "")
        assert any(what in record.getMessage() for record in caplog.records)
        scheduler.advance(10 * SECOND)
        await settled(scheduler)
        assert calls == ["other"]
        scheduler.reschedule_task("t", trigger=Every(5))
        scheduler.resume_task("t")
        await settled(scheduler)
        scheduler.advance(5 * SECOND)
        await settled(scheduler)
        assert calls == ["other", None]

    driven(scheduler, main)
    if kind is Broken:
        assert "Traceback" in heard.of(TRIGGER_ERROR)[0].message


def test_a_trigger_that_never_returns_is_given_up() -> None:
    scheduler = AsyncIOScheduler(executors={"default": DebugExecutor()})
    heard = Recorder(scheduler)

    async def main() -> None:
        scheduler.add_task(job, Stuck(1), id="t")
        await until(lambda: asked)
        scheduler.add_task(job, Every(0.01), id="other")
        await heard.first(TRIGGER_ERROR)  # after five seconds
        assert "did not answer within 5 s" in heard.of(TRIGGER_ERROR)[0].message
        await until(lambda: calls)
        assert task(scheduler).paused
        assert asked[0][4] is not asked[1][4]
        gate.set()
        await until(lambda: not asked[0][4].is_alive())

    driven(scheduler, main)


def test_shutdown_does_not_wait_for_a_trigger(make: Any) -> None:
    scheduler = make(executors={"default": DebugExecutor()})

    async def main() -> None:
        scheduler.add_task(job, Stuck(1), id="t")
        await until(lambda: asked)

    driven(scheduler, main)
    assert not gate.is_set()

    async def again() -> None:
        await until(lambda: len(asked) == 2)
        gate.set()
        await settled(scheduler)
        assert task(scheduler).next_run_time is not None

    driven(scheduler, again)


def test_closed_while_an_ask_was_on_its_way(script: Any) -> None:
    """The thread that took it has yet to get the GIL, which the one that closes holds."""
    process = script.start(
        """
import sys, time
from uvsched.schedulers import AsyncIOScheduler
from uvsched.triggers import BaseTrigger

class Never(BaseTrigger):
    def get_next_trigger_time(self, timezone, previous_time, now=None):
        return None

for _ in range(20):
    scheduler = AsyncIOScheduler()
    scheduler.start()
    sys.setswitchinterval(60)  # nobody else gets the GIL unless it is let go of
    scheduler.add_task(print, Never())
    asked = time.monotonic() + 0.02
    while time.monotonic() < asked:
        pass
    scheduler._lifecycle._registry.custom_triggers.close(True, True)
    sys.setswitchinterval(0.005)
    scheduler.shutdown(wait=False)
""",
        env={"MALLOC_PERTURB_": "37"},  # glibc overwrites what is freed
    )
    _, errors = script.end_of(process)
    assert (process.returncode, errors) == (0, "")


def test_a_rule_changed_by_a_subclass(make: Any, tmp_path: Path) -> None:
    # 2026-01-01 is a Thursday.
    scheduler = make(stores={"default": f"sqlite:{tmp_path / 'tasks.db'}"}, executors={"default": DebugExecutor()})

    async def main() -> None:
        scheduler.add_task(job, Weekdays(hour=13, timezone="UTC"), id="t")
        await settled(scheduler)
        days = []
        for _ in range(3):
            found = task(scheduler).next_run_time
            days.append(found.day)
            scheduler.advance(found - scheduler_now(scheduler))
            await settled(scheduler)
        assert days == [1, 2, 5]

    driven(scheduler, main)


def scheduler_now(scheduler: AsyncIOScheduler) -> datetime:
    return datetime.fromtimestamp(scheduler._handle.usable().now() / 1_000_000, timezone.utc)


def test_state_goes_through_the_store(make: Any, tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'tasks.db'}"
    first = make(stores={"default": url}, executors={"default": DebugExecutor()})

    async def add() -> None:
        first.add_task(job, Slotted(timedelta(hours=1), b"tide", jitter=5), id="t")
        await settled(first)

    driven(first, add)

    from uvsched.triggers import custom

    known = custom._Objects()
    found = first_trigger(tmp_path)
    known._classes[found["name"]] = Slotted
    made = known.find(found["name"], found["arguments"])
    assert isinstance(made, Slotted)
    assert made.step == timedelta(hours=1)
    assert made.jitter == 5
    assert made._jitter == 5_000_000
    assert made.get_next_trigger_time(timezone.utc, NOON) == NOON + timedelta(hours=1)
    assert known.declare(made).arguments == custom._canonical(known.declare(made).arguments)
    assert found["jitter"] == 5


def first_trigger(folder: Path) -> Any:
    import contextlib
    import json
    import sqlite3

    with contextlib.closing(sqlite3.connect(folder / "tasks.db")) as database:
        (text,) = database.execute("SELECT def FROM def").fetchone()
    return json.loads(text)["trigger"]


def test_what_a_durable_store_refuses(scheduler: AsyncIOScheduler) -> None:
    class Local(Every):
        pass

    durable = scheduler.stores["default"].durable
    for trigger, why in (
        (Local(10), "move it to the top level of its module"),
        (Every(10, zone=object()), r"its attributes\['zone'\]: a builtins.object cannot be stored"),  # type: ignore[arg-type]
    ):
        if durable:
            with pytest.raises(ValueError, match=f"trigger: store 'default' is durable, but .*{why}"):
                scheduler.add_task(job, trigger, id="t")
            continue

        async def main(trigger: Every = trigger) -> None:
            added = scheduler.add_task(job, trigger, id="t")
            await settled(scheduler)
            assert added.trigger is trigger
            scheduler.advance(10 * SECOND)
            await settled(scheduler)
            assert calls
            scheduler.delete_task("t")

        driven(scheduler, main)


def test_what_is_no_trigger() -> None:
    scheduler = AsyncIOScheduler()
    with pytest.raises(TypeError, match="with a trigger object: unknown argument 'seconds'"):
        scheduler.add_task(job, Every(1), seconds=3)
    with pytest.raises(ValueError, match="call get_next_trigger_time"):
        Every(1).next(NOON)
    with pytest.raises(ValueError, match="custom"):
        OrTrigger([Every(1), IntervalTrigger(seconds=1)])


RESTARTED = """
    import asyncio
    from uvsched.schedulers import AsyncIOScheduler

    async def main():
        scheduler = AsyncIOScheduler(stores={{"default": "sqlite:tasks.db"}}, trusted_modules=["tides"])
        if {add}:
            import tides
            scheduler.add_task(tides.job, tides.Tides(0.3), id="t", max_instances=20)
        async with scheduler:
            while len(scheduler.history("t", "done")) < {runs}:
                await asyncio.sleep(0.01)
            print(type(scheduler.get_task("t").trigger).__name__)
    asyncio.run(main())
"""

TIDES = """
    from datetime import timedelta
    from uvsched.triggers import BaseTrigger

    class Tides(BaseTrigger):
        def __init__(self, seconds):
            super().__init__()
            self.step = timedelta(seconds=seconds)

        def get_next_trigger_time(self, timezone, previous_time, now=None):
            return (previous_time or now) + self.step

    def job():
        pass
"""


def test_another_process_finds_the_class_by_its_name(script: Any) -> None:
    (script.folder / "tides.py").write_text(textwrap.dedent(TIDES))
    assert script.run(RESTARTED.format(add=True, runs=2)) == "Tides\n"
    assert script.run(RESTARTED.format(add=False, runs=4)) == "Tides\n"


EXITING = """
    import threading, time
    from uvsched.schedulers import AsyncIOScheduler
    from uvsched.triggers import BaseTrigger

    began = threading.Event()

    class Loops(BaseTrigger):
        def get_next_trigger_time(self, timezone, previous_time, now=None):
            began.set()
            while True:
                time.sleep({pause})

    scheduler = AsyncIOScheduler(isolated_event_loop=True)
    scheduler.add_task(print, Loops(), id="t")
    scheduler.start()
    began.wait()
    print("end")
"""


@pytest.mark.parametrize("pause", [0, 3600])
def test_the_interpreter_exits_whatever_a_trigger_does(script: Any, pause: int) -> None:
    assert script.run(EXITING.format(pause=pause)).endswith("end\n")
