"""A scheduler that its program polls, in a loop of its own."""

from __future__ import annotations

import asyncio
import os
import selectors
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any

import pytest
from uvsched import IntervalTrigger, PolledScheduler, current_run
from uvsched.enums import SchedulerState
from uvsched.events.constants import SCHEDULER_SHUTDOWN, SCHEDULER_STARTED, TASK_EXECUTED
from uvsched.exceptions import DeadlockError, SchedulerNotRunningError
from uvsched.executors import AsyncIOExecutor, DebugExecutor, PullExecutor, ThreadPoolExecutor
from uvsched.schedulers import AsyncIOScheduler
from uvsched.schedulers.caller_loop import CallerLoop
from uvsched.triggers import BaseTrigger

from .conftest import NOON, PATIENCE, Script, threads, until_sync

MINUTE = timedelta(minutes=1)


def drive(scheduler: PolledScheduler, condition: Callable[[], Any], pause: float = 1.0) -> Any:
    """A program's loop: waits for the descriptor, then polls, until a condition holds. Gives its value. If it comes
    true without work for poll(), it is seen after so many seconds."""
    deadline = time.monotonic() + PATIENCE
    with selectors.DefaultSelector() as selector:
        selector.register(scheduler, selectors.EVENT_READ)
        while not (value := condition()):
            assert time.monotonic() < deadline
            timeout = scheduler.poll_timeout()
            selector.select(pause if timeout is None else min(timeout, pause))
            scheduler.poll()
    return value


def job() -> int:
    return 7


class EveryMinute(BaseTrigger):
    def get_next_trigger_time(
        self, timezone: tzinfo, previous_time: datetime | None, now: datetime | None = None
    ) -> datetime | None:
        asked_on.add(threading.get_ident())
        return (previous_time or NOON) + MINUTE


asked_on: set[int] = set()


# ---- Its work ----


def test_it_runs_in_the_loop_of_its_program_and_starts_no_thread(url: str) -> None:
    before = threads()
    scheduler = PolledScheduler(stores={"default": url})
    heard: list[Any] = []
    scheduler.add_listener(lambda event: heard.append((event.code, threading.get_ident())))
    ran: list[int] = []

    def note() -> None:
        ran.append(threading.get_ident())

    if url == "memory":
        scheduler.add_task(note, "interval", seconds=0.01, id="x")
    else:
        scheduler.add_task(job, "interval", seconds=0.01, id="x")
    assert scheduler.start()
    assert scheduler.running
    drive(scheduler, lambda: len(scheduler.history("x")) >= 3)
    scheduler.add_task(job, id="y")
    drive(scheduler, lambda: scheduler.history("y"))
    assert scheduler.history("y")[0].result == 7
    assert threads() <= before
    assert set(ran) <= {threading.get_ident()}
    assert {thread for _, thread in heard} == {threading.get_ident()}
    assert scheduler.shutdown()
    assert not scheduler.running
    assert SCHEDULER_STARTED in [code for code, _ in heard]
    assert heard[-1][0] == SCHEDULER_SHUTDOWN
    assert threads() <= before
    assert scheduler._handle.usable().wait(0), "the stores are closed"


def test_a_custom_trigger_is_asked_in_poll(url: str) -> None:
    asked_on.clear()
    before = threads()
    scheduler = PolledScheduler(stores={"default": url}, manual_clock=NOON)
    scheduler.add_task(job, EveryMinute(), id="x")
    with scheduler:
        drive(scheduler, lambda: scheduler.get_task("x").next_run_time)  # type: ignore[union-attr]
        scheduler.advance(61)
        drive(scheduler, lambda: scheduler.history("x"))
        assert threads() <= before
    assert asked_on == {threading.get_ident()}


def test_executors_beside_the_loop(url: str) -> None:
    pull = PullExecutor()
    scheduler = PolledScheduler(stores={"default": url}, executors={"pool": ThreadPoolExecutor(1), "pull": pull})
    with scheduler:
        scheduler.add_task(threading.get_ident, id="pool", executor="pool")
        drive(scheduler, lambda: scheduler.history("pool"))
        assert scheduler.history("pool")[0].result != threading.get_ident()
        scheduler.add_task(job, id="pull", executor="pull")
        pulled = drive(scheduler, lambda: pull.take(0))
        pull.finish(pulled.id, 3)
        drive(scheduler, lambda: scheduler.history("pull"))
        assert scheduler.history("pull")[0].result == 3
        scheduler.add_task(job, id="default")
        drive(scheduler, lambda: scheduler.history("default"))


def test_poll_can_wait() -> None:
    scheduler = PolledScheduler()
    ran: list[float] = []
    with scheduler:
        scheduler.add_task(lambda: ran.append(time.monotonic()), run_at=datetime.now(timezone.utc) + MINUTE / 600)
        begin = time.monotonic()
        while not ran:
            scheduler.poll(None)
            assert time.monotonic() - begin < PATIENCE
        assert ran[0] - begin >= 0.05
        scheduler.poll(timedelta(0))
        with pytest.raises(ValueError, match="timeout"):
            scheduler.poll(-1)
    begin = time.monotonic()
    scheduler.poll(None)
    scheduler.poll(PATIENCE)
    assert time.monotonic() - begin < PATIENCE, "nothing can come any more"


def test_work_that_another_thread_brings_ends_the_wait() -> None:
    scheduler = PolledScheduler()
    ran: list[int] = []
    with scheduler:
        adder = threading.Timer(0.05, lambda: scheduler.add_task(lambda: ran.append(threading.get_ident())))
        adder.start()
        deadline = time.monotonic() + PATIENCE
        while not ran and time.monotonic() < deadline:
            scheduler.poll(None)
        adder.join()
    assert ran == [threading.get_ident()]


def test_in_an_asyncio_loop_as_a_reader(run: Any, url: str) -> None:
    scheduler = PolledScheduler(stores={"default": url})

    async def main() -> None:
        ended = asyncio.Event()
        scheduler.add_listener(lambda event: ended.set(), TASK_EXECUTED)
        scheduler.add_task(job, "interval", seconds=0.01, id="x")
        scheduler.start()
        loop = asyncio.get_running_loop()
        loop.add_reader(scheduler.fileno(), scheduler.poll)
        await ended.wait()
        loop.remove_reader(scheduler.fileno())
        scheduler.shutdown()

    run(main)
    assert not scheduler.running


def test_two_threads_poll() -> None:
    scheduler = PolledScheduler()
    ran: list[int] = []
    inside, most = 0, 0

    def count() -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.001)
        inside -= 1
        ran.append(1)

    with scheduler:
        scheduler.add_task(count, "interval", seconds=0.002, max_instances=10)
        pollers = [threading.Thread(target=drive, args=(scheduler, lambda: len(ran) >= 20)) for _ in range(2)]
        for poller in pollers:
            poller.start()
        for poller in pollers:
            poller.join(PATIENCE)
            assert not poller.is_alive()
    assert most == 1


# ---- Starting and stopping ----


def test_it_starts_again_and_its_descriptor_stays(url: str) -> None:
    scheduler = PolledScheduler(stores={"default": url}, manual_clock=NOON)
    scheduler.add_task(job, "interval", minutes=1, id="x")
    descriptors = set()
    for number in range(1, 4):
        with scheduler:
            descriptors.add(scheduler.fileno())
            scheduler.advance(60)
            drive(scheduler, lambda number=number: len(scheduler.history("x")) >= number)
        scheduler.poll()
        assert scheduler.poll_timeout() is None
    assert len(descriptors) == 1


def test_starts_are_counted() -> None:
    scheduler = PolledScheduler()
    assert scheduler.start()
    assert not scheduler.start(paused=True)
    assert not scheduler.shutdown()
    assert scheduler.running
    assert scheduler.shutdown()
    with pytest.raises(SchedulerNotRunningError):
        scheduler.shutdown()


def test_a_shutdown_polls_until_runs_under_way_have_ended(url: str) -> None:
    scheduler = PolledScheduler(stores={"default": url}, executors={"pool": ThreadPoolExecutor(1)})
    with scheduler:
        scheduler.add_task(time.sleep, args=[0.1], id="x", executor="pool")
        drive(scheduler, lambda: scheduler.executors["pool"].busy, 0.005)
    with scheduler:
        assert [row.state for row in scheduler.history("x")] == ["done"]


@pytest.mark.parametrize("wait", [True, False])
def test_a_shutdown_that_waits_no_longer(wait: bool) -> None:
    gate = threading.Event()
    scheduler = PolledScheduler(executors={"pool": ThreadPoolExecutor(1)}, shutdown_timeout=0.05)
    scheduler.start()
    scheduler.add_task(gate.wait, args=[PATIENCE], id="x", executor="pool")
    drive(scheduler, lambda: scheduler.executors["pool"].busy, 0.005)
    assert scheduler.shutdown(wait=wait)
    assert scheduler.state == SchedulerState.STATE_STOPPED
    assert scheduler._handle.usable().state() == (
        SchedulerState.STATE_STOPPING if wait else SchedulerState.STATE_STOPPED
    ), "a function in a thread goes on, or is given up"
    gate.set()
    drive(scheduler, lambda: scheduler._handle.usable().state() == SchedulerState.STATE_STOPPED)


@pytest.mark.parametrize("place", ["run", "listener", "pool"])
def test_a_shutdown_from_inside_does_not_wait(place: str, url: str) -> None:
    scheduler = PolledScheduler(stores={"default": url}, executors={"pool": ThreadPoolExecutor(1)})
    outcomes: list[object] = []

    def end(*_: object) -> None:
        if not outcomes:
            outcomes.append(scheduler.shutdown())

    scheduler.start()
    if place == "listener":
        scheduler.add_listener(end, TASK_EXECUTED)
        scheduler.add_task(job, id="x")
    else:
        ends["end"] = end
        scheduler.add_task(call_end, id="x", executor="pool" if place == "pool" else "default")
    drive(scheduler, lambda: outcomes)
    engine = scheduler._handle.usable()
    assert place == "pool" or engine.state() == SchedulerState.STATE_STOPPED, "it needs no further call of poll()"
    drive(scheduler, lambda: engine.state() == SchedulerState.STATE_STOPPED)
    assert outcomes == [True]
    with scheduler:
        assert scheduler.history("x")[0].state in ("done", "cancelled")


ends: dict[str, Callable[[], None]] = {}


def call_end() -> None:
    ends["end"]()


def test_a_shutdown_from_another_thread_beside_a_poll() -> None:
    scheduler = PolledScheduler()
    scheduler.start()
    scheduler.add_task(time.sleep, "interval", seconds=0.001, args=[0.001])
    ender = threading.Timer(0.05, scheduler.shutdown)
    ender.start()
    deadline = time.monotonic() + PATIENCE
    while scheduler.running and time.monotonic() < deadline:
        scheduler.poll(None)
    ender.join(PATIENCE)
    assert not ender.is_alive()
    assert not scheduler.running


def test_a_listener_of_the_end_starts_it_again() -> None:
    scheduler = PolledScheduler()
    again: list[bool] = []

    def restart(_: object) -> None:
        if not again:
            again.append(scheduler.start())

    scheduler.add_listener(restart, SCHEDULER_SHUTDOWN)
    scheduler.start()
    scheduler.shutdown()
    assert again == [True]
    scheduler.add_task(job, id="x")
    drive(scheduler, lambda: scheduler.history("x"))
    assert scheduler.shutdown()


def test_ctrl_c_in_a_function_leaves_poll() -> None:
    scheduler = PolledScheduler()

    def interrupted() -> None:
        raise KeyboardInterrupt

    scheduler.start()
    scheduler.add_task(interrupted, id="x")
    with pytest.raises(KeyboardInterrupt):
        drive(scheduler, lambda: False)
    drive(scheduler, lambda: scheduler.history("x"))
    assert scheduler.history("x")[0].state == "failed"
    scheduler.shutdown()


def test_at_exit_results_are_stored(script: Script) -> None:
    text = """
        import threading, time
        from uvsched import PolledScheduler, ThreadPoolExecutor

        scheduler = PolledScheduler(stores={"default": "sqlite:tasks.db"}, executors={"pool": ThreadPoolExecutor(1)})
        scheduler.start()
        print([row.state for row in scheduler.history("x")])
        if not scheduler.history("x"):
            scheduler.add_task(time.sleep, args=[0.2], id="x", executor="pool")
            while not scheduler.executors["pool"].busy:
                scheduler.poll(0.1)
        """
    assert script.run(text) == "[]\n"
    assert script.run(text) == "['cancelled']\n"


def test_a_forked_child_starts_it_anew(script: Script) -> None:
    text = """
        import logging, os, sys
        from uvsched import PolledScheduler
        from uvsched.exceptions import SchedulerForkedError

        logging.disable()
        scheduler = PolledScheduler()
        scheduler.start()
        scheduler.poll()

        def job():
            return os.getpid()

        def one():
            scheduler.add_task(job, id="x", replace_existing=True)
            while not scheduler.history("x"):
                scheduler.poll(1)
            assert scheduler.history("x")[0].result == os.getpid()

        child = os.fork()
        if child == 0:
            for call in (scheduler.poll, scheduler.fileno, scheduler.poll_timeout):
                try:
                    call()
                except SchedulerForkedError:
                    continue
                os._exit(1)
            scheduler.start()
            one()
            scheduler.shutdown()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        one()
        scheduler.shutdown()
        child = os.fork()
        if child == 0:
            scheduler.start()
            one()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        scheduler.start()
        one()
        scheduler.shutdown()
        print("end")
        """
    assert script.run(text) == "end\n"


# ---- Errors ----


@pytest.mark.parametrize("call", ["poll", "fileno", "poll_timeout"])
def test_what_was_not_started_cannot_be_polled(call: str) -> None:
    with pytest.raises(SchedulerNotRunningError, match="was not started yet: call start"):
        getattr(PolledScheduler(), call)()


def test_poll_from_a_function_or_a_listener() -> None:
    scheduler = PolledScheduler()
    errors: list[BaseException] = []

    def poll(*_: object) -> None:
        try:
            scheduler.poll()
        except DeadlockError as error:
            errors.append(error)

    scheduler.add_listener(poll, TASK_EXECUTED)
    with scheduler:
        scheduler.add_task(poll, id="x")
        drive(scheduler, lambda: len(errors) == 2)
    assert {str(error) for error in errors} == {
        "poll() or process_tasks() was called by a function or a listener that it called itself"
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"executors": {"default": AsyncIOExecutor()}}, "executors.default: AsyncIOExecutor.. needs an asyncio loop"),
        ({"executors": {"a": "asyncio"}}, "executors.a: AsyncIOExecutor.. needs an asyncio loop"),
        ({"isolated_event_loop": True}, "isolated_event_loop: only an AsyncIOScheduler has an asyncio loop or"),
        ({"own_threads": True}, "own_threads: only an AsyncIOScheduler"),
    ],
)
def test_what_it_cannot_have(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PolledScheduler(**options)


def test_parts_that_are_added() -> None:
    scheduler = PolledScheduler(own_threads=False)
    assert isinstance(scheduler.executors["default"], DebugExecutor)
    with pytest.raises(ValueError, match="executors.a: AsyncIOExecutor.. needs an asyncio loop"):
        scheduler.add_executor("asyncio", "a")

    with pytest.raises(ValueError, match="isolated_event_loop: only an AsyncIOScheduler"):
        scheduler.setup(isolated_event_loop=True)
    scheduler.setup(identity="me")
    assert scheduler.identity == "me"
    assert isinstance(scheduler.create_default_executor(), DebugExecutor)

    async def coroutine() -> None: ...

    with pytest.raises(TypeError, match="coroutine function"):
        scheduler.add_task(coroutine)


def test_an_engine_with_threads_is_not_polled() -> None:
    engine = AsyncIOScheduler()._handle.usable()
    for call in (engine.poll, engine.poll_fd, engine.poll_timeout):
        with pytest.raises(ValueError, match="this scheduler has threads of its own"):
            call()


def test_a_dropped_one_leaves_nothing(url: str) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        scheduler = PolledScheduler(stores={"default": url})
        scheduler.add_task(job, "interval", hours=1, id="x")
        with scheduler:
            scheduler.poll()
        del scheduler
    until_sync(lambda: len(os.listdir("/proc/self/fd")) <= before)


def test_runs_know_their_context() -> None:
    scheduler = PolledScheduler(manual_clock=NOON)
    seen: list[Any] = []
    with scheduler:
        scheduler.add_task(lambda: seen.append(current_run()), IntervalTrigger(minutes=1), id="x")
        scheduler.advance(60)
        drive(scheduler, lambda: seen)
    assert seen[0].task_id == "x"


# ---- Its loop ----


def test_times_come_in_order_and_can_be_cancelled() -> None:
    loop = CallerLoop()
    assert loop.timeout() is None
    called: list[str] = []

    def again() -> None:
        called.append("again")
        loop.call_later(0, again)

    loop.call_later(0, lambda: called.append("a"))
    loop.call_later(0, lambda: called.append("b"))
    loop.call_later(0, again)
    loop.call_later(0, lambda: called.append("cancelled")).cancel()
    loop.call_later(60, lambda: called.append("late"))
    assert loop.timeout() == 0
    assert loop.turn(PATIENCE)
    assert called == ["a", "b", "again"], "a call that is added in a turn waits for the next"


def test_a_reader_that_another_removes_is_not_called() -> None:
    loop = CallerLoop()
    pipes = [os.pipe(), os.pipe()]
    called: list[int] = []

    def take(number: int) -> None:
        called.append(number)
        assert loop.remove_reader(pipes[1 - number][0])
        assert not loop.remove_reader(pipes[1 - number][0])

    for number, (reading, writing) in enumerate(pipes):
        os.write(writing, b"x")
        loop.add_reader(reading, lambda number=number: take(number))
    assert loop.turn(None)
    assert len(called) == 1
    for pipe in pipes:
        for descriptor in pipe:
            os.close(descriptor)
