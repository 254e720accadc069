"""Task: a function with its schedule, left by a decorator where ``AsynczConfig`` finds it by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from .._names import names_of, unknown_argument
from ..tasks.options import TaskOptions, TaskPolicies
from ..triggers.arguments import AnyTrigger
from ..typing import undefined
from .framework import Framework

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

__all__ = ["Task"]

_OPTIONS = names_of(TaskOptions)
_POLICIES = names_of(TaskPolicies)


class Task:
    """The arguments of ``add_task``, kept until a scheduler asks for them. Nothing happens before that.

    An option that is left out is the scheduler's to choose (its ``task_defaults``). A given value is passed on as it
    stands: ``mistrigger_grace_time=0`` and ``coalesce=False`` mean what they say. Each option is an attribute too, to
    be read or set until the task is added.

    Args:
        fn: the function, plain or coroutine. The decorator gives it later: ``@Task(trigger=…)``.
        trigger: a trigger of ``uvsched.triggers``, or the name of one that needs no arguments. None: once, now.
        is_enabled: False leaves the task out.
        options: ``id``, ``name``, ``args``, ``kwargs``, ``store`` and the other options of ``add_task``.

    Raises:
        TypeError: an option that ``add_task`` does not know.
    """

    framework: ClassVar[Framework] = Framework()

    def __init__(
        self,
        fn: Callable[..., Any] | None = None,
        *,
        trigger: AnyTrigger = None,
        is_enabled: bool = True,
        **options: Unpack[TaskOptions],
    ) -> None:
        _check_names("Task", options, {"fn", "trigger", "is_enabled"})
        self.fn = fn
        self.trigger = trigger
        self.is_enabled = is_enabled
        vars(self).update(options)

    @property
    def options(self) -> TaskOptions:
        """The options that were given."""
        return cast(TaskOptions, {name: value for name, value in vars(self).items() if name in _OPTIONS})

    def __getattr__(self, name: str) -> Any:
        """An option that was not given: `undefined` for those whose None has a meaning, else None."""
        if name not in _OPTIONS:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}", name=name, obj=self)
        return undefined if name in _POLICIES else None

    def __call__(self, fn: Callable[..., Any]) -> Self:
        """Takes the function it decorates, and stands in its place.

        Raises:
            TypeError: it has another function already (a Task holds one; call ``task.fn(…)`` to run it yourself), or
                ``fn`` cannot be called.
        """
        if not callable(fn):
            raise TypeError(f"a Task takes a function, got {fn!r}")
        if self.fn is not None and self.fn is not fn:
            raise TypeError(f"this Task holds {self.fn!r} already; make another Task for {fn!r}")
        self.fn = fn
        return self

    @property
    def original(self) -> Callable[..., Any] | None:
        """The function that was decorated, without the wrappers that functools.wraps() noted."""
        return None if self.fn is None else inspect.unwrap(self.fn)

    def add_task(self, scheduler: Any) -> None:
        """Adds it to ``scheduler``, which may be any object with uvsched's ``add_task``.

        Raises:
            ImproperlyConfigured, the framework's: it holds no function, or the scheduler refused it; the text says why.
        """
        if self.fn is None:
            raise self.framework.error(f"{self!r} has no function: use it as a decorator, or give fn=")
        try:
            scheduler.add_task(self.fn, trigger=self.trigger, **self.options)
        except Exception as error:
            raise self.framework.error(f"{self!r}: {error}") from error

    @classmethod
    def decorator(
        cls,
        *,
        trigger: AnyTrigger = None,
        extra_args: Any = None,
        extra_kwargs: dict[str, Any] | None = None,
        is_enabled: bool = True,
        **options: Unpack[TaskOptions],
    ) -> Callable[[Callable[..., Any]], Self]:
        """Makes a ``Task`` of the function below it. ``AsynczConfig(tasks={name: module})`` adds it to the scheduler.

        The arguments are those of ``Task``, whose ``args`` and ``kwargs`` may be called ``extra_args`` and
        ``extra_kwargs`` here. ``replace_existing`` is True unless said otherwise: what a deploy changes about a task is
        meant to hold.
        """
        _check_names("scheduler", options, {"trigger", "extra_args", "extra_kwargs", "is_enabled"})
        if extra_args is not None:
            options["args"] = extra_args
        if extra_kwargs is not None:
            options["kwargs"] = extra_kwargs
        options.setdefault("replace_existing", True)
        return lambda fn: cls(fn, trigger=trigger, is_enabled=is_enabled, **options)

    def __repr__(self) -> str:
        called = getattr(self.fn, "__qualname__", None) or self.name or "no function yet"
        return f"<Task {self.id or called}>"


def _check_names(call: str, options: TaskOptions, own: set[str]) -> None:
    unknown = [name for name in options if name not in _OPTIONS]
    if unknown:
        raise unknown_argument(call, unknown, _OPTIONS | own)
