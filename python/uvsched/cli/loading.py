"""The scheduler that a command names: "package.module:scheduler"."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
import traceback
from typing import Any

from ..as_asyncz import install_as_asyncz
from ..schedulers import AsyncIOScheduler
from .display import without_secrets
from .options import CommandError


def prepare_imports(args: argparse.Namespace) -> None:
    """Lets modules of the application be imported, as the options say."""
    if args.as_asyncz:
        install_as_asyncz()
    sys.path.insert(0, os.path.abspath(args.app_dir))


def hush() -> None:
    """Keeps from the terminal what schedulers log below an error: for commands that only look, or add."""
    logging.getLogger("uvsched").setLevel(logging.ERROR)


def load_scheduler(reference: str, args: argparse.Namespace) -> AsyncIOScheduler:
    """Imports the scheduler that "module:name" names.

    Raises:
        CommandError: it cannot be found, or is none; with the reason.
    """
    found = load_object(reference, args)
    found = getattr(found, "handler", found)  # of an AsynczConfig
    if not isinstance(found, AsyncIOScheduler):
        raise CommandError(f"{reference} is not an AsyncIOScheduler, but a {type(found).__name__}")
    return found


def load_object(reference: str, args: argparse.Namespace) -> Any:
    """Imports what "module:name" names.

    Raises:
        CommandError: it cannot be found; with the reason.
    """
    name, separator, attribute = reference.partition(":")
    if not separator or not name or not attribute:
        raise CommandError(f"{reference!r} is not of the form module:name, such as myapp.tasks:scheduler")
    prepare_imports(args)
    try:
        found: Any = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise CommandError(f"{name} cannot be imported: it needs {error.name!r}, which is not installed") from None
        raise CommandError(
            f"there is no module {error.name!r} in {os.path.abspath(args.app_dir)} (--app-dir)"
        ) from None
    except Exception as error:
        print(without_secrets(traceback.format_exc()), end="", file=sys.stderr)
        raise CommandError(f"{name} cannot be imported: {type(error).__name__}: {error}") from None
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise CommandError(f"{name} has no {attribute!r}")
        found = getattr(found, part)
    return found
