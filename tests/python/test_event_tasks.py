"""Tasks on the shutdown trigger and on "@reboot"."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from pathlib import Path
from typing import Any

import pytest
from uvsched.executors import AsyncIOExecutor, BaseExecutor, DebugExecutor, ThreadPoolExecutor
from uvsched.schedulers import AsyncIOScheduler, BackgroundScheduler, BlockingScheduler, PolledScheduler
from uvsched.triggers import ShutdownTrigger

from .conftest import Script, until, until_sync

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


ALL = ["bye begins", "bye ends", "bye from a function", "bye from the pool"]


def add_all(scheduler: Any) -> None:
    scheduler.add_task(bye, "shutdown", id="bye")
    scheduler.add_task(bye_here, "shutdown", id="here")
    scheduler.add_task(bye_there, "shutdown", id="there", executor="pool")


@pytest.mark.parametrize("wait", [True, False])
def test_after_a_plain_shutdown_on_the_loop_they_run_for_as_long_as_the_loop_does(
    run: Any, scheduler: AsyncIOScheduler, wait: bool
) -> None:
    add_all(scheduler)
    ended = asyncio.Event()

    async def long() -> None:
        await asyncio.sleep(100)

    async def waits() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await ended.wait()

    async def main() -> None:
        scheduler.add_task(waits, "shutdown", id="waits", store="other")
        scheduler.add_task(long, "date", id="long", store="other")
        scheduler.start()
        await until(lambda: scheduler.executors["default"].running() == ["long"])
        assert scheduler.shutdown(wait)
        assert not scheduler.running
        await until(lambda: sorted(calls) == ALL)
        assert sorted(scheduler.executors["default"].running()) == ["waits"]  # "long" was cancelled
        ended.set()
        await until(lambda: not scheduler.executors["default"].running())
        for id, store in {"bye": None, "here": None, "there": None, "waits": "other"}.items():
            await until(lambda: [run.state for run in scheduler.history(id, store=store)] == ["done"])  # noqa: B023
        assert [run.state for run in scheduler.history("long", store="other")] == ["cancelled"]

    scheduler.add_store("memory", "other")
    run(main)


def test_the_end_of_a_block_waits_for_them_after_a_plain_shutdown(run: Any, scheduler: AsyncIOScheduler) -> None:
    add_all(scheduler)

    async def main() -> None:
        async with scheduler:
            scheduler.shutdown()
        assert sorted(calls) == ALL
        calls.clear()
        async with scheduler:
            scheduler.shutdown()
            await until(lambda: "bye ends" in calls)
        assert sorted(calls) == ALL

    run(main)


def test_those_that_the_loop_does_not_outlive_are_cancelled(scheduler: AsyncIOScheduler) -> None:
    endless = asyncio.Event()

    async def wait() -> None:
        calls.append("begins")
        try:
            await endless.wait()
        finally:
            calls.append("is cleaned up")

    scheduler.add_store("memory", "other")
    scheduler.add_task(wait, "shutdown", id="wait", store="other")

    async def main() -> None:
        scheduler.start()
        scheduler.shutdown()
        await until(lambda: calls)

    asyncio.run(main())
    assert calls == ["begins", "is cleaned up"]
    assert [run.state for run in scheduler.history("wait", store="other")] == ["cancelled"]


def test_a_start_makes_way_for_none_of_them(
    run: Any, scheduler: AsyncIOScheduler, caplog: pytest.LogCaptureFixture
) -> None:
    add_all(scheduler)

    async def main() -> None:
        scheduler.start()
        scheduler.shutdown()
        scheduler.start()
        await scheduler.shutdown_async()
        assert [run.state for run in scheduler.history("bye")] == ["done", "cancelled"]

    caplog.set_level(logging.WARNING, "uvsched")
    run(main)
    assert "still run, which are cancelled (bye); await shutdown_async() before the start" in caplog.text


def test_a_loop_that_nobody_runs_is_run_for_them(scheduler: AsyncIOScheduler) -> None:
    add_all(scheduler)
    loop = asyncio.new_event_loop()

    async def start() -> None:
        scheduler.start()

    loop.run_until_complete(start())
    scheduler.shutdown()
    assert sorted(calls) == ALL
    loop.close()


@pytest.mark.parametrize("executor", ["default", "pool", "debug", "coroutine"])
@pytest.mark.parametrize("kind", [BackgroundScheduler, BlockingScheduler])
def test_a_run_that_shuts_its_scheduler_down_lets_them_run(kind: type[BackgroundScheduler], executor: str) -> None:
    calls.clear()
    scheduler = kind(executors={"pool": ThreadPoolExecutor(2), "debug": DebugExecutor()})
    add_all(scheduler)
    scheduler.add_task(bye_there, "shutdown", id="in-place", executor="debug")

    def shut() -> None:
        scheduler.shutdown()

    async def shut_on_loop() -> None:
        scheduler.shutdown()

    if executor == "coroutine":
        scheduler.add_task(shut_on_loop, "date")
    else:
        scheduler.add_task(shut, "date", executor=executor)
    scheduler.start()
    until_sync(lambda: len(calls) == 5)
    assert sorted(calls) == sorted([*ALL, "bye from the pool"])
    if kind is BackgroundScheduler:
        until_sync(lambda: not [thread for thread in threading.enumerate() if thread.name == "uvsched-loop"])
    else:
        assert [thread for thread in threading.enumerate() if thread.name == "uvsched-loop"] == []


def test_a_shutdown_from_another_thread_waits_for_them() -> None:
    calls.clear()
    scheduler = BackgroundScheduler(executors={"pool": ThreadPoolExecutor(2)})
    add_all(scheduler)
    scheduler.start()
    scheduler.shutdown()
    assert sorted(calls) == ALL


def test_a_scheduler_without_threads_runs_them_on_its_loop() -> None:
    calls.clear()
    scheduler = AsyncIOScheduler(own_threads=False)
    scheduler.add_task(bye, "shutdown", id="bye")
    scheduler.add_task(bye_here, "shutdown", id="here")

    async def main() -> None:
        scheduler.start()
        scheduler.shutdown()
        await until(lambda: sorted(calls) == ["bye begins", "bye ends", "bye from a function"])

    asyncio.run(main())


def test_a_polled_scheduler_runs_them_in_its_shutdown_or_in_later_polls() -> None:
    calls.clear()
    scheduler = PolledScheduler()
    scheduler.add_task(bye_here, "shutdown", id="here")
    for _ in range(2):
        with scheduler:
            pass
    assert calls == ["bye from a function"] * 2
    calls.clear()
    scheduler.add_task(scheduler.shutdown, "date")
    scheduler.start()
    while len(calls) < 1:
        scheduler.poll(1)
    assert not scheduler.running
    with scheduler:
        pass
    assert calls == ["bye from a function"] * 2


class Elsewhere(BaseExecutor):
    """Awaits on the loop what it is sent."""

    def do_send_task(self, task: Any, run_times: Any) -> Any:
        return task.fn()


def test_an_executor_of_ones_own_awaits_them_too(run: Any) -> None:
    calls.clear()
    scheduler = AsyncIOScheduler(executors={"own": Elsewhere()})
    scheduler.add_task(bye, "shutdown", id="bye", executor="own")
    endless = asyncio.Event()
    scheduler.add_task(endless.wait, "date", id="endless", executor="own")

    async def main() -> None:
        scheduler.start()
        await until(lambda: scheduler.executors["own"].running() == ["endless"])
        scheduler.shutdown()
        await until(lambda: calls == ["bye begins", "bye ends"])
        await until(lambda: [run.state for run in scheduler.history("bye")] == ["done"])
        assert [run.state for run in scheduler.history("endless")] == ["cancelled"]

    run(main)


@pytest.mark.parametrize("where", ["on asyncio's loop", "in a thread"])
def test_a_process_that_ends_after_its_shutdown_has_begun_them(script: Script, where: str) -> None:
    end = "asyncio.run(main())" if where == "on asyncio's loop" else "scheduler.start()"
    program = f"""
        import asyncio, os
        from uvsched.schedulers.threaded import AsyncIOScheduler, BlockingScheduler
        scheduler = {"AsyncIOScheduler" if where == "on asyncio's loop" else "BlockingScheduler"}()
        @scheduler.add_task(trigger="shutdown", id="function")
        def function(): os.write(1, b"function\\n")
        @scheduler.add_task(trigger="shutdown", id="coroutine")
        async def coroutine():
            os.write(1, b"coroutine\\n")
            await asyncio.sleep(0.05)
            os.write(1, b"coroutine ends\\n")
        async def main():
            scheduler.start()
            scheduler.shutdown()
        if {where == "in a thread"}:
            scheduler.add_task(scheduler.shutdown, "date")
        {end}
    """
    told = sorted(script.run(program).splitlines())
    assert told == ["coroutine", *(["coroutine ends"] if where == "in a thread" else []), "function"]


def test_one_that_was_removed_or_paused_does_not_run(run: Any, scheduler: AsyncIOScheduler) -> None:
    scheduler.add_task(bye, "shutdown", id="bye")
    scheduler.add_task(bye_here, "shutdown", id="here")

    async def main() -> None:
        async with scheduler:
            scheduler.delete_task("bye")
            scheduler.pause_task("here")
        assert not calls

    run(main)
