"""The marker for arguments that were not given."""

from __future__ import annotations

from typing import Any, Final, Literal


class Undefined:
    """The type of `undefined`, which means "not given" where None has another meaning."""

    __slots__ = ()

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "<undefined>"

    def __reduce__(self) -> str:
        return "undefined"


UndefinedType = Undefined
undefined: Final = Undefined()

DictAny = dict[Any, Any]
DictStrAny = dict[str, Any]
