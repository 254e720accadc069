"""Random triggers, zones and moments: the engine against the oracle.

3,000 cases; 20,000 where CI is set; 1,000,000 where UVSCHED_TEST_LONG is. UVSCHED_TEST_SEED repeats a run.
"""

from __future__ import annotations

import json
import os
import pickle
import random
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from oracle.cases import Case, Maker
from oracle.compare import NoKey, RefusedByTrigger, difference
from oracle.definition import Definition, zone_name
from oracle.shrink import shrink
from uvsched.triggers import AndTrigger, BaseTrigger, CalendarIntervalTrigger, CronTrigger, IntervalTrigger, OrTrigger
from uvsched.triggers.factory import trigger_from_json

SEED = int(os.environ.get("UVSCHED_TEST_SEED") or random.SystemRandom().randrange(2**32))
CASES = 1_000_000 if os.environ.get("UVSCHED_TEST_LONG") else 20_000 if os.environ.get("CI") else 3_000
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICROSECOND = timedelta(microseconds=1)
CLASSES = {"interval": IntervalTrigger, "calendar_interval": CalendarIntervalTrigger, "cron": CronTrigger}


def build(definition: Definition) -> BaseTrigger:
    """The trigger by the calls that users make."""
    options = {name: value for name, value in definition.items() if name != "type"}
    if "triggers" in options:
        children = [build(child) for child in options.pop("triggers")]
        return (AndTrigger if definition["type"] == "and" else OrTrigger)(children, **options)
    if "key" in options:
        return read_back(json.dumps(definition))
    if "expression" in options:
        return CronTrigger.from_crontab(options.pop("expression"), **options)
    return CLASSES[definition["type"]](**options)


def read_back(text: str) -> BaseTrigger:
    trigger = trigger_from_json(text)
    assert trigger is not None
    return trigger


class Asked:
    """A trigger, asked in microseconds."""

    def __init__(self, trigger: BaseTrigger) -> None:
        self.trigger = trigger

    def next(self, after: int, count: int) -> list[tuple[int, str]]:
        moment = EPOCH + after * MICROSECOND
        try:
            times = self.trigger.next(moment, count)
        except ValueError as error:
            if "key" in str(error):
                raise NoKey from None
            raise
        explained = self.trigger.explain(moment, count)
        assert [time for time, _ in explained] == times
        assert self.trigger.next(moment) == (times[0] if times else None)
        return [((time - EPOCH) // MICROSECOND, why) for time, why in explained]

    def previous(self, before: int, count: int) -> list[int]:
        moment = EPOCH + before * MICROSECOND
        times = self.trigger.previous(moment, count)
        assert self.trigger.previous(moment) == (times[0] if times else None)
        return [(time - EPOCH) // MICROSECOND for time in times]

    def again(self) -> Asked:
        copies: list[BaseTrigger] = [read_back(self.trigger.to_json()), pickle.loads(pickle.dumps(self.trigger))]
        for copy in copies:
            assert copy.to_json() == self.trigger.to_json()
            assert copy == self.trigger
            assert hash(copy) == hash(self.trigger)
        return Asked(copies[0])


def make(case: Case) -> Asked:
    definition: dict[str, Any] = case.definition
    # Where nothing names a zone it is the scheduler's: a trigger that is asked without one has none but UTC.
    if zone_name(definition, "") == "":
        definition = {**definition, "timezone": case.zone}
    try:
        return Asked(build(definition))
    except ValueError as error:
        raise RefusedByTrigger(str(error)) from None


def wrong(case: Case) -> str | None:
    try:
        return difference(case, make)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


@pytest.mark.timeout(max(300, CASES // 20))
def test_the_engine_agrees_with_the_oracle() -> None:
    for number in range(CASES):
        case = Maker(SEED, number).case()
        if wrong(case):
            small = shrink(case, lambda candidate: wrong(candidate) is not None)
            pytest.fail(
                f"UVSCHED_TEST_SEED={SEED}, case {number}: {small}\n{wrong(small)}\n"
                f"as it was made: {case}\n{wrong(case)}"
            )
