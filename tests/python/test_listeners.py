"""Listeners: masks, order, and what happens when one raises."""

from __future__ import annotations

import asyncio
import functools
import logging
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from uvsched.events.constants import ALL_EVENTS, SCHEDULER_SHUTDOWN, TASK_ERROR, TASK_EXECUTED, TASK_MISSED
from uvsched.executors import DebugExecutor
from uvsched.schedulers import AsyncIOScheduler

from .conftest import NOON, until


@pytest.fixture
def scheduler() -> AsyncIOScheduler:
    return AsyncIOScheduler(executors={"default": DebugExecutor()})


@pytest.mark.usefixtures("own_handler")
@pytest.mark.parametrize("error", [ValueError("broken"), SystemExit(3), KeyboardInterrupt(), asyncio.CancelledError()])
def test_a_listener_that_raises(
    run: Any, record: Any, scheduler: AsyncIOScheduler, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[Any] = []

    def raises(event: Any) -> None:
        calls.append(event)
        raise error

    scheduler.add_listener(raises, TASK_EXECUTED)
    heard = record(scheduler)

    async def main() -> None:
        async with scheduler:
            for number in range(3):
                scheduler.add_task(int, id=str(number))
            await until(lambda: len(heard.of(TASK_EXECUTED)) == 3)
        assert len(calls) == 3
        logged = [entry for entry in caplog.records if "listener" in entry.getMessage()]
        assert len(logged) == 3
        assert all("raises" in entry.getMessage() and entry.exc_info for entry in logged)

    run(main)


def test_ctrl_c_in_a_listener(record: Any, scheduler: AsyncIOScheduler) -> None:
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    def raises(event: Any) -> None:
        raise KeyboardInterrupt

    scheduler.add_listener(raises, TASK_EXECUTED)
    heard = record(scheduler)
    loop = asyncio.new_event_loop()

    async def main() -> None:
        scheduler.start()
        for number in range(3):
            scheduler.add_task(int, id=str(number))
        await asyncio.sleep(30)

    with pytest.raises(KeyboardInterrupt):
        loop.run_until_complete(main())
    scheduler.remove_listener(raises)

    async def go_on() -> None:
        await until(lambda: len(heard.of(TASK_EXECUTED)) == 3)  # others lost nothing
        await scheduler.shutdown_async()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    loop.run_until_complete(go_on())
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


def test_a_listener_of_the_shutdown_that_raises(run: Any, scheduler: AsyncIOScheduler) -> None:
    def raises(event: Any) -> None:
        raise ValueError("broken")

    scheduler.add_listener(raises, SCHEDULER_SHUTDOWN)

    async def main() -> None:
        for _ in range(2):
            scheduler.start()
            await scheduler.shutdown_async()
            assert not scheduler.running

    run(main)


def test_masks(run: Any, scheduler: AsyncIOScheduler) -> None:
    good: list[Any] = []
    bad: list[Any] = []
    scheduler.add_listener(good.append, TASK_EXECUTED)
    scheduler.add_listener(bad.append, TASK_ERROR)

    def fails() -> None:
        raise ValueError("broken")

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(int, id="good")
            scheduler.add_task(fails, id="bad")
            await until(lambda: good and bad)
        assert [event.task_id for event in good] == ["good"]
        assert [event.task_id for event in bad] == ["bad"]

    run(main)


def test_a_listener_may_be_removed_by_itself(run: Any, record: Any, scheduler: AsyncIOScheduler) -> None:
    calls: list[Any] = []

    def once(event: Any) -> None:
        calls.append(event)
        assert scheduler.remove_listener(once) is True
        assert scheduler.remove_listener(once) is False

    scheduler.add_listener(once, TASK_EXECUTED)
    heard = record(scheduler)

    async def main() -> None:
        async with scheduler:
            for number in range(3):
                scheduler.add_task(int, id=str(number))
            await until(lambda: len(heard.of(TASK_EXECUTED)) == 3)
        assert len(calls) == 1

    run(main)


def test_a_listener_may_use_the_scheduler(run: Any, scheduler: AsyncIOScheduler) -> None:
    seen: list[str] = []

    def chain(event: Any) -> None:
        seen.append(event.task_id)
        if len(seen) < 5:
            scheduler.add_task(int, id=str(len(seen)))

    scheduler.add_listener(chain, TASK_EXECUTED)

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(int, id="0")
            await until(lambda: len(seen) == 5)
        assert seen == ["0", "1", "2", "3", "4"]

    run(main)


def test_what_cannot_listen_is_refused(scheduler: AsyncIOScheduler) -> None:
    def generator(event: Any) -> Any:
        yield

    for callback, message in (
        (generator, "is a generator function"),
        (None, "callback: None cannot be called"),
        (functools.partial(generator), "is a generator function"),
    ):
        with pytest.raises(TypeError, match=message):
            scheduler.add_listener(callback, ALL_EVENTS)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="mask: 'error' is not a number of event codes, such as TASK_ERROR"):
        scheduler.add_listener(print, "error")  # type: ignore[arg-type]


@pytest.mark.parametrize("store", ["memory", "sqlite"])
def test_lines_name_the_function_where_nobody_chose_an_id(
    record: Any, make: Any, tmp_path: Path, store: str, caplog: pytest.LogCaptureFixture
) -> None:
    url = store if store == "memory" else f"sqlite:{tmp_path / 'tasks.db'}"
    scheduler = make(stores={"default": url}, executors={"default": DebugExecutor()})
    heard = record(scheduler)

    async def main() -> None:
        async with scheduler:
            late = scheduler.add_task(int, run_at=NOON - timedelta(hours=1))
            missed = await heard.first(TASK_MISSED)
            assert (missed.task_id, missed.task_name) == (late.id, "builtins:int")
            failing = scheduler.add_task(int, args=["x"])
            failed = await heard.first(TASK_ERROR)
            assert (failed.task_id, failed.task_name) == (failing.id, "builtins:int")
            named = scheduler.add_task(int, args=["y"], id="named")
            await until(lambda: len(heard.of(TASK_ERROR)) == 2)
            for task, line in ((late, "missed 1 due time(s): past_when_added"), (failing, "failed: ValueError")):
                assert f"task builtins:int ({task.id}) {line}" in caplog.text
            assert f"task {named.id} failed: ValueError" in caplog.text

    asyncio.run(main())


def test_a_log_line_for_a_failure(run: Any, scheduler: AsyncIOScheduler, caplog: pytest.LogCaptureFixture) -> None:
    def fails() -> None:
        raise ValueError("broken")

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(fails, id="x")
            await until(lambda: [entry for entry in caplog.records if entry.levelno == logging.ERROR])
        (entry,) = [entry for entry in caplog.records if entry.levelno == logging.ERROR]
        assert entry.getMessage().startswith("task x failed: ValueError: broken")

    run(main)
