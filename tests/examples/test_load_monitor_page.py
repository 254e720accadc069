"""The page of examples/load_monitor in a real browser."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select
from serving import DEADLINE, STOP_PATIENCE, Server, serving

APP = Path(__file__).parents[2] / "examples" / "load_monitor"
HOSTILE = 'RuntimeError: <img src=x onerror="window.hacked = 1"><b>bold</b>\n\nTraceback <b>of a test</b>'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The program, with a run in its ledger whose error is markup."""
    folder = tmp_path_factory.mktemp("monitor")
    env = {"LOAD_MONITOR_DIR": str(folder / "data")}
    with serving(APP, "app:app", folder / "server.log", env) as running:
        running.wait_for("/runs?task=greeting", lambda seen: seen["runs"])
        running.stop()
    with closing(sqlite3.connect(folder / "data" / "tasks.db")) as db, db:
        changed = db.execute("UPDATE history SET state = 'failed', error = ? WHERE task_id = 'greeting'", (HOSTILE,))
        assert changed.rowcount == 1
    with serving(APP, "app:app", folder / "server.log", env) as running:
        yield running


@pytest.fixture
def page(chromium: Chrome, server: Server) -> Iterator[Chrome]:
    """The page, loaded anew; what the console says afterwards fails the test."""
    chromium.set_window_size(1280, 1000)
    chromium.get(server.url + "/")
    yield chromium
    said = chromium.get_log("browser")
    chromium.get("about:blank")  # a page that stays would ask a server that stops before the next test
    assert said == []


def wait(page: Chrome, holds: Callable[[], Any]) -> Any:
    """What ``holds`` gives, once that is true."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.05)
    raise AssertionError(f"within {DEADLINE} s the page never became what was waited for:\n{page.page_source}")


def ask(page: Chrome, expression: str) -> Any:
    """The value of a JavaScript expression."""
    return page.execute_script(f"return {expression}")


def rows(page: Chrome, table: str) -> list[list[str]]:
    """The texts of a table's cells."""
    script = (
        "[...document.querySelectorAll(arguments[0] + ' tr')].map(row => [...row.cells].map(cell => cell.innerText))"
    )
    found: list[list[str]] = page.execute_script("return " + script, table)
    return found


def test_the_chart_has_points(page: Chrome) -> None:
    points = "[...document.querySelectorAll('svg .raw')].map(path => Number(path.dataset.points))"
    first = wait(page, lambda: ask(page, f"{points}.some(count => count > 2) && {points}.length >= 3"))
    assert first
    before = ask(page, "samples.length")
    wait(page, lambda: ask(page, "samples.length") >= before + 2)
    drawn = ask(page, "document.querySelector('.cpu svg .raw').getBBox()")
    assert drawn["width"] > 0
    values = [value.text for value in page.find_elements(By.CSS_SELECTOR, ".panel .value")]
    assert len(values) == 3
    assert values[1].endswith("%")
    assert all(any(letter.isdigit() for letter in value) for value in values)


def test_the_first_minute_fills_the_chart(page: Chrome) -> None:
    """As long as there are fewer samples than two minutes' worth, the axis is as long as they reach."""
    wait(page, lambda: ask(page, "samples.length && samples.at(-1)[0] - samples[0][0] > LEAST"))
    left = "Math.min(...[...document.querySelectorAll('.cpu svg .raw')].map(path => path.getBBox().x))"
    assert ask(page, f"{left} - MARGIN.left") < 0.1 * ask(page, "document.querySelector('.cpu svg').clientWidth")


def test_times_have_24_hours_and_a_zone(page: Chrome) -> None:
    page.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "America/New_York"})
    page.execute_cdp_cmd("Emulation.setLocaleOverride", {"locale": "en-US"})
    try:
        page.refresh()
        found = wait(page, lambda: rows(page, "#runs"))
        assert all(re.fullmatch(r"\d\d:\d\d:\d\d", row[0].splitlines()[-1]) for row in found)
        assert ask(page, "clock('2026-01-01T00:30:00Z')") == "19:30:00"
        assert ask(page, "clock('2026-01-01T05:00:00Z')") == "00:00:00"
        assert page.find_element(By.ID, "about").text.endswith("· times in America/New_York")
    finally:
        page.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": ""})
        page.execute_cdp_cmd("Emulation.setLocaleOverride", {})


def test_averages_are_drawn(page: Chrome) -> None:
    wait(page, lambda: ask(page, "document.querySelectorAll('.load svg .average').length > 0"))


def test_tasks_are_listed(page: Chrome) -> None:
    found = wait(page, lambda: rows(page, "#tasks"))
    tasks = {row[0].splitlines()[0]: row for row in found}
    assert list(tasks) == ["greeting", "report", "roll-up", "sample"]
    sample = tasks["sample"]
    assert sample[3].startswith("done")
    assert "ago" in sample[3]
    assert int(sample[4].replace(",", "")) > 0
    assert page.find_element(By.ID, "state").text == "running"


def test_runs_come_by_themselves(page: Chrome) -> None:
    newest = "Number(document.querySelector('#runs tr')?.dataset.number ?? 0)"
    first = wait(page, lambda: ask(page, newest))
    wait(page, lambda: ask(page, newest) > first)
    numbers = ask(page, "[...document.querySelectorAll('#runs tr')].map(row => Number(row.dataset.number))")
    assert numbers == sorted(set(numbers), reverse=True)
    by = ask(page, "document.querySelector('#runs .by').textContent")
    assert re.fullmatch(r"by AsyncIOScheduler-.+-\d+-1", by)


def test_a_failure_is_readable_and_stays_open(page: Chrome) -> None:
    choose(page, "task-filter", "report")
    choose(page, "state-filter", "failed")
    summary = wait(page, lambda: page.find_elements(By.CSS_SELECTOR, "#runs summary"))[0]
    assert summary.is_displayed()
    assert "ConnectionError: report of " in summary.text
    summary.click()
    trace = page.find_element(By.CSS_SELECTOR, "#runs details[open] pre")
    assert "Traceback" in trace.text
    before = ask(page, "samples.at(-1)[0]")
    wait(page, lambda: ask(page, "samples.at(-1)[0]") > before + 1)
    assert trace.is_displayed()
    assert {row[1] for row in rows(page, "#runs")} == {"report"}


def test_markup_in_an_error_is_text(page: Chrome) -> None:
    choose(page, "task-filter", "greeting")
    choose(page, "state-filter", "failed")
    summary = wait(page, lambda: page.find_elements(By.CSS_SELECTOR, "#runs summary"))[0]
    assert summary.text == HOSTILE.splitlines()[0]
    assert ask(page, "document.querySelectorAll('main img, #runs b').length") == 0
    assert ask(page, "window.hacked") is None


def choose(page: Chrome, control: str, value: str) -> None:
    """Picks an option, once the page offers it."""
    select = Select(page.find_element(By.ID, control))
    wait(page, lambda: value in [option.text for option in select.options])
    select.select_by_visible_text(value)


def test_older_runs(page: Chrome) -> None:
    shown = "document.querySelectorAll('#runs tr').length"
    wait(page, lambda: ask(page, f"{shown} >= 25"))
    page.find_element(By.ID, "older").click()
    wait(page, lambda: ask(page, f"{shown} > 25"))
    before = ask(page, "samples.at(-1)[0]")
    wait(page, lambda: ask(page, "samples.at(-1)[0]") > before + 1)
    assert ask(page, shown) > 25


def test_the_page_can_be_paused(page: Chrome) -> None:
    wait(page, lambda: ask(page, "samples.length"))
    page.find_element(By.ID, "pause").click()
    asked = "performance.getEntriesByType('resource')"
    quiet_for = f"performance.now() - Math.max(...{asked}.map(entry => entry.startTime))"
    wait(page, lambda: ask(page, quiet_for) > 2500)
    before = ask(page, f"{asked}.length")
    page.find_element(By.ID, "pause").click()
    wait(page, lambda: ask(page, f"{asked}.length") > before)


@pytest.mark.parametrize("width", [360, 700, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_the_screen_in_both_schemes(page: Chrome, width: int, scheme: str) -> None:
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    try:
        wait(page, lambda: len(rows(page, "#runs")) > 5)
        assert ask(page, "document.documentElement.scrollWidth <= innerWidth")
        style = "getComputedStyle(document.body)"
        text, back = ask(page, f"[{style}.color, {style}.backgroundColor]")
        assert contrast(text, back) > 7
        assert (luminance(back) < 0.5) == (scheme == "dark")
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def luminance(color: str) -> float:
    """Of "rgb(r, g, b)", by WCAG."""
    channels = [int(part) / 255 for part in color.removeprefix("rgb(").rstrip(")").split(",")]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(text: str, back: str) -> float:
    """The ratio of two colours, by WCAG."""
    dark, light = sorted((luminance(text), luminance(back)))
    return (light + 0.05) / (dark + 0.05)


def test_it_says_when_the_program_has_ended(chromium: Chrome, tmp_path: Path) -> None:
    env = {"LOAD_MONITOR_DIR": str(tmp_path / "data")}
    with serving(APP, "app:app", tmp_path / "server.log", env) as running:
        chromium.get(running.url + "/")
        wait(chromium, lambda: chromium.find_element(By.ID, "state").text == "running")
        assert running.stop() < STOP_PATIENCE
        wait(chromium, lambda: "no answer" in chromium.find_element(By.ID, "state").text)
    chromium.get("about:blank")  # the page would go on asking, and the next test find it in the log
    chromium.get_log("browser")
