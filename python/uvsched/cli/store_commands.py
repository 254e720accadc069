"""uvsched store check and uvsched store migrate: a store as a whole."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from .. import _core
from .._parts import plain
from ..exceptions import UvschedException
from ..stores import BaseStore, SQLiteStore
from .display import printable
from .options import CommandError, zone_of
from .store_check import StoreCheck, checked
from .target import Target, target_of


def check(args: argparse.Namespace) -> int:
    """Prints what there is to say of stores. 0: all is well; 1: something is wrong."""
    _, zone = zone_of(args.timezone)
    found = {alias: checked(store, alias) for alias, store in _stores(args).items()}
    if args.json:
        print(json.dumps({"stores": [_document(alias, each) for alias, each in found.items()]}, indent=2))
    else:
        print("\n\n".join("\n".join(each.lines(zone)) for each in found.values()))
    return int(any(each.wrong for each in found.values()))


def migrate(args: argparse.Namespace) -> int:
    """Brings stores up to date, or prints the SQL that does it."""
    for alias, store in _stores(args).items():
        done = migrated(store, alias, show=args.sql)
        if done["from"] >= done["to"]:
            print(f"{_name(store)}: nothing to do, schema {done['to']}")
        elif not args.sql:
            print(f"{_name(store)}: {_change(done)}")
        elif done["statements"]:
            print("\n".join(f"{statement.strip().rstrip(';')};" for statement in done["statements"]))
        else:
            print(f"{_name(store)}: {_change(done, 'would be ')}; the store knows no SQL")
    return 0


def migrated(store: BaseStore, alias: str, *, show: bool = False) -> dict[str, Any]:
    """Makes a store that is not there, or brings it up to date; with `show`, says how. See sched_config_migrate_store()
    in uvsched.h.

    Raises:
        CommandError: it cannot be opened.
    """
    members = {"stores": {alias: store.settings()}}
    try:
        text = _core.migrate_store(json.dumps(plain(members, "stores")), alias, show)
    except (UvschedException, LookupError, TypeError, ValueError, OSError) as error:
        raise CommandError(f"the store cannot be opened: {error}") from None
    document: dict[str, Any] = json.loads(text)
    return document


def _name(store: BaseStore) -> str:
    return printable(store.file if isinstance(store, SQLiteStore) else store.place)


def _stores(args: argparse.Namespace) -> dict[str, BaseStore]:
    target: Target = target_of(args.target, args)
    if not target.stores:
        raise CommandError(f"{args.target} has only stores in memory")
    return target.stores


def _change(done: dict[str, Any], verb: str = "") -> str:
    if done["from"] == 0:
        return f"{verb}made, schema {done['to']}"
    return f"{verb}brought from schema {done['from']} to {done['to']}"


def _document(alias: str, found: StoreCheck) -> dict[str, Any]:
    return {"store": alias, **asdict(found)}
