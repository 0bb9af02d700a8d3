# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Texts: captions and documents of classes, lists of names, and what TF-IDF learns from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import niwt_tf
from malformed import mutations
from niwt_tf.data import class_attributes, class_texts, described_classes, named_files
from niwt_tf.data import names as names_lib
from niwt_tf.data.files import text_files
from niwt_tf.domains import encoders, parse_attributes

_CLASSES = ("ant", "bee", "cat")
_SENTENCES = "It has six legs.\nIts body is black and red.\n\nIt lives in the ground, with others.\n"


def cases(seed: int, count: int, folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield the cases, see `harness`."""
    return mutations.deal(_MAKERS, seed, count, folder)


def _damaged(rng: np.random.Generator, place: Path) -> object:
    path = place / "text.txt"
    path.write_bytes(mutations.damage_text(rng, _SENTENCES))
    result = text_files.text(path)
    if "\0" in result or not isinstance(result, str):
        mutations.must_refuse(result)
    return text_files.lines(path), text_files.require_file(str(path), "captions_file")


def _misplaced(rng: np.random.Generator, place: Path) -> object:
    path = place / "text.txt"
    mutations.misplace(rng, path)
    readers: list[Callable[[Path], Any]] = [
        text_files.text,
        text_files.lines,
        class_attributes.read_numbered_names,
        lambda file: text_files.text(text_files.require_file(str(file), "document_file")),
    ]
    mutations.must_refuse(mutations.choose(rng, readers)(path))
    return None


def _classes(rng: np.random.Generator, place: Path) -> object:
    """Damage, misplace, rename or leave out the text of a class."""
    for name in _CLASSES:
        (place / f"{name}.txt").write_text(_SENTENCES, "utf-8")
    path = place / "bee.txt"
    change = mutations.choose(rng, ("damaged", "misplaced", "left out", "renamed", "twice", "blank", "a folder"))
    if change == "damaged":
        path.write_bytes(mutations.damage_text(rng, _SENTENCES))
    elif change == "misplaced":
        mutations.misplace(rng, path)
    elif change == "left out":
        path.unlink()
    elif change == "renamed":
        path.rename(place / f"{mutations.choose(rng, mutations.CONTROL_NAMES)}.txt")
    elif change == "twice":
        (place / "Bee.txt").write_text(_SENTENCES, "utf-8")
    elif change == "blank":
        path.write_text(mutations.choose(rng, ("", " \n", "\ufeff", "\u200b\n", "\u3000")), "utf-8")
    else:
        path.unlink()
        (place / "bee").mkdir()
        mutations.misplace(rng, place / "bee" / "0.txt")
    read = mutations.choose(rng, (class_texts.captions, class_texts.documents))
    result = read(place, _CLASSES, "captions")
    if change in ("left out", "renamed", "misplaced", "a folder") or not all(result.values()):
        mutations.must_refuse((change, result))
    return result


def _nested(rng: np.random.Generator, place: Path) -> object:
    """Read captions of single images, among which something lies that is no text."""
    for name in _CLASSES:
        (place / name / "sub").mkdir(parents=True)
        for number in range(2):
            (place / name / "sub" / f"{number}.txt").write_text(_SENTENCES, "utf-8")
    strange = place / "bee" / "sub" / f"{mutations.choose(rng, mutations.CONTROL_NAMES)}.txt"
    if rng.random() < 0.6:
        mutations.misplace(rng, strange)
    else:
        strange.write_bytes(mutations.damage_text(rng, _SENTENCES))
    return class_texts.captions(place, _CLASSES, "`captions`", {})


def _folders(rng: np.random.Generator, place: Path) -> object:
    """Name a folder that is none."""
    mutations.misplace(rng, place / "captions")
    result = class_texts.documents(named_files.class_texts("captions_dir", str(place / "captions")), _CLASSES, "texts")
    mutations.must_refuse(result)
    return None


def _captions(rng: np.random.Generator, place: Path) -> object:
    """Encode captions of any texts."""
    texts = mutations.STRANGE_TEXTS
    values: list[Any] = [
        {name: [mutations.choose(rng, texts)] for name in _CLASSES},
        {name: [mutations.choose(rng, texts), "a red bird"] for name in _CLASSES},
        {mutations.choose(rng, texts): ["a red bird"], "bee": ["a blue bird"]},
        {"ant": ["red " * 100_000], "bee": ["blue " * 100_000]},
        {"ant": "red", "bee": "blue"},
        {"ant": [b"red"], "bee": ["blue"]},
        {"ant": None, "bee": ["blue"]},
        {1: ["red"], 2: ["blue"]},
        {"ant": [["red"]], "bee": ["blue"]},
        {"ant": iter(["red bird"]), "bee": ["blue bird"]},
        {"ant": np.array(["red bird"]), "bee": np.array(["blue bird"])},
        {"ant": np.array("red"), "bee": {"blue": 1}},
        {"ant": ["\ud800 red bird"], "bee": ["blue bird"]},
        [("ant", ["red"])],
        {},
        "red",
    ]
    knowledge = niwt_tf.encode_captions(
        mutations.choose(rng, values), mutations.choose(rng, ((), ("bee",), ["ant", "bee"], "bee", [1], None))
    )
    if not np.isfinite(knowledge.vectors).all() or not knowledge.vectors.any(1).any():
        mutations.must_refuse(knowledge.vectors)
    return knowledge.vectors.shape


def _names(rng: np.random.Generator, place: Path) -> object:
    """Match names of any texts."""
    available = [mutations.choose(rng, mutations.STRANGE_TEXTS) for _ in range(3)] + ["grizzly bear"]
    required = [mutations.choose(rng, available), "Grizzly_bear", mutations.choose(rng, mutations.STRANGE_TEXTS)]
    return names_lib.join(required[: rng.integers(1, 4)], available, "the table", "Add it."), names_lib.merge(
        [available]
    )


def _attributes(rng: np.random.Generator, place: Path) -> object:
    """Describe a class by attributes of any texts."""
    names, seen = ("has_crown::red", "has_crown::blue", "size"), np.array([[1, 0, 3], [0, 1, 9]], np.float32)
    text = mutations.choose(rng, mutations.STRANGE_TEXTS)
    written = mutations.choose(
        rng, (text, f"size:{text}", f"size: {text}%", f"{text}:5", f"crown::red,{text}", f'"{text}",size')
    )
    items = described_classes.split_attributes(written)
    vector = parse_attributes.impute(parse_attributes.parse(items, names, seen), names, seen)
    if not np.isfinite(vector).all():
        mutations.must_refuse((written, vector))
    return vector


def _numbered(rng: np.random.Generator, place: Path) -> object:
    path = place / "classes.txt"
    path.write_text(mutations.change_lines(rng, "1 ant\n2 bee\n3 cat\n"), "utf-8", "surrogatepass")
    return class_attributes.read_numbered_names(path)


def _large(rng: np.random.Generator, place: Path) -> object:
    path = place / "text.txt"
    contents = {
        "one line": lambda: b"a" * 2 * 10**7,
        "many lines": lambda: b"a\n" * 10**7,
        "bad at the end": lambda: b"a\n" * 10**7 + b"\xff",
        "bad everywhere": lambda: b"\xe9\n" * 10**6,
        "marks": lambda: "e\u0301".encode() * 10**6,
        "one word": lambda: ("x" * 10**6).encode(),
    }
    path.write_bytes(mutations.choose(rng, contents.values())())
    text = text_files.text(path)
    return encoders.TfidfEncoder.fit([[text[: 10**6], "a red bird"], ["a red bird"]])(["a red bird"]).shape


_MAKERS: dict[str, mutations.Maker] = {
    "damaged": _damaged,
    "damaged again": _damaged,
    "misplaced": _misplaced,
    "of classes": _classes,
    "of classes, again": _classes,
    "of images": _nested,
    "no folder": _folders,
    "captions": _captions,
    "captions again": _captions,
    "names": _names,
    "attributes": _attributes,
    "attributes again": _attributes,
    "numbered names": _numbered,
    "large": _large,
}
