"""Includes run downwards only: the folder tree is the architecture."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', re.MULTILINE)
MODULE = re.compile(r"^uvsched_module\((\w+)(?: USES ([\w ]+?))?(?: LINKS .*)?\)$", re.MULTILINE)
PYTHON = r"pybind11/.*|Python\.h|structmember\.h|datetime\.h"

SYSTEM = (
    r"(?:dlfcn|fcntl|link|netdb|poll|pthread|sched|semaphore|signal|spawn|sysexits|termios|time|unistd|windows)\.h"
    r"|(?:arpa|linux|mach|mach-o|net|netinet|sys)/.*|ctime|csignal"
)

# Who alone may include what touches the world.
OWNERS = {
    SYSTEM: (
        *(f"core/platform/{room}/" for room in ("linux", "posix", "elf", "macho")),
        "bindings/system.cpp",
        "bindings/thread_end.cpp",
    ),
    r"uv\.h|uv/.*": ("core/engine/loop",),
    r"cctz/.*": (),  # only tests hold the zones against it
    r"sqlite3\.h": ("core/stores/sqlite/",),
    r"core/stores/(?!registry/|memory/)\w+/.*": ("core/stores/",),  # the registry alone names stores
    r"nlohmann/json\.hpp": ("core/", "capi/src/"),
    PYTHON: ("bindings/",),
}


def core_reach() -> dict[str, set[str]]:
    """Each core folder with all those that it may include, directly or through others."""
    reach: dict[str, set[str]] = {}
    for name, direct in MODULE.findall((ROOT / "core/CMakeLists.txt").read_text()):
        reach[name] = {name}.union(*(reach[below] for below in direct.split()))
    return reach


def includes(*folders: str) -> Iterator[tuple[str, str]]:
    """(file, header) for every include directive under the folders."""
    for folder in folders:
        files = [path for path in sorted((ROOT / folder).rglob("*")) if path.suffix in {".c", ".cpp", ".h", ".hpp"}]
        assert files, f"{folder} has no source files"
        for path in files:
            for header in INCLUDE.findall(path.read_text()):
                yield path.relative_to(ROOT).as_posix(), header


def is_standard(header: str) -> bool:
    """A header of the C++ library."""
    return "/" not in header and not header.endswith((".h", ".hpp"))


def test_every_core_folder_has_its_place() -> None:
    assert {path.name for path in (ROOT / "core").iterdir() if path.is_dir()} == set(core_reach())


def test_core_includes_downwards() -> None:
    reach = core_reach()
    wrong = []
    for file, header in includes("core"):
        upwards = header.startswith("core/") and header.split("/")[1] not in reach[file.split("/")[1]]
        if upwards or header.startswith(("capi/", "uvsched", "bindings/", "../")):
            wrong.append(f"{file} includes {header}")
    assert not wrong


def test_what_touches_the_world_has_one_owner() -> None:
    wrong = [
        f"{file} includes {header}, which is for {owners}"
        for file, header in includes("core", "capi", "bindings")
        for pattern, owners in OWNERS.items()
        if re.fullmatch(pattern, header) and not file.startswith(owners)
    ]
    assert not wrong


def test_one_file_and_its_header_know_libuv() -> None:
    assert {Path(file).stem for file, header in includes("core") if header == "uv.h"} == {"loop"}


def test_a_room_of_the_platform_is_entered_by_its_headers_only() -> None:
    wrong = [
        f"{file} includes {header}"
        for file, header in includes("core", "capi")
        if re.fullmatch(r"core/platform/\w+/.*", header) and not file.startswith(header.rsplit("/", 1)[0])
    ]
    assert not wrong


def test_headers_only_forward_declare_json() -> None:
    heavy = {file for file, header in includes("core", "capi") if header == "nlohmann/json.hpp"}
    documents = "core/stores/mongodb/bson.hpp"  # which that store alone includes: its rows are documents
    assert not [file for file in heavy if file.endswith(".hpp") and file != documents]
    assert not [file for file, header in includes("core") if header == documents and "/mongodb/" not in file]


def test_public_headers_stand_alone() -> None:
    wrong = []
    for file, header in includes("capi/include"):
        allowed = {"stddef.h", "stdint.h"} if file.endswith(".h") else {"uvsched.h"}
        if header not in allowed and not (file.endswith(".hpp") and is_standard(header)):
            wrong.append(f"{file} includes {header}")
    assert not wrong


def test_bindings_see_the_c_abi_only() -> None:
    beside = {path.name for path in (ROOT / "bindings").iterdir()} | {"uvsched.h", "uvsched.hpp"}
    wrong = [
        f"{file} includes {header}"
        for file, header in includes("bindings")
        if not (header in beside or is_standard(header) or re.fullmatch(f"{PYTHON}|{SYSTEM}|unwind\\.h", header))
    ]
    assert not wrong


def types(file: Path) -> Iterator[tuple[str, str]]:
    """(namespace, name) for every type that a source file defines and other files can see."""
    inside: list[str] = []
    for line in file.read_text().splitlines():
        if opened := re.match(r"(?:inline )?namespace ?([\w:]*) ?\{$", line):
            inside.append(opened[1])
        elif line.startswith("}  // namespace"):
            inside.pop()
        elif "" in inside:
            continue
        elif found := re.match(r"(?:struct|class|enum class|union) (\w+)(?: final)?(?: : .*)? \{", line):
            yield "::".join(inside), found[1]


def test_a_name_stands_for_one_type() -> None:
    """The linker takes one of two types with the same name, without a word, and either's functions for both."""
    files: dict[tuple[str, str], set[str]] = {}
    for folder in ("core", "capi/src", "bindings"):
        for file in sorted((ROOT / folder).rglob("*.[ch]pp")):
            for name in types(file):
                files.setdefault(name, set()).add(file.relative_to(ROOT).as_posix())
    assert len(files) > 300
    assert not {"::".join(name): where for name, where in files.items() if len(where) > 1}
