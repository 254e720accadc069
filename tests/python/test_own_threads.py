"""AsyncIOScheduler(own_threads=False): the asyncio loop does the work of the engine."""

from __future__ import annotations

import asyncio
import logging
import threading
from datetime import datetime, timedelta, tzinfo
from typing import Any

import pytest
from uvsched import AsyncIOScheduler, ThreadPoolExecutor
from uvsched.enums import SchedulerState
from uvsched.events.constants import TASK_EXECUTED
from uvsched.exceptions import SchedulerForkedError
from uvsched.triggers import BaseTrigger

from .conftest import NOON, PATIENCE, Script, threads, until

MINUTE = timedelta(minutes=1)


async def tick() -> int:
    return threading.get_ident()


async def long() -> None:
    await asyncio.sleep(PATIENCE)


class EveryMinute(BaseTrigger):
    def get_next_trigger_time(
        self, timezone: tzinfo, previous_time: datetime | None, now: datetime | None = None
    ) -> datetime | None:
        asked_on.add(threading.get_ident())
        return (previous_time or NOON) + MINUTE


asked_on: set[int] = set()


def test_the_loop_does_all_and_no_thread_is_started(run: Any, record: Any, url: str) -> None:
    scheduler = AsyncIOScheduler(stores={"default": url}, own_threads=False)
    heard = record(scheduler)
    scheduler.add_task(tick, "interval", seconds=0.01, id="x")

    async def main() -> None:
        before = threads()
        async with scheduler:
            await until(lambda: len(scheduler.history("x", "done")) >= 3)
            assert scheduler.history("x", "done")[0].result == threading.get_ident()
            scheduler.add_task(tick, id="y")
            await until(lambda: scheduler.history("y"))
            scheduler.pause_task("x")
            assert (await scheduler.get_scheduler_info_async()).paused_task_count >= 1
            assert threads() <= before
        assert scheduler._handle.usable().wait(0)
        assert threads() <= before
        assert heard.of(TASK_EXECUTED)
        assert heard.threads == {threading.get_ident()}

    run(main)


def test_custom_triggers_are_asked_on_the_loop(run: Any, url: str) -> None:
    asked_on.clear()
    scheduler = AsyncIOScheduler(stores={"default": url}, own_threads=False, manual_clock=NOON)
    scheduler.add_task(tick, EveryMinute(), id="x")

    async def main() -> None:
        before = threads()
        async with scheduler:
            await until(lambda: scheduler.get_task("x").next_run_time)  # type: ignore[union-attr]
            scheduler.advance(61)
            await until(lambda: scheduler.history("x"))
            assert threads() <= before

    run(main)
    assert asked_on == {threading.get_ident()}


def test_a_shutdown_on_the_loop_writes_what_was_cancelled_at_once(run: Any, url: str) -> None:
    scheduler = AsyncIOScheduler(stores={"default": url}, own_threads=False)

    async def main() -> None:
        scheduler.start()
        scheduler.add_task(long, id="x")
        await until(lambda: scheduler.executors["default"].busy)
        scheduler.shutdown()
        assert scheduler._handle.usable().state() == SchedulerState.STATE_STOPPED
        async with scheduler:
            assert [row.state for row in scheduler.history("x")] == ["cancelled"]

    run(main)


def test_the_loop_stores_what_a_thread_returns_after_the_shutdown(run: Any, url: str) -> None:
    scheduler = AsyncIOScheduler(stores={"default": url}, executors={"pool": ThreadPoolExecutor(1)}, own_threads=False)

    async def main() -> None:
        gate.clear()
        scheduler.start()
        scheduler.add_task(wait_for_gate, id="x", executor="pool")
        await until(lambda: scheduler.executors["pool"].busy)
        scheduler.shutdown()
        engine = scheduler._handle.usable()
        assert engine.state() == SchedulerState.STATE_STOPPING
        gate.set()
        await until(lambda: engine.state() == SchedulerState.STATE_STOPPED)
        async with scheduler:
            assert [row.state for row in scheduler.history("x")] == ["done"]

    run(main)


gate = threading.Event()


def wait_for_gate() -> None:
    assert gate.wait(PATIENCE)


@pytest.mark.parametrize("given", [False, True])
def test_another_loop_after_one_that_was_closed(given: bool, url: str, caplog: pytest.LogCaptureFixture) -> None:
    scheduler = AsyncIOScheduler(stores={"default": url}, own_threads=False)

    async def first() -> None:
        scheduler.start()
        scheduler.add_task(long, id="x")
        await until(lambda: scheduler.executors["default"].busy)

    async def second() -> None:
        async with scheduler:
            assert [row.state for row in scheduler.history("x")] == ["cancelled"]
            scheduler.add_task(tick, id="y")
            await until(lambda: scheduler.history("y"))

    loop = asyncio.new_event_loop()
    with caplog.at_level(logging.WARNING, "uvsched"):
        loop.run_until_complete(first())
        loop.close()
    assert "the event loop was closed while the scheduler ran" in caplog.text
    assert not scheduler.running
    asyncio.run(second())


def test_a_given_loop_and_a_start_from_another_thread(run: Any) -> None:
    async def main() -> None:
        scheduler = AsyncIOScheduler(event_loop=asyncio.get_running_loop(), own_threads=False)
        scheduler.add_task(tick, "interval", seconds=0.01, id="x")
        await asyncio.to_thread(scheduler.start)
        await until(lambda: len(scheduler.history("x")) >= 2)
        await asyncio.to_thread(scheduler.shutdown)
        assert not scheduler.running

    run(main)


def test_setup_can_choose_it(run: Any) -> None:
    asked_on.clear()
    scheduler = AsyncIOScheduler(manual_clock=NOON)
    scheduler.add_task(tick, EveryMinute(), id="x")
    scheduler.setup(own_threads=False)

    async def main() -> None:
        before = threads()
        async with scheduler:
            scheduler.advance(61)
            await until(lambda: scheduler.history("x"))
            assert threads() <= before

    run(main)
    assert asked_on == {threading.get_ident()}


def test_a_loop_must_be_there() -> None:
    scheduler = AsyncIOScheduler(own_threads=False)
    with pytest.raises(RuntimeError, match="no event loop runs here: call start.. in a coroutine, give event_loop"):
        scheduler.start()
    assert not scheduler.running
    with pytest.raises(ValueError, match="isolated_event_loop: its loop needs a thread"):
        AsyncIOScheduler(own_threads=False, isolated_event_loop=True)
    with pytest.raises(TypeError, match="own_threads: expected True or False, not str"):
        AsyncIOScheduler({"asyncz.own_threads": "no"})
    asyncio.run(_start_and_stop(scheduler))


async def _start_and_stop(scheduler: AsyncIOScheduler) -> None:
    async with scheduler:
        pass


def test_a_forked_child_starts_it_anew(script: Script) -> None:
    text = f"""
        import asyncio, logging, os
        from uvsched import AsyncIOScheduler
        from uvsched.exceptions import {SchedulerForkedError.__name__}

        logging.disable()
        scheduler = AsyncIOScheduler(own_threads=False)

        async def job():
            return os.getpid()

        async def one():
            async with scheduler:
                scheduler.add_task(job, id="x", replace_existing=True)
                while not scheduler.history("x"):
                    await asyncio.sleep(0.001)
                assert scheduler.history("x")[0].result == os.getpid()

        async def main():
            scheduler.start()
            child = os.fork()
            if child == 0:
                return True
            assert os.waitpid(child, 0)[1] == 0
            await one()
            scheduler.shutdown()

        forked = asyncio.run(main())
        if forked:
            try:
                scheduler.add_task(job)
            except {SchedulerForkedError.__name__}:
                asyncio.run(one())
        print("end", bool(forked))
        """
    assert script.run(text) == "end True\nend False\n"
