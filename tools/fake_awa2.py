# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Write an AWA2 with drawn images in the official layout, with its file names and size: `fake_awa2.py SOURCE TARGET`.

SOURCE holds image_label_PS.txt, test_seen_PS.txt, att_splits.mat, classes.txt, predicates.txt and the two
predicate-matrix-*.txt. TARGET is then the value of --data_dir. An image is a grid of patches, each of which stands for
an attribute of its class, so that unseen classes can be recognised by their attributes.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from niwt_tf.data.benchmarks import split_files
from niwt_tf.data.files import text_files  # noqa: E402
from niwt_tf.util import progress  # noqa: E402

_PATCH, _GRID = 16, 4  # pixels along a patch, patches along an image
_NOISE = 12.0
_CLASSES, _PREDICATES, _BINARY = "classes.txt", "predicates.txt", "predicate-matrix-binary.txt"
_OF_IMAGES = (_CLASSES, _PREDICATES, _BINARY, "predicate-matrix-continuous.txt")
_OF_SPLIT = ("att_splits.mat", *split_files.LISTS, "trainvalclasses.txt")


def main(source: str, target: str) -> None:
    """Write the images and copy the lists.

    Args:
      source: Folder of the lists.
      target: Folder to write, the later value of --data_dir.
    """
    images = Path(target) / "Animals_with_Attributes2"
    split = Path(target) / "xlsa17" / "data" / "AWA2"
    for folder, names in ((images, _OF_IMAGES), (split, _OF_SPLIT)):
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            shutil.copyfile(Path(source) / name, folder / name)
    _write_images(Path(source), images / "JPEGImages")


def _write_images(source: Path, folder: Path) -> None:
    names = sorted(line.split()[0] for list_ in split_files.LISTS[:2] for line in text_files.lines(source / list_))
    attributes, patches = _attributes(source), _patches(len(text_files.lines(source / _PREDICATES)))
    for label in attributes:
        (folder / label).mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for name in progress.bar(names, "drawing", unit="image"):
        Image.fromarray(draw(attributes[name.split("/")[0]], patches, rng)).save(folder / name, "JPEG", quality=85)


def _attributes(source: Path) -> dict[str, np.ndarray]:
    """Read the indices of the attributes of each class."""
    classes = [line.split()[1] for line in text_files.lines(source / _CLASSES)]
    matrix = np.loadtxt(source / _BINARY, dtype=np.int64)
    return {name: np.flatnonzero(row) for name, row in zip(classes, matrix, strict=True)}


def _patches(count: int) -> np.ndarray:
    """Draw patches `[count,16,16,3]` float32: stripes, each with its own two colours, direction and width."""
    rng = np.random.default_rng(1)
    low, high = rng.uniform(0, 255, (2, count, 1, 1, 3))
    angle, width = rng.uniform(0, np.pi, (count, 1, 1)), rng.uniform(3, 9, (count, 1, 1))
    y, x = np.mgrid[:_PATCH, :_PATCH]
    wave = np.sin(2 * np.pi * (np.cos(angle) * x + np.sin(angle) * y) / width)[..., None]
    return (low + (high - low) * (wave + 1) / 2).astype(np.float32)


def draw(attributes: np.ndarray, patches: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw an image `[64,64,3]` uint8 of sixteen patches and some noise.

    Args:
      attributes: Indices of the attributes to draw from.
      patches: `[M,16,16,3]` patches of all attributes.
      rng: Random generator.
    """
    chosen = patches[rng.choice(attributes, (_GRID, _GRID))]
    side = _GRID * _PATCH
    image = chosen.transpose(0, 2, 1, 3, 4).reshape(side, side, 3)
    noisy = image + _NOISE * rng.standard_normal(image.shape, np.float32)
    return np.clip(noisy, 0, 255).astype(np.uint8)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python tools/fake_awa2.py SOURCE TARGET")
    main(*sys.argv[1:])
