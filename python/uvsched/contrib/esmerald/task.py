"""Task: a function with its schedule, left by the ``scheduler`` decorator where ``AsynczConfig`` finds it by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from uvsched.contrib.esmerald.base import ImproperlyConfigured
from uvsched.typing import undefined

__all__ = ["Task", "scheduler"]


class Task:
    """What ``add_task`` will be given, kept until a scheduler asks for it. Nothing happens before that.

    A policy that is left out is the scheduler's to choose (its ``task_defaults``). A given value is passed on as it
    stands: ``mistrigger_grace_time=0`` and ``coalesce=False`` mean what they say.

    Args:
        fn: the function, plain or coroutine. The decorator gives it later: ``@Task(trigger=…)``.
        name: a text for people; the function's name unless given.
        trigger: a trigger of ``uvsched.triggers``, or the name of one that needs no arguments. None: once, now.
        id: the task's id; derived from the function's name unless given.
        mistrigger_grace_time: seconds; a run later than that is recorded as missed. None: never too late.
        coalesce: whether due times that piled up run once, for the latest.
        max_instances: how many runs may be under way at once.
        next_run_time: when to run first, whatever the trigger says. None adds the task paused.
        store: the alias of the store to keep it in. None: "default".
        executor: the alias of the executor that runs it. None: "default".
        replace_existing: whether a stored task of this id gets this definition (its run count and pause stay).
        args: positional arguments of the function.
        kwargs: keyword arguments of the function.
        is_enabled: False leaves the task out.
    """

    def __init__(
        self,
        fn: Callable[..., Any] | None = None,
        *,
        name: str | None = None,
        trigger: Any = None,
        id: str | None = None,
        mistrigger_grace_time: Any = undefined,
        coalesce: Any = undefined,
        max_instances: Any = undefined,
        next_run_time: Any = undefined,
        store: str | None = "default",
        executor: str | None = "default",
        replace_existing: bool = False,
        args: Any = None,
        kwargs: dict[str, Any] | None = None,
        is_enabled: bool = True,
    ) -> None:
        self.fn = fn
        self.name = name
        self.trigger = trigger
        self.id = id
        self.mistrigger_grace_time = mistrigger_grace_time
        self.coalesce = undefined if coalesce is None else coalesce
        self.max_instances = undefined if max_instances is None else max_instances
        self.next_run_time = next_run_time
        self.store = store
        self.executor = executor
        self.replace_existing = replace_existing
        self.args = args
        self.kwargs = kwargs
        self.is_enabled = is_enabled

    def __call__(self, fn: Callable[..., Any]) -> Task:
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

    def add_task(self, scheduler: Any) -> None:
        """Adds it to ``scheduler``, which may be any object with uvsched's ``add_task``.

        Raises:
            ImproperlyConfigured: it holds no function, or the scheduler refused it; the text says why.
        """
        if self.fn is None:
            raise ImproperlyConfigured(f"{self!r} has no function: use it as a decorator, or give fn=")
        try:
            scheduler.add_task(
                self.fn,
                trigger=self.trigger,
                args=self.args,
                kwargs=self.kwargs,
                id=self.id,
                name=self.name,
                mistrigger_grace_time=self.mistrigger_grace_time,
                coalesce=self.coalesce,
                max_instances=self.max_instances,
                next_run_time=self.next_run_time,
                store=self.store,
                executor=self.executor,
                replace_existing=self.replace_existing,
            )
        except Exception as error:
            raise ImproperlyConfigured(f"{self!r}: {error}") from error

    def __repr__(self) -> str:
        called = getattr(self.fn, "__qualname__", None) or self.name or "no function yet"
        return f"<Task {self.id or called}>"


def scheduler(
    *,
    name: str | None = None,
    trigger: Any = None,
    id: str | None = None,
    mistrigger_grace_time: Any = undefined,
    coalesce: Any = undefined,
    max_instances: Any = undefined,
    next_run_time: Any = undefined,
    store: str | None = None,
    executor: str | None = None,
    replace_existing: bool = True,
    extra_args: Any = None,
    extra_kwargs: dict[str, Any] | None = None,
    is_enabled: bool = True,
) -> Callable[[Callable[..., Any]], Task]:
    """Makes a ``Task`` of the function below it. ``AsynczConfig(tasks={name: module})`` adds it to the scheduler.

    The arguments are those of ``Task``, with ``args`` and ``kwargs`` called ``extra_args`` and ``extra_kwargs`` here.
    ``replace_existing`` is True unless said otherwise: what a deploy changes about a task is meant to hold.
    """

    def decorate(fn: Callable[..., Any]) -> Task:
        return Task(
            name=name,
            trigger=trigger,
            id=id,
            mistrigger_grace_time=mistrigger_grace_time,
            coalesce=coalesce,
            max_instances=max_instances,
            next_run_time=next_run_time,
            store=store,
            executor=executor,
            replace_existing=replace_existing,
            args=extra_args,
            kwargs=extra_kwargs,
            is_enabled=is_enabled,
        )(fn)

    return decorate
