"""The awaitable twins of calls that wait, and NativeAsyncIOScheduler."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import uvsched
from uvsched.exceptions import ConflictIdError, StoreError, TaskLookupError
from uvsched.schedulers import AsyncIOScheduler, NativeAsyncIOScheduler
from uvsched.stores import SQLiteStore

from .conftest import Main, until

Run = Callable[[Main], Any]
LATER = datetime(2099, 1, 1, tzinfo=timezone.utc)


async def job(*args: Any) -> None: ...


async def other() -> None: ...


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return "memory" if request.param == "memory" else SQLiteStore(tmp_path / "tasks.db")


def test_each_call_has_a_twin(run: Run, store: Any) -> None:
    scheduler = AsyncIOScheduler(stores={"default": store}, timezone="UTC")

    async def main() -> None:
        assert await scheduler.start_async()
        assert scheduler.event_loop is asyncio.get_running_loop()
        assert not await scheduler.start_async(), "the second start is counted"
        await scheduler.shutdown_async()
        task = await scheduler.add_task_async(job, "interval", hours=1, id="a", args=[1])
        assert await scheduler.get_task_async("a") == task
        assert (await scheduler.update_task_async(task, args=[2])).args == (2,)
        assert (await scheduler.reschedule_task_async("a", trigger="interval", hours=2)) == task
        assert (await scheduler.pause_task_async("a")).paused
        assert await scheduler.resume_task_async("a") == task
        assert await scheduler.run_task_async("a", force=True) == task
        await until(lambda: scheduler.history("a"))
        assert [row.task_id for row in await scheduler.history_async("a", limit=1)] == ["a"]
        info = await scheduler.get_task_info_async("a")
        assert info is not None
        assert info.args == (2,)
        assert [info.id for info in await scheduler.get_task_infos_async(trigger="interval")] == ["a"]
        preview = await scheduler.preview_task_runs_async("a", count=2)
        assert preview is not None
        assert len(preview.run_times) == 2
        assert (await scheduler.get_scheduler_info_async()).task_count == 1
        await scheduler.delete_task_async("a")
        assert await scheduler.get_tasks_async() == []
        await scheduler.add_task_async(job, "date", run_at=LATER, id="b")
        assert await scheduler.remove_all_tasks_async() == 1
        await scheduler.shutdown_async()

    run(main)


def test_what_the_call_raises_comes_through(run: Run, store: Any) -> None:
    scheduler = AsyncIOScheduler(stores={"default": store})

    async def main() -> None:
        async with scheduler:
            with pytest.raises(TypeError, match="did you mean 'seconds'"):
                await scheduler.add_task_async(job, "interval", second=5)
            await scheduler.add_task_async(job, "interval", hours=1, id="a")
            with pytest.raises(ConflictIdError):
                await scheduler.add_task_async(other, "interval", hours=1, id="a")
            with pytest.raises(TaskLookupError):
                await scheduler.pause_task_async("b")

    run(main)


def test_the_loop_goes_on_while_a_call_waits(run: Run, tmp_path: Path) -> None:
    scheduler = AsyncIOScheduler(stores={"default": SQLiteStore(tmp_path / "tasks.db")})
    loop_thread = threading.get_ident()

    async def main() -> None:
        threads: list[int] = []

        plain = scheduler.add_task

        def add_task(*args: Any, **options: Any) -> Any:
            threads.append(threading.get_ident())
            return plain(*args, **options)

        scheduler.add_task = add_task  # type: ignore[method-assign]
        async with scheduler:
            added = await asyncio.gather(
                *(scheduler.add_task_async(job, "date", run_at=LATER, id=str(number)) for number in range(100))
            )
            assert len({task.id for task in added}) == len(scheduler.get_tasks()) == 100
        assert loop_thread not in threads

    run(main)


def test_a_call_that_is_cancelled_is_never_half_done(run: Run, tmp_path: Path) -> None:
    scheduler = AsyncIOScheduler(stores={"default": SQLiteStore(tmp_path / "tasks.db")})

    async def main() -> None:
        async with scheduler:
            for number in range(20):
                call = asyncio.ensure_future(
                    scheduler.add_task_async(job, "date", run_at=LATER, id=str(number), args=["x"])
                )
                await asyncio.sleep(0.0005 * number)
                call.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await call
        async with scheduler:
            for task in scheduler.get_tasks():
                assert task.args == ("x",)
                assert task.next_run_time == LATER

    run(main)


def test_a_start_that_fails_starts_nothing(run: Run) -> None:
    scheduler = AsyncIOScheduler(stores={"default": "sqlite:/nowhere/at/all.db"})

    async def main() -> None:
        with pytest.raises(StoreError, match="nowhere"):
            await scheduler.start_async()
        assert not scheduler.running

    run(main)


def test_native(run: Run, store: Any) -> None:
    scheduler = NativeAsyncIOScheduler(stores={"default": store})

    async def main() -> None:
        seen = asyncio.Event()

        async def see() -> None:
            seen.set()

        assert await scheduler.start()
        assert scheduler.event_loop is asyncio.get_running_loop()
        assert not await scheduler.start_async()
        assert not await scheduler.shutdown()
        assert await scheduler.shutdown(wait=False)
        assert not scheduler.running
        async with scheduler:
            assert scheduler.running
            if scheduler.stores["default"].durable:
                scheduler.add_task(job, "date", run_at=LATER)
            else:
                scheduler.add_task(see)
                await asyncio.wait_for(seen.wait(), 30)
        assert not scheduler.running
        async with uvsched.lifespan(scheduler)(None):
            assert scheduler.running
        assert not scheduler.running
        with pytest.raises(TypeError, match="write `async with`"), scheduler:
            pass

    run(main)
