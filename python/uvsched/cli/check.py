"""`uvsched check`: faults and surprises in crontab files, and the next times of their entries."""

from __future__ import annotations

import argparse
import os
import stat
import sys
from typing import TYPE_CHECKING

from . import crontab
from .display import marked, printable, table
from .options import CommandError, add_common, aware, local_text, moment, offset_text, split_column, zone_of
from .schedules import Schedules

if TYPE_CHECKING:
    from .crontab import Crontab, Entry, Finding

MOST_BYTES = 1_000_000  # of a file
MOST_FINDINGS = 100  # that are shown of a file

DESCRIPTION = """\
Checks crontab files: 5 fields or a nickname, then the command. Errors and
warnings go to stderr as FILE:LINE:COLUMN: MESSAGE with the place marked; for
files without errors the next time of each entry is listed. CRON_TZ=ZONE in a
file sets the zone of the entries below it."""

EPILOG = """\
Exit status: 0 (warnings too); 2 when a file is wrong or cannot be read.

  uvsched check /etc/crontab --system --timezone Europe/Madrid
  crontab -l | uvsched check -"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    parser = commands.add_parser(
        "check",
        usage="uvsched check FILE... [options]",
        help="check crontab files",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", metavar="FILE", nargs="+", help="a crontab file; - is the standard input")
    parser.add_argument("--system", action="store_true", help="entries name a user before the command (/etc/crontab)")
    parser.add_argument("--after", type=moment, metavar="TIME", help="list times later than this (default: now)")
    add_common(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="only errors and warnings")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Runs the command. Raises CommandError."""
    args.timezone, zone = zone_of(args.timezone)
    schedules = Schedules(
        after=aware(args.after or moment("now"), zone),
        timezone=args.timezone,
        gap=args.gap,
        overlap=args.overlap,
        key=args.key,
    )
    good = [_check(args, name, schedules) for name in args.files]
    return 0 if all(good) else 2


def _check(args: argparse.Namespace, name: str, schedules: Schedules) -> bool:
    """Checks one file; whether it has no errors."""
    shown = "<stdin>" if name == "-" else printable(name)
    try:
        data = _content(name)
    except CommandError as error:
        print(f"uvsched check: {shown}: {error}", file=sys.stderr)
        return False
    read = crontab.parse(data, system=args.system)
    rows = _judge(read, schedules)
    read.findings.sort(key=lambda finding: (finding.line, finding.column))
    for finding in read.findings[:MOST_FINDINGS]:
        print(_report(shown, read, finding), file=sys.stderr, flush=True)
    if len(read.findings) > MOST_FINDINGS:
        print(f"{shown}: and {len(read.findings) - MOST_FINDINGS} more", file=sys.stderr, flush=True)
    errors = sum(finding.error for finding in read.findings)
    if not args.quiet:
        if rows and not errors:
            print("\n".join(table([_head(args.system), *rows])))
        print(f"{shown}: {_summary(len(rows), errors, len(read.findings) - errors)}", flush=True)
    return errors == 0


def _content(name: str) -> bytes:
    """The bytes of a file, or of the standard input.

    Raises:
        CommandError: they cannot be read, or are not a crontab.
    """
    try:
        if name == "-":
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
        elif stat.S_ISREG(os.stat(name).st_mode):  # before opening: opening a device or a FIFO may have effects
            with open(name, "rb") as file:
                data = file.read(MOST_BYTES + 1)
        else:
            raise CommandError("is not a regular file (- reads the standard input)")
    except OSError as error:
        raise CommandError(error.strerror) from None
    except ValueError as error:  # a NUL in the name
        raise CommandError(str(error)) from None
    if len(data) > MOST_BYTES:
        raise CommandError(f"has more than {MOST_BYTES // 1_000_000} MB; a crontab has less")
    return data


def _judge(read: Crontab, schedules: Schedules) -> list[list[str]]:
    """Adds the findings about zones and schedules; returns the rows of the table."""
    for change in read.zones:
        fault = None if change.name is None else schedules.fault_of_zone(change.name)
        if fault is not None:
            read.error(change.line, change.column, fault)
    rows = []
    for entry in read.entries:
        row = _row(read, entry, schedules)
        if row is not None:
            rows.append(row)
    return rows


def _row(read: Crontab, entry: Entry, schedules: Schedules) -> list[str] | None:
    zone = None if entry.zone is None else entry.zone.name
    try:
        judged = schedules.judge(entry.schedule, zone)
    except ValueError as error:
        message, column = split_column(str(error))
        read.error(entry.line, entry.column + (column or 1) - 1, message)
        return None
    for doubt in judged.doubts:
        read.warn(entry.line, entry.column + doubt.column - 1, doubt.message)
    following = judged.next
    when = following if isinstance(following, str) else f"{local_text(following)} {offset_text(following)}"
    user = [] if entry.user is None else [printable(entry.user)]
    schedule = " ".join(entry.schedule.split())
    return [str(entry.line), when, judged.timezone, schedule, *user, printable(entry.command)]


def _head(system: bool) -> list[str]:
    return ["line", "next", "zone", "schedule", *(["user"] if system else []), "command"]


def _report(name: str, read: Crontab, finding: Finding) -> str:
    kind = "" if finding.error else "warning: "
    mark = marked(read.lines[finding.line - 1], finding.column)
    return f"{name}:{finding.line}:{finding.column}: {kind}{printable(finding.message)}\n{mark}"


def _summary(entries: int, errors: int, warnings: int) -> str:
    return ", ".join(
        _counted(*part)
        for part in ((entries, "entry", "entries"), (errors, "error", "errors"), (warnings, "warning", "warnings"))
    )


def _counted(number: int, one: str, many: str) -> str:
    return f"{number or 'no'} {one if number == 1 else many}"
