"""Runs every Python, C and C++ example of the documentation against the installed package, in an empty folder.

A block whose first line names its file is part of a larger program, which tests/examples and tests/frameworks run. A
block that cannot be run alone stands below an HTML comment `<!-- not run: why -->`. A block `output` right below a
program is what it prints. Statements in C without a main() are put into FRAME.

The blocks `pycon` of a page are one session, and what it prints is what stands there. So is what `uvsched` prints in a
block `console`; the file that `cat` shows there is there for it. A block that begins with `export STORE=` is about a
store on a server, which is another one in the test.
"""

import os
import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import NamedTuple

import pytest
import uvsched
from servers.postgresql import running
from uvsched.stores.factory import create_store

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(uvsched.__file__).parent
PART = re.compile(r"# \w+\.py\n")
BLOCK = re.compile(
    r"(?P<why><!-- not run: .+? -->\n+)?^```(?P<language>python|c|cpp)\n(?P<code>.*?)^```$"
    r"(?:\n+```output\n(?P<output>.*?)^```$)?",
    re.MULTILINE | re.DOTALL,
)
SESSION = re.compile(r"^```pycon\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CONSOLE = re.compile(r"^```console\n(\$ (?:uvsched|cat) .*?)^```$", re.MULTILINE | re.DOTALL)
ON_SERVER = re.compile(r"^```console\n\$ export STORE='(.*)'\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*\n)((?:(?!\$ ).*\n)*)", re.MULTILINE)
FRAME = """#include <stdio.h>
#include <unistd.h>
#include <uvsched.h>

static int tick(const sched_run* run, void* user_data) {
    (void)run;
    (void)user_data;
    return puts("tick") < 0;
}

int main(void) {
    sched_config* config = NULL;
    sched_scheduler* scheduler = NULL;
    sched_task* task = NULL;
    {
CODE    }
    sched_task_free(task);
    sched_free(scheduler);
    sched_config_free(config);
    return 0;
}
"""
COMPILERS = {"c": ["cc", "-std=c99"], "cpp": ["c++", "-std=c++17"]}
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


class Example(NamedTuple):
    name: str
    language: str
    code: str
    output: str | None


def pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def examples() -> list[Example]:
    found = []
    for path in pages():
        text = path.read_text()
        for block in BLOCK.finditer(text):
            line = text.count("\n", 0, block.start("language")) + 1
            if not block["why"] and not PART.match(block["code"]):
                found.append(Example(f"{name_of(path)}:{line}", block["language"], block["code"], block["output"]))
    return found


def run(command: list[str], folder: Path) -> str:
    environment = {**os.environ, "TZ": "UTC", "LD_LIBRARY_PATH": str(PACKAGE / "lib")}
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, f"{command[0]} ended with {ended.returncode}\n{ended.stdout}{ended.stderr}"
    return ended.stdout


def test_readme_has_both_programs() -> None:
    languages = {example.language for example in examples() if example.name.startswith("README.md")}
    assert languages == {"python", "c"}


def test_c_api_shows_the_examples_that_other_tests_run() -> None:
    page = (ROOT / "docs/c-api.md").read_text()
    for name in ("daemon.c", "embed_uv.c"):
        assert f"```c\n{(ROOT / 'examples' / name).read_text()}```" in page, name


def run_example(example: Example, folder: Path) -> str:
    if example.language == "python":
        program = folder / "program.py"
        program.write_text(example.code)
        return run([sys.executable, "-W", "error", str(program)], folder)
    source = folder / f"program.{example.language}"
    alone = example.language != "c" or "int main(" in example.code
    source.write_text(example.code if alone else FRAME.replace("CODE", example.code))
    packages = str(PACKAGE / "lib/pkgconfig")
    flags = run(["pkg-config", f"--with-path={packages}", "--cflags", "--libs", "uvsched"], folder).split()
    run([*COMPILERS[example.language], *STRICT, str(source), *flags, "-o", "program"], folder)
    return run(["./program"], folder)


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_example_runs(example: Example, tmp_path: Path) -> None:
    printed = run_example(example, tmp_path)
    assert example.output in (None, printed)
    if example.name.startswith("README.md"):
        assert printed.count("tick\n") in (3, 4)


@pytest.mark.parametrize("page", [page for page in pages() if SESSION.search(page.read_text())], ids=name_of)
def test_session_prints_what_stands_there(page: Path, tmp_path: Path) -> None:
    text = page.read_text()
    lines = [""] * text.count("\n")  # those of the page, so that failures name them
    for block in SESSION.finditer(text):
        first = text.count("\n", 0, block.start(1))
        shown = block[1].splitlines()
        lines[first : first + len(shown)] = shown
    session = tmp_path / page.name
    session.write_text("\n".join(lines) + "\n")
    run([sys.executable, "-W", "error", "-m", "doctest", str(session)], tmp_path)


def in_shell(command: str, folder: Path, **variables: str) -> str:
    """What a command prints, errors too."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={**os.environ, "TZ": "UTC", "PATH": path, "LC_ALL": "C.UTF-8", **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.stdout


@pytest.mark.parametrize("page", [page for page in pages() if CONSOLE.search(page.read_text())], ids=name_of)
def test_command_prints_what_stands_there(page: Path, tmp_path: Path) -> None:
    for block in CONSOLE.finditer(page.read_text()):
        for command, shown in COMMAND.findall(block[1]):
            if command.startswith("cat "):
                (tmp_path / command[4:].strip()).write_text(shown)
                continue
            assert in_shell(command, tmp_path) == shown, command


@pytest.mark.parametrize("page", [page for page in pages() if ON_SERVER.search(page.read_text())], ids=name_of)
def test_command_on_a_server_prints_what_stands_there(page: Path, tmp_path: Path) -> None:
    (tmp_path / "reminders.py").write_text("def remind(text):\n    print(text)\n")
    with running() as server:
        for store, commands in ON_SERVER.findall(page.read_text()):
            schema = f"docs_{uuid.uuid4().hex}"
            url = f"{server}&schema={schema}"
            place, here = (create_store(each, {}, "default").place for each in (store, url))
            for command, shown in COMMAND.findall(commands):
                # Which name of the schema stands in SQL is all that the place does not tell.
                expected = shown.replace(place, here).replace(f"{store.partition('schema=')[2]}.", f"{schema}.")
                assert in_shell(command, tmp_path, STORE=url) == expected, command
