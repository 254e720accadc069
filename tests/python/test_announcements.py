"""What a scheduler is asked to do: its listeners hear it before the call returns, once, and where they should."""

from __future__ import annotations

import asyncio
import functools
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from uvsched.events import SchedulerEvent, TaskEvent
from uvsched.events.constants import (
    ALL_TASKS_REMOVED,
    EVERY_EVENT,
    EXECUTOR_ADDED,
    EXECUTOR_REMOVED,
    SCHEDULER_PAUSED,
    SCHEDULER_RESUMED,
    SCHEDULER_SHUTDOWN,
    SCHEDULER_STARTED,
    STORE_ADDED,
    STORE_REMOVED,
    TASK_ADDED,
    TASK_EXECUTED,
    TASK_MODIFIED,
    TASK_REMOVED,
)
from uvsched.executors import DebugExecutor, ThreadPoolExecutor
from uvsched.schedulers import AsyncIOScheduler, BackgroundScheduler, NativeAsyncIOScheduler, PolledScheduler
from uvsched.stores import MemoryStore

from .conftest import NOON, until, until_sync

ASKED = (
    SCHEDULER_STARTED
    | SCHEDULER_SHUTDOWN
    | SCHEDULER_PAUSED
    | SCHEDULER_RESUMED
    | EXECUTOR_ADDED
    | EXECUTOR_REMOVED
    | STORE_ADDED
    | STORE_REMOVED
    | ALL_TASKS_REMOVED
    | TASK_ADDED
    | TASK_MODIFIED
    | TASK_REMOVED
)


class Ear:
    """A listener that notes code and object of what it hears, and its thread."""

    def __init__(self, scheduler: Any, mask: int = ASKED) -> None:
        self.heard: list[tuple[int, str | None]] = []
        self.threads: list[int] = []
        scheduler.add_listener(self, mask)

    def __call__(self, event: SchedulerEvent) -> None:
        self.heard.append((event.code, event.task_id if isinstance(event, TaskEvent) else event.alias))
        self.threads.append(threading.get_ident())

    def take(self) -> list[tuple[int, str | None]]:
        heard, self.heard = self.heard, []
        return heard


def beat() -> None:
    """A task."""


def use(scheduler: Any) -> list[Any]:
    """Asks for everything that can be asked about tasks: calls, and what each has to tell."""
    return [
        (lambda: scheduler.add_task(beat, "interval", hours=1, id="a"), [(TASK_ADDED, "a")]),
        (lambda: scheduler.add_task(beat, "interval", hours=1, id="a"), []),
        (
            lambda: scheduler.add_task(beat, "interval", hours=2, id="a", replace_existing=True),
            [(TASK_MODIFIED, "a")],
        ),
        (lambda: scheduler.update_task("a", name="other"), [(TASK_MODIFIED, "a")]),
        (lambda: scheduler.reschedule_task("a", trigger="interval", hours=3), [(TASK_MODIFIED, "a")]),
        (lambda: scheduler.pause_task("a"), [(TASK_MODIFIED, "a")]),
        (lambda: scheduler.resume_task("a"), [(TASK_MODIFIED, "a")]),
        (lambda: scheduler.delete_task("a"), [(TASK_REMOVED, "a")]),
        (lambda: scheduler.add_task(beat, "interval", hours=1, id="b"), [(TASK_ADDED, "b")]),
        (scheduler.remove_all_tasks, [(ALL_TASKS_REMOVED, "default")]),
    ]


def test_calls_tell_before_they_return(run: Any, make: Any, url: str) -> None:
    scheduler = make(stores={"default": url})
    ear = Ear(scheduler)
    for call, told in use(scheduler):
        call()
        assert ear.take() == told

    async def main() -> None:
        async with scheduler:
            assert ear.take() == [(EXECUTOR_ADDED, "default"), (STORE_ADDED, "default"), (SCHEDULER_STARTED, None)]
            for call, told in use(scheduler):
                call()
                assert ear.take() == told
            scheduler.pause()
            scheduler.pause()
            assert ear.take() == [(SCHEDULER_PAUSED, None)]
            scheduler.resume()
            scheduler.resume()
            assert ear.take() == [(SCHEDULER_RESUMED, None)]
            marks: list[Any] = []
            scheduler.add_listener(marks.append, TASK_EXECUTED)
            scheduler.add_task(beat, id="mark")
            await until(lambda: marks)
            await until(lambda: ear.heard)  # whatever the engine has to tell of all that has been told by now
            if url == "memory":
                await until(lambda: len(ear.heard) == 2)
                assert ear.take() == [(TASK_ADDED, "mark"), (TASK_REMOVED, "mark")]
            else:
                assert ear.take() == [(TASK_ADDED, "mark")]
        assert ear.take() == [(SCHEDULER_SHUTDOWN, None)]

    run(main)
    assert set(ear.threads) == {threading.get_ident()}


def test_what_nobody_heard_is_told_by_the_start(run: Any) -> None:
    scheduler = AsyncIOScheduler(
        stores={"default": MemoryStore(), "more": MemoryStore()},
        executors={"default": DebugExecutor(), "pool": ThreadPoolExecutor(1)},
    )
    scheduler.add_task(beat, "interval", hours=1, id="early")
    scheduler.add_task(beat, "interval", hours=1, id="gone")
    scheduler.delete_task("gone")
    ear = Ear(scheduler)
    scheduler.add_executor(DebugExecutor(), "late")
    scheduler.add_store(MemoryStore(), "later")
    scheduler.add_task(beat, "interval", hours=1, id="late")
    assert ear.take() == [(EXECUTOR_ADDED, "late"), (STORE_ADDED, "later"), (TASK_ADDED, "late")]
    scheduler.remove_executor("late")
    scheduler.remove_store("later")
    assert ear.take() == [(EXECUTOR_REMOVED, "late"), (STORE_REMOVED, "later")]

    async def main() -> None:
        scheduler.start(paused=True)
        assert ear.take() == [
            (EXECUTOR_ADDED, "default"),
            (EXECUTOR_ADDED, "pool"),
            (STORE_ADDED, "default"),
            (STORE_ADDED, "more"),
            (TASK_ADDED, "early"),
            (SCHEDULER_STARTED, None),
            (SCHEDULER_PAUSED, None),
        ]
        assert scheduler.start() is False
        scheduler.shutdown()
        assert ear.take() == []
        await scheduler.shutdown_async()
        assert ear.take() == [(SCHEDULER_SHUTDOWN, None)]
        scheduler.start()
        assert ear.take() == [(SCHEDULER_STARTED, None)]
        await scheduler.shutdown_async()

    run(main)


def test_undeclared_tasks_are_the_engines_decision(make: Any, tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'tasks.db'}"

    async def main(undeclared: str, *ids: str) -> list[Any]:
        scheduler = make(stores={"default": url}, undeclared=undeclared)
        for id in ids:
            scheduler.add_task(beat, "interval", hours=1, id=id)
        ear = Ear(scheduler, TASK_MODIFIED | TASK_REMOVED | TASK_EXECUTED)
        async with scheduler:
            mark = scheduler.add_task(beat, id=f"mark-{undeclared}").id
            await until(lambda: (TASK_EXECUTED, mark) in ear.heard)
        return ear.take()

    asyncio.run(main("keep", "a", "b"))
    assert asyncio.run(main("pause", "a")) == [(TASK_MODIFIED, "b"), (TASK_EXECUTED, "mark-pause")]
    assert asyncio.run(main("delete", "a")) == [(TASK_REMOVED, "b"), (TASK_EXECUTED, "mark-delete")]


def test_a_caller_on_another_thread(make: Any) -> None:
    scheduler = BackgroundScheduler(manual_clock=NOON)
    ear = Ear(scheduler)
    with scheduler:
        scheduler.add_task(beat, "interval", hours=1, id="a")
    assert [code for code, _ in ear.take()] == [
        EXECUTOR_ADDED,
        STORE_ADDED,
        SCHEDULER_STARTED,
        TASK_ADDED,
        SCHEDULER_SHUTDOWN,
    ]
    assert set(ear.threads) == {threading.get_ident()}


def test_polled() -> None:
    scheduler = PolledScheduler(manual_clock=NOON)
    ear = Ear(scheduler)
    with scheduler:
        scheduler.add_task(beat, "interval", hours=1, id="a")
        assert ear.take()[-2:] == [(SCHEDULER_STARTED, None), (TASK_ADDED, "a")]
        scheduler.poll()
    assert ear.take() == [(SCHEDULER_SHUTDOWN, None)]

    async def coroutine(event: Any) -> None:
        """Nobody could await it."""

    for callback in (coroutine, functools.partial(coroutine)):
        with pytest.raises(TypeError, match="is a coroutine function, which this scheduler has no loop for"):
            scheduler.add_listener(callback)


def test_twins_tell_on_the_loop(run: Any, url: str) -> None:
    scheduler = NativeAsyncIOScheduler(stores={"default": url}, manual_clock=NOON)
    ear = Ear(scheduler)

    async def main() -> None:
        await scheduler.start()
        assert ear.take()[-1] == (SCHEDULER_STARTED, None)
        await scheduler.add_task_async(beat, "interval", hours=1, id="a")
        assert ear.take() == [(TASK_ADDED, "a")]
        waiting = asyncio.ensure_future(scheduler.pause_task_async("a"))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await scheduler.resume_task_async("a")
        await scheduler.delete_task_async("a")
        assert ear.take()[-1] == (TASK_REMOVED, "a")
        await scheduler.shutdown()
        assert ear.take() == [(SCHEDULER_SHUTDOWN, None)]

    run(main)
    assert set(ear.threads) == {threading.get_ident()}


# ---- Coroutine functions -------------------------------------------------------------------------------------------


class Awaited:
    """A listener that is awaited."""

    def __init__(self, scheduler: Any, mask: int = ASKED) -> None:
        self.heard: list[int] = []
        self.loops: set[Any] = set()
        scheduler.add_listener(self, mask)

    async def __call__(self, event: SchedulerEvent) -> None:
        await asyncio.sleep(0)
        self.heard.append(event.code)
        self.loops.add(asyncio.get_running_loop())


def test_coroutine_functions_are_awaited_on_the_loop(run: Any, make: Any) -> None:
    scheduler = make()
    awaited = Awaited(scheduler, ASKED | TASK_EXECUTED)
    scheduler.add_task(beat, "interval", hours=1, id="early")
    assert awaited.heard == []

    async def main() -> None:
        async with scheduler:
            await until(lambda: SCHEDULER_STARTED in awaited.heard)
            scheduler.advance(timedelta(hours=1))
            await until(lambda: TASK_EXECUTED in awaited.heard)
        assert awaited.heard == [
            TASK_ADDED,
            EXECUTOR_ADDED,
            STORE_ADDED,
            SCHEDULER_STARTED,
            TASK_EXECUTED,
            SCHEDULER_SHUTDOWN,
        ]
        assert awaited.loops == {asyncio.get_running_loop()}

    run(main)


def test_a_loop_in_a_thread_ends_when_its_listeners_have() -> None:
    scheduler = BackgroundScheduler(manual_clock=NOON)
    awaited = Awaited(scheduler)
    with scheduler:
        scheduler.add_task(beat, "interval", hours=1, id="a")
    assert awaited.heard == [EXECUTOR_ADDED, STORE_ADDED, SCHEDULER_STARTED, TASK_ADDED, SCHEDULER_SHUTDOWN]
    ended = threading.Event()

    async def stop() -> None:
        scheduler.shutdown()
        ended.set()

    scheduler.start()
    scheduler.add_task(stop)
    assert ended.wait(30)
    until_sync(lambda: awaited.heard.count(SCHEDULER_SHUTDOWN) == 2)


def test_a_coroutine_that_raises_or_stops_the_scheduler(run: Any, make: Any, caplog: pytest.LogCaptureFixture) -> None:
    scheduler = make()

    async def raises(event: Any) -> None:
        raise ValueError("broken")

    async def stops(event: Any) -> None:
        await scheduler.shutdown_async()
        stopped.append(event.code)

    stopped: list[int] = []
    scheduler.add_listener(raises, TASK_ADDED)
    scheduler.add_listener(stops, TASK_ADDED)

    async def main() -> None:
        scheduler.start()
        scheduler.add_task(beat, "interval", hours=1)
        await until(lambda: stopped)
        assert not scheduler.running

    run(main)
    (entry,) = [entry for entry in caplog.records if "listener" in entry.getMessage()]
    assert "raises" in entry.getMessage()


# ---- What listeners do -----------------------------------------------------------------------------------------------


def test_a_listener_that_raises_or_removes_itself_disturbs_nobody(
    run: Any, make: Any, caplog: pytest.LogCaptureFixture
) -> None:
    scheduler = make()

    def raises(event: Any) -> None:
        raise ValueError("broken")

    def once(event: Any) -> None:
        calls.append(event.task_id)
        assert scheduler.remove_listener(once)

    calls: list[str] = []
    scheduler.add_listener(raises, TASK_ADDED)
    scheduler.add_listener(once, TASK_ADDED)
    ear = Ear(scheduler, TASK_ADDED)

    async def main() -> None:
        async with scheduler:
            for id in ("a", "b"):
                assert scheduler.add_task(beat, "interval", hours=1, id=id).id == id

    run(main)
    assert ear.take() == [(TASK_ADDED, "a"), (TASK_ADDED, "b")]
    assert calls == ["a"]
    assert len([entry for entry in caplog.records if "listener" in entry.getMessage()]) == 2


def test_a_listener_may_add_tasks(run: Any, make: Any, url: str) -> None:
    scheduler = make(stores={"default": url})

    def chain(event: Any) -> None:
        number = int(event.task_id)
        if number < 3:
            scheduler.add_task(beat, "interval", hours=1, id=str(number + 1))

    scheduler.add_listener(chain, TASK_ADDED)
    scheduler.add_task(beat, "interval", hours=1, id="2")
    assert [task.id for task in scheduler.get_tasks()] == ["2", "3"]

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(beat, "interval", hours=1, id="0")
            assert [task.id for task in scheduler.get_tasks()] == ["0", "1", "2", "3"]

    run(main)


def test_a_listener_may_stop_what_starts(run: Any, make: Any) -> None:
    scheduler = make()
    scheduler.add_listener(lambda event: scheduler.shutdown(), SCHEDULER_STARTED)

    async def main() -> None:
        for _ in range(2):
            assert scheduler.start() is True
            assert not scheduler.running

    run(main)


def test_events_say_when_and_where(make: Any) -> None:
    scheduler = make()
    heard: list[Any] = []
    scheduler.add_listener(heard.append, EVERY_EVENT)
    scheduler.add_task(beat, "interval", hours=1, id="a")
    (event,) = heard
    assert (event.time, event.store, event.alias, event.scheduler_identity) == (
        NOON,
        "default",
        "default",
        scheduler.identity,
    )
