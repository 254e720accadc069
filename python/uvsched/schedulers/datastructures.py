"""TaskDefaultStruct: a scheduler's task_defaults as an object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from .._names import names_of, unknown_argument
from ..tasks.options import TaskDefaults

__all__ = ["TaskDefaultStruct"]

_KINDS: dict[str, Callable[[str], Any]] = {
    "coalesce": lambda text: text in ("true", "yes", "on", "1"),
    "max_catch_up": int,
    "max_crashes": int,
    "max_instances": int,
    "mistrigger_grace_time": float,
}


class TaskDefaultStruct:
    """The options of tasks that do not give their own; a scheduler takes it as `task_defaults`, like a dictionary.

    Args:
        mistrigger_grace_time: how late (seconds or a timedelta) a run may start; None: however late.
        coalesce: whether due times that piled up run once.
        max_instances: how many runs of a task may be under way at a time.
        others: max_catch_up, on_crash, max_crashes, overlap.

    Raises:
        TypeError: an option that task_defaults does not know.
    """

    __slots__ = ("coalesce", "max_instances", "mistrigger_grace_time", "others")

    def __init__(
        self,
        mistrigger_grace_time: timedelta | float | None = None,
        coalesce: bool = True,
        max_instances: int = 1,
        **others: Any,
    ) -> None:
        known = names_of(TaskDefaults)
        unknown = [name for name in others if name not in known]
        if unknown:
            raise unknown_argument("TaskDefaultStruct", unknown, known)
        self.mistrigger_grace_time = mistrigger_grace_time
        self.coalesce = coalesce
        self.max_instances = max_instances
        self.others = others

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> TaskDefaultStruct:
        """Those of a configuration that was accepted, whose numbers and truth values may be texts."""
        values = dict(given)
        for name, value in given.items():
            if isinstance(value, str) and name in _KINDS:
                values[name] = _KINDS[name](value.strip().lower())
        return cls(**values)

    def __getitem__(self, name: str) -> Any:
        return self.model_dump()[name]

    def model_dump(self, *, exclude_none: bool = False) -> dict[str, Any]:
        """The options as a dictionary.

        Args:
            exclude_none: leave out those that are None.
        """
        options: dict[str, Any] = {
            "mistrigger_grace_time": self.mistrigger_grace_time,
            "coalesce": self.coalesce,
            "max_instances": self.max_instances,
            **self.others,
        }
        return {name: value for name, value in options.items() if value is not None or not exclude_none}

    def __repr__(self) -> str:
        return f"TaskDefaultStruct({', '.join(f'{name}={value!r}' for name, value in self.model_dump().items())})"
