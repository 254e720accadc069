"""Unrunnable: stored tasks that cannot run in this process: why, and what trusted modules can do about it."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING

from .._trust import is_trusted, resolve_trusted
from ..exceptions import TaskLookupError, UvschedException
from ..tasks.checks import check_kind
from ..triggers.custom import custom_name, objects
from .configuration import Configuration
from .declarations import Declarations
from .registry import Registry
from .resources import Resources

if TYPE_CHECKING:
    from .. import _core


class Unrunnable:
    """Says why a task cannot run here, and registers what trusted modules define. Guarded by the GIL.

    Args:
        visits: nothing runs here, so nothing is looked up.
    """

    def __init__(
        self,
        configuration: Configuration,
        declarations: Declarations,
        registry: Registry,
        resources: Resources,
        visits: bool,
    ) -> None:
        self._visits = visits
        self._configuration = configuration
        self._registry = registry
        self._resources = resources
        self._declarations = declarations
        self._problems: dict[str, str] = {}

    def problem(self, task: _core.TaskRecord) -> str | None:
        """Why a task cannot run in this process, and what to do; None if it can."""
        registry = self._registry
        if task.fn is None and task.function not in registry.functions:
            declared = self._declarations.reference((task.store, task.id))
            found = self._problems.get(task.function)
            return found or _why_unknown("function", task.function, self._why_shared(task.store), declared)
        trigger = custom_name(task.trigger)
        if trigger is not None and trigger not in registry.triggers:
            return self._problems.get(trigger) or _why_unknown("trigger", trigger, self._why_shared(task.store))
        if task.executor not in self._configuration.executors:
            return f"there is no executor {task.executor!r}: add one, give the task another one, or delete the task"
        return None

    def _why_shared(self, store: str) -> str | None:
        """Why the tasks of a store may name only what trusted modules define; None if the file vouches for them."""
        if self._configuration.trusted_modules:
            return ""
        part = self._configuration.stores.get(store)
        return "" if part is None else part.why_shared()

    def _trusted(self, store: str, name: str) -> tuple[str, ...]:
        """The modules whose functions a task of this store may name. If only this process's user can write the store,
        each module may name its own."""
        if self._why_shared(store) is None:
            return (name.partition(":")[0],)
        return self._configuration.trusted_modules

    def learn(self, engine: _core.Engine, event: _core.EventRecord) -> bool:
        """Registers the function, and the class of its custom trigger, of the stored task that an event says cannot run
        here, if trusted modules define them. False if it still cannot: the event then says what to do.

        Raises:
            BaseException: a trusted module raised it; the event says so too.
        """
        if self._visits:
            return False
        try:
            task = engine.get_task(event.task_id, event.alias or None)
        except TaskLookupError:
            return True  # it is gone, run by another event's lesson or deleted: nothing waits
        except (LookupError, UvschedException):
            return False  # the store is closing
        trigger = custom_name(task.trigger)
        unknown = [("function", task.function)] if task.function not in self._registry.functions else []
        if trigger is not None and trigger not in self._registry.triggers:
            unknown.append(("trigger", trigger))
        told = event.message
        for what, name in unknown:
            trusted = self._trusted(task.store, name)
            if not is_trusted(name, trusted):
                event.message = self.problem(task) or told
                return False
            try:
                self._register(engine, what, name, task.executor, trusted)
            except BaseException as error:
                event.message = self._problems[name] = _why_unresolved(what, name, error)
                if isinstance(error, (LookupError, UvschedException)):
                    return False
                raise
            self._problems.pop(name, None)
        # What the event names is known now: by this, or because the program added it meanwhile. Otherwise something
        # else keeps the task waiting.
        return any(f'"{name}"' in told for name in (task.function, trigger))

    def _register(self, engine: _core.Engine, what: str, name: str, executor: str, trusted: tuple[str, ...]) -> None:
        if what == "trigger":
            objects.know(name, trusted)
            self._registry.register_trigger(engine, name)
            return
        fn = resolve_trusted(name, trusted)
        part = self._configuration.executors.get(executor)
        if part is not None:
            check_kind(fn, part, executor)
        self._registry.register(engine, name, self._resources.inject(fn))


def _why_unknown(what: str, name: str, shared: str | None, declared: str | None = None) -> str:
    """The text for a function, or a class of triggers (`what`), that this process has not added.

    Args:
        shared: why it is not imported by its name.
        declared: the function with which this program declares the task.
    """
    module = name.partition(":")[0]
    ways = "add it here"
    if module != "__main__" and module.partition(".")[0] not in sys.stdlib_module_names:
        ways += f", start with trusted_modules=[{module!r}] if that module is yours"
    if shared:
        ways += f", or let only this process's user write the store: {shared}"
    other = f" (the program declares the task with {declared!r})" if declared not in (None, name) else ""
    return f"the {what} {name!r} has not been added in this process{other}: {ways}, or delete the task"


def _why_unresolved(what: str, name: str, error: BaseException) -> str:
    """The text for one that its trusted module does not lead to."""
    reason = str(error) if isinstance(error, LookupError) else _first_line(error)
    return f"the {what} {name!r} cannot be found by its name: {reason}; add it here, or delete the task"


def _first_line(error: BaseException) -> str:
    return traceback.format_exception_only(type(error), error)[-1].strip().partition("\n")[0]
