"""When a cron rule is due next: one time, and 1,000 in a row, each from the one before. cronsim, croniter, asyncz and
APScheduler beside it, on the same rules, zones and moments."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

Step = Callable[[datetime], "datetime | None"]

UTC = timezone.utc
RULES = ("*/5 * * * *", "0 9 * * MON-FRI", "0 0 L * *")
ZONES: tuple[tzinfo, ...] = (UTC, ZoneInfo("Europe/Madrid"), ZoneInfo("America/New_York"))
START = datetime(2026, 1, 15, 10, 17, tzinfo=UTC)
BATCH = 1_000
ROUNDS = 7
LEAST_SECONDS = 0.05  # of one measurement


class Contender:
    """One library, asked for one rule in one zone."""

    name: str

    def __init__(self, rule: str, zone: tzinfo) -> None:
        raise NotImplementedError

    def one(self, after: datetime) -> datetime | None:
        raise NotImplementedError

    def batch(self, after: datetime) -> list[datetime]:
        """The next 1,000; here one by one, as a library without batches is asked."""
        found = []
        at: datetime | None = after
        for _ in range(BATCH):
            at = self.one(at) if at is not None else None
            if at is not None:
                found.append(at)
        return found


class Uvsched(Contender):
    name = "uvsched"

    def __init__(self, rule: str, zone: tzinfo) -> None:
        from uvsched.triggers import CronTrigger

        trigger = CronTrigger.from_crontab(rule, zone)
        self.one = trigger.next  # type: ignore[method-assign]
        self.trigger = trigger

    def batch(self, after: datetime) -> list[datetime]:
        return self.trigger.next(after, BATCH)


class Cronsim(Contender):
    name = "cronsim"

    def __init__(self, rule: str, zone: tzinfo) -> None:
        from cronsim import CronSim

        self.make = CronSim
        self.rule = rule

    def one(self, after: datetime) -> datetime | None:
        found: datetime = next(self.make(self.rule, after))
        return found

    def batch(self, after: datetime) -> list[datetime]:
        times = self.make(self.rule, after)
        return [next(times) for _ in range(BATCH)]


class Croniter(Contender):
    name = "croniter"

    def __init__(self, rule: str, zone: tzinfo) -> None:
        from croniter import croniter

        self.make = croniter
        self.rule = rule
        self.found = croniter(rule, START.astimezone(zone))

    def one(self, after: datetime) -> datetime | None:
        found: datetime = self.found.get_next(datetime, start_time=after)
        return found

    def batch(self, after: datetime) -> list[datetime]:
        times = self.make(self.rule, after)
        return [times.get_next(datetime) for _ in range(BATCH)]


def fields_of(rule: str) -> dict[str, str]:
    names = ("minute", "hour", "day", "month", "day_of_week")
    return dict(zip(names, rule.lower().replace("l", "last").split(), strict=True))


class Asyncz(Contender):
    name = "asyncz"

    def __init__(self, rule: str, zone: tzinfo) -> None:
        from asyncz.triggers import CronTrigger

        self.trigger = CronTrigger(**fields_of(rule), timezone=zone)
        self.zone = zone

    def one(self, after: datetime) -> datetime | None:
        found: datetime | None = self.trigger.get_next_trigger_time(self.zone, after, after)
        return found


class APScheduler(Contender):
    name = "APScheduler"

    def __init__(self, rule: str, zone: tzinfo) -> None:
        from apscheduler.triggers.cron import CronTrigger

        self.trigger = CronTrigger(**fields_of(rule), timezone=zone)

    def one(self, after: datetime) -> datetime | None:
        found: datetime | None = self.trigger.get_next_fire_time(after, after)
        return found


CONTENDERS: tuple[type[Contender], ...] = (Uvsched, Cronsim, Croniter, Asyncz, APScheduler)


def seconds_each(call: Callable[[datetime], object], after: datetime, works: int) -> float:
    """Seconds for one time; the loop is doubled until it takes long enough to be measured."""
    turns = 1
    while True:
        begin = time.perf_counter()
        for _ in range(turns):
            call(after)
        passed = time.perf_counter() - begin
        if passed >= LEAST_SECONDS:
            return passed / turns / works
        turns *= 2


def figures() -> dict[tuple[str, str, str, str], list[float]]:
    """Seconds by (rule, zone, what, name), one for each round. All contenders take turns within a round."""
    out: dict[tuple[str, str, str, str], list[float]] = {}
    for _ in range(ROUNDS):
        for rule in RULES:
            for zone in ZONES:
                after = START.astimezone(zone)
                for contender in CONTENDERS:
                    this = contender(rule, zone)
                    key = (rule, str(zone), "one", contender.name)
                    out.setdefault(key, []).append(seconds_each(this.one, after, 1))
                    key = (rule, str(zone), f"of {BATCH:,}", contender.name)
                    out.setdefault(key, []).append(seconds_each(this.batch, after, BATCH))
    return out


def check() -> None:
    """All give the same, where no clock changes."""
    after = datetime(2026, 5, 4, 10, 17, tzinfo=ZONES[1])
    for rule in RULES:
        found = {contender.name: contender(rule, ZONES[1]).one(after) for contender in CONTENDERS}
        for name, moment in found.items():
            if moment is None or abs(moment - (found["uvsched"] or after)) > timedelta(0):
                raise SystemExit(f"{name} differs for {rule!r}: {found}")


def main() -> None:
    check()
    found = figures()
    for rule, zone, what, name in found:
        if name != Uvsched.name:
            continue
        medians = {other.name: statistics.median(found[rule, zone, what, other.name]) for other in CONTENDERS}
        ours = medians.pop(Uvsched.name)
        print(f"{rule:<16} {zone:<17} {what:<9} uvsched {ours * 1e9:>7,.0f} ns", end="")
        for other, seconds in medians.items():
            print(f"   {other} {seconds * 1e6:,.1f} us ({seconds / ours:,.0f} x)", end="")
        print(f"   fastest peer {min(medians.values()) / ours:,.0f} x", flush=True)
    for what in ("one", f"of {BATCH:,}"):
        ratios = []
        for rule in RULES:
            for zone in map(str, ZONES):
                peers = [statistics.median(found[rule, zone, what, c.name]) for c in CONTENDERS if c is not Uvsched]
                ratios.append(min(peers) / statistics.median(found[rule, zone, what, Uvsched.name]))
        middle = statistics.median(ratios)
        print(f"{what}: {min(ratios):,.0f} to {max(ratios):,.0f} x the fastest peer, median {middle:,.0f}")


if __name__ == "__main__":
    main()
