"""kill -9 in the middle of runs: the next start runs them again, or says that they are lost."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from uvsched import current_run
from uvsched.events.constants import TASK_LOST, TASK_RECOVERED
from uvsched.executors import AsyncIOExecutor, DebugExecutor, ThreadPoolExecutor
from uvsched.schedulers import AsyncIOScheduler

from .conftest import Script, until

# A process that is killed while a run of each task is under way. This test's process goes on with the file, so the
# functions have the same names in both: those of this module.
VICTIM = """
import asyncio, os, signal, sys, threading
sys.path.insert(0, {folder!r})
from tests.python import test_recovery as tasks

started = []
everything = threading.Event()

def begun(name):
    started.append(name)
    if len(started) == {count}:
        everything.set()

tasks.begun = begun
tasks.BLOCK = True
scheduler = tasks.make({url!r})
for executor in {executors!r}:
    for on_crash in ("rerun", "mark_lost"):
        tasks.add(scheduler, executor, on_crash)
scheduler.start()
assert everything.wait(30)
os.kill(os.getpid(), signal.SIGKILL)
"""

ROOT = Path(__file__).parents[2]
BLOCK = False
runs: dict[str, Any] = {}


def begun(name: str) -> None:
    """The function of a task is under way."""


def function() -> str:
    this = current_run()
    assert this is not None
    runs[this.task_id] = this
    begun(this.task_id)
    if BLOCK:
        import threading

        threading.Event().wait(60)
    return "done"


async def coroutine() -> str:
    this = current_run()
    assert this is not None
    runs[this.task_id] = this
    begun(this.task_id)
    if BLOCK:
        await asyncio.sleep(60)
    return "done"


def make(url: str) -> AsyncIOScheduler:
    executors = {"asyncio": AsyncIOExecutor(), "threads": ThreadPoolExecutor(4), "inline": DebugExecutor()}
    return AsyncIOScheduler(stores={"default": url}, executors={"default": "asyncio", **executors})


def add(scheduler: AsyncIOScheduler, executor: str, on_crash: str, **options: Any) -> None:
    scheduler.add_task(
        coroutine if executor == "asyncio" else function,
        id=f"{executor} {on_crash}",
        executor=executor,
        on_crash=on_crash,
        **options,
    )


@pytest.fixture(autouse=True)
def fresh() -> None:
    runs.clear()


def kill_while_running(script: Script, url: str, executors: tuple[str, ...], count: int) -> None:
    text = VICTIM.format(folder=str(ROOT), url=url, executors=executors, count=count)
    process = script.start(text)
    _, errors = script.end_of(process)
    assert process.returncode == -9, errors


def test_a_run_of_a_deleted_task_is_lost_with_its_process(script: Script, tmp_path: Path, record: Any) -> None:
    url = f"sqlite:{tmp_path / 'tasks.db'}"
    deleting = VICTIM.replace("os.kill(", "scheduler.delete_task('threads rerun'); os.kill(")
    process = script.start(deleting.format(folder=str(ROOT), url=url, executors=("threads",), count=2))
    _, errors = script.end_of(process)
    assert process.returncode == -9, errors

    async def main() -> None:
        scheduler = make(url)
        heard = record(scheduler)
        async with scheduler:
            await until(lambda: len(heard.of(TASK_LOST)) == 2, "the events")
            rows = {row.task_id: row.state for row in scheduler.history()}
        assert {event.task_id for event in heard.of(TASK_LOST)} == {"threads rerun", "threads mark_lost"}
        assert rows == {"threads rerun": "lost", "threads mark_lost": "lost"}

    asyncio.run(main())


def test_on_crash(script: Script, tmp_path: Path, record: Any) -> None:
    url = f"sqlite:{tmp_path / 'tasks.db'}"
    executors = ("asyncio", "threads")
    kill_while_running(script, url, executors, 4)

    async def main() -> None:
        scheduler = make(url)
        heard = record(scheduler)
        for executor in executors:
            for on_crash in ("rerun", "mark_lost"):
                add(scheduler, executor, on_crash)
        async with scheduler:
            await until(lambda: len(runs) == 2 and len(scheduler.history()) == 4, "the runs")
            rows = {row.task_id: row for row in scheduler.history()}
        for executor in executors:
            again, lost = rows[f"{executor} rerun"], rows[f"{executor} mark_lost"]
            assert (again.state, again.result, again.attempt, again.crashes) == ("done", "done", 1, 1)
            assert (lost.state, lost.result, lost.attempt, lost.crashes) == ("lost", None, 1, 1)
            assert lost.reason == "crashed"
            this = runs[f"{executor} rerun"]
            assert this.fire_id == again.fire_id  # the same key for whoever must not do it twice
            assert this.scheduled_time == again.scheduled_time
            assert f"{executor} mark_lost" not in runs
        assert {event.task_id for event in heard.of(TASK_RECOVERED)} == {f"{executor} rerun" for executor in executors}
        assert {event.task_id for event in heard.of(TASK_LOST)} == {f"{executor} mark_lost" for executor in executors}

    asyncio.run(main())


def test_a_run_that_kills_its_process_again_and_again(script: Script, tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path / 'tasks.db'}"
    fires: set[str] = set()
    for _ in range(3):
        process = script.start(
            f"""
            import os, signal, sys
            sys.path.insert(0, {str(ROOT)!r})
            from tests.python import test_recovery as tasks
            from uvsched import current_run

            def begun(name):
                print(current_run().fire_id, flush=True)
                os.kill(os.getpid(), signal.SIGKILL)

            tasks.begun = begun
            scheduler = tasks.make({url!r})
            tasks.add(scheduler, "threads", "rerun", max_crashes=3)
            scheduler.start()
            import threading
            threading.Event().wait(30)
            """
        )
        out, errors = script.end_of(process)
        fires.add(out)
        assert len(out) == 33, (out, errors)
        assert len(fires) == 1, fires  # the same run each time

    async def main() -> None:
        scheduler = make(url)
        add(scheduler, "threads", "rerun", max_crashes=3)
        async with scheduler:
            (row,) = scheduler.history()
            assert (row.state, row.reason, row.attempt, row.crashes) == ("lost", "crashed", 1, 3)
        assert not runs

    asyncio.run(main())


def test_killed_at_any_moment(script: Script, tmp_path: Path) -> None:
    # A task that is due all the time, and a process that is killed after so many runs: each slot ends once, or is
    # told as a crash, and none is forgotten.
    url = f"sqlite:{tmp_path / 'tasks.db'}"
    for count in (1, 3, 10, 30):
        process = script.start(
            f"""
            import os, signal, sys, threading
            sys.path.insert(0, {str(ROOT)!r})
            from tests.python import test_recovery as tasks

            left = {count}

            def begun(name):
                global left
                left -= 1
                if left <= 0:
                    os.kill(os.getpid(), signal.SIGKILL)

            tasks.begun = begun
            scheduler = tasks.make({url!r})
            for executor in ("asyncio", "threads", "inline"):
                tasks.add(scheduler, executor, "rerun", trigger="interval", seconds=0.001, max_crashes=1000)
            scheduler.start()
            threading.Event().wait(30)
            """
        )
        _, errors = script.end_of(process)
        assert process.returncode == -9, errors
        connection = sqlite3.connect(tmp_path / "tasks.db")
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        slots = connection.execute("SELECT uid, gen, kind, slot, count(*) FROM history GROUP BY 1, 2, 3, 4").fetchall()
        assert [row for row in slots if row[-1] != 1] == []
        both = "SELECT count(*) FROM open JOIN def USING (n) JOIN history USING (uid, gen, kind, slot)"
        assert connection.execute(both).fetchone() == (0,)
        connection.close()

    async def main() -> None:
        scheduler = make(url)
        for executor in ("asyncio", "threads", "inline"):
            add(scheduler, executor, "rerun", trigger="interval", seconds=0.001, max_crashes=1000)
        async with scheduler:
            await until(lambda: not _crashed(tmp_path / "tasks.db"), "the runs that had crashed")
        async with scheduler:
            crashed = [row for row in scheduler.history(limit=10_000) if row.crashes]
        assert crashed
        assert {row.state for row in crashed} == {"done"}

    asyncio.run(main())


def _crashed(path: Path) -> int:
    """How many fires wait to be run again."""
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("SELECT count(*) FROM open WHERE crashes > 0").fetchone()[0])
    finally:
        connection.close()
