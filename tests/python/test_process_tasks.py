"""BaseScheduler: the form without a thread, and what process_tasks() does in the others."""

from __future__ import annotations

import asyncio
import logging
import threading
from datetime import timedelta
from typing import Any

import pytest
from uvsched.events.constants import TASK_EXECUTED
from uvsched.exceptions import SchedulerNotRunningError
from uvsched.executors import DebugExecutor, ThreadPoolExecutor
from uvsched.schedulers import (
    AsyncIOScheduler,
    BackgroundScheduler,
    BaseScheduler,
    BlockingScheduler,
    NativeAsyncIOScheduler,
    PolledScheduler,
)
from uvsched.schedulers.types import SchedulerType

from .conftest import NOON, Recorder, threads, until_sync

HOUR = timedelta(hours=1)


def test_all_others_are_kinds_of_it() -> None:
    for kind in (
        AsyncIOScheduler,
        NativeAsyncIOScheduler,
        BackgroundScheduler,
        BlockingScheduler,
        PolledScheduler,
    ):
        assert issubclass(kind, BaseScheduler)
        assert isinstance(kind(), BaseScheduler | SchedulerType)
    assert isinstance(BaseScheduler(), SchedulerType)
    assert not isinstance(BaseScheduler(), AsyncIOScheduler | PolledScheduler)


@pytest.mark.parametrize("url", ["memory", "sqlite:{}/tasks.db"])
def test_nothing_happens_between_the_calls(tmp_path: Any, url: str) -> None:
    ran: list[int] = []
    scheduler = BaseScheduler(stores={"default": url.format(tmp_path)}, manual_clock=NOON)
    heard = Recorder(scheduler, TASK_EXECUTED)
    before = threads()
    with scheduler:
        scheduler.add_task(work, "interval", hours=1, id="work", args=[len(ran)])
        assert scheduler.process_tasks() == 3600.0
        scheduler.advance(HOUR)
        assert threads() == before
        assert scheduler.history() == []
        assert scheduler.process_tasks() == 3600.0
        assert [row.state for row in scheduler.history("work")] == ["done"]
        assert len(heard.events) == 1
        assert heard.threads == {threading.get_ident()}
        scheduler.remove_all_tasks()
        assert scheduler.process_tasks() is None


def work(number: int) -> int:
    return number


def test_it_counts_its_starts() -> None:
    scheduler = BaseScheduler()
    assert isinstance(scheduler.executors["default"], DebugExecutor)
    with pytest.raises(SchedulerNotRunningError):
        scheduler.process_tasks()
    assert (scheduler.start(), scheduler.start()) == (True, False)
    assert (scheduler.shutdown(), scheduler.running) == (False, True)
    assert (scheduler.shutdown(), scheduler.running) == (True, False)
    with pytest.raises(SchedulerNotRunningError):
        scheduler.shutdown()
    with scheduler:
        assert scheduler.process_tasks() is None


def test_a_pause() -> None:
    scheduler = BaseScheduler(manual_clock=NOON)
    with scheduler:
        scheduler.add_task(work, "interval", hours=1, id="work", args=[1])
        scheduler.pause()
        scheduler.advance(HOUR)
        assert scheduler.process_tasks() is None
        assert scheduler.history() == []
        scheduler.resume()
        assert scheduler.process_tasks() == 3600.0
        assert len(scheduler.history("work")) == 1


@pytest.mark.parametrize("url", ["memory", "sqlite:{}/tasks.db"])
def test_a_run_that_is_asked_for_in_a_pause_waits_for_its_end(tmp_path: Any, url: str) -> None:
    scheduler = BaseScheduler(stores={"default": url.format(tmp_path)}, manual_clock=NOON)
    with scheduler:
        task = scheduler.add_task(work, "interval", hours=1, id="work", args=[1])
        scheduler.pause()
        task.run()
        scheduler.process_tasks()
        assert scheduler.history() == []
        scheduler.resume()
        assert scheduler.process_tasks() == 3600.0  # the schedule is as it was
        assert [row.kind for row in scheduler.history("work")] == ["manual"]


def test_one_call_has_an_end() -> None:
    scheduler = BaseScheduler()

    def again() -> None:
        scheduler.add_task(again)

    with scheduler:
        scheduler.add_task(again)
        assert scheduler.process_tasks() == 0.0
        scheduler.remove_all_tasks()


def test_a_shutdown_works_until_runs_have_ended() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> int:
        begun.set()
        assert go_on.wait(30)
        return 1

    scheduler = BaseScheduler(executors={"default": ThreadPoolExecutor(1)})
    with scheduler:
        scheduler.add_task(slow, id="slow")
        until_sync(lambda: (scheduler.process_tasks(), begun.is_set())[1], "its begin")
        threading.Timer(0.05, go_on.set).start()
    with scheduler:
        assert [row.result for row in scheduler.history("slow")] == [1]


def test_a_call_in_a_call() -> None:
    scheduler = BaseScheduler()
    with scheduler:
        scheduler.add_task(scheduler.process_tasks, id="again")
        scheduler.process_tasks()
        assert scheduler.history("again")[0].error.startswith("uvsched.exceptions.DeadlockError")


def test_a_kind_of_ones_own(caplog: pytest.LogCaptureFixture) -> None:
    class Mine(BaseScheduler):
        def start(self, paused: bool = False) -> bool:
            self.logger.warning("mine starts")
            return super().start(paused)

    with caplog.at_level(logging.WARNING), Mine(timezone="Europe/Madrid") as scheduler:
        scheduler.add_task(work, args=[2], id="work")
        assert scheduler.process_tasks() is None
        assert len(scheduler.history("work")) == 1
        assert repr(scheduler).startswith("<Mine running")
    assert "mine starts" in caplog.text


def test_where_a_loop_does_the_work_it_tells_the_time() -> None:
    async def main() -> None:
        async with AsyncIOScheduler(manual_clock=NOON) as scheduler:
            assert scheduler.process_tasks() is None
            scheduler.add_task(work, "interval", hours=1, args=[1])
            assert scheduler.process_tasks() == 3600.0
            assert await scheduler.process_tasks_async() == 3600.0

    asyncio.run(main())
    with BackgroundScheduler() as scheduler:
        scheduler.add_task(work, "interval", hours=1, args=[1])
        seconds = scheduler.process_tasks()
        assert seconds is not None
        assert 3500 < seconds <= 3600
