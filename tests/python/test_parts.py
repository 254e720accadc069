"""Stores and executors that are added and removed while the scheduler is there."""

from __future__ import annotations

import asyncio
import multiprocessing
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from uvsched.events.constants import (
    EXECUTOR_ADDED,
    EXECUTOR_REMOVED,
    STORE_ADDED,
    STORE_REMOVED,
    TASK_ADDED,
    TASK_UNRUNNABLE,
)
from uvsched.exceptions import SchedulerNotRunningError, StoreBusyError, StoreError
from uvsched.executors import AsyncIOExecutor, BaseExecutor, DebugExecutor, ThreadPoolExecutor
from uvsched.schedulers import AsyncIOScheduler, BackgroundScheduler, PolledScheduler
from uvsched.stores import BaseStore, MemoryStore, SQLiteStore
from uvsched.tasks import Task

from .conftest import NOON, until, until_sync

calls: list[str] = []


def note(what: str = "note") -> None:
    calls.append(what)


async def note_async(what: str = "coroutine") -> None:
    calls.append(what)


async def hang() -> None:
    calls.append("hang begins")
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        calls.append("hang is cancelled")
        raise


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    calls.clear()


@pytest.mark.parametrize("executor", [AsyncIOExecutor, DebugExecutor, lambda: ThreadPoolExecutor(1)])
def test_an_executor_is_added_while_it_runs(run: Any, record: Any, url: str, executor: Any) -> None:
    scheduler = AsyncIOScheduler(stores={"default": url})
    heard = record(scheduler, EXECUTOR_ADDED | EXECUTOR_REMOVED)

    async def main() -> None:
        async with scheduler:
            heard.events.clear()
            with pytest.raises(LookupError, match="there is no executor 'late'"):
                scheduler.add_task(note, executor="late")
            scheduler.add_executor(executor(), "late")
            assert [(event.code, event.alias) for event in heard.events] == [(EXECUTOR_ADDED, "late")]
            with pytest.raises(ValueError, match="executor 'late' exists already"):
                scheduler.add_executor(executor(), "late")
            scheduler.add_task(note, executor="late")
            await until(lambda: calls == ["note"], "the run")
            scheduler.remove_executor("late")
            assert heard.events[-1].code == EXECUTOR_REMOVED
            with pytest.raises(LookupError, match="there is no executor 'late'"):
                scheduler.remove_executor("late")
        scheduler.add_executor(executor(), "late")  # stopped, and started again with it
        async with scheduler:
            scheduler.add_task(note, executor="late")
            await until(lambda: len(calls) == 2, "the second run")

    run(main)


def test_an_executor_is_removed_while_its_task_is_due(make: Any, run: Any, record: Any, url: str, caplog: Any) -> None:
    scheduler = make(stores={"default": url}, executors={"pool": ThreadPoolExecutor(1)})
    heard = record(scheduler, TASK_UNRUNNABLE)

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(note, "interval", seconds=1, id="due", executor="pool")
            scheduler.add_task(note_async, "interval", seconds=1, id="other")
            scheduler.remove_executor("pool")
            await until(lambda: heard.events, "the event")
            assert heard.events[0].task_id == "due"
            assert "executor 'pool'" in scheduler.get_task("due").problem
            for turn in range(1, 4):
                scheduler.advance(1)
                await until(lambda turn=turn: len(scheduler.history("other")) == turn, "the other's end")
            assert calls == ["coroutine"] * 3
            assert scheduler.history("due") == []
            scheduler.add_executor(ThreadPoolExecutor(1), "pool")
            assert scheduler.get_task("due").problem is None
            await until(lambda: "note" in calls, "the run that waited")
            assert [row.folded for row in scheduler.history("due")] == [3]

    run(main)
    assert "due" in caplog.text


@pytest.mark.parametrize("shutdown", [True, False])
def test_what_a_removed_executor_runs(run: Any, url: str, shutdown: bool) -> None:
    scheduler = AsyncIOScheduler(stores={"default": url}, executors={"other": AsyncIOExecutor()})

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(hang, id="hang", executor="other")
            await until(lambda: calls == ["hang begins"], "the run")
            scheduler.remove_executor("other", shutdown=shutdown)
            if shutdown:
                await until(lambda: len(calls) == 2, "the cancellation")
            await asyncio.sleep(0)
            assert len(calls) == 1 + shutdown
            await scheduler.shutdown_async(wait=False)
        assert calls == ["hang begins", "hang is cancelled"]

    run(main)


def test_a_function_in_a_thread_goes_on(run: Any, url: str) -> None:
    scheduler = AsyncIOScheduler(stores={"default": url}, executors={"pool": ThreadPoolExecutor(1)})
    begun, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        assert go_on.wait(30)

    globals()["wait_in_thread"] = wait
    wait.__qualname__ = wait.__name__ = "wait_in_thread"

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(wait, id="wait", executor="pool")
            await until(begun.is_set, "the run")
            scheduler.remove_executor("pool")
            go_on.set()
            await until(lambda: scheduler.history("wait"), "its end")
            assert scheduler.history("wait")[0].state == "done"

    run(main)


def test_executors_on_other_threads() -> None:
    scheduler = BackgroundScheduler()
    with scheduler:
        scheduler.add_executor(ThreadPoolExecutor(1), "pool")
        scheduler.add_executor("asyncio", "loop")
        scheduler.add_task(note, executor="pool")
        scheduler.add_task(note_async, executor="loop")
        until_sync(lambda: len(calls) == 2, "the runs")
        scheduler.remove_executor("pool")
        scheduler.remove_executor("loop")


def test_an_executor_that_cannot_be_opened_is_not_added(run: Any) -> None:
    class Broken(BaseExecutor):
        def start(self, scheduler: Any, alias: str) -> None:
            raise RuntimeError("no connection")

        def do_send_task(self, task: Any, run_times: Any) -> None: ...

    scheduler = AsyncIOScheduler()

    async def main() -> None:
        async with scheduler:
            for _ in range(2):
                with pytest.raises(RuntimeError, match="no connection"):
                    scheduler.add_executor(Broken(), "broken")
            assert set(scheduler.executors) == {"default"}
            scheduler.add_executor("asyncio", "broken")

    run(main)


def test_a_run_removes_its_own_executor(run: Any) -> None:
    scheduler = AsyncIOScheduler(executors={"own": AsyncIOExecutor()})

    async def leave() -> None:
        scheduler.remove_executor("own")
        calls.append("left")

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(leave, executor="own", id="leave")
            await until(lambda: calls == ["left"], "the run")
            scheduler.add_executor("asyncio", "own")
            scheduler.add_task(note, executor="own")
            await until(lambda: calls == ["left", "note"], "another run")

    run(main)


def test_a_polled_scheduler() -> None:
    scheduler = PolledScheduler()
    scheduler.start()
    with pytest.raises(ValueError, match=r"AsyncIOExecutor\(\) needs an asyncio loop"):
        scheduler.add_executor("asyncio", "loop")
    scheduler.add_executor("debug", "late")
    scheduler.add_store("memory", "more")
    scheduler.add_task(note, executor="late", store="more")
    until_sync(lambda: scheduler.poll(0.01) or calls == ["note"], "the run")
    scheduler.remove_store("more")
    scheduler.remove_executor("late")
    assert set(scheduler.stores) == set(scheduler.executors) == {"default"}
    scheduler.shutdown()


# Stores


def test_a_store_is_added_while_it_runs(run: Any, record: Any, url: str) -> None:
    scheduler = AsyncIOScheduler()
    heard = record(scheduler, STORE_ADDED | STORE_REMOVED | TASK_ADDED)

    async def main() -> None:
        async with scheduler:
            heard.events.clear()
            with pytest.raises(LookupError, match="there is no store 'more'"):
                scheduler.add_task(note, store="more")
            scheduler.add_store(url, "more")
            scheduler.add_task(note, "date", store="more", id="once")
            assert [(event.code, event.alias) for event in heard.events] == [
                (STORE_ADDED, "more"),
                (TASK_ADDED, "more"),
            ]
            with pytest.raises(ValueError, match="store 'more' exists already"):
                scheduler.add_store("memory", "more")
            await until(lambda: scheduler.history("once", store="more"), "the run")
            scheduler.add_task(note, "interval", hours=1, store="more", id="hourly")
            scheduler.remove_store("more")
            assert heard.events[-1].code == STORE_REMOVED
            assert scheduler.get_tasks() == []
            assert scheduler.get_task("hourly", "more") is None
            await scheduler.add_store_async(url, "more")
            assert [task.id for task in scheduler.get_tasks("more")] == (["hourly"] if url != "memory" else [])
            await scheduler.remove_store_async("more")

    run(main)
    assert calls == ["note"]


def _started(scheduler: AsyncIOScheduler) -> bool:
    try:
        return scheduler.start()
    except StoreBusyError:
        return False


def test_tasks_of_a_file_run_when_it_is_added(run: Any, tmp_path: Path) -> None:
    first = AsyncIOScheduler(stores={"default": SQLiteStore(tmp_path / "tasks.db")})
    second = AsyncIOScheduler(trusted_modules=[__name__])

    async def main() -> None:
        async with first:
            first.add_task(note, "interval", seconds=0.05, id="often")
        calls.clear()
        async with second:
            second.add_store(SQLiteStore(tmp_path / "tasks.db"), "file")
            await until(lambda: calls, "a run")
            second.remove_store("file")
            await until(lambda: _started(first), "the file, when its last run is recorded")
            assert first.get_task("often") is not None
            await first.shutdown_async()

    run(main)


def test_a_store_that_cannot_be_opened_is_not_added(run: Any) -> None:
    scheduler = AsyncIOScheduler()

    async def main() -> None:
        async with scheduler:
            with pytest.raises(StoreError):
                scheduler.add_store("sqlite:/nowhere/at/all.db", "more")
            assert set(scheduler.stores) == {"default"}
            scheduler.add_store(MemoryStore(), "more")

    run(main)


def test_the_default_parts_can_go(run: Any) -> None:
    scheduler = AsyncIOScheduler()

    async def main() -> None:
        async with scheduler:
            scheduler.remove_store("default")
            scheduler.remove_executor("default")
            with pytest.raises(LookupError, match="there is no store 'default'"):
                scheduler.add_task(note)
            scheduler.add_store("memory")
            scheduler.add_executor("asyncio")
            scheduler.add_task(note)
            await until(lambda: calls, "the run")

    run(main)


def test_declared_tasks_of_parts_that_went(run: Any, tmp_path: Path) -> None:
    scheduler = AsyncIOScheduler(
        stores={"more": SQLiteStore(tmp_path / "tasks.db")}, executors={"pool": ThreadPoolExecutor(1)}
    )
    scheduler.add_task(note, "interval", hours=1, id="a", store="more")
    scheduler.add_task(note, "interval", hours=1, id="b", executor="pool")

    async def main() -> None:
        async with scheduler:
            scheduler.remove_store("more")
            scheduler.remove_executor("pool")
        async with scheduler:
            assert [task.id for task in scheduler.get_tasks()] == ["b"]

    run(main)


def _in_child(scheduler: AsyncIOScheduler, answer: Any) -> None:
    async def main() -> None:
        scheduler.start()
        answer.send(sorted([*scheduler.stores, *scheduler.executors]))
        await scheduler.shutdown_async()

    asyncio.run(main())


def test_a_forked_child_has_the_parts_of_its_parent(run: Any) -> None:
    scheduler = AsyncIOScheduler(stores={"gone": "memory"}, executors={"left": "debug"})
    scheduler.add_task(note, "interval", hours=1, id="a", store="gone")
    scheduler.add_task(note, "interval", hours=1, id="b", executor="left")

    async def main() -> None:
        async with scheduler:
            scheduler.remove_store("gone")
            scheduler.remove_executor("left")
            scheduler.add_store("memory", "more")
            scheduler.add_executor("debug", "late")

    run(main)
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe()
    child = context.Process(target=_in_child, args=(scheduler, theirs))
    child.start()
    assert mine.poll(30)
    assert mine.recv() == ["default", "default", "late", "more"]
    child.join(30)


def test_parts_of_a_scheduler_that_is_stopping(run: Any) -> None:
    scheduler = AsyncIOScheduler()
    begun = threading.Event()

    async def linger() -> None:
        begun.set()
        await asyncio.sleep(0.2)

    async def main() -> None:
        scheduler.start()
        scheduler.add_task(linger, id="linger")
        await until(begun.is_set, "the run")
        ending = asyncio.ensure_future(scheduler.shutdown_async())
        await asyncio.sleep(0)
        for add in (scheduler.add_store, scheduler.add_executor):
            with pytest.raises(SchedulerNotRunningError, match="the scheduler is stopping"):
                add("memory" if add == scheduler.add_store else "debug", "late")
        await ending

    run(main)


def job(text: str = "") -> None: ...


@pytest.mark.parametrize("by", ["add_store", "setup"])
def test_a_store_of_another_sort_takes_over_what_was_added_before(tmp_path: Path, by: str) -> None:
    def change(scheduler: AsyncIOScheduler, store: BaseStore) -> None:
        if by == "setup":
            scheduler.setup(stores={"default": store})
        else:
            scheduler.add_store(store)

    store = SQLiteStore(tmp_path / "tasks.db")
    for _ in range(2):  # a restart adds nothing
        scheduler = AsyncIOScheduler()
        scheduler.add_task(job, "interval", hours=1, args=["a"], id="named")
        scheduler.add_task(job, "interval", hours=2)
        change(scheduler, store)
        with scheduler:
            ids = [task.id for task in scheduler.get_tasks()]
            assert len(ids) == 2
            assert "named" in ids
            assert scheduler.get_task("named") is not None

    scheduler = AsyncIOScheduler()
    scheduler.add_task(lambda: None, "interval", hours=1, id="local")
    with pytest.raises(ValueError, match="cannot be stored by reference|lambda"):
        change(scheduler, store)
    with scheduler:
        assert [task.id for task in scheduler.get_tasks()] == ["local"]
        assert isinstance(scheduler.stores["default"], MemoryStore)

    scheduler = AsyncIOScheduler()
    scheduler.add_task(job, "interval", hours=1, id="changed").update(max_instances=3)
    with pytest.raises(ValueError, match="task 'changed' was changed after it was added"):
        change(scheduler, store)
    assert scheduler.get_task("changed") is not None


def test_tasks_without_an_id_follow_into_a_store_of_another_sort(tmp_path: Path) -> None:
    scheduler = AsyncIOScheduler(timezone="UTC", manual_clock=NOON)
    decorator = scheduler.add_task(trigger="interval", hours=1)
    decorator(job)
    apart = Task(job, trigger="shutdown", args=["apart"])
    scheduler.add_task(apart)
    tasks = [decorator.task, apart, scheduler.add_task(job, "interval", hours=2, args=["b"])]
    before = [task.id for task in tasks]

    with pytest.raises(ValueError, match="is not a text|expected|path"):  # nothing has changed then
        scheduler.add_store("sqlite:", "default")
    assert [task.id for task in tasks] == before

    scheduler.add_store(SQLiteStore(tmp_path / "tasks.db"))
    ids = [task.id for task in tasks]
    assert not set(ids) & set(before)
    assert set(tasks) == set(scheduler.get_tasks())
    assert tasks[0].next_run_time == NOON + timedelta(hours=1)
    assert repr(tasks[0]).startswith(f"<Task {ids[0]!r}")
    scheduler.setup(stores={"default": MemoryStore()})
    assert len({task.id for task in tasks} | set(ids)) == 6
    scheduler.setup(stores={"default": SQLiteStore(tmp_path / "tasks.db")})
    assert [tasks[0].id, tasks[2].id] == [ids[0], ids[2]]  # derived from the function and its arguments
    with scheduler:
        tasks[0].update(max_instances=2)
        assert scheduler.get_task(ids[0]).max_instances == 2
        assert [task.args for task in tasks] == [(), ("apart",), ("b",)]
        tasks[2].delete()
        assert scheduler.get_task(ids[2]) is None


def test_a_store_written_in_python_is_refused_with_the_reason() -> None:
    class Own(BaseStore):
        pass

    with pytest.raises(NotImplementedError, match="Own: a store cannot be written in Python"):
        AsyncIOScheduler().add_store(Own(), "own")
