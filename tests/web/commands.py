"""Servers, each started by its own command line, and driven as tests/frameworks/serving.py does."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from serving import DEADLINE, Server, free_port


class CommandServer(Server):
    """``python ARGUMENT…`` in a folder; "PORT" stands for a free port. It leads a process group of its own."""

    def __init__(self, folder: Path, arguments: Sequence[str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder / "server.log"
        command = [argument.replace("PORT", str(self.port)) for argument in arguments]
        with self._log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, "HOME": str(folder), "PYTHONUNBUFFERED": "1"},
                cwd=folder,
                start_new_session=True,
            )

    def wait_until(self, holds: Callable[[], Any], what: str) -> None:
        """Waits until `holds()` is true, whether or not the process has ended."""
        end = time.monotonic() + DEADLINE
        while not holds():
            assert time.monotonic() < end, f"{what} did not come within {DEADLINE} s:\n{self.log}"
            time.sleep(0.05)

    def kill(self) -> None:
        """kill -9, its workers too."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def wait(self) -> int:
        """Waits for the process to end by itself; its exit status."""
        try:
            return self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server did not end within {DEADLINE} s:\n{self.log}") from None


@contextlib.contextmanager
def running(folder: Path, arguments: Sequence[str]) -> Iterator[CommandServer]:
    """The server; what is left of it at the end of the block is killed."""
    server = CommandServer(folder, arguments)
    try:
        yield server
    finally:
        server.kill()
