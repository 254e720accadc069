"""What `uvsched status --check` says about a store on a server: what its tasks tell. Its tables are the server's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .._core import version_details
from ..stores import BaseStore, PostgreSQLStore
from .destination import Operator
from .display import printable
from .file_check import counts_text
from .server_sql import in_brackets, query, schema_of
from .store_rows import StoredTask


@dataclass(frozen=True, slots=True)
class ServerCheck:
    """What was found.

    Attributes:
        unchecked: what cannot be checked here, and what to do instead.
        software: the versions of uvsched and of what it uses here.
        tasks: how many there are in each state.
        unreadable: rows that cannot be read, and that no scheduler has come upon yet.
        where: how to find them.
        idle: the ids of tasks that have no next time and have not finished, each with the reason.
    """

    unchecked: str
    software: str
    tasks: dict[str, int]
    unreadable: int
    where: str | None
    idle: dict[str, str]

    @property
    def wrong(self) -> bool:
        """Whether something is."""
        return self.unreadable > 0 or bool(self.idle)

    def lines(self) -> list[str]:
        """For people."""
        return [
            *(f"{printable(id)} has no next time, and has not finished: {why}" for id, why in self.idle.items()),
            *([f"rows that cannot be read: {self.unreadable}{in_brackets(self.where)}"] if self.unreadable else []),
            self.unchecked,
            f"here: uvsched {self.software}",
            f"tasks: {counts_text(self.tasks)}",
        ]


def checked(operator: Operator, alias: str, store: BaseStore, tasks: Sequence[StoredTask]) -> ServerCheck:
    """Looks at a store, in which these tasks are."""
    return ServerCheck(
        unchecked=_unchecked(store),
        software=version_details(),
        tasks=dict(sorted(Counter(task.state for task in tasks).items())),
        unreadable=_unreadable(operator, alias),
        where=query(store, "tasks", "id, definition"),
        idle={task.id: _why_idle(task) for task in tasks if _is_idle(task)},
    )


def _unchecked(store: BaseStore) -> str:
    if not isinstance(store, PostgreSQLStore):
        return "not checked: damage and sizes, which the server's own tools show"
    return (
        f"not checked: damage, which pg_amcheck --schema={schema_of(store)} --install-missing DATABASE looks for, and "
        f"sizes, which \\dt+ {schema_of(store)}.* shows in psql"
    )


def _unreadable(operator: Operator, alias: str) -> int:
    """How many rows the server counts, but does not list. Nothing is known if they change meanwhile."""
    count = operator.count(alias)
    listed = len(operator.records(alias))
    return max(count - listed, 0) if operator.count(alias) == count else 0


def _is_idle(task: StoredTask) -> bool:
    return task.state == "active" and task.next_due is None and not task.open


def _why_idle(task: StoredTask) -> str:
    name = task.custom_trigger
    trigger = "its trigger" if name is None else f"its trigger, {name}"
    return f"only a scheduler of the application knows {trigger}, and none has computed its next time"
