"""A server of MongoDB's protocol for tests: the one of UVSCHED_TEST_MONGODB_URL, or one of their own, which is not
MongoDB (tests/servers/mongodb)."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PATIENCE = 60
HERE = Path(__file__).parent / "mongodb"
FOLDER = Path(__file__).parents[2] / ".cache" / "mongodb-server"


@contextlib.contextmanager
def running() -> Iterator[str]:
    """The URL of a server, to which a database and options may be added ("/jobs?collection=…")."""
    given = os.environ.get("UVSCHED_TEST_MONGODB_URL")
    if given is not None:
        yield given
        return
    fetched = subprocess.run([HERE / "fetch.sh", FOLDER], capture_output=True, text=True)
    if fetched.returncode != 0:
        pytest.skip(f"the server cannot be fetched, and UVSCHED_TEST_MONGODB_URL names none: {fetched.stderr.strip()}")
    folder = Path(tempfile.mkdtemp(prefix="uvsched-"))
    port = _free_port()
    server = subprocess.Popen(
        ["java", "-XX:TieredStopAtLevel=1", "-cp", f"{FOLDER}:{FOLDER}/*", "Server", str(port), folder / "data"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + PATIENCE
        while not _is_answered(port):
            assert server.poll() is None, "the server has ended"
            assert time.monotonic() < deadline, "the server does not get ready"
            time.sleep(0.05)
        yield f"mongodb://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)


def _is_answered(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
