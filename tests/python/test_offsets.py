"""For every zone in the data: the engine has the offsets that zoneinfo reads from the same folder."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from importlib import resources
from pathlib import Path

import pytest
from oracle import zones
from uvsched.triggers import CronTrigger

SEED = int(os.environ.get("UVSCHED_TEST_SEED") or random.SystemRandom().randrange(2**32))
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICROSECOND = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
# Cron times lie in local 1970 to 2199.
FIRST, LAST = zones.DAY, zones.END - 4 * zones.DAY


@pytest.mark.timeout(300)
def test_every_zone_has_the_offsets_of_zoneinfo() -> None:
    pick = random.Random(SEED)
    assert len(zones.names()) > 300
    for name in zones.names():
        zone = zones.load(name)
        every_second = CronTrigger.from_crontab("* * * * * *", timezone=name)
        changes = [at + shift for at in zone.changes() for shift in (-1, 0) if at > FIRST]
        for instant in [*changes, *(pick.randrange(FIRST, LAST) for _ in range(1_000))]:
            moment = EPOCH + instant * SECOND
            where = f"UVSCHED_TEST_SEED={SEED} {name} {moment}"
            found = every_second.next(moment - MICROSECOND)
            assert found is not None, where
            assert (found - EPOCH) // SECOND == instant, where
            # The engine makes the wall-clock fields of its answers from its own table.
            offset = (found.replace(tzinfo=timezone.utc) - moment) // SECOND
            assert offset == zone.offset_by_zoneinfo(instant), where
            assert found.utcoffset() == offset * SECOND, where


@pytest.mark.timeout(300)
def test_the_packaged_zones_are_right_too() -> None:
    """Python's tzdata has files of another kind: what their last line can say, they list no changes for."""
    packaged = str(resources.files("tzdata") / "zoneinfo")
    if os.environ.get("TZDIR") == packaged:
        return
    test = f"{__file__}::{test_every_zone_has_the_offsets_of_zoneinfo.__name__}"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test],
        env={**os.environ, "TZDIR": packaged, "PYTHONTZPATH": packaged, "UVSCHED_TEST_SEED": str(SEED)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert done.stderr == ""
