"""The parts of examples/load_monitor that need no server: reading the machine, and the application's table."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

APP = Path(__file__).parents[2] / "examples" / "load_monitor"
STAT = "cpu  100 0 50 800 50 0 0 0 7 9\ncpu0 1 2 3\nintr 5\n"
LATER = "cpu  160 0 70 810 60 0 0 0 7 9\ncpu0 1 2 3\nintr 5\n"
MEMINFO = "MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    600 kB\nHugePages_Total:       0\n"


@pytest.fixture(scope="module")
def parts() -> Iterator[tuple[ModuleType, ModuleType]]:
    """The modules sampling and storage."""
    sys.path.insert(0, str(APP))
    yield importlib.import_module("sampling"), importlib.import_module("storage")
    sys.path.remove(str(APP))


def test_sample_from_the_texts_of_proc(parts: tuple[ModuleType, ModuleType], tmp_path: Path) -> None:
    sampling, _ = parts
    (tmp_path / "stat").write_text(STAT)
    (tmp_path / "meminfo").write_text(MEMINFO)
    sampler = sampling.Sampler(tmp_path)
    (tmp_path / "stat").write_text(LATER)
    sample = sampler.sample()
    assert sample.cpu == pytest.approx(80 / 100)
    assert (sample.memory_used, sample.memory_total) == (400 * 1024, 1000 * 1024)
    assert sampler.sample().cpu == 0.0


def test_sample_of_this_machine(parts: tuple[ModuleType, ModuleType]) -> None:
    sample = parts[0].Sampler().sample()
    assert 0 <= sample.cpu <= 1
    assert 0 < sample.memory_used < sample.memory_total
    assert sample.load >= 0


def test_averages(parts: tuple[ModuleType, ModuleType], tmp_path: Path) -> None:
    sampling, storage = parts
    with (kept := storage.Storage(tmp_path / "samples.db")):
        for second in range(1000, 1025):
            kept.add(f"fire {second}", second + 0.5, sampling.Sample(float(second % 10), 0.5, 1, 4))
        assert kept.roll_up(1020.9) == 1  # a sample of 1019.9 may still be on its way
        assert kept.roll_up(1021.0) == 1
        assert kept.roll_up(1021.0) == 0
        assert kept.averages(0) == [(1000, 4.5, 0.5, 0.25), (1010, 4.5, 0.5, 0.25)]
        assert kept.averages(1000) == [(1010, 4.5, 0.5, 0.25)]
        assert [row[0] for row in kept.samples(1022.5)] == [1023.5, 1024.5]


def test_a_fire_counts_once(parts: tuple[ModuleType, ModuleType], tmp_path: Path) -> None:
    sampling, storage = parts
    with (kept := storage.Storage(tmp_path / "samples.db")):
        kept.add("the same fire", 1000.0, sampling.Sample(1.0, 0.1, 1, 2))
        kept.add("the same fire", 1001.0, sampling.Sample(2.0, 0.2, 1, 2))
        assert kept.count() == 1
        assert kept.samples(0) == [(1001.0, 2.0, 0.2, 0.5)]


def test_old_rows_go(parts: tuple[ModuleType, ModuleType], tmp_path: Path) -> None:
    sampling, storage = parts
    with (kept := storage.Storage(tmp_path / "samples.db")):
        kept.add("old", 1000.0, sampling.Sample(1.0, 0.1, 1, 2))
        kept.roll_up(1000.0 + storage.KEEP_SAMPLES + 1)
        assert kept.count() == 0
        assert len(kept.averages(0)) == 1
        kept.roll_up(1000.0 + storage.KEEP_AVERAGES + 1)
        assert kept.averages(0) == []


def test_closed_storage_says_so(parts: tuple[ModuleType, ModuleType], tmp_path: Path) -> None:
    kept = parts[1].Storage(tmp_path / "samples.db")
    assert list(tmp_path.iterdir()) == []
    with kept:
        pass
    with pytest.raises(RuntimeError, match=r"samples\.db is not open"):
        kept.count()
