"""Esmerald's own integration of asyncz, unchanged, on uvsched by install_as_asyncz()."""

from __future__ import annotations

from pathlib import Path

from serving import serving

TASKS = """
from asyncz.triggers import IntervalTrigger
from esmerald.contrib.schedulers.asyncz.decorator import scheduler

calls = []

@scheduler(trigger=IntervalTrigger(seconds=0.2), name="tick")
async def tick():
    calls.append(1)
"""
APP = """
import uvsched
uvsched.install_as_asyncz()
from esmerald import Esmerald, Gateway, get
from esmerald.contrib.schedulers.asyncz.config import AsynczConfig
import own_tasks

config = AsynczConfig(tasks={"tick": "own_tasks"}, timezone="Europe/Madrid")
assert type(config.handler) is uvsched.AsyncIOScheduler

@get("/runs")
async def runs() -> list[int]:
    return own_tasks.calls

app = Esmerald(routes=[Gateway(handler=runs)], scheduler_config=config, enable_scheduler=True)
"""


def test_the_framework_s_own_classes(tmp_path: Path) -> None:
    (tmp_path / "own_tasks.py").write_text(TASKS)
    (tmp_path / "own_app.py").write_text(APP)
    with serving(tmp_path, "own_app:app", tmp_path / "server.log") as server:
        server.wait_for("/runs", lambda seen: len(seen) >= 2)
        server.stop()
        assert "Traceback" not in server.log
