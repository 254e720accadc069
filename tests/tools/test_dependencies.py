"""tools/dependencies.py: sources come from the first way that leads to those with the right digest."""

from __future__ import annotations

import importlib.util
import io
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

TOP = Path(__file__).resolve().parents[2]
FILES = {"thing-1.0/src/thing.c": b"int thing;\n", "thing-1.0/src/thing.h": b"extern int thing;\n", "thing-1.0/x": b""}
TAKEN = {"src/thing.c", "src/thing.h"}

if sys.version_info < (3, 11):
    pytest.skip("tools/dependencies.py needs tomllib", allow_module_level=True)
spec = importlib.util.spec_from_file_location("dependencies", TOP / "tools/dependencies.py")
assert spec
assert spec.loader
dependencies = importlib.util.module_from_spec(spec)
spec.loader.exec_module(dependencies)


@pytest.fixture
def archives(tmp_path: Path) -> dict[str, str]:
    """URLs of archives: sound ones, and one that writes beside its folder."""
    with zipfile.ZipFile(tmp_path / "thing.zip", "w") as archive:
        for name, data in FILES.items():
            archive.writestr(name, data)
    for name, files in (("thing.tar.gz", FILES), ("evil.tar.gz", {"../../evil": b"", **FILES})):
        with tarfile.open(tmp_path / name, "w:gz") as tar:
            for member, data in files.items():
                info = tarfile.TarInfo(member)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    (tmp_path / "cut.tar.gz").write_bytes((tmp_path / "thing.tar.gz").read_bytes()[:60])
    return {path.name: path.as_uri() for path in tmp_path.glob("*.*")}


@pytest.fixture
def entry(tmp_path: Path) -> dict[str, Any]:
    folder = tmp_path / "right"
    for name in TAKEN:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(FILES[f"thing-1.0/{name}"])
    return {"files": ["src/thing.c", "src/*.h"], "sha256": dependencies.digest(folder)}


@pytest.mark.parametrize("name", ["thing.zip", "thing.tar.gz"])
def test_an_archive_is_taken(name: str, archives: dict[str, str], entry: dict[str, Any], tmp_path: Path) -> None:
    target = tmp_path / "taken"
    dependencies.fetch({**entry, "archive": [archives[name]]}, target)
    assert {path.relative_to(target).as_posix() for path in target.rglob("*.?")} == TAKEN


def test_the_next_way_is_tried(archives: dict[str, str], entry: dict[str, Any], tmp_path: Path) -> None:
    ways = [(tmp_path / "none.zip").as_uri(), archives["cut.tar.gz"], archives["evil.tar.gz"], archives["thing.zip"]]
    dependencies.fetch({**entry, "archive": ways}, tmp_path / "taken")
    assert dependencies.digest(tmp_path / "taken") == entry["sha256"]
    assert not (tmp_path.parent / "evil").exists()


def test_other_files_are_refused_and_each_way_is_told(
    archives: dict[str, str], entry: dict[str, Any], tmp_path: Path
) -> None:
    wrong = {**entry, "sha256": "0" * 64, "archive": [archives["cut.tar.gz"], archives["thing.zip"]]}
    with pytest.raises(dependencies.Unavailable) as error:
        dependencies.fetch(wrong, tmp_path / "taken")
    cut, other = str(error.value).strip().splitlines()
    assert "not a whole archive" in cut
    assert f"another SHA-256: {entry['sha256']}" in other
    assert not (tmp_path / "taken").exists()
