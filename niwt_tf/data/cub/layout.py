# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Read the files of CUB_200_2011, and the captions of Reed et al.

Reed et al., "Learning Deep Representations of Fine-Grained Visual Descriptions", CVPR 2016.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from niwt_tf import errors
from niwt_tf.data import class_attributes, photographs, zero_shot
from niwt_tf.data.benchmarks import benchmark, class_files
from niwt_tf.data.cub import files as files_lib
from niwt_tf.data.files import text_files


def images(folder: Path) -> list[photographs.Photograph]:
    """List the photographs of `images/<class>/`, sorted by name."""
    return photographs.find(folder / "images")


def descriptions(
    files: class_files.BenchmarkFiles, class_names: Sequence[str], images_of: Callable[[], benchmark.ImagesOfClasses]
) -> zero_shot.Descriptions:
    """Describe the classes by the 312 attributes, ten captions per image, and the class embeddings made from these."""
    return zero_shot.Descriptions(
        attributes=lambda: _attributes(files, class_names),
        captions=lambda: _captions(files, images_of()),
        sentences=lambda: class_attributes.read_embeddings(files.require(files_lib.EMBEDDINGS), class_names),
    )


def _attributes(files: class_files.BenchmarkFiles, class_names: Sequence[str]) -> zero_shot.Attributes:
    matrix, classes, names = (files.find(*one) for one in ((files_lib.MATRIX,), (files_lib.CLASSES,), files_lib.NAMES))
    if matrix and classes and names:
        return class_attributes.read_text(matrix, classes, names, class_names)
    return class_attributes.read_mat(files.mat(), class_names)


def _captions(files: class_files.BenchmarkFiles, images_of: benchmark.ImagesOfClasses) -> zero_shot.Texts:
    """Read the captions of each class' images. 17 class folders are spelt differently from those of the images."""
    folder = files.require(*files_lib.TEXTS)
    folder_of = _match_folders(folder, images_of)
    paths = {
        name: [folder / folder_of[name] / f"{Path(image).stem}.txt" for image in images]
        for name, images in images_of.items()
    }
    missing = [str(path) for files in paths.values() for path in files if not path.is_file()]
    if missing:
        raise errors.UserError(
            f"Each image must have its captions. Received: {folder}, without {len(missing):,} files, such as "
            f"{errors.listed(missing, 3)}. Unpack all captions."
        )
    by_class = {name: [line for path in files for line in text_files.lines(path)] for name, files in paths.items()}
    return zero_shot.Texts(by_class, f"{folder}, of training images and of images of unseen classes")


def _match_folders(folder: Path, class_names: Sequence[str] | benchmark.ImagesOfClasses) -> dict[str, str]:
    """Match each class with the folder whose name starts with the same number, such as 093."""
    folders = {path.name.split(".")[0]: path.name for path in folder.iterdir() if path.is_dir()}
    missing = [name for name in class_names if name.split(".")[0] not in folders]
    if missing:
        raise errors.UserError(
            f"Each class must have a folder of captions whose name starts with its number. Received: {folder}, without "
            f"a folder for {errors.listed(missing)}. Unpack all captions."
        )
    return {name: folders[name.split(".")[0]] for name in class_names}
