# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The files of CUB_200_2011, and of the captions of Reed et al., "Learning Deep Representations of Fine-Grained Visual
Descriptions", CVPR 2016.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from niwt_tf import errors
from niwt_tf.data import class_attributes, photographs, zero_shot
from niwt_tf.data.benchmarks import benchmark
from niwt_tf.data.files import text_files

_MATRIX = "attributes/class_attribute_labels_continuous.txt"
_NAMES = ("attributes/attributes.txt", "attributes.txt")
_TEXTS = ("text_c10", "cvpr2016_cub/text_c10")
_EMBEDDINGS = "sent_splits.mat"


def images(folder: Path) -> list[photographs.Photograph]:
    """List the photographs of `images/<class>/`, sorted by name."""
    return photographs.below(folder / "images")


def descriptions(
    source: benchmark.Source, class_names: Sequence[str], texts_of: Callable[[], benchmark.ImagesOfClasses]
) -> zero_shot.Descriptions:
    """Describe the classes by the 312 attributes, ten captions per image, and the class embeddings made from these."""
    return zero_shot.Descriptions(
        attributes=lambda: _attributes(source, class_names),
        captions=lambda: _captions(source, texts_of()),
        sentences=lambda: class_attributes.embeddings(source.require(_EMBEDDINGS), class_names),
    )


def _attributes(source: benchmark.Source, class_names: Sequence[str]) -> zero_shot.Attributes:
    matrix, classes, names = source.find(_MATRIX), source.find("classes.txt"), source.find(*_NAMES)
    if matrix and classes and names:
        return class_attributes.from_text(matrix, classes, names, class_names)
    return class_attributes.from_mat(source.mat(), class_names)


def _captions(source: benchmark.Source, texts_of: benchmark.ImagesOfClasses) -> zero_shot.Texts:
    """Read the captions of each class' images. 17 class folders are spelt differently from those of the images."""
    folder = source.require(*_TEXTS)
    same = _by_number(folder, texts_of)
    paths = {
        name: [folder / same[name] / f"{Path(image).stem}.txt" for image in images] for name, images in texts_of.items()
    }
    missing = [str(path) for files in paths.values() for path in files if not path.is_file()]
    if missing:
        raise errors.UserError(
            f"Each image must have its captions. Received: {folder}, without {len(missing):,} files, such as "
            f"{errors.listed(missing, 3)}. Unpack the captions whole."
        )
    by_class = {name: [line for path in files for line in text_files.lines(path)] for name, files in paths.items()}
    return zero_shot.Texts(by_class, f"{folder}, of training images and of images of unseen classes")


def _by_number(folder: Path, class_names: Sequence[str] | benchmark.ImagesOfClasses) -> dict[str, str]:
    """Match each class with the folder whose name starts with the same number, such as 093."""
    folders = {path.name.split(".")[0]: path.name for path in folder.iterdir() if path.is_dir()}
    missing = [name for name in class_names if name.split(".")[0] not in folders]
    if missing:
        raise errors.UserError(
            f"Classes must have a folder of captions whose name starts with their number. Received: {folder}, without "
            f"one for {errors.listed(missing)}. Unpack the captions whole."
        )
    return {name: folders[name.split(".")[0]] for name in class_names}
