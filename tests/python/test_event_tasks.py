"""Tasks on the shutdown trigger and on "@reboot"."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from uvsched.events.constants import SCHEDULER_SHUTDOWN, TASK_EXECUTED
from uvsched.exceptions import SchedulerNotRunningError
from uvsched.executors import AsyncIOExecutor, ThreadPoolExecutor
from uvsched.schedulers import AsyncIOScheduler
from uvsched.triggers import ShutdownTrigger

from .conftest import until

calls: list[str] = []


async def hello() -> None:
    calls.append("hello")


async def hang() -> None:
    calls.append("hang begins")
    try:
        await asyncio.sleep(30)
    except asyncio.CancelledError:
        calls.append("hang is cancelled")
        raise


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


ALL = ["bye begins", "bye ends", "bye from a function", "bye from the pool"]


def add_all(scheduler: AsyncIOScheduler) -> None:
    scheduler.add_task(bye, "shutdown", id="bye")
    scheduler.add_task(bye_here, "shutdown", id="here")
    scheduler.add_task(bye_there, trigger="shutdown", id="there", executor="pool")


def test_a_plain_shutdown_on_the_loop_returns_before_they_run(
    run: Any, record: Any, scheduler: AsyncIOScheduler
) -> None:
    add_all(scheduler)
    heard = record(scheduler, SCHEDULER_SHUTDOWN | TASK_EXECUTED)

    async def main() -> None:
        for _ in range(2):
            calls.clear()
            scheduler.start()
            assert scheduler.shutdown()
            assert not scheduler.running
            await until(lambda: heard.events and heard.events[-1].code == SCHEDULER_SHUTDOWN, "the end")
            assert sorted(calls) == ALL
            assert {event.task_id for event in heard.of(TASK_EXECUTED)} == {"bye", "here", "there"}
            heard.events.clear()

    run(main)


def test_a_plain_shutdown_cancels_the_coroutines_under_way(run: Any, scheduler: AsyncIOScheduler) -> None:
    add_all(scheduler)

    async def main() -> None:
        scheduler.start()
        scheduler.add_task(hang, id="hang")
        await until(lambda: calls == ["hang begins"], "the run")
        scheduler.shutdown()
        await until(lambda: sorted(calls) == sorted([*ALL, "hang begins", "hang is cancelled"]), "the end")
        with pytest.raises(SchedulerNotRunningError):
            scheduler.shutdown()

    run(main)


def test_a_program_that_ends_after_a_plain_shutdown(scheduler: AsyncIOScheduler, caplog: Any) -> None:
    scheduler.add_task(bye_here, "shutdown", id="here")
    scheduler.add_task(bye_there, trigger="shutdown", id="there", executor="pool")

    async def main() -> None:
        scheduler.start()
        scheduler.shutdown()

    asyncio.run(main())
    assert sorted(calls) == ["bye from a function", "bye from the pool"]
    assert not [line for line in caplog.messages if "the event loop was closed" in line]


async def stop_from_inside(scheduler: AsyncIOScheduler) -> None:
    scheduler.shutdown()
    await asyncio.sleep(30)


def test_a_run_shuts_it_down(run: Any) -> None:
    scheduler = AsyncIOScheduler(executors={"default": AsyncIOExecutor(), "pool": ThreadPoolExecutor(2)})
    calls.clear()
    add_all(scheduler)

    async def main() -> None:
        scheduler.start()
        scheduler.add_task(stop_from_inside, args=(scheduler,))
        await until(lambda: sorted(calls) == ALL, "the shutdown tasks")

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
