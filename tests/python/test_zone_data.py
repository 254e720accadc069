"""Where zones come from: a system without zone files, and TZDIR."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from datetime import datetime
from zoneinfo import ZoneInfo
from uvsched.triggers import CronTrigger
try:
    trigger = CronTrigger.from_crontab("30 2 * * *", timezone=sys.argv[1])
    print(*trigger.next(datetime(2026, 3, 28), 3), sep="\\n")
except ValueError as error:
    print(error)
"""
ASKED = [sys.executable, "-c", PROGRAM, "Europe/Madrid"]
MADRID = "2026-03-28 02:30:00+01:00\n2026-03-29 03:00:00+02:00\n2026-03-30 02:30:00+02:00\n"

# Runs a command where /usr/share is empty, as on systems without the package tzdata.
BARE = ["unshare", "--map-root-user", "--mount", "sh", "-c", 'mount -t tmpfs none /usr/share && exec "$@"', "sh"]


def printed(command: list[str], **environment: str) -> str:
    inherited = {name: value for name, value in os.environ.items() if name not in ("TZDIR", "PYTHONTZPATH")}
    return subprocess.run(
        command, env={**inherited, **environment}, stdout=subprocess.PIPE, text=True, timeout=60, check=True
    ).stdout


def bare(command: list[str], **environment: str) -> str:
    """What a command prints where the system has no zone files."""
    try:
        printed([*BARE, "test", "!", "-e", "/usr/share/zoneinfo"])
    except (subprocess.CalledProcessError, FileNotFoundError):
        pytest.skip("no leave to hide /usr/share from a command")
    return printed([*BARE, *command], **environment)


def test_without_zone_files_those_of_the_package_tzdata_serve() -> None:
    assert bare(ASKED) == MADRID


def test_the_files_of_the_system_serve_alone() -> None:
    assert printed(ASKED) == MADRID


def test_without_any_zone_files_the_error_names_what_to_install() -> None:
    without = [sys.executable, "-c", f"import sys; sys.modules['tzdata'] = None\n{PROGRAM}"]
    assert "install the package tzdata" in bare([*without, "Europe/Madrid"])
    assert bare([*without, "UTC"]).startswith("2026-03-28 02:30:00+00:00\n")
    assert bare([*without, "+05:30"]).startswith("2026-03-28 02:30:00+05:30\n")


def test_tzdir_is_looked_in_alone(tmp_path: Path) -> None:
    assert printed(ASKED, TZDIR=str(tmp_path)) == (
        f'timezone: "Europe/Madrid" is not a time zone: there is no zone of that name in {tmp_path}; '
        'use an IANA name such as "Europe/Madrid", spelt exactly like that\n'
    )
