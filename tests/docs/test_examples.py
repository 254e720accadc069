"""Runs every Python, C and C++ example of the documentation against the installed package, in an empty folder.

A block whose first line names its file is part of a larger program, which tests/examples and tests/frameworks run. A
block that cannot be run alone stands below an HTML comment `<!-- not run: why -->`.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
import uvsched

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(uvsched.__file__).parent
PART = re.compile(r"# \w+\.py\n")
BLOCK = re.compile(
    r"(?P<why><!-- not run: .+? -->\n+)?^```(?P<language>python|c|cpp)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL
)
COMPILERS = {"c": ["cc", "-std=c99"], "cpp": ["c++", "-std=c++17"]}
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


class Example(NamedTuple):
    name: str
    language: str
    code: str


def examples() -> list[Example]:
    found = []
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        text = path.read_text()
        for block in BLOCK.finditer(text):
            line = text.count("\n", 0, block.start("language")) + 1
            if not block["why"] and not PART.match(block["code"]):
                found.append(Example(f"{path.relative_to(ROOT)}:{line}", block["language"], block["code"]))
    return found


def run(command: list[str], folder: Path) -> str:
    environment = {**os.environ, "LD_LIBRARY_PATH": str(PACKAGE / "lib")}
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, f"{command[0]} ended with {ended.returncode}\n{ended.stdout}{ended.stderr}"
    return ended.stdout


def test_readme_has_both_programs() -> None:
    languages = {example.language for example in examples() if example.name.startswith("README.md")}
    assert languages == {"python", "c"}


def test_readme_shows_the_example_that_the_install_tests_build() -> None:
    shown = [example.code for example in examples() if example.name.startswith("README.md") and example.language == "c"]
    assert shown == [(ROOT / "examples/minimal.c").read_text()]


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_example_runs(example: Example, tmp_path: Path) -> None:
    if example.language == "python":
        program = tmp_path / "program.py"
        program.write_text(example.code)
        run([sys.executable, "-W", "error", str(program)], tmp_path)
    else:
        source = tmp_path / f"program.{example.language}"
        source.write_text(example.code)
        folder = str(PACKAGE / "lib/pkgconfig")
        flags = run(["pkg-config", f"--with-path={folder}", "--cflags", "--libs", "uvsched"], tmp_path).split()
        run([*COMPILERS[example.language], *STRICT, str(source), *flags, "-o", "program"], tmp_path)
        run(["./program"], tmp_path)
