"""SQLAlchemyStore: the stores that are here, by SQLAlchemy's URLs."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from servers.postgresql import running
from uvsched.events.constants import TASK_EXECUTED
from uvsched.schedulers import AsyncIOScheduler
from uvsched.stores import BaseStore, MemoryStore, PostgreSQLStore, SQLAlchemyStore, SQLiteStore

from .conftest import Recorder


def beep(text: str) -> str:
    return text.upper()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a server, to which options may be added."""
    with running() as url:
        yield url


async def check_that_tasks_survive_a_restart(make: Any) -> None:
    """Runs a task in a store that `make` makes, and finds another one there after a restart."""
    async with AsyncIOScheduler(stores={"default": make()}, trusted_modules=[__name__]) as scheduler:
        heard = Recorder(scheduler)
        scheduler.add_task(beep, "date", args=["once"], id="once")
        scheduler.add_task(beep, "interval", hours=1, args=["often"], id="often")
        assert (await heard.first(TASK_EXECUTED)).return_value == "ONCE"
    async with AsyncIOScheduler(stores={"default": make()}, trusted_modules=[__name__]) as scheduler:
        task = scheduler.get_task("often")
        assert task is not None
        assert task.args == ("often",)


@pytest.mark.asyncio
async def test_tasks_are_beside_a_sqlite_file_and_stay_there(tmp_path: Path) -> None:
    path = tmp_path / "app.db"
    with contextlib.closing(sqlite3.connect(path)) as theirs:  # as the application's own tables, or asyncz's
        theirs.execute("CREATE TABLE asyncz_store (id TEXT)")
    before = path.read_bytes()
    await check_that_tasks_survive_a_restart(lambda: SQLAlchemyStore(f"sqlite+aiosqlite:///{path}"))
    assert path.read_bytes() == before
    assert (tmp_path / "app.db.uvsched").exists()
    async with AsyncIOScheduler(stores={"default": SQLAlchemyStore(f"sqlite:///{path}", "other")}) as scheduler:
        assert scheduler.get_tasks() == []
    assert (tmp_path / "app.db.other").exists()


@pytest.mark.asyncio
@pytest.mark.parametrize("driver", ["", "+psycopg", "+asyncpg"])
async def test_tasks_on_a_postgresql_server_stay_there(server: str, driver: str) -> None:
    url = server.replace("postgresql:", f"postgresql{driver}:")
    name = f"test_{uuid.uuid4().hex}"
    await check_that_tasks_survive_a_restart(lambda: SQLAlchemyStore(url, name, lease=2))
    async with AsyncIOScheduler(stores={"default": PostgreSQLStore(server, schema=name)}) as scheduler:
        assert [task.id for task in scheduler.get_tasks()] == ["often"]


@pytest.mark.asyncio
async def test_an_engine_of_sqlalchemy_is_asked_for_its_url(server: str, tmp_path: Path) -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    path = f"sqlite:///{tmp_path}/app.db"
    engine = sqlalchemy.create_engine(path)
    await check_that_tasks_survive_a_restart(lambda: SQLAlchemyStore(engine))
    assert (tmp_path / "app.db.uvsched").exists()
    with pytest.raises(ValueError, match=r"connects by a function of its own \(creator=\); give a URL"):
        SQLAlchemyStore(sqlalchemy.create_engine(path, creator=lambda: None))
    name = f"test_{uuid.uuid4().hex}"
    url = sqlalchemy.engine.make_url(server.replace("postgresql:", "postgresql+psycopg:"))
    await check_that_tasks_survive_a_restart(lambda: SQLAlchemyStore(url, tablename=name))


def test_an_engine_gives_its_password_and_the_store_shows_none() -> None:
    sqlalchemy = pytest.importorskip("sqlalchemy")
    url = sqlalchemy.engine.URL.create("postgresql+asyncpg", "me", "s3@cret", "host", 5, "jobs", {"sslmode": "require"})
    for engine in (SimpleNamespace(url=url), SimpleNamespace(sync_engine=SimpleNamespace(url=url))):
        store = SQLAlchemyStore(engine, "other")
        assert isinstance(store, PostgreSQLStore)
        assert store.settings()["url"] == "postgresql://me:s3%40cret@host:5/jobs?sslmode=require"
        assert repr(store) == "SQLAlchemyStore(PostgreSQLStore('postgresql://host:5/jobs', schema='other'))"


@pytest.mark.parametrize(
    ("url", "kind", "settings"),
    [
        ("sqlite://", MemoryStore, {"type": "memory"}),
        ("sqlite:///:memory:?check_same_thread=false", MemoryStore, {"type": "memory"}),
        ("sqlite:///a.db", SQLiteStore, {"path": "a.db.uvsched"}),
        ("sqlite+pysqlite:////var/a%20b.db?timeout=5", SQLiteStore, {"path": "/var/a b.db.uvsched"}),
        ("postgres://h/d", PostgreSQLStore, {"url": "postgresql://h/d", "schema": "uvsched"}),
    ],
)
def test_a_url_leads_to_a_store(url: str, kind: type[BaseStore], settings: dict[str, Any]) -> None:
    store = SQLAlchemyStore(url)
    assert isinstance(store, kind)
    assert isinstance(store, SQLAlchemyStore)
    assert store.settings().items() >= settings.items()
    assert (store.durable, store.networked) == (kind.durable, kind.networked)
    assert type(store) is type(SQLAlchemyStore(url))


@pytest.mark.parametrize("name", ["asyncz.stores.sqlalchemy:SQLAlchemyStore", "uvsched.stores.SQLAlchemyStore"])
def test_a_flat_configuration_names_its_class(name: str) -> None:
    keys = {"class": name, "database": "sqlite:///x.db", "tablename": "jobs", "retention_per_task": "9"}
    store = AsyncIOScheduler({f"asyncz.stores.default.{key}": value for key, value in keys.items()}).stores["default"]
    assert isinstance(store, SQLAlchemyStore)
    assert (store.settings()["path"], store.settings()["retention_per_task"]) == ("x.db.jobs", 9)


@pytest.mark.asyncio
async def test_it_is_added_by_its_name_while_the_scheduler_runs(tmp_path: Path) -> None:
    async with AsyncIOScheduler() as scheduler:
        scheduler.add_store("sqlalchemy", "disk", database=f"sqlite:///{tmp_path}/app.db")
        scheduler.add_task(beep, "interval", hours=1, args=["x"], id="often", store="disk")
        assert (tmp_path / "app.db.uvsched").exists()


def test_sqlalchemy_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    SQLAlchemyStore("postgresql+psycopg://h/d")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"database": 5}, TypeError, "database: expected a URL or an engine of SQLAlchemy, not int"),
        ({"database": "s3cret"}, ValueError, "database: not a URL; write sqlite:///FILE or postgresql://"),
        ({"database": "mysql+pymysql://me:s3cret@h/d"}, ValueError, "there is no store for 'mysql'; there are SQLite"),
        ({"database": "sqlite+pysqlcipher://:s3cret@/x"}, ValueError, "files of 'pysqlcipher' cannot be read here"),
        ({"database": "sqlite://me:s3cret@h/x"}, ValueError, "a SQLite file has no host"),
        ({"database": "sqlite:x.db"}, ValueError, "write sqlite:///FILE"),
        ({"database": "sqlite:///file:x?uri=true"}, ValueError, r"a URI of SQLite \(uri=true\) is not read here"),
        ({"database": "sqlite:///x?lease=5"}, ValueError, "unknown option 'lease' in the URL"),
        ({"database": "sqlite:///x", "tablename": "a/b"}, ValueError, "tablename: 'a/b' is not a name"),
        ({"database": "sqlite:///x", "tablename": 5}, TypeError, "tablename: expected a string, not int"),
        ({"database": "sqlite:///x", "leese": 5}, TypeError, r"unknown argument 'leese' \(did you mean 'lease'\?\)"),
        ({"database": "sqlite:///x", "connect_args": {}}, TypeError, "connect_args: not used here; write what"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        SQLAlchemyStore(**arguments)
    assert "s3cret" not in str(caught.value)


def test_options_of_the_pool_have_no_effect_and_say_so() -> None:
    with pytest.warns(UserWarning, match="it has no effect here: SQLAlchemy's engine is not used") as warned:
        SQLAlchemyStore("sqlite:///x.db", pool_size=5, echo=True)
    assert [str(warning.message).split(":")[0] for warning in warned] == ["pool_size", "echo"]
    assert warned[0].filename == __file__
