"""Random questions to a trigger: its definition, a zone, and a moment, most of them near a change of offset."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from . import cron_text, keywords
from .definition import Definition, iso
from .zones import DAY, END, Stretch, Zone, load, names

ODD_ZONES = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Monrovia",
    "America/Caracas",
    "America/Danmarkshavn",
    "America/Havana",
    "America/New_York",
    "America/Nuuk",
    "America/Sao_Paulo",
    "Antarctica/Casey",
    "Antarctica/Troll",
    "Antarctica/Vostok",
    "Asia/Kathmandu",
    "Asia/Pyongyang",
    "Australia/Lord_Howe",
    "Europe/Dublin",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Pacific/Kwajalein",
]
FIXED_ZONES = ["UTC", "Z", "+14:00", "-12:00", "+05:45", "UTC-03:30", "+00:19:32"]
FIELD_NAMES = ["second", "minute", "hour", "day-of-month", "month", "day-of-week", "year"]
KINDS = {kind.name: kind for kind in vars(cron_text).values() if isinstance(kind, cron_text.Kind)}
# What a typing error may put into a cron string.
TYPED = [*"0123456789*,-/?+LWH#()@ ", "\t", "MON", "sun", "JAN", "FRI-", "60", "1-", "a", "l", "\n", "\u0663", "\u00a0"]


@dataclass(frozen=True)
class Case:
    definition: Definition
    zone: str
    after: int  # microseconds

    def __str__(self) -> str:
        whole, micros = divmod(self.after, 1_000_000)
        after = iso(whole) + (f" + {micros} us" if micros else "")
        return f"{json.dumps(self.definition)} in {self.zone} after {after}"


class Maker:
    """Cases from a seed: the same seed and number give the same case."""

    def __init__(self, seed: int, number: int) -> None:
        self.random = random.Random(f"{seed}/{number}")
        self.aim: dict[str, int] = {}  # the fields of a local time in a gap or an overlap
        self.zone = "UTC"
        self.every_day = self.random.random() < 0.4

    def case(self) -> Case:
        pick = self.random
        zone = pick.choice(
            [pick.choice(names()), pick.choice(names()), pick.choice(ODD_ZONES), pick.choice(FIXED_ZONES)]
        )
        self.zone = zone
        after = self.moment(load(zone))
        makers: list[tuple[Callable[[int], Definition], int]] = [
            (self.cron, 56),
            (self.typing_error, 10),
            (self.keyword_error, 4),
            (self.keywords, 14),
            (self.calendar, 8),
            (self.interval, 2),
            (self.all_of, 3),
            (self.any_of, 5),
        ]
        make = pick.choices([make for make, _ in makers], [weight for _, weight in makers])[0]
        definition = make(after)
        if pick.random() < 0.5:
            definition["timezone"] = zone
        return Case(definition, zone, after)

    def moment(self, zone: Zone) -> int:
        """In microseconds."""
        pick = self.random
        changes = zone.changes()
        if changes and pick.random() < 0.75:
            at = pick.choice(changes if pick.random() < 0.4 else [at for at in changes if at < 2**31] or changes)
            self._aim_at(zone.stretches[zone.index(at)])
            near = [0, 1, 60, 1800, 3600, 3 * 3600, DAY, 7 * DAY, 400 * DAY]
            at += pick.choice((-1, -1, 1)) * pick.choice([*near, pick.randrange(6 * 3600), pick.randrange(3 * DAY)])
        elif pick.random() < 0.1:
            at = pick.choice([0, END - 2 * DAY]) + pick.randrange(-DAY, DAY)
        elif pick.random() < 0.05:
            at = pick.choice([-62_000_000_000, -(10**10), 10**10, 250_000_000_000])
        else:
            at = pick.randrange(-DAY, END)
        return at * 1_000_000 + pick.choice([0, 0, 0, 1, 999_999, -1])

    def _aim_at(self, stretch: Stretch) -> None:
        changed = stretch.gap or stretch.overlap
        local = datetime(1970, 1, 1) + timedelta(seconds=self.random.choice([changed[0], self.random.choice(changed)]))
        names = ("year", "month", "day", "hour", "minute", "second")
        self.aim = {name: getattr(local, name) for name in names}
        self.aim |= {
            "day-of-month": local.day,
            "day-of-week": local.isoweekday() % 7,
            "day_of_week": local.weekday(),
            "week": local.isocalendar().week,
        }

    def cron(self, after: int) -> Definition:
        return self._with_options({"type": "cron", **self._expression()}, after)

    def typing_error(self, after: int) -> Definition:
        """A cron string with some characters put in, taken out, or doubled: a rule or none."""
        definition = {"type": "cron", **self._expression()}
        return {**definition, "expression": self._mistyped(definition["expression"])}

    def keyword_error(self, after: int) -> Definition:
        name = self.random.choice(list(keywords.RANGES))
        return {"type": "cron", name: self._mistyped(str(self._keyword(name)))}

    def _mistyped(self, text: str) -> str:
        pick = self.random
        for _ in range(pick.choice([1, 1, 2, 3])):
            at = pick.randrange(len(text) + 1)
            end = at + pick.choice([0, 0, 1, 2])
            text = text[:at] + pick.choice([*TYPED, "", text[at:end] * 2]) + text[end:]
        return text

    def keywords(self, after: int) -> Definition:
        pick = self.random
        chosen = pick.sample(list(keywords.RANGES), pick.choice([1, 2, 2, 3, 4]))
        given = {name: self._keyword(name) for name in chosen}
        return self._with_options({"type": "cron", **given}, after)

    def calendar(self, after: int) -> Definition:
        pick = self.random
        units = pick.sample(["years", "months", "weeks", "days"], pick.choice([1, 1, 2]))
        definition: Definition = {"type": "calendar_interval", **{unit: pick.choice([1, 1, 2, 3, 7]) for unit in units}}
        for name, most in (("hour", 24), ("minute", 60), ("second", 60)):
            if pick.random() < 0.7:
                definition[name] = self._time(name, most)
        if pick.random() < 0.3:
            definition["gap"] = pick.choice(["skip", "run_at_end"])
        if pick.random() < 0.9:
            definition["start_at"] = self._spelt_time(self._near(after))
        return definition

    def interval(self, after: int) -> Definition:
        pick = self.random
        period = {pick.choice(["weeks", "days", "hours", "minutes", "seconds"]): pick.randrange(1, 100)}
        definition: Definition = {"type": "interval", **period, "seconds": pick.randrange(1, 10_000)}
        if pick.random() < 0.8 or after % 1_000_000:  # a phase of its own is the question's, to the microsecond
            definition["start_at"] = self._spelt_time(self._near(after))
        return definition

    def any_of(self, after: int) -> Definition:
        pick = self.random
        makers = [self.cron, self.keywords, self.calendar, self.interval]
        children = [pick.choice(makers)(after) for _ in range(pick.choice([2, 2, 3]))]
        if pick.random() < 0.3:
            children[0]["timezone"] = pick.choice([*ODD_ZONES, *FIXED_ZONES])
        return {"type": "or", "triggers": children}

    def all_of(self, after: int) -> Definition:
        """Rules that agree now and then, within two days, so that the slow way stays short."""
        pick = self.random
        whole = min(max(after // 1_000_000, 4 * DAY), END - 10 * DAY)
        bounds = {"start_at": iso(whole - 2 * DAY), "end_at": iso(whole + 2 * DAY)}
        phase = whole - whole % 900 + pick.choice([0, 300, 900])
        every: Definition = {"type": "interval", "minutes": pick.choice([5, 10, 15, 60]), "start_at": iso(phase)}
        first = {"type": "cron", "expression": f"*/{pick.choice([5, 15, 30])} * * * *"}
        second = {"type": "cron", "expression": f"{pick.randrange(60)} {pick.randrange(4)} * * *"}
        third = {"type": "cron", "hour": pick.choice(["0-3", "*/2", "1"]), "minute": pick.choice(["0", "*/10"])}
        return {
            "type": "and",
            "triggers": [
                {**bounds, **rule, "timezone": self.zone} for rule in pick.sample([every, first, second, third], 2)
            ],
        }

    def _near(self, after: int) -> int:
        at = after // 1_000_000 + self.random.choice([0, -3600, -DAY, -40 * DAY, -1000 * DAY, 5 * DAY])
        return min(max(at, 2 * DAY), END - 3 * DAY)

    def _spelt_time(self, instant: int) -> str:
        """With an offset, which is a zone too; or naive, which is a wall-clock time in whatever zone it is read."""
        return iso(instant) if self.random.random() < 0.6 else iso(instant).removesuffix("Z")

    def _with_options(self, definition: Definition, after: int) -> Definition:
        pick = self.random
        if pick.random() < 0.2:
            definition["gap"] = pick.choice(["skip", "run_at_end"])
        if pick.random() < 0.2:
            definition["overlap"] = pick.choice(["first", "both"])
        near = self._near(after)
        if pick.random() < 0.1:
            definition["start_at"] = self._spelt_time(near)
        if pick.random() < 0.1:
            # Not before start_at, which as a naive time may lie up to 15 hours later than meant.
            definition["end_at"] = iso(near + pick.choice([DAY, 2 * DAY, 400 * DAY]))
        return definition

    def _expression(self) -> Definition:
        pick = self.random
        if pick.random() < 0.03:
            return {"expression": pick.choice(list(cron_text.NICKNAMES))}
        count = pick.choices([5, 6, 7], [60, 25, 15])[0]
        fields = {5: FIELD_NAMES[1:6], 6: FIELD_NAMES[:6], 7: FIELD_NAMES}[count]
        text = pick.choice([" ", " ", " ", "\t", "  "]).join(self._field(name) for name in fields)
        if pick.random() < 0.05:
            text = f" {text}\t"
        # A key where there is an `H`; in names there may be one too, and then the key does no harm.
        return (
            {"expression": text, "key": pick.choice(["digest", "k", "\u00e9t\u00e9"])}
            if "H" in text
            else {"expression": text}
        )

    def _field(self, name: str) -> str:
        pick = self.random
        if self.every_day and name in ("day-of-month", "day-of-week", "month", "year"):
            return "*"
        if pick.random() < {"minute": 0.1, "hour": 0.3, "second": 0.3, "year": 0.6}.get(name, 0.5):
            return pick.choice(["*", "*", "*", "?"]) if name in ("day-of-month", "day-of-week") else "*"
        text = ",".join(self._item(name) for _ in range(pick.choice([1, 1, 1, 1, 2, 3])))
        return "+" + text if name == "day-of-week" and pick.random() < 0.3 else text

    def _item(self, name: str) -> str:
        pick = self.random
        kind = KINDS[name]
        if name == "day-of-month" and pick.random() < 0.35:
            return pick.choice(["L", "LW", f"L-{pick.randrange(1, 31)}", f"{pick.randrange(1, 32)}W"])
        if name == "day-of-week" and pick.random() < 0.35:
            day = self._value(kind)
            return pick.choice([f"{day}L", f"{day}#L", f"{day}#{pick.randrange(1, 6)}"])
        form = pick.randrange(9)
        if form == 0 or (form == 1 and kind.hashed is None):
            return f"*/{self._step(kind)}"
        if form == 1:
            base = pick.choice(["H", "H", f"H({self._range(kind)})"])
            return base + pick.choice(["", f"/{self._step(kind)}"])
        if form in (2, 3):
            return self._range(kind)
        if form == 4:
            return f"{self._range(kind)}/{self._step(kind)}"
        return self._value(kind)

    def _step(self, kind: cron_text.Kind) -> int:
        return self.random.choice([1, 2, 3, 5, 7, 15, 30, kind.last, kind.last + 1, 9999])

    def _range(self, kind: cron_text.Kind) -> str:
        first, last = sorted((self._number(kind), self._number(kind)))
        return f"{self._spelt(kind, first)}-{self._spelt(kind, last)}"

    def _value(self, kind: cron_text.Kind) -> str:
        return self._spelt(kind, self._number(kind))

    def _number(self, kind: cron_text.Kind) -> int:
        pick = self.random
        if kind.name in self.aim and pick.random() < 0.5:
            return self.aim[kind.name]
        if kind.name == "year":
            return pick.choice([1970, 2199, pick.randrange(1970, 2200), pick.randrange(2020, 2040)])
        if kind.name in ("hour", "minute", "second"):
            return self._time(kind.name, kind.last + 1)
        return pick.randint(kind.first, kind.last)

    def _time(self, name: str, end: int) -> int:
        """A part of a time of day: those at which clocks change more often than others."""
        if name in self.aim and self.random.random() < 0.5:
            return self.aim[name]
        often = [0, 1, 2, 3, 23] if name == "hour" else [0, 15, 30, 45, 59]
        return self.random.choice([*often, self.random.randrange(end)])

    def _spelt(self, kind: cron_text.Kind, number: int) -> str:
        pick = self.random
        names = [name for name, value in kind.names.items() if value == number]
        if names and pick.random() < 0.5:
            return pick.choice([names[0], names[0].lower(), names[0].title()])
        return pick.choice([str(number), str(number), f"{number:02}", f"{number:04}"])

    def _keyword(self, name: str) -> str | int:
        pick = self.random
        least, most = keywords.RANGES[name]

        def value() -> int:
            if name in self.aim and pick.random() < 0.5:
                return self.aim[name]
            if name in ("hour", "minute", "second"):
                return self._time(name, most + 1)
            if name == "year":
                return pick.randrange(1990, 2199)
            return pick.randint(least, most)

        def spelt(number: int) -> str:
            known = [word for word, named in keywords.NAMES.get(name, {}).items() if named == number]
            return pick.choice([str(number), known[0].lower() if known else str(number)])

        def item() -> str:
            first, last = sorted((value(), value()))
            step = pick.choice([1, 2, 3, 10, last - first, last - first + 1])
            forms = ["*", f"*/{step}", spelt(first), spelt(first), f"{first}-{last}", f"{first}-{last}/{step}"]
            if name in keywords.NAMES:
                forms += [f"{spelt(first)}-{spelt(last)}"] if spelt(first).isalpha() and spelt(last).isalpha() else []
            else:
                forms.append(f"{first}/{step}")
            if name == "day":
                ordinal = pick.choice(["1st", "2nd", "3rd", "4th", "5th", "last", "LAST"])
                forms += ["last", f"{ordinal} {pick.choice(keywords.WEEKDAYS).lower()}"]
            return pick.choice(forms)

        if pick.random() < 0.3:
            return value()
        return pick.choice([",", ", "]).join(item() for _ in range(pick.choice([1, 1, 1, 2])))
