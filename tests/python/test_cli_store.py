"""uvsched status, preview and add, on real files."""

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
from uvsched.cli.status import problem_of
from uvsched.cli.store_file import StoredTask
from uvsched.schedulers import BackgroundScheduler
from uvsched.triggers import BaseTrigger, CronTrigger

from . import command
from .command import COMMAND, ENVIRONMENT
from .command import in_folder as in_app
from .conftest import NOON, until_sync

APP = """
from uvsched import AsyncIOScheduler, SQLiteStore, provided

scheduler = AsyncIOScheduler(stores={"default": SQLiteStore("tasks.db"), "memory": "memory"}, timezone="UTC")
scheduler.provide("db", "a database")

@scheduler.add_task(trigger="interval", hours=1, id="tick", store="memory")
async def tick():
    print("tick", flush=True)

def remind(text):
    print(text, flush=True)

def collect(db=provided("db")):
    print(db, flush=True)
"""


def work() -> None:
    pass


def fail() -> None:
    raise ValueError("no such customer")


class Weekly(BaseTrigger):
    """A custom trigger."""

    def get_next_trigger_time(
        self, timezone: Any, previous_time: datetime | None, now: datetime | None = None
    ) -> datetime | None:
        return (previous_time or NOON) + timedelta(days=7)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tasks.db"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Path]:
    """A folder with the application `cli_app`."""
    (tmp_path / "cli_app.py").write_text(APP)
    before = list(sys.path)
    yield tmp_path
    sys.path[:] = before
    sys.modules.pop("cli_app", None)


def started(path: Path, **options: Any) -> BackgroundScheduler:
    return BackgroundScheduler(stores={"default": SQLiteStore(path)}, timezone="UTC", **options)


def printed(*arguments: str) -> Any:
    """The JSON that a command prints."""
    status, out, errors = command.run(*arguments, "--json")
    assert errors == "", errors
    return status, json.loads(out)


# the file


@pytest.mark.parametrize("url", ["sqlite:{}", "sqlite:///{}", "sqlite:{}?synchronous=normal&retention_per_task=5"])
def test_a_url_is_read_as_a_scheduler_reads_it(path: Path, url: str) -> None:
    with started(path) as scheduler:
        scheduler.add_task(work, "date", run_at="2099-01-01T09:00:00", id="later")
    _, document = printed("status", url.format(path))
    assert [(store["file"], len(store["tasks"])) for store in document["stores"]] == [(str(path), 1)]


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("sqlite:tasks.db?speed=high", "speed"),
        ("sqlite:tasks.db?synchronous=half", "synchronous"),
        ("sqlite://host/tasks.db", "a SQLite file has no host"),
        ("sqlite:", "the path is missing"),
        ("nosuch://host/tasks", "nosuch"),
    ],
)
def test_a_url_that_is_wrong(url: str, why: str) -> None:
    status, out, errors = command.run("status", url)
    assert (status, out) == (2, "")
    assert why in errors


# status


def test_the_status_of_a_file(path: Path) -> None:
    with started(path) as scheduler:
        scheduler.add_task(fail, id="broken")
        scheduler.add_task(work, "date", run_at="2099-01-01T09:00:00", id="later")
        scheduler.add_task(work, "date", run_at="2099-01-02T09:00:00", id="paused").pause()
        until_sync(lambda: scheduler.history("broken"), "the run")
    status, out, errors = command.run("status", str(path))
    assert (status, errors) == (0, "")
    lines = out.splitlines()
    assert lines[0] == f"{path}: 3 tasks, none under way"
    assert lines[1].split() == ["task", "state", "next", "runs", "last", "function"]
    assert lines[2].split()[:7] == ["later", "active", "Thu", "2099-01-01", "09:00:00", "+00:00", "0"]
    assert {line.split()[0]: line.split()[1] for line in lines[3:5]} == {"broken": "finished", "paused": "paused"}
    assert lines[5:] == ["broken failed: ValueError: no such customer", "no scheduler has the file open"]


def test_the_status_as_json(path: Path) -> None:
    with started(path) as scheduler:
        scheduler.add_task(fail, id="broken")
        scheduler.add_task(work, "interval", hours=1, start_at="2099-01-01T09:00:00", id="later")
        until_sync(lambda: scheduler.history("broken"), "the run")
    status, document = printed("status", str(path))
    (store,) = document["stores"]
    assert status == 0
    assert (store["store"], store["file"], store["under_way"]) == ("default", str(path), [])
    assert (store["schedulers"], store["check"]) == ([], None)
    later, broken = store["tasks"]
    assert later == {
        "id": "later",
        "state": "active",
        "function": f"{__name__}:work",
        "executor": "default",
        "trigger": {"type": "interval", "seconds": 3600, "start_at": "2099-01-01T09:00:00Z"},
        "next_run": "2099-01-01T09:00:00Z",
        "runs": 0,
        "last": None,
        "problem": None,
    }
    assert (broken["state"], broken["next_run"], broken["runs"]) == ("finished", None, 1)
    assert (broken["last"]["state"], broken["last"]["error"]) == ("failed", "ValueError: no such customer")


def test_a_late_task_and_one_that_cannot_be_read(path: Path) -> None:
    with started(path) as scheduler:
        scheduler.pause()
        for task_id in ("late", "unreadable"):
            scheduler.add_task(work, "interval", hours=1, id=task_id)
    hour = 3_600_000_000
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f"UPDATE sched SET next_slot = next_slot - 2 * {hour}, next_due = next_due - 2 * {hour}")
        connection.execute("UPDATE def SET quarantine = 'somebody edited it' WHERE id = 'unreadable'")
    status, out, _ = command.run("status", str(path))
    assert status == 1
    assert "late is late by 1:00:00: no scheduler has the file open\n" in out
    assert "unreadable cannot be read: somebody edited it\n" in out


@pytest.mark.parametrize(
    ("late", "state", "open_fires", "open_by", "problem"),
    [
        (timedelta(seconds=59), "active", 0, 0, None),
        (timedelta(hours=1, milliseconds=5), "active", 0, 0, "is late by 1:00:00: no scheduler has the file open"),
        (timedelta(hours=1), "active", 0, 2, "is late by 1:00:00: no scheduler that has the file open takes it"),
        (timedelta(hours=1), "active", 0, None, "is late by 1:00:00: no scheduler that has the file open takes it"),
        (timedelta(hours=1), "active", 1, 1, None),
        (timedelta(hours=1), "paused", 0, 1, None),
    ],
)
def test_what_counts_as_late(
    late: timedelta, state: str, open_fires: int, open_by: int | None, problem: str | None
) -> None:
    due = NOON - late
    found = problem_of(StoredTask("a", state, "app:f", "default", 0, open_fires, None, "{}", due, due), NOON, open_by)
    assert found == problem if problem is None else found is not None and found.startswith(problem)


def test_the_status_of_a_running_application(app: Path) -> None:
    (app / "slow.py").write_text(
        APP + "\nimport asyncio\n\n@scheduler.add_task(id='slow')\nasync def slow():\n"
        "    print('begun', flush=True)\n    await asyncio.sleep(600)\n"
    )
    process = subprocess.Popen(
        [*COMMAND, "run", "slow:scheduler"], cwd=app, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"

        def under_way() -> Any:
            ended = in_app(app, "status", "tasks.db", "--json")
            assert ended[0] == 0, ended
            fires = json.loads(ended[1])["stores"][0]["under_way"]
            return [(fire["task_id"], fire["state"]) for fire in fires if fire["state"] == "running"]

        assert until_sync(under_way, "the run's row") == [("slow", "running")]
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()


def test_the_status_of_an_application(app: Path) -> None:
    assert in_app(app, "add", "tasks.db", "cli_app:remind", "--args", '["x"]', "--id", "r", "--create")[0] == 0
    status, out, errors = in_app(app, "status", "cli_app:scheduler")
    assert (status, errors) == (0, "")
    assert out.startswith("tasks.db: 1 task, none under way\n")
    assert out.endswith("\n\nstore 'memory' is in memory: only the process that runs it knows its tasks\n")


@pytest.mark.parametrize("name", ["status", "preview"])
def test_what_is_no_store(tmp_path: Path, name: str) -> None:
    absent, text = tmp_path / "absent.db", tmp_path / "text"
    text.write_text("not a database, but long enough to be looked at" * 20)
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE a (b)")
    status, _, errors = command.run(name, str(absent))
    assert (status, errors) == (
        2,
        f"uvsched {name}: there is no file {absent}; name a store's file, a server's URL, or a scheduler as "
        "MODULE:NAME\n",
    )
    for path, why in ((text, "file is not a database"), (other, "no such table: meta")):
        status, _, errors = command.run(name, str(path))
        assert (status, errors) == (2, f"uvsched {name}: {path} cannot be read as a store of uvsched: {why}\n")


def test_looking_leaves_nothing_behind(path: Path) -> None:
    with started(path) as scheduler:
        scheduler.add_task(work, "interval", hours=1, id="a")
    before = sorted(path.parent.iterdir()), path.read_bytes()
    for name in ("status", "preview"):
        assert command.run(name, str(path))[0] == 0
    assert (sorted(path.parent.iterdir()), path.read_bytes()) == before


def test_the_doctor_looks_at_stored_tasks(app: Path) -> None:
    (app / "jobs.py").write_text("def stay():\n    pass\n\ndef go():\n    pass\n")
    for task_id, name in (("good", "stay"), ("moved", "go"), ("unreadable", "stay")):
        assert in_app(app, "add", "tasks.db", f"jobs:{name}", "--id", task_id, "--create", "--at", "2099-01-01")[0] == 0
    (app / "jobs.py").write_text("def stay():\n    pass\n")
    with closing(sqlite3.connect(app / "tasks.db", isolation_level=None)) as connection:
        connection.execute("UPDATE def SET quarantine = 'somebody edited it' WHERE id = 'unreadable'")
    status, out, _ = in_app(app, "doctor", "cli_app:scheduler", "--json")
    errors = [finding["what"] for finding in json.loads(out) if finding["level"] == "error"]
    assert status == 1
    assert errors == [
        "task 'moved' does not find its function: 'jobs:go' cannot be resolved: 'jobs' has no 'go'",
        "task 'unreadable' cannot be read: somebody edited it",
    ]


# preview


def test_the_preview_is_the_schedulers(path: Path) -> None:
    triggers: dict[str, Any] = {
        "interval": {"trigger": "interval", "minutes": 7},
        "jitter": {"trigger": "interval", "minutes": 7, "jitter": 5},
        "cron": {"trigger": CronTrigger.from_crontab("0 9 * * MON-FRI", timezone="Europe/Madrid")},
        "date": {"trigger": "date", "run_at": "2099-01-01T09:00:00"},
        "ends": {"trigger": "interval", "hours": 1, "start_at": "2099-01-01", "end_at": "2099-01-01T01:00:00"},
    }
    expected = {}
    with started(path) as scheduler:
        scheduler.pause()
        for task_id, options in triggers.items():
            scheduler.add_task(work, id=task_id, **options)
            preview = scheduler.preview_task_runs(task_id, count=3)
            assert preview is not None
            expected[task_id] = [time.astimezone(timezone.utc).isoformat()[:19] + "Z" for time in preview.run_times]
    status, document = printed("preview", str(path), "-n", "3")
    assert status == 0
    assert {task["id"]: [time["utc"] for time in task["times"]] for task in document["tasks"]} == expected
    assert (len(expected["ends"]), len(expected["date"]), len(expected["cron"])) == (2, 1, 3)


def test_a_preview_for_people(path: Path) -> None:
    with started(path) as scheduler:
        scheduler.add_task(work, "interval", hours=12, start_at="2099-01-01", id="a")
        scheduler.add_task(work, "date", run_at="2099-01-01", id="b").pause()
    assert command.run("preview", str(path), "-n", "2", "--tz", "Asia/Tokyo") == (
        0,
        "task  due                      offset  UTC\n"
        "a     Thu 2099-01-01 09:00:00  +09:00  2099-01-01T00:00:00Z\n"
        "a     Thu 2099-01-01 21:00:00  +09:00  2099-01-01T12:00:00Z\n"
        "b: paused\n",
        "",
    )
    assert command.run("preview", str(path), "b")[0] == 1
    assert command.run("preview", str(path), "c", "b", "d") == (2, "", "uvsched preview: there is no task 'c', 'd'\n")


def test_what_only_the_application_can_say(app: Path) -> None:
    (app / "custom.py").write_text(
        APP
        + "\nfrom datetime import datetime, timedelta, timezone\nfrom uvsched.triggers import BaseTrigger\n\n"
        + "class Weekly(BaseTrigger):\n    def get_next_trigger_time(self, zone, previous, now=None):\n"
        + "        return (previous or datetime(2099, 1, 1, tzinfo=timezone.utc)) + timedelta(days=7)\n\n"
        + "@scheduler.add_task(trigger=Weekly(), id='weekly')\ndef weekly():\n    print('weekly', flush=True)\n\n"
        + "@scheduler.add_task(id='now')\ndef now():\n    print('now', flush=True)\n"
    )
    process = subprocess.Popen(
        [*COMMAND, "run", "custom:scheduler"], cwd=app, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "now\n"

    def asked() -> Any:
        ended = in_app(app, "preview", "tasks.db", "weekly", "--json")
        return json.loads(ended[1])["tasks"][0]["times"]

    until_sync(asked, "the trigger's first time")
    process.terminate()
    process.communicate(timeout=60)
    status, out, _ = in_app(app, "preview", "tasks.db", "weekly")
    assert status == 0
    assert out.splitlines()[1:] == [
        "weekly  Thu 2099-01-08 00:00:00  +00:00  2099-01-08T00:00:00Z",
        "weekly: only the application can say more: its trigger is custom:Weekly",
    ]
    status, out, _ = in_app(app, "preview", "custom:scheduler", "weekly", "-n", "2")
    assert [line.split()[2] for line in out.splitlines()[1:]] == ["2099-01-08", "2099-01-15"]


def test_the_preview_of_an_application_in_memory(app: Path) -> None:
    (app / "memory.py").write_text(APP.replace('SQLiteStore("tasks.db")', '"memory"'))
    status, out, errors = in_app(app, "preview", "memory:scheduler", "-n", "2")
    assert (status, errors) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == ["task", "tick", "tick"]


# add


def tasks_of(path: Path) -> dict[str, Any]:
    _, document = printed("status", str(path))
    return {task["id"]: task for task in document["stores"][0]["tasks"]}


def test_a_task_is_added_and_runs_later(app: Path) -> None:
    status, out, errors = in_app(
        app, "add", "tasks.db", "cli_app:remind", "--args", '["hello"]', "--create", "--id", "hello"
    )
    assert (status, errors) == (0, "")
    assert re.fullmatch(r"added hello: date\[now\], next \w{3} [-\d]{10} [:\d]{8} \+00:00\n", out)
    process = subprocess.Popen(
        [*COMMAND, "run", "cli_app:scheduler"],
        cwd=app,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "hello\n"
    process.terminate()
    process.communicate(timeout=60)
    assert tasks_of(app / "tasks.db")["hello"]["last"]["state"] == "done"


@pytest.mark.parametrize(
    ("options", "trigger"),
    [
        (["--at", "2099-06-01T09:00", "--tz", "Europe/Madrid"], {"type": "date", "run_at": "2099-06-01T07:00:00Z"}),
        (["--every", "5m"], {"type": "interval", "seconds": 300}),
        (["--every", "1.5"], {"type": "interval", "seconds": 1.5}),
        (["--cron", "0 9 * * *", "--tz", "Europe/Madrid"], {"type": "cron", "timezone": "Europe/Madrid"}),
    ],
)
def test_when_it_is_due(app: Path, options: list[str], trigger: dict[str, Any]) -> None:
    target = str(app / "tasks.db")
    status, document = printed(
        "add",
        target,
        "cli_app:remind",
        "--kwargs",
        '{"text": "x"}',
        "--id",
        "a",
        "--create",
        "--app-dir",
        str(app),
        *options,
    )
    assert status == 0
    assert (document["id"], document["store"], document["function"]) == ("a", "default", "cli_app:remind")
    found = tasks_of(app / "tasks.db")["a"]
    assert document["next_run"] == found["next_run"]
    assert {name: found["trigger"][name] for name in trigger} == trigger


def test_a_url_with_options(app: Path) -> None:
    given = ["cli_app:remind", "--args", '["x"]', "--id", "a", "--create", "--app-dir", str(app), "--every", "1h"]
    assert command.run("add", f"sqlite:{app / 'tasks.db'}?synchronous=normal", *given)[0] == 0
    assert set(tasks_of(app / "tasks.db")) == {"a"}
    assert sorted(entry.name for entry in app.iterdir() if entry.suffix == ".db") == ["tasks.db"]


def test_an_id_that_is_taken(app: Path) -> None:
    target = str(app / "tasks.db")
    base = ["add", target, "cli_app:remind", "--id", "a", "--create", "--app-dir", str(app), "--at", "2099-01-01"]
    assert command.run(*base, "--args", '["one"]')[0] == 0
    assert command.run(*base, "--args", '["one"]')[0] == 0  # the same task
    assert command.run(*base, "--args", '["two"]') == (
        1,
        "",
        "uvsched add: task 'a' is there already, with another definition; --replace replaces it\n",
    )
    assert command.run(*base, "--args", '["two"]', "--replace")[0] == 0


def test_a_task_that_needs_the_application(app: Path) -> None:
    status, _, errors = in_app(app, "add", "tasks.db", "cli_app:collect", "--id", "c", "--create")
    assert status == 2
    assert errors == (
        "uvsched add: cli_app:collect wants the resource 'db', which only the application provides: name its "
        "scheduler, as MODULE:NAME, instead of the store\n"
    )
    status, out, errors = in_app(app, "add", "cli_app:scheduler", "cli_app:collect", "--id", "c", "--at", "2099-01-01")
    assert (status, errors) == (0, "")
    assert out.startswith("added c: date[2099-01-01 00:00:00+00:00], next Thu 2099-01-01")
    assert tasks_of(app / "tasks.db").keys() == {"c"}


@pytest.mark.parametrize("kind", ["NativeAsyncIOScheduler", "BlockingScheduler", "BackgroundScheduler"])
def test_every_kind_of_scheduler(app: Path, kind: str) -> None:
    (app / "kinds.py").write_text(
        f"from uvsched import SQLiteStore\nfrom uvsched.schedulers import {kind}\n"
        f"scheduler = {kind}(stores={{'default': SQLiteStore('tasks.db')}}, timezone='UTC')\n"
    )
    status, _, errors = in_app(app, "add", "kinds:scheduler", "cli_app:remind", "--args", '["x"]', "--id", "x")
    assert (status, errors) == (0, "")
    assert tasks_of(app / "tasks.db").keys() == {"x"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["cli_app:absent"], "'cli_app:absent' cannot be resolved: 'cli_app' has no 'absent'"),
        (["absent:f"], "'absent:f' cannot be resolved: No module named 'absent'"),
        (["cli_app:remind"], "missing a required argument: 'text'"),
        (["cli_app:remind", "--args", "{}"], "--args: '{}' is not a JSON array"),
        (["cli_app:remind", "--kwargs", "["], "--kwargs: '[' is not JSON: "),
        (["cli_app:remind", "--args", '["x"]', "--cron", "61 * * * *"], 'minute: "61" is not in 0-59 (column 1)'),
        (["cli_app:remind", "--args", '["x"]', "--store", "other"], "--store: one store is named"),
    ],
)
def test_what_cannot_be_added(app: Path, arguments: list[str], message: str) -> None:
    status, out, errors = command.run(
        "add", str(app / "tasks.db"), *arguments, "--create", "--app-dir", str(app), "--id", "a"
    )
    assert (status, out) == (2, "")
    assert errors.startswith("uvsched add: ")
    assert message in errors
    if (app / "tasks.db").exists():
        assert tasks_of(app / "tasks.db") == {}


@pytest.mark.parametrize("text", ["5 m", "m", "-5", "5y", "nan", "1e400", "9" * 400 + "w"])
def test_what_is_no_span(app: Path, text: str) -> None:
    status, _, errors = command.run("add", str(app / "tasks.db"), "cli_app:remind", f"--every={text}")
    assert status == 2
    assert "--every" in errors


def test_where_it_cannot_be_added(app: Path) -> None:
    status, _, errors = command.run("add", str(app / "absent.db"), "cli_app:remind")
    assert (status, errors) == (2, f"uvsched add: there is no file {app / 'absent.db'}; --create makes it\n")
    status, _, errors = in_app(app, "add", "cli_app:scheduler", "cli_app:remind", "--store", "memory")
    assert status == 2
    assert errors == ("uvsched add: store 'memory' is in memory: what is added here would end with this command\n")


def test_other_tasks_do_not_run_meanwhile(app: Path) -> None:
    add = ["add", "tasks.db", "cli_app:remind", "--create"]
    assert in_app(app, *add, "--args", '["one"]', "--id", "one")[:1] == (0,)
    status, out, errors = in_app(app, *add, "--args", '["two"]', "--id", "two")
    assert (status, errors) == (0, "")
    assert out.startswith("added two")
    assert {task["runs"] for task in tasks_of(app / "tasks.db").values()} == {0}


def test_the_schedulers_of_applications_are_not_blamed(app: Path) -> None:
    for name in ("status", "preview", "doctor"):
        if name == "status":
            assert in_app(app, "add", "cli_app:scheduler", "cli_app:remind", "--args", '["x"]')[0] == 0
        assert in_app(app, name, "cli_app:scheduler")[2] == ""
