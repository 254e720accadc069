"""The wheel in build/wheel, as an index and a packager meet it."""

import email
import os
import re
import subprocess
import sys
import zipfile
from email.message import Message
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WHEELS = list((ROOT / "build/wheel").glob("uvsched-*.whl"))
pytestmark = pytest.mark.skipif(not WHEELS, reason="there is no wheel in build/wheel: ./dev wheel")

# A scheduler works; then another copy of the library is refused beside it.
PROGRAM = """
import asyncio, ctypes, sys
from uvsched import AsyncIOScheduler

async def main():
    ran = asyncio.Event()
    async with AsyncIOScheduler() as scheduler:
        scheduler.add_task(ran.set, "interval", seconds=0.01)
        await ran.wait()
        other = ctypes.CDLL(sys.argv[1])
        other.sched_last_error.restype = ctypes.c_char_p
        config, made = ctypes.c_void_p(), ctypes.c_void_p()
        assert other.sched_config_new(ctypes.byref(config)) == 0
        assert other.sched_new(ctypes.byref(made), config) != 0
        print(other.sched_last_error().decode())

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def metadata() -> Message:
    with zipfile.ZipFile(WHEELS[0]) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(wheel.read(name))


def test_links_of_the_description_lead_to_the_repository(metadata: Message) -> None:
    urls = dict(line.split(", ") for line in metadata.get_all("Project-URL", []))
    links = re.findall(r"\]\(([^)]*)\)", metadata.get_payload())
    files = re.findall(r"\]\(([^)]*)\)", (ROOT / "README.md").read_text())
    assert links == [name if name.startswith("https://") else f"{urls['Source']}/blob/main/{name}" for name in files]
    assert all((ROOT / name.partition("#")[0]).exists() for name in files if not name.startswith("https://"))


def test_the_version_is_that_of_the_header(metadata: Message) -> None:
    numbers = re.findall(r"^#define UVSCHED_VERSION_\w+ (\d+)$", (ROOT / "capi/include/uvsched.h").read_text(), re.M)
    assert metadata["Version"] == ".".join(numbers)


def test_only_what_users_install_is_an_extra(metadata: Message) -> None:
    assert metadata.get_all("Provides-Extra") == ["esmerald"]
    assert not [line for line in metadata.get_all("Requires-Dist", []) if "==" in line.replace('extra == "', "")]


def test_members_have_the_time_of_the_sources() -> None:
    with zipfile.ZipFile(WHEELS[0]) as wheel:
        assert len({member.date_time for member in wheel.infolist()}) == 1


def test_auditwheel_leaves_the_library_whole(tmp_path: Path) -> None:
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = [sys.executable, "-m", "auditwheel", "repair", "--wheel-dir", str(tmp_path), str(WHEELS[0])]
    repair = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert repair.returncode == 0, repair.stderr
    (repaired,) = tmp_path.glob("*manylinux*.whl")
    site, before = tmp_path / "site", tmp_path / "before"
    for archive, folder in ((repaired, site), (WHEELS[0], before)):
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(folder)
    name = "uvsched/lib/libuvsched.so.0"
    assert (site / name).read_bytes() != (before / name).read_bytes()

    environment = os.environ | {"PYTHONPATH": str(site)}
    for other in (before / name, site / name):
        copy = tmp_path / f"other-{other.parts[-4]}.so"
        copy.write_bytes(other.read_bytes())
        command = [sys.executable, "-c", PROGRAM, str(copy)]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == 0, ended.stderr
        assert "another copy of libuvsched is in use" in ended.stdout
        assert f'in "{site / name}", beside this one in "{copy}"' in ended.stdout
