"""The options that several commands about schedulers and their stores have."""

from __future__ import annotations

import argparse
import importlib
import os
from collections.abc import Callable


def add_scheduler(parser: argparse.ArgumentParser) -> None:
    """A scheduler, and how its module is imported."""
    parser.add_argument("scheduler", metavar="MODULE:NAME", help="a scheduler, or an AsynczConfig, in a module")
    add_import_options(parser)


def add_target(parser: argparse.ArgumentParser) -> None:
    """A store or a scheduler, and how its module is imported."""
    parser.add_argument(
        "target",
        metavar="STORE|MODULE:NAME",
        help="a store, which is a file or the URL of a server, or a scheduler or AsynczConfig in a module",
    )
    add_import_options(parser)


def add_store(parser: argparse.ArgumentParser) -> None:
    """Which store of a scheduler."""
    parser.add_argument(
        "--store", metavar="ALIAS", help="the store, if a scheduler is named (default: the one that has the task)"
    )


def add_app_dir(parser: argparse.ArgumentParser) -> None:
    """Where modules are looked for."""
    parser.add_argument(
        "--app-dir", metavar="FOLDER", default=".", help="where modules are looked for first (default: .)"
    )


def add_import_options(parser: argparse.ArgumentParser) -> None:
    """How modules of the application are imported."""
    add_app_dir(parser)
    parser.add_argument(
        "--as-asyncz",
        action="store_true",
        default=os.environ.get("UVSCHED_AS_ASYNCZ") == "1",
        help="what the program imports from asyncz comes from uvsched (also: UVSCHED_AS_ASYNCZ=1)",
    )


def add_zone(parser: argparse.ArgumentParser, use: str) -> None:
    """The zone of times; `use` says of which."""
    parser.add_argument(
        "--timezone", "--tz", metavar="ZONE", default="local", help=f"the zone that {use} (default: the machine's)"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """JSON instead of text."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def later(module: str, name: str = "run") -> Callable[[argparse.Namespace], int]:
    """What runs a command: a function of a module, which is loaded when it is called."""

    def run(args: argparse.Namespace) -> int:
        status: int = getattr(importlib.import_module(f".{module}", __package__), name)(args)
        return status

    return run
