"""The commands that need a scheduler. What they do is loaded when one of them is called."""

from __future__ import annotations

import argparse
import importlib
import os
from collections.abc import Callable
from typing import Any


def add_parsers(commands: Any) -> None:
    """Makes the commands known."""
    parser = commands.add_parser(
        "run",
        help="run a scheduler until SIGTERM or Ctrl-C",
        description="Runs a scheduler without a web server. SIGTERM and Ctrl-C stop it in order: no run starts any "
        "more, and runs under way may end, within its shutdown_timeout.",
    )
    _add_scheduler(parser)
    parser.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        default="info",
        help="what is logged, unless the program configures logging itself (default: info)",
    )
    parser.set_defaults(run=_later("run"))
    parser = commands.add_parser(
        "doctor",
        help="what is wrong with a scheduler, and what to do",
        description="Looks at a scheduler, its stores, its tasks and this machine, without starting anything.",
    )
    _add_scheduler(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.set_defaults(run=_later("doctor"))


def _add_scheduler(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scheduler", metavar="MODULE:NAME", help="a scheduler, or an AsynczConfig, in a module")
    parser.add_argument(
        "--app-dir", metavar="FOLDER", default=".", help="where modules are looked for first (default: .)"
    )
    parser.add_argument(
        "--as-asyncz",
        action="store_true",
        default=os.environ.get("UVSCHED_AS_ASYNCZ") == "1",
        help="what the program imports from asyncz comes from uvsched (also: UVSCHED_AS_ASYNCZ=1)",
    )


def _later(command: str) -> Callable[[argparse.Namespace], int]:
    def run(args: argparse.Namespace) -> int:
        status: int = importlib.import_module(f".{command}", __package__).run(args)
        return status

    return run
