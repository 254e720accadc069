"""Executors of the program's own, and those of concurrent.futures."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from uvsched.executors import BaseExecutor, FuturesExecutor, SentTask
from uvsched.schedulers import AsyncIOScheduler

from .conftest import Main, until

Run = Callable[[Main], Any]


def add(a: int, b: int = 0) -> int:
    return a + b


def fail() -> None:
    raise OSError("no network")


class Own(BaseExecutor):
    """Runs as it is told, and writes down what it hears."""

    def __init__(self, send: Callable[[SentTask], Any]) -> None:
        self.send = send
        self.heard: list[Any] = []

    def start(self, scheduler: Any, alias: str) -> None:
        self.heard.append(("start", scheduler, alias))

    def shutdown(self, wait: bool = True) -> None:
        self.heard.append(("shutdown", wait))

    def do_send_task(self, task: SentTask, run_times: list[datetime]) -> Any:
        self.heard.append((task.id, run_times))
        return self.send(task)


async def result_of(scheduler: AsyncIOScheduler, task_id: str) -> Any:
    await until(lambda: scheduler.history(task_id))
    return scheduler.history(task_id)[0]


async def awaited(task: SentTask) -> Any:
    await asyncio.sleep(0)
    return task.fn(*task.args, **task.kwargs)


def in_future(task: SentTask) -> concurrent.futures.Future[Any]:
    future: concurrent.futures.Future[Any] = concurrent.futures.Future()

    def work() -> None:
        try:
            future.set_result(task.fn(*task.args, **task.kwargs))
        except OSError as error:
            future.set_exception(error)

    threading.Thread(target=work).start()
    return future


@pytest.mark.parametrize(
    "send", [lambda task: task.fn(*task.args, **task.kwargs), awaited, in_future], ids=["result", "awaitable", "future"]
)
def test_what_it_gives_is_the_result_of_the_run(run: Run, send: Callable[[SentTask], Any]) -> None:
    executor = Own(send)
    scheduler = AsyncIOScheduler(executors={"own": executor})

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(add, args=[1], kwargs={"b": 2}, id="sum", executor="own")
            scheduler.add_task(fail, id="fails", executor="own")
            row = await result_of(scheduler, "sum")
            assert (row.state, row.result) == ("done", 3)
            row = await result_of(scheduler, "fails")
            assert row.state == "failed"
            assert "OSError: no network" in row.error
            assert executor.heard[0] == ("start", scheduler, "own")
            assert ("sum", [scheduler.history("sum")[0].scheduled_time]) in executor.heard
            assert executor.busy == 0
        assert executor.heard[-1] == ("shutdown", True)

    run(main)


def test_it_starts_again_on_another_loop(run: Run) -> None:
    scheduler = AsyncIOScheduler(executors={"own": Own(lambda task: 1)})

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(add, args=[1], id="sum", executor="own", replace_existing=True)
            assert (await result_of(scheduler, "sum")).result == 1

    run(main)
    asyncio.run(main())


def test_runs_wait_while_as_many_as_its_limit_are_under_way(run: Run) -> None:
    class Two(Own):
        @property
        def limit(self) -> int:
            return 2

    futures: list[concurrent.futures.Future[int]] = []

    def keep(task: SentTask) -> Any:
        futures.append(concurrent.futures.Future())
        return futures[-1]

    executor = Two(keep)
    scheduler = AsyncIOScheduler(executors={"own": executor})

    async def main() -> None:
        async with scheduler:
            for number in range(5):
                scheduler.add_task(add, args=[number], id=str(number), executor="own")
            await until(lambda: len(futures) == 2)
            for done in range(5):
                assert len(futures) == min(done + 2, 5)
                futures[done].set_result(done)
                await until(lambda done=done: len(scheduler.history()) == done + 1 and len(futures) == min(done + 3, 5))
        assert sorted(row.result for row in scheduler.history()) == [0, 1, 2, 3, 4]

    run(main)


def test_one_that_never_answers_holds_nothing_up_for_longer_than_the_timeout(run: Run) -> None:
    executor = Own(lambda task: concurrent.futures.Future())
    scheduler = AsyncIOScheduler(executors={"own": executor}, shutdown_timeout=0.01)

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(add, args=[1], id="lost", executor="own")
            await until(lambda: executor.running() == ["lost"])

    run(main)
    assert [event for event in executor.heard if event[0] == "shutdown"]


def test_an_awaitable_is_cancelled_at_the_end(run: Run) -> None:
    ended: list[str] = []

    async def forever(task: SentTask) -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    executor = Own(forever)
    scheduler = AsyncIOScheduler(executors={"own": executor}, shutdown_timeout=0.01)

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(add, args=[1], id="x", executor="own")
            await until(lambda: executor.running())
        await until(lambda: ended)

    run(main)


def test_hooks_that_raise(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Own):
        broken = True

        def start(self, scheduler: Any, alias: str) -> None:
            if self.broken:
                raise OSError("no queue")

        def shutdown(self, wait: bool = True) -> None:
            raise OSError("no end")

    executor = Broken(lambda task: task.fn(*task.args))
    scheduler = AsyncIOScheduler(executors={"own": executor})

    async def main() -> None:
        with pytest.raises(OSError, match="no queue"):
            scheduler.start()
        assert not scheduler.running
        executor.broken = False
        async with scheduler:
            scheduler.add_task(add, args=[1], id="x", executor="own")
            assert (await result_of(scheduler, "x")).result == 1

    run(main)
    assert "its shutdown failed" in caplog.text


def test_one_that_can_run_nothing_is_refused(run: Run) -> None:
    class Empty(BaseExecutor): ...

    async def main() -> None:
        with pytest.raises(NotImplementedError, match="Empty has no do_send_task"):
            AsyncIOScheduler(executors={"own": Empty()}).start()

    run(main)


def test_an_executor_of_concurrent_futures(run: Run) -> None:
    with concurrent.futures.ThreadPoolExecutor(2, "mine") as pool:
        scheduler = AsyncIOScheduler(executors={"default": pool})
        executor = scheduler.executors["default"]
        assert isinstance(executor, FuturesExecutor)
        assert executor.limit == 2

        async def main() -> None:
            async with scheduler:
                scheduler.add_task(lambda: threading.current_thread().name, id="x")
                assert (await result_of(scheduler, "x")).result.startswith("mine")
                with pytest.raises(TypeError, match="is a coroutine function"):
                    scheduler.add_task(awaited, "interval", hours=1, args=[1])

        run(main)
        assert pool.submit(add, 1).result() == 1  # the pool is the program's


def test_a_pool_that_is_shut_down_fails_its_runs(run: Run) -> None:
    pool = concurrent.futures.ThreadPoolExecutor(1)
    pool.shutdown()
    scheduler = AsyncIOScheduler()
    scheduler.add_executor(pool, "pool")

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(add, args=[1], id="x", executor="pool")
            assert "cannot schedule new futures" in (await result_of(scheduler, "x")).error

    run(main)
