"""`uvsched next`: when a cron string fires."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime, timezone, tzinfo

from ..triggers import CronTrigger
from .display import marked, printable, table
from .options import (
    MOST_TIMES,
    CommandError,
    add_common,
    aware,
    count,
    just_before,
    local_text,
    moment,
    offset_text,
    split_column,
    utc_text,
    zone_of,
)

_BEFORE_ALL = datetime(1960, 1, 1, tzinfo=timezone.utc)

DESCRIPTION = """\
Lists when a cron string fires, each time with its offset and in UTC, and says
where a change of the clocks decided. The string has 5 fields (minute hour
day-of-month month day-of-week), 6 with the second first, 7 with the year last,
or is a nickname such as @daily. Quote it: the shell takes * and # for itself."""

EPILOG = """\
Exit status: 0; 1 when there is no such time; 2 when an argument is wrong.

  uvsched next "*/5 9-17 * * MON-FRI" --timezone Europe/Madrid -n 10
  uvsched next "30 2 * * *" --timezone America/New_York --after 2024-03-09T00:00"""

NOTES = {
    "gap": "the clocks skipped a time that the schedule names; it fires once, at the end of the gap",
    "first pass": "the clocks are put back and this local time comes again; it fires only here, "
    "unless the second, minute or hour begins with * or --overlap is both",
    "second pass": "the clocks were put back, and this local time has been before",
}


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command and its options."""
    parser = commands.add_parser(
        "next",
        usage="uvsched next EXPRESSION [options]",
        help="list when a cron string fires",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("expression", metavar="EXPRESSION", nargs="+", help="the cron string, as one argument")
    parser.add_argument(
        "-n", type=count, default=5, metavar="N", help=f"how many times: 1 to {MOST_TIMES} (default: 5)"
    )
    side = parser.add_mutually_exclusive_group()
    side.add_argument(
        "--after",
        type=moment,
        metavar="TIME",
        help="times later than this (default: now); ISO 8601, without an offset in the zone of --timezone",
    )
    side.add_argument("--before", type=moment, metavar="TIME", help="times earlier than this instead, newest first")
    parser.add_argument("--start-at", type=moment, metavar="TIME", help="no time before this one")
    parser.add_argument("--end-at", type=moment, metavar="TIME", help="no time after this one")
    add_common(parser)
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Runs the command. Raises CommandError."""
    if len(args.expression) > 1:
        raise CommandError(
            f"EXPRESSION is one argument, but there are {len(args.expression)}; "
            'quote it: uvsched next "0 9 * * MON-FRI"'
        )
    expression: str = args.expression[0]
    args.timezone, zone = zone_of(args.timezone)
    try:
        trigger = CronTrigger.from_crontab(
            expression,
            timezone=args.timezone,
            start_at=None if args.start_at is None else aware(args.start_at, zone),
            end_at=None if args.end_at is None else aware(args.end_at, zone),
            gap=args.gap,
            overlap=args.overlap,
            key=args.key,
        )
        if args.before is not None:
            limit = aware(args.before, zone)
            times = [trigger.explain(just_before(time), 1)[0] for time in trigger.previous(limit, args.n)]
        else:
            limit = aware(args.after or moment("now"), zone)
            times = trigger.explain(limit, args.n)
    except ValueError as error:
        raise CommandError(_explained(expression, str(error))) from None
    if args.json:
        print(_document(args, expression, limit, times))
    elif times:
        print("\n".join(_lines(args, zone, times)))
    if not times:
        print(f"uvsched next: {_why_none(args, trigger, limit)}", file=sys.stderr)
        return 1
    return 0


def _explained(expression: str, message: str) -> str:
    """The engine's message, with a mark below the column that it names."""
    _, column = split_column(message)
    return printable(message) if column is None else f"{printable(message)}\n{marked(expression, column)}"


def _lines(args: argparse.Namespace, zone: tzinfo, times: list[tuple[datetime, str]]) -> list[str]:
    rows = [(args.timezone, "offset", "UTC", "")]
    rows += [
        (local_text(time), offset_text(time), utc_text(time), "" if reason == "match" else reason)
        for time, reason in times
    ]
    lines = table(rows)
    reasons = {reason for _, reason in times}
    notes = [f"{reason}: {note}" for reason, note in NOTES.items() if reason in reasons]
    if len(times) < args.n:
        notes.append("no earlier time" if args.before else f"no later time: {_end(args, zone)}")
    return [*lines, "", *notes] if notes else lines


def _end(args: argparse.Namespace, zone: tzinfo) -> str:
    if args.end_at is None:
        return "none before the year 2200"
    return f"--end-at is {local_text(aware(args.end_at, zone))}"


def _why_none(args: argparse.Namespace, trigger: CronTrigger, limit: datetime) -> str:
    shown = f'"{printable(args.expression[0])}"'
    if args.expression[0].strip(" \t") == "@reboot":
        return f"{shown} fires when a scheduler starts, not at times of the clock"
    within = " within --start-at and --end-at" if args.start_at or args.end_at else ""
    if trigger.next(_BEFORE_ALL) is None:
        return f"{shown} never fires{within}"
    side = "before" if args.before else "after"
    return f"{shown} does not fire {side} {local_text(limit)} {offset_text(limit)}{within}"


def _document(args: argparse.Namespace, expression: str, limit: datetime, times: list[tuple[datetime, str]]) -> str:
    return json.dumps(
        {
            "expression": expression,
            "timezone": args.timezone,
            "before" if args.before else "after": limit.isoformat(),
            "times": [
                {
                    "local": time.isoformat(),
                    "offset": offset_text(time),
                    "utc": utc_text(time),
                    "reason": reason,
                }
                for time, reason in times
            ],
        },
        indent=2,
    )
