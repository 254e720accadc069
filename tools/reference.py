"""Writes the reference of the Python package from its docstrings, as Markdown: a page for each module.

Usage: reference.py FOLDER. It fails if something that is public has no docstring.
"""

from __future__ import annotations

import importlib
import inspect
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

MODULES = (
    *("uvsched", "uvsched.schedulers", "uvsched.schedulers.threaded", "uvsched.triggers", "uvsched.tasks"),
    *("uvsched.stores", "uvsched.executors", "uvsched.events", "uvsched.exceptions", "uvsched.runs", "uvsched.enums"),
    *("uvsched.locks", "uvsched.utils", "uvsched.testing", "uvsched.contrib.config", "uvsched.contrib.task"),
    *("uvsched.contrib.litestar",),
)
"""What users import from. A name is shown in the first of them that has it."""


def public_names(module: ModuleType) -> list[str]:
    """What a module lists for others; else what it defines."""
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return list(listed)
    own = [name for name, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__]
    return [name for name in own if not name.startswith("_")]


def members(kind: type) -> Iterator[tuple[str, Any]]:
    """The public members of a class, those of its bases in the package included."""
    seen: set[str] = set()
    for base in kind.__mro__:
        if not base.__module__.startswith("uvsched"):
            continue
        for name, found in vars(base).items():
            if not name.startswith("_") and name not in seen:
                seen.add(name)
                yield name, found


def signature(value: Any) -> str:
    try:
        return str(inspect.signature(value)).replace("'", "")
    except (TypeError, ValueError):
        return "(…)"


class Reference:
    """Collects the pages.

    Members without a word of their own that say no more than their names, such as the arguments of a trigger, are left
    out.

    Attributes:
        pages: the text of each page, by the name of its package.
        silent: the public names without a docstring.
    """

    def __init__(self) -> None:
        self.pages: dict[str, list[str]] = {}
        self.silent: list[str] = []
        self._seen: set[int] = set()

    def add(self, module: ModuleType) -> None:
        """Adds what no module before has shown."""
        entries: list[str] = []
        for name in public_names(module):
            value = getattr(module, name)
            if not callable(value):
                continue
            if id(value) in self._seen:
                if name != value.__name__:
                    entries += [f"## {name}", "", f"Another name of `{value.__name__}`.", ""]
                continue
            self._seen.add(id(value))
            entries += [f"## {name}", "", *_code(f"{module.__name__}.{name}{signature(value)}")]
            entries += self._doc(f"{module.__name__}.{name}", value)
            if inspect.isclass(value):
                for member, found in members(value):
                    entries += self._member(f"{name}.{member}", found, getattr(value, member))
        if entries:
            self.pages[module.__name__] = [f"# {module.__name__}", "", *_text(module.__doc__), *entries]

    def _member(self, name: str, found: Any, value: Any) -> list[str]:
        if isinstance(found, property):
            return [f"### {name}", "", *_text(inspect.getdoc(found))] if found.__doc__ else []
        if not callable(value) or inspect.isclass(value):
            return []
        short = name.rpartition(".")[2]
        return [f"### {name}", "", *_code(f"{short}{signature(value)}"), *self._doc(name, value)]

    def _doc(self, name: str, value: Any) -> list[str]:
        """The docstring, that of a base included."""
        text = inspect.getdoc(value)
        if not text:
            self.silent.append(name)
        return _text(text)


def _text(text: str | None) -> list[str]:
    return ["```text", *inspect.cleandoc(text).splitlines(), "```", ""] if text else []


def _code(text: str) -> list[str]:
    return ["```python", *textwrap.wrap(text, 116, subsequent_indent="    ", break_long_words=False), "```", ""]


def main(folder: str) -> int:
    reference = Reference()
    for name in MODULES:
        reference.add(importlib.import_module(name))
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, lines in reference.pages.items():
        Path(folder, f"{name}.md").write_text("\n".join(lines))
    for name in reference.silent:
        print(f"{name}: no docstring", file=sys.stderr)
    return 1 if reference.silent else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
