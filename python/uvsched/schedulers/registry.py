"""Registry: the functions and the classes of custom triggers that stored tasks find by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._trust import is_trusted
from ..enums import SchedulerState
from ..triggers import BaseTrigger
from ..triggers.base import Spec
from ..triggers.custom import objects
from .configuration import Configuration
from .custom_triggers import CustomTriggers, ThreadedTriggers, TriggersInPlace
from .declarations import Declarations
from .pending_references import PendingReferences

if TYPE_CHECKING:
    from .. import _core


class Registry:
    """The functions and classes that this process has registered with its engine. Guarded by the GIL.

    Args:
        visits: other programs run what is added here, and only they know which functions they trust.

    Attributes:
        references: the names of functions that start() has to check.
        functions: functions by name (module:qualname).
        triggers: the names of the classes of custom triggers.
    """

    def __init__(self, configuration: Configuration, declarations: Declarations, visits: bool) -> None:
        self._configuration = configuration
        self._declarations = declarations
        self._visits = visits
        self.references = PendingReferences()
        self._custom_triggers: CustomTriggers = ThreadedTriggers()
        self.functions: dict[str, Callable[..., Any]] = {}
        self.triggers: set[str] = set()

    @property
    def custom_triggers(self) -> CustomTriggers:
        """The part that calls custom triggers when the engine asks them."""
        kind = ThreadedTriggers if self._configuration.own_threads else TriggersInPlace
        if type(self._custom_triggers) is not kind:  # before the first start: setup() may have changed it
            self._custom_triggers = kind()
            if self.triggers:
                self._custom_triggers.need()
        return self._custom_triggers

    def register(self, engine: _core.Engine, reference: str, fn: Callable[..., Any]) -> None:
        """Lets stored tasks find a function under its name."""
        if self.functions.get(reference) != fn:
            engine.register(reference, fn)
            self.functions[reference] = fn
            self._declarations.function(reference, fn)

    def register_trigger(self, engine: _core.Engine, name: str) -> None:
        """Lets stored tasks find a class of custom triggers under its name."""
        if name not in self.triggers:
            engine.register_trigger(name)
            self.triggers.add(name)
            self._declarations.trigger(name)
        self.custom_triggers.need()

    def spec(self, engine: _core.Engine, trigger: BaseTrigger, store: str, durable: bool) -> Spec:
        """The form in which the engine is told about a trigger of a task in this store.

        Raises:
            ValueError: the store is durable, and other processes cannot make this trigger.
        """
        if not trigger.is_custom:
            return trigger.spec(self._configuration.timezone)
        form = objects.declare(trigger)
        if form.local is not None and durable:
            raise ValueError(f"trigger: store {store!r} is durable, but {form.local}")
        self.register_trigger(engine, form.name)
        return form.spec(trigger, self._configuration.timezone)

    def check_lasting(
        self, engine: _core.Engine, alias: str, reference: str | None, trigger: BaseTrigger | None
    ) -> None:
        """Checks that a task of this store can run after a restart: what it names is declared by this program at each
        start, or may be imported. A task that is added before the start is declared itself.

        Args:
            reference: the name of its function, and
            trigger: its trigger; None for one that the task has already.

        Raises:
            ValueError: it cannot; with the line to add.
        """
        if self._visits or not self._configuration.stores[alias].networked:
            return
        if engine.state() == SchedulerState.STATE_STOPPED:
            return
        trusted = self._configuration.trusted_modules
        names = []
        if reference is not None and reference not in self._declarations.functions:
            names.append(("fn", "function", reference))
        if trigger is not None and trigger.is_custom:
            name = objects.declare(trigger).name
            if name not in self._declarations.triggers:
                names.append(("trigger", "trigger", name))
        for argument, what, name in names:
            if is_trusted(name, trusted):
                continue
            module = name.partition(":")[0]
            modules = ", ".join(map(repr, (*trusted, module)))
            raise ValueError(
                f"{argument}: after a restart no process would run this task: store {alias!r} is on a server, where "
                f"others may write, so only modules that you name are imported from it. Give the scheduler "
                f"trusted_modules=[{modules}], or use the {what} {name!r} in a task that is added before start()"
            )

    def after_fork(self) -> None:
        """In the child of a fork: the next engine knows only declared functions and triggers."""
        self.functions = self._declarations.functions
        self.triggers = self._declarations.triggers
