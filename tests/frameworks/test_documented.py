"""The Esmerald application in docs/frameworks.md runs as it stands there. Runs in the environment with Esmerald."""

from __future__ import annotations

from pathlib import Path

from documented import FRAMEWORKS, write_programs
from restart import survives_a_restart
from serving import STOP_PATIENCE, serving


def test_esmerald(tmp_path: Path) -> None:
    write_programs(FRAMEWORKS, tmp_path)
    with serving(tmp_path, "esmerald_app:app", tmp_path / "server.log") as server:
        server.wait_for("/runs", lambda seen: {"tick: done", "tidy: done"} <= set(seen))
        assert server.stop() < STOP_PATIENCE
        assert "Traceback" not in server.log


def test_a_reminder_survives_a_restart(tmp_path: Path) -> None:
    write_programs(FRAMEWORKS, tmp_path)
    survives_a_restart(lambda: serving(tmp_path, "esmerald_app:app", tmp_path / "server.log"))
