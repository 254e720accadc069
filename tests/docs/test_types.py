"""The Python programs of the documentation, as strict type checkers see them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from test_examples import BLOCK, ROOT, name_of, pages

ERROR = re.compile(r"(\w+)\.py:(\d+): error: .*\[([\w-]+)\]$")
# asyncz is what install_as_asyncz() puts in its place, and other packages need not be there.
CONFIGURATION = """[mypy]
strict = true
allow_untyped_defs = true
allow_untyped_calls = true
allow_untyped_decorators = true
check_untyped_defs = true
ignore_missing_imports = true
pretty = false
show_error_context = false
[mypy-asyncz.*]
follow_imports = skip
"""

# What a page says itself: a cron string alone is any text, so type checkers want the name of the trigger.
KNOWN = {
    (
        "docs/triggers.md",
        "call-overload",
        'scheduler.add_task(report, trigger="0 9 * * MON-FRI", id="as a cron string alone")',
    )
}


def test_programs_are_typed(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    programs = {}
    for page in pages():
        for block in BLOCK.finditer(page.read_text()):
            if block["language"] == "python":
                name = f"program_{len(programs)}"
                programs[name] = (name_of(page), block["code"])
                (tmp_path / f"{name}.py").write_text(block["code"])
    (tmp_path / "mypy.ini").write_text(CONFIGURATION)
    said = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file=mypy.ini", "--scripts-are-modules", "."],
        cwd=tmp_path,
        env={**os.environ, "MYPYPATH": str(ROOT / "python"), "MYPY_CACHE_DIR": str(ROOT / ".mypy_cache/docs")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert f"checked {len(programs)} source files" in said.stdout, said.stdout + said.stderr
    unexpected, known = [], set()
    for program, number, code in (found.groups() for line in said.stdout.splitlines() if (found := ERROR.match(line))):
        page, text = programs[program]
        entry = (page, code, text.splitlines()[int(number) - 1].strip())
        if entry in KNOWN:
            known.add(entry)
        else:
            unexpected.append(entry)
    assert unexpected == [], said.stdout
    assert known == KNOWN, "what was known is not true any more"
