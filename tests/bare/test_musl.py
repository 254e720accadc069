"""The C archive for musl: a program on the shared and one on the static library, under musl's loader."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

import pytest
from bare.programs import compiled, zig
from bare.root import Root

TOP = Path(__file__).resolve().parents[2]
ARCHIVES = TOP / "build/archives"


@pytest.fixture(scope="module")
def prefix(root: Root, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked archive."""
    archives = list(ARCHIVES.glob(f"uvsched-*-linux-musl-{root.place.machine}.tar.gz"))
    if not archives:
        pytest.skip(f"there is no archive for musl and {root.place.machine}: ./dev archive --platform musllinux_…")
    folder = tmp_path_factory.mktemp("musl")
    with tarfile.open(archives[0]) as archive:
        archive.extractall(folder)
    (top,) = folder.iterdir()
    return top


def test_the_shared_library_asks_for_no_other_c_library(root: Root, prefix: Path) -> None:
    command = ["readelf", "--wide", "--dynamic", "--version-info", str(prefix / "lib/libuvsched.so.0")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    needed = [line.partition("[")[2].rstrip("]") for line in printed.splitlines() if "(NEEDED)" in line]
    assert needed == ["libc.so"]
    assert "GLIBC" not in printed


def test_a_program_on_the_shared_library(root: Root, prefix: Path, tmp_path: Path) -> None:
    cc = zig(f"musllinux_{root.place.machine}")
    program = compiled(cc, prefix / "lib", tmp_path / "on-musl", "-dynamic")
    (root.folder / "root/musl").mkdir(exist_ok=True)
    root.put(program)
    (root.folder / "root/musl/libuvsched.so.0").write_bytes((prefix / "lib/libuvsched.so.0").read_bytes())
    loader = f"/lib/ld-musl-{root.place.machine}.so.1"
    root.run("sh", "-c", f"cd /tmp && LD_LIBRARY_PATH=/root/musl {loader} /root/on-musl 0.2")


def test_a_static_program(root: Root, prefix: Path, tmp_path: Path) -> None:
    cc = zig(f"musllinux_{root.place.machine}")
    root.put(compiled(cc, prefix / "lib", tmp_path / "static-on-musl", "-static"))
    root.run("sh", "-c", "cd /tmp && /root/static-on-musl 0.2")


def test_without_musl_s_loader_the_system_says_so(root: Root, prefix: Path) -> None:
    """A library for musl in a program on glibc."""
    program = "import ctypes, sys; ctypes.CDLL(sys.argv[1])"
    if root.place.python is None:
        pytest.skip("this root has no Python")
    root.put(prefix / "lib/libuvsched.so.0")
    assert "libc.so: " in root.fails("python3", "-c", program, "/root/libuvsched.so.0")
