"""Fixtures of the example tests: the server harness of tests/frameworks, and a headless Chromium.

They run in the main environment (extra ``dev``), with the packages chromium and chromium-driver installed.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

sys.path.insert(0, str(Path(__file__).parents[1] / "frameworks"))

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=en-GB",
)


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """A browser with a profile of its own."""
    options = ChromeOptions()
    options.binary_location = tool("chromium")
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=Service(tool("chromedriver")))
    driver.set_script_timeout(30)
    yield driver
    driver.quit()


def tool(name: str) -> str:
    """The path of an installed program. A missing one fails the test: it says what to install."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/bin")
    assert found, f"{name} is not installed: apt-get install chromium chromium-driver"
    return found
