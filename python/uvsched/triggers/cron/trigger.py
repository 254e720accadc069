"""CronTrigger: due by fields, or by a cron string."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, ClassVar

from ..._names import with_hints
from ..._text import utf8
from ..._time import zone_name
from ..arguments import GapPolicy, OverlapPolicy
from ..moments import shown
from ..rule import RuleTrigger

if TYPE_CHECKING:
    from typing_extensions import Self

Field = int | str | None

_IN_EXPRESSION = re.compile(r"\Aexpression: (?=[a-z])")
_FEWEST = 5  # fields of a cron string
_FIELDS = ("year", "month", "day", "week", "day_of_week", "hour", "minute", "second")


class CronTrigger(RuleTrigger, stored_as="cron"):
    """Due at each local time that matches all fields.

    Fields are numbers or strings: `"*/15"`, `"9-17"`, `"1,15"`, `"5/10"`, `"mon-fri"`, in `day` also `"last"`,
    `"2nd fri"`, `"last mon"`. Fields that are finer than the finest given field have their minimum; coarser ones are
    `"*"`.

    Args:
        year: 1970 to 2199.
        month: 1 to 12, jan to dec.
        day: of the month, 1 to 31.
        week: the ISO week, 1 to 53.
        day_of_week: 0 to 6 or mon to sun; Monday is 0, unlike in cron strings.
        hour, minute, second: the local time of day.
        start_at, end_at: the first and the last possible due time, inclusive. Naive: in the trigger's zone.
        timezone: a tzinfo or a name; if None, the zone of start_at, else of end_at, else the scheduler's.
        jitter: see BaseTrigger.
        gap: what happens to times that the clocks skip: "run_at_end" runs once when the gap ends, "skip" does not run.
        overlap: which pass of a time that comes twice runs: "first", or "both". Rules whose seconds, minutes or hours
            start with "*" simply follow the clock, through gaps and both passes.

    Raises:
        TypeError, ValueError: naming the field, the expected form, and the column: `hour: "25" is not in 0-23 (column
        1)`. ValueError also if no field is given.
    """

    __slots__ = ("_fields", "expression", "gap", "key", "overlap")

    alias: ClassVar[str] = "cron"
    zoned: ClassVar[bool] = True

    @with_hints
    def __init__(
        self,
        year: Field = None,
        month: Field = None,
        day: Field = None,
        week: Field = None,
        day_of_week: Field = None,
        hour: Field = None,
        minute: Field = None,
        second: Field = None,
        start_at: datetime | str | None = None,
        end_at: datetime | str | None = None,
        timezone: tzinfo | str | None = None,
        jitter: float | None = None,
        *,
        gap: GapPolicy = "run_at_end",
        overlap: OverlapPolicy = "first",
        allow_mistrigger_by_default: bool = False,
    ) -> None:
        super().__init__(jitter=jitter, allow_mistrigger_by_default=allow_mistrigger_by_default)
        self.expression: str | None = None
        self.key: str | None = None
        if isinstance(year, str) and (year.startswith("@") or len(year.split()) >= _FEWEST):
            raise ValueError(f"year: {year!r} is a cron string; write {type(self).__name__}.from_crontab({year!r})")
        values = (year, month, day, week, day_of_week, hour, minute, second)
        self._fields = {
            name: _field(name, value) for name, value in zip(_FIELDS, values, strict=True) if value is not None
        }
        self._finish(start_at, end_at, timezone, gap, overlap)

    @classmethod
    @with_hints
    def from_crontab(
        cls,
        expression: str,
        timezone: tzinfo | str | None = None,
        *,
        start_at: datetime | str | None = None,
        end_at: datetime | str | None = None,
        jitter: float | None = None,
        gap: GapPolicy = "run_at_end",
        overlap: OverlapPolicy = "first",
        key: str | None = None,
        allow_mistrigger_by_default: bool = False,
    ) -> Self:
        """A trigger from a cron string, by cron's own rules: Sunday is 0 and 7, and if day of month and day of week are
        both restricted, one of them must match.

        Args:
            expression: 5 fields (minute hour day-of-month month day-of-week), 6 with seconds first, 7 with a year
                last; or a nickname such as "@daily".
            key: the text from which the values of `H` are computed. None: the task's id, or its function's name.

        The other arguments are those of CronTrigger.

        Raises:
            TypeError, ValueError: naming the field, the expected form, and the column.
        """
        trigger = cls.__new__(cls)
        trigger._from_text(
            expression, start_at, end_at, timezone, jitter, gap, overlap, key, allow_mistrigger_by_default
        )
        return trigger

    def _from_text(
        self,
        expression: str,
        start_at: datetime | str | None = None,
        end_at: datetime | str | None = None,
        timezone: tzinfo | str | None = None,
        jitter: float | None = None,
        gap: GapPolicy = "run_at_end",
        overlap: OverlapPolicy = "first",
        key: str | None = None,
        allow_mistrigger_by_default: bool = False,
    ) -> None:
        RuleTrigger.__init__(self, jitter=jitter, allow_mistrigger_by_default=allow_mistrigger_by_default)
        if not isinstance(expression, str):
            raise TypeError(f"expression: expected a cron string, not {type(expression).__name__}")
        self.expression = utf8(expression, "expression")
        self.key = None if key is None else _checked_key(key)
        self._fields = {}
        try:
            self._finish(start_at, end_at, timezone, gap, overlap)
        except ValueError as error:
            # The engine reads JSON, and puts the member before the field; to callers the field says it all.
            raise ValueError(_IN_EXPRESSION.sub("", str(error))) from None

    def _finish(
        self,
        start_at: datetime | str | None,
        end_at: datetime | str | None,
        timezone: tzinfo | str | None,
        gap: GapPolicy,
        overlap: OverlapPolicy,
    ) -> None:
        self.gap = gap
        self.overlap = overlap
        self._set_window(start_at, end_at, timezone)
        self._prepare()

    @property
    def fields(self) -> dict[str, int | str]:
        """The fields that were given; empty for a cron string."""
        return dict(self._fields)

    def _rule(self, zone: tzinfo) -> dict[str, Any]:
        out: dict[str, Any] = {"type": "cron", "gap": self.gap, "overlap": self.overlap, **self._fields}
        out["timezone"] = self._zone or zone_name(zone)
        if self.expression is not None:
            out["expression"] = self.expression
        if self.key is not None:
            out["key"] = self.key
        return out

    def _arguments(self) -> dict[str, Any]:
        out: dict[str, Any] = dict(self._fields) if self.expression is None else {"expression": self.expression}
        out |= self._window_arguments()
        if self.gap != "run_at_end":
            out["gap"] = self.gap
        if self.overlap != "first":
            out["overlap"] = self.overlap
        if self.key is not None:
            out["key"] = self.key
        return out

    def _restore(self, arguments: Mapping[str, Any]) -> None:
        if "expression" in arguments:
            self._from_text(**arguments)
        else:
            CronTrigger.__init__(self, **arguments)

    def __str__(self) -> str:
        if self.expression is not None:
            return f"cron[{self.expression}{self._in_zone()}]"
        fields = ", ".join(f"{name}={str(value)!r}" for name, value in self._fields.items())
        return f"cron[{fields}{self._in_zone()}]"

    def __repr__(self) -> str:
        if self.expression is None:
            return super().__repr__()
        arguments = self._arguments()
        parts = [repr(arguments.pop("expression"))]
        parts += [f"{name}={shown(value, self.timezone)}" for name, value in arguments.items()]
        return f"{type(self).__name__}.from_crontab({', '.join(parts)})"


def is_cron_string(text: str) -> bool:
    """Whether a text is meant as a cron string: it is a nickname, or has several fields."""
    return text.lstrip().startswith("@") or len(text.split()) > 1


def _field(name: str, value: int | str) -> int | str:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise TypeError(f"{name}: expected a number or a string, not {type(value).__name__}")
    return utf8(value, name) if isinstance(value, str) else int(value)


def _checked_key(key: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"key: expected a string, not {type(key).__name__}")
    return utf8(key, "key")
