"""A shutdown waits for runs under way: as long as it may, saying for which, and not after Ctrl-C."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from uvsched.executors import AsyncIOExecutor, DebugExecutor, ThreadPoolExecutor
from uvsched.schedulers import AsyncIOScheduler, processes, waiting
from uvsched.schedulers.waiting import Waiting

from .conftest import until, until_sync


class Jobs:
    """Functions that do not come to their end by themselves; those in threads do when the test is over."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.inside: list[str] = []

    async def slow_coro(self) -> None:
        self.inside.append("coroutine")
        await asyncio.sleep(3600)

    def slow_thread(self) -> None:
        self.inside.append("thread")
        assert self.gate.wait(60)


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    made = Jobs()
    yield made
    made.gate.set()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The first line comes at the beginning of a wait."""
    monkeypatch.setattr(waiting, "_FIRST", 0.0)
    caplog.set_level(logging.INFO, logger="uvsched")
    return caplog


def make(**options: Any) -> AsyncIOScheduler:
    executors = {"default": AsyncIOExecutor(), "threads": ThreadPoolExecutor(2), "debug": DebugExecutor()}
    return AsyncIOScheduler(executors=executors, **options)


def words(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [line.getMessage() for line in caplog.records if line.getMessage().startswith("waiting for")]


@pytest.mark.parametrize("timeout", [0, 0.05, timedelta(milliseconds=50)])
def test_async_with(run: Any, jobs: Jobs, timeout: Any) -> None:
    scheduler = make(shutdown_timeout=timeout)

    async def main() -> None:
        async with scheduler:
            scheduler.add_task(jobs.slow_coro, id="x")
            await until(lambda: jobs.inside)
        assert [row.state for row in scheduler.history("x")] == ["cancelled"]
        scheduler.remove_all_tasks()

    run(main)


@pytest.mark.parametrize("explicit", [False, True])
def test_with_and_shutdown_on_another_thread(jobs: Jobs, explicit: bool) -> None:
    scheduler = make(shutdown_timeout=0.05)
    with scheduler:
        scheduler.add_task(jobs.slow_coro, id="x")
        until_sync(lambda: jobs.inside)
        if explicit:
            scheduler.shutdown()
    assert [row.state for row in scheduler.history("x")] == ["cancelled"]


def test_what_is_given_to_shutdown_async_wins(run: Any, jobs: Jobs) -> None:
    scheduler = make(shutdown_timeout=3600)

    async def main() -> None:
        scheduler.start()
        scheduler.add_task(jobs.slow_coro, id="x")
        await until(lambda: jobs.inside)
        with pytest.raises(ValueError, match="timeout: "):
            await scheduler.shutdown_async(timeout=-1)
        await scheduler.shutdown_async(timeout=timedelta(0))

    run(main)


@pytest.mark.parametrize(("value", "kind"), [(-1, ValueError), ("5", TypeError), (float("nan"), ValueError)])
def test_what_no_timeout_is(value: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="shutdown_timeout: "):
        make(shutdown_timeout=value)


def test_functions_in_threads_are_not_waited_for_after_the_deadline(run: Any, jobs: Jobs, tmp_path: Path) -> None:
    scheduler = make(shutdown_timeout=0.05, stores={"default": f"sqlite:{tmp_path / 'tasks.db'}", "memory": "memory"})

    async def main() -> None:
        before = time.monotonic()
        async with scheduler:
            # More than the loop's default executor has threads.
            for number in range(40):
                scheduler.add_task(jobs.slow_thread, id=f"x{number}", store="memory")
            await until(lambda: jobs.inside)
        assert time.monotonic() - before < 4
        jobs.gate.set()

    run(main)


@pytest.mark.parametrize("waits", [False, True])
def test_a_shutdown_inside_a_context_manager(run: Any, tmp_path: Path, waits: bool) -> None:
    scheduler = make(stores={"default": f"sqlite:{tmp_path / 'tasks.db'}"})

    async def main() -> None:
        async with scheduler:
            if waits:
                await scheduler.shutdown_async(timeout=5)
            else:
                scheduler.shutdown()
        assert not scheduler.running
        assert scheduler._handle.usable().wait(0)  # and the store is closed
        with pytest.raises(ValueError, match="the body's own"):
            await fails()

    async def fails() -> None:
        async with scheduler:
            scheduler.shutdown()
            raise ValueError("the body's own")

    run(main)
    with scheduler:
        scheduler.shutdown()
    assert not scheduler.running


def test_it_says_what_it_waits_for(run: Any, jobs: Jobs, at_once: pytest.LogCaptureFixture) -> None:
    scheduler = make(shutdown_timeout=3600)

    async def main() -> None:
        scheduler.start()
        scheduler.add_task(jobs.slow_coro, id="slow_coro")
        scheduler.add_task(jobs.slow_thread, executor="threads")
        await until(lambda: len(jobs.inside) == 2)
        stopping = asyncio.create_task(scheduler.shutdown_async())
        await until(lambda: words(at_once))
        stopping.cancel()
        await asyncio.wait([stopping])
        jobs.gate.set()
        (line,) = [line for line in at_once.records if line.getMessage() == words(at_once)[0]]
        assert line.levelno == logging.INFO
        assert line.getMessage() == "waiting for 2 runs: slow_coro, slow_thread (3600 s left)"
        at_once.clear()
        jobs.inside.clear()
        scheduler.remove_all_tasks()

    run(main)


def test_what_it_says_and_when(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="uvsched")
    now = [1000.0]
    monkeypatch.setattr(waiting.time, "monotonic", lambda: now[0])
    names: list[str] = []
    wait = Waiting(12.0, lambda: names, lambda: None)
    assert wait.pause() == pytest.approx(0.3)
    now[0] += 0.3
    assert wait.pause() == pytest.approx(5)
    now[0] += 5
    names += ["x"]
    assert wait.pause() == pytest.approx(5)
    assert wait.pause() == pytest.approx(5)
    now[0] += 5
    names += list("cbadef")
    assert wait.pause() == pytest.approx(1.7)
    assert not wait.over
    now[0] += 1.7
    assert wait.over
    assert words(caplog) == [
        "waiting for results to be stored (12 s left)",
        "waiting for 1 run: x (7 s left)",
        "waiting for 7 runs: a, b, c, d, e and 2 more (2 s left)",
    ]
    endless = Waiting(None, lambda: ["x"], lambda: None)
    now[0] += 1
    assert endless.pause() == 5
    assert words(caplog)[-1] == "waiting for 1 run: x"
    assert not endless.over


@pytest.fixture
def server() -> Iterator[list[int]]:
    """A server's handler of SIGINT, which takes down the signal and does no more."""
    seen: list[int] = []

    def handler(number: int, frame: Any) -> None:
        seen.append(number)

    before = signal.signal(signal.SIGINT, handler)
    yield seen
    assert signal.signal(signal.SIGINT, before) is handler


def interrupt(caplog: pytest.LogCaptureFixture) -> None:
    """Sends SIGINT as soon as it says that it waits."""

    def send() -> None:
        until_sync(lambda: words(caplog))
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=send, daemon=True).start()


def test_ctrl_c_ends_it_in_a_server(run: Any, jobs: Jobs, at_once: pytest.LogCaptureFixture, server: list[int]) -> None:
    scheduler = make()

    async def main() -> None:
        jobs.inside.clear()
        async with scheduler:
            scheduler.add_task(jobs.slow_coro, id="coroutine")
            scheduler.add_task(jobs.slow_thread, id="thread", executor="threads")
            await until(lambda: len(jobs.inside) == 2)
            interrupt(at_once)
        assert server == [signal.SIGINT]
        assert [row.state for row in scheduler.history("coroutine")] == ["cancelled"]
        jobs.gate.set()
        server.clear()
        scheduler.remove_all_tasks()

    run(main)
    at_once.clear()


def test_ctrl_c_ends_it_on_another_thread_than_the_loops(
    jobs: Jobs, at_once: pytest.LogCaptureFixture, server: list[int]
) -> None:
    with make() as scheduler:
        scheduler.add_task(jobs.slow_thread, id="thread", executor="threads")
        until_sync(lambda: jobs.inside)
        interrupt(at_once)
    assert server == [signal.SIGINT]


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.SIG_DFL, signal.default_int_handler])
def test_handlers_that_it_leaves_alone(handler: Any) -> None:
    before = signal.signal(signal.SIGINT, handler)
    try:
        with Waiting(1, list, lambda: None):
            assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (0, 2, 1), (1, 0, 2), (1, 2, 0)])
def test_waits_that_end_in_any_order_leave_the_programs_handler(server: list[int], order: tuple[int, ...]) -> None:
    handler = signal.getsignal(signal.SIGINT)
    waits = [Waiting(None, list, lambda: None) for _ in order]
    for wait in waits:
        wait.__enter__()
    for number in order[:-1]:
        waits[number].__exit__()
    os.kill(os.getpid(), signal.SIGINT)
    assert waits[order[-1]].interrupted
    waits[order[-1]].__exit__()
    assert signal.getsignal(signal.SIGINT) == handler


def test_the_exit_has_one_deadline_for_all_schedulers(monkeypatch: pytest.MonkeyPatch) -> None:
    deadlines: list[float] = []

    class Resident:
        def at_end(self, deadline: float) -> None:
            deadlines.append(deadline)
            time.sleep(0.001)

    monkeypatch.setattr(processes, "_watched", [Resident(), Resident(), Resident()])
    processes._wait_for_all()
    assert len(deadlines) == 3
    assert len(set(deadlines)) == 1
