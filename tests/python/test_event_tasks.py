"""Tasks on the shutdown trigger and on "@reboot"."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from uvsched.executors import AsyncIOExecutor, ThreadPoolExecutor
from uvsched.schedulers import AsyncIOScheduler
from uvsched.triggers import ShutdownTrigger

from .conftest import until

calls: list[str] = []


async def hello() -> None:
    calls.append("hello")


async def bye() -> None:
    calls.append("bye begins")
    await asyncio.sleep(0.01)
    calls.append("bye ends")


def bye_here() -> None:
    calls.append("bye from a function")


def bye_there() -> None:
    calls.append("bye from the pool")


@pytest.fixture(params=["memory", "sqlite"])
def scheduler(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIOScheduler:
    calls.clear()
    url = "memory" if request.param == "memory" else f"sqlite:{tmp_path / 'tasks.db'}"
    return AsyncIOScheduler(
        stores={"default": url}, executors={"default": AsyncIOExecutor(), "pool": ThreadPoolExecutor(2)}
    )


def test_coroutines_and_functions_run_to_their_end_before_the_block_does(run: Any, scheduler: AsyncIOScheduler) -> None:
    scheduler.add_task(bye, ShutdownTrigger(), id="bye")
    scheduler.add_task(bye_here, trigger="shutdown", id="here")
    scheduler.add_task(bye_there, trigger="shutdown", id="there", executor="pool")
    scheduler.add_task(hello, trigger="cron", expression="@reboot", id="hello")

    async def main() -> None:
        for _ in range(2):
            calls.clear()
            async with scheduler:
                await until(lambda: calls == ["hello"])
                assert sorted(task.id for task in scheduler.get_tasks()) == ["bye", "hello", "here", "there"]
            assert calls[0] == "hello"
            assert sorted(calls[1:]) == ["bye begins", "bye ends", "bye from a function", "bye from the pool"]

    run(main)


def test_a_shutdown_that_cancels_runs_them_too(run: Any, scheduler: AsyncIOScheduler) -> None:
    scheduler.add_task(bye, "shutdown", id="bye")

    async def main() -> None:
        scheduler.start()
        await scheduler.shutdown_async(wait=False)
        assert calls == ["bye begins", "bye ends"]

    run(main)


def test_a_plain_shutdown_on_the_loop_skips_what_needs_the_loop(run: Any, scheduler: AsyncIOScheduler) -> None:
    scheduler.add_task(bye, "shutdown", id="bye")
    scheduler.add_task(bye_here, "shutdown", id="here")

    async def main() -> None:
        scheduler.start()
        scheduler.shutdown()
        await asyncio.sleep(0.05)
        assert not calls
        async with scheduler:
            pass
        assert sorted(calls) == ["bye begins", "bye ends", "bye from a function"]

    run(main)


def test_one_that_was_removed_or_paused_does_not_run(run: Any, scheduler: AsyncIOScheduler) -> None:
    scheduler.add_task(bye, "shutdown", id="bye")
    scheduler.add_task(bye_here, "shutdown", id="here")

    async def main() -> None:
        async with scheduler:
            scheduler.delete_task("bye")
            scheduler.pause_task("here")
        assert not calls

    run(main)
