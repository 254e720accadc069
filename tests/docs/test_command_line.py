"""What docs/command-line.md shows of commands whose output depends on what has happened before: runs, another asyncz,
schedulers that are open. The blocks `console` of the page are run by test_examples."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

from uvsched import SQLiteStore
from uvsched.cli.nodes import Node
from uvsched.schedulers import AsyncIOScheduler

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "command-line.md").read_text()
ENVIRONMENT = {**os.environ, "TZ": "UTC", "LC_ALL": "C.UTF-8"}

ROW = """
INSERT INTO history (task_id, uid, gen, kind, slot, first_at, last_at, folded, exact, state, reason, attempt, crashes,
                     label, token, started_at, finished_at, error)
VALUES (?, 1, 1, ?, ?, ?, ?, ?, 1, ?, ?, 1, 0, ?, 1, ?, ?, ?)
"""
ERROR = "ValueError: no such customer\n\nTraceback"
OLD = """
import asyncz.stores.file
from asyncz.schedulers import AsyncIOScheduler

from myapp import remind

stores = {"default": asyncz.stores.file.FileStore("files"), "cache": {"type": "memory"}}
scheduler = AsyncIOScheduler(stores=stores, timezone="UTC")
scheduler.add_task(remind, "interval", minutes=1, args=["tick"], id="tick")
"""
FILL = """
import asyncio

import myapp
from myapp.tasks import scheduler


async def main():
    scheduler.start()
    scheduler.add_task(myapp.remind, "date", run_at="2099-01-01 09:00:00", args=["later"], id="later")
    scheduler.add_task(myapp.remind, "interval", hours=5, args=[myapp.Order()], id="order")
    scheduler.shutdown()


asyncio.run(main())
"""


def shown(command: str) -> tuple[list[str], str]:
    """The whole command that begins so, in a block of the page, and what stands below it."""
    found = re.search(rf"^```\n\$ uvsched ({re.escape(command)}.*)\n([^$]*?)^```$", PAGE, re.MULTILINE)
    assert found is not None, command
    return found[1].split(), found[2]


def printed(folder: Path, *command: str) -> str:
    """What a command of Python prints, errors too."""
    ended = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return ended.stdout


def test_run(tmp_path: Path) -> None:
    program = re.search(r"^```python\n(# (myapp\.py)\n.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert program is not None
    (tmp_path / program[2]).write_text(program[1])
    assert "`uvsched run myapp:scheduler`" in PAGE
    process = subprocess.Popen(
        [sys.executable, "-m", "uvsched", "run", "myapp:scheduler"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    lines = []
    while not lines or not lines[-1].endswith("uvsched: scheduler started\n"):
        lines.append(process.stderr.readline())
        assert lines[-1], lines
    process.send_signal(signal.SIGTERM)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 0, rest
    assert rest.endswith("uvsched: scheduler stopped\n")
    assert "tick" in printed(tmp_path, "-m", "uvsched", "status", "tasks.db")


def test_history(tmp_path: Path) -> None:
    def at(hour: int, minute: int, second: int, **later: float) -> int:
        moment = datetime(2026, 6, 1, hour, minute, second, tzinfo=timezone.utc) + timedelta(**later)
        return round(moment.timestamp() * 1_000_000)

    path = tmp_path / "tasks.db"
    with AsyncIOScheduler(stores={"default": SQLiteStore(path)}):
        pass
    late, by_hand, due = at(8, 50, 0), at(9, 1, 12), at(9, 5, 0)
    first = (at(9, 1, 12, milliseconds=12), at(9, 1, 12, milliseconds=92))
    second = (at(9, 5, 0, milliseconds=3), at(9, 5, 1, milliseconds=203))
    rows: list[tuple[object, ...]] = [
        ("digest", "scheduled", late, late, late, 3, "missed", "misfire", None, None, late, None),
        ("invoices", "manual", by_hand, by_hand, by_hand, 1, "failed", None, "web1-4712-1", *first, ERROR),
        ("digest", "scheduled", due, due, due, 1, "done", None, "web1-4711-1", *second, None),
    ]
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executemany(ROW, rows)
    command, output = shown("history tasks.db")
    assert printed(tmp_path, "-m", "uvsched", *command) == output


def test_import_asyncz(tmp_path: Path) -> None:
    (tmp_path / "myapp").mkdir()
    (tmp_path / "myapp" / "__init__.py").write_text("def remind(text):\n    print(text)\n\n\nclass Order:\n    pass\n")
    (tmp_path / "myapp" / "tasks.py").write_text(OLD)
    (tmp_path / "fill.py").write_text(FILL)
    assert "Traceback" not in printed(tmp_path, "fill.py")
    command, output = shown("import-asyncz myapp.tasks:scheduler")
    lines = printed(tmp_path, "-m", "uvsched", *command).splitlines()
    for line, expected in zip(lines, output.splitlines(), strict=True):
        beginning, ends, _ = expected.partition("…")  # what is left out there
        assert line.startswith(beginning) if ends else line == expected, lines
    assert not (tmp_path / "tasks.db").exists()


def test_lines_of_schedulers() -> None:
    nodes = [
        Node("AsyncIOScheduler-web1-4711-1", 4711, "", True),
        Node("AsyncIOScheduler-web1-4712-1", 4712, "", False),
    ]
    lines = "\n".join(node.line() for node in nodes)
    assert f"```\n{lines}\n```" in PAGE
