"""The C archive and the Debian package of `./dev archive`: programs are compiled out here and run in the bare root."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest
from bare.root import Root

TOP = Path(__file__).resolve().parents[2]
ARCHIVES = TOP / "build/archives"
STRICT = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror")


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked archive."""
    archives = list(ARCHIVES.glob("uvsched-*-linux-x86_64.tar.gz"))
    if not archives:
        pytest.skip("there is no archive in build/archives: ./dev archive")
    folder = tmp_path_factory.mktemp("archive")
    with tarfile.open(archives[0]) as archive:
        archive.extractall(folder)
    (top,) = folder.iterdir()
    return top


def compiled(prefix: Path, program: Path, *options: str) -> Path:
    """examples/minimal.c with what pkg-config says."""
    environment = {"PKG_CONFIG_PATH": str(prefix / "lib/pkgconfig"), "PATH": "/usr/bin:/bin"}
    static = ["--static"] if options else []
    command = ["pkg-config", *static, "--cflags", "--libs", "uvsched"]
    flags = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()
    command = ["cc", *STRICT, *options, str(TOP / "examples/minimal.c"), "-o", str(program), *flags]
    subprocess.run(command, check=True, capture_output=bool(options), timeout=60)
    return program


def test_the_debian_package_serves_a_program(root: Root, prefix: Path, tmp_path: Path) -> None:
    (package,) = ARCHIVES.glob("uvsched_*_amd64.deb")
    root.put(package, compiled(prefix, tmp_path / "shared"))
    root.run("dpkg", "-i", f"/root/{package.name}")
    root.run("sh", "-c", "cd /tmp && /root/shared 0.2")
    assert root.run("dpkg", "-L", "uvsched").split().count("/usr/lib/libuvsched.a") == 1
    root.run("dpkg", "-r", "uvsched")


def test_a_static_program_needs_nothing(root: Root, prefix: Path, tmp_path: Path) -> None:
    program = compiled(prefix, tmp_path / "alone", "-static", "-DUVSCHED_STATIC")
    root.put(program)
    root.run("sh", "-c", "cd /tmp && /root/alone 0.2")


def test_the_static_library_defines_the_c_abi_alone(prefix: Path) -> None:
    command = ["nm", "--extern-only", "--defined-only", "--format=posix", str(prefix / "lib/libuvsched.a")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    names = {line.split()[0] for line in printed.splitlines() if not line.endswith(":")}
    assert names
    assert not {name for name in names if not name.startswith("sched_")}


def test_cmake_finds_it(root: Root, prefix: Path, tmp_path: Path) -> None:
    version = prefix.name.split("-")[1]
    command = ["cmake", "-S", str(TOP / "tests/install/consumer"), "-B", str(tmp_path), f"-DCMAKE_PREFIX_PATH={prefix}"]
    command += [f"-DEXAMPLE={TOP / 'examples/minimal.c'}", f"-DVERSION={version}"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    subprocess.run(["cmake", "--build", str(tmp_path)], check=True, capture_output=True, timeout=120)
    root.put(tmp_path / "static")
    root.run("sh", "-c", "cd /tmp && /root/static 0.2")


def test_licences_are_in_it(prefix: Path) -> None:
    folder = prefix / "share/doc/uvsched"
    assert (folder / "LICENSE").read_text() == (TOP / "LICENSE").read_text()
    assert {path.name for path in (folder / "licences").iterdir()} == {"libuv", "nlohmann_json"}
