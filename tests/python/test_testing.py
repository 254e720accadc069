"""uvsched.testing, and the programs of docs/testing.md under pytest."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from uvsched.executors import ThreadPoolExecutor
from uvsched.testing import Clock

PAGE = Path(__file__).parents[2] / "docs/testing.md"
NEW_YEAR = datetime(2030, 1, 1, tzinfo=timezone.utc)


def test_the_programs_of_the_page(tmp_path: Path) -> None:
    programs = re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(programs) == 3
    for name, text in programs:
        (tmp_path / name).write_text(text)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "-W", "error"],
        cwd=tmp_path,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "2 passed" in ended.stdout


def test_a_day_of_tasks_takes_little_time() -> None:
    clock = Clock(NEW_YEAR)
    at: dict[str, list[datetime]] = {"coroutine": [], "thread": [], "added": []}

    async def main() -> None:
        async with clock.scheduler(timezone="UTC", executors={"threads": ThreadPoolExecutor(2)}) as scheduler:

            async def coroutine() -> None:
                at["coroutine"].append(clock.now)
                await asyncio.sleep(0)
                if len(at["coroutine"]) == 1:
                    scheduler.add_task(lambda: at["added"].append(clock.now), "date", run_at=clock.now + HOUR)

            def in_thread() -> None:
                at["thread"].append(clock.now)

            scheduler.add_task(coroutine, "interval", hours=1)
            scheduler.add_task(in_thread, "cron", hour="*/6", executor="threads")
            await clock.advance(days=1)
            assert clock.now == NEW_YEAR + timedelta(days=1)

    begin = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - begin < 20
    assert at["coroutine"] == [NEW_YEAR + number * HOUR for number in range(1, 25)]
    assert at["added"] == [NEW_YEAR + 2 * HOUR]
    assert [moment.hour for moment in at["thread"]] in ([0, 6, 12, 18, 0], [6, 12, 18, 0])


HOUR = timedelta(hours=1)


def test_a_clock_of_a_scheduler_that_does_not_run() -> None:
    clock = Clock(NEW_YEAR)
    scheduler = clock.scheduler()
    asyncio.run(clock.advance(hours=2))
    assert scheduler.get_scheduler_info().started_at is None
    assert clock.now == NEW_YEAR + 2 * HOUR


def test_a_run_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("uvsched.testing._PATIENCE", 0.05)
    clock = Clock(NEW_YEAR)

    async def forever() -> None:
        await asyncio.sleep(3600)

    async def main() -> None:
        async with clock.scheduler(shutdown_timeout=0) as scheduler:
            scheduler.add_task(forever, "interval", hours=1)
            with pytest.raises(TimeoutError, match="do not end"):
                await clock.advance(hours=1)

    asyncio.run(main())
