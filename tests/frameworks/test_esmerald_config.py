"""``uvsched.contrib.esmerald`` inside Esmerald, without starting anything. Runs in the environment with Esmerald."""

from __future__ import annotations

import subprocess
import sys
import threading
import types
import warnings
from pathlib import Path
from typing import Any

import pytest
from esmerald import Esmerald
from esmerald.contrib.schedulers import SchedulerConfig as EsmeraldSchedulerConfig
from esmerald.core.protocols.scheduler import SchedulerProtocol
from esmerald.exceptions import ImproperlyConfigured as EsmeraldImproperlyConfigured
from uvsched.contrib.esmerald import AsynczConfig, ImproperlyConfigured, SchedulerConfig, Task, scheduler
from uvsched.exceptions import SchedulerNotRunningError
from uvsched.schedulers import AsyncIOScheduler
from uvsched.stores.sqlite import SQLiteStore
from uvsched.triggers import IntervalTrigger
from uvsched.typing import undefined


async def job() -> None:
    """A task's function that a durable store can refer to."""


every_minute = Task(job, trigger=IntervalTrigger(minutes=1), id="every-minute")
off = Task(job, trigger=IntervalTrigger(minutes=1), id="off", is_enabled=False)
nothing = Task(trigger=IntervalTrigger(minutes=1), id="nothing")
not_a_task = 42


class Recorder:
    """A scheduler that keeps what it was given."""

    def __init__(self, **options: Any) -> None:
        self.options = options
        self.added: list[tuple[Any, dict[str, Any]]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def add_task(self, fn: Any, **kwargs: Any) -> None:
        """Keeps the task."""
        self.added.append((fn, kwargs))

    def start(self, **kwargs: Any) -> None:
        """Keeps the call."""
        self.calls.append(("start", kwargs))

    def shutdown(self, **kwargs: Any) -> None:
        """Keeps the call."""
        self.calls.append(("shutdown", kwargs))


class AsyncRecorder(Recorder):
    """One whose shutdown can be awaited."""

    async def shutdown_async(self, **kwargs: Any) -> None:
        """Keeps the call."""
        self.calls.append(("shutdown_async", kwargs))


class CoroutineRecorder(Recorder):
    """One whose members are coroutines, as NativeAsyncIOScheduler's."""

    async def start(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Keeps the call."""
        super().start(**kwargs)

    async def shutdown(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Keeps the call."""
        super().shutdown(**kwargs)


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes this module importable by the name that the tests use."""
    monkeypatch.setitem(sys.modules, "here", sys.modules[__name__])


def config(**kwargs: Any) -> AsynczConfig:
    """A configuration with one task unless said otherwise."""
    return AsynczConfig(**{"tasks": {"every_minute": "here"}, **kwargs})


def test_is_what_esmerald_expects() -> None:
    assert isinstance(config(), EsmeraldSchedulerConfig)
    assert isinstance(config(), SchedulerProtocol)
    assert issubclass(SchedulerConfig, EsmeraldSchedulerConfig)
    assert ImproperlyConfigured is EsmeraldImproperlyConfigured


def test_esmerald_takes_it() -> None:
    made = config()
    app = Esmerald(routes=[], scheduler_config=made, enable_scheduler=True)
    assert app.scheduler_config is made
    assert app.on_startup == [made.start]
    assert app.on_shutdown == [made.shutdown]


def test_construction_opens_nothing(tmp_path: Path) -> None:
    before = threading.enumerate()
    made = config(stores={"default": SQLiteStore(tmp_path / "tasks.db")})
    assert list(tmp_path.iterdir()) == []
    assert threading.enumerate() == before
    assert isinstance(made.handler, AsyncIOScheduler)


@pytest.mark.parametrize("tasks", [None, {}])
def test_warns_when_there_are_no_tasks(tasks: Any) -> None:
    with pytest.warns(UserWarning, match="no tasks"):
        AsynczConfig(tasks=tasks)


def test_does_not_warn_when_there_are_tasks() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        config()


@pytest.mark.parametrize(
    ("tasks", "says"),
    [
        ({"every_minute": 3}, "'every_minute': 3"),
        ({3: "here"}, "3: 'here'"),
        (["every_minute"], r"got \['every_minute'\]"),
        ({"every_minute": "no.such.module"}, "'every_minute' in 'no.such.module': No module named 'no'"),
        ({"absent": "here"}, "'absent' in 'here': the module has no such name"),
        ({"not_a_task": "here"}, "expected a Task .* got 42"),
        ({"job": "here"}, "expected a Task .* got <function job"),
        ({"nothing": "here"}, "<Task nothing> has no function"),
    ],
)
def test_wrong_tasks(tasks: Any, says: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=says):
        AsynczConfig(tasks=tasks)


def test_what_a_tasks_module_raises_comes_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_tasks.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ZeroDivisionError):
        AsynczConfig(tasks={"any": "broken_tasks"})


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"timezone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"executors": {"default": "no-such-executor"}}, "no-such-executor"),
        ({"stores": {"default": "no-such-store://"}}, "no-such-store"),
        ({"task_defaults": {"max_instances": 0}}, "max_instances"),
        ({"task_defaults": {"no_such_default": 1}}, "no_such_default"),
        ({"no_such_option": 1}, "no_such_option"),
        ({"configurations": {"asyncz.stores.default.type": "no-such-store"}}, "no-such-store"),
    ],
)
def test_what_the_scheduler_refuses(options: Any, says: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=says):
        config(**options)


def test_a_task_that_the_scheduler_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ({"max_instances": 0}, {"store": "absent"}, {"executor": "absent"}, {"mistrigger_grace_time": -1}):
        bad = Task(job, trigger=IntervalTrigger(minutes=1), id="bad", **wrong)
        monkeypatch.setattr(sys.modules[__name__], "bad", bad, raising=False)
        with pytest.raises(ImproperlyConfigured, match=f"<Task bad>: .*{next(iter(wrong.values()))}"):
            config(tasks={"bad": "here"})


def test_options_reach_the_scheduler() -> None:
    made = config(
        scheduler_class=Recorder,
        timezone="Europe/Madrid",
        configurations={"a": "b"},
        stores={},
        task_defaults={"coalesce": False},
    )
    assert made.handler.options == {
        "timezone": "Europe/Madrid",
        "global_config": {"a": "b"},
        "stores": {},
        "task_defaults": {"coalesce": False},
    }
    assert made.options == {"stores": {}, "task_defaults": {"coalesce": False}}


def test_timezone_of_the_settings_unless_given() -> None:
    assert config(scheduler_class=Recorder).handler.options == {"timezone": "UTC"}


def test_disabled_tasks_are_left_out() -> None:
    made = config(scheduler_class=Recorder, tasks={"every_minute": "here", "off": "here"})
    assert [kwargs["id"] for _, kwargs in made.handler.added] == ["every-minute"]


def test_get_scheduler_can_be_overridden() -> None:
    class Own(AsynczConfig):
        def get_scheduler(
            self, scheduler: Any, timezone: Any = None, configurations: Any = None, **options: Any
        ) -> Any:
            return Recorder(own=True)

    assert Own(tasks={"every_minute": "here"}).handler.options == {"own": True}


@pytest.mark.parametrize(
    ("scheduler_class", "calls"),
    [
        (Recorder, [("start", {"paused": True}), ("shutdown", {"wait": False})]),
        (AsyncRecorder, [("start", {"paused": True}), ("shutdown_async", {"wait": False, "timeout": 0.25})]),
        (CoroutineRecorder, [("start", {"paused": True}), ("shutdown", {"wait": False})]),
    ],
)
@pytest.mark.asyncio
async def test_start_and_shutdown(scheduler_class: type[Recorder], calls: Any) -> None:
    made = config(scheduler_class=scheduler_class)
    await made.start(paused=True)
    await made.shutdown(wait=False)
    assert made.handler.calls == calls


@pytest.mark.asyncio
async def test_starts_and_shutdowns_are_counted(tmp_path: Path) -> None:
    made = config(stores={"default": SQLiteStore(tmp_path / "tasks.db")})
    await made.start()
    await made.start()
    await made.shutdown()
    assert made.handler.running
    await made.shutdown()
    assert not made.handler.running
    with pytest.raises(SchedulerNotRunningError):
        await made.shutdown()
    await made.start()
    assert made.handler.running
    await made.shutdown()


@pytest.mark.asyncio
async def test_how_long_shutdown_waits() -> None:
    made = config(scheduler_class=AsyncRecorder, shutdown_timeout=None)
    await made.shutdown()
    await made.shutdown(timeout=30)
    assert made.handler.calls == [("shutdown_async", {"timeout": None}), ("shutdown_async", {"timeout": 30})]
    assert made.handler.options == {"timezone": "UTC"}


@pytest.mark.asyncio
async def test_own_config_must_implement_both() -> None:
    class Empty(SchedulerConfig):
        pass

    with pytest.raises(NotImplementedError, match="Empty must implement: async def start"):
        await Empty(any="thing").start()
    with pytest.raises(NotImplementedError, match="Empty must implement: async def shutdown"):
        await Empty().shutdown()


# ---- Where Esmerald is not installed, or broken ----


def python(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a program in a process of its own, with the folder first on its path."""
    text = f"import sys\nsys.path.insert(0, {str(folder)!r})\n{text}"
    return subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False, timeout=60)


def test_it_works_without_esmerald(tmp_path: Path) -> None:
    (tmp_path / "user_tasks.py").write_text(
        "from uvsched.contrib.esmerald import scheduler\n@scheduler(trigger='date', id='job')\ndef job(): ...\n"
    )
    done = python(
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'esmerald':\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "from uvsched.contrib.esmerald import AsynczConfig, ImproperlyConfigured\n"
        "print([task.id for task in AsynczConfig(tasks={'job': 'user_tasks'}).handler.get_tasks()])\n"
        "print(issubclass(ImproperlyConfigured, ValueError))\n",
        tmp_path,
    )
    assert done.stdout == "['job']\nTrue\n", done.stderr


def test_a_broken_esmerald_is_not_hidden(tmp_path: Path) -> None:
    (tmp_path / "esmerald").mkdir()
    (tmp_path / "esmerald" / "__init__.py").write_text("import no_such_dependency\n")
    done = python("import uvsched.contrib.esmerald", tmp_path)
    assert done.returncode == 1
    assert "No module named 'no_such_dependency'" in done.stderr


# ---- Task and the decorator ----


def added(task: Task) -> dict[str, Any]:
    """What a scheduler is given when the task is added to it."""
    recorder = Recorder()
    task.add_task(recorder)
    [(fn, kwargs)] = recorder.added
    return {"fn": fn, **kwargs}


def test_what_is_left_out_is_the_schedulers_to_choose() -> None:
    assert added(Task(job)) == {"fn": job, "trigger": None}


def test_the_options_of_a_task_are_attributes() -> None:
    task = Task(job, name="clean", coalesce=False)
    assert (task.name, task.coalesce, task.id, task.args) == ("clean", False, None, None)
    assert task.mistrigger_grace_time is undefined
    task.id = "cleaner"
    assert added(task) == {"fn": job, "trigger": None, "name": "clean", "coalesce": False, "id": "cleaner"}
    with pytest.raises(AttributeError, match="'Task' object has no attribute 'ID'"):
        task.ID  # noqa: B018


def test_what_is_given_is_passed_on() -> None:
    options: Any = {
        "mistrigger_grace_time": 0,
        "coalesce": False,
        "max_instances": 0,
        "next_run_time": None,
        "on_conflict": "raise",
        "on_crash": "mark_lost",
        "max_catch_up": 5,
        "max_crashes": 1,
    }
    given = added(Task(job, **options))
    assert given == {"fn": job, "trigger": None, **options}
    assert given["coalesce"] is False


def test_decorator() -> None:
    trigger = IntervalTrigger(seconds=5)

    @scheduler(
        name="Digest",
        trigger=trigger,
        id="digest",
        mistrigger_grace_time=0,
        coalesce=False,
        max_instances=3,
        next_run_time=None,
        store="other",
        executor="threadpool",
        extra_args=[1],
        extra_kwargs={"b": 2},
    )
    def digest(a: int, b: int) -> int:
        return a + b

    assert isinstance(digest, Task)
    assert digest.fn is not None
    assert digest.fn(1, b=2) == 3
    assert added(digest) == {
        "fn": digest.fn,
        "name": "Digest",
        "trigger": trigger,
        "id": "digest",
        "mistrigger_grace_time": 0,
        "coalesce": False,
        "max_instances": 3,
        "next_run_time": None,
        "store": "other",
        "executor": "threadpool",
        "replace_existing": True,
        "args": [1],
        "kwargs": {"b": 2},
    }


def test_task_is_a_decorator_too() -> None:
    @Task(id="decorated")
    async def decorated() -> None: ...

    assert isinstance(decorated, Task)
    assert decorated.id == "decorated"
    assert decorated.fn.__name__ == "decorated"  # type: ignore[union-attr]


def test_a_task_holds_one_function() -> None:
    task = Task(job)
    assert task(job) is task
    with pytest.raises(TypeError, match=r"holds .*job.* already"):
        task(print)
    with pytest.raises(TypeError, match="takes a function, got 3"):
        Task()(3)  # type: ignore[arg-type]


def test_the_scheduler_finds_the_function_behind_the_name(tmp_path: Path) -> None:
    """The module's attribute is the Task; a durable store refers to ``module:name`` all the same."""
    module = types.ModuleType("tasks_of_a_user")

    def report() -> None: ...

    report.__module__, report.__qualname__ = "tasks_of_a_user", "report"
    module.report = scheduler(trigger=IntervalTrigger(minutes=1), id="report")(report)  # type: ignore[attr-defined]
    sys.modules["tasks_of_a_user"] = module
    try:
        made = AsynczConfig(tasks={"report": "tasks_of_a_user"}, stores={"default": SQLiteStore(tmp_path / "tasks.db")})
        assert [task.id for task in made.handler.get_tasks()] == ["report"]
    finally:
        del sys.modules["tasks_of_a_user"]
