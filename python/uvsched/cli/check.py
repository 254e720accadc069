"""`uvsched check`: what is wrong with crontab files, what may surprise in them, and when their entries fire next."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from . import crontab
from .display import marked, printable, table
from .options import add_common, aware, local_text, moment, offset_text, split_column, zone_of
from .schedules import Schedules

if TYPE_CHECKING:
    from .crontab import Crontab, Entry, Finding

DESCRIPTION = """\
Checks crontab files: 5 fields or a nickname, then the command. Errors and
warnings go to stderr as FILE:LINE:COLUMN: MESSAGE with the place marked; for
files without errors the next time of each entry is listed. CRON_TZ=ZONE in a
file sets the zone of the entries below it."""

EPILOG = """\
Exit status: 0 (warnings too); 2 when a file is wrong or cannot be read.

  uvsched check /etc/crontab --system --tz Europe/Madrid
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
    zone = zone_of(args.tz)
    schedules = Schedules(
        after=aware(args.after or moment("now"), zone),
        timezone=args.tz,
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
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        print(f"uvsched check: {shown}: {error.strerror}", file=sys.stderr)
        return False
    read = crontab.parse(data, system=args.system)
    rows = _judge(read, schedules)
    read.findings.sort(key=lambda finding: (finding.line, finding.column))
    for finding in read.findings:
        print(_report(shown, read, finding), file=sys.stderr, flush=True)
    errors = sum(finding.error for finding in read.findings)
    if not args.quiet:
        if rows and not errors:
            print("\n".join(table([_head(args.system), *rows])))
        print(f"{shown}: {_summary(len(rows), errors, len(read.findings) - errors)}", flush=True)
    return errors == 0


def _judge(read: Crontab, schedules: Schedules) -> list[list[str]]:
    """Adds what is to say about zones and schedules; the rows of the table."""
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
