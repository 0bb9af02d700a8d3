# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Folders of a user's images and descriptions, with any of their files damaged, misplaced, renamed or left out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import niwt_tf
from fakes import smallest
from malformed import mutations

_IMAGES = {"ant": 4, "bee": 4, "cat": 4, "dog": 2}
_TABLE = "class,legs,wings,fur\nant,6,0,0\nbee,6,4,1\ncat,4,0,9\ndog,4,0,8\neel,0,0,0\n"
_SENTENCES = {
    "ant": "a small black insect with legs\n",
    "bee": "a striped insect with wings\n",
    "cat": "a small animal with fur\n",
    "dog": "a large animal with fur\n",
    "eel": "a long black animal without legs\n",
}


def cases(seed: int, count: int, folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield the cases, see `harness`."""
    return mutations.deal(_MAKERS, seed, count, folder)


def _build(place: Path) -> Path:
    captions = {f"captions__{name}_txt": text for name, text in _SENTENCES.items()}
    documents = {f"documents__{name}_txt": text * 3 for name, text in _SENTENCES.items()}
    files = {"attributes_csv": _TABLE, "unseen_txt": "dog\neel\n"}
    return smallest.folder(place / "data", _IMAGES, **files, **captions, **documents)


def _load(place: Path, root: Path) -> tuple[set[str], set[str]]:
    """Load the dataset with all that describes its classes, and check them; the seen and the unseen classes."""
    dataset = niwt_tf.load_dataset("folder", 16, data_dir=str(root), prepared_dir=str(place / "prepared"))
    for domain in ("attributes", "captions", "documents"):
        vectors = niwt_tf.load_knowledge(dataset, domain).vectors
        if not np.isfinite(vectors).all() or len(vectors) != len(dataset.class_names):
            mutations.must_refuse((domain, vectors))
    for split in (dataset.train, dataset.test_seen):
        if {dataset.class_names[label] for label in split.labels} != set(dataset.seen):
            mutations.must_refuse((dataset.seen, split.labels))
    return set(dataset.seen), set(dataset.unseen)


def _require_classes(result: tuple[set[str], set[str]]) -> object:
    if result != ({"ant", "bee", "cat"}, {"dog", "eel"}):
        mutations.must_refuse(result)
    return "as ever"


def _texts(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.suffix in (".txt", ".csv"))


def _damaged_text(rng: np.random.Generator, place: Path) -> object:
    root = _build(place)
    path = mutations.choose(rng, _texts(root))
    path.write_bytes(mutations.damage_text(rng, path.read_text("utf-8")))
    return _load(place, root)


def _changed_text(rng: np.random.Generator, place: Path) -> object:
    root = _build(place)
    path = mutations.choose(rng, [root / "attributes.csv", root / "unseen.txt", *_texts(root)])
    path.write_text(mutations.change_lines(rng, path.read_text("utf-8")), "utf-8", "surrogatepass")
    return _load(place, root)


def _misplaced_text(rng: np.random.Generator, place: Path) -> object:
    """Put something else in the place of a text: it must be told, or the list of unseen classes is not there."""
    root = _build(place)
    path = mutations.choose(rng, _texts(root))
    mutations.misplace(rng, path)
    mutations.must_refuse((path.name, _load(place, root)))
    return None


def _misplaced_image(rng: np.random.Generator, place: Path) -> object:
    """Put something else in the place of images: one may be skipped."""
    root = _build(place)
    for path in rng.permutation(sorted((root / "images").rglob("*.png")))[: rng.integers(1, 4)]:
        mutations.misplace(rng, Path(path))
    return _require_classes(_load(place, root))


def _damaged_image(rng: np.random.Generator, place: Path) -> object:
    root = _build(place)
    for path in map(Path, rng.permutation(sorted((root / "images").rglob("*.png")))[: rng.integers(1, 4)]):
        path.write_bytes(mutations.damage(rng, path.read_bytes()))
    return _require_classes(_load(place, root))


def _misplaced_folder(rng: np.random.Generator, place: Path) -> object:
    root = _build(place)
    path = root / mutations.choose(rng, ("images", "captions", "documents", "images/ant", "images/dog", "."))
    shutil.rmtree(path)
    mutations.misplace(rng, path if path != root else place / "data")
    return _load(place, root)


def _linked_folder(rng: np.random.Generator, place: Path) -> object:
    """Add links to folders that contain them, and to each other: the classes stay as they are."""
    root = _build(place)
    path = root / mutations.choose(rng, ("images/ant", "images", "captions", "."))
    (path / "link").symlink_to(mutations.choose(rng, (root, path, place, "..", ".", "/proc/self", "link")))
    return _load(place, root)


def _renamed(rng: np.random.Generator, place: Path) -> object:
    """Give a file or a class another name, or a second one."""
    root = _build(place)
    path = mutations.choose(rng, sorted(root.rglob("*")))
    names = (
        *mutations.CONTROL_NAMES,
        path.name.upper(),
        f".{path.name}",
        f"{path.name}~",
        f" {path.name}",
        "x" * 180,
        "ant",
        "DOG",
        "a+b",
        "..x",
    )
    target = path.parent / mutations.choose(rng, names)
    if rng.random() < 0.5:
        path.rename(target if not target.exists() else path)
    elif path.is_dir():
        shutil.copytree(path, target, dirs_exist_ok=True)
    elif not target.is_dir():
        shutil.copy(path, target)
    return _load(place, root)


def _not_text(rng: np.random.Generator, place: Path) -> object:
    """Name a file or a class by bytes that are no UTF-8."""
    root = _build(place)
    path = mutations.choose(rng, sorted(root.rglob("*")))
    path.rename(path.parent / f"caf\udce9{path.name}")
    return _load(place, root)


def _left_out(rng: np.random.Generator, place: Path) -> object:
    root = _build(place)
    for path in map(Path, rng.permutation(sorted(root.rglob("*")))[: rng.integers(1, 6)]):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return _load(place, root)


def _copied(rng: np.random.Generator, place: Path) -> object:
    """Give classes the same images, or empty ones."""
    root = _build(place)
    images = sorted((root / "images").rglob("*.png"))
    source = mutations.choose(rng, images)
    for path in map(Path, rng.permutation(images)[: rng.integers(1, len(images))]):
        path.write_bytes(source.read_bytes() if rng.random() < 0.9 else b"")
    return _load(place, root)


def _settings(rng: np.random.Generator, place: Path) -> object:
    """Name unseen classes and folders by any text."""
    root, text = _build(place), mutations.choose(rng, mutations.STRANGE_TEXTS)
    unseen = mutations.choose(rng, ((text,), ("dog", text), (), ("ant", "bee", "cat"), "dog", (5,)))
    data_dir = mutations.choose(rng, (str(root), str(root), f"{root}/{text}", text, None, 5))
    dataset = niwt_tf.load_dataset("folder", 16, data_dir=data_dir, unseen=unseen, prepared_dir=str(place / "prepared"))
    return dataset.class_names


_MAKERS: dict[str, mutations.Maker] = {
    "a damaged text": _damaged_text,
    "a changed text": _changed_text,
    "a changed text again": _changed_text,
    "a misplaced text": _misplaced_text,
    "a misplaced image": _misplaced_image,
    "a damaged image": _damaged_image,
    "a misplaced folder": _misplaced_folder,
    "a linked folder": _linked_folder,
    "renamed": _renamed,
    "renamed again": _renamed,
    "no text": _not_text,
    "left out": _left_out,
    "copied": _copied,
    "settings": _settings,
}
