"""Exceptions of tasks: their text, for events and the ledger, and those that concern the whole program."""

from __future__ import annotations

import signal
import threading
import traceback
from typing import NoReturn

_LIMIT = 32_768


def describe(error: BaseException) -> str:
    """The exception's message, an empty line, and the traceback; if it is very long, only its beginning and its end."""
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    summary = "".join(traceback.format_exception_only(type(error), error)).strip()
    text = f"{summary}\n\n{''.join(lines).rstrip()}"
    if len(text) > _LIMIT:
        half = _LIMIT // 2
        text = f"{text[:half]}\n…\n{text[-half:]}"
    return text.encode("utf-8", "backslashreplace").decode()


def is_ctrl_c(error: BaseException) -> bool:
    """Whether an exception may come from Ctrl-C, and so concerns the program rather than the task or listener that
    happened to be running: a KeyboardInterrupt on the main thread while SIGINT has Python's own handler."""
    return (
        isinstance(error, KeyboardInterrupt)
        and threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )


def interrupt() -> NoReturn:
    """Raises KeyboardInterrupt; a loop calls this to be left."""
    raise KeyboardInterrupt
