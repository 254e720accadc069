"""The C archive and the Debian package of `./dev archive`: programs are compiled out here and run in the bare root."""

from __future__ import annotations

import platform
import subprocess
import tarfile
from pathlib import Path

import pytest
from bare.programs import EXAMPLE, compiled, compiler
from bare.root import Root

TOP = Path(__file__).resolve().parents[2]
ARCHIVES = TOP / "build/archives"


@pytest.fixture(scope="module")
def prefix(root: Root, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked archive."""
    archives = list(ARCHIVES.glob(f"uvsched-*-linux-{root.place.machine}.tar.gz"))
    if not archives:
        pytest.skip(f"there is no archive for {root.place.machine} in build/archives: ./dev archive")
    folder = tmp_path_factory.mktemp("archive")
    with tarfile.open(archives[0]) as archive:
        archive.extractall(folder)
    (top,) = folder.iterdir()
    return top


def test_a_program_runs_with_the_folder_of_the_archive(root: Root, prefix: Path, tmp_path: Path) -> None:
    program = compiled(compiler(root.place), prefix / "lib", tmp_path / "from-archive")
    root.put(program, prefix / "lib/libuvsched.so.0")
    root.run("sh", "-c", "cd /tmp && LD_LIBRARY_PATH=/root /root/from-archive 0.2")


def test_the_debian_package_serves_a_program(root: Root, prefix: Path, tmp_path: Path) -> None:
    (package,) = ARCHIVES.glob(f"uvsched_*_{root.place.architecture}.deb")
    root.put(package, compiled(compiler(root.place), prefix / "lib", tmp_path / "shared"))
    root.run("dpkg", "-i", f"/root/{package.name}")
    root.run("sh", "-c", "cd /tmp && /root/shared 0.2")
    assert root.run("dpkg", "-L", "uvsched").split().count("/usr/lib/libuvsched.a") == 1
    root.run("dpkg", "-r", "uvsched")


def test_a_static_program_needs_nothing(root: Root, prefix: Path, tmp_path: Path) -> None:
    cc = "cc" if not root.place.foreign else compiler(root.place)
    root.put(compiled(cc, prefix / "lib", tmp_path / "alone", "-static"))
    root.run("sh", "-c", "cd /tmp && /root/alone 0.2")


def test_the_static_library_defines_the_c_abi_alone(root: Root, prefix: Path) -> None:
    nm = "nm" if root.place.machine == platform.machine() else f"{root.place.machine}-linux-gnu-nm"
    command = [nm, "--extern-only", "--defined-only", "--format=posix", str(prefix / "lib/libuvsched.a")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    names = {line.split()[0] for line in printed.splitlines() if not line.endswith(":")}
    assert names
    assert not {name for name in names if not name.startswith("sched_")}


def test_cmake_finds_it(root: Root, prefix: Path, tmp_path: Path) -> None:
    version = prefix.name.split("-")[1]
    command = ["cmake", "-S", str(TOP / "tests/install/consumer"), "-B", str(tmp_path), f"-DCMAKE_PREFIX_PATH={prefix}"]
    command += [f"-DEXAMPLE={EXAMPLE}", f"-DVERSION={version}", f"-DCMAKE_C_COMPILER={compiler(root.place)}"]
    if root.place.foreign:
        command += ["-DCMAKE_SYSTEM_NAME=Linux", f"-DCMAKE_SYSTEM_PROCESSOR={root.place.machine}"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    subprocess.run(["cmake", "--build", str(tmp_path)], check=True, capture_output=True, timeout=120)
    root.put(tmp_path / "static")
    root.run("sh", "-c", "cd /tmp && /root/static 0.2")


def test_licences_are_in_it(prefix: Path) -> None:
    folder = prefix / "share/doc/uvsched"
    assert (folder / "LICENSE").read_text() == (TOP / "LICENSE").read_text()
    assert {path.name for path in (folder / "licences").iterdir()} == {"libuv", "nlohmann_json"}
