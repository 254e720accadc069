"""Ctrl-C during a wait: KeyboardInterrupt comes at once, and nothing is lost."""

from __future__ import annotations

import signal
import textwrap

import pytest

from .conftest import Script

# What the programs begin with. interrupted(call, place) makes a call on the main thread, sends SIGINT as soon as the
# main thread is in the function named `place`, and gives the seconds until KeyboardInterrupt.
PRELUDE = """
import asyncio, logging, os, signal, sqlite3, sys, threading, time
from uvsched.executors import AsyncIOExecutor, DebugExecutor, ThreadPoolExecutor
from uvsched.events.constants import TASK_EXECUTED
from uvsched.schedulers import AsyncIOScheduler

gate = threading.Event()
inside = threading.Event()

def blocking():
    inside.set()
    assert gate.wait(40)
    return "done"

def job():
    pass

def frames(frame):
    while frame is not None:
        yield frame.f_code.co_name
        frame = frame.f_back

def send_from(place, sent):
    main = threading.main_thread().ident
    seen = 0
    while seen < 20:  # it has been there for some milliseconds: it waits
        time.sleep(0.001)
        seen = seen + 1 if place in frames(sys._current_frames()[main]) else 0
    sent.append(time.monotonic())
    os.kill(os.getpid(), signal.SIGINT)

def interrupted(call, place):
    sent = []
    threading.Thread(target=send_from, args=(place, sent), daemon=True).start()
    try:
        call()
    except KeyboardInterrupt:
        return time.monotonic() - sent[0]
    raise AssertionError("no KeyboardInterrupt")

def lock_file():
    connection = sqlite3.connect("tasks.db", isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    return connection

"""
QUICK = 0.3  # seconds: a slice of a wait, and what a busy machine adds


def program(script: Script, text: str, *, status: int = 0) -> str:
    process = script.start(PRELUDE + textwrap.dedent(text))
    out, errors = script.end_of(process)
    assert process.returncode == status, f"{process.returncode}\n{out}\n{errors}"
    if status == 0:
        assert errors == ""
    return out


def test_shutdown(script: Script) -> None:
    out = program(
        script,
        """
        executors = {"default": ThreadPoolExecutor(1)}
        scheduler = AsyncIOScheduler(stores={"default": "sqlite:tasks.db"}, executors=executors)
        scheduler.start()
        scheduler.add_task(blocking, id="x")
        assert inside.wait(30)
        print(interrupted(scheduler.shutdown, "shutdown"))
        assert not scheduler.running
        gate.set()
        scheduler.start()  # waits for the run
        assert [(run.task_id, run.state, run.result) for run in scheduler.history()] == [("x", "done", "done")]
        scheduler.shutdown()
        """,
    )
    assert float(out) < QUICK


CALLS = {
    "add_task": 'scheduler.add_task(job, "interval", hours=1, id="y")',
    "pause_task": 'scheduler.pause_task("x")',
    "update_task": 'scheduler.update_task("x", name="new")',
    "delete_task": 'scheduler.delete_task("x")',
    "remove_all_tasks": "scheduler.remove_all_tasks()",
    "run_task": 'scheduler.run_task("x")',
}


@pytest.mark.parametrize("method", CALLS)
def test_a_call_that_waits_for_a_commit(script: Script, method: str) -> None:
    out = program(
        script,
        f"""
        scheduler = AsyncIOScheduler(stores={{"default": "sqlite:tasks.db"}})
        scheduler.start()
        scheduler.add_task(job, "interval", hours=1, id="x")
        before = (scheduler.get_tasks(), scheduler.get_task_infos())
        locked = lock_file()
        print(interrupted(lambda: {CALLS[method]}, {method!r}))
        locked.rollback()
        # What was asked for is done all the same; a call that comes after it comes after it.
        scheduler.add_task(job, "interval", hours=1, id="z")
        tasks = {{task.id: task for task in scheduler.get_tasks()}}
        print("x" in tasks, "x" in tasks and (tasks["x"].name, tasks["x"].paused), "y" in tasks)
        scheduler.shutdown()
        """,
    )
    seconds, then = out.splitlines()
    assert float(seconds) < QUICK
    assert (
        then
        == {
            "add_task": "True ('__main__:job', False) True",
            "pause_task": "True ('__main__:job', True) False",
            "update_task": "True ('new', False) False",
            "delete_task": "False False False",
            "remove_all_tasks": "False False False",
            "run_task": "True ('__main__:job', False) False",
        }[method]
    )


def test_several_calls_one_after_the_other(script: Script) -> None:
    program(
        script,
        """
        scheduler = AsyncIOScheduler(stores={"default": "sqlite:tasks.db"})
        scheduler.start()
        locked = lock_file()
        for number in range(3):
            interrupted(lambda: scheduler.add_task(job, "interval", hours=1, id=str(number)), "add_task")
        locked.rollback()
        scheduler.add_task(job, "interval", hours=1, id="last")
        assert {task.id for task in scheduler.get_tasks()} == {"0", "1", "2", "last"}
        scheduler.shutdown()
        """,
    )


def test_a_handler_that_uses_the_scheduler_itself(script: Script) -> None:
    program(
        script,
        """
        scheduler = AsyncIOScheduler(stores={"default": "sqlite:tasks.db"})
        scheduler.start()
        locked = lock_file()

        def handler(number, frame):
            locked.rollback()
            scheduler.add_task(job, "interval", hours=1, id="handler's")

        signal.signal(signal.SIGINT, handler)
        threading.Thread(target=send_from, args=("add_task", []), daemon=True).start()
        scheduler.add_task(job, "interval", hours=1, id="main's")
        assert {task.id for task in scheduler.get_tasks()} == {"handler's", "main's"}
        scheduler.shutdown()
        """,
    )


def test_start(script: Script) -> None:
    out = program(
        script,
        """
        scheduler = AsyncIOScheduler(stores={"default": "sqlite:tasks.db"})
        scheduler.start()
        scheduler.shutdown()
        locked = lock_file()
        scheduler.add_task(job, "interval", hours=1, id="x")
        print(interrupted(scheduler.start, "start"))
        assert not scheduler.running
        locked.rollback()
        scheduler.start()
        assert [task.id for task in scheduler.get_tasks()] == ["x"]
        scheduler.shutdown()
        """,
    )
    assert float(out) < QUICK + 0.2


def test_the_main_thread_waits_while_the_scheduler_has_a_thread(script: Script) -> None:
    out = program(
        script,
        """
        scheduler = AsyncIOScheduler(executors={"default": ThreadPoolExecutor(2)})
        scheduler.add_task(job, "interval", seconds=0.01, max_instances=1_000)

        def main():
            with scheduler:
                threading.Event().wait()

        print(interrupted(main, "wait"))
        assert not scheduler.running
        """,
    )
    assert float(out) < 2 * QUICK


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_asyncio_run(script: Script, loop: str) -> None:
    if loop == "uvloop":
        pytest.importorskip("uvloop")
    program(
        script,
        f"""
        import importlib
        loop = importlib.import_module({loop!r})
        scheduler = AsyncIOScheduler(stores={{"default": "sqlite:tasks.db"}})
        ready = threading.Event()

        async def endless():
            inside.set()
            await asyncio.sleep(3600)

        async def main():
            async with scheduler:
                scheduler.add_task(endless, id="x")
                await asyncio.sleep(3600)

        def send():
            assert inside.wait(30)
            send_from("run", [])

        threading.Thread(target=send).start()
        try:
            loop.run(main())
        except KeyboardInterrupt:
            pass
        assert not scheduler.running
        with scheduler:
            assert [(run.task_id, run.state) for run in scheduler.history()] == [("x", "cancelled")]
        """,
    )


@pytest.mark.parametrize("kind", ["inline", "coroutine", "listener"])
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_during_a_function_on_the_main_thread(script: Script, loop: str, kind: str) -> None:
    if loop == "uvloop":
        pytest.importorskip("uvloop")
    out = program(
        script,
        f"""
        import importlib
        loop = importlib.import_module({loop!r}).new_event_loop()
        executors = {{"default": AsyncIOExecutor(), "inline": DebugExecutor()}}
        scheduler = AsyncIOScheduler(executors=executors, event_loop=loop)
        kind = {kind!r}

        def wait_here():
            while True:
                time.sleep(0.001)

        async def wait_there():
            wait_here()

        def listen(event):
            if event.task_id == "x" and kind == "listener":
                wait_here()

        logging.disable()
        scheduler.add_listener(listen, TASK_EXECUTED)
        scheduler.start()
        if kind == "listener":
            scheduler.add_task(job, id="x", executor="inline")
        elif kind == "inline":
            scheduler.add_task(wait_here, id="x", executor="inline")
        else:
            scheduler.add_task(wait_there, id="x")
        print(interrupted(loop.run_forever, "wait_here"))
        # The loop was left, as by any Ctrl-C; it may go on.
        again = asyncio.Event()

        async def job_after():
            again.set()

        async def main():
            scheduler.add_task(job_after, id="y")
            await asyncio.wait_for(again.wait(), 30)
            await scheduler.shutdown_async()

        loop.run_until_complete(main())
        loop.close()
        if kind != "listener":
            (x,) = scheduler.history("x")
            assert x.state == "failed" and x.error.startswith("KeyboardInterrupt"), x
        """,
    )
    assert float(out) < QUICK


def test_where_the_program_has_a_handler_of_its_own(script: Script) -> None:
    # As servers do. A KeyboardInterrupt is then no Ctrl-C: it is the run's failure, and nothing else.
    program(
        script,
        """
        logging.disable()
        signal.signal(signal.SIGINT, lambda number, frame: None)
        scheduler = AsyncIOScheduler(executors={"default": AsyncIOExecutor(), "inline": DebugExecutor()})

        def raises():
            raise KeyboardInterrupt

        async def raises_too():
            raise KeyboardInterrupt

        async def main():
            async with scheduler:
                scheduler.add_task(raises, executor="inline")
                scheduler.add_task(raises_too)
                while len(scheduler.history()) < 2:
                    await asyncio.sleep(0.001)
                assert {run.state for run in scheduler.history()} == {"failed"}

        asyncio.new_event_loop().run_until_complete(main())
        """,
    )


def test_engine_threads_take_no_signals(script: Script) -> None:
    out = program(
        script,
        """
        scheduler = AsyncIOScheduler(stores={"default": "memory", "disk": "sqlite:tasks.db"})
        scheduler.start()
        scheduler.add_task(job, "interval", hours=1, store="disk")
        python = {thread.native_id for thread in threading.enumerate()}
        masks = []
        for thread in os.listdir("/proc/self/task"):
            if int(thread) not in python:
                status = open(f"/proc/self/task/{thread}/status").read()
                masks.append(int(status.split("SigBlk:")[1].split()[0], 16))
        wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR1)
        assert len(masks) >= 2
        print(all(mask >> (number - 1) & 1 for mask in masks for number in wanted))
        scheduler.shutdown()
        """,
    )
    assert out == "True\n"


def test_sigint_is_sent_to_the_whole_group(script: Script) -> None:
    process = script.start(
        PRELUDE
        + textwrap.dedent("""
        scheduler = AsyncIOScheduler(executors={"default": ThreadPoolExecutor(2)})
        scheduler.add_task(job, "interval", seconds=0.01, max_instances=1_000)
        with scheduler:
            print("ready", flush=True)
            threading.Event().wait()
        """)
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    _, errors = script.end_of(process)
    assert process.returncode == -signal.SIGINT
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert errors.count("Traceback") == 1
