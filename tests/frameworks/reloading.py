"""``uvicorn --reload``: the tasks end with the old version of a program, and begin with the new one."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from serving import Server, free_port

_PROGRAM = """
from typing import Any

import uvsched

VERSION = 1
scheduler = uvsched.AsyncIOScheduler(stores={"default": uvsched.SQLiteStore("tasks.db")}, shutdown_timeout=5)

@scheduler.add_task(trigger="interval", seconds=0.1, id="tick")
async def tick() -> int:
    return VERSION

async def runs() -> dict[str, Any]:
    rows = await scheduler.history_async("tick", "done", limit=1000)
    return {"version": VERSION, "runs": [[row.result, row.scheduled_time.timestamp()] for row in rows]}
"""


class ReloadingServer(Server):
    """A process that watches files, and one that serves; both end with it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder / "server.log"
        options = ["--reload", "--reload-delay", "0.05", "--port", str(self.port)]
        with self._log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "uvicorn", *options, "reloaded:app"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"},
                cwd=folder,
                start_new_session=True,
            )

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def survives_a_reload(folder: Path, application: str) -> None:
    """`application` is the rest of the program: an `app` whose page "/runs" gives what runs() does."""
    program = folder / "reloaded.py"
    program.write_text(_PROGRAM + application)
    server = ReloadingServer(folder)
    try:
        server.wait_for("/runs", lambda seen: len(seen["runs"]) >= 2)
        program.write_text((_PROGRAM + application).replace("VERSION = 1", "VERSION = 2"))
        later = time.time() + 10  # for a watcher that looks at times in whole seconds
        os.utime(program, (later, later))
        seen = server.wait_for("/runs", lambda seen: [version for version, _ in seen["runs"]].count(2) >= 2)
        assert seen["version"] == 2
        versions = [version for version, _ in reversed(seen["runs"])]
        assert versions == sorted(versions)  # the old one has ended before the new one begins
        times = [due for _, due in seen["runs"]]
        assert len(times) == len(set(times))
        os.killpg(server.process.pid, signal.SIGINT)  # Ctrl-C in a terminal reaches both
        server.wait()
        assert "Traceback" not in server.log, server.log
        assert "never started" not in server.log
    finally:
        server.kill()
