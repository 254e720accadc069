"""MongoDBStore: a scheduler on a server of MongoDB's protocol."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from servers.mongodb_server import running
from uvsched import AsyncIOScheduler, MongoDBStore
from uvsched.events.constants import TASK_EXECUTED
from uvsched.stores.factory import create_store

from .conftest import Recorder, until


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a server, to which a database and options may be added."""
    with running() as url:
        yield url


@pytest.fixture
def url(server: str) -> str:
    """A store of its own."""
    return f"{server}/uvsched_tests?collection=test_{uuid.uuid4().hex}&lease=2"


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
async def test_the_address_of_a_client_is_used(server: str) -> None:
    pymongo = pytest.importorskip("pymongo")
    for client in (pymongo.MongoClient(server, connect=False), pymongo.AsyncMongoClient(server, connect=False)):
        store = MongoDBStore(collection=f"test_{uuid.uuid4().hex}", client=client)
        async with AsyncIOScheduler(stores={"default": store}, trusted_modules=[__name__]) as scheduler:
            scheduler.add_task(beep, "interval", hours=1, args=["x"], id="often")
            assert scheduler.get_task("often") is not None


def test_what_a_client_says_of_itself_is_taken_over_or_asked_for() -> None:
    pymongo = pytest.importorskip("pymongo")

    def settings(url: str, **how: Any) -> dict[str, Any]:
        return MongoDBStore("jobs", client=pymongo.MongoClient(url, connect=False, **how)).settings()

    found = settings("mongodb://me:s3c%40@b:2,a:1,[::1]:3/x?replicaSet=rs0&authSource=admin&tls=true")
    assert found["url"] == "mongodb://[::1]:3,a:1,b:2"
    assert (found["username"], found["password"], found["authSource"]) == ("me", "s3c@", "admin")
    assert (found["replicaSet"], found["tls"], found["database"]) == ("rs0", True, "jobs")
    plain = settings("mongodb://h")
    assert plain["url"] == "mongodb://h:27017"
    assert not {"username", "password", "tls", "replicaSet"} & set(plain)
    with pytest.raises(ValueError, match="TLS with files or rules of its own; give url="):
        settings("mongodb://h/?tls=true&tlsAllowInvalidHostnames=true")
    with pytest.raises(ValueError, match="logs in by GSSAPI; give url="):
        settings("mongodb://me@h/?authMechanism=GSSAPI")
    with pytest.raises(TypeError, match=r"client: expected a pymongo\.MongoClient, not SimpleNamespace; give url="):
        MongoDBStore(client=SimpleNamespace())
    with pytest.raises(ValueError, match="client: given together with url or host"):
        MongoDBStore(host="h", client=pymongo.MongoClient("mongodb://h", connect=False))


def test_a_url_of_a_configuration_says_how_to_connect() -> None:
    store = create_store("mongodb://me:s3c%40@b:2,a:1/jobs?replicaSet=rs0&authSource=admin&collection=c", {}, "default")
    assert isinstance(store, MongoDBStore)
    found = store.settings()
    assert found["url"] == "mongodb://b:2,a:1?authSource=admin&replicaSet=rs0"
    assert (found["username"], found["password"], found["database"]) == ("me", "s3c@", "jobs")
    assert found["collection"] == "c"


def test_the_store_is_described_without_secrets() -> None:
    store = MongoDBStore(url="mongodb://me:s3cret@host:1/jobs?authSource=s3cret", lease=3)
    assert repr(store) == "MongoDBStore(url='mongodb://host:1/jobs', collection='tasks')"
    assert "database" not in store.settings()
    assert store.settings()["lease"] == 3
    assert MongoDBStore(url="mongodb://host").settings()["database"] == "asyncz"
    assert repr(MongoDBStore(host="h", username="me", password="s3cret")) == (
        "MongoDBStore(host='h', database='asyncz', collection='tasks')"
    )


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"url": "mysql://me:s3cret@host/x"}, ValueError, "url: not a URL of this store"),
        ({"url": "mongodb+srv://me:s3cret@host"}, ValueError, r"write the hosts, not mongodb\+srv"),
        ({"url": 5}, TypeError, "url: expected a string, not int"),
        ({"port": "27017"}, TypeError, "port: expected a whole number, not str"),
        ({"database": 5}, TypeError, "database: expected a string, not int"),
        ({"lease": 0.5}, ValueError, "lease: 0.5 is not between 1 and 600 seconds"),
        ({"on_store_lost": "cry"}, ValueError, "on_store_lost: 'cry' is neither 'stop' nor 'reopen'"),
        ({"hots": "h"}, TypeError, "'hots' .did you mean 'host'"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        MongoDBStore(**arguments)
    assert "s3cret" not in str(caught.value)


@pytest.mark.asyncio
async def test_a_server_that_cannot_be_logged_in_to_is_named_without_the_password(server: str) -> None:
    store = MongoDBStore(url=server.replace("mongodb://", "mongodb://me:s3cret@"))
    with pytest.raises(Exception, match=r"mongodb://127\.0\.0\.1") as caught:
        async with AsyncIOScheduler(stores={"default": store}):
            pass
    assert "s3cret" not in str(caught.value)
