"""A real PostgreSQL server for tests: the one of UVSCHED_TEST_POSTGRESQL_URL, or one of their own."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

PATIENCE = 60


@contextlib.contextmanager
def running() -> Iterator[str]:
    """The URL of a server, to which options may be added ("&schema=…")."""
    given = os.environ.get("UVSCHED_TEST_POSTGRESQL_URL")
    if given is not None:
        yield given + ("" if "?" in given else "?")
        return
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed, and UVSCHED_TEST_POSTGRESQL_URL names none")
    folder = Path(tempfile.mkdtemp(prefix="uvsched-", dir="/tmp"))  # a short name, because a socket's is
    user = _other_user()
    if user:
        os.chown(folder, user["user"], user["group"])
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **user}
    data = folder / "data"
    initdb = [programs / "initdb", "-D", data, "-N", "-E", "UTF8", "--locale=C", "-A", "trust", "-U", "tester"]
    subprocess.run(initdb, check=True, **quiet)
    server = subprocess.Popen(
        [programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"], **quiet
    )
    try:
        until_ready = f"until {programs}/pg_isready -q -h {folder}; do sleep 0.05; done"
        subprocess.run(["/bin/sh", "-c", until_ready], check=True, timeout=PATIENCE, **quiet)
        yield f"postgresql://tester@/postgres?host={quote(str(folder), safe='')}"
    finally:
        server.terminate()
        server.send_signal(3)
        server.wait()
        shutil.rmtree(folder)


def sql(server: str, statements: str) -> str:
    """What statements of SQL give on the server with this URL: a line for each row, its columns divided by "|"."""
    program = shutil.which("psql")
    if program is None:
        pytest.skip("psql is not installed")
    command = [program, server.rstrip("?"), "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", statements]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE).stdout


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def _other_user() -> dict[str, Any]:
    """The server refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
