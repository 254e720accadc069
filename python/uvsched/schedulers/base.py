"""BaseScheduler: the methods and parts that all kinds of schedulers have."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from datetime import datetime, timedelta, tzinfo
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, overload
from uuid import UUID

from .._names import unknown_method
from .._time import span_to_micros
from ..enums import SchedulerState, TaskScheduleState
from ..events import SchedulerEvent
from ..events.constants import ALL_EVENTS
from ..exceptions import TaskLookupError
from ..executors import BaseExecutor
from ..executors.factory import create_executor
from ..runs import Run
from ..stores import BaseStore
from ..stores.factory import create_store
from ..tasks import Task, TaskInfo, TaskRunPreview
from ..tasks.base import TaskDecorator
from ..tasks.options import (
    CalendarTask,
    CombinationTask,
    CronTask,
    DateTask,
    Function,
    IntervalTask,
    ShutdownTask,
    SpanTask,
    TaskDefaults,
    TaskOptions,
    TaskUpdates,
    signature_of_add_task,
)
from ..tasks.selection import selected
from ..triggers import BaseTrigger
from ..triggers.arguments import AnyTrigger, CalendarName, CombinationName, DateName
from ..triggers.factory import create_trigger
from ..triggers.types import TriggerType
from ..typing import Undefined, undefined
from .aliases import found
from .announcements import Announcements
from .configuration import (
    Configuration,
    SchedulerOptions,
    default_executor,
    default_store,
    read_changes,
    read_configuration,
)
from .datastructures import TaskDefaultStruct
from .declarations import Declarations, Key
from .driver import Driver
from .engine_handle import EngineHandle
from .event_feed import EventFeed
from .inspection import SchedulerInfo, SchedulerInstanceInfo, instance_info, scheduler_info
from .lifecycle import Lifecycle
from .listener_tasks import ListenerTasks
from .listeners import Listener, Listeners
from .loggers import ClassicLogging as ClassicLogging
from .loggers import default_loggers_class as default_loggers_class
from .parts import Parts
from .polled_driver import PolledDriver
from .registry import Registry
from .resources import Resources
from .task_adder import TaskAdder
from .task_editor import TaskEditor
from .task_reader import TaskReader
from .types import LoggersType
from .unrunnable import Unrunnable

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack


class BaseScheduler:
    """The form without a thread, and the base of all others. Whatever is due runs in the program's calls of
    process_tasks(), and nothing happens between them:

        scheduler.start()
        while scheduler.running:
            seconds = scheduler.process_tasks()
            time.sleep(1 if seconds is None else min(seconds, 1))

    PolledScheduler is this form with a descriptor that a loop can watch. AsyncIOScheduler, BackgroundScheduler and
    BlockingScheduler have a loop or threads, and run what is due by themselves.

    Functions run in process_tasks(), unless their executor is a ThreadPoolExecutor or a PullExecutor; listeners and
    custom triggers are called there, and it waits for the disk of durable stores. Coroutine functions need an
    AsyncIOScheduler. Starts and shutdowns are counted: the last shutdown stops it. A stopped scheduler may be started
    again; its tasks stay. As a context manager it starts and shuts down, unless its body has done so.

    Making one opens nothing: no thread, file, connection or lock. Its methods may be overridden: those of tasks,
    decorators and context managers go through them. Tasks are named by their id or by Task objects; `store` is the
    alias of their store (None: the first that has the id). Thread-safe; calls on a durable store wait for its commit.

    Args:
        global_config: a configuration dictionary, nested or with flat keys ("asyncz.stores.default.type"); keys may
            have the prefix "asyncz." or "uvsched.".
        timezone: tzinfo or name, for naive times and for the datetimes that are given back. "local", the default, is
            the machine's zone, read now: what TZ says, else /etc/localtime, else /etc/timezone, else UTC.
        stores: alias → store object, URL ("sqlite:tasks.db", "memory") or dictionary. "default" is a memory store
            unless given.
        executors: alias → executor object (of concurrent.futures too), name or dictionary. "default", unless given, is
            an AsyncIOExecutor where there is an asyncio loop, and else a DebugExecutor, which calls functions in
            process_tasks().
        task_defaults: the options of tasks that do not give their own: mistrigger_grace_time (seconds or None),
            coalesce, max_instances, max_catch_up, on_crash, max_crashes.
        trusted_modules: stored tasks whose function this process has not added run only if one of these modules, or a
            module inside one of them, defines it; what these modules import, stored tasks cannot reach. Without it,
            tasks of a store that only the process's user can write may name what any module itself defines.
        undeclared: "keep", "pause" or "delete" tasks of durable stores that an earlier start declared and this one does
            not; a line in the log names them. Tasks that were added while a scheduler ran are not among them, and a
            start that declares nothing in a store leaves that store alone.
        identity: names this scheduler in the ledger: a text, or an int or a UUID, of which the text is taken; unless
            given, "AsyncIOScheduler-host-pid-1" and so on, another one for each object.
        lock_path: accepted for asyncz's sake; claims are atomic in the store, so no lock file is needed.
        options: `shutdown_timeout`: how long (seconds or a timedelta) a shutdown waits for runs under way; None: as
            long as they take. More of them in a subclass. For tests `manual_clock`, a datetime at which the clock
            stands still until advance() moves it; and options of asyncz that mean nothing here.

    Raises:
        TypeError, ValueError, LookupError: naming the argument and the value.
    """

    _polled: ClassVar[bool] = True
    """Whether it works in the program's calls alone, and there is no asyncio loop."""

    _visits: ClassVar[bool] = False
    """Whether it only visits stores whose tasks other programs run: it runs nothing, looks up no function for a stored
    task, and what it adds need not be declared or trusted here."""

    def __init__(
        self,
        global_config: Mapping[str, Any] | None = None,
        *,
        timezone: tzinfo | str | None = None,
        stores: Mapping[str, BaseStore | str | Mapping[str, Any]] | None = None,
        executors: Mapping[str, BaseExecutor | Executor | str | Mapping[str, Any]] | None = None,
        task_defaults: TaskDefaults | Mapping[str, Any] | None = None,
        trusted_modules: Iterable[str] = (),
        undeclared: Literal["keep", "pause", "delete"] | None = None,
        identity: str | int | UUID | None = None,
        lock_path: str | None = None,
        **options: Unpack[SchedulerOptions],
    ) -> None:
        named = {
            "timezone": timezone,
            "stores": stores,
            "executors": executors,
            "task_defaults": task_defaults,
            "trusted_modules": trusted_modules or None,
            "undeclared": undeclared,
            "identity": identity,
            "lock_path": lock_path,
        }
        configuration = read_configuration(global_config, {**options, **named}, polled=self._polled)
        declarations = Declarations()
        kind = type(self).__name__
        handle = EngineHandle(kind, configuration, declarations, self._visits)  # which refuses now what it refuses
        registry = Registry(configuration, declarations, self._visits)
        resources = Resources(declarations)
        unrunnable = Unrunnable(configuration, declarations, registry, resources, self._visits)
        self._resources = resources
        self._configuration = configuration
        self._handle = handle
        self._driver = self._make_driver(configuration)
        listener_tasks = ListenerTasks()
        listeners = Listeners(None if self._polled else listener_tasks)
        announcements = Announcements(configuration, handle, listeners)
        self._announcements = announcements
        self._adder = TaskAdder(configuration, handle, declarations, registry, resources, announcements)
        self._editor = TaskEditor(configuration, handle, declarations, registry, resources, announcements)
        self._reader = TaskReader(configuration, handle, declarations, registry, unrunnable)
        self._feed = EventFeed(configuration, handle, unrunnable, self._driver, listeners)
        self._parts = Parts(configuration, handle, declarations, self._feed, announcements, self._driver)
        self._lifecycle = Lifecycle(
            kind,
            configuration,
            handle,
            declarations,
            registry,
            self._feed,
            announcements,
            listener_tasks,
            self._driver,
        )

    def _make_driver(self, configuration: Configuration) -> Driver:
        """Makes the part that runs it."""
        return PolledDriver(configuration)

    # ---- Its work ----

    def process_tasks(self) -> float | None:
        """Runs what is due, for programs that sleep between two calls: functions in this call have ended when it
        returns, and their results are stored. Reads every task. Where a loop or a thread does the work, this call only
        tells the time.

        Returns:
            The seconds until the next task is due, 0 if one is, or if there is very much to do; None if no task has a
            next run, and while the scheduler is paused.

        Raises:
            SchedulerNotRunningError: it was not started yet. DeadlockError: this method has called the function or the
            listener that calls it. SchedulerForkedError: it runs in the parent process.
        """
        self._handle.usable()
        if self._driver.work():
            return 0.0
        if self.state == SchedulerState.STATE_PAUSED:
            return None
        return self._reader.seconds_to_next()

    # ---- Starting, stopping, state ----

    @property
    def state(self) -> SchedulerState:
        """What the scheduler is doing."""
        return self._lifecycle.state

    @property
    def running(self) -> bool:
        """Whether it has been started and not shut down; also while paused."""
        return self.state != SchedulerState.STATE_STOPPED

    @property
    def started_at(self) -> datetime | None:
        """When it was started, by its own clock; None while it is stopped."""
        return self._lifecycle.started_at

    def start(self, paused: bool = False) -> bool:
        """Opens the stores, writes the tasks added so far and begins to fire. Waits for the stores.

        Args:
            paused: no run starts until resume().

        Returns:
            True if this call started it; False if it ran already, and the start was only counted.

        Raises:
            StoreError: a store cannot be opened; nothing was started or counted. ConflictIdError: a task added with
            on_conflict="raise" differs from the stored one. ValueError: the name of a decorated function does not lead
            to it. SchedulerAlreadyRunningError: it is still stopping.
        """
        for executor in self._configuration.executors.values():
            executor.belongs_to(self)
        self._resources.check()
        return self._lifecycle.start(paused)

    def shutdown(self, wait: bool = True) -> bool:
        """Takes back one start; the last one stops the scheduler.

        Works until runs under way have ended, at most for the scheduler's shutdown_timeout (wait=True), or cancels the
        runs that can be cancelled. In a function or a listener that process_tasks() has called, and in a run of a
        ThreadPoolExecutor, it does not wait: no run starts after it returns, and functions in threads go on to their
        end; call process_tasks() until then, so that their results are stored.

        Args:
            wait: let runs under way end; False: cancel those that can be cancelled.

        Returns:
            True if this call stopped it; False if further starts hold it.

        Raises:
            SchedulerNotRunningError: it was not started, or has been shut down already.
        """
        return self._lifecycle.shutdown(wait)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._lifecycle.ended:
            return
        if in_a_hurry(kind):
            self._lifecycle.leave()
        else:
            self.shutdown()

    def pause(self) -> None:
        """Lets no run start until resume(). Due times that pass meanwhile are treated as late.

        Raises:
            SchedulerNotRunningError: it does not run.
        """
        self._lifecycle.pause()

    def resume(self) -> None:
        """Ends a pause.

        Raises:
            SchedulerNotRunningError: it does not run.
        """
        self._lifecycle.resume()

    def advance(self, time: timedelta | float) -> None:
        """Moves a manual clock forward by a timedelta or seconds.

        Raises:
            ValueError: the scheduler has no manual clock.
        """
        self._handle.advance(span_to_micros(time, "time"))

    def wakeup(self) -> None:
        """Accepted for asyncz's sake: the engine knows by itself when there is something to do."""

    # ---- Configuration ----

    def setup(
        self, global_config: Mapping[str, Any] | None = None, prefix: str | None = "asyncz.", **options: Any
    ) -> None:
        """Configures the scheduler further, before its first start: what is given replaces what was given before;
        stores and executors join those that are there. Tasks that were added stay, with their times as they were read.

        Args:
            global_config: as for the constructor; with a `prefix` of your own only the keys that begin with it.
            options: the constructor's keyword arguments.

        Raises:
            SchedulerAlreadyRunningError: the scheduler has been started before. TypeError, ValueError, LookupError:
            naming the argument and the value; nothing has changed.
        """
        self._handle.configure(read_changes(global_config, prefix, options, polled=self._polled))

    @property
    def logger(self) -> logging.Logger:
        """The standard logger to which the scheduler writes, "uvsched"."""
        return self.loggers["uvsched"]

    @property
    def loggers(self) -> LoggersType:
        """The standard loggers by name."""
        return self._configuration.loggers

    @property
    def loggers_class(self) -> type[LoggersType]:
        """The class of `loggers`."""
        return type(self._configuration.loggers)

    def lookup_executor(self, alias: str) -> BaseExecutor:
        """The executor of this alias.

        Raises:
            LookupError: there is none.
        """
        return found("executor", alias, self._configuration.executors)

    def lookup_store(self, alias: str) -> BaseStore:
        """The store of this alias.

        Raises:
            LookupError: there is none.
        """
        return found("store", alias, self._configuration.stores)

    def lookup_task(self, task_id: str, store_alias: str | None = None) -> tuple[Task, str]:
        """A task, and the alias of its store (None: the first that has the id).

        Raises:
            TaskLookupError: there is no such task. LookupError: there is no such store.
        """
        key = self._reader.find(task_id, store_alias)
        if key is None:
            raise TaskLookupError(task_id)
        return self._task(key), key[0]

    def create_default_executor(self) -> BaseExecutor:
        """A new executor of the kind that a scheduler has unless it is given one."""
        return default_executor(self._polled)

    def create_default_store(self) -> BaseStore:
        """A new store of the kind that a scheduler has unless it is given one."""
        return default_store()

    def create_trigger(
        self, trigger: TriggerType | timedelta | str | None, trigger_args: Mapping[str, Any] | None = None
    ) -> BaseTrigger:
        """The trigger that add_task makes of these arguments.

        Raises:
            TypeError, ValueError, LookupError: naming the argument.
        """
        return create_trigger(trigger, trigger_args or {}, "create_trigger")

    @property
    def timezone(self) -> tzinfo:
        """The zone of naive times, and of the datetimes that are given back."""
        return self._configuration.timezone

    @property
    def identity(self) -> str:
        """The name of this scheduler in the ledger: that of its class, the host, the process id and a number unless one
        was given."""
        return self._handle.identity

    @property
    def stores(self) -> Mapping[str, BaseStore]:
        """alias → store."""
        return dict(self._configuration.stores)

    @property
    def executors(self) -> Mapping[str, BaseExecutor]:
        """alias → executor."""
        return dict(self._configuration.executors)

    @property
    def task_defaults(self) -> TaskDefaultStruct:
        """The options of tasks that do not give their own: `task_defaults.max_instances`, and so on."""
        return TaskDefaultStruct.of(self._configuration.task_defaults)

    @property
    def lock_path(self) -> str:
        """As given; it has no effect, because claims are atomic in the store."""
        return self._configuration.lock_path

    def add_executor(
        self, executor: BaseExecutor | Executor | str, alias: str = "default", **executor_options: Any
    ) -> None:
        """Adds an executor under a free alias; before the first start also under "default" if none was given for it.
        While the scheduler runs, the executor takes runs at once: tasks that waited for this alias go on.

        Raises:
            ValueError: the alias is taken. SchedulerNotRunningError: the scheduler is stopping.
        """
        self._parts.add_executor(create_executor(executor, executor_options, alias), alias, self)

    def add_store(self, store: BaseStore | str, alias: str = "default", **store_options: Any) -> None:
        """Adds a store under a free alias; before the first start also under "default" if none was given for it. While
        the scheduler runs, a durable store is opened, which the call waits for, and its tasks run from now on.

        Raises:
            ValueError: the alias is taken. StoreError: it cannot be opened; it was not added. SchedulerNotRunningError:
            the scheduler is stopping.
        """
        self._parts.add_store(create_store(store, store_options, alias), alias)

    def remove_executor(self, alias: str, shutdown: bool = True) -> None:
        """Removes an executor. Runs that it has not begun are released, and its tasks wait until there is an executor
        of this alias; a TASK_UNRUNNABLE event names one of them.

        Args:
            shutdown: end it: its coroutines are cancelled, functions in threads go on to their end. False: what it runs
                goes on, and it is closed with the scheduler.

        Raises:
            LookupError: there is no such executor. ValueError: before a start, a task that was added needs it.
        """
        self._parts.remove_executor(alias, shutdown)

    def remove_store(self, alias: str, shutdown: bool = True) -> None:
        """Removes a store: its tasks are not run any more. Those in memory are gone, those of a durable store stay in
        it. It is closed when the runs of its tasks that have begun are over.

        Args:
            shutdown: accepted for asyncz's sake: a store that no scheduler has is closed.

        Raises:
            LookupError: there is no such store. ValueError: before a start, tasks were added to it.
        """
        self._parts.remove_store(alias)

    def provide(self, name: str, factory: Any) -> None:
        """Provides a resource to functions: a parameter whose default is `uvsched.provided(name)` gets it.

        Args:
            factory: called for each run, on its thread or loop. It gives the resource; or a context manager, sync or
                async, that is entered before the function is called and left afterwards; or an awaitable. A generator
                function that yields once is such a context manager. What cannot be called is the resource itself. A
                plain function gets no resource that only a coroutine can open.

        A resource that fails to open or to close fails the run. The name is looked up at each run: providing it again
        changes it, in tests for example.

        Raises:
            TypeError: the name is not a string.
        """
        self._resources.provide(name, factory)

    # ---- Listeners ----

    def add_listener(self, callback: Listener, mask: int = ALL_EVENTS) -> None:
        """Calls `callback(event)` for events whose code is in `mask`.

        What this object is asked to do, a listener hears on the thread of the call before the call returns, also while
        the scheduler is stopped: tasks added, changed, paused, removed, stores and executors added or removed, start,
        pause, resume and shutdown. (Of an awaitable twin: on its loop's thread.) Parts and tasks that were there before
        any listener wanted to hear of them are told by the next start. What the engine decides comes on the thread of
        the scheduler's loop. A coroutine function is awaited on that loop, one task for each event; without a loop it
        waits for the start.

        A listener that raises is logged and does not disturb the others. The engine's events wait in a bounded ring: if
        listeners are too slow, the oldest are dropped and an EVENTS_DROPPED event says how many.

        Raises:
            TypeError: the callback cannot be called, or is a generator function; it is a coroutine function, and the
            scheduler a PolledScheduler, which has no loop for it; the mask is not a number.
        """
        self._feed.add_listener(callback, mask)

    def remove_listener(self, callback: Listener) -> bool:
        """Removes a listener. False if it was not added."""
        return self._feed.remove_listener(callback)

    def dispatch_event(self, event: SchedulerEvent) -> None:
        """Calls the listeners that want this event, on this thread."""
        self._feed.dispatch(event)

    # ---- Adding tasks ----

    # For type checkers: with a function, for each kind of trigger, whose arguments and the options go by name; then
    # without a function, as a decorator; then by the function's older name.

    @overload
    def add_task(self, fn_or_task: Function, trigger: DateName = None, **options: Unpack[DateTask]) -> Task: ...
    @overload
    def add_task(self, fn_or_task: Function, trigger: Literal["interval"], **options: Unpack[IntervalTask]) -> Task: ...
    @overload
    def add_task(self, fn_or_task: Function, trigger: timedelta, **options: Unpack[SpanTask]) -> Task: ...
    @overload
    def add_task(self, fn_or_task: Function, trigger: Literal["cron"], **options: Unpack[CronTask]) -> Task: ...
    @overload
    def add_task(self, fn_or_task: Function, trigger: CalendarName, **options: Unpack[CalendarTask]) -> Task: ...
    @overload
    def add_task(self, fn_or_task: Function, trigger: CombinationName, **options: Unpack[CombinationTask]) -> Task: ...
    @overload
    def add_task(self, fn_or_task: Function, trigger: Literal["shutdown"], **options: Unpack[ShutdownTask]) -> Task: ...
    @overload
    def add_task(self, fn_or_task: Function, trigger: TriggerType, **options: Unpack[TaskOptions]) -> Task: ...
    @overload
    def add_task(self, fn_or_task: Task, trigger: AnyTrigger = None, **options: Any) -> Task: ...
    @overload
    def add_task(self, *, trigger: DateName = None, **options: Unpack[DateTask]) -> TaskDecorator: ...
    @overload
    def add_task(self, *, trigger: Literal["interval"], **options: Unpack[IntervalTask]) -> TaskDecorator: ...
    @overload
    def add_task(self, *, trigger: timedelta, **options: Unpack[SpanTask]) -> TaskDecorator: ...
    @overload
    def add_task(self, *, trigger: Literal["cron"], **options: Unpack[CronTask]) -> TaskDecorator: ...
    @overload
    def add_task(self, *, trigger: CalendarName, **options: Unpack[CalendarTask]) -> TaskDecorator: ...
    @overload
    def add_task(self, *, trigger: CombinationName, **options: Unpack[CombinationTask]) -> TaskDecorator: ...
    @overload
    def add_task(self, *, trigger: Literal["shutdown"], **options: Unpack[ShutdownTask]) -> TaskDecorator: ...
    @overload
    def add_task(self, *, trigger: TriggerType, **options: Unpack[TaskOptions]) -> TaskDecorator: ...
    @overload
    def add_task(self, *, fn: Function, trigger: AnyTrigger = None, **options: Any) -> Task: ...

    def add_task(
        self, fn_or_task: Any = undefined, trigger: Any = None, *positional: Any, **options: Any
    ) -> Task | TaskDecorator:
        """Adds a task. Before start() it is kept, and written to its store at start.

        The store remembers the last declaration of each id. An equal declaration, from any process, changes nothing;
        edits since then stay. A different declaration before start() means that the code has changed: it replaces the
        stored task, but keeps run count and pause, and a line in the log shows old and new. Without a function the call
        is a decorator: `@scheduler.add_task(trigger="interval", minutes=5, id="sync")`.

        Args:
            fn_or_task: the function, a coroutine function or not, or "package.module:function"; or a Task that was made
                apart, whose options the other arguments override. `fn` is its older name.
            trigger: a trigger; its name, with its arguments as `trigger_args`; a timedelta for an interval. None: once,
                now, or at `run_at`.
            args, kwargs: arguments for the function. A durable store takes JSON's types, datetime, date, time,
                timedelta, bytes, tuple, set, frozenset, Decimal, UUID, Enum, ZoneInfo and timezone. Objects of their
                subclasses come back as these (named tuples as tuples), but dataclasses and models are refused.
            id: unique within the store, up to 255 bytes. None: derived from the function and its arguments for
                recurring tasks in a durable store; random for others.
            name: for people; the function's name unless given.
            mistrigger_grace_time: how late (seconds or a timedelta) a run may start; None: however late. With 0 nearly
                every run is missed, since hardly any starts at the very microsecond.
            coalesce: whether due times that piled up run once, for the latest.
            max_instances: how many runs may be under way at a time.
            next_run_time: when to run first, regardless of the trigger; None adds the task paused. Naive: in the
                scheduler's zone.
            store, executor: aliases.
            replace_existing: True means on_conflict="replace".
            on_conflict: what to do if the id exists with another declaration: "replace" the task (once the scheduler
                runs, also if only the stored task was changed); "keep" it, with an event; "raise", from start() if the
                task was added before. None: "replace" before start(), "raise" afterwards.
            on_crash: whether a run whose process dies is run again ("rerun", at least once) or recorded as lost
                ("mark_lost", at most once).
            max_catch_up: how many piled-up due times run if they are not coalesced, 1 to 100,000; beyond 1,000 in
                pieces, each when the one before is over.
            max_crashes: after so many crashes a "rerun" run is given up.

        Raises:
            TypeError, ValueError, LookupError: naming the argument and the value. ConflictIdError (a KeyError): the id
            exists with another declaration, or was added before start() with another one.
        """
        fn = options.pop("fn", None)
        if isinstance(fn_or_task, Undefined):
            if fn is not None:
                warnings.warn("add_task: fn= is old; pass the function first", DeprecationWarning, stacklevel=2)
            fn_or_task = fn
        elif fn_or_task is None:
            raise TypeError(
                "fn_or_task: None is not a function (pass f, not f()); leave it out to use add_task as a decorator"
            )
        if fn_or_task is None:
            return TaskDecorator(self.add_task, *self._adder.read(trigger, positional, options))
        if isinstance(fn_or_task, Task):
            return self._take(fn_or_task, trigger, positional, options)
        return Task.of(self, self._reader, *self._adder.add(fn_or_task, trigger, positional, options))

    def _take(self, task: Task, trigger: Any, positional: tuple[Any, ...], options: dict[str, Any]) -> Task:
        draft = task.draft
        if draft is None:
            raise TypeError(f"fn_or_task: {task!r} is a task of a scheduler already")
        if draft.given is None:
            raise TypeError("fn_or_task: the task has no function; give it as Task(fn=…)")
        given = {**draft.options, **options}
        key = self._adder.add(draft.given, draft.trigger if trigger is None else trigger, positional, given)
        task.added(self, self._reader, *key)
        return task

    add_task.__signature__ = signature_of_add_task()  # type: ignore[attr-defined]

    def _task(self, key: Key) -> Task:
        return Task.of(self, self._reader, *key)

    # ---- Changing tasks ----

    def update_task(self, task_id: Task | str, store: str | None = None, **updates: Unpack[TaskUpdates]) -> Task:
        """Changes a task: fn, args, kwargs, name, executor, trigger, next_run_time and the policies of add_task.

        Run count and pause stay; the next run is computed anew when the trigger changes.

        Raises:
            TaskLookupError: there is no such task. TypeError, ValueError, LookupError: naming the update.
        """
        return self._task(self._editor.update(task_id, store, updates))

    def reschedule_task(
        self, task_id: Task | str, store: str | None = None, trigger: AnyTrigger = None, **trigger_args: Any
    ) -> Task:
        """Gives a task another trigger and computes its next run from now.

        Args:
            trigger: as in add_task, with its arguments as `trigger_args`. None: a trigger of the kind that the task has
                now, by these arguments alone; once at `run_at`; or, without any argument, once now.

        Raises:
            TaskLookupError: there is no such task. TypeError, ValueError, LookupError: naming the trigger's argument.
        """
        return self._task(self._editor.reschedule(task_id, store, trigger, trigger_args))

    def pause_task(self, task_id: Task | str, store: str | None = None) -> Task:
        """Pauses a task, over restarts too. Due times that pass meanwhile are not run later.

        Raises:
            TaskLookupError: there is no such task.
        """
        return self._task(self._editor.pause(task_id, store))

    def resume_task(self, task_id: Task | str, store: str | None = None) -> Task | None:
        """Resumes a task; its next run is computed from now. None if its trigger has no time left.

        Raises:
            TaskLookupError: there is no such task.
        """
        key = self._editor.resume(task_id, store)
        return None if key is None else self._task(key)

    def run_task(
        self, task_id: Task | str, store: str | None = None, *, force: bool = True, remove_finished: bool = True
    ) -> Task | None:
        """Runs a task once now. Its schedule does not change.

        Args:
            force: False runs it only if it is due.
            remove_finished: accepted for asyncz's sake; running a task by hand does not finish it here.

        Raises:
            TaskLookupError: there is no such task. SchedulerNotRunningError: the scheduler does not run.
        """
        return self._task(self._editor.run(task_id, store, force))

    def delete_task(self, task_id: Task | str | None, store: str | None = None) -> None:
        """Deletes a task. A run under way goes on.

        Raises:
            TaskLookupError: there is no such task.
        """
        self._editor.delete(task_id, store)

    def remove_all_tasks(self, store: str | None = None) -> int:
        """Deletes all tasks of a store (None: of every store), and returns their number.

        Raises:
            LookupError: there is no such store.
        """
        return self._editor.delete_all(store)

    # ---- Looking at tasks ----

    def get_task(self, task_id: str, store: str | None = None) -> Task | None:
        """A live view of a task; None if there is none, or no such store."""
        if store is not None and store not in self._configuration.stores:
            return None
        key = self._reader.find(task_id, store)
        return None if key is None else self._task(key)

    def get_tasks(self, store: str | None = None) -> list[Task]:
        """Live views of all tasks of a store (None: of every store), in order of store and id."""
        return [self._task((record.store, record.id)) for record in self._reader.records(store)]

    def get_task_info(self, task_id: str, store: str | None = None) -> TaskInfo | None:
        """A detached picture of a task; None if there is none."""
        task = self.get_task(task_id, store)
        return None if task is None else task.snapshot()

    def get_task_infos(
        self,
        store: str | None = None,
        *,
        schedule_state: TaskScheduleState | str | None = None,
        executor: str | None = None,
        trigger: str | None = None,
        q: str | None = None,
        sort_by: str = "next_run_time",
        descending: bool = False,
    ) -> list[TaskInfo]:
        """Detached pictures of tasks, in order.

        Args:
            store: only tasks of this store; None: of every store.
            schedule_state: only tasks in this state: "pending", "paused" or "scheduled".
            executor: only tasks of this executor.
            trigger: only tasks with this kind of trigger: its name ("cron") or its class ("CronTrigger").
            q: only tasks with this text, in any case, in their id, name, function, trigger, executor, store or state.
            sort_by: "id", "name", "next_run_time", "schedule_state", "executor", "store" or "trigger"; tasks without a
                next run come last.
            descending: the last one first.

        Raises:
            ValueError: there is no such state or order. LookupError: there is no such store.
        """
        return selected(
            (self._reader.info(record) for record in self._reader.records(store)),
            schedule_state=schedule_state,
            executor=executor,
            trigger=trigger,
            q=q,
            sort_by=sort_by,
            descending=descending,
        )

    def preview_task_runs(
        self, task_id: Task | str, store: str | None = None, *, count: int = 5, now: datetime | None = None
    ) -> TaskRunPreview | None:
        """The next due times of a task, at most `count`; None if there is no such task.

        Args:
            now: due times from this moment on (naive: in the scheduler's zone); None: from its next run on.
        """
        return self._reader.preview(task_id, store, count, now)

    def history(
        self,
        task_id: str | None = None,
        state: str | None = None,
        *,
        limit: int = 100,
        before: int | None = None,
        store: str | None = None,
    ) -> list[Run]:
        """Runs that ended, and due times that were missed or skipped, from new to old. Waits for a durable store.

        Args:
            task_id: only the rows of this task; None: of all tasks.
            state: only "done", "failed", "cancelled", "lost", "missed" or "skipped" rows; None: all of them.
            limit: the largest number of rows.
            before: only rows with a smaller number; give the number of the last row of the page before. None: from the
                newest.
            store: alias; "default" unless given.

        Raises:
            ValueError, LookupError: naming the argument. SchedulerNotRunningError: a durable store is not open.
        """
        return self._reader.history(task_id, state, limit, before, store)

    def get_scheduler_info(self) -> SchedulerInfo:
        """A detached picture of the scheduler. Has the stores count their tasks.

        Raises:
            SchedulerNotRunningError: it has stopped, and a durable store is closed.
        """
        return scheduler_info(self._configuration, self._handle, self._lifecycle)

    def get_scheduler_instance_infos(self) -> tuple[SchedulerInstanceInfo, ...]:
        """The schedulers that use the stores: at present this one alone. Reads every task."""
        return (instance_info(self.get_scheduler_info(), self._reader.now()),)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            raise unknown_method(type(self), name)

    def __getstate__(self) -> Any:
        raise TypeError("a scheduler cannot be pickled; is it an argument of a task, or an attribute of one?")

    def __repr__(self) -> str:
        return repr(self._lifecycle)


def in_a_hurry(kind: type[BaseException] | None) -> bool:
    """Whether the body of a context manager ended with Ctrl-C, a cancellation or SystemExit."""
    return kind is not None and not issubclass(kind, Exception)
