"""Starting and stopping: counted, idempotent, from anywhere."""

from __future__ import annotations

import asyncio
import gc
import resource
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest
from uvsched.enums import SchedulerState
from uvsched.events.constants import SCHEDULER_SHUTDOWN, SCHEDULER_STARTED, TASK_CANCELLED, TASK_EXECUTED
from uvsched.exceptions import ResourceError, SchedulerNotRunningError, StoreError
from uvsched.executors import AsyncIOExecutor, DebugExecutor, ThreadPoolExecutor
from uvsched.schedulers import AsyncIOScheduler

from .conftest import Script, until, until_sync


def job() -> None:
    pass


def engine_threads() -> int:
    """Threads of this process that Python does not know."""
    return len(list(Path("/proc/self/task").iterdir())) - threading.active_count()


# ---- counting ----


def test_starts_and_shutdowns_are_counted(run: Any, record: Any, url: str) -> None:
    scheduler = AsyncIOScheduler(stores={"default": url})
    heard = record(scheduler)

    async def main() -> None:
        assert scheduler.state == SchedulerState.STATE_STOPPED
        assert scheduler.start() is True
        assert scheduler.start() is False
        assert scheduler.start() is False
        assert scheduler.state == SchedulerState.STATE_RUNNING
        assert scheduler.shutdown() is False
        assert await scheduler.shutdown_async() is False
        assert scheduler.running
        assert await scheduler.shutdown_async() is True
        assert scheduler.state == SchedulerState.STATE_STOPPED
        assert len(heard.of(SCHEDULER_STARTED)) == len(heard.of(SCHEDULER_SHUTDOWN)) == 1

    run(main)


def test_a_start_that_gets_no_descriptor_says_so_and_leaves_nothing_behind(run: Any, url: str) -> None:
    scheduler = AsyncIOScheduler(stores={"default": url})

    async def main() -> None:
        async with scheduler:  # the first start on a durable store makes the helper of the main thread, which stays
            pass
        before = engine_threads()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            with pytest.raises(ResourceError, match="raise the limit of the process"):
                scheduler.start()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert scheduler.state == SchedulerState.STATE_STOPPED
        await until(lambda: engine_threads() <= before)  # one of the first start may have been ending
        assert scheduler.start() is True
        assert await scheduler.shutdown_async() is True

    run(main)


def test_shutdown_twice(run: Any, url: str) -> None:
    scheduler = AsyncIOScheduler(stores={"default": url})

    async def main() -> None:
        for _ in range(2):
            scheduler.start()
            scheduler.shutdown()
            with pytest.raises(SchedulerNotRunningError, match="the scheduler is not running"):
                scheduler.shutdown()
            with pytest.raises(SchedulerNotRunningError):
                await scheduler.shutdown_async()

    run(main)


def test_what_was_never_started_cannot_be_shut_down() -> None:
    with pytest.raises(SchedulerNotRunningError, match="it was not started, or has been shut down already"):
        AsyncIOScheduler().shutdown()
    with pytest.raises(SchedulerNotRunningError, match=r"call start\(\) first"):
        AsyncIOScheduler().pause()


def test_a_start_that_fails_counts_nothing(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "folder" / "tasks.db"
    scheduler = AsyncIOScheduler(
        stores={"default": f"sqlite:{path}"},
        executors={"default": ThreadPoolExecutor(1, {"thread_name_prefix": "failing"})},
    )

    async def main() -> None:
        for _ in range(2):
            with pytest.raises(StoreError, match=r"folder/tasks\.db"):
                scheduler.start()
            assert not scheduler.running
            with pytest.raises(SchedulerNotRunningError):
                scheduler.shutdown()
        await until(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith("failing")])
        path.parent.mkdir()
        assert scheduler.start() is True
        assert scheduler.shutdown() is True

    run(main)


def test_the_context_managers_nest(run: Any) -> None:
    scheduler = AsyncIOScheduler()

    async def main() -> None:
        async with scheduler as outer:
            assert outer is scheduler
            with scheduler:
                assert scheduler.running
            assert scheduler.running
        assert not scheduler.running

    run(main)


def test_a_body_that_raises(run: Any) -> None:
    scheduler = AsyncIOScheduler()

    async def main() -> None:
        with pytest.raises(ZeroDivisionError):
            async with scheduler:
                raise ZeroDivisionError
        assert not scheduler.running
        with pytest.raises(ZeroDivisionError), scheduler:
            raise ZeroDivisionError
        assert not scheduler.running

    run(main)


def test_two_threads_start_and_stop() -> None:
    scheduler = AsyncIOScheduler(executors={"default": ThreadPoolExecutor(1)}, isolated_event_loop=True)
    results: list[bool] = []

    def use() -> None:
        for _ in range(20):
            scheduler.start()
            results.append(scheduler.shutdown())

    threads = [threading.Thread(target=use) for _ in range(2)]
    with scheduler:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert scheduler.running
    assert results == [False] * 40
    assert not scheduler.running


# ---- after a shutdown ----


def test_use_after_shutdown(run: Any, url: str) -> None:
    scheduler = AsyncIOScheduler(stores={"default": url})

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(job, "interval", hours=1, id="x")
        for call in (scheduler.pause, scheduler.resume, lambda: scheduler.run_task("x")):
            with pytest.raises(SchedulerNotRunningError):
                call()
        if url == "memory":
            assert [task.id for task in scheduler.get_tasks()] == ["x"]
        else:
            with pytest.raises(SchedulerNotRunningError):
                scheduler.history()
        scheduler.add_task(job, "interval", hours=1, id="y")  # is written at the next start
        async with scheduler:
            assert {task.id for task in scheduler.get_tasks()} == {"x", "y"}

    run(main)


def test_nothing_is_left_behind(run: Any, url: str) -> None:
    before = engine_threads(), threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))

    def once() -> None:
        scheduler = AsyncIOScheduler(
            stores={"default": url},
            executors={"default": AsyncIOExecutor(), "threads": ThreadPoolExecutor(3), "inline": DebugExecutor()},
        )
        with scheduler:
            for executor in scheduler.executors:
                scheduler.add_task(job, executor=executor)

    once()
    import gc

    gc.collect()
    # The calls of the main thread that wait have a thread of their own, which stays.
    until_sync(lambda: engine_threads() <= before[0] + 1 and threading.active_count() <= before[1])
    until_sync(lambda: len(list(Path("/proc/self/fd").iterdir())) <= before[2])


# ---- shutting down from inside ----

PLACES = ["coroutine", "inline", "thread", "listener", "callback"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("wait", [True, False])
def test_shutdown_from_inside(run: Any, url: str, place: str, wait: bool) -> None:
    executors = {"default": AsyncIOExecutor(), "thread": ThreadPoolExecutor(2), "inline": DebugExecutor()}
    scheduler = AsyncIOScheduler(stores={"default": url}, executors=executors)
    results: list[Any] = []

    def stop(*_: Any) -> None:
        try:
            results.append(scheduler.shutdown(wait))
        except SchedulerNotRunningError as error:
            results.append(error)

    async def stop_in_coroutine() -> None:
        stop()

    async def main() -> None:
        scheduler.start()
        stop.__qualname__ = "stop"
        if place == "listener":
            scheduler.add_listener(stop, TASK_EXECUTED)
            scheduler.add_task(job)
        elif place == "callback":
            asyncio.get_running_loop().call_soon(stop)
        elif url == "memory":
            scheduler.add_task(stop_in_coroutine if place == "coroutine" else stop, executor=executor())
        else:
            ENTRIES.update(coroutine=stop_in_coroutine, function=stop)
            scheduler.add_task(entry_coroutine if place == "coroutine" else entry_function, executor=executor())
        await until(lambda: results, "a shutdown")
        assert results == [True]
        assert not scheduler.running
        await asyncio.to_thread(scheduler._handle.usable().wait, 30_000)
        async with scheduler:  # and it starts again
            pass

    def executor() -> str:
        return {"coroutine": "default"}.get(place, place)

    run(main)


ENTRIES: dict[str, Any] = {}


async def entry_coroutine() -> None:
    await ENTRIES["coroutine"]()


def entry_function() -> None:
    ENTRIES["function"]()


def test_shutdown_async_from_a_run_of_its_own(run: Any) -> None:
    scheduler = AsyncIOScheduler()
    results: list[Any] = []

    async def stop() -> None:
        try:
            await scheduler.shutdown_async()
        except asyncio.CancelledError:
            results.append("cancelled")
            raise

    async def main() -> None:
        scheduler.start()
        scheduler.add_task(stop)
        await until(lambda: results and not scheduler.running)
        assert results == ["cancelled"]
        await until(lambda: scheduler.event_loop is None)

    run(main)


def test_shutdown_from_another_thread(run: Any, url: str) -> None:
    scheduler = AsyncIOScheduler(stores={"default": url})
    began: list[Any] = []
    done: list[Any] = []

    async def slow() -> None:
        began.append("slow")
        await asyncio.sleep(0.05)
        done.append("slow")

    def stop() -> None:
        scheduler.shutdown()
        done.append("stopped")

    async def main() -> None:
        scheduler.start()
        ENTRIES["coroutine"] = slow
        scheduler.add_task(entry_coroutine)
        await until(lambda: began)
        await asyncio.to_thread(stop)
        assert done == ["slow", "stopped"]  # the loop went on meanwhile
        assert not scheduler.running

    run(main)


# ---- what is under way ----


def test_shutdown_async_waits(run: Any, record: Any, url: str) -> None:
    scheduler = AsyncIOScheduler(stores={"default": url})
    heard = record(scheduler)
    gate: list[asyncio.Event] = []

    async def waits() -> str:
        gate.append(asyncio.Event())
        await gate[0].wait()
        return "to its end"

    async def main() -> None:
        gate.clear()
        scheduler.start()
        ENTRIES["coroutine"] = waits
        scheduler.add_task(entry_coroutine, id="x")
        await until(lambda: gate)
        stopping = asyncio.create_task(scheduler.shutdown_async())
        await until(lambda: not scheduler.running or stopping.done() or scheduler._handle.usable().state() == 4)
        assert not stopping.done()
        with pytest.raises(Exception, match="still stopping"):
            scheduler.start()
        gate[0].set()
        assert await stopping is True
        assert len(heard.of(TASK_EXECUTED)) == 1

    run(main)


def test_shutdown_async_with_a_deadline(run: Any, url: str) -> None:
    scheduler = AsyncIOScheduler(stores={"default": url})
    ended: list[str] = []

    async def endless() -> None:
        ended.append("began")
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append("cleaned up")

    async def main() -> None:
        ended.clear()
        scheduler.start()
        ENTRIES["coroutine"] = endless
        scheduler.add_task(entry_coroutine, id="x")
        await until(lambda: ended)
        await scheduler.shutdown_async(timeout=0.05)
        assert ended == ["began", "cleaned up"]
        async with scheduler:
            assert [run.state for run in scheduler.history("x")] == ["cancelled"]

    run(main)


def test_shutdown_on_the_loop_never_blocks(run: Any, record: Any, url: str) -> None:
    scheduler = AsyncIOScheduler(
        stores={"default": url}, executors={"default": AsyncIOExecutor(), "threads": ThreadPoolExecutor(1)}
    )
    heard = record(scheduler)
    gate = threading.Event()
    inside: list[str] = []

    async def endless() -> None:
        inside.append("coroutine")
        await asyncio.sleep(3600)

    def blocking() -> str:
        inside.append("thread")
        assert gate.wait(30)
        return "to its end"

    async def main() -> None:
        gate.clear()
        inside.clear()
        scheduler.start()
        ENTRIES.update(coroutine=endless, function=blocking)
        scheduler.add_task(entry_coroutine, id="coroutine")
        scheduler.add_task(entry_function, id="thread", executor="threads")
        await until(lambda: len(inside) == 2)
        scheduler.shutdown()  # does not wait for the thread: it would hang here
        assert not scheduler.running
        gate.set()
        assert await asyncio.to_thread(scheduler._handle.usable().wait, 30_000)
        async with scheduler:
            states = {run.task_id: run.state for run in scheduler.history()}
            assert states == {"coroutine": "cancelled", "thread": "done"}
        assert len(heard.of(TASK_CANCELLED)) <= 1

    run(main)


def test_no_run_starts_after_shutdown(run: Any, url: str) -> None:
    scheduler = AsyncIOScheduler(stores={"default": url}, executors={"default": DebugExecutor()})
    times = [0]

    def count() -> None:
        times[0] += 1

    async def main() -> None:
        times[0] = 0
        ENTRIES["function"] = count
        scheduler.add_task(entry_function, "interval", seconds=0.001, id="x", max_instances=100)
        scheduler.start()
        await until(lambda: times[0] > 5)
        scheduler.shutdown()
        stopped = times[0]
        assert await asyncio.to_thread(scheduler._handle.usable().wait, 30_000)
        for _ in range(20):
            await asyncio.sleep(0.001)
        assert times[0] == stopped

    run(main)


# ---- several ----


def test_two_schedulers_in_one_process(run: Any, tmp_path: Path) -> None:
    first = AsyncIOScheduler(stores={"default": f"sqlite:{tmp_path / 'first.db'}"})
    second = AsyncIOScheduler(stores={"default": f"sqlite:{tmp_path / 'second.db'}"})
    seen: list[str] = []

    async def main() -> None:
        seen.clear()
        async with first, second:
            ENTRIES["function"] = lambda: seen.append("x")
            first.add_task(entry_function, id="x")
            second.add_task(entry_function, id="x")
            await until(lambda: len(seen) == 2)
            await second.shutdown_async()
            second.start()
            assert first.running
            first.add_task(entry_function, id="y")
            await until(lambda: len(seen) == 3)
            for scheduler in (first, second):
                await asyncio.to_thread(scheduler._handle.usable().wait_idle, 30_000)
            assert [run.task_id for run in first.history()] == ["y", "x"]
            assert [run.task_id for run in second.history()] == ["x"]

    run(main)


def test_two_schedulers_on_one_file(run: Any, tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'tasks.db'}"
    seen: list[str] = []

    async def main() -> None:
        ENTRIES["function"] = lambda: seen.append("x")
        first, second = (
            AsyncIOScheduler(stores={"default": url}, trusted_modules=[__name__.partition(".")[0]]) for _ in "12"
        )
        async with first:
            async with second:
                first.add_task(entry_function, id="x")
                await until(lambda: seen)
                assert first.running
                assert second.running
            assert [run.task_id for run in first.history()] == ["x"]
        async with second:
            assert [run.task_id for run in second.history()] == ["x"]
        assert seen == ["x"]

    run(main)


@pytest.mark.parametrize("started", [False, True])
def test_a_scheduler_that_is_dropped_is_freed_at_once(started: bool) -> None:
    scheduler = AsyncIOScheduler()
    scheduler.add_listener(lambda event: None)
    scheduler.add_task(print, "interval", hours=1)
    if started:
        with scheduler:
            pass
    parts = [weakref.ref(scheduler), weakref.ref(scheduler._lifecycle), weakref.ref(scheduler._handle)]
    gc.disable()
    try:
        del scheduler
        assert [part() for part in parts] == [None, None, None]
    finally:
        gc.enable()


def test_a_listener_of_the_end_starts_it_again(script: Script) -> None:
    script.run(
        """
        import threading
        from uvsched.events.constants import SCHEDULER_SHUTDOWN
        from uvsched.schedulers import AsyncIOScheduler

        def loops():
            return [thread for thread in threading.enumerate() if thread.name == "uvsched-loop"]

        ran = threading.Event()
        starts = []
        scheduler = AsyncIOScheduler()

        def again(event):
            if not starts:
                starts.append(scheduler.start())

        scheduler.add_listener(again, SCHEDULER_SHUTDOWN)
        scheduler.start()
        (first,) = loops()
        scheduler.shutdown()
        assert starts and scheduler.running
        (second,) = loops()
        assert second is not first and not first.is_alive()
        scheduler.add_task(ran.set)
        assert ran.wait(30)
        scheduler.shutdown()
        assert not loops() and not scheduler.running
        """
    )
