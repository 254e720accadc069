"""Drafts: tasks that are made apart from a scheduler, until it takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, NoReturn, cast

from .._names import names_of, unknown_argument
from .._references import target_of
from .._time import local_zone
from ..exceptions import SchedulerNotRunningError
from ..triggers import BaseTrigger
from ..triggers.factory import create_trigger
from ..typing import Undefined
from .checks import as_args, as_kwargs
from .inspection import TaskInfo
from .options import TaskOptions
from .policies import engine_options
from .records import NEVER, DraftRecord, info_of, moment_of

if TYPE_CHECKING:
    from .._core import TaskRecord

__all__ = ["Draft", "NoOwner"]

_OPTIONS = names_of(TaskOptions)


class Draft:
    """What a task is made of before a scheduler has it, and the source of what it shows till then.

    Attributes:
        given: function of the task, None if none was given.
        trigger: when it will be due; None: once, when it is added.
        options: the further options of add_task that were given.

    Raises:
        TypeError, ValueError, LookupError: naming the argument.
    """

    def __init__(self, fn: Callable[..., Any] | str | None, trigger: Any, options: Mapping[str, Any]) -> None:
        unknown = [name for name in options if name not in _OPTIONS]
        if unknown:
            raise unknown_argument("Task", unknown, _OPTIONS | {"fn", "trigger", "store_alias"})
        self.given = fn
        self.trigger: BaseTrigger | None = None if trigger is None else create_trigger(trigger, {}, "Task")
        self.options = {name: value for name, value in options.items() if not isinstance(value, Undefined)}
        target, reference, _ = (None, "", False) if fn is None else target_of(fn)
        read = engine_options(self.options, self.timezone)
        self._record = DraftRecord(
            id=self.options.get("id") or "",
            store=self.options.get("store") or "default",
            executor=self.options.get("executor") or "default",
            function=reference,
            fn=target,
            args=as_args(self.options.get("args") or ()),
            kwargs=as_kwargs(self.options.get("kwargs") or {}),
            made_trigger=self.trigger,
            trigger_text=str(self.trigger or "once"),
            name=read.get("name") or reference,
            next_run_time=read.get("next_run_time", NEVER),
            mistrigger_grace_time=read.get("mistrigger_grace_time", -1),
            coalesce=read.get("coalesce", True),
            max_instances=read.get("max_instances", 1),
            max_catch_up=read.get("max_catch_up", 1000),
            on_crash=read.get("on_crash", 0),
            paused=bool(read.get("paused")),
        )

    # ---- Changed before it is added ----

    def changed(self, updates: Mapping[str, Any]) -> Draft:
        """The draft with other options: those of update_task."""
        options = {**self.options, **updates}
        return Draft(options.pop("fn", self.given), options.pop("trigger", self.trigger), options)

    def rescheduled(self, trigger: Any, trigger_args: Mapping[str, Any]) -> Draft:
        """The draft with another trigger; None: one of the kind that it has, by these arguments alone."""
        if trigger is None and self.trigger is not None:
            trigger = self.trigger.alias
        return Draft(self.given, create_trigger(trigger, trigger_args, "reschedule"), self.options)

    def resumed(self) -> Draft:
        """The draft without a first run of its own."""
        return Draft(self.given, self.trigger, {k: v for k, v in self.options.items() if k != "next_run_time"})

    # ---- What Task asks ----

    @property
    def timezone(self) -> tzinfo:
        """The machine's zone: a scheduler's is not known yet."""
        return local_zone()

    def key(self, store: str, task_id: str) -> tuple[str, str]:
        return store, task_id

    def record(self, store: str, task_id: str) -> TaskRecord:
        return cast("TaskRecord", self._record)

    def function(self, record: TaskRecord) -> Callable[..., Any] | None:
        return self._record.fn

    def problem(self, record: TaskRecord) -> str | None:
        return None

    def next_run_time(self, record: TaskRecord) -> datetime | None:
        """The one that was given, else the trigger's first from now on."""
        if self._record.paused or self._record.next_run_time != NEVER or self.trigger is None:
            return moment_of(self._record.next_run_time, self.timezone)
        return self.trigger.get_next_trigger_time(self.timezone, None, datetime.now(self.timezone))

    def info(self, record: TaskRecord) -> TaskInfo:
        return info_of(record, self.timezone, {})


class NoOwner:
    """In place of the scheduler of a task that was not added yet."""

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise SchedulerNotRunningError(detail="the task was not added to a scheduler yet: scheduler.add_task(task)")

    update_task = reschedule_task = pause_task = resume_task = run_task = delete_task = _refuse
