"""An ASGI application under a real uvicorn, in a process of its own, as a user would run it.

Used by tests/frameworks and tests/examples. It needs nothing but the standard library and uvicorn.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

DEADLINE = 30.0
"""Seconds within which what is waited for must come. A test that passes never gets near."""

STOP_PATIENCE = 4.5
"""Seconds within which a server stops that waits for nothing: the shortest wait that could be at fault has 5 s."""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Refused(Exception):
    """The server answered with an error."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status


class Server:
    """``python -m uvicorn --app-dir FOLDER OPTIONS TARGET``, with what it wrote kept for messages of failed tests."""

    def __init__(
        self,
        folder: Path,
        target: str,
        log: Path,
        env: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        command = [sys.executable, "-m", "uvicorn", "--app-dir", str(folder), "--port", str(self.port)]
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [*command, *options, target],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
                cwd=log.parent,
                start_new_session=True,
            )

    @property
    def log(self) -> str:
        """What this and earlier processes with the same log wrote."""
        return self._log.read_text(errors="replace")

    def get(self, path: str) -> Any:
        """The JSON at ``path``."""
        return json.loads(self.text(path))

    def text(self, path: str) -> str:
        """The body at ``path``.

        Raises:
            Refused: the status is an error.
        """
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                raise Refused(error.code, error.read().decode()) from None

    def wait_for(self, path: str, holds: Callable[[Any], Any]) -> Any:
        """Asks until ``holds(answer)`` is true, and returns that answer. Fails at the deadline, or when it ends."""
        end = time.monotonic() + DEADLINE
        seen: Any = "no answer"
        while time.monotonic() < end:
            assert self.process.poll() is None, f"the server ended with {self.process.returncode}:\n{self.log}"
            with contextlib.suppress(Refused, urllib.error.URLError, ConnectionError, TimeoutError):
                seen = self.get(path)
                if holds(seen):
                    return seen
            time.sleep(0.05)
        raise AssertionError(f"{path} within {DEADLINE} s never became what was waited for; last: {seen!r}\n{self.log}")

    def wait_until_serving(self) -> None:
        """Waits for the port to be listened on."""
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            assert self.process.poll() is None, f"the server ended with {self.process.returncode}:\n{self.log}"
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.02)
        raise AssertionError(f"nobody listens within {DEADLINE} s:\n{self.log}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> float:
        """Sends the signal, waits for the end, and returns the seconds between, to be compared with STOP_PATIENCE."""
        begin = time.monotonic()
        self.process.send_signal(how)
        code = self.wait()
        took = time.monotonic() - begin
        assert code == 0 or (how == signal.SIGTERM and code == -how), f"ended with {code} after {how.name}:\n{self.log}"
        return took

    def kill(self) -> None:
        """kill -9: no line of the program runs any more."""
        self.process.kill()
        self.process.wait()

    def kill_all(self) -> None:
        """kill -9 for it and what it has started: a killed server leaves its workers."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def wait(self) -> int:
        """Waits for the process to end by itself; its exit status."""
        try:
            return self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"the server did not end within {DEADLINE} s:\n{self.log}") from None


@contextlib.contextmanager
def serving(
    folder: Path, target: str, log: Path, env: Mapping[str, str] | None = None, options: Sequence[str] = ()
) -> Iterator[Server]:
    """A server. At the end of the block nothing of it is left."""
    server = Server(folder, target, log, env, options)
    try:
        server.wait_until_serving()
        yield server
    finally:
        server.kill_all()
