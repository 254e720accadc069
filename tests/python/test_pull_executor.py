"""PullExecutor: runs are taken, called anywhere, and reported at any later time, from any thread."""

from __future__ import annotations

import asyncio
import json
import operator
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from uvsched import SQLiteStore
from uvsched.executors import PulledRun, PullExecutor
from uvsched.schedulers import AsyncIOScheduler

from .conftest import until

CALL = """
import importlib, json, sys
module, _, name = sys.argv[1].partition(":")
print(json.dumps(getattr(importlib.import_module(module), name)(*json.loads(sys.argv[2]))))
"""


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return "memory" if request.param == "memory" else SQLiteStore(str(tmp_path / "tasks.db"))


async def taken(executor: PullExecutor) -> PulledRun:
    run = await asyncio.to_thread(executor.take, 30)
    assert run is not None
    return run


def test_a_run_is_called_in_another_process(run: Any, store: Any) -> None:
    executor = PullExecutor()
    scheduler = AsyncIOScheduler(stores={"default": store}, executors={"default": executor})

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(operator.mul, args=[6, 7], id="product")
            pulled = await taken(executor)
            assert (pulled.task_id, pulled.store, pulled.kind, pulled.attempt) == ("product", "default", "scheduled", 1)
            assert (pulled.fn, pulled.args, pulled.kwargs) == (operator.mul, (6, 7), {})
            assert executor.running() == ["product"]
            command = [sys.executable, "-c", CALL, pulled.reference, json.dumps(pulled.args)]
            answer = await asyncio.to_thread(subprocess.check_output, command, text=True)
            executor.finish(pulled.id, json.loads(answer))
            await until(lambda: bool(scheduler.history("product")))
            (row,) = scheduler.history("product")
            assert (row.state, row.result, row.fire_id) == ("done", 42, pulled.fire_id)
            assert row.scheduled_time == pulled.scheduled_time
            assert executor.busy == 0

    run(main)


def test_ends_come_in_any_order_from_any_thread(run: Any, store: Any) -> None:
    executor = PullExecutor(room=4)
    scheduler = AsyncIOScheduler(stores={"default": store}, executors={"default": executor})

    async def main() -> None:
        async with scheduler:
            for name in ("done", "raised", "told", "cancelled"):
                scheduler.add_task(operator.neg, args=[1], id=name)
            pulled = {run.task_id: run for run in [await taken(executor) for _ in range(4)]}
            ends: dict[str, dict[str, Any]] = {
                "cancelled": {"cancelled": True},
                "told": {"error": "the worker died"},
                "raised": {"error": ValueError("broken")},
                "done": {"result": [1]},
            }
            for name, end in ends.items():
                thread = threading.Thread(target=executor.finish, args=(pulled[name].id,), kwargs=end)
                thread.start()
                thread.join()
            executor.finish(pulled["done"].id, error="too late: it has ended")
            await until(lambda: len(scheduler.history()) == 4)
            rows = {row.task_id: row for row in scheduler.history()}
            assert {name: row.state for name, row in rows.items()} == {
                "done": "done",
                "raised": "failed",
                "told": "failed",
                "cancelled": "cancelled",
            }
            assert rows["done"].result == [1]
            assert rows["raised"].error.startswith("ValueError: broken")
            assert rows["told"].error == "the worker died"

    run(main)


def test_no_more_is_handed_over_than_there_is_room_for(run: Any) -> None:
    executor = PullExecutor(room=2)
    scheduler = AsyncIOScheduler(executors={"default": executor})

    async def main() -> None:
        async with scheduler:
            for number in range(5):
                scheduler.add_task(operator.neg, args=[number])
            runs = [await taken(executor) for _ in range(5)]
            assert sorted(run.args for run in runs) == [(number,) for number in range(5)]
            assert executor.busy == 5
            assert await asyncio.to_thread(executor.take, 0) is None
            for pulled in runs:
                executor.finish(pulled.id)
            await until(lambda: len(scheduler.history()) == 5)

    run(main)


def test_a_loop_that_takes_ends_with_the_scheduler(run: Any) -> None:
    executor = PullExecutor()
    scheduler = AsyncIOScheduler(executors={"default": executor})
    assert executor.take() is None  # not open yet

    def work() -> None:
        while (pulled := executor.take()) is not None:
            executor.finish(pulled.id, pulled.fn(*pulled.args))

    async def main() -> None:
        async with scheduler:
            threads = [threading.Thread(target=work) for _ in range(2)]
            for thread in threads:
                thread.start()
            for number in range(20):
                scheduler.add_task(operator.neg, args=[number])
            await until(lambda: len(scheduler.history()) == 20)
            assert sorted(row.result for row in scheduler.history()) == list(range(-19, 1))
        for thread in threads:
            await asyncio.to_thread(thread.join, 30)
            assert not thread.is_alive()

    run(main)


def test_a_descriptor_for_a_loop_of_ones_own(run: Any) -> None:
    executor = PullExecutor(room=8)
    scheduler = AsyncIOScheduler(executors={"default": executor})
    with pytest.raises(ValueError, match="not open"):
        executor.fileno()

    def drain() -> None:
        while (pulled := executor.take(0)) is not None:
            executor.finish(pulled.id, pulled.fn(*pulled.args))

    async def main() -> None:
        async with scheduler:
            asyncio.get_running_loop().add_reader(executor.fileno(), drain)
            scheduler.add_task(operator.neg, args=[3], id="x")
            await until(lambda: bool(scheduler.history("x")))
            assert scheduler.history("x")[0].result == -3
            asyncio.get_running_loop().remove_reader(executor.fileno())

    run(main)


def test_a_shutdown_that_does_not_wait_reports_runs_as_cancelled(run: Any) -> None:
    executor = PullExecutor()
    scheduler = AsyncIOScheduler(executors={"default": executor})

    async def main() -> None:
        scheduler.start()
        scheduler.add_task(operator.neg, args=[3], id="x")
        pulled = await taken(executor)
        await scheduler.shutdown_async(wait=False)
        executor.finish(pulled.id, 1)  # nobody asks any more
        assert [row.state for row in scheduler.history("x")] == ["cancelled"]

    run(main)


@pytest.mark.parametrize(("room", "error"), [(0, ValueError), (-1, ValueError), ("2", TypeError)])
def test_bad_room(room: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="room"):
        PullExecutor(room)


def test_an_error_that_utf8_cannot_encode(run: Any) -> None:
    executor = PullExecutor()
    scheduler = AsyncIOScheduler(executors={"default": executor})

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(operator.neg, args=[3], id="x")
            pulled = await taken(executor)
            executor.finish(pulled.id, error="bad \udcff name")
            await until(lambda: bool(scheduler.history("x")))
            (row,) = scheduler.history("x")
            assert (row.state, row.error) == ("failed", "bad \\udcff name")

    run(main)


def test_bad_error(run: Any) -> None:
    executor = PullExecutor()
    scheduler = AsyncIOScheduler(executors={"default": executor})

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(operator.neg, args=[3], id="x")
            pulled = await taken(executor)
            with pytest.raises(TypeError, match="error: expected an exception or a string"):
                executor.finish(pulled.id, error=5)  # type: ignore[arg-type]
            executor.finish(pulled.id)
            await until(lambda: bool(scheduler.history("x")))

    run(main)


class Interrupted:
    """A consumer whose first run arrives as a signal handler raises."""

    def __init__(self, consumer: Any) -> None:
        self.consumer = consumer
        self.first = True

    def take(self, timeout_ms: int) -> Any:
        run = self.consumer.take(timeout_ms)
        if run is not None and self.first:
            self.first = False
            raise InterruptedError("from a signal handler")
        return run

    def __getattr__(self, name: str) -> Any:
        return getattr(self.consumer, name)


def test_an_exception_of_a_signal_handler_costs_no_run(run: Any, store: Any) -> None:
    executor = PullExecutor(room=2)
    scheduler = AsyncIOScheduler(stores={"default": store}, executors={"default": executor})

    async def main() -> None:
        async with scheduler:
            executor._consumer = Interrupted(executor._consumer)  # type: ignore[assignment]
            for name in ("x", "y"):
                scheduler.add_task(operator.neg, args=[3], id=name)
            with pytest.raises(InterruptedError):
                await taken(executor)
            assert executor.busy == 1
            lost = executor.running()
            first, second = await taken(executor), await taken(executor)
            assert [first.task_id] == lost
            assert {first.task_id, second.task_id} == {"x", "y"}
            assert executor.take(0) is None
            for pulled in (first, second):
                executor.finish(pulled.id, pulled.fn(*pulled.args))
            await until(lambda: len(scheduler.history()) == 2)
            assert [row.result for row in scheduler.history()] == [-3, -3]
            assert executor.busy == 0

    run(main)


@pytest.mark.parametrize("taking", [False, True], ids=["alone", "beside a take"])
def test_a_run_that_a_signal_handler_cost_ends_with_the_executor(run: Any, store: Any, taking: bool) -> None:
    executor = PullExecutor()
    scheduler = AsyncIOScheduler(stores={"default": store}, executors={"default": executor})

    async def main() -> None:
        async with scheduler:
            executor._consumer = Interrupted(executor._consumer)  # type: ignore[assignment]
            scheduler.add_task(operator.neg, args=[3], id="x")
            with pytest.raises(InterruptedError):
                await taken(executor)
            assert executor.running() == ["x"]
            turn = object()
            if taking:
                assert executor._turns.begin(turn, 0)
            scheduler.shutdown()
            if taking:
                assert not scheduler._handle.usable().wait(0)
                executor._turns.end(turn)
        assert scheduler._handle.usable().wait(30_000), "nothing is under way any more"
        async with scheduler:
            row = scheduler.history("x")[0]
            assert (row.state, row.task_id) == ("cancelled", "x")

    run(main)


@pytest.mark.parametrize("other", [False, True], ids=["alone", "beside a run under way"])
def test_a_shutdown_does_not_wait_for_a_run_that_a_signal_handler_cost(run: Any, store: Any, other: bool) -> None:
    executor = PullExecutor(room=2)
    scheduler = AsyncIOScheduler(stores={"default": store}, executors={"default": executor})

    async def main() -> None:
        async with scheduler:
            consumer = executor._consumer
            if other:
                scheduler.add_task(operator.neg, args=[3], id="y")
                under_way = await taken(executor)
            executor._consumer = Interrupted(consumer)  # type: ignore[assignment]
            scheduler.add_task(operator.neg, args=[3], id="x")
            with pytest.raises(InterruptedError):
                await taken(executor)
            end = asyncio.ensure_future(scheduler.shutdown_async())
            if other:
                await until(lambda: executor._stops)
                assert sorted(executor.running()) == ["x", "y"]  # the next take() may still give it
                executor.finish(under_way.id, -3)
            await end
            scheduler.start()
            states = {row.task_id: row.state for row in scheduler.history()}
            assert states == ({"x": "cancelled", "y": "done"} if other else {"x": "cancelled"})

    run(main)


def test_a_short_wait_ends_beside_an_endless_one(run: Any) -> None:
    executor = PullExecutor()
    scheduler = AsyncIOScheduler(executors={"default": executor})

    async def main() -> None:
        async with scheduler:
            waiting = [threading.Thread(target=executor.take, args=(long,)) for long in (None, float("inf"), 1e300)]
            for thread in waiting:
                thread.start()
            for short in (0, 0.02, 0, 0.02):
                begin = time.monotonic()
                assert await asyncio.wait_for(asyncio.to_thread(executor.take, short), 5) is None
                assert time.monotonic() - begin < 5
                assert all(thread.is_alive() for thread in waiting)
        for thread in waiting:
            await asyncio.to_thread(thread.join, 30)
            assert not thread.is_alive()

    run(main)
