"""The options of tasks, each in one place: for add_task, update_task, task_defaults, and the tasks of frameworks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from inspect import Parameter, Signature
from typing import Any, ForwardRef, Literal, TypedDict

from .._names import names_of
from ..triggers.arguments import (
    AnyTrigger,
    CalendarArguments,
    CombinationArguments,
    CronArguments,
    DateArguments,
    IntervalArguments,
    ShutdownArguments,
    WindowArguments,
)
from ..typing import Undefined, undefined

Function = Callable[..., Any] | str
"""A function, or "package.module:function"."""
Args = Iterable[Any] | None
Kwargs = Mapping[str, Any] | None
OnConflict = Literal["keep", "raise", "replace"]
OnCrash = Literal["rerun", "mark_lost"]


class CommonPolicies(TypedDict, total=False):
    """How tasks run; see add_task."""

    mistrigger_grace_time: timedelta | float | Undefined | None
    coalesce: bool | Undefined | None
    max_instances: int | Undefined | None
    on_crash: OnCrash | Undefined
    max_catch_up: int | Undefined
    max_crashes: int | Undefined


class TaskDefaults(CommonPolicies, total=False):
    """What a scheduler's `task_defaults` may say for tasks that do not."""

    overlap: Literal["skip", "queue", "cancel"]


class TaskPolicies(CommonPolicies, total=False):
    """How a task runs, which may be changed later too."""

    next_run_time: datetime | str | Undefined | None


class ChangeableOptions(TaskPolicies, total=False):
    """What add_task and update_task are given alike."""

    args: Args
    kwargs: Kwargs
    name: str | None
    executor: str | Undefined | None


class TaskUpdates(ChangeableOptions, total=False):
    """What update_task changes."""

    fn: Function
    trigger: AnyTrigger


class TaskOptions(ChangeableOptions, total=False):
    """What add_task is given beside the function and its trigger."""

    id: str | None
    store: str | Undefined | None
    replace_existing: bool
    on_conflict: OnConflict | None


IN_ORDER = (
    "args",
    "kwargs",
    "id",
    "name",
    "mistrigger_grace_time",
    "coalesce",
    "max_instances",
    "next_run_time",
    "store",
    "executor",
    "replace_existing",
)
"""The options that add_task takes without their names too, behind the trigger: in asyncz's order."""


def signature_of_add_task() -> Signature:
    """The parameters of add_task as help() and consoles show them; its code takes the options as they come."""
    policies = names_of(TaskPolicies)

    def parameter(name: str, kind: Any) -> Parameter:
        default = undefined if name in policies else None
        annotation: Any = TaskOptions.__annotations__[name]
        if isinstance(annotation, ForwardRef):
            annotation = annotation.__forward_arg__
        return Parameter(name, kind, default=False if name == "replace_existing" else default, annotation=annotation)

    ordered, by_name = Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY
    return Signature(
        [
            Parameter("self", ordered),
            Parameter("fn_or_task", ordered, default=undefined),
            Parameter("trigger", ordered, default=None),
            *(parameter(name, ordered) for name in IN_ORDER),
            *(parameter(name, by_name) for name in TaskOptions.__annotations__ if name not in IN_ORDER),
            Parameter("fn", by_name, default=None),
            Parameter("trigger_args", Parameter.VAR_KEYWORD),
        ]
    )


class DateTask(TaskOptions, DateArguments):
    """The options of a task that runs once, and the arguments of its trigger."""


class IntervalTask(TaskOptions, IntervalArguments):
    """The options of a task that runs every so many seconds, and the arguments of its trigger."""


class SpanTask(TaskOptions, WindowArguments):
    """The options of a task whose interval is a timedelta, and the further arguments of its trigger."""


class CronTask(TaskOptions, CronArguments):
    """The options of a task on a cron trigger, and the arguments of that."""


class CalendarTask(TaskOptions, CalendarArguments):
    """The options of a task on a calendar interval, and the arguments of that."""


class CombinationTask(TaskOptions, CombinationArguments):
    """The options of a task on a combination of triggers, and the arguments of that."""


class ShutdownTask(TaskOptions, ShutdownArguments):
    """The options of a task that runs at shutdown, and the arguments of its trigger."""
