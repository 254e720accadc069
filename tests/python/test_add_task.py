"""add_task in its forms, and what it refuses."""

from __future__ import annotations

import functools
import inspect
import itertools
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from uvsched.exceptions import ConflictIdError
from uvsched.schedulers import AsyncIOScheduler
from uvsched.tasks import Task
from uvsched.tasks.checks import check_call
from uvsched.triggers import CronTrigger, DateTrigger, IntervalTrigger

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

    def replaced() -> None:
        """Another function of that id: one program cannot mean both."""

    with pytest.raises(ConflictIdError, match="already declared with another definition"):
        scheduler.add_task(trigger="interval", hours=2, id="d")(replaced)
    scheduler.add_task(trigger="interval", hours=2, id="d", replace_existing=True)(replaced)

    found = scheduler.get_task("d")
    assert found is not None
    assert found.trigger == IntervalTrigger(hours=2)


def test_the_older_name_of_the_function(scheduler: AsyncIOScheduler) -> None:
    with pytest.warns(DeprecationWarning, match="fn= is old; pass the function first"):
        assert scheduler.add_task(fn=job, trigger="interval", hours=1).fn is job


def test_none_is_not_the_decorator_form(scheduler: AsyncIOScheduler) -> None:
    with pytest.raises(TypeError, match=r"fn_or_task: None is not a function \(pass f, not f\(\)\); leave it out"):
        scheduler.add_task(None, "interval", seconds=5)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="fn_or_task: None is not a function"):
        scheduler.add_task(fn_or_task=job(), trigger="interval", seconds=5)  # type: ignore[call-overload]
    assert scheduler.get_tasks() == []


async def a_coroutine() -> None:
    """Not called here."""


def test_a_coroutine_instead_of_its_function(scheduler: AsyncIOScheduler) -> None:
    told = r"fn: the coroutine of a_coroutine\(\) was given; pass a_coroutine, not a_coroutine\(\)"
    with pytest.raises(TypeError, match=told):
        scheduler.add_task(a_coroutine(), "interval", seconds=5)  # type: ignore[call-overload]
    scheduler.add_task(job, "interval", seconds=5, id="x")
    with pytest.raises(TypeError, match=told):
        scheduler.update_task("x", fn=a_coroutine())  # type: ignore[arg-type]


def test_a_function_by_reference(scheduler: AsyncIOScheduler) -> None:
    task = scheduler.add_task("json:dumps", "interval", hours=1, args=[1], store="disk")
    assert task.fn_reference == "json:dumps"
    assert task.fn is not None
    with pytest.raises(LookupError, match="'json:nothing' cannot be resolved"):
        scheduler.add_task("json:nothing", "interval", hours=1)
    with pytest.raises(LookupError, match="is not of the form 'package.module:function'"):
        scheduler.add_task("json.dumps", "interval", hours=1)
    with pytest.raises(TypeError, match="which cannot be called"):
        scheduler.add_task("json:__doc__", "interval", hours=1)


def test_tasks_without_an_id_get_one(scheduler: AsyncIOScheduler) -> None:
    first = scheduler.add_task(job, "interval", hours=1)
    second = scheduler.add_task(job, "interval", hours=1)
    assert first.id != second.id
    assert len(first.id) == 32
    derived = scheduler.add_task(job, "interval", hours=1, store="disk")
    assert derived.id == f"{job.__module__}:job"
    with_arguments = scheduler.add_task(job, "interval", hours=1, args=[1], store="disk")
    assert with_arguments.id.startswith(f"{job.__module__}:job#")
    assert len(scheduler.add_task(job, "date", run_at=NOON + timedelta(1), store="disk").id) == 32


def test_without_a_trigger_it_runs_once(scheduler: AsyncIOScheduler) -> None:
    assert scheduler.add_task(job).trigger == DateTrigger()
    assert scheduler.add_task(job, run_at=NOON).trigger == DateTrigger(NOON)
    assert scheduler.add_task(job, timedelta(minutes=1)).trigger == IntervalTrigger(minutes=1)
    nine = scheduler.add_task(job, "0 9 * * *", timezone="UTC", gap="skip").trigger
    assert nine == CronTrigger.from_crontab("0 9 * * *", timezone="UTC", gap="skip")
    assert scheduler.add_task(job, "@daily", timezone="UTC").trigger == CronTrigger.from_crontab(
        "@daily", timezone="UTC"
    )
    for wrong, message in (
        ("every 5 minutes", "has 3 fields"),
        ("@often", "is not a nickname"),
        ("0 24 * * *", "hour: "),
    ):
        with pytest.raises(ValueError, match=message):
            scheduler.add_task(job, wrong)


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
    scheduler.add_task(job, "interval", hours=1, args=[object()], id="x")
    with pytest.raises(ConflictIdError):
        scheduler.add_task(job, "interval", hours=1, args=[object()], id="x")


def test_a_memory_store_keeps_the_objects(scheduler: AsyncIOScheduler) -> None:
    thing = object()
    task = scheduler.add_task(lambda x: x, "interval", hours=1, args=[thing])
    assert task.args[0] is thing
    assert task.fn is not None
    assert task.fn(5) == 5


@pytest.mark.parametrize(
    ("fn", "reason"),
    [
        (lambda: None, "is a lambda"),
        (functools.partial(lambda x: None, 1), "is a lambda"),
        (Frame(job).method, "is a method of an object that has no name"),
        (Frame.__init__.__get__(Frame(job)), "cannot be called"),
    ],
)
def test_a_durable_store_refuses_functions_without_a_name(scheduler: AsyncIOScheduler, fn: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        scheduler.add_task(fn, "interval", hours=1, store="disk")


def test_a_durable_store_refuses_local_functions(scheduler: AsyncIOScheduler) -> None:
    def local() -> None:
        """Not found by name."""

    with pytest.raises(ValueError, match="is defined inside a function; .*move it to the top level"):
        scheduler.add_task(local, "interval", hours=1, store="disk")


def test_a_reference_may_lead_to_an_object_that_holds_the_function(scheduler: AsyncIOScheduler) -> None:
    task = scheduler.add_task(framed.fn, "interval", hours=1, store="disk")
    assert task.fn is framed.fn
    assert scheduler.add_task(Frame.of_class, "interval", hours=1, store="disk").fn == Frame.of_class
    other = functools.wraps(job)(lambda: None)
    with pytest.raises(ValueError, match="leads to .*, not to"):
        scheduler.add_task(other, "interval", hours=1, store="disk")


def test_a_durable_store_refuses_arguments_by_name(scheduler: AsyncIOScheduler) -> None:
    with pytest.raises(TypeError, match=r"args\[0\]: a builtins.object cannot be stored"):
        scheduler.add_task(job, "interval", hours=1, args=[object()], store="disk")
    with pytest.raises(TypeError, match=r"kwargs\['x'\]"):
        scheduler.add_task(job, "interval", hours=1, kwargs={"x": object()}, store="disk")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"fn_or_task": 5}, TypeError, "fn: 5 cannot be called"),
        ({"args": "ab"}, TypeError, "args: expected a sequence"),
        ({"args": 5}, TypeError, "args: expected a sequence"),
        ({"kwargs": [1]}, TypeError, "kwargs: expected a mapping"),
        ({"kwargs": {1: 2}}, TypeError, "kwargs: the name 1 is not a string"),
        ({"trigger": "cron", "hour": 25}, ValueError, 'hour: "25" is not in 0-23'),
        ({"trigger": "moon"}, LookupError, "moon"),
        ({"trigger": "interval", "hour": 8}, TypeError, "hour"),
        ({"trigger": "interval", "seconds": -1}, ValueError, "is negative"),
        ({"trigger": "interval"}, ValueError, "interval: it is 0"),
        ({"trigger": "interval", "hours": 1, "timezone": "Mars/Phobos"}, ValueError, "Mars/Phobos"),
        ({"trigger": "date", "run_at": datetime(2500, 1, 1)}, ValueError, "run_at"),
        ({"id": "x" * 256}, ValueError, "id"),
        ({"id": ""}, ValueError, "id"),
        ({"id": "a\nb"}, ValueError, "id"),
        ({"id": "a\0b"}, ValueError, "NUL"),
        ({"id": "\ud800"}, ValueError, r"id: '\\ud800' holds a lone surrogate"),
        ({"name": "\ud800"}, ValueError, r"name: '\\ud800' holds a lone surrogate"),
        ({"id": 5}, TypeError, "id: expected a string, not int"),
        ({"name": 5}, TypeError, "name: expected a string, not int"),
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
        ({"on_conflict": ["keep"]}, ValueError, r"on_conflict: \['keep'\]"),
        ({"on_crash": ["rerun"]}, ValueError, r"on_crash: \['rerun'\]"),
        ({"coalesce": "no"}, TypeError, "coalesce: expected True or False, not 'no'"),
        ({"replace_existing": "no"}, TypeError, "replace_existing: expected True or False, not 'no'"),
        ({"trigger": "cron", "hour": "\ud800"}, ValueError, r"hour: '\\ud800' at 0 is a lone surrogate"),
        ({"trigger": "cron", "expression": "\ud800"}, ValueError, r"expression: '\\ud800' at 0 is a lone surrogate"),
        ({"trigger": "cron", "expression": "@daily", "key": "\ud800"}, ValueError, r"key: '\\ud800' at 0 is a lone"),
    ],
)
def test_what_is_wrong_is_named(
    scheduler: AsyncIOScheduler, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    rest = {} if "trigger" in options else {"trigger": "interval", "hours": 1}
    with pytest.raises(error, match=message):
        scheduler.add_task(**{"fn_or_task": job, **rest, **options})
    assert scheduler.get_tasks() == []


def test_arguments_must_fit_the_function(scheduler: AsyncIOScheduler) -> None:
    scheduler.add_task(two, "interval", hours=1, args=[1])
    scheduler.add_task(two, "interval", hours=1, args=[1, 2], kwargs={"third": 3})
    scheduler.add_task(print, "interval", hours=1, args=[1], kwargs={"end": ""})
    for args, kwargs in (([], {}), ([1, 2, 3], {}), ([1], {"fourth": 4})):
        with pytest.raises(ValueError, match="cannot be called with these args and kwargs"):
            scheduler.add_task(two, "interval", hours=1, args=args, kwargs=kwargs)


def test_plain_functions_cost_no_question(scheduler: AsyncIOScheduler, monkeypatch: pytest.MonkeyPatch) -> None:
    # What the extension asks about others; looking at a function's attributes makes an empty dictionary of them.
    asked: list[Any] = []
    monkeypatch.setattr("uvsched._functions.is_coroutine_function", asked.append)
    assert job.__dict__ == {}
    for number in range(2):
        scheduler.add_task(job, "interval", hours=1, id=str(number))
    assert asked == []


def test_added_paused(scheduler: AsyncIOScheduler) -> None:
    task = scheduler.add_task(job, "interval", hours=1, next_run_time=None)
    assert task.paused
    assert task.next_run_time is None


def test_options_without_names(make: Any) -> None:
    scheduler = make()
    task = scheduler.add_task(job, "interval", [1], {"b": 2}, "id", "name", 5, False, 3, seconds=60)
    assert (task.args, task.kwargs, task.id, task.name) == ((1,), {"b": 2}, "id", "name")
    assert (task.mistrigger_grace_time, task.coalesce, task.max_instances) == (5, False, 3)
    with pytest.raises(TypeError, match="add_task: args was given twice, with its name and without"):
        scheduler.add_task(job, "interval", [1], args=[2], seconds=60)
    with pytest.raises(TypeError, match=r"add_task: too many arguments without a name; \(1, 2\) are left"):
        scheduler.add_task(job, "interval", *[None] * 11, 1, 2, seconds=60)


def test_what_a_function_takes_is_seen_as_python_sees_it() -> None:
    def plain(a: int, b: int = 2) -> None: ...
    def by_place(a: int, b: int = 2, /, c: int = 3) -> None: ...
    def by_name(a: int, *, b: int, c: int = 3) -> None: ...
    def more(a: int, *rest: int, b: int) -> None: ...
    def whatever(a: int, /, *rest: int, **named: int) -> None: ...
    def nothing() -> None: ...

    for function in (plain, by_place, by_name, more, whatever, nothing):
        for count, size in itertools.product(range(4), range(4)):
            for names in itertools.combinations(("a", "b", "c", "rest", "named"), size):
                args, kwargs = tuple(range(count)), dict.fromkeys(names, 0)
                try:
                    inspect.signature(function).bind(*args, **kwargs)
                except TypeError:
                    with pytest.raises(ValueError, match="cannot be called with these args and kwargs"):
                        check_call(function, args, kwargs)
                else:
                    check_call(function, args, kwargs)
