"""The package: what is imported from it, and what importing it costs."""

from __future__ import annotations

from typing import Any

import pytest
import uvsched
from uvsched import executors, schedulers, stores, tasks, triggers


@pytest.mark.parametrize(
    ("module", "names"),
    [
        (schedulers, ["AsyncIOScheduler"]),
        (stores, ["MemoryStore", "SQLiteStore"]),
        (executors, ["AsyncIOExecutor", "ThreadPoolExecutor"]),
        (triggers, sorted(set(triggers.__all__) - {"BaseCombinationTrigger", "BaseTrigger", "trigger_from_json"})),
        (tasks, ["Task"]),
    ],
)
def test_what_people_use_comes_from_the_package(module: Any, names: list[str]) -> None:
    for name in names:
        assert getattr(uvsched, name) is getattr(module, name)
        assert name in uvsched.__all__
        assert name in dir(uvsched)


def test_the_package_has_nothing_else() -> None:
    with pytest.raises(AttributeError, match="module 'uvsched' has no attribute 'AsyncScheduler'"):
        uvsched.AsyncScheduler  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ImportError, match="AsyncScheduler"):
        exec("from uvsched import AsyncScheduler")
    everything: dict[str, Any] = {}
    exec("from uvsched import *", everything)
    assert everything.keys() >= set(uvsched.__all__)


def test_importing_it_loads_no_scheduler(script: Any) -> None:
    printed = script.run("""
        import sys
        import uvsched
        print([name for name in ("uvsched.schedulers", "uvsched.triggers") if name in sys.modules])
        from uvsched import CronTrigger
        print([name for name in ("uvsched.schedulers", "uvsched.triggers") if name in sys.modules])
        from uvsched import AsyncIOScheduler
        print(AsyncIOScheduler.__name__, CronTrigger.__name__)
    """)
    assert printed == "[]\n['uvsched.triggers']\nAsyncIOScheduler CronTrigger\n"
