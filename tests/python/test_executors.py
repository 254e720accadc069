"""Executors: where functions run, and how their ends are told."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import functools
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from uvsched import current_run
from uvsched.events.constants import TASK_CANCELLED, TASK_ERROR, TASK_EXECUTED
from uvsched.executors import AsyncIOExecutor, DebugExecutor, ThreadPoolExecutor
from uvsched.schedulers import AsyncIOScheduler

from .conftest import until

EXECUTORS: dict[str, Callable[[], Any]] = {
    "asyncio": AsyncIOExecutor,
    "debug": DebugExecutor,
    "threads": lambda: ThreadPoolExecutor(3),
}
WHERE = contextvars.ContextVar("WHERE", default="nowhere")


@pytest.fixture(params=list(EXECUTORS))
def scheduler(request: pytest.FixtureRequest) -> AsyncIOScheduler:
    return AsyncIOScheduler(executors={"default": EXECUTORS[request.param]()})


RESULTS = [(1, 2), (5,), (), [1, (2,)], {"a": (1,)}, None]


@pytest.mark.parametrize("value", RESULTS, ids=repr)
def test_a_result_is_recorded_as_it_was_returned(run: Any, scheduler: AsyncIOScheduler, value: Any) -> None:
    def job() -> Any:
        return value

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(job, id="x")
            await until(lambda: scheduler.history("x"))
            assert scheduler.history("x")[0].result == value

    run(main)


def test_a_plain_function(run: Any, record: Any, scheduler: AsyncIOScheduler) -> None:
    heard = record(scheduler)
    seen: list[Any] = []

    def job(value: int, *, factor: int) -> int:
        seen.append((threading.get_ident(), current_run()))
        return value * factor

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(job, args=[3], kwargs={"factor": 2}, id="x")
            event = await heard.first(TASK_EXECUTED)
            assert event.return_value == 6
            assert event.task_id == "x"
            assert event.store == "default"
            assert event.attempt == 1
            ((thread, this),) = seen
            assert this is not None
            assert (this.task_id, this.store, this.fire_id) == ("x", "default", event.fire_id)
            assert this.scheduled_time == event.scheduled_run_time
            assert (this.folded, this.attempt, this.kind) == (1, 1, "scheduled")
            inline = isinstance(scheduler.executors["default"], DebugExecutor)
            assert (thread == threading.get_ident()) == inline
            assert heard.threads == {threading.get_ident()}
        assert current_run() is None

    run(main)


@pytest.mark.usefixtures("own_handler")
@pytest.mark.parametrize("error", [ValueError("broken"), SystemExit(3), KeyboardInterrupt(), StopIteration(5)])
def test_a_function_that_raises(run: Any, record: Any, scheduler: AsyncIOScheduler, error: BaseException) -> None:
    heard = record(scheduler)

    def raises() -> None:
        raise error

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(raises, id="x")
            event = await heard.first(TASK_ERROR)
            assert event.exception is error
            assert event.traceback.startswith(type(error).__name__)
            assert "in raises" in event.traceback
            assert scheduler.history("x")[0].error == event.traceback
            scheduler.add_task(int, id="y")  # goes on
            assert (await heard.first(TASK_EXECUTED)).return_value == 0

    run(main)


def test_a_coroutine_that_nobody_awaits(run: Any, record: Any, scheduler: AsyncIOScheduler) -> None:
    heard = record(scheduler)

    async def coroutine() -> None:
        """Never reached."""

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(lambda: coroutine())
            event = await heard.first(TASK_ERROR)
            assert "returned a coroutine, which is not awaited here" in event.traceback

    run(main)


def test_an_error_that_cannot_show_itself(run: Any, record: Any, scheduler: AsyncIOScheduler) -> None:
    heard = record(scheduler)

    class Odd(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    def raises() -> None:
        raise Odd("\ud800")

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(raises)
            assert "Odd" in (await heard.first(TASK_ERROR)).traceback

    run(main)


def test_a_long_traceback_is_cut(run: Any, record: Any, scheduler: AsyncIOScheduler) -> None:
    heard = record(scheduler)

    def raises() -> None:
        raise ValueError("x" * 1_000_000)

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(raises)
            assert len((await heard.first(TASK_ERROR)).traceback) < 40_000

    run(main)


# ---- coroutines ----


@pytest.fixture
def on_loop(make: Any) -> AsyncIOScheduler:
    return AsyncIOScheduler()


def test_a_coroutine_runs_on_the_loop(run: Any, record: Any, on_loop: AsyncIOScheduler) -> None:
    heard = record(on_loop)
    seen: list[Any] = []

    async def job(value: int) -> int:
        seen.append((threading.get_ident(), current_run(), asyncio.current_task()))
        await asyncio.sleep(0)
        child = await asyncio.create_task(grandchild())
        assert child == current_run()
        return value

    async def grandchild() -> Any:
        return current_run()

    async def main() -> None:
        async with on_loop:
            on_loop.add_task(job, args=[7], id="x")
            assert (await heard.first(TASK_EXECUTED)).return_value == 7
            ((thread, this, task),) = seen
            assert thread == threading.get_ident()
            assert this.task_id == "x"
            assert task.get_name() == "x"
            assert current_run() is None

    run(main)


def test_awaitables_of_all_kinds(run: Any, record: Any, on_loop: AsyncIOScheduler) -> None:
    heard = record(on_loop)

    class Callable_:
        async def __call__(self) -> str:
            await asyncio.sleep(0)
            return "callable object"

        async def method(self) -> str:
            return "method"

    async def partial(value: str) -> str:
        return value

    async def main() -> None:
        async with on_loop:
            on_loop.add_task(Callable_())
            on_loop.add_task(Callable_().method)
            on_loop.add_task(functools.partial(partial, "partial"))
            await until(lambda: len(heard.of(TASK_EXECUTED)) == 3)
            assert {event.return_value for event in heard.of(TASK_EXECUTED)} == {"callable object", "method", "partial"}

    run(main)


@pytest.mark.usefixtures("own_handler")
@pytest.mark.parametrize("error", [ValueError("broken"), SystemExit(3), KeyboardInterrupt()])
@pytest.mark.parametrize("late", [False, True])
def test_a_coroutine_that_raises(
    run: Any, record: Any, on_loop: AsyncIOScheduler, error: BaseException, late: bool
) -> None:
    heard = record(on_loop)

    async def raises() -> None:
        if late:
            await asyncio.sleep(0.001)
        raise error

    async def main() -> None:
        async with on_loop:
            on_loop.add_task(raises, id="x")
            event = await heard.first(TASK_ERROR)
            assert event.exception is error
            assert "in raises" in event.traceback

    run(main)


def test_a_call_that_fails_before_its_coroutine(run: Any, record: Any, on_loop: AsyncIOScheduler) -> None:
    heard = record(on_loop)

    async def job(value: int) -> None:
        """Its arguments are bad only when it is called."""

    async def main() -> None:
        async with on_loop:
            task = on_loop.add_task(job, "interval", hours=1, args=[1])
            job.__code__ = job.__code__.replace(co_argcount=0, co_nlocals=1)
            task.run()
            assert "TypeError" in (await heard.first(TASK_ERROR)).traceback

    run(main)


def test_each_run_has_a_context_of_its_own(run: Any, record: Any, on_loop: AsyncIOScheduler) -> None:
    heard = record(on_loop)
    seen: list[str] = []

    async def job() -> None:
        seen.append(WHERE.get())
        WHERE.set("in a run")

    async def main() -> None:
        WHERE.set("at the start")
        async with on_loop:
            WHERE.set("later")
            for _ in range(2):
                on_loop.add_task(job)
            await until(lambda: len(heard.of(TASK_EXECUTED)) == 2)
            assert seen == ["at the start", "at the start"]
            assert WHERE.get() == "later"

    run(main)


@pytest.mark.parametrize("own_thread", [False, True])
def test_each_run_of_a_plain_function_has_a_context_of_its_own(
    run: Any, record: Any, scheduler: AsyncIOScheduler, own_thread: bool
) -> None:
    heard = record(scheduler)
    seen: list[str] = []
    runs = 8  # more than there are workers

    def job() -> None:
        seen.append(WHERE.get())
        WHERE.set("in a run")

    async def main() -> None:
        WHERE.set("at the start")
        if own_thread:
            await asyncio.to_thread(scheduler.start)
        else:
            scheduler.start()
        WHERE.set("later")
        for _ in range(runs):
            scheduler.add_task(job)
        await until(lambda: len(heard.of(TASK_EXECUTED)) == runs)
        assert seen == ["at the start"] * runs
        assert WHERE.get() == "later"
        loop = asyncio.get_running_loop()
        others = await asyncio.gather(*(loop.run_in_executor(None, WHERE.get) for _ in range(runs)))
        assert set(others) == {"nowhere"}
        assert await asyncio.to_thread(WHERE.get) == "later"
        await scheduler.shutdown_async()

    run(main)


def generator() -> Any:
    yield


async def async_generator() -> Any:
    yield


async def coroutine() -> None:
    """Awaited where somebody does."""


class Calls:
    """An object whose call is of some kind."""

    async def __call__(self) -> None:
        """Awaited where somebody does."""

    def generator(self) -> Any:
        yield


class Generates:
    def __call__(self) -> Any:
        yield


GENERATORS = [generator, async_generator, Calls().generator, Generates(), functools.partial(generator)]
COROUTINES = [coroutine, functools.partial(coroutine), Calls(), Calls().__call__, functools.partial(Calls())]


@pytest.mark.parametrize("fn", GENERATORS)
def test_generator_functions_are_refused(scheduler: AsyncIOScheduler, fn: Any) -> None:
    with pytest.raises(TypeError, match="fn: .* is an? (async )?generator function; calling it runs nothing: write"):
        scheduler.add_task(fn)
    task = scheduler.add_task(print, "interval", hours=1, id="x")
    with pytest.raises(TypeError, match="generator function"):
        task.update(fn=fn)


@pytest.mark.parametrize("fn", COROUTINES)
def test_coroutine_functions_need_an_executor_that_awaits(fn: Any) -> None:
    scheduler = AsyncIOScheduler(
        executors={"default": AsyncIOExecutor(), "threads": ThreadPoolExecutor(2), "debug": DebugExecutor()}
    )
    for alias in ("threads", "debug"):
        with pytest.raises(
            TypeError, match=f"is a coroutine function, which executor '{alias}' .* does not await: use"
        ):
            scheduler.add_task(fn, executor=alias)
        task = scheduler.add_task(print, "interval", hours=1, executor=alias)
        with pytest.raises(TypeError, match="does not await"):
            task.update(fn=fn)
        task = scheduler.add_task(fn, "interval", hours=1)
        with pytest.raises(TypeError, match="does not await"):
            task.update(executor=alias)
        assert task.executor == "default"
        assert task.update(executor=alias, fn=print).executor == alias


@pytest.mark.parametrize("fn", COROUTINES)
def test_coroutine_functions_of_all_kinds_are_awaited(
    run: Any, record: Any, on_loop: AsyncIOScheduler, fn: Any
) -> None:
    heard = record(on_loop)

    async def main() -> None:
        async with on_loop:
            on_loop.add_task(fn)
            assert (await heard.first(TASK_EXECUTED)).return_value is None

    run(main)


def test_a_cancelled_coroutine(run: Any, record: Any, on_loop: AsyncIOScheduler) -> None:
    heard = record(on_loop)
    tasks: list[Any] = []

    async def job() -> None:
        tasks.append(asyncio.current_task())
        await asyncio.sleep(3600)

    async def main() -> None:
        async with on_loop:
            on_loop.add_task(job, id="x")
            await until(lambda: tasks)
            tasks[0].cancel()
            event = await heard.first(TASK_CANCELLED)
            assert event.task_id == "x"
            assert on_loop.history("x")[0].state == "cancelled"

    run(main)


def test_runs_in_threads_end_while_coroutines_are_cancelled(run: Any) -> None:
    scheduler = AsyncIOScheduler(executors={"default": AsyncIOExecutor()})
    pool = concurrent.futures.ThreadPoolExecutor(1)
    gate = threading.Event()
    begun: list[str] = []
    cancelled: list[str] = []

    class Slow(asyncio.Future[None]):
        """While it is cancelled, the function in the thread ends."""

        def cancel(self, msg: Any = None) -> bool:
            gate.set()
            pool.submit(int).result(30)  # the pool's one thread is through with the run before
            return super().cancel(msg)

    async def waits(name: str) -> None:
        begun.append(name)
        try:
            await (Slow() if name == "slow" else asyncio.sleep(3600))
        finally:
            cancelled.append(name)

    def blocks() -> None:
        begun.append("function")
        gate.wait(30)

    async def main() -> None:
        asyncio.get_running_loop().set_default_executor(pool)
        scheduler.start()
        scheduler.add_task(waits, args=["first"], id="first")
        await until(lambda: begun == ["first"])
        scheduler.add_task(blocks, id="function")
        await until(lambda: begun == ["first", "function"])
        scheduler.add_task(waits, args=["slow"], id="slow")
        await until(lambda: begun == ["first", "function", "slow"])
        scheduler.shutdown(wait=False)
        await until(lambda: sorted(cancelled) == ["first", "slow"])

    run(main)


def test_a_run_keeps_its_coroutine_alive(run: Any, record: Any, on_loop: AsyncIOScheduler) -> None:
    import gc

    heard = record(on_loop)

    async def job() -> str:
        await asyncio.sleep(0.05)  # nothing but the loop's timer knows this coroutine
        return "done"

    async def main() -> None:
        async with on_loop:
            on_loop.add_task(job)
            await asyncio.sleep(0.01)
            gc.collect()
            assert (await heard.first(TASK_EXECUTED)).return_value == "done"

    run(main)


def test_asyncio_can_look_into_a_run(run: Any, on_loop: AsyncIOScheduler, capsys: pytest.CaptureFixture[str]) -> None:
    started = asyncio.Event()

    async def inner() -> None:
        await asyncio.sleep(3600)

    async def job() -> None:
        started.set()
        await inner()

    async def main() -> None:
        asyncio.get_running_loop().set_debug(True)
        async with on_loop:
            on_loop.add_task(job, id="x")
            await asyncio.wait_for(started.wait(), 30)
            (task,) = [task for task in asyncio.all_tasks() if task.get_name() == "x"]
            assert "job" in repr(task)
            task.print_stack()
            assert "in job" in capsys.readouterr().err
            task.cancel()

    run(main)


# ---- threads ----


def test_a_thread_pool_grows_to_its_limit(run: Any, record: Any) -> None:
    scheduler = AsyncIOScheduler(executors={"default": ThreadPoolExecutor(3, {"thread_name_prefix": "mine"})})
    heard = record(scheduler)
    inside: list[str] = []
    gate = threading.Event()

    def job() -> None:
        inside.append(threading.current_thread().name)
        assert gate.wait(30)

    async def main() -> None:
        async with scheduler:
            before = [thread for thread in threading.enumerate() if thread.name.startswith("mine-default")]
            assert len(before) == 1
            for _ in range(5):
                scheduler.add_task(job)
            await until(lambda: len(inside) == 3)
            assert len(set(inside)) == 3
            assert scheduler.executors["default"].busy == 3
            gate.set()
            await until(lambda: len(heard.of(TASK_EXECUTED)) == 5)
            assert len(set(inside)) == 3
        await until(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith("mine-default")])

    run(main)


def test_a_run_in_a_thread_may_use_the_scheduler(run: Any, record: Any, tmp_path: Any) -> None:
    scheduler = AsyncIOScheduler(
        stores={"disk": f"sqlite:{tmp_path / 'x.db'}"}, executors={"default": ThreadPoolExecutor(2)}
    )
    heard = record(scheduler)

    def job() -> int:
        scheduler.add_task("builtins:int", "interval", hours=1, id="added", store="disk")
        return len(scheduler.get_tasks("disk"))

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(job)
            assert (await heard.first(TASK_EXECUTED)).return_value == 1

    run(main)


def test_many_runs_from_many_tasks(run: Any, scheduler: AsyncIOScheduler) -> None:
    count = [0]
    lock = threading.Lock()

    def job() -> None:
        with lock:
            count[0] += 1

    async def main() -> None:
        async with scheduler:
            for _ in range(200):
                scheduler.add_task(job, "interval", seconds=0.01)
            await until(lambda: count[0] > 2_000)
        stopped = count[0]
        await asyncio.sleep(0.05)
        assert count[0] == stopped

    run(main)


def test_an_executor_belongs_to_one_scheduler(run: Any) -> None:
    for executor in (AsyncIOExecutor(), DebugExecutor(), ThreadPoolExecutor()):
        first = AsyncIOScheduler(executors={"default": executor})
        second = AsyncIOScheduler(executors={"default": executor})

        async def main(first: AsyncIOScheduler = first, second: AsyncIOScheduler = second) -> None:
            async with first:
                with pytest.raises(ValueError, match="is in use by another scheduler"):
                    second.start()
                assert not second.running
            async with second:
                pass

        run(main)


def test_a_slow_inline_function_does_not_take_more_than_it_can_do(run: Any) -> None:
    scheduler = AsyncIOScheduler(executors={"default": DebugExecutor()})
    turns = [0]

    def slow() -> None:
        time.sleep(0.02)

    async def main() -> None:
        async with scheduler:
            for _ in range(50):
                scheduler.add_task(slow)
            while scheduler._handle.usable().stats()["finished"] < 50:
                turns[0] += 1
                await asyncio.sleep(0)
        assert turns[0] > 10  # the loop had its turns between

    run(main)
