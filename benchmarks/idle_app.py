"""An idle FastAPI application under uvicorn with one hourly task: its memory, and how often it wakes up in ten seconds;
without a scheduler, and with uvsched (in memory, and on SQLite), asyncz and APScheduler."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from _figures import Control, row

ROUNDS, SECONDS = 3, 10.0
APP = """
import contextlib
from fastapi import FastAPI

def nothing():
    pass

{make}

@contextlib.asynccontextmanager
async def lifespan(app):
    {start}
    yield

app = FastAPI(lifespan=lifespan)

@app.get("/")
def root() -> str:
    return "here"
"""
MAKE = {
    "no scheduler": "",
    "uvsched, memory": """
from uvsched import AsyncIOScheduler
scheduler = AsyncIOScheduler()
scheduler.add_task(nothing, "interval", hours=1)
""",
    "uvsched, SQLite": """
from uvsched import AsyncIOScheduler, SQLiteStore
scheduler = AsyncIOScheduler(stores={"default": SQLiteStore("tasks.db")})
scheduler.add_task(nothing, "interval", hours=1)
""",
    "asyncz, memory": """
from asyncz.schedulers import AsyncIOScheduler
scheduler = AsyncIOScheduler()
scheduler.add_task(nothing, "interval", hours=1)
""",
    "APScheduler, memory": """
from apscheduler.schedulers.asyncio import AsyncIOScheduler
scheduler = AsyncIOScheduler()
scheduler.add_job(nothing, "interval", hours=1)
""",
}


@contextlib.contextmanager
def serving(name: str) -> Iterator[int]:
    """The id of a process that serves the application."""
    with tempfile.TemporaryDirectory() as folder:
        start = "scheduler.start()" if MAKE[name] else "pass"
        Path(folder, "app.py").write_text(APP.format(make=MAKE[name], start=start))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "uvicorn", "--port", str(port), "--log-level", "error", "app:app"]
        process = subprocess.Popen(command, cwd=folder)
        try:
            while True:
                with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10):
                    break
                if process.poll() is not None:
                    sys.exit(f"{name}: the server ended")
                time.sleep(0.05)
            time.sleep(1)
            yield process.pid
        finally:
            process.kill()
            process.wait()


def memory(pid: int) -> float:
    """Resident memory in MB."""
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024


def switches(pid: int) -> int:
    """How often the threads of a process have woken up so far: their voluntary context switches."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError):
            text = (task / "status").read_text()
            total += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", text, re.MULTILINE)[1])  # type: ignore[index]
    return total


if __name__ == "__main__":
    sizes: dict[str, list[float]] = {name: [] for name in MAKE}
    wakes: dict[str, list[float]] = {name: [] for name in MAKE}
    control = Control()
    for _ in range(ROUNDS):
        control.look()
        for name in MAKE:
            with serving(name) as pid:
                before = switches(pid)
                time.sleep(SECONDS)
                wakes[name].append(switches(pid) - before)
                sizes[name].append(memory(pid))
    control.judge()
    for name in MAKE:
        row(f"idle FastAPI, {name}: memory", sizes[name], "MB", less_is_better=True)
        row(f"idle FastAPI, {name}: wake-ups in {SECONDS:.0f} s", wakes[name], "", less_is_better=True)
