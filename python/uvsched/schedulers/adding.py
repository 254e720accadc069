"""Adding tasks: add_task in its forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, overload

from .._arguments import encode_arguments
from .._references import check_reference, reference_of, resolve
from ..tasks import Task
from ..tasks.base import TaskDecorator
from ..tasks.checks import as_args, as_kwargs, check_call
from ..triggers.factory import create_trigger
from ..triggers.interval import IntervalTrigger
from ..triggers.types import TriggerType
from ..typing import Undefined, undefined
from .managing import TaskManaging, unknown_alias

_REPLACE_EXISTING = 1
_ON_CONFLICT = {"keep": 0, "replace": _REPLACE_EXISTING, "raise": 2}


class TaskAdding(TaskManaging):
    """The part of a scheduler that adds tasks. Thread-safe; adding to a durable store waits for its commit."""

    @overload
    def add_task(
        self,
        fn_or_task: None = None,
        trigger: TriggerType | timedelta | str | None = None,
        args: Any = None,
        kwargs: Mapping[str, Any] | None = None,
        id: str | None = None,
        name: str | None = None,
        mistrigger_grace_time: timedelta | float | Undefined | None = undefined,
        coalesce: bool | Undefined | None = undefined,
        max_instances: int | Undefined | None = undefined,
        next_run_time: datetime | str | Undefined | None = undefined,
        store: str | Undefined | None = None,
        executor: str | Undefined | None = None,
        replace_existing: bool = False,
        fn: None = None,
        **trigger_args: Any,
    ) -> TaskDecorator: ...

    @overload
    def add_task(
        self,
        fn_or_task: Callable[..., Any] | str | None = None,
        trigger: TriggerType | timedelta | str | None = None,
        args: Any = None,
        kwargs: Mapping[str, Any] | None = None,
        id: str | None = None,
        name: str | None = None,
        mistrigger_grace_time: timedelta | float | Undefined | None = undefined,
        coalesce: bool | Undefined | None = undefined,
        max_instances: int | Undefined | None = undefined,
        next_run_time: datetime | str | Undefined | None = undefined,
        store: str | Undefined | None = None,
        executor: str | Undefined | None = None,
        replace_existing: bool = False,
        fn: Callable[..., Any] | str | None = None,
        **trigger_args: Any,
    ) -> Task: ...

    def add_task(
        self,
        fn_or_task: Callable[..., Any] | str | None = None,
        trigger: TriggerType | timedelta | str | None = None,
        args: Any = None,
        kwargs: Mapping[str, Any] | None = None,
        id: str | None = None,
        name: str | None = None,
        mistrigger_grace_time: timedelta | float | Undefined | None = undefined,
        coalesce: bool | Undefined | None = undefined,
        max_instances: int | Undefined | None = undefined,
        next_run_time: datetime | str | Undefined | None = undefined,
        store: str | Undefined | None = None,
        executor: str | Undefined | None = None,
        replace_existing: bool = False,
        fn: Callable[..., Any] | str | None = None,
        on_conflict: str = "keep",
        on_crash: str | Undefined = undefined,
        max_catch_up: int | Undefined = undefined,
        max_crashes: int | Undefined = undefined,
        **trigger_args: Any,
    ) -> Task | TaskDecorator:
        """Adds a task. Before start() it is kept, and written to its store at start.

        Adding an id that the store holds with an equal definition changes nothing. Without a function the call is a
        decorator: `@scheduler.add_task(trigger="interval", minutes=5, id="sync")`; with an id the decorated function's
        definition then replaces a stored one.

        Args:
            fn_or_task: the function, a coroutine function or not, or "package.module:function". `fn` is its older name.
            trigger: a trigger; its name, with its arguments as `trigger_args`; a timedelta for an interval. None: once,
                now, or at `run_at`.
            args, kwargs: arguments for the function. A durable store takes JSON's types, datetime, date, time,
                timedelta, bytes, tuple, set, frozenset, Decimal, UUID and Enum.
            id: unique within the store, up to 255 bytes. None: derived from the function and its arguments for
                recurring tasks in a durable store, else random.
            name: for people; the function's name unless given.
            mistrigger_grace_time: seconds (or a timedelta) that a run may be late and still start; None: never too
                late.
            coalesce: whether due times that piled up run once, for the latest.
            max_instances: how many runs may be under way at a time.
            next_run_time: when to run first, regardless of the trigger; None adds the task paused. Naive: in the
                scheduler's zone.
            store, executor: aliases.
            replace_existing: an existing id gets this definition; its run count and pause stay.
            on_conflict: what becomes of an existing id with another definition that is found at start: "keep" the
                stored one, with an event; "raise" from start(); "replace" it. When the scheduler runs, "keep" raises
                here.
            on_crash: a run whose process dies is run again ("rerun", at least once) or recorded as lost ("mark_lost",
                at most once).
            max_catch_up: how many piled-up due times run when they are not coalesced.
            max_crashes: after so many crashes a "rerun" run is given up.

        Raises:
            TypeError, ValueError, LookupError: naming the argument and the value. ConflictIdError (a KeyError): the id
            exists with another definition.
        """
        if fn_or_task is None:
            fn_or_task = fn
        rule = trigger
        if type(rule) is not IntervalTrigger or trigger_args:
            rule = create_trigger(trigger, trigger_args)
        if fn_or_task is None:
            return TaskDecorator(
                self,
                trigger=rule,
                args=args,
                kwargs=kwargs,
                id=id,
                name=name,
                mistrigger_grace_time=mistrigger_grace_time,
                coalesce=coalesce,
                max_instances=max_instances,
                next_run_time=next_run_time,
                store=store,
                executor=executor,
                replace_existing=replace_existing or id is not None,
                on_conflict=on_conflict,
                on_crash=on_crash,
                max_catch_up=max_catch_up,
                max_crashes=max_crashes,
            )
        engine = self._usable()
        alias = store or "default"
        runner = executor or "default"
        held = self._stores.get(alias)
        if held is None:
            raise unknown_alias("store", alias, self._stores)
        if runner not in self._executors:
            raise unknown_alias("executor", runner, self._executors)
        target = resolve(fn_or_task) if isinstance(fn_or_task, str) else fn_or_task
        if not callable(target):
            raise TypeError(f"fn: {target!r} cannot be called")
        positional = () if args is None else as_args(args)
        keywords = None if kwargs is None else as_kwargs(kwargs)
        check_call(target, positional, keywords or {})

        options: dict[str, Any] | None = None
        if (
            name is not None
            or mistrigger_grace_time is not undefined
            or coalesce is not undefined
            or max_instances is not undefined
            or next_run_time is not undefined
            or on_crash is not undefined
            or max_catch_up is not undefined
            or max_crashes is not undefined
        ):
            options = self._options(
                name, mistrigger_grace_time, coalesce, max_instances, next_run_time, on_crash, max_catch_up, max_crashes
            )
        try:
            flags = _ON_CONFLICT[on_conflict]
        except KeyError:
            raise ValueError(f"on_conflict: {on_conflict!r} is not one of 'keep', 'raise', 'replace'") from None
        if replace_existing:
            flags |= _REPLACE_EXISTING

        spec = self._trigger_spec(engine, rule, alias)
        reference, named = reference_of(target)
        call: tuple[Any, ...]
        if held.durable:
            check_reference(target, reference)
            text = encode_arguments(positional, keywords or {})
            if text is not None:
                options = {**(options or {}), "arguments": text}
            self._register(engine, reference, target)
            call = (reference, None, (), None, spec, id, alias, runner, options, flags)
        else:
            if not named:
                options = {**(options or {}), "local": True}
            elif id is not None and (positional or keywords):
                options = {**(options or {}), **_comparable(positional, keywords or {})}
            call = (reference, target, positional, keywords, spec, id, alias, runner, options, flags)
        found = engine.add(*call)
        if not self._started_once:
            self._declarations.added((alias, found), (*call[:5], found, *call[6:]))
        return Task(self, found, alias)


def _comparable(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """What lets a memory store see whether a task that is added again is the same: its arguments as JSON; where they
    have none, it never is."""
    try:
        return {"arguments": encode_arguments(args, kwargs)}
    except (TypeError, ValueError):
        return {"local": True}
