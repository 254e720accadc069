"""What triggers are asked with, and what they answer: zones, folds, microseconds, counts, forks."""

from __future__ import annotations

import os
import random
import threading
import time
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from uvsched.triggers import CronTrigger, DateTrigger, IntervalTrigger, ShutdownTrigger

UTC = timezone.utc
MADRID = ZoneInfo("Europe/Madrid")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def hourly(zone: tzinfo | str | None = None) -> IntervalTrigger:
    return IntervalTrigger(hours=1, start_at=datetime(1980, 1, 1, tzinfo=UTC), timezone=zone)


def test_results_are_in_the_zone_of_the_trigger() -> None:
    after = datetime(2026, 7, 1, 12, tzinfo=NEW_YORK)
    found = CronTrigger(hour=8, timezone=MADRID).next(after)
    assert found is not None
    assert found.tzinfo is MADRID
    assert found == datetime(2026, 7, 2, 8, tzinfo=MADRID)
    assert type(found) is datetime
    without = CronTrigger(hour=8).next(after)
    assert without is not None
    assert without.tzinfo is UTC


def test_strictly_after_and_before() -> None:
    trigger = CronTrigger(minute=0, timezone="UTC")
    assert trigger.next(NEW_YEAR) == NEW_YEAR + timedelta(hours=1)
    assert trigger.next(NEW_YEAR - timedelta(microseconds=1)) == NEW_YEAR
    assert trigger.previous(NEW_YEAR) == NEW_YEAR - timedelta(hours=1)
    assert trigger.previous(NEW_YEAR + timedelta(microseconds=1)) == NEW_YEAR


def test_naive_moments_are_read_in_the_zone_of_the_trigger() -> None:
    trigger = CronTrigger(minute="*", timezone=MADRID)
    assert trigger.next(datetime(2026, 7, 1, 12)) == datetime(2026, 7, 1, 12, 1, tzinfo=MADRID)
    assert CronTrigger(minute="*").next(datetime(2026, 7, 1, 12)) == datetime(2026, 7, 1, 12, 1, tzinfo=UTC)
    # In a gap, fold 0 has the offset before it: 02:30 is 03:30.
    assert trigger.next(datetime(2026, 3, 29, 2, 30)) == datetime(2026, 3, 29, 3, 31, tzinfo=MADRID)
    assert trigger.next(datetime(2026, 3, 29, 2, 30, fold=1)) == datetime(2026, 3, 29, 1, 31, tzinfo=MADRID)


@pytest.mark.parametrize("aware", [False, True])
def test_the_fold_of_what_is_asked(aware: bool) -> None:
    trigger = CronTrigger(minute="*/30", timezone=NEW_YORK)
    zone = NEW_YORK if aware else None
    first = trigger.next(datetime(2024, 11, 3, 1, 10, tzinfo=zone))
    second = trigger.next(datetime(2024, 11, 3, 1, 10, tzinfo=zone, fold=1))
    assert first is not None
    assert second is not None
    assert first.astimezone(UTC) == datetime(2024, 11, 3, 5, 30, tzinfo=UTC)
    assert second.astimezone(UTC) == datetime(2024, 11, 3, 6, 30, tzinfo=UTC)
    assert (first.fold, second.fold) == (0, 1)
    assert first.replace(tzinfo=None) == second.replace(tzinfo=None, fold=0) == datetime(2024, 11, 3, 1, 30)


def test_half_an_hour_twice() -> None:
    found = CronTrigger(minute="*/15", timezone=LORD_HOWE).next(datetime(2024, 4, 7, 1, 25, tzinfo=LORD_HOWE), 5)
    assert [(time.hour, time.minute, time.fold) for time in found] == [
        (1, 30, 0),
        (1, 45, 0),
        (1, 30, 1),
        (1, 45, 1),
        (2, 0, 0),
    ]


def test_microseconds_are_kept() -> None:
    start = datetime(2026, 1, 1, 0, 0, 0, 123_457, tzinfo=UTC)
    trigger = IntervalTrigger(seconds=timedelta(microseconds=3), start_at=start, timezone=MADRID)
    assert trigger.next(start) == start + timedelta(microseconds=3)
    assert trigger.next(start + timedelta(microseconds=4)) == start + timedelta(microseconds=6)
    assert DateTrigger(start).next(start - timedelta(microseconds=1)) == start


def test_counts() -> None:
    trigger = hourly()
    many = trigger.next(NEW_YEAR, 1_000)
    assert many == [NEW_YEAR + timedelta(hours=hour) for hour in range(1, 1_001)]
    assert trigger.next(NEW_YEAR, n=0) == []
    assert trigger.next(NEW_YEAR, n=1) == [NEW_YEAR + timedelta(hours=1)]
    assert trigger.next(after=NEW_YEAR, n=None) == NEW_YEAR + timedelta(hours=1)
    assert trigger.previous(before=NEW_YEAR, n=2) == [NEW_YEAR - timedelta(hours=hour) for hour in (1, 2)]
    assert len(trigger.previous(datetime(1980, 1, 1, 3, tzinfo=UTC), 10)) == 3
    one_by_one = []
    at: datetime | None = NEW_YEAR
    for _ in range(300):
        at = trigger.next(at)
        one_by_one.append(at)
    assert one_by_one == trigger.next(NEW_YEAR, 300)


def test_without_a_moment_it_is_now() -> None:
    trigger = CronTrigger(second="*", timezone="UTC")
    before = datetime.now(UTC)
    following, last = trigger.next(), trigger.previous()
    after = datetime.now(UTC)
    assert following is not None
    assert last is not None
    assert before < following <= after + timedelta(seconds=1)
    assert before - timedelta(seconds=1) <= last < after
    assert len(trigger.next(n=3)) == len(trigger.next(None, 3)) == len(trigger.explain(n=3)) == 3


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda trigger: trigger.next("2026-01-01"), TypeError, "^after: expected a datetime, not str"),
        (lambda trigger: trigger.previous(5), TypeError, "^before: expected a datetime, not int"),
        (lambda trigger: trigger.next(NEW_YEAR, -1), ValueError, "^n: -1 is negative"),
        (lambda trigger: trigger.next(NEW_YEAR, 1.0), TypeError, "^n: expected a whole number, not float"),
        (lambda trigger: trigger.next(NEW_YEAR, 1 << 70), ValueError, "^n: .* out of range"),
        (lambda trigger: trigger.next(NEW_YEAR, 1, 2), TypeError, r"^next\(\) takes at most 2 arguments, not 3"),
        (lambda trigger: trigger.next(before=NEW_YEAR), TypeError, r"^next\(\) got an unexpected keyword .*'before'"),
        (lambda trigger: trigger.next(NEW_YEAR, after=NEW_YEAR), TypeError, r"^next\(\) got two values for 'after'"),
    ],
)
def test_bad_questions_are_named(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call(hourly())


def test_the_ends_of_the_calendar() -> None:
    trigger = CronTrigger(minute=0, timezone=MADRID)
    assert trigger.next(datetime(1, 1, 1)) == datetime(1970, 1, 1, tzinfo=MADRID)
    assert trigger.next(datetime(9999, 12, 31, 23, 59)) is None
    assert trigger.next(datetime(2200, 1, 1, tzinfo=MADRID)) is None
    assert trigger.previous(datetime.max) == datetime(2199, 12, 31, 23, tzinfo=MADRID)
    assert trigger.previous(datetime.max.replace(tzinfo=UTC)) == datetime(2199, 12, 31, 23, tzinfo=MADRID)


class Fixed(tzinfo):
    """A tzinfo of the user's own, which the engine knows under another's name."""

    key = "Etc/GMT-3"

    def utcoffset(self, when: datetime | None) -> timedelta:
        return timedelta(hours=3)

    def dst(self, when: datetime | None) -> timedelta:
        return timedelta(0)

    def tzname(self, when: datetime | None) -> str:
        return "three"


def test_a_tzinfo_of_ones_own() -> None:
    zone = Fixed()
    found = CronTrigger(hour=8, timezone=zone).next(NEW_YEAR)
    assert found is not None
    assert found.tzinfo is zone
    assert found == datetime(2026, 1, 1, 5, tzinfo=UTC)
    assert hourly().next(datetime(2026, 1, 1, 3, 30, tzinfo=zone)) == NEW_YEAR + timedelta(hours=1)


class Silent(tzinfo):
    def utcoffset(self, when: datetime | None) -> None:
        return None

    def dst(self, when: datetime | None) -> None:
        return None

    def tzname(self, when: datetime | None) -> None:
        return None


def test_a_tzinfo_without_an_offset_is_named() -> None:
    with pytest.raises(ValueError, match="^after: the tzinfo of .* gives no offset"):
        hourly().next(datetime(2026, 1, 1, tzinfo=Silent()))


class Liar(tzinfo):
    def utcoffset(self, when: datetime | None) -> timedelta:
        raise RuntimeError("not today")


def test_what_a_tzinfo_raises_comes_through() -> None:
    with pytest.raises(RuntimeError, match="not today"):
        hourly().next(datetime(2026, 1, 1, tzinfo=Liar()))


def test_zone_data_that_differs_from_the_engines(tmp_path: Any) -> None:
    # A ZoneInfo that calls itself Europe/Madrid and is New York: the instant stands, its clothes are the tzinfo's.
    with open(_zone_file("America/New_York"), "rb") as file:
        disguised = ZoneInfo.from_file(file, key="Europe/Madrid")
    found = CronTrigger(hour=8, timezone=disguised).next(NEW_YEAR)
    assert found is not None
    assert found.tzinfo is disguised
    assert found == datetime(2026, 1, 1, 8, tzinfo=MADRID)


def _zone_file(name: str) -> str:
    import importlib.util
    import zoneinfo

    spec = importlib.util.find_spec("tzdata")
    folders = list(zoneinfo.TZPATH)
    if spec is not None:
        folders += [os.path.join(folder, "zoneinfo") for folder in spec.submodule_search_locations or ()]
    return next(path for path in (os.path.join(folder, name) for folder in folders) if os.path.isfile(path))


def test_every_zone_shows_what_zoneinfo_shows() -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    choose = random.Random(seed)
    names = sorted(available_timezones() - {"localtime", "Factory"})
    for name in choose.sample(names, 60):
        zone = ZoneInfo(name)
        trigger = hourly(zone)
        for _ in range(20):
            after = EPOCH + timedelta(seconds=choose.randrange(400_000_000, 7_200_000_000))
            found = trigger.next(after)
            assert found is not None
            expected = datetime.fromtimestamp(0, UTC) + (after - EPOCH) // timedelta(hours=1) * timedelta(hours=1)
            expected += timedelta(hours=1)
            shown = expected.astimezone(zone)
            assert (found.replace(tzinfo=None), found.fold) == (shown.replace(tzinfo=None), shown.fold), (name, after)
            # And back: local times of either fold, in gaps and overlaps too.
            local = shown.replace(tzinfo=None) + timedelta(minutes=choose.randrange(-90, 90))
            for asked in (local, local.replace(fold=1), local.replace(tzinfo=zone, fold=1)):
                instant = (asked.replace(tzinfo=zone) - EPOCH) // timedelta(microseconds=1)
                answer = trigger.next(asked)
                assert answer is not None
                assert (answer - EPOCH) // timedelta(microseconds=1) == (instant // 3_600_000_000 + 1) * 3_600_000_000


@pytest.mark.parametrize(
    "zone", [NEW_YORK, MADRID, LORD_HOWE, ZoneInfo("Africa/Casablanca"), ZoneInfo("Europe/Dublin")]
)
def test_each_minute_around_the_changes_of_a_year(zone: ZoneInfo) -> None:
    trigger = IntervalTrigger(minutes=10, start_at=datetime(2020, 1, 1, tzinfo=UTC), timezone=zone)
    at = datetime(2024, 1, 1, tzinfo=UTC)
    for found in trigger.next(at, 52_000):
        at += timedelta(minutes=10)
        shown = at.astimezone(zone)
        assert (found.replace(tzinfo=None), found.fold) == (shown.replace(tzinfo=None), shown.fold)


def test_events_have_no_times() -> None:
    assert ShutdownTrigger().explain(NEW_YEAR, 3) == []


def test_threads_may_share_a_trigger() -> None:
    trigger = CronTrigger(minute="*/5", timezone=MADRID)
    expected = trigger.next(NEW_YEAR, 500)
    wrong: list[Any] = []

    def ask() -> None:
        wrong.extend(1 for _ in range(20) if trigger.next(NEW_YEAR, 500) != expected)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_asks_what_its_parent_made() -> None:
    trigger = CronTrigger(hour=8, timezone=MADRID)
    text = trigger.to_json()
    expected = trigger.next(NEW_YEAR)
    child = os.fork()
    if child == 0:
        ok = trigger.next(NEW_YEAR) == expected and trigger.to_json() == text and hash(trigger) != 0
        os._exit(0 if ok else 1)
    deadline = time.monotonic() + 30
    while (ended := os.waitpid(child, os.WNOHANG))[0] == 0:
        assert time.monotonic() < deadline
    assert os.waitstatus_to_exitcode(ended[1]) == 0
    assert trigger.next(NEW_YEAR) == expected
