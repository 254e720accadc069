"""Programs in the way of asyncz's pages, one for each subject, run on asyncz and, with that name in the imports
replaced, on uvsched: both print the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from uvsched.schedulers import AsyncIOScheduler

PROGRAMS = sorted(Path(__file__).with_name("programs").glob("*.py"))
RUN_ALL = """
import contextlib, io, json, pathlib, sys, traceback, types

package, results = sys.argv[1], {}
for name in sys.argv[2:]:
    path = pathlib.Path(name)
    module = sys.modules[path.stem] = types.ModuleType(path.stem)  # which stored functions are looked up in
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            exec(compile(path.read_text().replace("asyncz", package), path.name, "exec"), module.__dict__)
        except BaseException:
            print(traceback.format_exc())
    results[path.stem] = printed.getvalue()
print(json.dumps(results))
"""


def outputs(package: str, *options: str) -> dict[str, str]:
    """What each program prints, all in one process."""
    ended = subprocess.run(
        [sys.executable, *options, "-c", RUN_ALL, package, *map(str, PROGRAMS)],
        env={**os.environ, "TZ": "UTC"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    found: dict[str, str] = json.loads(ended.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def printed() -> tuple[dict[str, str], dict[str, str]]:
    return outputs("asyncz"), outputs("uvsched")


@pytest.mark.parametrize("name", [path.stem for path in PROGRAMS])
def test_both_print_the_same(name: str, printed: tuple[dict[str, str], dict[str, str]]) -> None:
    theirs, ours = printed
    assert "Traceback" not in theirs[name], theirs[name]
    assert theirs[name].strip()
    assert ours[name] == theirs[name]


def test_what_the_pages_show_and_asyncz_refuses() -> None:
    """Updates by the task itself."""
    scheduler = AsyncIOScheduler()
    task = scheduler.add_task(print, "interval", minutes=10, id="check", max_instances=1, coalesce=False)
    scheduler.update_task(task, coalesce=True, max_instances=3)
    assert (task.coalesce, task.max_instances) == (True, 3)
    scheduler.delete_task(task)
    assert scheduler.get_tasks() == []
