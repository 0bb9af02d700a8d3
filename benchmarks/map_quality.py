# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measure maps by the metrics of the field: ours, plain Grad-CAM, those of tf-keras-vis, random maps and a spot.

Of traffic signs: EfficientNet-Lite0 as it is, a head fitted to three of five tracks of each sign, and photographs of
other tracks. Of a finished run: test images of seen and of unseen classes. Maps explain the predicted class. Below each
table are our scores less those of other methods, image by image, with standard errors. Then the maps and the neuron
importances of networks with random weights, of five seeds, are compared with those of the trained one. Of signs, the
pointing game is also played where a box covers at most half of the image, and on grids of four photographs of different
signs, in which the map of a sign must be highest in its quarter, by chance in one of four (M. Böhle, M. Fritz and B.
Schiele, "Convolutional Dynamic Alignment Networks for Interpretable Classifications", CVPR 2021).

python benchmarks/map_quality.py signs ../shared/data 0 32 0      # seed, images, those of slow methods: 0 for none
python benchmarks/map_quality.py run runs/aviary-attributes 0 200 16
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from niwt_tf.cli import launch

launch.start_tensorflow()

import niwt_tf  # noqa: E402
from niwt_tf.backbones import classifier as classifier_lib  # noqa: E402
from niwt_tf.data import registry as datasets  # noqa: E402
from niwt_tf.explain import explainer, keras_vis, pointing, visual  # noqa: E402
from niwt_tf.explain.map_quality import map_methods, randomization, registry, scoring  # noqa: E402
from niwt_tf.runs import run_files  # noqa: E402

_METHODS = (
    *(map_methods.GRAD_CAM, map_methods.PLAIN_GRAD_CAM, *keras_vis.METHODS, map_methods.RANDOM, map_methods.CENTRE),
)
_SLOW = ("scorecam", "smoothgrad")
_TRAINED_SHARE = 0.6  # of the tracks
_RANDOM_NETWORKS = 5
_MOST_COVERED = 0.5  # of the image by a box
_LITE0 = "weights/efficientnet_lite0_notop.keras"

Scores = dict[str, dict[str, scoring.MapScore]]


def main(what: str, folder: str, seed: str = "0", images: str = "64", slow: str = "16") -> None:
    """Print the tables of `signs` or of a `run`."""
    {"signs": _signs, "run": _run}[what](Path(folder), int(seed), int(images), int(slow))


def _run(run: Path, seed: int, count: int, slow: int) -> None:
    """Measure maps of test images of seen and of unseen classes."""
    model = niwt_tf.load_model(run)
    dataset = datasets.load(run_files.RunFiles(run).config.data, model.image_size)
    for name in ("test_seen", "test_unseen"):
        pixels, _ = niwt_tf.to_arrays(getattr(dataset, name))
        boxes = dataset.annotations(name).objects if dataset.annotations else np.full((len(pixels), 4), np.nan)
        rows = np.random.default_rng([seed, 1]).permutation(len(pixels))[:count]
        title = f"{dataset.name}, {dataset.split_version}, {name}, {model.config.backbone.backbone} at {_layer(model)}"
        _measure(title, model.classifier, pixels[rows], boxes[rows], seed, slow, model.gamma)


def _layer(model: niwt_tf.Model) -> str:
    return model.classifier.backbone.layer


def _signs(data: Path, seed: int, count: int, slow: int) -> None:
    """Fit a head to some tracks of each sign, and measure maps of images of other tracks."""
    backbone = niwt_tf.load_backbone(f"keras:{data / _LITE0}", preprocessing="none")
    files, boxes = _read_boxes(data / "gtsrb43")
    names = sorted({file.parent.name for file in files})
    labels = np.array([names.index(file.parent.name) for file in files])
    rng = np.random.default_rng(seed)
    is_train = _choose_tracks(files, labels, rng)
    pixels, shares = zip(*(_square(*pair, backbone.image_size) for pair in zip(files, boxes, strict=True)), strict=True)
    images, squares = np.stack(pixels), np.stack(shares)
    classifier = niwt_tf.fit_classifier(backbone, images[is_train], labels[is_train], names)
    test = rng.permutation(np.flatnonzero(~is_train))
    every = niwt_tf.explain_images(classifier, images[test])
    print(f"\nsigns: {is_train.sum()} images of training, accuracy on {len(test)} others of other tracks "
          f"{(every.predictions == labels[test]).mean():.3f}")  # fmt: skip
    _point("all of them", every.maps, squares[test])
    areas = np.prod(squares[test, 2:] - squares[test, :2], axis=1)
    is_small = areas <= _MOST_COVERED
    _point("boxes of at most half of the image", every.maps[is_small], squares[test][is_small])
    _point_in_grids(classifier, images[test], labels[test], rng)
    rows = test[:count]
    title = f"signs, gtsrb43, EfficientNet-Lite0 as it is at {backbone.layer}, other tracks"
    _measure(title, classifier, images[rows], squares[rows], seed, slow)


def _point(title: str, maps: np.ndarray, boxes: np.ndarray) -> None:
    """Print how often our maps, and the middle of the image, point into the boxes."""
    ours, middle = (pointing.point(points, boxes) for points in (visual.peaks(maps), np.full((len(maps), 2), 0.5)))
    print(f"pointing, {title}: ours {ours.inside:.3f}, chance {ours.chance:.3f}, the middle of the image "
          f"{middle.inside:.3f}, {ours.count} images", flush=True)  # fmt: skip


def _point_in_grids(
    classifier: classifier_lib.Classifier, images: np.ndarray, labels: np.ndarray, rng: np.random.Generator
) -> None:
    """Play the pointing game on grids of four photographs of different classes, for each class in turn."""
    half = images.shape[1] // 2
    draws = {name: map_methods.make(name)(classifier) for name in (map_methods.GRAD_CAM, map_methods.PLAIN_GRAD_CAM)}
    right: dict[str, list[np.ndarray]] = {name: [] for name in draws}
    small = images[:, ::2, ::2] // 2 + images[:, 1::2, 1::2] // 2
    for _ in range(100):
        classes = rng.permutation(np.unique(labels))[:4]
        rows = [rng.choice(np.flatnonzero(labels == label)) for label in classes]
        grid = small[rows].reshape(2, 2, half, half, 3).transpose(0, 2, 1, 3, 4).reshape(1, 2 * half, 2 * half, 3)
        for name, draw in draws.items():
            peaks = visual.peaks(draw(np.repeat(grid, 4, axis=0), classes))
            cells = np.where(np.isnan(peaks).any(1), -1, (peaks[:, 0] > 0.5) * 2 + (peaks[:, 1] > 0.5))
            right[name].append(cells == np.arange(4))
    for name, hits in right.items():
        means = np.mean(hits, axis=1)
        print(
            f"grids of four signs, {name}: {means.mean():.3f} ± {means.std() / np.sqrt(len(means)):.3f}, chance 0.250"
        )


def _measure(
    title: str,
    classifier: classifier_lib.Classifier,
    images: np.ndarray,
    boxes: np.ndarray,
    seed: int,
    slow: int,
    gamma: float = 0.0,
) -> None:
    """Print the scores of each method, and what networks with random weights have in common with the trained one."""
    side = images.shape[1]
    corners = boxes[:, [1, 0, 3, 2]] * side
    print(f"\n{title}, {len(images)} images, seed {seed}; ± is one standard error")
    print(f"{'':14} {'images':>6} {'s':>6}", *(f"{name[:15]:>15}" for name in registry.METRICS))
    print(f"{'better':14} {'':6} {'':6}", *(f"{metric.better:>15}" for metric in registry.METRICS.values()), flush=True)
    scores: Scores = {}
    for method in _METHODS if slow else (name for name in _METHODS if name not in _SLOW):
        rows, begun = slice(slow if method in _SLOW else None), time.perf_counter()
        scores[method] = niwt_tf.score_maps(
            classifier, images[rows], method, gamma=gamma, boxes=corners[rows], seed=seed
        )
        _print(method, scores[method], time.perf_counter() - begun)
    _print_differences(scores)
    _print_random_networks(classifier, images, seed, gamma)


def _print(method: str, scores: Mapping[str, scoring.MapScore], seconds: float) -> None:
    numbers = [f"{_number(one.mean)} ± {_number(one.standard_error)}" for one in scores.values()]
    count = max(len(one.values) for one in scores.values())
    print(f"{method:14} {count:6} {seconds:6.0f}", *(f"{number:>15}" for number in numbers), flush=True)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _print_differences(scores: Scores) -> None:
    """Print our scores less those of the others on the same images."""
    for method in [name for name in scores if name != map_methods.GRAD_CAM]:
        differences = []
        for name, score in scores[method].items():
            values = scores[map_methods.GRAD_CAM][name].values[: len(score.values)] - score.values
            one = scoring.MapScore(values)
            differences.append(f"{_number(one.mean)} ± {_number(one.standard_error)}")
        print(f"{'less ' + method:28}", *(f"{number:>15}" for number in differences), flush=True)


def _print_random_networks(classifier: classifier_lib.Classifier, images: np.ndarray, seed: int, gamma: float) -> None:
    """Print rank correlations of maps, and of importances, with those of networks with random weights."""
    trained = explainer.Explainer(classifier, gamma)(images)
    rows = []
    for network in range(_RANDOM_NETWORKS):
        random = randomization.randomized(classifier, 1000 * (seed + 1) + network)
        other = explainer.Explainer(random)(images, trained.classes)
        pairs = ((trained.maps, other.maps), (trained.importances, other.importances))
        rows.append([np.nanmean(randomization.rank_correlations(*pair)) for pair in pairs])
    for name, values in zip(("maps", "importances"), np.array(rows).T, strict=True):
        spread = f"mean {values.mean():.3f}, of each {', '.join(f'{value:.3f}' for value in values)}"
        print(f"random weights, rank correlation of {name}: {spread}", flush=True)


def _read_boxes(folder: Path) -> tuple[list[Path], np.ndarray]:
    """Read the files of the photographs, and their boxes `[N,4]`, x1, y1, x2 and y2 in pixels."""
    with (folder / "boxes.csv").open() as file:
        rows = list(csv.DictReader(file))
    boxes = [[float(row[name]) for name in ("x1", "y1", "x2", "y2")] for row in rows]
    return [folder / "images" / row["file"] for row in rows], np.array(boxes)


def _choose_tracks(files: list[Path], labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Choose the images `[N]` bool of three of five tracks of each sign."""
    tracks = np.array([file.stem.rsplit("_", 1)[0] for file in files])
    is_train = np.zeros(len(files), bool)
    for label in np.unique(labels):
        own = rng.permutation(np.unique(tracks[labels == label]))
        is_train |= (labels == label) & np.isin(tracks, own[: max(1, round(_TRAINED_SHARE * len(own)))])
    return is_train


def _square(file: Path, box: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Read the middle square of a photograph, and its box as shares of it: ymin, xmin, ymax and xmax."""
    image = Image.open(file).convert("RGB")
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    square = image.crop((left, top, left + side, top + side)).resize((size, size), Image.Resampling.BILINEAR)
    shares = np.clip((box[[1, 0, 3, 2]] - [top, left, top, left]) / side, 0, 1)
    return np.asarray(square), shares


if __name__ == "__main__":
    main(*sys.argv[1:])
