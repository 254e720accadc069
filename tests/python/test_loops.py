"""asyncio loops that end, change or run something else beside the scheduler."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from uvsched.exceptions import SchedulerAlreadyRunningError, SchedulerNotRunningError, UvschedException
from uvsched.executors import AsyncIOExecutor, DebugExecutor, ThreadPoolExecutor
from uvsched.schedulers import AsyncIOScheduler, loop_calls
from uvsched.schedulers.loop_calls import on_loop

from .conftest import PATIENCE, Script, until, until_sync

LOOPS = ["asyncio", "uvloop"]
LOST = (
    "the event loop was closed while the scheduler ran: the scheduler stops, and its coroutines are cancelled; shut it "
    "down before the loop ends, for example with `async with scheduler:`"
)


def new_loop(kind: str) -> Any:
    return asyncio.new_event_loop() if kind == "asyncio" else pytest.importorskip("uvloop").new_event_loop()


@pytest.fixture(params=LOOPS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["memory", "sqlite"])
def scheduler(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIOScheduler:
    executors = {"default": AsyncIOExecutor(), "threads": ThreadPoolExecutor(2), "inline": DebugExecutor()}
    url = "memory" if request.param == "memory" else f"sqlite:{tmp_path / 'tasks.db'}"
    return AsyncIOScheduler(stores={"default": url}, executors=executors)


times: list[str] = []


@pytest.fixture(autouse=True)
def fresh() -> None:
    times.clear()


def tick() -> None:
    times.append("tick")


async def endless() -> None:
    times.append("endless")
    await asyncio.sleep(3600)


async def some_ticks(scheduler: AsyncIOScheduler, executor: str = "inline") -> None:
    before = times.count("tick")
    scheduler.add_task(tick, "interval", seconds=0.002, id=executor, executor=executor, replace_existing=True)
    await until(lambda: times.count("tick") > before + 3)


def test_a_loop_that_is_closed_early(kind: str, scheduler: AsyncIOScheduler, caplog: pytest.LogCaptureFixture) -> None:
    loop = new_loop(kind)

    async def main() -> None:
        scheduler.start()
        scheduler.add_task(endless, id="endless")
        await some_ticks(scheduler)
        await until(lambda: "endless" in times)

    loop.run_until_complete(main())
    assert scheduler.running
    loop.close()
    until_sync(lambda: not scheduler.running, "the stop")
    assert [entry.getMessage() for entry in caplog.records if entry.levelno >= logging.WARNING].count(LOST) == 1
    assert scheduler.event_loop is None

    # It starts again on another loop, and knows what became of the run.
    again = new_loop(kind)

    async def go_on() -> None:
        async with scheduler:
            await some_ticks(scheduler)
            states = [run.state for run in scheduler.history("endless")]
            assert states == ["cancelled"]

    again.run_until_complete(go_on())
    again.close()


def test_asyncio_run_ends_first(scheduler: AsyncIOScheduler, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        scheduler.start()
        scheduler.add_task(endless, id="endless")
        await some_ticks(scheduler)
        await until(lambda: "endless" in times)

    for number in (1, 2):
        asyncio.run(main())
        until_sync(lambda: not scheduler.running, "the stop")
        assert [entry.getMessage() for entry in caplog.records].count(LOST) == number


def test_one_loop_after_another(kind: str, scheduler: AsyncIOScheduler) -> None:
    async def main() -> None:
        async with scheduler:
            assert scheduler.event_loop is asyncio.get_running_loop()
            for executor in ("inline", "threads", "default"):
                await some_ticks(scheduler, executor)
        assert scheduler.event_loop is None

    for _ in range(3):
        loop = new_loop(kind)
        loop.run_until_complete(main())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def test_a_loop_that_stops_and_goes_on(kind: str, scheduler: AsyncIOScheduler) -> None:
    loop = new_loop(kind)
    loop.run_until_complete(start(scheduler))
    loop.run_until_complete(some_ticks(scheduler))
    assert scheduler.running
    loop.run_until_complete(some_ticks(scheduler))
    loop.run_until_complete(scheduler.shutdown_async())
    loop.close()


async def start(scheduler: AsyncIOScheduler) -> None:
    scheduler.start()


def test_shutdown_beside_a_loop_that_does_not_run(kind: str, scheduler: AsyncIOScheduler) -> None:
    loop = new_loop(kind)

    async def main() -> None:
        scheduler.start()
        scheduler.add_task(endless, id="endless")
        await until(lambda: "endless" in times)

    loop.run_until_complete(main())
    scheduler.shutdown()  # not on the loop, which stands still: it must not wait for it
    assert not scheduler.running
    loop.run_until_complete(asyncio.sleep(0))  # the cancelled coroutine ends
    loop.close()


def test_a_loop_that_is_given(kind: str) -> None:
    loop = new_loop(kind)
    scheduler = AsyncIOScheduler(event_loop=loop)
    scheduler.start()  # before the loop runs
    assert scheduler.event_loop is loop
    loop.run_until_complete(some_ticks(scheduler, "default"))
    loop.run_until_complete(scheduler.shutdown_async())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def test_a_loop_of_its_own(scheduler: AsyncIOScheduler) -> None:
    with scheduler:
        loop = scheduler.event_loop
        assert loop is not None
        assert loop.is_running()
        assert [thread for thread in threading.enumerate() if thread.name == "uvsched-loop"]
        scheduler.add_task(tick, "interval", seconds=0.002, executor="inline", id="x")
        until_sync(lambda: len(times) > 3)
        scheduler.add_task(endless, id="endless")
        until_sync(lambda: "endless" in times)
        scheduler.shutdown(wait=False)
        scheduler.start()
    assert loop.is_closed()
    assert not [thread for thread in threading.enumerate() if thread.name == "uvsched-loop"]


def test_an_isolated_loop_beside_a_running_one(run: Any) -> None:
    scheduler = AsyncIOScheduler(isolated_event_loop=True)
    seen: list[int] = []

    async def where() -> None:
        seen.append(threading.get_ident())

    async def main() -> None:
        async with scheduler:
            assert scheduler.event_loop is not asyncio.get_running_loop()
            scheduler.add_task(where)
            await until(lambda: seen)
            assert seen[0] != threading.get_ident()
        scheduler.start()
        scheduler.shutdown()  # a sync call on another loop's thread may wait

    run(main)


def test_coroutines_that_refuse_to_be_cancelled(run: Any) -> None:
    scheduler = AsyncIOScheduler()
    gate = asyncio.Event()

    async def stubborn() -> None:
        times.append("stubborn")
        try:
            await gate.wait()
        except asyncio.CancelledError:
            times.append("no")
            await gate.wait()

    async def main() -> None:
        nonlocal gate
        gate = asyncio.Event()
        times.clear()
        scheduler.start()
        scheduler.add_task(stubborn, id="x")
        await until(lambda: times)
        await scheduler.shutdown_async(wait=False)
        assert not scheduler.running
        assert "no" in times
        assert scheduler.history("x")[0].state == "cancelled"
        gate.set()

    run(main)


WATCHERS = [
    ("uvloop", ""),
    ("asyncio", ""),
    *(
        ("asyncio", name)
        for name in ("ThreadedChildWatcher", "PidfdChildWatcher", "SafeChildWatcher")
        if hasattr(asyncio, name)  # up to Python 3.13
    ),
]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("kind", "watcher"), WATCHERS)
def test_a_subprocess_beside_it(scheduler: AsyncIOScheduler, kind: str, watcher: str) -> None:
    loop = new_loop(kind)
    asyncio.set_event_loop(loop)
    results: list[Any] = []

    async def shell() -> bytes:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "print('out'); raise SystemExit(3)", stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
        assert process.returncode == 3
        return out

    async def main() -> None:
        async with scheduler:
            OUTPUTS["shell"] = shell
            await some_ticks(scheduler)
            scheduler.add_task(in_a_task, id="x")
            results.append(await asyncio.wait_for(shell(), 30))
            await until(lambda: "in a task" in times)
            await some_ticks(scheduler)

    if watcher:
        made = getattr(asyncio, watcher)()
        made.attach_loop(loop)
        asyncio.get_event_loop_policy().set_child_watcher(made)
    try:
        loop.run_until_complete(main())
    finally:
        if watcher:
            asyncio.get_event_loop_policy().set_child_watcher(None)
        asyncio.set_event_loop(None)
        loop.close()
    assert results == [b"out\n"]


OUTPUTS: dict[str, Any] = {}


async def in_a_task() -> None:
    assert await OUTPUTS["shell"]() == b"out\n"
    times.append("in a task")


def test_a_coroutine_that_is_dropped(script: Script) -> None:
    # A function that makes a coroutine and forgets it: Python warns of that as anywhere, and the run is done.
    process = script.start("""
        import asyncio
        from uvsched.executors import DebugExecutor
        from uvsched.schedulers import AsyncIOScheduler

        async def coroutine():
            print("never")

        def forgets():
            coroutine()

        async def main():
            async with AsyncIOScheduler(executors={"default": DebugExecutor()}) as scheduler:
                scheduler.add_task(forgets, id="x")
                while not scheduler.history("x"):
                    await asyncio.sleep(0.001)
                print(scheduler.history("x")[0].state)

        asyncio.run(main())
    """)
    out, errors = script.end_of(process)
    assert (process.returncode, out) == (0, "done\n")
    assert "coroutine 'coroutine' was never awaited" in errors


def test_nobody_warns_of_runs_that_were_given_up(script: Script) -> None:
    # Claimed runs whose coroutines never began: none is made, so none is never awaited.
    script.run("""
        import asyncio, warnings
        warnings.simplefilter("error")
        from uvsched.schedulers import AsyncIOScheduler

        async def coroutine():
            await asyncio.sleep(3600)

        async def main():
            scheduler = AsyncIOScheduler()
            for _ in range(200):
                scheduler.add_task(coroutine)
            scheduler.start()
            while scheduler._handle.usable().stats()["fires"] < 100:
                pass  # the loop gets no turn
            scheduler.shutdown()

        asyncio.run(main())
    """)


@pytest.mark.parametrize("own_threads", [True, False])
@pytest.mark.parametrize("call", ["start", "shutdown", "add"])
def test_a_callback_on_a_loop_that_a_start_waits_for(kind: str, call: str, own_threads: bool) -> None:
    """While a thread starts it on a given loop and waits for that loop, a callback there uses the scheduler."""
    loop = new_loop(kind)
    scheduler = AsyncIOScheduler(event_loop=loop, own_threads=own_threads)
    starter = threading.Thread(target=scheduler.start, daemon=True)
    held = scheduler._handle.held
    holds = threading.Event()

    def telling() -> Any:
        if threading.current_thread() is starter:
            holds.set()
        return held()

    scheduler._handle.held = telling  # type: ignore[method-assign]
    outcome: list[object] = []

    def callback() -> None:
        starter.start()
        assert holds.wait(PATIENCE)
        until_sync(lambda: loop_calls._awaited, "a call for the loop")
        if call == "start":
            outcome.append(scheduler.start())
        elif call == "shutdown":
            outcome.append(scheduler.shutdown())
        else:
            outcome.append(scheduler.add_task(tick, "interval", hours=1, id="x").id)

    async def main() -> None:
        loop.call_soon(callback)
        await until(lambda: outcome)
        await until(lambda: not starter.is_alive())
        if call == "start":
            assert outcome == [False], "it was only counted"
            assert not scheduler.shutdown()
        if call == "shutdown":
            assert outcome == [True]
            assert not scheduler.running
        else:
            assert scheduler.running
            await scheduler.shutdown_async()

    loop.run_until_complete(asyncio.wait_for(main(), PATIENCE))
    loop.close()


@pytest.mark.parametrize("call", ["start", "shutdown", "add", "delete"])
def test_a_callback_on_a_loop_that_a_shutdown_waits_for(kind: str, call: str) -> None:
    """While a thread shuts it down and waits for its loop, a callback there uses the scheduler."""
    loop = new_loop(kind)
    scheduler = AsyncIOScheduler(event_loop=loop)
    scheduler.add_task(tick, "interval", hours=1, id="x")
    ender = threading.Thread(target=scheduler.shutdown, daemon=True)
    outcome: list[object] = []

    def callback() -> None:
        engine = scheduler._handle.usable()
        ender.start()
        assert engine.wait(int(PATIENCE * 1000)), "the engine has stopped"
        try:
            if call == "start":
                outcome.append(scheduler.start())
            elif call == "shutdown":
                outcome.append(scheduler.shutdown())
            elif call == "add":
                outcome.append(scheduler.add_task(tick, "interval", hours=1, id="y").id)
            else:
                outcome.append(scheduler.delete_task("x"))
        except UvschedException as error:
            outcome.append(type(error))

    async def main() -> None:
        scheduler.start()
        loop.call_soon(callback)
        await until(lambda: outcome)
        await until(lambda: not ender.is_alive())
        assert not scheduler.running
        refused = {"start": [SchedulerAlreadyRunningError], "shutdown": [SchedulerNotRunningError]}
        assert outcome == refused.get(call, ["y"] if call == "add" else [None])

    loop.run_until_complete(asyncio.wait_for(main(), PATIENCE))
    loop.close()


def test_a_call_is_made_once_if_its_loop_stops_and_goes_on(kind: str) -> None:
    loop = new_loop(kind)
    busy, asked, calls = threading.Event(), threading.Event(), list[int]()

    def block() -> None:
        busy.set()
        assert asked.wait(30)
        loop.stop()  # what is put on the loop from now on waits for its next run

    loop.call_soon(block)
    runner = threading.Thread(target=loop.run_forever)
    runner.start()
    assert busy.wait(30)

    class Loop:
        """Puts calls on the loop when it has stopped, though it ran when it was asked."""

        def call_soon_threadsafe(self, call: Any) -> None:
            asked.set()
            runner.join(30)
            loop.call_soon(call)

        def __getattr__(self, name: str) -> Any:
            return getattr(loop, name)

    on_loop(Loop(), lambda: calls.append(1))  # type: ignore[arg-type]
    assert calls == [1]
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    assert calls == [1]
