"""The package's whole life under AddressSanitizer and UndefinedBehaviorSanitizer, which end the process where they find
something. tools/python.sh has the interpreter for it."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvsched._core
from uvsched import current_run
from uvsched.events.constants import EVERY_EVENT
from uvsched.executors import AsyncIOExecutor, DebugExecutor, ThreadPoolExecutor
from uvsched.schedulers import AsyncIOScheduler

if "python-asan" not in str(uvsched._core.__file__):
    pytest.skip("needs the package with AddressSanitizer, which ./dev test builds", allow_module_level=True)

PATIENCE = 60.0
seen: list[Any] = []


async def until(condition: Callable[[], Any]) -> None:
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not condition():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.002)


def function(value: Any = None) -> Any:
    this = current_run()
    assert this is not None
    seen.append(this)
    return value


async def coroutine(value: Any = None) -> Any:
    await asyncio.sleep(0)
    return function(value)


def fails() -> None:
    raise ValueError("broken \ud800")


async def fails_too() -> None:
    await asyncio.sleep(0)
    raise SystemExit(3)


async def endless() -> None:
    seen.append("endless")
    await asyncio.sleep(3600)


def forgets() -> Any:
    return coroutine()


def make(folder: Path) -> AsyncIOScheduler:
    return AsyncIOScheduler(
        stores={"default": "memory", "disk": f"sqlite:{folder / 'tasks.db'}"},
        executors={"default": AsyncIOExecutor(), "threads": ThreadPoolExecutor(2), "inline": DebugExecutor()},
    )


def listener(event: Any) -> None:
    repr(event)
    raise ValueError("a listener that fails")


def test_runs_of_all_kinds(tmp_path: Path) -> None:
    async def main() -> None:
        scheduler = make(tmp_path)
        scheduler.add_listener(listener, EVERY_EVENT)
        for _ in range(2):
            seen.clear()
            scheduler.start()
            for store in scheduler.stores:
                for executor in scheduler.executors:
                    run = coroutine if executor == "default" else function
                    scheduler.add_task(run, args=[{"x": [1, 2.5, "é"]}], store=store, executor=executor)
                    scheduler.add_task(fails, store=store, executor=executor)
                    scheduler.add_task(forgets, store=store, executor=executor)
                scheduler.add_task(fails_too, store=store)
                scheduler.add_task(endless, store=store)
            # Ten of each store have ended, the eleventh is cancelled.
            await until(lambda: all(len(scheduler.history(store=store)) % 11 == 10 for store in scheduler.stores))
            await until(lambda: seen.count("endless") == 2)
            await scheduler.shutdown_async(timeout=0.01)
        states = {run.state for run in scheduler.history()}
        assert {"done", "failed", "cancelled"} <= states

    asyncio.run(main())


@pytest.mark.parametrize("store", ["default", "disk"])
def test_management(tmp_path: Path, store: str) -> None:
    async def main() -> None:
        scheduler = make(tmp_path)
        scheduler.add_task(function, "interval", hours=1, id="early", store=store)
        async with scheduler:
            task = scheduler.add_task(function, "interval", hours=1, args=[1], id="x", store=store, executor="inline")
            task.update(name="new", args=[2], coalesce=False, max_instances=3)
            task.reschedule("interval", minutes=5)
            task.pause()
            task.resume()
            task.run()
            await until(lambda: scheduler.history("x", store=store))
            assert len(scheduler.preview_task_runs("x", store, count=3).run_times) == 3
            assert {found.id for found in scheduler.get_tasks(store)} == {"early", "x"}
            repr((task, task.snapshot(), scheduler.get_scheduler_info(), scheduler.get_task_infos()))
            for wrong in (
                lambda: scheduler.add_task(function, "interval", seconds=-1),
                lambda: scheduler.add_task(function, id="x" * 300, store=store),
                lambda: scheduler.add_task(function, id="a\0b", store=store),
                lambda: scheduler.add_task(function, id="\ud800", store=store),
                lambda: scheduler.delete_task("nobody", store),
                lambda: task.update(max_instances=0),
                lambda: scheduler.history(store="nowhere"),
            ):
                with pytest.raises((ValueError, LookupError)):
                    wrong()
            task.delete()
            scheduler.remove_all_tasks(store)
            assert scheduler.get_tasks(store) == []

    asyncio.run(main())


def test_many_runs_while_tasks_come_and_go(tmp_path: Path) -> None:
    async def main() -> None:
        seen.clear()
        async with make(tmp_path) as scheduler:
            for number in range(60):
                executor = ("default", "threads", "inline")[number % 3]
                run = coroutine if executor == "default" else function
                scheduler.add_task(
                    run, timedelta(milliseconds=1), id=str(number), executor=executor, max_instances=1000
                )
            await until(lambda: len(seen) > 500)
            for number in range(0, 60, 2):
                scheduler.delete_task(str(number))
            await until(lambda: len(seen) > 1000)
            scheduler.pause()
            scheduler.resume()

    asyncio.run(main())


@pytest.mark.parametrize("wait", [True, False])
def test_shutdown_with_runs_under_way(tmp_path: Path, wait: bool) -> None:
    gate, inside = threading.Event(), threading.Event()

    def blocks() -> None:
        inside.set()
        assert gate.wait(PATIENCE)

    async def main() -> None:
        gate.clear()
        scheduler = make(tmp_path)
        scheduler.start()
        scheduler.add_task(endless, store="disk")
        scheduler.add_task(blocks, executor="threads")
        await asyncio.to_thread(inside.wait, PATIENCE)
        await until(lambda: "endless" in seen)
        scheduler.shutdown(wait)
        gate.set()
        await asyncio.to_thread(scheduler._handle.usable().wait, 30_000)

    seen.clear()
    asyncio.run(main())


def test_loops_that_are_lost_and_schedulers_that_are_forgotten(tmp_path: Path) -> None:
    async def lost() -> None:
        scheduler = make(tmp_path)
        scheduler.start()
        scheduler.add_task(endless)
        scheduler.add_task(function, "interval", seconds=0.001, executor="threads")
        await until(lambda: "endless" in seen)

    for _ in range(2):
        seen.clear()
        asyncio.run(lost())
        gc.collect()
    made = [make(tmp_path) for _ in range(10)]
    made[0].add_task(function, args=[made], executor="inline")  # a cycle through the engine's table
    del made
    gc.collect()
    with make(tmp_path) as scheduler:  # a loop of its own
        seen.clear()
        scheduler.add_task(function, executor="inline")
        asyncio.run(until(lambda: seen))
