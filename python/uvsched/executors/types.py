"""The type of executors in annotations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from .feed import SentTask

__all__ = ["ExecutorType"]


@runtime_checkable
class ExecutorType(Protocol):
    """An executor as a scheduler sees it; every BaseExecutor is one. To write one of your own, make a subclass of
    BaseExecutor, which says what each method promises."""

    def start(self, scheduler: Any, alias: str) -> None: ...
    def shutdown(self, wait: bool = True) -> None: ...
    def do_send_task(self, task: SentTask, run_times: list[datetime]) -> Any: ...
    def check_function(self, fn: Callable[..., Any]) -> None: ...
    def running(self) -> list[str]: ...
