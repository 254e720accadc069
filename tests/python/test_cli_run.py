"""uvsched run and uvsched doctor."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .command import COMMAND, ENVIRONMENT

APP = """
from uvsched import AsyncIOScheduler, SQLiteStore

scheduler = AsyncIOScheduler(stores={"default": SQLiteStore("tasks.db")}, timezone="UTC")

@scheduler.add_task(trigger="interval", seconds=0.05, id="tick")
async def tick():
    print("tick", flush=True)
"""
AS_ASYNCZ = """
from asyncz.schedulers import AsyncIOScheduler

class Config:
    handler = AsyncIOScheduler(timezone="UTC")

@Config.handler.add_task(trigger="interval", seconds=0.05)
def tick():
    print(AsyncIOScheduler.__module__, flush=True)
"""


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        env={**ENVIRONMENT, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    def run(*arguments: str) -> tuple[int, str, str]:
        process = start(tmp_path, *arguments)
        out, errors = process.communicate(timeout=60)
        return process.returncode, out, errors

    return run


def test_the_doctor_names_variables_of_asyncz(tmp_path: Path) -> None:
    (tmp_path / "myapp.py").write_text(APP)
    process = start(tmp_path, "doctor", "myapp:scheduler", ASYNCZ_STORE_ENCRYPTION_KEY="secret")
    out, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert "warning  ASYNCZ_STORE_ENCRYPTION_KEY is set, but uvsched encrypts no rows (stores: default)\n" in out
    assert "         keep secrets out of tasks' arguments" in out


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_runs_until_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "myapp.py").write_text(APP)
    process = start(tmp_path, "run", "myapp:scheduler")
    assert process.stdout is not None
    assert process.stdout.readline() == "tick\n"
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert re.search(r"^\d{4}-\d\d-\d\d .* INFO uvsched: scheduler started$", errors, re.MULTILINE)
    assert "INFO uvsched: scheduler stopped" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("kind", ["AsyncIOScheduler", "BackgroundScheduler"])
def test_a_signal_lets_the_tasks_of_a_shutdown_run_to_their_end(tmp_path: Path, kind: str) -> None:
    app = APP.replace("AsyncIOScheduler", kind).replace("uvsched import", "uvsched.schedulers.threaded import", 1)
    (tmp_path / "myapp.py").write_text(
        app.replace(", SQLiteStore", "\nfrom uvsched import SQLiteStore\nimport asyncio")
        + """
@scheduler.add_task(trigger="shutdown", id="function")
def function():
    print("function", flush=True)

@scheduler.add_task(trigger="shutdown", id="coroutine")
async def coroutine():
    await asyncio.sleep(0.05)
    print("coroutine", flush=True)
"""
    )
    process = start(tmp_path, "run", "myapp:scheduler")
    assert process.stdout is not None
    assert process.stdout.readline() == "tick\n"
    process.send_signal(signal.SIGTERM)
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert sorted(set(out.split())) in (["coroutine", "function", "tick"], ["coroutine", "function"])


@pytest.mark.parametrize("kind", ["NativeAsyncIOScheduler", "BlockingScheduler", "BackgroundScheduler"])
def test_it_runs_every_kind_of_scheduler(tmp_path: Path, kind: str) -> None:
    app = APP.replace(
        "from uvsched import AsyncIOScheduler,", f"from uvsched.schedulers import {kind}\nfrom uvsched import"
    )
    (tmp_path / "myapp.py").write_text(app.replace("= AsyncIOScheduler(", f"= {kind}("))
    process = start(tmp_path, "run", "myapp:scheduler")
    assert process.stdout is not None
    assert process.stdout.readline() == "tick\n"
    process.terminate()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("by", ["option", "environment"])
def test_as_asyncz(tmp_path: Path, by: str) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "myapp.py").write_text(AS_ASYNCZ)
    more = ["--as-asyncz"] if by == "option" else []
    environment = {} if by == "option" else {"UVSCHED_AS_ASYNCZ": "1"}
    process = start(tmp_path, "run", "myapp:Config", "--app-dir", "app", "--log-level", "error", *more, **environment)
    assert process.stdout is not None
    assert process.stdout.readline() == "uvsched.schedulers.asyncio\n"
    process.terminate()
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("myapp", "'myapp' is not of the form module:name, such as myapp.tasks:scheduler"),
        ("absent:scheduler", "there is no module 'absent' in "),
        ("myapp:other", "myapp has no 'other'"),
        ("myapp:tick", "myapp:tick is not an AsyncIOScheduler, but a function"),
        ("needy:scheduler", "needy cannot be imported: it needs 'something', which is not installed"),
        ("broken:scheduler", "broken cannot be imported: ZeroDivisionError: division by zero"),
        ("nowhere:scheduler", "the scheduler cannot start: "),
    ],
)
def test_what_cannot_be_run(tmp_path: Path, command: Any, name: str, message: str) -> None:
    (tmp_path / "myapp.py").write_text(APP)
    (tmp_path / "needy.py").write_text("import something")
    (tmp_path / "broken.py").write_text("1 / 0")
    (tmp_path / "nowhere.py").write_text(APP.replace("tasks.db", "/nowhere/at/all.db"))
    status, _, errors = command("run", name)
    assert status == 2
    assert f"uvsched run: {message}" in errors


def test_the_doctor_finds_nothing(tmp_path: Path, command: Any) -> None:
    (tmp_path / "myapp.py").write_text(APP.replace("SQLiteStore(", "SQLiteStore(").replace('"tasks.db"', '"tasks.db"'))
    status, out, errors = command("doctor", "myapp:scheduler")
    assert status == 0, out + errors
    assert f"ok       store 'default': {tmp_path}/tasks.db\n" in out
    assert not (tmp_path / "tasks.db").exists()


def test_the_doctor_says_what_to_do(tmp_path: Path, command: Any) -> None:
    (tmp_path / "myapp.py").write_text(APP.replace("tasks.db", "data/tasks.db"))
    status, out, _ = command("doctor", "myapp:scheduler", "--json")
    (error,) = [finding for finding in json.loads(out) if finding["level"] == "error"]
    assert status == 1
    assert error == {
        "level": "error",
        "what": f"store 'default': there is no folder {tmp_path}/data",
        "fix": f"mkdir -p {tmp_path}/data",
    }
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "tasks.db").touch()
    os.chmod(tmp_path / "data" / "tasks.db", 0o666)
    status, out, _ = command("doctor", "myapp:scheduler")
    assert status == 0
    assert "warning  store 'default': others may write data/tasks.db (chmod go-w); tasks that were added at run" in out
    status, out, _ = command("doctor", "absent:scheduler")
    assert status == 1
    assert "error    there is no module 'absent'" in out
