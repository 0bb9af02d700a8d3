# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measure the names of neurons: all, those that are borne out, by class labels, and shuffled, on the same images.

Photographs of birds and animals go once through EfficientNet-Lite0 as it is. In each draw classes are chosen at random
to be unseen, and a fifth of each seen class's photographs is held out for the test; the head is a discriminant analysis
of the others. Aviaries come from runs of bin/niwt.

"borne out" are the names that classes held out from the choice bear out, beyond chance. "with any AND" always adds the
second feature that fits the seen classes best, without a test. "all" is of seen and unseen test images together; r is
the correlation of simulated with true activations; "shuffled" is of all names. "last layer" is the share of output
units with a name, and of right ones among these names, in brackets if names are shuffled. Rows give means over draws,
with standard deviations.

python benchmarks/neuron_names.py ../shared/data                                    # 10 draws of each
python benchmarks/neuron_names.py ../shared/data 0 runs/aviary-310 runs/aviary-311   # aviaries alone
"""

from __future__ import annotations

import csv
import dataclasses
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from niwt_tf.cli import launch

launch.start_tensorflow()

import keras  # noqa: E402
import scipy.io  # noqa: E402

from niwt_tf import config as config_lib  # noqa: E402
from niwt_tf import workdir as workdir_lib  # noqa: E402
from niwt_tf.explain import compound, name_measures, neurons, roc  # noqa: E402
from niwt_tf.method import inverse_map  # noqa: E402
from niwt_tf.numerics import discriminant  # noqa: E402
from niwt_tf.pipeline import context  # noqa: E402
from niwt_tf.runs import artefacts  # noqa: E402

_FIRST_SEED = 600
_SIZE, _BATCH = 224, 32  # pixels, photographs
_COLUMNS = ("named", "AND", "held out", "seen", "unseen", "all", "r held out", "r seen", "r unseen")
_KEYS = (
    "neurons_named",
    "neurons_compound",
    "neuron_name_auc_held_out",
    "neuron_name_auc_seen",
    "neuron_name_auc_unseen",
    "neuron_name_auc",
    "neuron_name_simulated_held_out",
    "neuron_name_simulated_seen",
    "neuron_name_simulated_unseen",
)


@dataclasses.dataclass(frozen=True)
class World:
    """A draw: images of seen and unseen classes, what is known of them, and the network's last layer.

    Attributes:
      train: Training images of seen classes.
      tests: Test images of seen and of unseen classes.
      vectors: Domain vectors `[C,M]`, the seen classes first.
      seen_classes: Number of seen classes.
      feature_names: Names of the `M` features.
      inverse: Inverse map of the draw.
      logits: Logits `[N,S]` of the seen classes for the training images.
    """

    train: name_measures.Images
    tests: tuple[name_measures.Images, name_measures.Images]
    vectors: np.ndarray
    seen_classes: int
    feature_names: tuple[str, ...]
    inverse: inverse_map.InverseMap
    logits: np.ndarray


@dataclasses.dataclass(frozen=True)
class Photographs:
    """Mean activations `[N,K]` of photographs, their labels `[N]`, and attributes `[C,M]` of the classes in 0..1."""

    activations: np.ndarray
    labels: np.ndarray
    class_names: list[str]
    vectors: np.ndarray
    feature_names: tuple[str, ...]


def main(root: str, draws: str = "10", *runs: str) -> None:
    """Print a block of rows for each dataset; with 0 draws, none of photographs."""
    if int(draws):
        _print_photographs(Path(root), int(draws))
    if runs:
        _print(f"aviaries, {len(runs)} runs", map(_of_run, map(Path, runs)))


def _print_photographs(data: Path, draws: int) -> None:
    birds = _read(data, "birds_cub70/images", *_table(data / "birds_cub70/attributes.csv"))
    listed = (data / "birds_cub70/unseen.txt").read_text("utf-8").split()
    unseen = [birds.class_names.index(name) for name in listed]
    _print(f"birds, 20 of 70 unseen at random, {draws} draws", _draws(birds, 20, draws))
    _print(f"birds, the 20 of unseen.txt, {draws} draws of test photographs", _draws(birds, 20, draws, unseen))
    animals = _read(data, "awa2_mini/JPEGImages", *_animal_table(data / "awa2_text/att_splits.mat"))
    _print(f"animals, 5 of 19 unseen at random, {draws} draws", _draws(animals, 5, draws))


def _draws(photographs: Photographs, unseen: int, draws: int, chosen: list[int] | None = None) -> Iterator[World]:
    return (_draw(photographs, unseen, _FIRST_SEED + draw, chosen) for draw in range(draws))


def _draw(photographs: Photographs, unseen: int, seed: int, chosen: list[int] | None) -> World:
    """Choose unseen classes and test photographs at random, and fit the last layer and the inverse map."""
    rng = np.random.default_rng(seed)
    classes = len(photographs.vectors)
    last = rng.choice(classes, unseen, replace=False) if chosen is None else np.array(chosen)
    order = np.concatenate([np.setdiff1d(np.arange(classes), last), last])
    labels, seen = np.argsort(order)[photographs.labels], classes - unseen
    is_test = np.zeros(len(labels), bool)
    for label in range(seen):
        rows = rng.permutation(np.flatnonzero(labels == label))
        is_test[rows[: max(1, round(len(rows) / 5))]] = True
    parts = (~is_test & (labels < seen), is_test, labels >= seen)
    train, *tests = (name_measures.Images(photographs.activations[part], labels[part]) for part in parts)
    vectors, settings = photographs.vectors[order], config_lib.RunConfig()
    kernel, bias = discriminant.fit(train.activations, train.labels, seen, settings.backbone.classifier_shrinkage)
    inverse = inverse_map.fit(kernel.T, np.arange(seen), vectors[:seen], settings.map.map_folds, seed)
    logits = train.activations @ kernel + bias
    return World(train, (tests[0], tests[1]), vectors, seen, photographs.feature_names, inverse, logits)


def _of_run(folder: Path) -> World:
    """Read a finished run, and pass its images through its network."""
    model = artefacts.RunArtefacts(folder, safe_mode=False).explained_model
    run = context.Run(artefacts.RunArtefacts(folder).config, workdir_lib.Workdir(folder))
    backbone, features, images = model.classifier.backbone, [], []
    for split in (run.dataset.train, run.dataset.test_seen, run.dataset.test_unseen):
        values = [backbone.trunk(batch, training=False) for batch, _ in split.batches(128)]
        features.append(np.concatenate([backbone.head(one, training=False).numpy() for one in values]))
        means = np.concatenate([one.numpy().mean((1, 2)) for one in values])
        images.append(name_measures.Images(means, split.labels))
    seen, knowledge = len(run.dataset.seen), model.knowledge
    logits = model.classifier.logits(features[0])[:, :seen]
    train, *tests = images
    return World(
        train,
        (tests[0], tests[1]),
        knowledge.vectors,
        seen,
        tuple(knowledge.feature_names),
        model.inverse_map,
        logits,
    )


def _print(title: str, worlds: Iterator[World]) -> None:
    """Print how right names are, by each way of naming: means and standard deviations over worlds."""
    rows: dict[str, list[list[float | None]]] = {}
    last, seconds = [], []
    for world in worlds:
        begun = time.perf_counter()
        names = neurons.name_all(world.inverse, world.feature_names, *_seen(world))
        seconds.append(time.perf_counter() - begun)
        for name, named in (
            ("names", names),
            ("borne out", [one if one.is_borne_out else dataclasses.replace(one, name=None) for one in names]),
            ("with any AND", _with_any_second(world, names)),
        ):
            measured = name_measures.measure(named, world.train, world.tests, world.vectors, world.seen_classes)
            rows.setdefault(name, []).append([measured[key] for key in _KEYS])
            if name == "names":
                rows.setdefault("  shuffled", []).append([measured.get(_shuffled(key)) for key in _KEYS])
                rows.setdefault("  by class label", []).append([measured.get(_of_label(key)) for key in _KEYS])
        last.append(list(dataclasses.asdict(_last_layer(world)).values()))
    print(f"\n{title}; {np.mean(seconds):.1f} s to name {len(names):,} neurons")
    print(f"{'':20}" + "".join(f"{name:>15}" for name in _COLUMNS))
    for row, values in rows.items():
        print(f"{row:20}" + "".join(map(_cell, zip(*values, strict=True))))
    share, right, shuffled, of_all, chance, own = (_cell(column).strip() for column in zip(*last, strict=True))
    print(
        f"last layer: named {share}, right {right} (shuffled {shuffled}); right of all units {of_all} (chance {chance})"
    )
    print(f"            units that their own class drives most {own}", flush=True)


def _cell(values: tuple[float | None, ...]) -> str:
    """Format mean and standard deviation of the numbers that are defined."""
    numbers = [value for value in values if value is not None]
    return f"{f'{np.mean(numbers):.3f} ± {np.std(numbers):.3f}' if numbers else '-':>15}"


def _seen(world: World) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors of the seen classes, and activations and labels of their training images."""
    return world.vectors[: world.seen_classes], world.train.activations, world.train.labels


def _with_any_second(world: World, names: list[neurons.Neuron]) -> list[neurons.Neuron]:
    """Add to each name the second feature that fits best, without asking held-out classes."""
    vectors, activations, labels = _seen(world)
    has = roc.class_has_feature(vectors)
    ranks = roc.ClassRanks.of(activations, labels, len(has))
    features = np.array([-1 if one.feature is None else one.feature for one in names])
    seconds, _ = compound.second_features(ranks, has, features, np.arange(len(has)) % 2)
    return [
        dataclasses.replace(one, second=int(second) if second >= 0 else None)
        for one, second in zip(names, seconds, strict=True)
    ]


def _last_layer(world: World) -> name_measures.LastLayerAccuracy:
    return name_measures.last_layer_accuracy(world.logits, world.train.labels, world.vectors[: world.seen_classes])


def _shuffled(key: str) -> str:
    """Name the measure of shuffled names that belongs to one of names."""
    name, _, split = key.removeprefix("neuron_name_").partition("_")
    return f"neuron_name_{name}_shuffled{'_' + split if split else ''}"


def _of_label(key: str) -> str:
    """Name the measure of class labels that belongs to one of names."""
    return key.replace("neuron_name", "neuron_class")


def _read(data: Path, folder: str, table: dict[str, np.ndarray], feature_names: tuple[str, ...]) -> Photographs:
    """Pass all photographs of a folder through EfficientNet-Lite0."""
    network = keras.saving.load_model(data / "weights/efficientnet_lite0_notop.keras", compile=False)
    paths = sorted((data / folder).glob("*/*"))
    names = sorted({path.parent.name for path in paths})
    blocks = [
        network(np.stack([_square(path) for path in paths[start : start + _BATCH]]), training=False).numpy()
        for start in range(0, len(paths), _BATCH)
    ]
    labels = np.array([names.index(path.parent.name) for path in paths])
    means = np.concatenate([block.mean((1, 2)) for block in blocks])
    return Photographs(means, labels, names, np.stack([table[name] for name in names]), feature_names)


def _square(path: Path) -> np.ndarray:
    """Read the middle square of a photograph, `[224,224,3]` float32 in 0..255."""
    image = Image.open(path).convert("RGB")
    side = min(image.size)
    left, top = ((length - side) // 2 for length in image.size)
    return np.asarray(image.crop((left, top, left + side, top + side)).resize((_SIZE, _SIZE)), np.float32)


def _table(path: Path) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Read attributes in percent of a table of classes."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return {row[0]: np.array(row[1:], float) / 100 for row in rows}, tuple(header[1:])


def _animal_table(path: Path) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Read AWA2's attributes in percent; the few missing values become 0."""
    loaded = scipy.io.loadmat(path)
    predicates = (path.parent / "predicates.txt").read_text("utf-8").split()[1::2]
    values = np.maximum(loaded["original_att"].T, 0) / 100
    return {str(name[0][0]): row for name, row in zip(loaded["allclasses_names"], values, strict=True)}, tuple(
        predicates
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
