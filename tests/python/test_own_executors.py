"""Executors of the program's own, and those of concurrent.futures."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from uvsched.executors import AsyncIOExecutor, BaseExecutor, FuturesExecutor, SentTask
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


@pytest.mark.parametrize("url", ["memory", "sqlite:{}/tasks.db"])
def test_one_that_never_answers_holds_nothing_up_for_longer_than_the_timeout(
    run: Run, tmp_path: Path, url: str
) -> None:
    executor = Own(lambda task: concurrent.futures.Future())
    scheduler = AsyncIOScheduler(
        stores={"default": url.format(tmp_path)},
        executors={"own": executor, "default": AsyncIOExecutor()},
        shutdown_timeout=0.01,
    )

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(add, args=[1], id="lost", executor="own")
            await until(lambda: executor.running() == ["lost"])
            scheduler.add_task(add, args=[1], id="other")
            assert (await result_of(scheduler, "other")).result == 1
        assert executor.heard[-1] == ("shutdown", False)
        async with scheduler:
            assert [row.state for row in scheduler.history("lost")] == ["cancelled"]

    run(main)


def test_an_answer_after_the_run_was_given_up_changes_nothing(run: Run) -> None:
    futures: list[concurrent.futures.Future[int]] = []

    def keep(task: SentTask) -> Any:
        futures.append(concurrent.futures.Future())
        return futures[-1]

    scheduler = AsyncIOScheduler(executors={"own": Own(keep)}, shutdown_timeout=0.01)

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(add, args=[1], id="late", executor="own")
            await until(lambda: futures)
        with pytest.raises(concurrent.futures.InvalidStateError):  # whoever answers is told
            futures[0].set_result(1)
        async with scheduler:
            assert [row.state for row in scheduler.history("late")] == ["cancelled"]

    run(main)


@pytest.mark.parametrize("form", ["own", "pool"])
def test_the_first_answer_counts(run: Run, caplog: pytest.LogCaptureFixture, form: str) -> None:
    class Pool(concurrent.futures.Executor):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> concurrent.futures.Future[Any]:
            return self.answer()

        def answer(self) -> concurrent.futures.Future[Any]:
            future = Twice()
            futures.append(future)
            return future

    class Twice(concurrent.futures.Future[int]):
        """Lets its end be told as often as somebody has one."""

        fn: Callable[[concurrent.futures.Future[int]], object]

        def add_done_callback(self, fn: Callable[[concurrent.futures.Future[int]], object]) -> None:
            self.fn = fn

        def tell(self, value: int) -> None:
            told: concurrent.futures.Future[int] = concurrent.futures.Future()
            told.set_result(value)
            self.fn(told)

    futures: list[Twice] = []
    pool = Pool()
    scheduler = AsyncIOScheduler(executors={"own": Own(lambda task: pool.answer()) if form == "own" else pool})

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(add, args=[1], id="twice", executor="own")
            await until(lambda: futures)
            futures[0].tell(1)
            assert (await result_of(scheduler, "twice")).result == 1
            futures[0].tell(2)
            await until(lambda: "answered twice" in caplog.text)
            assert [row.result for row in scheduler.history()] == [1]
            assert scheduler.executors["own"].busy == 0
            scheduler.add_task(add, args=[1], id="next", executor="own")  # and it goes on
            await until(lambda: len(futures) == 2)
            futures[1].tell(3)
            assert (await result_of(scheduler, "next")).result == 3

    run(main)
    assert caplog.text.count("executor 'own' answered twice for a run of task 'twice'; the first answer counts") == 1


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


async def raised_later(error: BaseException) -> None:
    await asyncio.sleep(0)
    raise error


def raised_elsewhere(error: BaseException) -> concurrent.futures.Future[Any]:
    future: concurrent.futures.Future[Any] = concurrent.futures.Future()
    future.set_exception(error)
    return future


def raised(error: BaseException) -> None:
    raise error


@pytest.mark.usefixtures("own_handler")
@pytest.mark.parametrize("error", [OSError("broken"), SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError()])
@pytest.mark.parametrize("way", [raised, raised_later, raised_elsewhere])
def test_what_a_run_raises_ends_it_and_nothing_else(
    run: Run, way: Callable[[BaseException], Any], error: BaseException
) -> None:
    executor = Own(lambda task: way(error) if task.id == "raises" else 1)
    scheduler = AsyncIOScheduler(executors={"own": executor})

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(add, args=[1], id="raises", executor="own")
            row = await result_of(scheduler, "raises")
            if isinstance(error, asyncio.CancelledError):
                assert row.state == "cancelled"
            else:
                assert row.state == "failed"
                assert row.error.startswith(type(error).__name__)
            scheduler.add_task(add, args=[1], id="next", executor="own")
            assert (await result_of(scheduler, "next")).result == 1
            assert executor.busy == 0

    run(main)


@pytest.mark.parametrize("hook", ["start", "limit"])
def test_a_hook_that_raises_at_the_start(run: Run, hook: str) -> None:
    class Broken(Own):
        broken = True

        def start(self, scheduler: Any, alias: str) -> None:
            super().start(scheduler, alias)
            if self.broken and hook == "start":
                raise OSError("no queue")

        @property
        def limit(self) -> int | None:
            if self.broken and hook == "limit":
                raise OSError("no queue")
            return 1

    executor, other = Broken(lambda task: 1), Own(lambda task: 2)
    scheduler = AsyncIOScheduler(executors={"a": other, "own": executor})

    async def main() -> None:
        with pytest.raises(OSError, match="no queue"):
            scheduler.start()
        assert not scheduler.running
        assert other.heard[-1] == ("shutdown", False)
        # What has started is shut down. What failed to start has nothing to be shut down.
        assert executor.heard[1:] == ([("shutdown", False)] if hook == "limit" else [])
        executor.broken = False
        async with scheduler:
            scheduler.add_task(add, args=[1], id="x", executor="own")
            assert (await result_of(scheduler, "x")).result == 1

    run(main)


@pytest.mark.parametrize("error", [OSError("no end"), SystemExit(3)])
def test_a_shutdown_that_raises_holds_nothing_up(
    run: Run, caplog: pytest.LogCaptureFixture, error: BaseException
) -> None:
    class Broken(Own):
        def shutdown(self, wait: bool = True) -> None:
            raise error

    other = Own(lambda task: 2)
    scheduler = AsyncIOScheduler(executors={"broken": Broken(lambda task: 1), "other": other})

    async def main() -> None:
        for _ in range(2):
            async with scheduler:
                scheduler.add_task(add, args=[1], id="x", executor="broken", replace_existing=True)
                assert (await result_of(scheduler, "x")).result == 1
            assert other.heard[-1] == ("shutdown", True)

    run(main)
    assert caplog.text.count("Broken(): its shutdown failed") == 2


def test_a_check_that_raises_is_the_error_of_the_call(run: Run) -> None:
    class Picky(Own):
        def check_function(self, fn: Callable[..., Any]) -> None:
            raise OSError("not this one")

    scheduler = AsyncIOScheduler(executors={"own": Picky(lambda task: 1)})

    async def main() -> None:
        async with scheduler:
            with pytest.raises(OSError, match="not this one"):
                scheduler.add_task(add, args=[1], id="x", executor="own")
            assert scheduler.get_tasks() == []

    run(main)


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
