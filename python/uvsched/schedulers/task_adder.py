"""TaskAdder: adds tasks."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import Any

from .. import _core
from .._arguments import encode_arguments
from .._names import names_of
from .._references import lasting_call, target_of
from ..events.constants import TASK_ADDED, TASK_MODIFIED
from ..tasks.checks import as_args, as_kwargs, check_call, check_kind, flag
from ..tasks.options import IN_ORDER, TaskOptions
from ..tasks.policies import engine_options
from ..triggers import BaseTrigger
from ..triggers.factory import create_trigger, names_trigger
from ..triggers.interval import IntervalTrigger
from .aliases import unknown_alias
from .announcements import Announcements
from .configuration import Configuration
from .declarations import Added, Declarations, Key
from .engine_handle import EngineHandle
from .listeners import logger
from .loop_waits import waits
from .pending_references import leads_back
from .registry import Registry
from .resources import Resources

_OPTIONS = names_of(TaskOptions)
_NAMES = _OPTIONS | {"fn", "trigger"}
# The engine's flags.
_ON_CONFLICT = {None: 0, "replace": 1, "raise": 2, "keep": 4}


class TaskAdder:
    """Adds tasks, from the options of a call to the engine. Thread-safe; waits for the commit of a durable store."""

    def __init__(
        self,
        configuration: Configuration,
        handle: EngineHandle,
        declarations: Declarations,
        registry: Registry,
        resources: Resources,
        announcements: Announcements,
    ) -> None:
        self._configuration = configuration
        self._stores = configuration.stores
        self._executors = configuration.executors
        self._handle = handle
        self._declarations = declarations
        declarations.teller = weakref.WeakMethod(self._tell)
        self._registry = registry
        self._resources = resources
        self._announcements = announcements
        self._told_main = False

    def read(
        self, trigger: Any, positional: tuple[Any, ...], given: dict[str, Any]
    ) -> tuple[BaseTrigger, dict[str, Any]]:
        """Trigger and options of a call, whose keyword arguments (`given`) are the options and the arguments of its
        trigger.

        Raises:
            TypeError, ValueError, LookupError: naming the argument and the value.
        """
        if positional:
            _take_positional(positional, given)
        arguments = {name: value for name, value in given.items() if name not in _OPTIONS}
        rule = create_trigger(trigger, arguments, options=_NAMES)
        for name in arguments:
            del given[name]
        return rule, given

    @waits("add_task")
    def add(
        self, function: Callable[..., Any] | str, trigger: Any, positional: tuple[Any, ...], given: dict[str, Any]
    ) -> Key:
        """Adds a task; the arguments are those of read().

        Returns:
            alias of its store, and its id.

        Raises:
            TypeError, ValueError, LookupError: naming the argument and the value. ConflictIdError: see add_task.
        """
        if isinstance(function, str) and trigger is None and names_trigger(function):
            raise TypeError(
                f"fn_or_task: {function!r} is a trigger, not a function; the decorator is "
                f"add_task(trigger={function!r}, …), the call add_task(f, {function!r}, …)"
            )
        rule = trigger
        if type(rule) is not IntervalTrigger or positional or not _OPTIONS.issuperset(given):
            rule, given = self.read(trigger, positional, given)
        key, outcome = self._tell(self._handle.usable(), function, rule, given)
        if outcome != _core.ADD_UNCHANGED:
            code = TASK_MODIFIED if outcome == _core.ADD_REPLACED else TASK_ADDED
            self._announcements.task(code, key, pending=outcome == _core.ADD_PENDING)
        return key

    def _tell(
        self, engine: _core.Engine, function: Callable[..., Any] | str, rule: BaseTrigger, given: dict[str, Any]
    ) -> tuple[Key, int]:
        """Adds a task to an engine, and declares it. Gives also what became of the call."""
        called_with = function
        alias = runner = "default"
        id = kwargs = None
        options: dict[str, Any] = {}
        args: tuple[Any, ...] = ()
        flags = 0
        if given:
            alias = given.get("store") or alias
            runner = given.get("executor") or runner
            id = given.get("id")
            if given.get("args") is not None:
                args = as_args(given["args"])
            if given.get("kwargs") is not None:
                kwargs = as_kwargs(given["kwargs"])
            options = engine_options(given, self._configuration.timezone)
            flags = _conflict_flags(given)
        store = self._stores.get(alias)
        if store is None:
            raise unknown_alias("store", alias, self._stores)
        executor = self._executors.get(runner)
        if executor is None:
            raise unknown_alias("executor", runner, self._executors)
        target, reference, named = target_of(function)
        check_kind(target, executor, runner)
        check_call(target, args, kwargs)
        durable = store.durable
        if durable:
            function, target, reference, args, kwargs = lasting_call(function, target, reference, args, kwargs)
            self._registry.check_lasting(engine, alias, reference, rule)
        spec = self._registry.spec(engine, rule, alias, durable)

        known = True
        called = self._resources.inject(target)
        held: Callable[..., Any] | None = called
        if called is not target:
            executor.check_function(called)
        if durable:
            known = leads_back(function, target, reference)
            text = encode_arguments(args, kwargs or {})
            if text is not None:
                options["arguments"] = text
            self._registry.register(engine, reference, called)
            if reference.startswith("__main__:"):
                self._tell_main(reference, alias)
            held, args, kwargs = None, (), None
        elif not named:
            options["local"] = True
        elif id is not None and (args or kwargs):
            options.update(_comparable(args, kwargs or {}))
        id, outcome = engine.add_task(reference, held, args, kwargs, spec, id, alias, runner, options, flags)
        key = (alias, id)
        if not known:
            self._registry.references.add(key, target, reference)
        if self._declarations.open:
            call = (reference, held, args, kwargs, spec, id, alias, runner, options, flags)
            self._declarations.added(key, Added(call, durable, (called_with, rule, given)))
        return key, outcome

    def _tell_main(self, reference: str, store: str) -> None:
        """Says once that the functions of a script have no name that other programs know."""
        if not self._told_main:
            self._told_main = True
            logger.info(
                "store %s: %s belongs to a script, so another program, a server that imports this file too, does not "
                "find it by that name: move it to a module that both import",
                store,
                reference,
            )


def _take_positional(positional: tuple[Any, ...], given: dict[str, Any]) -> None:
    """Names the arguments that follow the trigger without a name."""
    if len(positional) > len(IN_ORDER):
        raise TypeError(f"add_task: too many arguments without a name; {positional[len(IN_ORDER) :]!r} are left")
    for name, value in zip(IN_ORDER, positional, strict=False):
        if name in given:
            raise TypeError(f"add_task: {name} was given twice, with its name and without")
        if name == "args" and isinstance(value, str):
            hint = f"; pass the cron string as the trigger: add_task(f, {value!r})" if names_trigger(value) else ""
            raise TypeError(f"args: the third argument without a name is args, and {value!r} is not a sequence{hint}")
        given[name] = value


def _conflict_flags(given: Mapping[str, Any]) -> int:
    on_conflict = given.get("on_conflict")
    try:
        flags = _ON_CONFLICT[on_conflict]
    except (KeyError, TypeError):
        raise ValueError(f"on_conflict: {on_conflict!r} is not one of 'keep', 'raise', 'replace'") from None
    replace = given.get("replace_existing", False)
    if replace is not False and flag(replace, "replace_existing"):
        return _ON_CONFLICT["replace"]
    return flags


def _comparable(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments as JSON, by which a memory store sees that an equal task is added again. Arguments without JSON are
    never equal."""
    try:
        return {"arguments": encode_arguments(args, kwargs)}
    except (TypeError, ValueError):
        return {"local": True}
