"""The Starlette, FastAPI and Litestar applications in docs/frameworks.md run as they stand there."""

from __future__ import annotations

import urllib.request
from pathlib import Path

import pytest
from documented import FRAMEWORKS, programs, write_programs
from restart import survives_a_restart
from serving import serving

ELSEWHERE = {"esmerald_app.py", "esmerald_tasks.py"} | {
    f"{name}.py"
    for name in ("lilya_app", "ravyn_app", "ravyn_tasks", "quart_app", "aiohttp_app", "django_app", "flask_app")
}
"""Run by tests/frameworks and tests/web, in environments with those frameworks."""
HERE = ["starlette_app", "fastapi_app", "litestar_app", "litestar_plugin_app"]


def test_every_program_of_the_page_is_run() -> None:
    assert {f"{name}.py" for name in HERE} | ELSEWHERE == set(programs(FRAMEWORKS))


@pytest.mark.parametrize("name", HERE)
def test_it_runs_and_goes_on(tmp_path: Path, name: str) -> None:
    write_programs(FRAMEWORKS, tmp_path)
    seen = 0
    for _ in range(2):
        with serving(tmp_path, f"{name}:app", tmp_path / "server.log") as server:
            least = seen + 2
            answer = server.wait_for("/runs", lambda rows, least=least: rows.count("tick: done") >= least)
            seen = answer.count("tick: done")
            assert server.stop() < 15.0
            assert "Traceback" not in server.log


@pytest.mark.parametrize("name", HERE)
def test_a_reminder_survives_a_restart(tmp_path: Path, name: str) -> None:
    write_programs(FRAMEWORKS, tmp_path)
    survives_a_restart(lambda: serving(tmp_path, f"{name}:app", tmp_path / "server.log"))


def test_a_task_runs_when_asked(tmp_path: Path) -> None:
    write_programs(FRAMEWORKS, tmp_path)
    with serving(tmp_path, "fastapi_app:app", tmp_path / "server.log") as server:
        assert "tidy: done" not in server.get("/runs")
        ask = urllib.request.Request(f"{server.url}/tasks/tidy/run", method="POST")
        urllib.request.urlopen(ask, timeout=10).close()
        server.wait_for("/runs", lambda rows: "tidy: done" in rows)
