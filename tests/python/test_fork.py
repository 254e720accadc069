"""fork() beside a scheduler that runs: the child never fires, says whose the scheduler is, and may have its own."""

from __future__ import annotations

import sqlite3
import textwrap

import pytest

from .conftest import Script

# What the programs begin with. in_child(body) forks, calls the body in the child and demands that it ends well.
PRELUDE = """
import asyncio, faulthandler, multiprocessing, os, sys, threading, time, traceback, warnings
from uvsched.exceptions import SchedulerForkedError
from uvsched.executors import AsyncIOExecutor, DebugExecutor, ThreadPoolExecutor
from uvsched.schedulers import AsyncIOScheduler

warnings.filterwarnings("ignore", ".*multi-threaded.*fork", DeprecationWarning)
runs = []

def tick():
    runs.append(os.getpid())

async def tock():
    runs.append(os.getpid())

def mine():
    return runs.count(os.getpid())

def until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)

def make(url, **options):
    executors = {"default": AsyncIOExecutor(), "threads": ThreadPoolExecutor(2), "inline": DebugExecutor()}
    scheduler = AsyncIOScheduler(stores={"default": url}, executors=executors, **options)
    for executor, function in (("default", tock), ("threads", tick), ("inline", tick)):
        scheduler.add_task(function, "interval", seconds=0.005, executor=executor, id=executor, max_instances=1000)
    return scheduler

def in_child(body):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            faulthandler.dump_traceback_later(40, exit=True)
            body()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    _, status = os.waitpid(child, 0)
    assert status == 0, status

"""


def program(script: Script, text: str, *, errors: str | None = "") -> str:
    """The output of PRELUDE and `text`, which must succeed; `errors` must be its last line on stderr (None: any)."""
    process = script.start(PRELUDE + textwrap.dedent(text))
    out, err = script.end_of(process)
    assert process.returncode == 0, f"{process.returncode}\n{out}\n{err}"
    assert errors is None or (err.splitlines() or [""])[-1] == errors, err
    return out


@pytest.fixture(params=["memory", "sqlite:tasks.db"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_child_never_fires_and_says_why(script: Script, url: str) -> None:
    program(
        script,
        f"""
        scheduler = make({url!r})
        scheduler.start()
        until(lambda: mine() > 10)

        def child():
            assert not scheduler.running
            assert scheduler.event_loop is None
            for use in (
                lambda: scheduler.add_task(tick),
                lambda: scheduler.get_tasks(),
                lambda: scheduler.history(),
                lambda: scheduler.pause(),
                lambda: scheduler.shutdown(),
                lambda: asyncio.run(scheduler.shutdown_async()),
                lambda: scheduler.get_scheduler_info(),
            ):
                try:
                    use()
                except SchedulerForkedError as error:
                    assert "was started in the parent process" in str(error), error
                    assert "call start() in this process" in str(error), error
                else:
                    raise AssertionError("it can be used in the child")
            # As many runs of another scheduler as the parent's would have made many times over.
            own = AsyncIOScheduler(executors={{"default": DebugExecutor()}})
            times = []
            own.add_task(lambda: times.append(1), "interval", seconds=0.005, max_instances=1000)
            own.start()
            until(lambda: len(times) > 20)
            own.shutdown()
            assert mine() == 0

        in_child(child)
        before = mine()
        until(lambda: mine() > before + 10)
        scheduler.shutdown()
        """,
    )


def test_the_same_scheduler_starts_in_the_child(script: Script) -> None:
    program(
        script,
        """
        scheduler = make("memory")
        scheduler.start()
        until(lambda: mine() > 10)

        def child():
            scheduler.start()
            until(lambda: mine() > 10)
            assert {task.id for task in scheduler.get_tasks()} == {"default", "threads", "inline"}
            scheduler.shutdown()
            scheduler.start()
            scheduler.shutdown()

        in_child(child)
        scheduler.shutdown()
        """,
        errors="the scheduler also runs in the parent process, which started it before it forked this one: "
        "with a memory store both run every task. Start it in each process, after the fork (gunicorn --preload forks "
        "after it has loaded the application)",
    )


def test_a_child_may_share_the_file(script: Script) -> None:
    program(
        script,
        """
        scheduler = make("sqlite:tasks.db")
        scheduler.start()
        until(lambda: mine() > 10)

        def child():
            scheduler.start()
            until(lambda: mine() > 10)
            scheduler.shutdown()

        in_child(child)
        before = mine()
        until(lambda: mine() > before + 10)
        scheduler.shutdown()
        print(len(scheduler.stores))
        """,
        errors="the scheduler also runs in the parent process, which started it before it forked this one: "
        "with a memory store both run every task. Start it in each process, after the fork (gunicorn --preload forks "
        "after it has loaded the application)",
    )


def test_a_scheduler_that_was_not_started_is_simply_copied(script: Script, url: str) -> None:
    program(
        script,
        f"""
        scheduler = make({url!r})

        def child():
            assert len(scheduler.get_tasks()) == 3
            scheduler.start()
            scheduler.add_task(tick, "interval", hours=1, id="child's")
            until(lambda: mine() > 10)
            scheduler.shutdown()

        in_child(child)
        scheduler.start()
        until(lambda: mine() > 10)
        scheduler.shutdown()
        """,
    )


def test_fork_during_writes(script: Script) -> None:
    out = program(
        script,
        """
        scheduler = make("sqlite:tasks.db")
        scheduler.start()
        over = threading.Event()
        added = [0, 0]

        def write(number):
            while not over.is_set():
                scheduler.add_task(tick, "interval", hours=1, id=f"{number}-{added[number]}")
                added[number] += 1

        writers = [threading.Thread(target=write, args=(number,)) for number in (0, 1)]
        for writer in writers:
            writer.start()

        def child():
            try:
                scheduler.add_task(tick)
            except SchedulerForkedError:
                pass
            else:
                raise AssertionError("it can be used in the child")
            own = make("memory")
            own.start()
            until(lambda: mine() > 3)
            own.shutdown()

        for _ in range(15):
            before = sum(added)
            in_child(child)
            until(lambda: sum(added) > before)
        over.set()
        for writer in writers:
            writer.join()
        assert len(scheduler.get_tasks()) == sum(added) + 3
        scheduler.shutdown()
        print(sum(added))
        """,
    )
    connection = sqlite3.connect(script.folder / "tasks.db")
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert connection.execute("SELECT count(*) FROM def WHERE id LIKE '%-%'").fetchone() == (int(out),)
    connection.close()


def test_fork_in_a_run(script: Script, url: str) -> None:
    program(
        script,
        f"""
        done = threading.Event()

        def fork_thread():
            in_child(lambda: None)
            done.set()

        async def fork_coroutine():
            in_child(lambda: None)
            done.set()

        scheduler = make({url!r})
        scheduler.start()
        for function, executor in ((fork_thread, "threads"), (fork_thread, "inline"), (fork_coroutine, "default")):
            done.clear()
            scheduler.add_task(function, executor=executor)
            assert done.wait(30)
        before = mine()
        until(lambda: mine() > before + 10)
        scheduler.shutdown()
        """,
    )


def test_a_child_that_exits_as_python_does(script: Script, url: str) -> None:
    program(
        script,
        f"""
        scheduler = make({url!r})
        scheduler.start()
        until(lambda: mine() > 10)
        child = os.fork()
        if child == 0:
            sys.exit(5)  # with threads that are not there any more, and hooks that the parent made
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 5
        before = mine()
        until(lambda: mine() > before + 10)
        scheduler.shutdown()
        """,
    )


def test_a_child_that_exits_in_the_body_of_a_context_manager(script: Script) -> None:
    program(
        script,
        """
        with make("memory") as scheduler:
            child = os.fork()
            if child == 0:
                sys.exit(5)  # there is nothing here to shut down
            _, status = os.waitpid(child, 0)
            assert os.waitstatus_to_exitcode(status) == 5, status
            before = mine()
            until(lambda: mine() > before + 10)
        """,
    )


def test_multiprocessing(script: Script, url: str) -> None:
    program(
        script,
        f"""
        scheduler = make({url!r})

        def square(number):
            try:
                scheduler.get_tasks()
            except SchedulerForkedError:
                return number * number
            return None

        def work():
            own = make("memory")
            own.start()
            until(lambda: mine() > 10)
            # Never shut down: the process ends all the same.

        scheduler.start()
        until(lambda: mine() > 10)
        context = multiprocessing.get_context("fork")
        process = context.Process(target=work)
        process.start()
        process.join(30)
        assert process.exitcode == 0, process.exitcode
        with context.Pool(2) as pool:
            assert pool.map(square, range(5)) == [0, 1, 4, 9, 16]
        before = mine()
        until(lambda: mine() > before + 10)
        scheduler.shutdown()
        """,
    )


def test_other_programs_inherit_nothing(script: Script, url: str) -> None:
    program(
        script,
        f"""
        import subprocess
        show = [sys.executable, "-c", "import os; print(sorted(os.listdir('/proc/self/fd')))"]
        before = subprocess.run(show, close_fds=False, capture_output=True, check=True).stdout
        scheduler = make({url!r})
        scheduler.start()
        until(lambda: mine() > 10)
        assert subprocess.run(show, close_fds=False, capture_output=True, check=True).stdout == before
        scheduler.shutdown()
        """,
    )


def test_started_before_an_asgi_server_forks(script: Script) -> None:
    # What gunicorn --preload does: the application is loaded, and the scheduler started, in the master.
    out = program(
        script,
        """
        scheduler = AsyncIOScheduler(stores={"default": "sqlite:tasks.db"})
        scheduler.add_task(tick, "interval", seconds=0.005, id="x", max_instances=1000)
        scheduler.start()
        until(lambda: mine() > 3)

        async def request():
            return len(scheduler.get_tasks())

        def worker():
            try:
                asyncio.run(request())
            except SchedulerForkedError as error:
                print(error, flush=True)

        in_child(worker)
        scheduler.shutdown()
        """,
    )
    assert out == "the scheduler was started in the parent process; call start() in this process to use it here\n"


def test_the_child_does_not_inherit_the_silence_of_the_log(script: Script) -> None:
    program(
        script,
        """
        import logging
        from uvsched.events import log

        log._LINES_A_WINDOW = 2
        lines = []
        handler = logging.Handler()
        handler.emit = lambda record: lines.append(record.getMessage())
        logging.getLogger("uvsched").addHandler(handler)

        def fails():
            raise ValueError

        scheduler = AsyncIOScheduler(executors={"default": DebugExecutor()})

        def fail_until_silent():
            for _ in range(10):
                scheduler.add_task(fails)
            until(lambda: any("are left out" in line for line in lines))
            until(lambda: len(scheduler.history(limit=100)) >= 10)

        def child():
            lines.clear()
            calls = []
            scheduler.start()
            scheduler._driver.later = lambda seconds, call: calls.append(call)
            fail_until_silent()
            until(lambda: calls)  # which end the child's own silence
            scheduler.shutdown()

        scheduler.start()
        fail_until_silent()
        in_child(child)
        scheduler.shutdown()
        """,
        errors=None,
    )
