"""What Esmerald does with a scheduler beside serving: lives one after the other in its test client, child applications
and Include, lifespans and starts that raise, and uvicorn's --reload."""

from __future__ import annotations

import contextlib
import gc
import subprocess
import sys
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvsched
from esmerald import ChildEsmerald, Esmerald, Gateway, Include, get
from reloading import survives_a_reload
from uvsched.contrib.esmerald import AsynczConfig

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it uses a name that anyio has moved
    from esmerald.testclient import EsmeraldTestClient

pytestmark = pytest.mark.filterwarnings("ignore:Unclosed <MemoryObject:ResourceWarning")  # the test client's own
ENDS: list[str] = []

NEVER_STARTED = """
import uvsched
from esmerald import ChildEsmerald, Esmerald, Include
from esmerald.testclient import EsmeraldTestClient

scheduler = uvsched.AsyncIOScheduler()

def bye():
    pass

scheduler.add_task(bye, "shutdown", id="bye")
child = ChildEsmerald(lifespan=uvsched.lifespan(scheduler))
with EsmeraldTestClient(Esmerald(routes=[Include("/child", app=child)])):
    pass
"""

RELOADED = """
from esmerald import Esmerald, Gateway, get

@get("/runs")
async def page() -> dict[str, Any]:
    return await runs()

app = Esmerald(routes=[Gateway(handler=page)], lifespan=uvsched.lifespan(scheduler))
"""


async def bye() -> None:
    ENDS.append("bye")


@get("/")
async def page() -> str:
    return "here"


@pytest.fixture
def config() -> AsynczConfig:
    """One whose task tells of each shutdown."""
    ENDS.clear()
    with pytest.warns(UserWarning, match="no tasks"):
        made = AsynczConfig()
    made.handler.add_task(bye, "shutdown", id="bye")
    return made


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """What the test client leaves is gone before the next test, which might mind it."""
    yield
    gc.collect()


def test_each_with_block_of_the_test_client_is_a_life_of_its_own(config: AsynczConfig) -> None:
    app = Esmerald(routes=[Gateway(handler=page)], scheduler_config=config, enable_scheduler=True)
    for _ in range(2):  # each on another loop
        with EsmeraldTestClient(app) as client:
            assert client.get("/").json() == "here"
            assert config.handler.running
        assert not config.handler.running
    assert ENDS == ["bye"] * 2


def test_a_test_client_without_a_with_block_starts_nothing(config: AsynczConfig) -> None:
    app = Esmerald(routes=[Gateway(handler=page)], scheduler_config=config, enable_scheduler=True)
    assert EsmeraldTestClient(app).get("/").json() == "here"
    assert not config.handler.running
    assert ENDS == []


def test_routes_that_are_included_are_the_applications_own(config: AsynczConfig) -> None:
    routes = [Include("/child", routes=[Gateway(handler=page)])]
    app = Esmerald(routes=routes, scheduler_config=config, enable_scheduler=True)
    with EsmeraldTestClient(app) as client:
        assert config.handler.running
        assert client.get("/child/").json() == "here"
    assert ENDS == ["bye"]


def test_a_config_that_a_child_names_too_runs_once(config: AsynczConfig) -> None:
    child = ChildEsmerald(routes=[Gateway(handler=page)], scheduler_config=config, enable_scheduler=True)
    app = Esmerald(routes=[Include("/child", app=child)], scheduler_config=config, enable_scheduler=True)
    with EsmeraldTestClient(app) as client:
        assert config.handler.running
        assert client.get("/child/").json() == "here"
    assert not config.handler.running
    assert ENDS == ["bye"]


@pytest.mark.parametrize("form", ["config", "lifespan"])
def test_a_scheduler_that_only_a_child_names_is_not_started(config: AsynczConfig, form: str) -> None:
    """Esmerald does not run the lifespan of a child."""
    options: dict[str, Any] = (
        {"scheduler_config": config, "enable_scheduler": True}
        if form == "config"
        else {"lifespan": uvsched.lifespan(config.handler)}
    )
    child = ChildEsmerald(routes=[Gateway(handler=page)], **options)
    with EsmeraldTestClient(Esmerald(routes=[Include("/child", app=child)])) as client:
        assert client.get("/child/").json() == "here"
        assert not config.handler.running
    assert ENDS == []


def test_it_says_so_at_exit(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(NEVER_STARTED)
    ended = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.count("got 1 task(s) (bye) and was never started: call start()") == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lifespan_that_raises_leaves_nothing_running(config: AsynczConfig, when: str) -> None:
    @contextlib.asynccontextmanager
    async def own(app: Any) -> AsyncIterator[None]:
        if when == "before":
            raise LookupError("no database")
        yield
        raise LookupError("no database")

    app = Esmerald(routes=[Gateway(handler=page)], lifespan=uvsched.lifespan(config.handler, own))
    for _ in range(2):
        with pytest.raises(LookupError, match="no database"), EsmeraldTestClient(app):
            assert config.handler.running
        assert not config.handler.running
    assert ([] if when == "before" else ["bye"] * 2) == ENDS


def test_a_start_that_raises_is_tried_again(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="no tasks"):
        config = AsynczConfig(stores={"default": f"sqlite:{tmp_path}/later/tasks.db"})
    app = Esmerald(routes=[Gateway(handler=page)], scheduler_config=config, enable_scheduler=True)
    for _ in range(2):
        with pytest.raises(Exception, match="later"), EsmeraldTestClient(app):
            pass
        assert not config.handler.running
    (tmp_path / "later").mkdir()
    with EsmeraldTestClient(app):
        assert config.handler.running
    assert not config.handler.running


def test_a_reload_ends_one_life_and_begins_the_next(tmp_path: Path) -> None:
    survives_a_reload(tmp_path, RELOADED)
