"""Modules of the package import in one direction: no circle, counting what only type checkers and functions import."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "python/uvsched"
FILES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py*")
    if path.suffix in (".py", ".pyi")
}


def imported(module: str, path: Path) -> Iterator[str]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            base = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1]) if node.level else ""
            source = ".".join(filter(None, (base, node.module)))
            for name in node.names:
                inner = f"{source}.{name.name}"
                yield inner if inner in FILES else source
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


def test_imports_have_no_circle() -> None:
    graph = {
        module: {other for other in imported(module, path) if other in FILES and other != module}
        for module, path in FILES.items()
    }
    assert graph["uvsched.schedulers.base"] > {"uvsched.schedulers.lifecycle", "uvsched.tasks"}
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise AssertionError(f"these import each other: {' → '.join(error.args[1])}") from None
