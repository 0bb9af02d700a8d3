# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the page: its contents, that it loads nothing, and that no name becomes markup."""

from __future__ import annotations

import re
from html import parser
from pathlib import Path

import pytest

from fakes import explained, finished
from niwt_tf import config as config_lib
from niwt_tf.report import page, tables
from niwt_tf.runs import finished_run

_EVIL = '<script>alert("x")</script>'
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2066\u200b]")
_VOID = {"meta", "link", "input", "img", "source"}


class _Reader(parser.HTMLParser):
    """Notes elements, attributes and text, and that every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> finished_run.FinishedRun:
    root = tmp_path_factory.mktemp("page") / "run"
    written = finished.write(root, seen=("Horse", _EVIL, "Cow & 'Calf'"), config=config_lib.RunConfig(seed=4))
    explained.write(root, written.class_names, written.seen_classes)
    return written


@pytest.fixture(scope="module")
def html(run: finished_run.FinishedRun) -> str:
    return page.html(run)


def test_all_sections_are_there_and_the_contents_lead_to_them(html: str) -> None:
    read = _Reader(html)
    ids = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [link["href"] for link in read.all("a")]
    assert links == [
        "#main", "#decisions", "#neurons", "#curve", "#confusion", "#classes", "#scores", "#settings",
    ]  # fmt: skip
    assert {link[1:] for link in links if link} <= set(ids)
    named = re.findall(r'(?:aria-labelledby|aria-controls|for)="([^"]+)"', html)
    assert {one for names in named for one in names.split()} <= set(ids)


def test_the_page_opens_with_what_the_model_recognises_and_how_sure_that_is(html: str) -> None:
    words = " ".join(_Reader(html[html.index("<header>") : html.index("<nav")]).text.split())
    opening = words[words.index("This model") : words.index("can be chosen")]
    share = r"\d+ \(between \d+ and \d+\)"
    assert re.fullmatch(
        "This model knows 3 classes from photographs and 2 more from attributes alone: of 100 test photographs of "
        f"known classes it recognises {share}, of 100 of new ones {share}, when all 5 ",
        opening,
    )
    assert words.startswith(f"animals from attributes {opening}") and "gamma" not in words


def test_decisions_switch_between_classes_and_between_reasons(html: str, tmp_path: Path) -> None:
    read = _Reader(html)
    radios = [one for one in read.all("input") if one.get("type") == "radio"]
    assert len(radios) == 8 * 4 and len({one["name"] for one in radios}) == 8 * 2
    assert len([one for one in radios if "checked" in one]) == 8 * 2
    assert all(one in read.text for one in ("predicted: Okapi", "true: Okapi", "runner-up: Horse"))
    assert len([one for one in read.all("img") if "map" in str(one.get("class"))]) == 8 * 2
    run = finished.write(tmp_path / "run")
    explained.write(run.root, run.class_names, run.seen_classes, decisions=1, image_reasons=False)
    plain = _Reader(page.html(run))
    assert [one["class"] for one in plain.all("input") if one.get("type") == "radio"] == ["show-0", "show-1"]
    assert "What the model looks for in" in plain.text and "In this image" not in plain.text


def test_scores_settings_command_seconds_and_versions_are_shown(html: str, run: finished_run.FinishedRun) -> None:
    text = _Reader(html).text
    for name in ("seen_accuracy", "unseen_accuracy", "harmonic_mean", "zsl_accuracy", "ausuc", "gamma"):
        assert f"{run.metrics[name]:.3f}" in text
    assert f"niwt --seed=4 --workdir={run.root}" in text
    for expected in (
        "0.1.0",
        "2.4.6",
        "21.2",
        "in validation, 90.0% of the training images stayed",
        "ab" * 32,
        "five words",
    ):
        assert expected in text
    for value in explained.METRICS.values():
        assert f"{value:.3f}" in text


@pytest.mark.parametrize(
    ("fit", "does"),
    [("closed", "shrinks new weights along directions in which"), ("descent", "pulls new weights towards the mean of")],
)
def test_settings_describe_lambda_and_relevance(fit: str, does: str, tmp_path: Path) -> None:
    config = config_lib.RunConfig(transfer=config_lib.TransferConfig(fit))
    rows = {name: rest for name, *rest in tables.settings(finished.write(tmp_path / "run", config=config))}
    assert rows["lambda"][:2] == ["0.001", "0, 0.1"] and rows["lambda"][2].startswith(does)
    assert rows["relevance"][:2] == ["10", "10, 100"]


def test_names_are_shown_and_never_markup(html: str) -> None:
    read = _Reader(html)
    assert len(read.all("script")) == 1
    assert _EVIL in read.text and "Cow & 'Calf'" in read.text and "bill <long>" in read.text
    assert "<long>" not in html and 'alert("x")' not in html


def test_nothing_is_loaded_from_anywhere(html: str) -> None:
    read = _Reader(html)
    sources = [attributes[name] for _, attributes in read.elements for name in ("src", "srcset") if name in attributes]
    assert sources and all(str(source).startswith("data:image/webp;base64,") for source in sources)
    assert [link["href"] for link in read.all("link")] == ["data:,"]
    assert "http:" not in html and "https:" not in html and "url(" not in html and "@import" not in html
    (policy,) = (meta["content"] for meta in read.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None and policy.startswith("default-src 'none'; img-src data:; ") and "unsafe" not in policy
    assert not [attributes for _, attributes in read.elements if "style" in attributes]


def test_images_have_words_and_tables_captions_and_heads(html: str) -> None:
    read = _Reader(html)
    assert all(image["alt"] and image["width"] and image["height"] for image in read.all("img"))
    assert all(cell.get("scope") in ("row", "col") for cell in read.all("th"))
    assert len(read.all("caption")) == len(read.all("table")) == 9
    assert all(one.get("aria-hidden") == "true" or one.get("role") == "img" for one in read.all("svg"))
    assert len([one for one in read.all("table") if "data-sortable" in one]) == 3
    assert [tag for tag, _ in read.elements if tag in ("header", "nav", "main", "footer")] == [
        "header", "nav", "main", "footer",
    ]  # fmt: skip
    assert read.all("html") == [{"lang": "en"}]
    levels = [int(tag[1]) for tag, _ in read.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))


def test_without_explanations_the_command_that_makes_them_stands_there(tmp_path: Path) -> None:
    run = finished.write(tmp_path / "run")
    text = _Reader(page.html(run)).text
    assert text.count(f"niwt --workdir={run.root} --stages=inverse_map,explain,report") == 3


def test_without_test_images_of_unseen_classes_the_page_says_so(tmp_path: Path) -> None:
    read = _Reader(page.html(finished.write(tmp_path / "run", unseen_tested=False)))
    assert "No new class has test photographs, so there is no curve." in read.text
    assert "Classes without test images, left out of the means: Zebra, Okapi." in read.text
    assert "nan" not in read.text


def test_the_page_is_a_file_of_its_own(run: finished_run.FinishedRun, html: str, tmp_path: Path) -> None:
    written = page.write(run, tmp_path)
    assert written == tmp_path / "index.html" and list(tmp_path.iterdir()) == [written]
    assert written.read_text("utf-8") == html


@pytest.mark.slow
def test_the_page_of_many_classes_and_neurons_stays_small(tmp_path: Path) -> None:
    names = tuple(f"{number:03d}.Long_named_Bird_of_kind_{number}" for number in range(200))
    run = finished.write(tmp_path, names[:150], names[150:], test_images=20)
    explained.write(tmp_path, names, 150, neurons=400, decisions=24)
    assert page.write(run, tmp_path).stat().st_size < 2e6


def test_what_misleads_in_a_name_is_shown_as_its_number(tmp_path: Path) -> None:
    names = ("ant\x1b]0;title\x07", "bee \u202egnp", "熊 cafe\u0301 👨\u200d👩\u200d👧")
    written = finished.write(tmp_path / "run\x1b", seen=names, unseen=("c\x9b\u200b", "x" * 10_000))
    explained.write(tmp_path / "run\x1b", written.class_names, written.seen_classes)
    text = page.write(written, tmp_path).read_text("utf-8")
    assert not _OBEYED.search(text)
    for name in (r"ant\x1b]0;title\x07", r"bee \u202egnp", names[2], r"c\x9b\u200b", "x" * 10_000):
        assert name in _Reader(text).text
