# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Copy the photographs of CUB_200_2011 from TFDS' own `caltech_birds2011`, if a user has prepared that before."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from niwt_tf.util import atomic, locks, machine, progress

_DATASET = "caltech_birds2011"


def images_from_tfds(prepared_dir: Path, folder: Path) -> None:
    """Copy the photographs into `folder`/images/<class>/, byte for byte; do nothing if the dataset is not prepared.

    Args:
      prepared_dir: Folder of prepared datasets.
      folder: Folder that receives `images`, complete or not at all.

    Raises:
      OSError: If the disk is full or cannot be written.
    """
    versions = sorted((prepared_dir / _DATASET).glob("*/dataset_info.json"))
    if not versions:
        return
    images = folder / "images"
    with locks.hold(locks.beside(images), str(images)):
        if not images.exists():
            progress.print_line(f"  copying the photographs from {versions[-1].parent}")
            with atomic.writing(images) as part:
                _copy(versions[-1].parent, part)


def _copy(prepared: Path, folder: Path) -> None:
    machine.prefer_onednn()  # as the programs do, which may not have started TensorFlow yet
    import tensorflow_datasets as tfds  # starts TensorFlow

    builder = tfds.builder_from_directory(prepared)
    decoders = tfds.decode.PartialDecoding(
        {"image": True, "image/filename": True}, {"image": tfds.decode.SkipDecoding()}
    )
    for split, info in builder.info.splits.items():
        examples = tfds.as_numpy(builder.as_dataset(split=split, decoders=decoders))
        for example in progress.bar(examples, f"copying {split}", info.num_examples, unit="image"):
            label, name = PurePosixPath(example["image/filename"].decode("utf-8")).parts[-2:]
            (folder / label).mkdir(parents=True, exist_ok=True)
            (folder / label / name).write_bytes(example["image"])
