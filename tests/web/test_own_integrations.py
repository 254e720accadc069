"""The frameworks' own integrations of asyncz, unchanged, on uvsched by install_as_asyncz(); and uvsched.contrib's."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from serving import Server

TASKS = """
from asyncz.triggers import IntervalTrigger
from FRAMEWORK.contrib.schedulers.asyncz.decorator import scheduler

calls = []

@scheduler(trigger=IntervalTrigger(seconds=0.2), name="tick")
async def tick():
    calls.append(1)
"""
CONFIG = """
import uvsched
uvsched.install_as_asyncz()
from FRAMEWORK.contrib.schedulers.asyncz.config import AsynczConfig
import own_tasks

config = AsynczConfig(tasks={"tick": "own_tasks"}, timezone="Europe/Madrid")
assert type(config.handler) is uvsched.AsyncIOScheduler
assert str(config.handler.timezone) == "Europe/Madrid"
"""
APPS = {
    "ravyn": """
from ravyn import Gateway, Ravyn, get

@get("/runs")
async def runs() -> list[int]:
    return own_tasks.calls

app = Ravyn(routes=[Gateway(handler=runs)], scheduler_config=config, enable_scheduler=True)
""",
    "lilya": """
from lilya.apps import Lilya
from lilya.routing import Path

async def runs():
    return own_tasks.calls

app = Lilya(routes=[Path("/runs", runs)], on_startup=[config.start], on_shutdown=[config.shutdown])
""",
}


@pytest.mark.parametrize("framework", APPS)
def test_the_framework_s_own_classes(framework: str, tmp_path: Path) -> None:
    (tmp_path / "own_tasks.py").write_text(TASKS.replace("FRAMEWORK", framework))
    (tmp_path / "own_app.py").write_text((CONFIG + APPS[framework]).replace("FRAMEWORK", framework))
    server = Server(tmp_path, "own_app:app", tmp_path / "server.log")
    try:
        server.wait_for("/runs", lambda seen: len(seen) >= 2)
        server.stop(signal.SIGINT)
        assert "Traceback" not in server.log, server.log
    finally:
        if server.process.poll() is None:
            server.kill()


@pytest.mark.parametrize("framework", APPS)
def test_contrib_is_bound_to_the_framework(framework: str) -> None:
    import importlib

    ours = importlib.import_module(f"uvsched.contrib.{framework}")
    base = importlib.import_module(f"{framework}.contrib.schedulers.base").SchedulerConfig
    error = importlib.import_module(f"{framework}.exceptions").ImproperlyConfigured
    assert issubclass(ours.SchedulerConfig, base)
    assert ours.ImproperlyConfigured is error
    with pytest.raises(error, match="the module has no such name"):
        ours.AsynczConfig(tasks={"absent": __name__})
    with pytest.warns(UserWarning, match="no tasks"):
        config = ours.AsynczConfig()
    assert isinstance(config, base)
    assert config.scheduler is config.handler
    zone = importlib.import_module(f"{framework}.conf").settings.timezone
    assert str(config.handler.timezone) == str(zone)
    for name in ("start", "stop", "shutdown"):
        assert callable(getattr(config, name))


@pytest.mark.parametrize("framework", APPS)
def test_an_undecorated_function_is_there(framework: str) -> None:
    import importlib

    ours = importlib.import_module(f"uvsched.contrib.{framework}")

    @ours.scheduler(trigger="date", args=[1], kwargs={"b": 2})
    def job(a: int, b: int) -> int:
        return a + b

    assert job.original(1, 2) == 3
    assert (job.args, job.kwargs) == ([1], {"b": 2})
