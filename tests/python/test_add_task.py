"""add_task in its forms, and what it refuses."""

from __future__ import annotations

import functools
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from uvsched.exceptions import ConflictIdError
from uvsched.schedulers import AsyncIOScheduler
from uvsched.tasks import Task
from uvsched.triggers import DateTrigger, IntervalTrigger

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


def job(*args: Any, **kwargs: Any) -> None:
    """Takes anything."""


def two(first: int, second: int = 0, *, third: int = 0) -> None:
    """Takes one to three."""


class Frame:
    """What a framework's decorator may leave in place of a function."""

    def __init__(self, fn: Any) -> None:
        self.fn = fn

    def method(self) -> None:
        """Bound to an object."""

    @classmethod
    def of_class(cls) -> None:
        """Bound to the class."""


@Frame
def framed() -> None:
    """Its name leads to a Frame."""


@pytest.fixture
def scheduler(make: Any, tmp_path: Path) -> AsyncIOScheduler:
    made: AsyncIOScheduler = make(stores={"disk": f"sqlite:{tmp_path / 'tasks.db'}"}, timezone="Europe/Madrid")
    return made


def test_a_task_shows_what_it_was_given(scheduler: AsyncIOScheduler) -> None:
    task = scheduler.add_task(
        job,
        "interval",
        [1, 2],
        {"a": 3},
        "id",
        "name",
        5,
        False,
        7,
        minutes=10,
        max_catch_up=11,
        on_crash="mark_lost",
    )
    assert isinstance(task, Task)
    assert (task.id, task.name, task.store_alias, task.executor) == ("id", "name", "default", "default")
    assert task.fn is job
    assert task.fn_reference == f"{job.__module__}:job"
    assert task.trigger == IntervalTrigger(minutes=10)
    assert (task.args, task.kwargs) == ((1, 2), {"a": 3})
    assert task.mistrigger_grace_time == 5
    assert (task.coalesce, task.max_instances, task.max_catch_up, task.on_crash) == (False, 7, 11, "mark_lost")
    assert task.pending
    assert not task.paused
    assert not task.submitted
    assert task.schedule_state == "pending"
    info = task.snapshot()
    assert info.callable_name == "job"
    assert info.trigger_alias == "interval"
    assert info.args == (1, 2)


def test_the_decorator_form(scheduler: AsyncIOScheduler) -> None:
    decorate = scheduler.add_task(trigger="interval", hours=1, id="d")

    @decorate
    def decorated() -> None:
        """A local function, in a memory store."""

    assert decorated.__name__ == "decorated"  # still the function
    assert decorate.task is not None
    assert decorate.task.id == "d"
    assert decorate.task.fn is decorated
    assert decorate.task.name.endswith("decorated")

    @scheduler.add_task(trigger="interval", hours=2, id="d")
    def replaced() -> None:
        """With an id, the code is the declaration."""

    found = scheduler.get_task("d")
    assert found is not None
    assert found.trigger == IntervalTrigger(hours=2)


def test_the_older_name_of_the_function(scheduler: AsyncIOScheduler) -> None:
    assert scheduler.add_task(fn=job, trigger="interval").fn is job


def test_a_function_by_reference(scheduler: AsyncIOScheduler) -> None:
    task = scheduler.add_task("json:dumps", "interval", args=[1], store="disk")
    assert task.fn_reference == "json:dumps"
    assert task.fn is not None
    with pytest.raises(LookupError, match="'json:nothing' cannot be resolved"):
        scheduler.add_task("json:nothing", "interval")
    with pytest.raises(LookupError, match="is not of the form 'package.module:function'"):
        scheduler.add_task("json.dumps", "interval")
    with pytest.raises(TypeError, match="which cannot be called"):
        scheduler.add_task("json:__doc__", "interval")


def test_tasks_without_an_id_get_one(scheduler: AsyncIOScheduler) -> None:
    first = scheduler.add_task(job, "interval")
    second = scheduler.add_task(job, "interval")
    assert first.id != second.id
    assert len(first.id) == 32
    derived = scheduler.add_task(job, "interval", store="disk")
    assert derived.id == f"{job.__module__}:job"
    with_arguments = scheduler.add_task(job, "interval", args=[1], store="disk")
    assert with_arguments.id.startswith(f"{job.__module__}:job#")
    assert len(scheduler.add_task(job, "date", run_at=NOON + timedelta(1), store="disk").id) == 32


def test_without_a_trigger_it_runs_once(scheduler: AsyncIOScheduler) -> None:
    assert scheduler.add_task(job).trigger == DateTrigger()
    assert scheduler.add_task(job, run_at=NOON).trigger == DateTrigger(NOON)
    assert scheduler.add_task(job, timedelta(minutes=1)).trigger == IntervalTrigger(minutes=1)


def test_naive_times_are_read_in_the_zone_of_the_scheduler(scheduler: AsyncIOScheduler) -> None:
    task = scheduler.add_task(job, "date", run_at=datetime(2026, 7, 1, 12))
    assert task.trigger == DateTrigger(datetime(2026, 7, 1, 10, tzinfo=timezone.utc))


def test_equal_definitions_are_one_task(scheduler: AsyncIOScheduler) -> None:
    for store in ("default", "disk"):
        first = scheduler.add_task(job, "interval", hours=1, args=[1], id="x", store=store)
        assert scheduler.add_task(job, "interval", minutes=60, args=[1], id="x", store=store) == first
        with pytest.raises(ConflictIdError, match="interval") as conflict:
            scheduler.add_task(job, "interval", hours=2, args=[1], id="x", store=store)
        assert isinstance(conflict.value, KeyError)
        assert conflict.value.task_id == "x"
        with pytest.raises(ConflictIdError):
            scheduler.add_task(job, "interval", hours=1, args=[2], id="x", store=store)
        replaced = scheduler.add_task(job, "interval", hours=2, args=[2], id="x", store=store, replace_existing=True)
        assert replaced.args == (2,)
        assert len(scheduler.get_tasks(store)) == 1


def test_objects_that_cannot_be_compared_conflict(scheduler: AsyncIOScheduler) -> None:
    scheduler.add_task(job, "interval", args=[object()], id="x")
    with pytest.raises(ConflictIdError):
        scheduler.add_task(job, "interval", args=[object()], id="x")


def test_a_memory_store_keeps_the_objects(scheduler: AsyncIOScheduler) -> None:
    thing = object()
    task = scheduler.add_task(lambda x: x, "interval", args=[thing])
    assert task.args[0] is thing
    assert task.fn is not None
    assert task.fn(5) == 5


@pytest.mark.parametrize(
    ("fn", "reason"),
    [
        (lambda: None, "is a lambda"),
        (functools.partial(two, 1), "has no name"),
        (Frame(job).method, "does not lead back|leads to"),
        (Frame.__init__.__get__(Frame(job)), "cannot be called"),
    ],
)
def test_a_durable_store_refuses_functions_without_a_name(scheduler: AsyncIOScheduler, fn: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        scheduler.add_task(fn, "interval", store="disk")


def test_a_durable_store_refuses_local_functions(scheduler: AsyncIOScheduler) -> None:
    def local() -> None:
        """Not found by name."""

    with pytest.raises(ValueError, match="is defined inside a function; .*move it to the top level"):
        scheduler.add_task(local, "interval", store="disk")


def test_a_reference_may_lead_to_an_object_that_holds_the_function(scheduler: AsyncIOScheduler) -> None:
    task = scheduler.add_task(framed.fn, "interval", store="disk")
    assert task.fn is framed.fn
    assert scheduler.add_task(Frame.of_class, "interval", store="disk").fn == Frame.of_class
    other = functools.wraps(job)(lambda: None)
    with pytest.raises(ValueError, match="leads to .*, not to"):
        scheduler.add_task(other, "interval", store="disk")


def test_a_durable_store_refuses_arguments_by_name(scheduler: AsyncIOScheduler) -> None:
    with pytest.raises(TypeError, match=r"args\[0\]: a builtins.object cannot be stored"):
        scheduler.add_task(job, "interval", args=[object()], store="disk")
    with pytest.raises(TypeError, match=r"kwargs\['x'\]"):
        scheduler.add_task(job, "interval", kwargs={"x": object()}, store="disk")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"fn_or_task": 5}, TypeError, "fn: 5 cannot be called"),
        ({"args": "ab"}, TypeError, "args: expected a sequence"),
        ({"args": 5}, TypeError, "args: expected a sequence"),
        ({"kwargs": [1]}, TypeError, "kwargs: expected a mapping"),
        ({"kwargs": {1: 2}}, TypeError, "kwargs: the name 1 is no text"),
        ({"trigger": "cron", "hour": 25}, ValueError, 'hour: "25" is not in 0-23'),
        ({"trigger": "moon"}, LookupError, "moon"),
        ({"trigger": "interval", "hour": 8}, TypeError, "hour"),
        ({"trigger": "interval", "seconds": -1}, ValueError, "is negative"),
        ({"trigger": "interval", "timezone": "Mars/Phobos"}, ValueError, "Mars/Phobos"),
        ({"trigger": "date", "run_at": datetime(2500, 1, 1)}, ValueError, "run_at"),
        ({"id": "x" * 256}, ValueError, "id"),
        ({"id": ""}, ValueError, "id"),
        ({"id": "a\nb"}, ValueError, "id"),
        ({"id": "a\0b"}, ValueError, "NUL"),
        ({"id": "\ud800"}, ValueError, "surrogates"),
        ({"id": 5}, TypeError, "id: expected text, not int"),
        ({"name": 5}, TypeError, "name: expected text, not int"),
        ({"store": "nowhere"}, LookupError, "store: there is no store 'nowhere'"),
        ({"executor": "nobody"}, LookupError, "executor: there is no executor 'nobody'"),
        ({"max_instances": 0}, ValueError, "max_instances"),
        ({"max_instances": "3"}, TypeError, "max_instances: expected a whole number"),
        ({"max_catch_up": -1}, ValueError, "max_catch_up"),
        ({"mistrigger_grace_time": -5}, ValueError, "mistrigger_grace_time: -5 is negative"),
        ({"mistrigger_grace_time": "5"}, TypeError, "mistrigger_grace_time"),
        ({"next_run_time": "soon"}, ValueError, "next_run_time: 'soon'"),
        ({"on_crash": "explode"}, ValueError, "on_crash: 'explode'"),
        ({"on_conflict": "fight"}, ValueError, "on_conflict: 'fight'"),
    ],
)
def test_what_is_wrong_is_named(
    scheduler: AsyncIOScheduler, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        scheduler.add_task(**{"fn_or_task": job, "trigger": "interval", **options})
    assert scheduler.get_tasks() == []


def test_arguments_must_fit_the_function(scheduler: AsyncIOScheduler) -> None:
    scheduler.add_task(two, "interval", args=[1])
    scheduler.add_task(two, "interval", args=[1, 2], kwargs={"third": 3})
    scheduler.add_task(print, "interval", args=[1], kwargs={"end": ""})
    for args, kwargs in (([], {}), ([1, 2, 3], {}), ([1], {"fourth": 4})):
        with pytest.raises(ValueError, match="cannot be called with these args and kwargs"):
            scheduler.add_task(two, "interval", args=args, kwargs=kwargs)


def test_added_paused(scheduler: AsyncIOScheduler) -> None:
    task = scheduler.add_task(job, "interval", next_run_time=None)
    assert task.paused
    assert task.next_run_time is None
