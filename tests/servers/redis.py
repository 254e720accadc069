"""A real Redis server for tests: the one of UVSCHED_TEST_REDIS_URL, or one of their own."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

PATIENCE = 60


@contextlib.contextmanager
def running() -> Iterator[str]:
    """The URL of a server, to which options may be added ("?prefix=…")."""
    given = os.environ.get("UVSCHED_TEST_REDIS_URL")
    if given is not None:
        yield given
        return
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no Redis server is installed, and UVSCHED_TEST_REDIS_URL names none")
    folder = Path(tempfile.mkdtemp(prefix="uvsched-"))
    port = _free_port()
    server = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "yes"],
        stdout=subprocess.DEVNULL,
    )
    try:
        until_ready = f"until redis-cli -p {port} ping | grep -q PONG; do sleep 0.05; done"
        subprocess.run(["/bin/sh", "-c", until_ready], check=True, timeout=PATIENCE, stderr=subprocess.DEVNULL)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
