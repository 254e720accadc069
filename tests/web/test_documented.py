"""The programs of docs/frameworks.md under real servers: they run their tasks, and a reminder that a request adds runs
after a restart, once, with nothing configured."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from documented import FRAMEWORKS, write_programs
from serving import Server, free_port

UVICORN = dict.fromkeys(("lilya", "ravyn", "quart", "django"), "app")
OWN = ("aiohttp", "flask")


class OwnServer(Server):
    """``python PROGRAM PORT``."""

    def __init__(self, folder: Path, target: str, log: Path) -> None:
        import os
        import subprocess

        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, str(folder / f"{target}.py"), str(self.port)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                cwd=log.parent,
            )


@contextlib.contextmanager
def serving(name: str, folder: Path) -> Iterator[Server]:
    log = folder / "server.log"
    server = OwnServer(folder, f"{name}_app", log) if name in OWN else Server(folder, f"{name}_app:app", log)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.kill()


def post(server: Server, path: str) -> None:
    request = urllib.request.Request(server.url + path, method="POST", data=b"")
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("name", [*UVICORN, *OWN])
def test_a_reminder_survives_a_restart(name: str, tmp_path: Path) -> None:
    write_programs(FRAMEWORKS, tmp_path)
    with serving(name, tmp_path) as server:
        server.wait_for("/runs", lambda seen: "tick: done" in seen)
        post(server, "/reminders")
        assert "reminder: done" not in server.get("/runs")
        server.stop(signal.SIGINT)
        assert "Traceback" not in server.log, server.log
    time.sleep(2.2)  # it becomes due while nothing runs
    with serving(name, tmp_path) as server:
        seen = server.wait_for("/runs", lambda seen: "reminder: done" in seen)
        assert seen.count("reminder: done") == 1
        server.wait_for("/runs", lambda seen: "tick: done" in seen)
        server.stop(signal.SIGINT)
        assert "Traceback" not in server.log, server.log
        assert "cannot run in this process" not in server.log
