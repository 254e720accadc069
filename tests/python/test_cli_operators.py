"""uvsched history, pause, resume, delete and run-now, and what status says of schedulers and of the file: on a file
that an application has open, and on one that nobody has."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from uvsched import SQLiteStore
from uvsched.cli.destination import Operator, opened
from uvsched.cli.lock_file import nodes_that_live
from uvsched.schedulers import BackgroundScheduler

from . import command
from .command import COMMAND, ENVIRONMENT, in_folder
from .conftest import until_sync

APP = """
from datetime import datetime, timedelta, timezone

from uvsched import AsyncIOScheduler, SQLiteStore
from uvsched.triggers import BaseTrigger

print("imported", flush=True)
scheduler = AsyncIOScheduler(stores={"default": SQLiteStore("tasks.db")}, timezone="UTC", identity="worker")

@scheduler.add_task(trigger="interval", seconds=0.05, id="tick")
async def tick():
    pass

@scheduler.add_task(trigger="interval", seconds=0.05, id="beat")
async def beat():
    pass

@scheduler.add_task(trigger="date", run_at="2099-01-01", id="later")
async def later():
    print("later", flush=True)

@scheduler.add_task(trigger="date", run_at="2099-01-01", id="broken")
def broken():
    raise ValueError("no such customer")

class Weekly(BaseTrigger):
    def get_next_trigger_time(self, zone, previous, now=None):
        return (previous or datetime(2099, 1, 1, tzinfo=timezone.utc)) + timedelta(days=7)

@scheduler.add_task(trigger=Weekly(), id="weekly")
def weekly():
    print("weekly", flush=True)
"""
ENDED = """
INSERT INTO history (task_id, uid, gen, kind, slot, first_at, last_at, folded, exact, state, reason, attempt, crashes,
                     label, token, started_at, finished_at, error)
VALUES (:task, 1, 1, :kind, 1, :due, :due, :folded, :exact, :state, :reason, 1, 0, :label, 1, :started, :finished,
        :error)
"""


def work() -> None:
    pass


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of an application, "cli_app", whose store is tasks.db in it."""
    (tmp_path / "cli_app.py").write_text(APP)
    return tmp_path


@pytest.fixture
def path(folder: Path) -> Path:
    return folder / "tasks.db"


class Application:
    """The application, running in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "run", "cli_app:scheduler", "--log-level", "error"],
            cwd=folder,
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.line() == "imported"

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip()

    def end(self, number: int = signal.SIGTERM) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.communicate(timeout=60)


@pytest.fixture
def app(folder: Path, path: Path) -> Iterator[Application]:
    """The running application, once it has run its tasks."""
    application = Application(folder)
    try:
        until_sync(lambda: path.exists() and "wal" in journal(path) and number_of(path, "beat") > 1, "its first runs")
        yield application
    finally:
        application.end(signal.SIGKILL)


@pytest.fixture
def stopped(path: Path) -> Path:
    """The path of a file with tasks that nobody has open."""
    with BackgroundScheduler(stores={"default": SQLiteStore(path)}, timezone="UTC") as scheduler:
        for task_id in ("report-a", "report-b"):
            scheduler.add_task(work, "interval", hours=1, start_at="2099-01-01T09:00:00", id=task_id)
    return path


def journal(path: Path) -> str:
    return " ".join(entry.name for entry in path.parent.glob("tasks.db*"))


def rows(path: Path, query: str, *values: Any) -> list[Any]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as connection:
        return connection.execute(query, values).fetchall()


def number_of(path: Path, task_id: str) -> int:
    """How often a task has ended."""
    try:
        return int(rows(path, "SELECT count(*) FROM history WHERE task_id = ?", task_id)[0][0])
    except sqlite3.OperationalError:  # the tables are not there yet
        return 0


def change(path: Path, query: str, *values: Any) -> None:
    """Changes a file that nobody has open, as somebody with a shell would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(query, *values)


def end(path: Path, task_id: str, state: str, finished: datetime, **values: Any) -> None:
    """Writes a row of history."""
    micros = round(finished.timestamp() * 1_000_000)
    row = {
        "task": task_id,
        "kind": "scheduled",
        "due": micros - 2_000_000,
        "folded": 1,
        "exact": 1,
        "state": state,
        "reason": None,
        "label": "worker",
        "started": micros - 1_500_000,
        "finished": micros,
        "error": None,
    }
    change(path, ENDED, {**row, **values})


def printed(*arguments: str) -> tuple[int, Any]:
    """The exit status, and the JSON that a command prints."""
    status, out, errors = command.run(*arguments, "--json")
    assert errors == "", errors
    return status, json.loads(out)


def state_of(path: Path, task_id: str) -> str | None:
    _, document = printed("status", str(path))
    return next((task["state"] for task in document["stores"][0]["tasks"] if task["id"] == task_id), None)


# while the application runs


def test_a_running_application_finds_a_pause_and_a_resumption(app: Application, path: Path) -> None:
    assert command.run("pause", str(path), "tick") == (0, "paused tick\n", "")
    paused_at = datetime.now(timezone.utc).timestamp() * 1_000_000
    beats = number_of(path, "beat")
    until_sync(lambda: number_of(path, "beat") > beats + 5, "runs of another task meanwhile")
    late = rows(path, "SELECT * FROM history WHERE task_id = 'tick' AND last_at > ?", paused_at)
    assert (late, state_of(path, "tick")) == ([], "paused")

    ticks = number_of(path, "tick")
    status, out, errors = command.run("resume", str(path), "tick")
    assert (status, errors) == (0, "")
    assert re.fullmatch(r"resumed tick, next \w{3} [-\d]{10} [:\d]{8} \+00:00\n", out)
    until_sync(lambda: number_of(path, "tick") > ticks, "a run after the resumption")


def test_a_running_application_finds_that_a_task_is_deleted(app: Application, path: Path) -> None:
    assert command.run("delete", str(path), "tick") == (
        0,
        "deleted tick; a start of the application declared it, and the next one adds it again if it still does\n",
        "",
    )
    ticks, beats = number_of(path, "tick"), number_of(path, "beat")
    until_sync(lambda: number_of(path, "beat") > beats + 5, "runs of another task meanwhile")
    assert (number_of(path, "tick"), state_of(path, "tick")) == (ticks, None)


def test_a_running_application_makes_the_run_that_is_asked_for(app: Application, path: Path) -> None:
    status, out, errors = command.run("run-now", str(path), "later")
    assert (status, errors) == (0, "")
    assert out in ("asked for a run of later: worker runs it\n", "asked for a run of later: worker ran it\n")
    assert app.line() == "later"
    assert Path(f"{path}-wal").stat().st_size > 0

    until_sync(lambda: number_of(path, "later"), "its row")
    (run,) = printed("history", str(path), "--task", "later")[1]["runs"]
    assert (run["kind"], run["state"], run["scheduler"]) == ("manual", "done", "worker")
    assert state_of(path, "later") == "active"


def test_a_run_of_a_paused_task_and_one_that_fails(app: Application, path: Path) -> None:
    assert command.run("pause", str(path), "later", "broken")[0] == 0
    assert command.run("run-now", str(path), "later")[0] == 0
    assert app.line() == "later"
    assert state_of(path, "later") == "paused"
    until_sync(lambda: number_of(path, "later"), "its row")
    status, document = printed("run-now", str(path), "broken")
    assert (status, document["id"], document["store"], document["open_by"]) == (0, "broken", "default", 1)
    assert document["scheduler"] == "worker"
    until_sync(lambda: number_of(path, "broken"), "its row")
    line = command.run("history", str(path), "--state", "failed")[1].splitlines()[1]
    assert re.search(r"broken  failed  by hand  1 .* worker     ValueError: no such customer$", line), line


def test_a_task_whose_trigger_only_the_application_has(app: Application, path: Path) -> None:
    def due() -> Any:
        return rows(path, "SELECT next_due FROM sched JOIN def USING (n) WHERE id = 'weekly'")[0][0]

    first = until_sync(due, "the trigger's first time")
    assert command.run("pause", str(path), "weekly")[0] == 0
    assert due() is None
    assert command.run("resume", str(path), "weekly")[0] == 0
    assert until_sync(due, "the trigger's first time again") == first
    assert command.run("run-now", str(path), "weekly")[0] == 0
    assert app.line() == "weekly"


def test_a_run_that_no_scheduler_can_make(app: Application, path: Path) -> None:
    given = ["cli_app:later", "--id", "gpu", "--executor", "gpu", "--at", "2099-01-01"]
    assert in_folder(path.parent, "add", "tasks.db", *given)[0] == 0
    assert command.run("run-now", str(path), "gpu") == (
        0,
        "asked for a run of gpu: no scheduler has taken it so far; it waits in the store for one with executor 'gpu' "
        "and function 'cli_app:later', and room for it\n",
        "",
    )
    assert "ready since " in command.run("status", str(path))[1]
    assert command.run("delete", str(path), "gpu") == (0, "deleted gpu\n", "")
    (row,) = printed("history", str(path), "--task", "gpu")[1]["runs"]
    assert (row["state"], row["reason"], row["kind"]) == ("skipped", "deleted", "manual")


def test_a_run_under_way_goes_on(folder: Path, path: Path) -> None:
    (folder / "cli_app.py").write_text(
        APP + "\nimport asyncio\n\n@scheduler.add_task(trigger='date', run_at='2099-01-01', id='slow')\n"
        "async def slow():\n    print('begun', flush=True)\n    await asyncio.Event().wait()\n"
    )
    application = Application(folder)
    try:
        until_sync(lambda: number_of(path, "beat"), "its first runs")
        assert command.run("run-now", str(path), "slow")[0] == 0
        assert application.line() == "begun"
        until_sync(lambda: rows(path, "SELECT * FROM open WHERE state = 'running' AND kind = 'manual'"), "its start")
        assert command.run("pause", str(path), "slow") == (0, "paused slow; a run under way goes on\n", "")
        assert rows(path, "SELECT state FROM open WHERE kind = 'manual'") == [("running",)]
    finally:
        application.end(signal.SIGKILL)


# while nobody has the file open


def test_a_run_waits_for_the_application(folder: Path, path: Path) -> None:
    application = Application(folder)
    until_sync(lambda: number_of(path, "beat"), "its first runs")
    application.end()
    assert command.run("run-now", str(path), "later") == (
        0,
        "asked for a run of later: no scheduler has the file open; it waits in the store for one with executor "
        "'default' and function 'cli_app:later'\n",
        "",
    )
    application = Application(folder)
    try:
        assert application.line() == "later"
    finally:
        application.end(signal.SIGKILL)


def test_changes_while_nobody_has_the_file_open(stopped: Path) -> None:
    assert command.run("pause", str(stopped), "report-a", "report-b")[1] == "paused report-a\npaused report-b\n"
    assert (state_of(stopped, "report-a"), state_of(stopped, "report-b")) == ("paused", "paused")
    assert command.run("resume", str(stopped), "report-a", "--tz", "Europe/Madrid") == (
        0,
        "resumed report-a, next Thu 2099-01-01 10:00:00 +01:00\n",
        "",
    )
    assert command.run("delete", str(stopped), "report-b", "report-a")[1] == "deleted report-b\ndeleted report-a\n"
    assert printed("status", str(stopped))[1]["stores"][0]["tasks"] == []


def test_the_changes_as_json(stopped: Path) -> None:
    assert printed("pause", str(stopped), "report-a", "report-c") == (
        1,
        {
            "tasks": [
                {"id": "report-a", "store": "default", "outcome": "paused", "note": None},
                {
                    "id": "report-c",
                    "store": None,
                    "outcome": "failed",
                    "note": "there is no task 'report-c' in tasks.db (did you mean 'report-b' or 'report-a'?)",
                },
            ]
        },
    )
    assert printed("resume", str(stopped), "report-a")[1]["tasks"][0]["next_run"] == "2099-01-01T09:00:00Z"


def test_a_task_that_is_not_due_again(stopped: Path) -> None:
    with BackgroundScheduler(stores={"default": SQLiteStore(stopped)}, timezone="UTC") as scheduler:
        scheduler.add_task(work, id="once")
        until_sync(lambda: scheduler.history("once"), "the run")
    assert command.run("resume", str(stopped), "once") == (0, "resumed once, it is not due again\n", "")


@pytest.mark.parametrize("name", ["pause", "resume", "delete", "run-now"])
def test_an_unknown_id(stopped: Path, name: str) -> None:
    status, out, errors = command.run(name, str(stopped), "reporta")
    assert (status, out) == (1, "")
    assert (
        errors == f"uvsched {name}: there is no task 'reporta' in tasks.db (did you mean 'report-a' or 'report-b'?)\n"
    )
    assert command.run(name, str(stopped), "\x1b[2J")[2] == f"uvsched {name}: there is no task '\\x1b[2J' in tasks.db\n"


def test_the_tasks_that_exist_are_changed_all_the_same(stopped: Path) -> None:
    status, out, errors = command.run("pause", str(stopped), "nosuch", "report-a", "report-a", "other")
    assert (status, out) == (1, "paused report-a\n")
    assert errors == (
        "uvsched pause: there is no task 'nosuch' in tasks.db\nuvsched pause: there is no task 'other' in tasks.db\n"
    )


def test_a_row_that_cannot_be_read(stopped: Path) -> None:
    change(stopped, "UPDATE def SET def = 'not JSON' WHERE id = 'report-a'")
    with BackgroundScheduler(stores={"default": SQLiteStore(stopped)}, timezone="UTC"):
        pass  # it puts the row away
    status, out, errors = command.run("pause", str(stopped), "report-a", "report-b")
    assert (status, out) == (1, "paused report-b\n")
    assert "definition cannot be read: not JSON at byte 2" in errors
    status, _, errors = command.run("run-now", str(stopped), "report-a")
    assert (status, "definition cannot be read: not JSON at byte 2" in errors) == (1, True)
    assert command.run("delete", str(stopped), "report-a") == (0, "deleted report-a\n", "")


@pytest.mark.parametrize("name", ["history", "pause", "resume", "delete", "run-now"])
def test_what_is_no_store(tmp_path: Path, name: str) -> None:
    ids = [] if name == "history" else ["a"]
    absent, text = tmp_path / "absent.db", tmp_path / "text"
    text.write_text("not a database, but long enough to be looked at" * 20)
    how = "name a store's file, a server's URL, or a scheduler as MODULE:NAME"
    message = f"uvsched {name}: there is no file {absent}; {how}\n"
    assert command.run(name, str(absent), *ids) == (2, "", message)
    message = f"uvsched {name}: {text} cannot be read as a store of uvsched: file is not a database\n"
    assert command.run(name, str(text), *ids) == (2, "", message)
    assert not absent.exists()


def test_a_file_of_an_earlier_version(stopped: Path) -> None:
    change(stopped, "UPDATE meta SET schema = 2")
    for name, ids in (("history", []), ("pause", ["report-a"])):
        assert command.run(name, str(stopped), *ids) == (
            2,
            "",
            f"uvsched {name}: {stopped}: an earlier version of uvsched wrote the file; the next start of a scheduler "
            "brings it up to date\n",
        )
    status, out, errors = command.run("status", str(stopped))
    assert (status, errors) == (0, "")
    assert "no scheduler" not in out


# nothing runs, and nothing is imported


def test_a_command_imports_no_function(stopped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (stopped.parent / "cli_job.py").write_text("def work():\n    print('run')\n")
    change(stopped, "UPDATE lane SET fn = 'cli_job:work'")
    change(stopped, "UPDATE def SET def = json_set(def, '$.function', 'cli_job:work')")
    change(stopped, "UPDATE sched SET next_slot = 0, next_due = 0")
    monkeypatch.syspath_prepend(stopped.parent)
    scheduler = Operator({"default": SQLiteStore(stopped)})
    with opened(scheduler):
        assert {record.function for record in scheduler.records("default")} == {"cli_job:work"}
        scheduler.pause_task("report-a", "default")
    assert "cli_job" not in sys.modules
    assert rows(stopped, "SELECT * FROM open") == rows(stopped, "SELECT * FROM history") == []


def test_changes_through_a_scheduler_declare_nothing(folder: Path, path: Path) -> None:
    with BackgroundScheduler(stores={"default": SQLiteStore(path)}, timezone="UTC") as scheduler:
        scheduler.add_task(work, "interval", hours=1, id="report")
    assert in_folder(folder, "pause", "cli_app:scheduler", "report") == (0, "imported\npaused report\n", "")
    assert rows(path, "SELECT id FROM def") == [("report",)]


def test_stores_of_an_application(folder: Path) -> None:
    (folder / "two.py").write_text(
        "from uvsched import AsyncIOScheduler, SQLiteStore\n"
        "stores = {name: SQLiteStore(f'{name}.db') for name in ('one', 'two')}\n"
        "scheduler = AsyncIOScheduler(stores={**stores, 'default': 'memory'}, timezone='UTC')\n"
    )
    for day, name in enumerate(("one", "two"), 1):
        stores = {"default": SQLiteStore(folder / f"{name}.db")}
        with BackgroundScheduler(stores=stores, timezone="UTC") as scheduler:
            scheduler.add_task(work, "interval", hours=1, id="both")
            scheduler.add_task(work, "interval", hours=1, id=f"in-{name}")
        end(folder / f"{name}.db", f"in-{name}", "done", datetime(2026, 1, day, tzinfo=timezone.utc))
    two = "two:scheduler"
    assert in_folder(folder, "pause", two, "in-one", "in-two")[:2] == (0, "paused in-one\npaused in-two\n")
    message = "uvsched pause: the stores 'one' and 'two' each have a task 'both'; --store says which one is meant\n"
    assert in_folder(folder, "pause", two, "both") == (2, "", message)
    assert in_folder(folder, "pause", two, "both", "--store", "two")[:2] == (0, "paused both\n")
    assert (state_of(folder / "one.db", "both"), state_of(folder / "two.db", "both")) == ("active", "paused")
    assert in_folder(folder, "pause", two, "both", "--store", "default")[2] == (
        "uvsched pause: --store: 'default' is not one of the stores that outlive a process: 'one', 'two'\n"
    )
    runs = json.loads(in_folder(folder, "history", two, "--json")[1])["runs"]
    assert [(run["store"], run["task"]) for run in runs] == [("two", "in-two"), ("one", "in-one")]


# history


NOW = datetime.now(timezone.utc)


@pytest.fixture
def ended(stopped: Path) -> Path:
    """A file with three rows of history, a day apart."""
    missed = {"reason": "misfire", "started": None, "folded": 3, "exact": 0, "label": None}
    end(stopped, "report-a", "missed", NOW - timedelta(days=2), **missed)
    end(stopped, "gone", "done", NOW - timedelta(days=1), kind="manual")
    end(stopped, "report-a", "failed", NOW, error="ValueError: no such\tcustomer\x1b[2J\n\nTraceback …")
    return stopped


def test_a_history_for_people(ended: Path) -> None:
    status, out, errors = command.run("history", str(ended))
    assert (status, errors) == (0, "")
    dues = [(NOW - timedelta(days=days, seconds=2)).strftime("%a %Y-%m-%d %H:%M:%S +00:00") for days in range(3)]
    head, *lines = out.splitlines()
    assert head.split() == ["due", "task", "state", "reason", "attempt", "late", "took", "scheduler", "error"]
    assert [line[: len(dues[0])] for line in lines] == dues
    assert [re.split(r"  +", line)[1:] for line in lines] == [
        ["report-a", "failed", "1", "500 ms", "1.5 s", "worker", "ValueError: no such\tcustomer␛[2J"],
        ["gone", "done", "by hand", "1", "500 ms", "1.5 s", "worker"],
        ["report-a", "missed", "misfire, at least 3 times"],
    ]


def test_a_history_as_json(ended: Path) -> None:
    status, document = printed("history", str(ended), "--task", "report-a")
    failed, missed = document["runs"]
    assert status == 0
    assert (failed["error"], failed["late_seconds"], failed["took_seconds"]) == (
        "ValueError: no such\tcustomer\x1b[2J\n\nTraceback …",
        0.5,
        1.5,
    )
    assert datetime.fromisoformat(failed["finished"].replace("Z", "+00:00")) == NOW
    assert missed == {
        "store": "default",
        "number": 1,
        "task": "report-a",
        "kind": "scheduled",
        "state": "missed",
        "reason": "misfire",
        "due": (NOW - timedelta(days=2, seconds=2)).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z",
        "times": 3,
        "times_exact": False,
        "attempt": 1,
        "crashes": 0,
        "scheduler": None,
        "started": None,
        "finished": (NOW - timedelta(days=2)).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z",
        "late_seconds": None,
        "took_seconds": None,
        "error": None,
        "result": None,
        "late_result": None,
    }


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ([], [3, 2, 1]),
        (["--limit", "2"], [3, 2]),
        (["--task", "report-a"], [3, 1]),
        (["--task", "gone"], [2]),
        (["--state", "missed"], [1]),
        (["--since", "36h"], [3, 2]),
        (["--since", (NOW - timedelta(hours=1)).isoformat()], [3]),
        (["--since", "2d", "--task", "report-a", "--state", "failed"], [3]),
        (["--since", (NOW + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"), "--tz", "+02:00"], [3]),
    ],
)
def test_which_rows_are_shown(ended: Path, options: list[str], numbers: list[int]) -> None:
    status, document = printed("history", str(ended), *options)
    assert (status, [run["number"] for run in document["runs"]]) == (0, numbers)


def test_a_history_without_rows(stopped: Path, ended: Path) -> None:
    for options, why in (
        (["--task", "report-b"], "there is no row like that"),
        (["--task", "report-c"], "there is neither a task 'report-c' nor a row of one (did you mean 'report-b' or "),
        (["--state", "lost"], "there is no row like that"),
    ):
        status, out, errors = command.run("history", str(ended), *options)
        assert (status, out) == (1, "")
        assert errors.startswith(f"uvsched history: {why}")
    change(ended, "DELETE FROM history")
    assert command.run("history", str(ended)) == (1, "", "uvsched history: nothing has ended yet\n")
    assert json.loads(command.run("history", str(ended), "--json")[1]) == {"runs": []}


@pytest.mark.parametrize("text", ["yesterday", "5y", "9" * 30 + "w"])
def test_what_is_no_time(stopped: Path, text: str) -> None:
    status, _, errors = command.run("history", str(stopped), "--since", text)
    assert (status, "--since" in errors) == (2, True)


def test_looking_leaves_nothing_behind(ended: Path) -> None:
    before = sorted(ended.parent.iterdir()), ended.read_bytes()
    assert command.run("history", str(ended))[0] == 0
    assert command.run("status", str(ended), "--check")[0] == 0
    assert (sorted(ended.parent.iterdir()), ended.read_bytes()) == before


# status: schedulers, and the file


def test_the_schedulers_that_have_a_file_open(app: Application, path: Path) -> None:
    process = app.process.pid
    assert command.run("status", str(path))[1].splitlines()[-1] == f"open by worker (process {process})"
    (node,) = printed("status", str(path))[1]["stores"][0]["schedulers"]
    assert (node["label"], node["process"], node["open"]) == ("worker", process, True)
    app.end(signal.SIGKILL)
    lines = command.run("status", str(path))[1].splitlines()
    assert lines[-2:] == [
        "no scheduler has the file open",
        f"left by worker (process {process}), which died; another scheduler takes over its runs",
    ]


def test_a_lock_file_that_tells_nothing(app: Application, path: Path) -> None:
    assert len(nodes_that_live(str(path)) or ()) == 1
    app.end(signal.SIGKILL)
    assert nodes_that_live(str(path)) == set()
    lock = Path(f"{path}-lock")
    lock.write_text("1234\n")  # as earlier versions write it
    assert nodes_that_live(str(path)) is None
    assert command.run("status", str(path))[1].splitlines()[-1].endswith("; whether it lives cannot be told here")
    lock.unlink()
    assert nodes_that_live(str(path)) == set()


def test_a_check_of_a_file(app: Application, path: Path) -> None:
    for check in (["status", str(path), "--check"], ["store", "check", str(path)]):
        status, out, errors = command.run(*check)
        assert (status, errors) == (0, "")
        for line in (
            r"SQLite [\d.]+, schema 3, lease \d+ s",
            r"here: uvsched \S+ \((bundled: )?libuv \S+, SQLite \S+\)",
            r"tasks: 5 active",
            r"fires that have not ended: .*",
            r"rows of history: [1-9]\d*",
            rf"worker \(process {app.process.pid}, uvsched \S+\) has the store open, and has lanes \d.*",
            r"bytes file: [\d.]+ [KM]iB",
            r"bytes log: [\d.]+ [KM]iB",
        ):
            assert re.search(f"^{line}$", out, re.MULTILINE), (line, out)
        assert "no scheduler has it" not in out
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT label FROM node").fetchall() == [("worker",)]


def test_a_check_of_a_damaged_file(ended: Path) -> None:
    index = "type = 'index' AND name = 'history_task'"
    with closing(sqlite3.connect(ended, isolation_level=None)) as connection:
        (row,) = connection.execute(f"SELECT * FROM sqlite_schema WHERE {index}").fetchall()
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(f"DELETE FROM sqlite_schema WHERE {index}")
    end(ended, "report-a", "done", NOW)  # a row that the index does not have
    with closing(sqlite3.connect(ended, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)", row)
    assert command.run("status", str(ended))[0] == 0
    status, out, _ = command.run("status", str(ended), "--check")
    assert status == 1
    assert "wrong: damaged: row 4 missing from index history_task\n" in out
