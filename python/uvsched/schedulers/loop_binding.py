"""LoopBinding: the connection between a running engine and a loop."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Generic

from ..executors import BaseExecutor
from .engine_turns import AnyLoop, Timer

if TYPE_CHECKING:
    from .. import _core

_FAR_AWAY = 10 * 365 * 86_400.0  # seconds
_PATIENCE_S = 1.0  # for tasks on a shutdown trigger to begin
_SHORT_PATIENCE_S = 0.05  # if some of them cannot
_PAUSE_S = 0.0005


class LoopBinding(Generic[AnyLoop]):
    """Takes runs and events from the engine's queues and hands them to executors and listeners, on a loop's thread.

    Made, opened and closed on the loop's thread, or while the loop does not run.

    Args:
        on_events: gets the engine's events.
        on_stopped: called when the engine has stopped.
        on_loop_lost: called if the loop is closed while this is open; on the thread that closed it. None if the loop
            is never closed.
    """

    def __init__(
        self,
        engine: _core.Engine,
        loop: AnyLoop,
        executors: Iterable[tuple[str, BaseExecutor]],
        on_events: Callable[[list[_core.EventRecord]], None],
        on_stopped: Callable[[], None],
        on_loop_lost: Callable[[], None] | None,
    ) -> None:
        self.loop = loop
        self._engine = engine
        self._executors = tuple(executors)
        self._on_events = on_events
        self._on_stopped = on_stopped
        self._on_loop_lost = on_loop_lost
        self._control: _core.ControlConsumer | None = None
        self._opened: list[BaseExecutor] = []
        self._watch: weakref.ref[_LoopWatch] | None = None
        self._timer: weakref.ref[Timer] | None = None

    def open(self) -> None:
        """Attaches to the engine's queues. On failure nothing stays attached."""
        try:
            control = self._engine.attach_control()
            self._control = control
            self.loop.add_reader(control.fd, self._drain)
            for alias, executor in self._executors:
                self.attach(alias, executor)
            if self._on_loop_lost is not None:
                watch = _LoopWatch(self._on_loop_lost)
                timer = self.loop.call_later(_FAR_AWAY, watch)
                self._watch, self._timer = weakref.ref(watch), weakref.ref(timer)
        except BaseException:
            self.close(cancel=True)
            raise

    def attach(self, alias: str, executor: BaseExecutor) -> None:
        """Opens one more executor."""
        executor.open(self._engine, alias, self.loop)
        self._opened.append(executor)

    def detach(self, executor: BaseExecutor) -> None:
        """Closes an executor: coroutines are cancelled, functions in threads go on to their end."""
        if executor in self._opened:
            self._opened.remove(executor)
            executor.close(False, True)

    def _drain(self) -> None:
        control = self._control
        if control is None:
            return
        events, stopped = control.drain(everything=False)
        try:
            if events:
                self._on_events(events)
        finally:
            if stopped:
                self._on_stopped()

    def hand_out(self, turn: Callable[[], object]) -> bool:
        """Lets tasks on a shutdown trigger begin now, and not in later turns of the loop. The engine has begun to stop.
        Waits for its thread, and for workers, for a second at most.

        Args:
            turn: lets an engine without threads do its work.

        Returns:
            Whether some of them have still not begun.
        """
        held_up = any(executor.calls for executor in self._opened)  # by the function that shuts the scheduler down
        deadline = time.monotonic() + (_SHORT_PATIENCE_S if held_up else _PATIENCE_S)
        while True:
            turn()
            stats = self._engine.stats()
            if not stats["shutdown_to_come"]:  # before, runs that have not begun are still to be given back
                if not stats["shutdown_left"]:
                    return False
                for executor in list(self._opened):
                    executor.drain()
            if time.monotonic() > deadline:
                return True
            time.sleep(_PAUSE_S)

    def leave(self, cancel: bool, more: bool) -> bool:
        """Closes all but what runs of tasks on a shutdown trigger need.

        Args:
            more: some of them have not begun, as hand_out() says.

        Returns:
            Whether there are such runs on the loop. Then `on_stopped` is called when they have ended, and
            `on_loop_lost` if the loop is closed before, and close() is to follow.
        """
        self._opened = [executor for executor in self._opened if executor.leave(cancel, more)]
        return bool(self._opened)

    def stopping(self) -> None:
        """The engine has begun to stop, and waits for the executors' runs. On any thread."""
        for executor in list(self._opened):
            executor.stopping()

    def close(self, *, cancel: bool, loop_usable: bool = True) -> None:
        """Detaches: nothing starts any more, waiting runs go back, coroutines are cancelled. Never blocks, and may be
        repeated.

        Args:
            cancel: runs in threads are reported as cancelled too, instead of when they end.
            loop_usable: False if the loop is closed.
        """
        usable = loop_usable and not self.loop.is_closed()
        watch = None if self._watch is None else self._watch()
        if watch is not None:
            watch.callback = None
        timer = None if self._timer is None else self._timer()
        if timer is not None and usable:
            timer.cancel()
        for executor in self._opened:
            executor.close(cancel, usable)
        self._opened.clear()
        control, self._control = self._control, None
        if control is not None:
            if usable:
                self.loop.remove_reader(control.fd)
            events, _ = control.drain(everything=True)
            control.close(cancel, usable)
            if events:
                self._on_events(events)

    def forget(self) -> list[Any]:
        """In the child of a fork: drops the parent's objects without using them, and returns them to be kept."""
        inherited = [self.loop, self._engine, self._control, self._watch and self._watch()]
        inherited += [executor.forget() for executor in self._opened]
        watch = None if self._watch is None else self._watch()
        if watch is not None:
            watch.callback = None
        self._opened.clear()
        self._control = None
        return inherited

    def running(self) -> list[str]:
        """The names of the runs under way."""
        return [name for executor in list(self._opened) for name in executor.running()]


class _LoopWatch:
    """A timer that never comes, kept by the loop alone: when the loop is closed it drops its timers, and this goes with
    them.

    Closing a loop that has readers is silent: without this the runs that wait for it would be stranded.
    """

    __slots__ = ("__weakref__", "callback")

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def __call__(self) -> None:
        """The timer came, after ten years."""

    def __del__(self) -> None:
        if self.callback is not None:
            self.callback()
