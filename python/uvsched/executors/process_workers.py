"""Workers: the processes of a ProcessPoolExecutor, each led by a thread of this process."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import pickle
import signal
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

__all__ = ["Workers"]

_Call = tuple[Future[Any], "tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]"]


_SHUT_DOWN = "the executor has been shut down"


class RemoteTraceback(Exception):
    """The traceback of an exception in another process, as text."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


class Workers:
    """At most `limit` processes, which start when calls wait. Thread-safe."""

    def __init__(
        self,
        limit: int,
        name: str,
        *,
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        max_tasks_per_child: int | None = None,
        mp_context: Any = None,
    ) -> None:
        self._limit = limit
        self._name = name
        self._begin = (initializer, initargs)
        self._most = max_tasks_per_child
        self._context = mp_context or multiprocessing.get_context("spawn")
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._waiting = 0  # calls that no thread has taken
        self._idle = 0
        self._threads = 0
        self._processes: set[Any] = set()
        self._killed = False

    def submit(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Future[Any]:
        """Begins a call in one of the processes."""
        future: Future[Any] = Future()
        self._calls.put((future, (fn, args, kwargs)))
        with self._lock:
            self._waiting += 1
            grow = self._waiting > self._idle and self._threads < self._limit
            if grow:
                self._threads += 1
                number = self._threads
        if grow:
            threading.Thread(target=self._lead, name=f"{self._name}_{number}", daemon=False).start()
        return future

    def close(self, kill: bool) -> None:
        """No more calls come. Calls under way go on to their end, or end with their processes. Does not wait."""
        with self._lock:
            self._killed = kill
            threads, processes = self._threads, list(self._processes)
        for _ in range(threads):
            self._calls.put(None)
        if kill:
            for process in processes:
                process.kill()

    # ---- The threads ----

    def _lead(self) -> None:
        worker: _Worker | None = None
        try:
            while True:
                with self._lock:
                    self._idle += 1
                call = self._calls.get()
                with self._lock:
                    self._idle -= 1
                    self._waiting -= call is not None
                if call is None:
                    return
                future, arguments = call
                if self._killed:
                    future.cancel()
                if not future.set_running_or_notify_cancel():  # given up
                    continue
                try:
                    if worker is None or not worker.usable(self._most):
                        worker = self._replaced(worker)
                except BaseException as error:  # the system has no more processes
                    future.set_exception(error)
                    continue
                worker.call(future, arguments)
                del call, future, arguments
        finally:
            if worker is not None:
                self._ended(worker)

    def _replaced(self, old: _Worker | None) -> _Worker:
        if old is not None:
            self._ended(old)
        with self._lock:
            if self._killed:
                raise RuntimeError(_SHUT_DOWN)
        worker = _Worker(self._context, self._name, self._begin)
        with self._lock:
            self._processes.add(worker.process)
            killed = self._killed
        if killed:  # close() came while the process started, and did not know of it
            worker.process.kill()
            self._ended(worker)
            raise RuntimeError(_SHUT_DOWN)
        return worker

    def _ended(self, worker: _Worker) -> None:
        worker.end()
        with self._lock:
            self._processes.discard(worker.process)


class _Worker:
    """A process, and the pipe to it. Used by one thread."""

    def __init__(self, context: Any, name: str, begin: tuple[Any, tuple[Any, ...]]) -> None:
        self._pipe, theirs = context.Pipe()
        self._calls = 0
        self._dead = False
        level = logging.getLogger().getEffectiveLevel()
        self.process = context.Process(target=_work, args=(theirs, level, *begin), name=name, daemon=True)
        self.process.start()
        theirs.close()

    def usable(self, most: int | None) -> bool:
        """Whether it can take another call, of `most` calls."""
        return not self._dead and self.process.is_alive() and (most is None or self._calls < most)

    def call(self, future: Future[Any], call: Any) -> None:
        """Makes a call and settles its future."""
        self._calls += 1
        try:
            self._pipe.send_bytes(pickle.dumps(call))
            future.set_result(self._answer())
        except (EOFError, ConnectionError):
            self._dead = True
            self.process.join()
            code = self.process.exitcode
            how = f"signal {-code}" if code is not None and code < 0 else f"exit status {code}"
            future.set_exception(RuntimeError(f"the worker process ended ({how}) before the function did"))
        except BaseException as error:
            future.set_exception(error)

    def _answer(self) -> Any:
        while True:
            kind, *parts = pickle.loads(self._pipe.recv_bytes())
            if kind == "result":
                return parts[0]
            if kind == "error":
                error, text = parts
                raise error from RemoteTraceback(text)
            record: logging.LogRecord = parts[0]
            logger = logging.getLogger(record.name)
            if logger.isEnabledFor(record.levelno):
                logger.handle(record)

    def end(self) -> None:
        """Ends the process, which is in no call."""
        with contextlib.suppress(OSError):
            self._pipe.close()
        self.process.join(1)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


# ---- In the processes ----


class _Sender(logging.Handler):
    """Sends records to the program."""

    def __init__(self, pipe: Connection) -> None:
        super().__init__()
        self._pipe = pipe

    def emit(self, record: logging.LogRecord) -> None:
        record.msg, record.args = record.getMessage(), None
        if record.exc_info:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        try:
            text = pickle.dumps(("log", record))
        except Exception:
            text = pickle.dumps(("log", logging.makeLogRecord({**_plain(vars(record))})))
        self._pipe.send_bytes(text)


def _plain(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if isinstance(value, (str, int, float, type(None)))}


def _work(pipe: Connection, level: int, initializer: Callable[..., object] | None, initargs: tuple[Any, ...]) -> None:
    """The main function of a process: makes one call after the other until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program, which ends its processes
    root = logging.getLogger()
    root.setLevel(level)
    root.addHandler(_Sender(pipe))
    if initializer is not None:
        initializer(*initargs)
    while True:
        try:
            call = pipe.recv_bytes()
        except (EOFError, OSError):
            return
        pipe.send_bytes(_answer_of(call))


def _answer_of(call: bytes) -> bytes:
    try:
        fn, args, kwargs = pickle.loads(call)
        result = fn(*args, **kwargs)
        try:
            return pickle.dumps(("result", result))
        except Exception as error:
            raise TypeError(f"the result cannot be sent back: {error}") from None
    except BaseException as error:
        text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        return pickle.dumps(("error", _sendable(error), text))


def _sendable(error: BaseException) -> BaseException:
    """The exception, or one that says the same if it does not survive pickling."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
