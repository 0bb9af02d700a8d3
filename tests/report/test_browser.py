# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the page in Chromium: errors, search, switches, charts, sorting, scripts off, widths, dark mode, keyboard.

They are skipped without Chromium. The accessibility checker is skipped without axe-core, whose `axe.min.js` the
environment variable AXE names: `npm pack axe-core`.
"""

from __future__ import annotations

import base64
import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fakes import explained, finished
from niwt_tf.report import page

webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium: pip install 'niwt_tf[test]'")

_CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_DRIVER = shutil.which("chromedriver")
_ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars")
_PHONE, _DESKTOP = 360, 1440  # pixels

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (_CHROMIUM and _DRIVER), reason="needs Chromium and its driver: apt-get install chromium chromium-driver"
    ),
]


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("browser") / "run"
    run = finished.write(root, seen=("Horse", "<script>console.error(1)</script>", "A_very_long_name_of_a_class_" * 3))
    explained.write(root, run.class_names, run.seen_classes, neurons=14)
    return page.write(run, root).as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = _CHROMIUM
    for argument in _ARGUMENTS:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(_DRIVER))
    yield driver
    driver.quit()


def _open(browser: Any, uri: str, width: int = _DESKTOP, scheme: str = "light", scripts: bool = True) -> None:
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width == _PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
    media = {"features": [{"name": name, "value": value} for name, value in features.items()]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
    browser.get(uri)


def _visible(browser: Any) -> list[str]:
    """Return the headings of the visible neurons."""
    cards = browser.find_elements("css selector", "#neuron-list .cards > li")
    return [card.find_element("tag name", "h3").text for card in cards if card.is_displayed()]


def test_there_is_no_error_and_no_request_to_the_network(browser: Any, uri: str) -> None:
    _open(browser, uri)
    assert browser.get_log("browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    requested = {one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"}
    assert uri in requested and all(url == uri or url.startswith("data:") for url in requested)
    browser.execute_script("for (const one of document.images) one.loading = 'eager'")
    images = "return Array.from(document.images).map(image => image.decode().then(() => image.naturalWidth))"
    loaded = browser.execute_script(f"return Promise.all((() => {{ {images} }})())")
    assert len(loaded) == 3 * 8 + 14 + 13 and all(width > 0 for width in loaded)


def test_search_finds_names_candidates_and_numbers_and_counts_them(browser: Any, uri: str) -> None:
    _open(browser, uri)
    box, count = (browser.find_element("id", name) for name in ("neuron-search", "neuron-count"))
    assert count.text == "14 neurons" and len(_visible(browser)) == 12
    box.send_keys("NEURON 7")
    assert _visible(browser) == ["7 belly & back"] and count.text == "1 of 14 neurons"
    box.clear()
    box.send_keys("forked clear")
    assert _visible(browser) == ["2 no clear name", "8 no clear name"] and count.text == "2 of 14 neurons"
    box.clear()
    box.send_keys("no such thing")
    assert _visible(browser) == [] and count.text == "0 of 14 neurons"
    box.clear()
    box.send_keys(" ")
    assert len(_visible(browser)) == 12 and count.text == "14 neurons"


def test_search_opens_the_neurons_that_are_folded_away(browser: Any, uri: str) -> None:
    _open(browser, uri)
    box = browser.find_element("id", "neuron-search")
    box.send_keys("neuron 11")  # the last of those without a name
    assert _visible(browser) == ["11 no clear name"]


def test_a_decision_switches_class_reasons_and_map_with_scripts_off_too(browser: Any, uri: str) -> None:
    _open(browser, uri, scripts=False)
    card = browser.find_element("css selector", ".decision")

    def shown() -> list[str]:
        return [one.text for one in card.find_elements("tag name", "h5") if one.is_displayed()]

    predicted, other = (one.text.split(": ")[1] for one in card.find_elements("css selector", "label")[:2])
    assert shown() == [f"In this image, for {predicted}", f"In this image, against {predicted}"]
    card.find_element("class name", "show-class").click()
    assert shown() == [f"What the model looks for in {predicted}"]
    card.find_element("class name", "show-1").click()
    assert shown() == [f"What the model looks for in {other}"]
    maps = card.find_elements("class name", "map")
    assert [one.is_displayed() for one in maps] == [False, True]
    card.find_element("class name", "show-map").click()
    assert [one.is_displayed() for one in maps] == [False, False]
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_the_curve_tells_its_values_by_keyboard_and_by_pointer(browser: Any, uri: str) -> None:
    from selenium.webdriver.common import action_chains, keys

    _open(browser, uri)
    range_, value = (browser.find_element("id", name) for name in ("curve-range", "curve-value"))
    cells = browser.execute_script(
        "const rows = document.querySelectorAll('#curve-table tbody tr');"
        "return Array.from(rows, row => Array.from(row.cells, one => one.textContent))"
    )
    lines = [
        f"gamma {gamma}: known {seen}, new {unseen}, harmonic mean {mean}" for gamma, seen, unseen, mean, _ in cells
    ]
    marks = [mark for *_, mark in cells]
    assert value.text.replace(" (chosen)", "") == lines[marks.index("chosen")]
    for key, line in ((keys.Keys.HOME, lines[0]), (keys.Keys.ARROW_RIGHT, lines[1]), (keys.Keys.END, lines[-1])):
        range_.send_keys(key)
        assert value.text == range_.get_attribute("aria-valuetext") == line
    hollow = browser.find_element("css selector", "#curve-chart .plain")
    action_chains.ActionChains(browser).move_to_element(hollow).perform()
    plain = cells[marks.index("gamma 0")]
    assert f"known {plain[1]}, new {plain[2]}" in value.text


def test_the_confusion_tells_its_cells_by_keyboard_and_by_pointer(browser: Any, uri: str) -> None:
    from selenium.webdriver.common import action_chains, keys

    _open(browser, uri)
    cells, value = (browser.find_element("id", name) for name in ("confusion-cells", "confusion-value"))
    browser.execute_script("arguments[0].focus()", cells)
    assert re.fullmatch(r"Horse, recognised: \d of 5 photographs \(\d+ %\)", value.text)
    cells.send_keys(keys.Keys.END)
    assert value.text.startswith("Horse, taken for Okapi: ")
    for _ in range(9):
        cells.send_keys(keys.Keys.ARROW_DOWN)
    assert value.text.startswith("Okapi, recognised: ")
    cells.send_keys(keys.Keys.PAGE_UP)
    assert "taken for" in value.text and ": 0 of" not in value.text
    size = cells.size["width"]
    corner = action_chains.ActionChains(browser).move_to_element_with_offset(cells, 3 - size // 2, size // 2 - 3)
    corner.perform()
    assert value.text.startswith("Okapi, taken for Horse: ")


def test_tables_sort_by_the_buttons_of_their_heads(browser: Any, uri: str) -> None:
    _open(browser, uri)
    table = browser.find_element("id", "class-table")
    buttons = table.find_elements("css selector", "th button")

    def column(number: int) -> list[str]:
        return [
            row.find_elements("css selector", "th, td")[number].text
            for row in table.find_elements("css selector", "tbody tr")
        ]

    buttons[2].send_keys(" ")
    numbers = [float(text) for text in column(2)]
    assert numbers == sorted(numbers, reverse=True)
    heads = table.find_elements("css selector", "thead th")
    assert [head.get_attribute("aria-sort") for head in heads] == [None, None, "descending", None, None, None]
    buttons[2].click()
    assert [float(text) for text in column(2)] == sorted(numbers)
    buttons[0].click()
    assert column(0)[-1] == "Zebra" and heads[0].get_attribute("aria-sort") == "ascending"


@pytest.mark.skipif("AXE" not in os.environ, reason="needs AXE=path of axe-core's axe.min.js: npm pack axe-core")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [_PHONE, 768, _DESKTOP])
def test_the_accessibility_checker_finds_no_violation(browser: Any, uri: str, width: int, scheme: str) -> None:
    _open(browser, uri, width, scheme)
    browser.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")
    browser.execute_cdp_cmd("Runtime.evaluate", {"expression": Path(os.environ["AXE"]).read_text("utf-8")})
    report = browser.execute_async_script("axe.run().then(arguments[0])")
    assert report["passes"] and not [(one["id"], one["nodes"]) for one in report["violations"]]


def test_all_can_be_read_with_scripts_off(browser: Any, uri: str) -> None:
    _open(browser, uri, scripts=False)
    assert len(_visible(browser)) == 12
    browser.find_element("css selector", "#neuron-rest summary").click()
    assert len(_visible(browser)) == 14
    assert not browser.find_element("id", "neuron-search").is_displayed()
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.parametrize("width", [_PHONE, _DESKTOP])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_its_width_and_follows_the_scheme(browser: Any, uri: str, width: int, scheme: str) -> None:
    _open(browser, uri, width, scheme)
    assert browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]") == [width, width]
    clip = {"x": 0, "y": 0, "width": width, "height": 3000, "scale": 1}
    shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("L"))
    back = np.median(pixels)
    assert back > 240 if scheme == "light" else back < 40
    assert np.abs(pixels - back).max() > 150  # text stands out


def test_keyboard_reaches_the_skip_link_the_contents_and_the_search_and_shows_where_it_is(
    browser: Any, uri: str
) -> None:
    from selenium.webdriver.common import keys

    _open(browser, uri)
    reached = []
    for _ in range(90):
        browser.switch_to.active_element.send_keys(keys.Keys.TAB)
        active = browser.switch_to.active_element
        reached.append(active.get_attribute("aria-label") or active.get_attribute("id") or active.text)
        assert active.value_of_css_property("outline-style") == "solid"
        if reached[-1] == "neuron-search":
            break
    assert reached[:2] == ["Skip to the results", "Decisions"] and reached[-1] == "neuron-search"
    assert "Mistakes" in reached and reached.count("neuron-search") == 1
