"""The lines in the log "uvsched"."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest
from uvsched.events import log
from uvsched.events.constants import TASK_ERROR, TASK_MAX_INSTANCES
from uvsched.events.log import EventLog
from uvsched.executors import AsyncIOExecutor, DebugExecutor, ThreadPoolExecutor
from uvsched.schedulers import AsyncIOScheduler, BaseScheduler

from .conftest import Script, until


class Skip:
    """An event of the engine, as far as the log looks at it."""

    code = TASK_MAX_INSTANCES
    alias = "default"
    task_name = "job"
    message = ""
    reason = "max_instances"
    count = 1

    def __init__(self, task_id: str) -> None:
        self.task_id = task_id


def lines(caplog: pytest.LogCaptureFixture, word: str) -> list[str]:
    return [line.getMessage() for line in caplog.records if word in line.getMessage()]


@pytest.mark.parametrize("executor", [AsyncIOExecutor(), DebugExecutor(), ThreadPoolExecutor(1)], ids=repr)
@pytest.mark.parametrize("listens", [False, True])
def test_a_failure_comes_with_its_exception(
    run: Any, executor: Any, record: Any, listens: bool, caplog: pytest.LogCaptureFixture
) -> None:
    error = ValueError("broken\nin two lines")

    def fails() -> None:
        raise error

    async def fails_later() -> None:
        raise error

    async def main() -> None:
        caplog.clear()
        scheduler = AsyncIOScheduler(executors={"default": executor})
        heard = record(scheduler, TASK_ERROR) if listens else None
        async with scheduler:
            scheduler.add_task(fails, id="x")
            if executor.awaits:
                scheduler.add_task(fails_later, id="y")
            await until(lambda: len(lines(caplog, "failed")) == 1 + executor.awaits)
        for line in [line for line in caplog.records if "failed" in line.getMessage()]:
            assert line.levelno == logging.ERROR
            assert line.getMessage() in ("task x failed: ValueError: broken", "task y failed: ValueError: broken")
            assert line.exc_info is not None
            assert line.exc_info[1] is error
        if heard is not None:
            assert all(event.exception is error for event in heard.of(TASK_ERROR))
            assert all("Traceback" in event.traceback for event in heard.of(TASK_ERROR))

    run(main)


def test_a_failure_whose_exception_is_not_at_hand_shows_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    event = Skip("x")
    event.code = TASK_ERROR
    event.message = "ValueError: broken\n\nTraceback: elsewhere"
    EventLog().write(event)  # type: ignore[arg-type]
    assert lines(caplog, "failed") == ["task x failed: ValueError: broken\n\nTraceback: elsewhere"]


def test_skips_that_come_again_are_folded(caplog: pytest.LogCaptureFixture) -> None:
    events = EventLog()

    def skip(task: str, times: int) -> None:
        for _ in range(times):
            events.write(Skip(task))  # type: ignore[arg-type]

    once = (
        "task {} skipped 1 due time(s): max_instances runs are already under way; a higher "
        "max_instances lets more of them run at the same time"
    )
    again = "task {} skipped {} more due time(s) in the last minute: max_instances runs are under way"
    assert not events.folds
    skip("x", 13)
    skip("y", 1)
    assert events.folds
    assert lines(caplog, "skipped") == [once.format("x"), once.format("y")]
    events.end_minute()
    assert lines(caplog, "skipped")[2:] == [again.format("x", 12)]
    skip("x", 5)
    skip("y", 1)  # it was quiet for a minute
    assert lines(caplog, "skipped")[3:] == [once.format("y")]
    events.finish()
    assert lines(caplog, "skipped")[4:] == [again.format("x", 5)]
    assert not events.folds
    skip("x", 1)
    assert lines(caplog, "skipped")[5:] == [once.format("x")]


def test_skips_of_a_running_scheduler(run: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    monkeypatch.setattr("uvsched.schedulers.event_feed.MINUTE", 0.02)

    async def slow() -> None:
        await asyncio.sleep(3600)

    async def main() -> None:
        caplog.clear()
        scheduler = AsyncIOScheduler(shutdown_timeout=0)
        async with scheduler:
            scheduler.add_task(slow, "interval", id="slow", seconds=0.001)
            await until(lambda: len(lines(caplog, "in the last minute")) > 1)

    run(main)


def test_a_silence_ends_with_the_scheduler(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(log, "_LINES_A_WINDOW", 2)
    scheduler = AsyncIOScheduler(executors={"default": DebugExecutor()})

    def fails() -> None:
        raise ValueError

    async def main(count: int) -> None:
        async with scheduler:
            for _ in range(count):
                scheduler.add_task(fails)
            await until(lambda: len(scheduler.history(limit=1000)) >= count)

    asyncio.run(main(10))
    assert lines(caplog, "failed")[-1].endswith("lines like this are left out for 10 s)")
    caplog.clear()
    asyncio.run(main(11))
    assert lines(caplog, "failed")


NEVER_STARTED = """
    import os, sys, multiprocessing
    from uvsched.schedulers import AsyncIOScheduler

    def job():
        pass

    scheduler = AsyncIOScheduler(identity="mine")
    spawned = __name__ != "__main__"
    for number in range(7):
        scheduler.add_task(job, "interval", seconds=1)
    AsyncIOScheduler().add_task(job)
    AsyncIOScheduler()
    {more}
"""


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("", True),
        ("sys.exit(3)", True),
        ("scheduler.start(); scheduler.shutdown()", False),
        ("scheduler.remove_all_tasks()", False),
        ("del scheduler", False),
        ("raise ValueError", False),
        ("os.fork() or os._exit(0)", True),
        ("os.fork()", True),
        ("p = multiprocessing.get_context('fork').Process(target=job); p.start(); p.join()", True),
        ("p = multiprocessing.get_context('fork').Process(target=scheduler.start); p.start(); p.join()", False),
        ("p = multiprocessing.get_context('spawn').Process(target=job); 0 if spawned else (p.start(), p.join())", True),
        ("os._exit(0)", False),
    ],
)
def test_a_scheduler_that_was_never_started(script: Script, more: str, told: bool) -> None:
    process = script.start(NEVER_STARTED.format(more=more))
    _, errors = script.end_of(process)
    found = [line for line in errors.splitlines() if "never started" in line]
    assert len(found) == told
    if told:
        assert "got 7 task(s) (job, job, job, job, job and 2 more) and was never started: call start()" in found[0]


@pytest.mark.parametrize(
    ("variable", "store", "line"),
    [
        (
            "ASYNCZ_STORE_ENCRYPTION_KEY",
            "sqlite:{}/tasks.db",
            "ASYNCZ_STORE_ENCRYPTION_KEY is set, but uvsched encrypts no rows (stores: kept): keep secrets out of",
        ),
        ("ASYNCZ_STORE_ENCRYPTION_KEY", "memory", None),
        ("ASYNCZ_SETTINGS_MODULE", "memory", "ASYNCZ_SETTINGS_MODULE is set, but uvsched reads no settings: give them"),
        ("ASYNCZ_OTHER", "sqlite:{}/tasks.db", None),
    ],
)
def test_variables_of_asyncz_are_named_once_at_the_start(
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    variable: str,
    store: str,
    line: str | None,
) -> None:
    monkeypatch.setenv(variable, "0f3a")
    with BaseScheduler(stores={"kept": store.format(tmp_path)}) as scheduler:
        scheduler.start()
        scheduler.shutdown()
    told = lines(caplog, "ASYNCZ_")
    assert len(told) == (line is not None)
    if line is not None:
        assert told[0].startswith(line)
    assert "0f3a" not in caplog.text
