"""What the stores have in common."""

from __future__ import annotations

from typing import Any, ClassVar


class BaseStore:
    """Where tasks and the ledger of their runs are kept. Making one opens nothing; a scheduler opens it when it
    starts."""

    __slots__ = ()

    alias: ClassVar[str] = ""
    durable: ClassVar[bool] = True
    """Whether it outlives the process, so that functions are kept by reference and arguments as JSON."""

    networked: ClassVar[bool] = False
    """Whether it is on a server, so that who may write it is not this process's to know."""

    @property
    def place(self) -> str:
        """Where it is, for people: without user, password and options."""
        return repr(self)

    @property
    def declares_again(self) -> bool:
        """Whether the engine itself may add tasks to it again, because what it held is lost."""
        return False

    def why_shared(self) -> str | None:
        """Why somebody else may have written what it holds; None if only the process's user can. Functions that tasks
        of such a store name are imported without being asked for."""
        return "others may write it"

    def prepare(self) -> None:
        """Makes what must be there before the engine opens it. Called at each start.

        Raises:
            OSError: with the path.
        """

    def settings(self) -> dict[str, Any]:
        """What the engine is told, in the words of the configuration dictionary."""
        raise NotImplementedError(
            f"{type(self).__name__}: a store cannot be written in Python, because the engine reads and writes the "
            "tasks; use one of uvsched.stores"
        )
