"""The interpreter exits with a scheduler that runs: at once, quietly, with the status it was given."""

from __future__ import annotations

import signal
import sqlite3

import pytest

from .conftest import Script
from .interpreters import VERSIONS, Interpreter, interpreter

# What the programs begin with. `scheduler` has a store of each kind and an executor of each kind; started() returns
# when each of them has run something.
PRELUDE = """
import asyncio, atexit, os, sys, threading, time
from uvsched.executors import AsyncIOExecutor, DebugExecutor, ThreadPoolExecutor
from uvsched.schedulers import AsyncIOScheduler

ran = {name: threading.Event() for name in ("coroutine", "thread", "inline", "stored")}

async def coroutine():
    ran["coroutine"].set()

async def endless():
    ran["coroutine"].set()
    await asyncio.sleep(3600)

def thread():
    ran["thread"].set()

def inline():
    ran["inline"].set()

def stored():
    ran["stored"].set()

def make(**options):
    executors = {"default": AsyncIOExecutor(), "threads": ThreadPoolExecutor(2), "inline": DebugExecutor()}
    stores = {"default": "memory", "disk": "sqlite:tasks.db"}
    scheduler = AsyncIOScheduler(stores=stores, executors=executors, **options)
    scheduler.add_task(coroutine, "interval", seconds=0.01, max_instances=1000)
    scheduler.add_task(endless)
    scheduler.add_task(thread, "interval", seconds=0.01, executor="threads", max_instances=1000)
    scheduler.add_task(inline, "interval", seconds=0.01, executor="inline", max_instances=1000)
    scheduler.add_task(stored, "interval", seconds=0.01, executor="threads", store="disk", max_instances=1000)
    return scheduler

def started():
    for event in ran.values():
        assert event.wait(30)

async def started_async():
    while not all(event.is_set() for event in ran.values()):
        await asyncio.sleep(0.001)

def tells_of_exit():
    event = threading.Event()
    threading._register_atexit(event.set)  # called first: it is the last one
    return event

"""

LOOP_LOST = (
    "the event loop was closed while the scheduler ran: the scheduler stops, and its coroutines are cancelled; shut it "
    "down before the loop ends, for example with `async with scheduler:`"
)


@pytest.fixture(params=VERSIONS)
def python(request: pytest.FixtureRequest) -> Interpreter:
    return interpreter(request.param)


class Exits:
    """Runs programs and looks at how they end."""

    def __init__(self, script: Script, python: Interpreter) -> None:
        self._script = script
        self._python = python

    def __call__(self, text: str, *, status: int = 0, errors: str = "", warnings: bool = True) -> str:
        """The output of PRELUDE and `text`; `errors` is the last line on stderr, and "" that there is none."""
        # The development mode, without that of asyncio: it tells of a machine that is busy.
        checks = {"PYTHONWARNINGS": "default", "PYTHONMALLOC": "debug"} if warnings else {}
        env = {**self._python.env, **checks}
        process = self._script.start(PRELUDE + text, python=self._python.program, env=env)
        out, err = self._script.end_of(process)
        assert process.returncode == status, f"{process.returncode}\n{out}\n{err}"
        lines = err.splitlines()
        assert (lines[-1] if lines else "") == errors, err
        assert err.count("Traceback") <= 1, err
        return out


@pytest.fixture
def exits(script: Script, python: Interpreter) -> Exits:
    return Exits(script, python)


def test_it_was_never_shut_down(exits: Exits) -> None:
    exits("""
scheduler = make()
scheduler.start()
started()
""")


def test_it_was_started_twice_and_shut_down_once(exits: Exits) -> None:
    exits("""
scheduler = make()
scheduler.start()
scheduler.start()
started()
scheduler.shutdown()
assert scheduler.running
""")


def test_the_last_reference_is_gone(exits: Exits) -> None:
    exits("""
make().start()
started()
import gc
gc.collect()
""")


def test_asyncio_run_ends_first(exits: Exits) -> None:
    out = exits(
        """
async def main():
    make().start()
    await started_async()

asyncio.run(main())
print("over", flush=True)
""",
        errors=LOOP_LOST,
    )
    assert out == "over\n"


def test_the_loop_stopped_and_was_not_closed(exits: Exits) -> None:
    # Without warnings: asyncio has one for the loop.
    exits(
        """
loop = asyncio.new_event_loop()
scheduler = make(event_loop=loop)

async def main():
    scheduler.start()
    await started_async()

loop.run_until_complete(main())
""",
        warnings=False,
    )


def test_sys_exit(exits: Exits) -> None:
    exits(
        """
make().start()
started()
sys.exit(3)
""",
        status=3,
    )


def test_sys_exit_under_asyncio(exits: Exits) -> None:
    exits(
        """
async def main():
    make().start()
    await started_async()
    sys.exit(3)

asyncio.run(main())
""",
        status=3,
        errors=LOOP_LOST,
    )


def test_an_exception_that_nobody_catches(exits: Exits) -> None:
    exits(
        """
make().start()
started()
raise ValueError("broken")
""",
        status=1,
        errors="ValueError: broken",
    )


@pytest.mark.parametrize("where", ["main", "coroutine", "thread", "inline"])
def test_os_exit(exits: Exits, where: str) -> None:
    exits(
        f"""
scheduler = make()
scheduler.start()
started()

async def leave_coroutine():
    os._exit(7)

def leave():
    os._exit(7)

where = {where!r}
if where == "main":
    os._exit(7)
elif where == "coroutine":
    scheduler.add_task(leave_coroutine)
else:
    scheduler.add_task(leave, executor={{"thread": "threads"}}.get(where, where))
threading.Event().wait(60)
""",
        status=7,
    )


@pytest.mark.parametrize("executor", ["threads", "default"])
def test_a_function_in_a_thread_is_waited_for(exits: Exits, executor: str) -> None:
    out = exits(f"""
inside = threading.Event()
exiting = None

def long():
    inside.set()
    while exiting is None:
        time.sleep(0.001)
    assert exiting.wait(30)
    print("to its end", flush=True)

scheduler = make()
scheduler.start()
scheduler.add_task(long, executor={executor!r})
started()
assert inside.wait(30)
exiting = tells_of_exit()
""")
    assert out == "to its end\n"


def test_a_worker_waits_for_work(exits: Exits) -> None:
    exits("""
scheduler = AsyncIOScheduler(executors={"default": ThreadPoolExecutor(4)})
scheduler.start()
scheduler.add_task(thread)
assert ran["thread"].wait(30)
""")


@pytest.mark.parametrize("call", ["shutdown()", "shutdown(wait=False)", "history(limit=1)", "get_tasks()"])
def test_daemon_threads_wait_in_calls(exits: Exits, call: str) -> None:
    exits(f"""
scheduler = make()
scheduler.start()
started()
reached = threading.Event()

def use():
    reached.set()
    try:
        while True:
            scheduler.{call}
    except Exception:
        pass  # shut down

for _ in range(3):
    threading.Thread(target=use, daemon=True).start()
assert reached.wait(30)
""")


def test_daemon_threads_wait_for_commits(exits: Exits) -> None:
    exits("""
scheduler = make()
scheduler.start()
started()
reached = threading.Event()

def use():
    number = 0
    try:
        while True:
            scheduler.add_task(stored, "interval", hours=1, store="disk", id=f"{threading.get_ident()}-{number}")
            number += 1
            if number > 3:
                reached.set()
    except Exception:
        pass  # shut down

for _ in range(3):
    threading.Thread(target=use, daemon=True).start()
assert reached.wait(30)
""")


def test_a_daemon_thread_has_the_loop(exits: Exits) -> None:
    exits("""
async def main():
    make().start()
    await asyncio.Event().wait()

threading.Thread(target=asyncio.run, args=(main(),), daemon=True).start()
started()
""")


def test_the_loop_of_a_daemon_thread_is_blocked(exits: Exits) -> None:
    out = exits("""
blocked = threading.Event()

def block():
    blocked.set()
    threading.Event().wait()

async def main():
    scheduler = make()
    scheduler.start()
    await started_async()
    scheduler.add_task(block, executor="inline")
    await asyncio.Event().wait()

threading.Thread(target=asyncio.run, args=(main(),), daemon=True).start()
started()
assert blocked.wait(30)
before = time.monotonic()
atexit.register(lambda: print(time.monotonic() - before < 20))
""")
    assert out == "True\n"


def test_handlers_at_exit_may_use_it(exits: Exits) -> None:
    out = exits("""
scheduler = make()

def leave():
    print(scheduler.running, len(scheduler.get_tasks("default")) > 0)
    print(scheduler.shutdown())

atexit.register(leave)
scheduler.start()
started()
""")
    assert out == "False True\nTrue\n"


@pytest.mark.parametrize("before", ["", "make().start()"])
def test_it_cannot_start_when_the_interpreter_exits(exits: Exits, before: str) -> None:
    out = exits(f"""
def leave():
    try:
        make().start()
    except RuntimeError as error:
        print(error)

atexit.register(leave)
{before}
""")
    assert out == "the interpreter is exiting: a scheduler cannot start any more\n"


def test_results_are_stored_before_the_end(exits: Exits, script: Script) -> None:
    exits("""
inside = threading.Event()
exiting = None

def long():
    inside.set()
    while exiting is None:
        time.sleep(0.001)
    assert exiting.wait(30)
    return "done"

async def main():
    scheduler = AsyncIOScheduler(stores={"default": "sqlite:results.db"}, executors={"default": ThreadPoolExecutor(1)})
    scheduler.start()
    scheduler.add_task(long, id="x")
    while not inside.is_set():
        await asyncio.sleep(0.001)
    scheduler.shutdown()  # on the loop: it does not wait

asyncio.run(main())
exiting = tells_of_exit()
""")
    connection = sqlite3.connect(script.folder / "results.db")
    rows = connection.execute("SELECT task_id, state, result FROM history").fetchall()
    connection.close()
    assert rows == [("x", "done", '"done"')]


def test_several_schedulers(exits: Exits) -> None:
    exits("""
first = make()
second = AsyncIOScheduler()
first.start()
second.start()
third = AsyncIOScheduler()
started()
""")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_ends_it(script: Script, number: signal.Signals) -> None:
    process = script.start(
        PRELUDE
        + """
make().start()
started()
print("ready", flush=True)
threading.Event().wait(60)
"""
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    _, errors = script.end_of(process)
    assert process.returncode == -number
    assert errors == ""


def test_a_daemon_thread_is_in_python_code_that_an_extension_called(exits: Exits) -> None:
    """It ends between frames of C++, which must not be unwound: Python before 3.14 tries to."""
    exits("""
import datetime
from uvsched.triggers import CronTrigger
inside = threading.Event()

class Zone(datetime.tzinfo):
    def utcoffset(self, when):
        inside.set()
        while True:
            time.sleep(0.001)

class EndsLate:
    def __del__(self, sleep=time.sleep):
        sleep(0.1)  # lets go of the GIL after the interpreter has begun to end

last = EndsLate()
after = datetime.datetime(2026, 1, 1, tzinfo=Zone())
threading.Thread(target=CronTrigger(minute=5).next, args=(after,), daemon=True).start()
assert inside.wait(30)
""")
