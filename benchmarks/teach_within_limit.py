# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measure what teaching within a limit promises and what comes: on photographs of animals, birds and traffic signs.

For each draw, classes are chosen at random to be new, and a part of the images is held out; of traffic signs whole
tracks. The head is a discriminant analysis of the other images of the known classes (`fit_classifier`), or a softmax
regression of them ("own head"), which stays as it is. A row gives means over draws, with standard errors. `loss` is
that of balanced accuracy on held-out images of known classes, `over` the share of draws that lose more than the limit
and 0.015, `recognised` the balanced accuracy on the new classes' images, and `promised` what was printed beforehand.
Photographs are drawn from the new class's images, which are then not counted.

python benchmarks/teach_within_limit.py ../shared/data
python benchmarks/teach_within_limit.py ../shared/data 6     # draws of each row, by default 30
"""

from __future__ import annotations

import csv
import dataclasses
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn import linear_model

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from niwt_tf.cli import launch

launch.start_tensorflow()

import keras  # noqa: E402
import scipy.io  # noqa: E402

import niwt_tf  # noqa: E402
from niwt_tf import config as config_lib  # noqa: E402
from niwt_tf.backbones import backbone as backbone_lib  # noqa: E402
from niwt_tf.backbones import classifier as classifier_lib  # noqa: E402
from niwt_tf.domains import description as description_lib  # noqa: E402
from niwt_tf.domains import knowledge as knowledge_lib  # noqa: E402
from niwt_tf.method import validation  # noqa: E402
from niwt_tf.models import gate, state, within_limit  # noqa: E402
from niwt_tf.numerics import discriminant  # noqa: E402

_FIRST_SEED = 20_000
_SHRINKAGE = config_lib.BackboneConfig().classifier_shrinkage
_TOLERANCE = 0.015
_BATCH = 64  # images
_LITE0, _SQUEEZENET = "efficientnet_lite0_notop.keras", "squeezenet_v1_1_notop.keras"
_PREPROCESSING = {_LITE0: "none", _SQUEEZENET: "caffe"}
_LINE = "{:34} {:>3} {:>6} {:>6} | {:>13} {:>5} | {:>13} {:>8} | {:>6} {:>6}"


@dataclasses.dataclass(frozen=True)
class Photographs:
    """Features `[N,D]` of photographs, their labels `[N]`, and what may not be split."""

    names: list[str]
    features: np.ndarray
    labels: np.ndarray
    groups: np.ndarray


@dataclasses.dataclass(frozen=True)
class Row:
    """Settings of a row: numbers of known and new classes, limit, photographs of each new class, and more."""

    title: str
    known: int
    new: int
    limit: float = 0.02
    photographs: int = 0
    is_described: bool = True
    own_head: bool = False


Box = tuple[float, float, float, float]
Vectors = Callable[[list[int]], np.ndarray]  # known classes -> domain vectors of all


@dataclasses.dataclass(frozen=True)
class Drawn:
    """A draw: a model before and after it was taught, and images that were held out of it.

    Attributes:
      model: Model of the known classes.
      taught: Model with the new classes, too.
      labels: Classes `[N]` of all images, the new ones last; -1 for classes that are never mentioned.
      is_known: True `[N]` for held-out images of known classes.
      is_new: True `[N]` for images of new classes that were not among their photographs.
      seconds: Seconds that teaching took.
    """

    model: state.ModelState
    taught: state.ModelState
    labels: np.ndarray
    is_known: np.ndarray
    is_new: np.ndarray
    seconds: float


def main(root: str, draws: str = "30") -> None:
    """Print a row for each dataset, network, kind of description and number of classes."""
    data = Path(root)
    print(_LINE.format("", "new", "photos", "limit", "loss", "over", "recognised", "promised", "before", "s"))
    for photographs, vectors, rows in tables(data):
        for row in rows:
            results = [_draw(photographs, vectors, row, _FIRST_SEED + draw) for draw in range(int(draws))]
            _print(row, np.array(results))


def tables(data: Path) -> Iterator[tuple[Photographs, Vectors, list[Row]]]:
    """Read photographs and descriptions, with the rows that are measured on them."""
    animals = _read(data, "awa2_mini/JPEGImages", _LITE0)
    attributes = _animal_attributes(data, animals.names)
    yield animals, attributes, _animal_rows("animals, Lite0, attributes")
    for count in (14, 3):
        vectors = _captions(_animal_captions(animals.names, count), animals.names)
        yield animals, vectors, _counts(f"animals, Lite0, {count} captions")
    squeezed = _read(data, "awa2_mini/JPEGImages", _SQUEEZENET)
    yield squeezed, attributes, _counts("animals, SqueezeNet, attributes")
    signs = _read(data, "gtsrb43/images", _LITE0, _boxes(data))
    yield signs, _table(data / "gtsrb43/attributes.csv", signs.names), _counts("signs, Lite0, attributes", 43)
    birds = _read(data, "birds_cub70/images", _LITE0)
    parts = {name: _lines(data / "birds_cub70/texts/parts" / f"{name}.txt") for name in birds.names}
    yield birds, _table(data / "birds_cub70/attributes.csv", birds.names), _counts("birds, Lite0, attributes", 70)
    yield birds, _captions(parts, birds.names), _counts("birds, Lite0, lines by part", 70)


def _counts(title: str, classes: int = 19) -> list[Row]:
    return [Row(title, classes - new, new, limit) for limit in (0.02, 0.05) for new in (1, 2, 5, 7)]


def _animal_rows(title: str) -> list[Row]:
    rows = _counts(title)
    for count in (1, 3, 5):
        rows.append(Row(title, 18, 1, photographs=count))
        rows.append(Row(f"{title.rsplit(',', 1)[0]}, no words", 18, 1, photographs=count, is_described=False))
    return rows + [Row(f"{title}, own head", 18, 1, own_head=True)]


def _draw(photographs: Photographs, vectors: Vectors, row: Row, seed: int) -> tuple[float, ...]:
    """Teach the new classes of one draw; return loss, recognised and promised share, accuracy before, and seconds."""
    one = teach(photographs, vectors, row, seed)
    before = _accuracy(one.model, photographs.features[one.is_known], one.labels[one.is_known])
    after, recognised = (
        _accuracy(one.taught, photographs.features[rows], one.labels[rows]) for rows in (one.is_known, one.is_new)
    )
    return before - after, recognised, one.taught.limited.expected.recognised or np.nan, before, one.seconds


def teach(photographs: Photographs, vectors: Vectors, row: Row, seed: int) -> Drawn:
    """Choose classes and images at random, and teach the new classes."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(photographs.names))
    known, new = sorted(order[: row.known].tolist()), sorted(order[row.known :][: row.new].tolist())
    is_train, labels = _held_in(photographs, rng), _relabelled(photographs.labels, known + new)
    is_known = (labels >= 0) & (labels < row.known)
    model = _model(photographs, is_train & is_known, labels, vectors(known)[known], row)
    all_vectors, used, classes = vectors(known), np.zeros(len(labels), bool), []
    for offset, label in enumerate(new):
        own = rng.permutation(np.flatnonzero(labels == row.known + offset))[: row.photographs]
        used[own] = True
        name = description_lib.Description(photographs.names[label])
        classes.append(within_limit.NewClass(name, all_vectors[label], photographs.features[own], row.is_described))
    begun = time.perf_counter()
    taught, _ = within_limit.add(model, classes, row.limit)
    seconds = time.perf_counter() - begun
    return Drawn(model, taught, labels, is_known & ~is_train, (labels >= row.known) & ~used, seconds)


def _model(
    photographs: Photographs, rows: np.ndarray, labels: np.ndarray, vectors: np.ndarray, row: Row
) -> state.ModelState:
    """Build a model of the known classes; it has only what teaching within a limit needs."""
    features, own = photographs.features[rows], labels[rows]
    kernel, bias = discriminant.fit(features, own, row.known, _SHRINKAGE)
    if row.own_head:
        kernel, bias = _softmax(features, own)
    images = keras.Input((1, 1, features.shape[1]), dtype="float32")
    neurons = keras.layers.Activation("linear", name="neurons")(images)
    network = keras.Model(images, keras.layers.GlobalAveragePooling2D(name="features")(neurons))
    names = tuple(f"class {label}" for label in range(row.known))
    return state.ModelState(
        classifier_lib.Classifier(backbone_lib.Backbone(network, "neurons"), kernel, bias, names),
        0.0,
        knowledge_lib.DomainKnowledge(vectors, ("",) * vectors.shape[1], names, "", ()),
        forward=None,  # type: ignore[arg-type]
        inverse=None,  # type: ignore[arg-type]
        settings=validation.defaults(config_lib.ValidationConfig()),
        activations=np.zeros(0),
        features=features,
        neuron_names=(),
        config=config_lib.RunConfig(),
        metrics={},
        labels=own,
    )


def _softmax(features: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean, spread = features.mean(0), features.std(0) + 1e-6
    fitted = linear_model.LogisticRegression(C=0.01, max_iter=300).fit((features - mean) / spread, labels)
    kernel = (fitted.coef_ / spread).T
    return kernel.astype(np.float32), (fitted.intercept_ - mean @ kernel).astype(np.float32)


def _accuracy(model: state.ModelState, features: np.ndarray, labels: np.ndarray) -> float:
    """Compute the balanced accuracy on images of some classes."""
    whole = gate.completed(model.classifier, features)
    predicted = (whole @ model.classifier.kernel + state.calibrated_bias(model)).argmax(1)
    return float(np.mean([(predicted[labels == label] == label).mean() for label in np.unique(labels)]))


def _held_in(photographs: Photographs, rng: np.random.Generator) -> np.ndarray:
    """Choose 60 % of each class's groups for training."""
    is_train = np.zeros(len(photographs.labels), bool)
    for label in range(len(photographs.names)):
        rows = np.flatnonzero(photographs.labels == label)
        groups = rng.permutation(np.unique(photographs.groups[rows]))
        chosen = groups[: max(1, round(0.6 * len(groups)))]
        is_train[rows[np.isin(photographs.groups[rows], chosen)]] = True
    return is_train


def _relabelled(labels: np.ndarray, classes: list[int]) -> np.ndarray:
    """Number the classes anew; -1 for all others."""
    places = np.full(int(labels.max()) + 1, -1)
    places[classes] = np.arange(len(classes))
    return places[labels]


def _read(data: Path, folder: str, network: str, boxes: dict[str, Box] | None = None) -> Photographs:
    """Read the photographs of a folder of folders, and compute their features."""
    backbone = niwt_tf.load_backbone(f"keras:{data / 'weights' / network}", preprocessing=_PREPROCESSING[network])
    files = sorted(path for path in (data / folder).glob("*/*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    names = sorted({path.parent.name for path in files})
    features = []
    for start in range(0, len(files), _BATCH):
        pixels = [
            _pixels(file, backbone.image_size, (boxes or {}).get(file.name)) for file in files[start : start + _BATCH]
        ]
        features.append(niwt_tf.compute_features(backbone, np.stack(pixels)))
    groups = [path.stem.rsplit("_", 1)[0] if boxes else path.stem for path in files]
    labels = np.array([names.index(path.parent.name) for path in files])
    return Photographs(names, np.concatenate(features), labels, np.array(groups))


def _pixels(file: Path, size: int, box: Box | None) -> np.ndarray:
    image = Image.open(file).convert("RGB").crop(box)
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return np.asarray(image.crop((left, top, left + side, top + side)).resize((size, size), Image.Resampling.BILINEAR))


def _boxes(data: Path) -> dict[str, Box]:
    with (data / "gtsrb43/boxes.csv").open() as file:
        rows = csv.DictReader(file)
        return {
            Path(row["file"]).name: (float(row["x1"]), float(row["y1"]), float(row["x2"]), float(row["y2"]))
            for row in rows
        }


def _animal_attributes(data: Path, names: list[str]) -> Vectors:
    table = scipy.io.loadmat(data / "awa2_text/att_splits.mat")
    own = [str(name[0][0]) for name in table["allclasses_names"]]
    values = table["original_att"].T[[own.index(name) for name in names]].astype(float)
    values[values < 0] = np.nan  # missing
    return lambda known: np.where(np.isnan(values), np.nanmean(values[known], axis=0), values)


def _animal_captions(names: list[str], count: int) -> dict[str, list[str]]:
    folder = Path(niwt_tf.__file__).parent / "data/awa2/captions"
    return {name: _lines(folder / f"{name}.txt")[:count] for name in names}


def _captions(texts: dict[str, list[str]], names: list[str]) -> Vectors:
    return lambda known: niwt_tf.encode_captions(texts, seen=[names[index] for index in known]).vectors


def _table(path: Path, names: list[str]) -> Vectors:
    with path.open() as file:
        rows = {row[0]: [float(value) for value in row[1:]] for row in list(csv.reader(file))[1:]}
    values = np.array([rows[name] for name in names])
    return lambda known: values


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if line.strip()]


def _print(row: Row, results: np.ndarray) -> None:
    means, spread = np.nanmean(results, axis=0), results.std(axis=0) / np.sqrt(len(results))
    over = (results[:, 0] > row.limit + _TOLERANCE).mean()
    print(
        _LINE.format(
            row.title,
            row.new,
            row.photographs,
            f"{row.limit:.2f}",
            f"{means[0]:.3f} ± {spread[0]:.3f}",
            f"{over:.2f}",
            f"{means[1]:.2f} ± {spread[1]:.2f}",
            f"{means[2]:.2f}",
            f"{means[3]:.3f}",
            f"{means[4]:.1f}",
        ),
        flush=True,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
