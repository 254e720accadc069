"""The commands for operators on a MongoDB server: what they show of a store whose tables know no SQL, and what they do
there. tests/python/test_cli_server.py has what all servers have in common."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import pytest
from servers.mongodb_server import running
from uvsched.schedulers import BackgroundScheduler

from . import command


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a server, to which a database and options may be added."""
    with running() as url:
        yield url


def work() -> str:
    return "worked"


@pytest.fixture
def url(server: str) -> str:
    """A store with tasks that nobody has open."""
    url = f"{server}/uvsched_tests?collection=test_{uuid.uuid4().hex}&lease=2"
    with BackgroundScheduler(stores={"default": url}, trusted_modules=[__name__], timezone="UTC") as scheduler:
        scheduler.pause()
        for task_id in ("report-a", "report-b"):
            scheduler.add_task(work, "interval", hours=1, start_at="2099-01-01T09:00:00", id=task_id)
    return url


def test_what_there_is(url: str) -> None:
    status, out, errors = command.run("status", url)
    assert (status, errors) == (0, "")
    assert "report-a" in out
    assert "only the server itself tells what is under way, who has the store open and which tasks are finished" in out
    assert "SELECT" not in out
    for check in (["status", url, "--check"], ["store", "check", url]):
        status, out, errors = command.run(*check)
        assert (status, errors) == (0, "")
        assert "\ntasks: 2 active\nfires that have not ended: none\nrows of history: 0\n" in out
        assert f"function '{__name__}:work': 2 tasks, and no scheduler has it\n" in out


def test_a_store_that_is_not_there(server: str) -> None:
    url = f"{server}/uvsched_tests?collection=test_{uuid.uuid4().hex}"
    assert "there is no store in the collection" in command.run("status", url)[2]
    assert command.run("store", "migrate", url, "--sql")[1].endswith(
        ": would be made, schema 1; the store knows no SQL\n"
    )
    assert command.run("store", "migrate", url)[1].endswith(": made, schema 1\n")
    assert command.run("store", "migrate", url)[1].endswith(": nothing to do, schema 1\n")
    assert command.run("store", "check", url)[0] == 0


def test_a_task_is_paused_resumed_and_deleted(url: str) -> None:
    assert command.run("pause", url, "report-a") == (0, "paused report-a\n", "")
    states = {
        task["id"]: task["state"] for task in json.loads(command.run("status", url, "--json")[1])["stores"][0]["tasks"]
    }
    assert states == {"report-a": "paused", "report-b": "active"}
    assert command.run("resume", url, "report-a")[0] == 0
    assert command.run("delete", url, "report-b")[0] == 0
    assert "report-b" not in command.run("status", url)[1]
    rows = json.loads(command.run("history", url, "--json")[1])["runs"]
    assert rows == []


def test_a_run_that_is_asked_for_is_made_and_is_in_the_history(url: str) -> None:
    status, document, errors = command.run("add", url, f"{__name__}:work", "--id", "once", "--at", "2099-01-01")
    assert (status, errors) == (0, ""), document
    with BackgroundScheduler(stores={"default": url}, trusted_modules=[__name__], timezone="UTC", identity="worker"):
        status, out, errors = command.run("run-now", url, "once")
    assert (status, out, errors) == (0, "asked for a run of once: worker ran it\n", "")
    (row,) = json.loads(command.run("history", url, "--task", "once", "--json")[1])["runs"]
    assert (row["kind"], row["state"], row["scheduler"]) == ("manual", "done", "worker")


def test_a_server_that_does_not_answer_is_one_line_without_the_password() -> None:
    status, out, errors = command.run("status", "mongodb://me:s3cret@127.0.0.1:1/jobs")
    assert (status, out) == (2, "")
    assert errors.startswith("uvsched status: the store cannot be opened: mongodb://127.0.0.1:1/jobs: ")
    assert errors.count("\n") == 1
    assert "s3cret" not in errors
