"""The programs of docs/frameworks.md under real servers: they run their tasks, and a reminder that a request adds runs
after a restart, once, with nothing configured."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from documented import FRAMEWORKS, write_programs
from restart import survives_a_restart
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


@pytest.mark.parametrize("name", [*UVICORN, *OWN])
def test_a_reminder_survives_a_restart(name: str, tmp_path: Path) -> None:
    write_programs(FRAMEWORKS, tmp_path)
    survives_a_restart(lambda: serving(name, tmp_path))
