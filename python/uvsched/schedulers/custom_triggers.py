"""CustomTriggers: calls the custom triggers of a scheduler, on threads of its own or on the thread of its loop."""

from __future__ import annotations

import json
import threading
from datetime import datetime
from queue import SimpleQueue
from typing import Any

from .. import _core
from .._failures import describe
from .._time import from_micros, to_micros, to_zone
from ..executors import BaseExecutor
from ..executors.base import Readers
from ..executors.on_loop import OnLoop
from ..triggers.custom import objects

Ask = tuple[int, str, str, str, str, "int | None", int]
"""(id, class, arguments, zone, task id, previous time, now), times in microseconds."""

_DEADLINE = _core.TRIGGER_DEADLINE_MS / 1000


class CustomTriggers(BaseExecutor):
    """Answers for custom triggers when the engine asks them, one question at a time."""

    def need(self) -> None:
        """A task has a custom trigger."""

    @property
    def busy(self) -> int:
        return 0


class ThreadedTriggers(CustomTriggers):
    """Calls them on threads of its own, so that a slow one holds up nothing else.

    Two daemon threads, started with the first custom trigger: one takes asks, the other calls the triggers. A trigger
    that does not come back in the engine's time is given up by both sides: its thread is left to it, and a fresh one
    takes its place.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._engine: _core.Engine | None = None
        self._consumer: _core.TriggerConsumer | None = None
        self._needed = False

    def need(self) -> None:
        with self._lock:
            self._needed = True
            self._begin()

    def open(self, engine: _core.Engine, alias: str, loop: Readers) -> None:
        with self._lock:
            self._engine = engine
            self._begin()

    def _begin(self) -> None:
        if self._engine is None or self._consumer is not None or not self._needed:
            return
        self._consumer = self._engine.attach_triggers()
        threading.Thread(target=_take, args=(self._consumer,), name="uvsched-triggers", daemon=True).start()

    def close(self, cancel: bool, usable: bool) -> None:
        with self._lock:
            consumer, self._consumer = self._consumer, None
            self._engine = None
        if consumer is not None:
            consumer.close(cancel, usable)

    def forget(self) -> Any:
        consumer, self._consumer = self._consumer, None
        self._engine = None
        self._lock = threading.Lock()
        return consumer


class TriggersInPlace(OnLoop, CustomTriggers):
    """Calls them on the thread of the scheduler's loop, which a slow one holds up."""

    _consumer: _core.TriggerConsumer | None

    def open(self, engine: _core.Engine, alias: str, loop: Readers) -> None:
        self._watch(loop, engine.attach_triggers(), self._answer)

    def _answer(self) -> None:
        while self._consumer is not None and (ask := self._consumer.take(0)) is not None:
            consumer = self._consumer
            consumer.answer(ask[0], *_answer(ask))


def _take(consumer: _core.TriggerConsumer) -> None:
    """The thread that takes asks, until the consumer is closed."""
    asker: _Asker | None = None
    while True:
        ask = consumer.take(-1)
        if ask is None:
            if consumer.closed:
                break
            continue
        if asker is None:
            asker = _Asker(consumer)
        if not asker.answers(ask):
            asker = None
    if asker is not None:
        asker.end()


class _Asker:
    """A thread that calls triggers."""

    def __init__(self, consumer: _core.TriggerConsumer) -> None:
        self._consumer = consumer
        self._asks: SimpleQueue[Ask | None] = SimpleQueue()
        self._answered = threading.Semaphore(0)
        threading.Thread(target=self._work, name="uvsched-trigger", daemon=True).start()

    def answers(self, ask: Ask) -> bool:
        """Whether the trigger came back in time; if not, the thread ends when it does."""
        self._asks.put(ask)
        if self._answered.acquire(timeout=_DEADLINE):
            return True
        self.end()
        return False

    def end(self) -> None:
        """Ends the thread when all asks that were put are answered."""
        self._asks.put(None)

    def _work(self) -> None:
        while (ask := self._asks.get()) is not None:
            time, error = _answer(ask)
            self._consumer.answer(ask[0], time, error)
            self._answered.release()


def _answer(ask: Ask) -> tuple[int | None, str | None]:
    """The next time, and why there is none; both are None at the schedule's end."""
    _, name, arguments, timezone, _, previous, now = ask
    try:
        zone = to_zone(timezone)
        trigger = objects.find(name, json.loads(arguments or "{}"))
        last = None if previous is None else from_micros(previous, zone)
        found = trigger.get_next_trigger_time(zone, last, from_micros(now, zone))
        if found is None:
            return None, None
        if not isinstance(found, datetime):
            raise TypeError(f"get_next_trigger_time() gave {found!r}, which is neither a datetime nor None")
        return to_micros(found, zone), None
    except BaseException as error:
        return None, describe(error)
