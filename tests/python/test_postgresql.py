"""PostgreSQLStore: a scheduler on a real server. UVSCHED_TEST_POSTGRESQL_URL names one; else one is started here."""

from __future__ import annotations

import os
import pwd
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from uvsched import AsyncIOScheduler, PostgreSQLStore
from uvsched.events.constants import TASK_EXECUTED

from .conftest import PATIENCE, Recorder, until


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def _as_other_user() -> dict[str, Any]:
    """The server refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server, to which options may be added."""
    given = os.environ.get("UVSCHED_TEST_POSTGRESQL_URL")
    if given is not None:
        yield given + ("" if "?" in given else "?")
        return
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed, and UVSCHED_TEST_POSTGRESQL_URL names none")
    folder = Path("/tmp") / f"uvsched-{uuid.uuid4().hex[:12]}"  # short, because a socket's name is
    folder.mkdir()
    other = _as_other_user()
    if other:
        os.chown(folder, other["user"], other["group"])
    data = folder / "data"
    silent: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **other}
    subprocess.run(
        [programs / "initdb", "-D", data, "-N", "-E", "UTF8", "--locale=C", "-A", "trust", "-U", "tester"],
        check=True,
        **silent,
    )
    running = subprocess.Popen(
        [programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"], **silent
    )
    try:
        subprocess.run(
            ["/bin/sh", "-c", f"until {programs}/pg_isready -q -h {folder}; do sleep 0.05; done"],
            check=True,
            timeout=PATIENCE,
            **silent,
        )
        yield f"postgresql://tester@/postgres?host={quote(str(folder), safe='')}"
    finally:
        running.terminate()
        running.send_signal(3)
        running.wait()
        subprocess.run(["rm", "-rf", folder], check=True)


@pytest.fixture
def url(server: str) -> str:
    """A store of its own."""
    return f"{server}&schema=test_{uuid.uuid4().hex}&lease=2"


def beep(text: str) -> str:
    return text.upper()


@pytest.mark.asyncio
async def test_a_task_runs_and_is_there_after_a_restart(url: str) -> None:
    async with AsyncIOScheduler(stores={"default": url}) as scheduler:
        heard = Recorder(scheduler)
        scheduler.add_task(beep, "date", args=["once"], id="once")
        scheduler.add_task(beep, "interval", hours=1, args=["often"], id="often")
        event = await heard.first(TASK_EXECUTED)
        assert (event.task_id, event.return_value) == ("once", "ONCE")
    async with AsyncIOScheduler(stores={"default": url}) as scheduler:
        task = scheduler.get_task("often")
        assert task is not None
        assert task.args == ("often",)


@pytest.mark.asyncio
async def test_two_schedulers_share_what_is_due(url: str) -> None:
    async with (
        AsyncIOScheduler(stores={"default": url}) as first,
        AsyncIOScheduler(stores={"default": url}) as second,
    ):
        recorders = [Recorder(first, TASK_EXECUTED), Recorder(second, TASK_EXECUTED)]
        for number in range(20):
            first.add_task(beep, "date", args=[str(number)], id=f"task-{number}")
        second.add_task(beep, "interval", hours=1, args=["x"], id="known")  # so that it has the function
        await until(lambda: sum(len(each.events) for each in recorders) >= 20, "all of them ended")
        ended = [event.task_id for each in recorders for event in each.events]
        assert sorted(ended) == sorted(f"task-{number}" for number in range(20))


def test_the_store_is_described_without_secrets() -> None:
    store = PostgreSQLStore("postgresql://me:s3cret@host:1/jobs?password=s3cret", schema="a", lease=3, user="me")
    assert repr(store) == "PostgreSQLStore('postgresql://host:1/jobs', schema='a')"
    assert repr(PostgreSQLStore(host="host", database="jobs", password="s3cret")) == (
        "PostgreSQLStore('postgresql://host/jobs', schema='uvsched')"
    )
    assert store.settings()["lease"] == 3


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"url": "mysql://me:s3cret@host/x"}, ValueError, "url: not a URL of this store"),
        ({"url": 5}, TypeError, "url: expected a string, not int"),
        ({"lease": 0.5}, ValueError, "lease: 0.5 is not between 1 and 600 seconds"),
        ({"on_store_lost": "cry"}, ValueError, "on_store_lost: 'cry' is neither 'stop' nor 'reopen'"),
        ({"sslmode": None}, TypeError, "sslmode: expected a string, not NoneType"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        PostgreSQLStore(**arguments)
    assert "s3cret" not in str(caught.value)


@pytest.mark.asyncio
async def test_an_unknown_parameter_is_named_with_the_one_that_was_meant(server: str) -> None:
    with pytest.raises(ValueError, match="sslmod: unknown option; did you mean sslmode"):
        async with AsyncIOScheduler(stores={"default": PostgreSQLStore(server, sslmod="require")}):
            pass
