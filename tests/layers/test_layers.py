"""Includes run downwards only: the folder tree is the architecture."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', re.MULTILINE)

# Who alone may include what touches the world, as path prefixes.
OWNERS = {
    r"uv\.h|uv/.*": "core/engine/loop",
    r"cctz/.*": "core/time/",
    r"sqlite3\.h": "core/stores/sqlite/",
    r"nlohmann/json\.hpp": "core/",
    r"pybind11/.*": "bindings/",
    r"Python\.h": "bindings/",
}


def core_folders() -> list[str]:
    """The folders of core from the bottom up; base is below all of them."""
    text = (ROOT / "core/CMakeLists.txt").read_text()
    return ["base", *re.findall(r"^uvsched_module\((\w+)", text, re.MULTILINE)]


def uses() -> dict[str, set[str]]:
    """Each core folder with all the folders that it may include, those it reaches through others too."""
    text = (ROOT / "core/CMakeLists.txt").read_text()
    reach: dict[str, set[str]] = {"base": {"base"}}
    for name, direct in re.findall(r"^uvsched_module\((\w+)(?: USES ([\w ]+?))?(?: LINKS .*)?\)$", text, re.MULTILINE):
        reach[name] = {"base", name}.union(*(reach[below] for below in direct.split()))
    return reach


def sources(*folders: str) -> list[Path]:
    found = [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {".c", ".cpp", ".h", ".hpp"} and path.is_file()
    ]
    assert found, f"no source files in {folders}"
    return found


def includes(path: Path) -> list[str]:
    return INCLUDE.findall(path.read_text())


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_the_order_of_the_core_folders_is_known() -> None:
    folders = {path.name for path in (ROOT / "core").iterdir() if path.is_dir()}
    assert folders == set(core_folders()) == set(uses())


@pytest.mark.parametrize("path", sources("core"), ids=name_of)
def test_core_includes_downwards(path: Path) -> None:
    folder = path.relative_to(ROOT / "core").parts[0]
    for header in includes(path):
        if header.startswith("core/"):
            assert header.split("/")[1] in uses()[folder], f"core/{folder} must not include {header}"
        assert not header.startswith(("capi/", "uvsched", "bindings/")), f"core must not include {header}"


@pytest.mark.parametrize("path", sources("core", "capi", "bindings"), ids=name_of)
def test_what_touches_the_world_has_one_owner(path: Path) -> None:
    for header in includes(path):
        for pattern, owner in OWNERS.items():
            if re.fullmatch(pattern, header):
                allowed = name_of(path).startswith(owner) or (owner == "core/" and name_of(path).startswith("capi/src/"))
                assert allowed, f"only {owner}* may include {header}"


@pytest.mark.parametrize("path", sources("core", "capi"), ids=name_of)
def test_headers_forward_declare_json(path: Path) -> None:
    if path.suffix in {".h", ".hpp"}:
        assert "nlohmann/json.hpp" not in includes(path), "include <nlohmann/json_fwd.hpp> in headers"


@pytest.mark.parametrize("path", sources("capi/include"), ids=name_of)
def test_public_headers_need_nothing_of_ours(path: Path) -> None:
    allowed = {"uvsched.h"} if path.suffix == ".hpp" else {"stddef.h", "stdint.h"}
    ours_or_c = [header for header in includes(path) if "/" in header or header.endswith((".h", ".hpp"))]
    assert set(ours_or_c) <= allowed | {"stddef.h", "stdint.h"}


@pytest.mark.parametrize("path", sources("bindings"), ids=name_of)
def test_bindings_see_the_c_abi_only(path: Path) -> None:
    beside = {other.name for other in sources("bindings")}
    for header in includes(path):
        third_party = header.startswith("pybind11/") or header in {"Python.h", "uvsched.h", "uvsched.hpp"}
        standard = "/" not in header and not header.endswith((".h", ".hpp"))
        assert third_party or standard or header in beside, f"bindings must not include {header}"
