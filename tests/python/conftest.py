"""What the tests of the Python package share."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from uvsched.events import SchedulerEvent
from uvsched.events.constants import EVERY_EVENT
from uvsched.schedulers import AsyncIOScheduler

PATIENCE = 30.0  # seconds; only a failing test waits so long
NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)

# What names no zone is in the machine's: these tests mean UTC, and those of other zones set them.
os.environ["TZ"] = "UTC"
time.tzset()

# A shell that runs the tests in the background has its children ignore Ctrl-C, which all programs inherit.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

Main = Callable[[], Awaitable[Any]]


def threads() -> int:
    """The threads of this process, those of the engine included."""
    return len(os.listdir("/proc/self/task"))


async def until(condition: Callable[[], Any], what: str = "the condition") -> Any:
    """Lets the loop run until a condition holds, and gives its value."""
    deadline = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what} did not come true"
        await asyncio.sleep(0.002)
    return value


def until_sync(condition: Callable[[], Any], what: str = "the condition") -> Any:
    """Waits on this thread until a condition holds, and gives its value."""
    deadline = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what} did not come true"
        time.sleep(0.002)
    return value


class Recorder:
    """A listener that keeps what it hears."""

    def __init__(self, scheduler: AsyncIOScheduler, mask: int = EVERY_EVENT) -> None:
        self.events: list[Any] = []
        self.threads: set[int] = set()
        scheduler.add_listener(self, mask)

    def __call__(self, event: SchedulerEvent) -> None:
        self.threads.add(threading.get_ident())
        self.events.append(event)

    def of(self, code: int) -> list[Any]:
        return [event for event in self.events if event.code == code]

    async def first(self, code: int) -> Any:
        """The first event with this code, when it has come."""
        await until(lambda: self.of(code), f"an event with code {code}")
        return self.of(code)[0]


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Iterator[Callable[[Main], Any]]:
    """Runs a coroutine function on a new loop, of asyncio and of uvloop."""

    def run_main(main: Main) -> Any:
        if request.param == "uvloop":
            loop = pytest.importorskip("uvloop").new_event_loop()
        else:
            loop = asyncio.new_event_loop()
        try:
            return loop.run_until_complete(asyncio.wait_for(main(), PATIENCE))
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()

    return run_main


@pytest.fixture(params=["memory", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a store, for a test on each kind of store."""
    return "memory" if request.param == "memory" else f"sqlite:{tmp_path / 'tasks.db'}"


@pytest.fixture
def record() -> type[Recorder]:
    return Recorder


@pytest.fixture
def make() -> Callable[..., AsyncIOScheduler]:
    """Makes a scheduler whose clock stands at noon until it is moved."""

    def make_scheduler(**options: Any) -> AsyncIOScheduler:
        return AsyncIOScheduler(manual_clock=NOON, **options)

    return make_scheduler


@pytest.fixture
def own_handler() -> Iterator[None]:
    """SIGINT has a handler of the program's, as in servers."""
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    yield
    signal.signal(signal.SIGINT, before)


class Script:
    """Runs a program in an interpreter of its own, in an empty folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(
        self, text: str, *, python: str = sys.executable, env: dict[str, str] | None = None, stdin: int | None = None
    ) -> subprocess.Popen[str]:
        path = self.folder / "program.py"
        path.write_text(textwrap.dedent(text))
        return subprocess.Popen(
            [python, "-X", "faulthandler", str(path)],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env={**os.environ, **(env or {})},
        )

    def run(self, text: str, *, python: str = sys.executable, timeout: float = 60, status: int = 0) -> str:
        """The program's output; it must end with `status`, in time, and without a word on stderr when that is 0."""
        process = self.start(text, python=python)
        out, errors = self.end_of(process, timeout=timeout)
        assert process.returncode == status, f"{process.returncode}\n{out}\n{errors}"
        if status == 0:
            assert errors == "", errors
        return out

    def end_of(self, process: subprocess.Popen[str], *, timeout: float = 60) -> tuple[str, str]:
        """The program's output and errors, when it has ended; it must do so in time, else the test fails and shows
        where each of its threads is."""
        try:
            return process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)  # faulthandler says where it hangs
            out, errors = process.communicate()
            pytest.fail(f"the program did not end: {out}\n{errors}")


@pytest.fixture
def script(tmp_path: Path) -> Script:
    return Script(tmp_path)
