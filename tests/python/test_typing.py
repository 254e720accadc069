"""What type checkers know about add_task: every option, no other; and that they and the program agree."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from uvsched.schedulers import AsyncIOScheduler
from uvsched.tasks import options, policies
from uvsched.triggers import (
    AndTrigger,
    CalendarIntervalTrigger,
    CronTrigger,
    DateTrigger,
    IntervalTrigger,
    OrTrigger,
    ShutdownTrigger,
    arguments,
)
from uvsched.typing import undefined

ROOT = Path(__file__).resolve().parents[2]
CASES = Path(__file__).parent / "typing_cases.py"
EXPECTED = re.compile(r"# error: (\S+)$")
FOUND = re.compile(r"typing_cases\.py:(\d+): error: .*\[([\w-]+)\]$")


def parameters(function: Any) -> set[str]:
    return set(inspect.signature(function).parameters) - {"trigger_args", "unknown"}


def names(typed: Any) -> set[str]:
    return set(typed.__required_keys__ | typed.__optional_keys__)


def test_mypy_takes_the_good_calls_and_refuses_the_bad_ones(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    expected = [
        (number, found[1])
        for number, line in enumerate(CASES.read_text().splitlines(), 1)
        if (found := EXPECTED.search(line))
    ]
    said = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-pretty", "--hide-error-context", "--config-file=", str(CASES)],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(ROOT / "python"), "MYPY_CACHE_DIR": str(ROOT / ".mypy_cache/cases")},
        capture_output=True,
        text=True,
        check=False,
    )
    found = [(int(error[1]), error[2]) for line in said.stdout.splitlines() if (error := FOUND.search(line))]
    assert found == expected, said.stdout + said.stderr


def test_each_policy_is_read() -> None:
    assert names(options.TaskPolicies) | {"name"} == set(policies._READERS)


def test_add_task_shows_its_options() -> None:
    shown = inspect.signature(AsyncIOScheduler.add_task).parameters
    assert set(shown) - {"self", "fn_or_task", "fn", "trigger", "trigger_args"} == names(options.TaskOptions)
    assert list(shown)[3:14] == list(options.IN_ORDER)
    assert (shown["coalesce"].default, shown["id"].default) == (undefined, None)
    assert shown["on_crash"].annotation == "OnCrash | Undefined"


@pytest.mark.parametrize(
    ("typed", "made"),
    [
        (arguments.DateArguments, [DateTrigger]),
        (arguments.IntervalArguments, [IntervalTrigger]),
        (arguments.CalendarArguments, [CalendarIntervalTrigger]),
        (arguments.CronArguments, [CronTrigger, CronTrigger.from_crontab]),
        (arguments.CombinationArguments, [AndTrigger]),
        (arguments.CombinationArguments, [OrTrigger]),
        (arguments.ShutdownArguments, [ShutdownTrigger]),
    ],
)
def test_the_arguments_of_a_trigger_are_those_of_its_class(typed: Any, made: list[Any]) -> None:
    assert names(typed) == set().union(*map(parameters, made))
