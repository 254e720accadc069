"""RedisStore: a scheduler on a real server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from servers.redis import running
from uvsched import AsyncIOScheduler, RedisStore
from uvsched.events.constants import STORE_ERROR, TASK_EXECUTED

from .conftest import Recorder, until


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a server, to which options may be added."""
    with running() as url:
        yield url


@pytest.fixture
def url(server: str) -> str:
    """A store of its own."""
    return f"{server}?prefix=test_{uuid.uuid4().hex}&lease=2"


def beep(text: str) -> str:
    return text.upper()


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


@pytest.mark.asyncio
async def test_a_store_whose_keys_are_flushed_stops_the_scheduler_or_begins_anew(url: str) -> None:
    redis = pytest.importorskip("redis")
    address = url.split("?")[0]
    client = redis.Redis.from_url(address)
    for choice in ("stop", "reopen"):
        store = RedisStore(url=address, prefix=f"test_{uuid.uuid4().hex}", lease=2, on_store_lost=choice)
        scheduler = AsyncIOScheduler(stores={"default": store}, trusted_modules=[__name__])
        scheduler.add_task(beep, "interval", seconds=0.1, args=["x"], id="often")
        await scheduler.start_async()
        heard = Recorder(scheduler)
        await heard.first(TASK_EXECUTED)
        client.flushall()
        event = await heard.first(STORE_ERROR)
        assert "the keys of the store were removed" in str(event)
        if choice == "reopen":
            before = len(heard.events)
            await until(lambda: len(heard.events) > before + 3, "it goes on")  # noqa: B023
            await scheduler.shutdown_async()
        else:
            await until(lambda: not scheduler.running, "it stops")  # noqa: B023


@pytest.mark.asyncio
async def test_the_address_of_a_client_is_used(server: str) -> None:
    redis = pytest.importorskip("redis")
    for client in (redis.Redis.from_url(server), redis.asyncio.Redis.from_url(server)):
        store = RedisStore(client, tasks_key=f"test_{uuid.uuid4().hex}")
        async with AsyncIOScheduler(stores={"default": store}, trusted_modules=[__name__]) as scheduler:
            scheduler.add_task(beep, "interval", hours=1, args=["x"], id="often")
            assert scheduler.get_task("often") is not None


def _client(kind: str, **how: Any) -> Any:
    pool = SimpleNamespace(connection_class=type(kind, (), {}), connection_kwargs=how)
    return SimpleNamespace(connection_pool=pool)


def test_what_a_client_says_of_itself_is_taken_over_or_asked_for() -> None:
    client = _client("Connection", host="h", port=6380, db=3, username=None, password="s3cret")
    settings = RedisStore(client).settings()
    assert (settings["host"], settings["port"], settings["database"], settings["password"]) == ("h", 6380, 3, "s3cret")
    assert "username" not in settings
    assert RedisStore(_client("UnixDomainSocketConnection", path="/run/r.sock")).settings()["socket"] == "/run/r.sock"
    with pytest.raises(ValueError, match="TLS, which is not supported"):
        RedisStore(_client("SSLConnection", host="h"))
    with pytest.raises(ValueError, match="give url=, or host="):
        RedisStore(_client("SentinelManagedConnection", host="h"))
    with pytest.raises(ValueError, match="give url=, or host="):
        RedisStore(_client("Connection", host="h", credential_provider=object()))
    with pytest.raises(TypeError, match=r"database: expected a number or a redis\.Redis, not object; give url="):
        RedisStore(object())


def test_the_store_is_described_without_secrets() -> None:
    with pytest.warns(UserWarning, match="pickle_protocol: it has no effect here"):
        RedisStore(0, "jobs", "times", 4)
    store = RedisStore(url="redis://me:s3cret@host:1/2?password=s3cret", lease=3)
    assert repr(store) == "RedisStore(url='redis://host:1/2')"
    assert repr(RedisStore(3, host="host", password="s3cret")) == "RedisStore(host='host', database=3)"
    assert repr(RedisStore()) == "RedisStore()"
    assert store.settings()["lease"] == 3
    assert RedisStore(tasks_key="jobs").settings()["tasks_key"] == "jobs"
    assert "tasks_key" not in RedisStore().settings()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"url": "mysql://me:s3cret@host/x"}, ValueError, "url: not a URL of this store"),
        ({"url": "rediss://:s3cret@host"}, ValueError, "TLS is not supported"),
        ({"url": 5}, TypeError, "url: expected a string, not int"),
        ({"port": "6379"}, TypeError, "port: expected a whole number, not str"),
        ({"database": "x"}, TypeError, "database: expected a whole number, not str"),
        ({"lease": 0.5}, ValueError, "lease: 0.5 is not between 1 and 600 seconds"),
        ({"on_store_lost": "cry"}, ValueError, "on_store_lost: 'cry' is neither 'stop' nor 'reopen'"),
        ({"hots": "h"}, TypeError, "'hots' .did you mean 'host'"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        RedisStore(**arguments)
    assert "s3cret" not in str(caught.value)


@pytest.mark.asyncio
async def test_a_password_that_is_wrong_is_not_shown(server: str) -> None:
    store = RedisStore(url=server.replace("redis://", "redis://me:s3cret@"))
    with pytest.raises(Exception, match="WRONGPASS") as caught:
        async with AsyncIOScheduler(stores={"default": store}):
            pass
    assert "s3cret" not in str(caught.value)
