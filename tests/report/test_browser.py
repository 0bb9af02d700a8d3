# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the page in Chromium: errors, the search, scripts off, widths, dark mode, keyboard. Skipped without it."""

from __future__ import annotations

import base64
import io
import json
import shutil
from collections.abc import Iterator
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
_PHONE, _DESKTOP = 360, 1280  # pixels

pytestmark = pytest.mark.skipif(
    not (_CHROMIUM and _DRIVER), reason="needs Chromium and its driver: apt-get install chromium chromium-driver"
)


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("browser") / "run"
    run = finished.write(root, seen=("Horse", "<script>console.error(1)</script>", "A_very_long_name_of_a_class_" * 3))
    explained.write(root, run.class_names, run.seen_classes, neurons=12)
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
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
    browser.get(uri)


def _visible(browser: Any) -> list[str]:
    """Return the headings of the visible neurons."""
    cards = browser.find_elements("css selector", "#neuron-list > li")
    return [card.find_element("tag name", "h3").text for card in cards if card.is_displayed()]


def test_there_is_no_error_and_no_request_to_the_network(browser: Any, uri: str) -> None:
    _open(browser, uri)
    assert browser.get_log("browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    requested = {one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"}
    assert uri in requested and all(url == uri or url.startswith("data:") for url in requested)
    images = "return Array.from(document.images).map(image => image.decode().then(() => image.naturalWidth))"
    loaded = browser.execute_script(f"return Promise.all((() => {{ {images} }})())")
    assert len(loaded) == 2 + 8 + 12 + 11 and all(width > 0 for width in loaded)


def test_search_finds_names_candidates_and_numbers_and_counts_them(browser: Any, uri: str) -> None:
    _open(browser, uri)
    box, count = (browser.find_element("id", name) for name in ("neuron-search", "neuron-count"))
    assert count.text == "12 neurons" and len(_visible(browser)) == 12
    box.send_keys("NEURON 7")
    assert _visible(browser) == ["7: belly & back"] and count.text == "1 of 12 neurons"
    box.clear()
    box.send_keys("forked clear")
    assert _visible(browser) == ["2: no clear name", "8: no clear name"] and count.text == "2 of 12 neurons"
    box.clear()
    box.send_keys("no such thing")
    assert _visible(browser) == [] and count.text == "0 of 12 neurons"
    box.clear()
    box.send_keys(" ")
    assert len(_visible(browser)) == 12 and count.text == "12 neurons"


def test_all_can_be_read_with_scripts_off(browser: Any, uri: str) -> None:
    _open(browser, uri, scripts=False)
    assert len(_visible(browser)) == 12
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
    for _ in range(30):
        browser.switch_to.active_element.send_keys(keys.Keys.TAB)
        active = browser.switch_to.active_element
        reached.append(active.get_attribute("aria-label") or active.get_attribute("id") or active.text)
        assert active.value_of_css_property("outline-style") == "solid"
        if reached[-1] == "neuron-search":
            break
    assert reached[:2] == ["Skip to the results", "Results"] and reached[-1] == "neuron-search"
    assert "Confusion matrix" in reached and "Command that repeats the run" in reached
