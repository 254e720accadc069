"""One application under many servers, Flask's and Django's with their reloaders too: tasks run while it serves and
not in between, SIGTERM ends it, and a reminder that a request added runs after the restart, once, with nothing
configured."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from .commands import CommandServer, running

APPS = Path(__file__).parent / "apps"
GUNICORN = ["-m", "gunicorn", "--bind", "127.0.0.1:PORT", "--graceful-timeout", "20"]
UVICORN_WORKER = [*GUNICORN, "--worker-class", "uvicorn_worker.UvicornWorker"]
SERVERS = {
    "uvicorn": ["-m", "uvicorn", "--port", "PORT", "asgi_app:app"],
    "hypercorn": ["-m", "hypercorn", "--bind", "127.0.0.1:PORT", "asgi_app:app"],
    "granian": ["-m", "granian", "--interface", "asgi", "--port", "PORT", "asgi_app:app"],
    "gunicorn": [*UVICORN_WORKER, "asgi_app:app"],
    "gunicorn --preload": [*UVICORN_WORKER, "--preload", "asgi_app:app"],
    "gunicorn, WSGI": [*GUNICORN, "--config", "gunicorn_starts.py", "wsgi_app:app"],
    "gunicorn --preload, WSGI": [*GUNICORN, "--preload", "--config", "gunicorn_starts.py", "wsgi_app:app"],
    "gunicorn, Django": [*GUNICORN, "django_wsgi:application"],
}
DEVELOPMENT = {
    "flask run": ["-m", "flask", "--app", "flask_dev", "run", "--port", "PORT"],
    "flask run --debug": ["-m", "flask", "--app", "flask_dev", "run", "--debug", "--port", "PORT"],
    "flask, app.run": ["flask_main.py", "PORT", "serving"],
    "django runserver": ["django_site.py", "runserver", "PORT"],
}
LATER = 4  # seconds: a loaded machine needs them to stop a server
RECURRING = {"interval", "cron", "thread"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in APPS.iterdir():
        if path.is_file():
            shutil.copy(path, tmp_path)
    return tmp_path


def add_reminders(server: CommandServer, seconds: float) -> float:
    """Has the application add a reminder for now and one for later; when that is due."""
    request = urllib.request.Request(f"{server.url}/reminders?seconds={seconds}", method="POST", data=b"")
    with urllib.request.urlopen(request, timeout=30) as answer:
        return float(json.load(answer))


def done(rows: list[Any]) -> set[str]:
    return {task for task, state, _ in rows if state == "done"}


def since(begin: float, rows: list[Any]) -> list[Any]:
    return [row for row in rows if row[2] is not None and row[2] > begin]


def ends_in_order(name: str, server: CommandServer) -> None:
    """By SIGTERM; the development servers as by Ctrl-C in their terminal."""
    if name in DEVELOPMENT:
        os.killpg(server.process.pid, signal.SIGINT)
        assert server.wait() in (0, 1, 130, -signal.SIGINT), server.log
        return
    server.process.send_signal(signal.SIGTERM)
    assert server.wait() in (0, -signal.SIGTERM), server.log
    assert "Traceback" not in server.log, server.log


@pytest.mark.parametrize("name", [*SERVERS, *DEVELOPMENT])
def test_a_restart(name: str, folder: Path) -> None:
    command = {**SERVERS, **DEVELOPMENT}[name]
    with running(folder, command) as server:
        server.wait_for("/runs", lambda rows: done(rows) >= RECURRING)
        due = add_reminders(server, LATER)
        server.wait_for("/runs", lambda rows: "now" in done(rows))
        ends_in_order(name, server)
    stopped = time.time()
    time.sleep(max(0.0, due - stopped))
    restarted = time.time()
    with running(folder, command) as server:
        server.wait_for("/runs", lambda rows: "later" in done(rows))
        rows = server.wait_for("/runs", lambda rows: done(since(restarted, rows)) >= RECURRING)
        ends_in_order(name, server)
        assert "cannot run in this process" not in server.log
        assert "never started" not in server.log
    assert [task for task, _, _ in rows].count("later") == 1
    assert [task for task, _, _ in rows].count("now") == 1
    assert [row for row in since(stopped, rows) if row[2] < restarted] == []
    if stopped < due:  # else the machine is so slow that the first process ran it
        assert next(started for task, _, started in rows if task == "later") > restarted


# Processes that do not serve


def said(server: CommandServer, text: str) -> list[str]:
    return [line for line in server.log.splitlines() if text in line]


def test_a_master_whose_workers_start_nothing_says_so_once(folder: Path) -> None:
    with running(folder, [*GUNICORN, "--preload", "wsgi_app:app"]) as server:
        server.wait_until_serving()
        server.process.send_signal(signal.SIGTERM)
        assert server.wait() == 0, server.log
        (line,) = said(server, "never started")
        assert "got 3 task(s) (interval, cron, thread) and was never started: call start()" in line


def test_a_master_says_why_it_starts_nothing(folder: Path) -> None:
    (folder / "starts_app.py").write_text("from wsgi_app import app, scheduler\n\nscheduler.start()\n")
    with running(folder, [*GUNICORN, "--preload", "starts_app:app"]) as server:
        server.wait_until_serving()
        server.process.send_signal(signal.SIGTERM)
        assert server.wait() == 0, server.log
        (line,) = said(server, "is not started")
        assert "this is gunicorn's master" in line
        assert "post_worker_init" in line
        assert not said(server, "never started")
        assert not (folder / "tasks.db").exists()


@pytest.mark.parametrize(
    ("name", "why"),
    [("flask run --debug", "this process of `flask run`"), ("django runserver", "this process of Django's runserver")],
)
def test_what_only_watches_files_says_so(name: str, why: str, folder: Path) -> None:
    with running(folder, DEVELOPMENT[name]) as server:
        server.wait_for("/runs", lambda rows: "interval" in done(rows))
        ends_in_order(name, server)
        (line,) = said(server, "is not started")
        assert f"is not started: {why}" in line
        assert not said(server, "never started")


def test_commands_of_django_start_nothing(folder: Path) -> None:
    with running(folder, ["django_site.py", "check"]) as server:
        assert server.wait() == 0, server.log
        (line,) = said(server, "is not started")
        assert "Django's command check does not serve" in line
        assert not (folder / "tasks.db").exists()


def test_a_reloader_that_has_started_it_too_shares_the_file(folder: Path) -> None:
    with running(folder, ["flask_main.py", "PORT", "everywhere"]) as server:
        server.wait_for("/runs", lambda rows: done(rows) >= RECURRING)
        add_reminders(server, 0)
        rows = server.wait_for("/runs", lambda rows: {"now", "later"} <= done(rows))
        assert [task for task, _, _ in rows].count("later") == 1
        os.killpg(server.process.pid, signal.SIGINT)
        server.wait()
        assert "StoreBusyError" not in server.log
