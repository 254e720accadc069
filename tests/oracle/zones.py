"""Zones as stretches of one offset, found by asking zoneinfo."""

from __future__ import annotations

import bisect
import functools
import io
import itertools
import os
import struct
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone, tzinfo
from importlib import resources
from pathlib import Path
from typing import NamedTuple
from zoneinfo import TZPATH, ZoneInfo

DAY = 86_400
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
BEGIN = -2 * DAY  # local 1970-01-01 lies after it in every zone
END = (datetime(2200, 1, 1, tzinfo=timezone.utc) - EPOCH) // timedelta(seconds=1) + 2 * DAY
FIRST = (datetime(1, 1, 3, tzinfo=timezone.utc) - EPOCH) // timedelta(seconds=1)  # that has a date in every zone
# Beyond a file's last transition zoneinfo follows its POSIX footer, whose seasons are longer than this in every zone.
SEASON = 50 * DAY


class Stretch(NamedTuple):
    """The instants in [begin, end), and the offsets from UTC in it and before it."""

    begin: int
    end: int
    offset: int
    before: int

    @property
    def gap(self) -> range:
        """The local times that the change at its begin left out."""
        return range(self.begin + self.before, self.begin + self.offset)

    @property
    def overlap(self) -> range:
        """The local times that the change at its begin repeats."""
        return range(self.begin + self.offset, self.begin + self.before)


class Zone:
    """All offsets of a zone from 1970 to 2199."""

    def __init__(self, info: tzinfo, hints: list[int]) -> None:
        self.info = info
        begins, offsets = [BEGIN], [self.offset_by_zoneinfo(BEGIN)]
        for at in self._changes(hints):
            begins.append(at)
            offsets.append(self.offset_by_zoneinfo(at))
        ends = [*begins[1:], END]
        self.stretches = list(map(Stretch, begins, ends, offsets, [offsets[0], *offsets]))
        self._begins = begins

    def offset_by_zoneinfo(self, instant: int) -> int:
        offset = (EPOCH + timedelta(seconds=instant)).astimezone(self.info).utcoffset()
        assert offset is not None
        return offset // timedelta(seconds=1)

    def _changes(self, hints: list[int]) -> Iterator[int]:
        """The instants at which the offset changes: looked for between any two neighbours of a grid that has all the
        transitions of the zone's file and, after them, some points in each season."""
        known = [at for at in hints if BEGIN < at < END]
        grid = sorted({BEGIN, *known, *range(max(known, default=BEGIN), END, SEASON), END - 1})
        for early, late in itertools.pairwise(grid):
            old, new = self.offset_by_zoneinfo(early), self.offset_by_zoneinfo(late)
            if old == new:
                continue
            while late - early > 1:
                middle = (early + late) // 2
                if self.offset_by_zoneinfo(middle) == old:
                    early = middle
                else:
                    late = middle
            yield late

    def offset(self, instant: int) -> int:
        if instant < BEGIN:
            return self.offset_by_zoneinfo(max(instant, FIRST))
        return self.stretches[self.index(instant)].offset

    def index(self, instant: int) -> int:
        """The number of the stretch that an instant lies in; the first or the last one outside of all."""
        return max(bisect.bisect_right(self._begins, instant) - 1, 0)

    def to_instant(self, local: int, fold: int = 0) -> int:
        """A wall-clock time by PEP 495."""
        return local - self._offset_of_local(local, fold)

    def _offset_of_local(self, local: int, fold: int) -> int:
        wall = datetime(1970, 1, 1) + timedelta(seconds=local)
        offset = wall.replace(tzinfo=self.info, fold=fold).utcoffset()
        assert offset is not None
        return offset // timedelta(seconds=1)

    def changes(self) -> list[int]:
        return self._begins[1:]


@functools.cache
def folder() -> Path:
    """Where uvsched finds its zones too: $TZDIR, else the system's folder, else the tzdata package's."""
    given = os.environ.get("TZDIR")
    if given:
        return Path(given)
    for path in TZPATH:
        if (Path(path) / "Europe/Madrid").exists():
            return Path(path)
    return Path(str(resources.files("tzdata") / "zoneinfo"))


@functools.cache
def names() -> list[str]:
    """Every name that the data has, links included."""
    found = []
    for path in sorted(folder().rglob("*")):
        name = path.relative_to(folder()).as_posix()
        if path.is_file() and not name.startswith(("posix/", "right/")) and name not in ("localtime", "posixrules"):
            with path.open("rb") as file:
                if file.read(4) == b"TZif":
                    found.append(name)
    return found


def load(name: str) -> Zone:
    """A zone by an IANA name, "UTC", "Z" or an offset "±HH:MM[:SS]", "UTC±HH:MM[:SS]"."""
    if name in ("UTC", "Z"):
        return _fixed(0)
    if name.startswith(("+", "-", "UTC+", "UTC-")):
        sign, *parts = name.removeprefix("UTC").replace("+", "+:").replace("-", "-:").split(":")
        hours, minutes, seconds = [int(part) for part in (*parts, "0")][:3]
        offset = hours * 3600 + minutes * 60 + seconds
        return _fixed(-offset if sign == "-" else offset)
    return _from_data((folder() / name).read_bytes())


@functools.cache
def _fixed(offset: int) -> Zone:
    return Zone(timezone(timedelta(seconds=offset)), [])


@functools.cache
def _from_data(data: bytes) -> Zone:
    """Links have the bytes of what they link to, and share its stretches."""
    return Zone(ZoneInfo.from_file(io.BytesIO(data)), _transitions(data))


def _transitions(data: bytes) -> list[int]:
    """The transition times in a TZif file (RFC 8536): those of its second, 64-bit block where it has one."""
    header = struct.Struct(">4sc15x6l")
    _, version, isut, isstd, leap, times, types, chars = header.unpack_from(data)
    start, width = header.size, 4
    if version != b"\0":
        start += times * 5 + types * 6 + chars + leap * 8 + isstd + isut
        times = header.unpack_from(data, start)[5]
        start, width = start + header.size, 8
    return list(struct.unpack_from(f">{times}{'q' if width == 8 else 'l'}", data, start))
