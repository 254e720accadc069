"""What the files in each wheel of build/wheels ask for, also in those which this machine cannot run."""

from __future__ import annotations

import re
import subprocess
import zipfile
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
WHEELS = sorted((TOP / "build/wheels").glob("uvsched-*.whl"))
LIMIT = 2_800_000  # docs/decisions/0056-wheels.md has the size, and where it comes from
C_LIBRARIES = {
    "manylinux": re.compile(r"libuvsched\.so\.0|lib(c|m|pthread|dl|rt|util|resolv)\.so\.\d|ld-linux-.*\.so\.\d"),
    "musllinux": re.compile(r"libuvsched\.so\.0|libc\.so"),
}
TAG = re.compile(r"uvsched-[\d.]+-(?P<python>cp\d+)-(?P=python)-(?P<libc>manylinux|musllinux)(?P<rest>[\w.]+)\.whl")
pytestmark = pytest.mark.skipif(not WHEELS, reason="there is no wheel in build/wheels: ./dev wheels")


@pytest.fixture(params=WHEELS, ids=lambda path: path.stem)
def wheel(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def read(file: Path) -> str:
    command = ["readelf", "--wide", "--dynamic", "--version-info", "--sections", "--file-header", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_name_and_size(wheel: Path) -> None:
    assert TAG.fullmatch(wheel.name)
    assert wheel.stat().st_size < LIMIT


def test_its_files_need_the_c_library_alone(wheel: Path, tmp_path: Path) -> None:
    tag = TAG.fullmatch(wheel.name)
    assert tag
    machine = "AArch64" if tag["rest"].endswith("aarch64") else "X86-64"
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".so" in Path(name).name]
        archive.extractall(tmp_path)
    assert len(names) == 2
    for name in names:
        printed = read(tmp_path / name)
        assert machine in printed
        needed = re.findall(r"\(NEEDED\).*\[(.*)\]", printed)
        assert needed
        assert [library for library in needed if not C_LIBRARIES[tag["libc"]].fullmatch(library)] == []
        assert set(re.findall(r"\(R(?:UN)?PATH\).*\[(.*)\]", printed)) <= {"$ORIGIN/lib"}
        versions = [tuple(map(int, text.split("."))) for text in re.findall(r"GLIBC_([\d.]+)", printed)]
        assert all(version <= (2, 17) for version in versions)
        assert bool(versions) == (tag["libc"] == "manylinux")
        assert " .debug_info" not in printed


def test_debug_information_is_in_a_file_of_its_own(wheel: Path) -> None:
    tag = TAG.fullmatch(wheel.name)
    assert tag
    machine = "aarch64" if tag["rest"].endswith("aarch64") else "x86_64"
    symbols = TOP / f"build/wheels/{tag['libc']}_{machine}/symbols/libuvsched.so.0.debug"
    assert " .debug_info" in read(symbols)
