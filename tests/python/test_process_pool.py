"""ProcessPoolExecutor: functions in processes of their own."""

from __future__ import annotations

import functools
import multiprocessing
import os
import threading
import time
from typing import Any

import pytest
from uvsched.executors import ProcessPoolExecutor
from uvsched.executors.process_workers import Workers
from uvsched.schedulers import AsyncIOScheduler

from .conftest import PATIENCE, Script

# The functions of these programs are in a module of their own, which the processes import.
JOBS = """
import logging, os, signal, time

setting = None

def prepare(value):
    global setting
    setting = value

def pid(): return os.getpid()
def told(): return setting
def die(): os.kill(os.getpid(), signal.SIGKILL)
def leave(): os._exit(3)
def forever(): time.sleep(3600)
def block():
    open("inside", "x").close()
    while not os.path.exists("go"): time.sleep(0.01)
def fail(): raise ValueError("broken")

class Odd(Exception):
    def __init__(self, a, b): super().__init__("odd")
    def __reduce__(self): raise TypeError("no")

def fail_oddly(): raise Odd(1, 2)
def log():
    logging.getLogger("jobs").warning("from %s", os.getpid(), extra={"odd": lambda: 1})
    try: fail()
    except ValueError: logging.getLogger("jobs").exception("failed")
    logging.getLogger("jobs").debug("too fine")
    return os.getpid()
def unpicklable(): return lambda: 1
def run():
    import uvsched
    run = uvsched.current_run()
    return [run.task_id, run.store, run.kind, run.attempt, run.folded, run.fire_id, run.scheduled_time.isoformat()]
"""
FRAME = """
import asyncio, logging, os, sys, time
from datetime import datetime, timedelta, timezone
from uvsched import AsyncIOScheduler
from uvsched.executors import ProcessPoolExecutor
import jobs

logging.getLogger("uvsched").addHandler(logging.NullHandler())

async def rows(scheduler, *ids):
    found = {}
    end = time.monotonic() + 30
    while set(found) != set(ids):
        assert time.monotonic() < end, found
        await asyncio.sleep(0.01)
        found = {id: scheduler.history(id)[0] for id in ids if scheduler.history(id)}
    return [found[id] for id in ids]

async def main():
MAIN

if __name__ == "__main__":
    asyncio.run(main())
"""


@pytest.fixture
def program(script: Script) -> Any:
    (script.folder / "jobs.py").write_text(JOBS)

    def run(main: str) -> str:
        indented = "".join(f"    {line}\n" for line in main.strip().splitlines())
        return script.run(FRAME.replace("MAIN", indented))

    return run


def test_functions_run_in_other_processes(program: Any) -> None:
    program("""
async with AsyncIOScheduler(executors={"default": ProcessPoolExecutor(2)}) as scheduler:
    scheduler.add_task(jobs.pid, id="a")
    scheduler.add_task("jobs:fail", id="b")
    scheduler.add_task(jobs.fail_oddly, id="c")
    scheduler.add_task(jobs.unpicklable, id="d")
    a, b, c, d = await rows(scheduler, "a", "b", "c", "d")
    assert a.result not in (None, os.getpid())
    assert b.state == "failed" and b.error.startswith("ValueError: broken") and 'raise ValueError("broken")' in b.error
    assert c.state == "failed" and "Odd: odd" in c.error, c
    assert d.state == "failed" and "the result cannot be sent back: " in d.error, d
""")


def test_current_run_is_there(program: Any) -> None:
    program("""
async with AsyncIOScheduler(executors={"default": ProcessPoolExecutor(1)}, timezone="Europe/Madrid") as scheduler:
    scheduler.add_task(jobs.run, id="a")
    (a,) = await rows(scheduler, "a")
    expected = ["a", "default", "scheduled", 1, 1, a.fire_id, a.scheduled_time.isoformat()]
    assert a.result == expected, (a.result, expected)
""")


def test_what_comes_to_be_due_while_every_process_is_busy_is_folded(program: Any) -> None:
    program("""
noon, second = datetime(2026, 6, 1, 12, tzinfo=timezone.utc), timedelta(seconds=1)
async with AsyncIOScheduler(executors={"default": ProcessPoolExecutor(1)}, manual_clock=noon) as scheduler:
    scheduler.add_task(jobs.block, id="block")
    while not os.path.exists("inside"):
        await asyncio.sleep(0.01)
    scheduler.add_task(jobs.pid, "interval", seconds=1, start_at=noon + second, id="t")
    for _ in range(10):
        scheduler.advance(second)
    await asyncio.sleep(0)
    assert scheduler.get_scheduler_info().in_flight == 1
    open("go", "x").close()
    (t,) = await rows(scheduler, "t")
    assert (t.state, t.folded) == ("done", 10), t
""")


@pytest.mark.parametrize(("how", "told"), [("die", "signal 9"), ("leave", "exit status 3")])
def test_a_process_that_dies_fails_its_run_and_not_the_pool(program: Any, how: str, told: str) -> None:
    program(f"""
async with AsyncIOScheduler(executors={{"default": ProcessPoolExecutor(1)}}) as scheduler:
    scheduler.add_task(jobs.{how}, id="a")
    (a,) = await rows(scheduler, "a")
    assert a.state == "failed" and "the worker process ended ({told})" in a.error, a
    scheduler.add_task(jobs.pid, id="b")
    (b,) = await rows(scheduler, "b")
    assert b.state == "done", b
""")


def test_log_records_come_back(program: Any) -> None:
    out = program("""
logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(name)s %(levelname)s %(message)s")
async with AsyncIOScheduler(executors={"default": ProcessPoolExecutor(1)}, timezone="UTC") as scheduler:
    scheduler.add_task(jobs.log, id="a")
    (a,) = await rows(scheduler, "a")
    print("pid", a.result)
""")
    pid = out.split("pid ")[-1].strip().split()[0]
    assert f"jobs WARNING from {pid}\n" in out
    assert "jobs ERROR failed\nTraceback" in out
    assert "too fine" not in out


def test_what_the_pool_is_given(program: Any) -> None:
    program("""
kwargs = {"initializer": jobs.prepare, "initargs": ("ready",), "max_tasks_per_child": 1}
async with AsyncIOScheduler(executors={"default": ProcessPoolExecutor(1, kwargs)}) as scheduler:
    for id in "ab":
        scheduler.add_task(jobs.pid, id=id)
    scheduler.add_task(jobs.told, id="c")
    a, b, c = await rows(scheduler, "a", "b", "c")
    assert a.result != b.result
    assert c.result == "ready"
""")


def test_a_shutdown_that_does_not_wait_ends_the_processes(program: Any) -> None:
    program("""
executor = ProcessPoolExecutor(1)
scheduler = AsyncIOScheduler(executors={"default": executor}, shutdown_timeout=0.1)
async with scheduler:
    scheduler.add_task(jobs.forever, id="a")
    while executor.running() != ["a"]:
        await asyncio.sleep(0.01)
assert scheduler.history("a") == [] or scheduler.history("a")[0].state == "cancelled"
""")


class Slow:
    """A context of multiprocessing whose process starts when the test says so."""

    Pipe = staticmethod(multiprocessing.Pipe)

    def __init__(self) -> None:
        self.starting, self.go = threading.Event(), threading.Event()
        self.process: Any = None

    def Process(self, **options: Any) -> Any:
        process = self.process = multiprocessing.get_context("spawn").Process(**options)
        start = process.start

        def slow() -> None:
            del process.start  # the process is pickled
            self.starting.set()
            assert self.go.wait(PATIENCE)
            start()

        process.start = slow  # type: ignore[method-assign]
        return process


def test_a_process_that_starts_while_the_pool_is_killed_ends_too() -> None:
    slow = Slow()
    workers = Workers(1, "test", mp_context=slow)
    future = workers.submit(time.sleep, (3600,), {})
    assert slow.starting.wait(PATIENCE)
    workers.close(kill=True)
    slow.go.set()
    try:
        with pytest.raises(RuntimeError, match="the executor has been shut down"):
            future.result(PATIENCE)
        assert not slow.process.is_alive()
    finally:
        slow.process.kill()


def job() -> None: ...


def test_what_cannot_be_sent_is_refused_when_it_is_added() -> None:
    scheduler = AsyncIOScheduler(executors={"default": ProcessPoolExecutor()})

    def local() -> None: ...

    class Own:
        lock = threading.Lock()

        def __call__(self) -> None: ...

    for fn in (local, lambda: None, Own()):
        with pytest.raises(TypeError, match="cannot be sent to another process: .*; write a function at the top level"):
            scheduler.add_task(fn, "interval", hours=1)
    with pytest.raises(TypeError, match="is a coroutine function"):
        scheduler.add_task(coroutine, "interval", hours=1)
    assert scheduler.get_tasks() == []
    scheduler.add_task(functools.partial(os.getenv, "HOME"), "interval", hours=1)


async def coroutine() -> None: ...


decorating = AsyncIOScheduler(executors={"default": ProcessPoolExecutor()})


@decorating.add_task(trigger="interval", hours=1, id="decorated")
def decorated() -> None: ...


def test_the_decorator_form() -> None:
    task = decorating.get_task("decorated")
    assert task is not None
    assert task.fn is decorated
    task.delete()


def test_by_name_and_in_a_configuration() -> None:
    scheduler = AsyncIOScheduler(
        {
            "asyncz.executors.a": {"class": "asyncz.executors.process_pool:ProcessPoolExecutor", "max_workers": "3"},
            "asyncz.executors.b.type": "processpool",
        }
    )
    a, b = scheduler.executors["a"], scheduler.executors["b"]
    assert isinstance(a, ProcessPoolExecutor)
    assert isinstance(b, ProcessPoolExecutor)
    assert (a.max_workers, b.max_workers, a.limit) == (3, 10, 3)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"max_workers": 0}, ValueError, "max_workers: 0 is not in 1 to 1024"),
        ({"max_workers": "2"}, TypeError, "max_workers: expected a whole number, not str"),
        ({"max_worker": 2}, TypeError, r"'max_worker' \(did you mean 'max_workers'\?\)"),
        ({"pool_kwargs": {"initialiser": job}}, TypeError, r"'initialiser' \(did you mean 'initializer'\?\)"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ProcessPoolExecutor(**arguments)


def test_multiprocessing_is_imported_when_it_is_used(script: Script) -> None:
    script.run("""
        import sys
        import uvsched.schedulers, uvsched.executors
        uvsched.executors.ProcessPoolExecutor()
        assert not [name for name in sys.modules if name.startswith("multiprocessing")]
    """)
