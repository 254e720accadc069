"""PostgreSQLStore: a scheduler on a real server."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from servers.postgresql import running
from uvsched import AsyncIOScheduler, PostgreSQLStore
from uvsched.events.constants import TASK_EXECUTED
from uvsched.triggers import BaseTrigger

from .conftest import Recorder, until


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a server, to which options may be added."""
    with running() as url:
        yield url


@pytest.fixture
def url(server: str) -> str:
    """A store of its own."""
    return f"{server}&schema=test_{uuid.uuid4().hex}&lease=2"


def beep(text: str) -> str:
    return text.upper()


def bark() -> None:
    pass


@pytest.mark.asyncio
async def test_a_task_runs_and_is_there_after_a_restart(url: str) -> None:
    async with AsyncIOScheduler(stores={"default": url}, trusted_modules=[__name__]) as scheduler:
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
        AsyncIOScheduler(stores={"default": url}, trusted_modules=[__name__]) as first,
        AsyncIOScheduler(stores={"default": url}, trusted_modules=[__name__]) as second,
    ):
        recorders = [Recorder(first, TASK_EXECUTED), Recorder(second, TASK_EXECUTED)]
        for number in range(20):
            first.add_task(beep, "date", args=[str(number)], id=f"task-{number}")
        await until(lambda: sum(len(each.events) for each in recorders) >= 20, "all of them ended")
        ended = [event.task_id for each in recorders for event in each.events]
        assert sorted(ended) == sorted(f"task-{number}" for number in range(20))


class Odd(BaseTrigger):
    """Never."""

    def get_next_trigger_time(self, timezone: Any, previous_time: Any = None, now: Any = None) -> None:
        return None


@pytest.mark.asyncio
async def test_a_task_that_no_restart_would_run_is_refused_when_it_is_added(url: str) -> None:
    scheduler = AsyncIOScheduler(stores={"default": url})
    scheduler.add_task(beep, "interval", hours=1, args=["declared"], id="declared")  # each start knows it
    async with scheduler:
        line = f"Give the scheduler trusted_modules=['{__name__}']"
        with pytest.raises(ValueError, match="^fn: after a restart no process would run this task: store 'default' is"):
            scheduler.add_task(bark, "interval", hours=1, id="later")
        with pytest.raises(ValueError, match=re.escape(line)):
            await scheduler.add_task_async(bark, "interval", hours=1, id="later")
        with pytest.raises(
            ValueError, match=re.escape(f"or use the function '{__name__}:bark' in a task that is added")
        ):
            scheduler.update_task("declared", fn=bark, args=[])
        with pytest.raises(ValueError, match="^trigger: after a restart"):
            scheduler.update_task("declared", trigger=Odd())
        with pytest.raises(ValueError, match="^trigger: after a restart"):
            scheduler.add_task(beep, Odd(), args=["x"], id="later")
        scheduler.add_task(beep, "interval", hours=1, args=["more"], id="more")
        scheduler.update_task("declared", args=["other"])
        assert [task.id for task in scheduler.get_tasks()] == ["declared", "more"]
    async with AsyncIOScheduler(stores={"default": url}, trusted_modules=["jobs", __name__]) as scheduler:
        scheduler.add_task(bark, "interval", hours=1, id="later")


def test_the_store_is_described_without_secrets() -> None:
    store = PostgreSQLStore("postgresql://me:s3cret@host:1/jobs?password=s3cret", schema="a", lease=3, user="me")
    assert repr(store) == "PostgreSQLStore('postgresql://host:1/jobs', schema='a')"
    assert repr(PostgreSQLStore(host="host", database="jobs", password="s3cret")) == (
        "PostgreSQLStore('postgresql://host/jobs', schema='uvsched')"
    )
    assert (store.place, store.settings()["lease"]) == ("postgresql://host:1/jobs?schema=a", 3)
    for url in (
        "postgresql://me@host/jobs?password=s3@cret",
        "postgresql://me:s3@cret@host/jobs?sslmode=require",
        "postgresql://me:s3?cret@host/jobs",
        "postgresql://host/jobs?password=s3@cret",
    ):
        for part in ("s3", "cret"):
            assert part not in PostgreSQLStore(url).place
    given = PostgreSQLStore(host="host", port=1, database="jobs", password="s3cret", schema="A b")
    assert given.place == "postgresql://host:1/jobs?schema=A%20b"


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
