# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Load a zero-shot benchmark, and prepare it first if that has not been done."""

from __future__ import annotations

import tensorflow_datasets as tfds

from niwt_tf import config as config_lib
from niwt_tf.data import folders, photographs, prepare, zero_shot
from niwt_tf.data.benchmarks import benchmark as benchmark_lib
from niwt_tf.data.benchmarks import builder as builder_lib
from niwt_tf.data.benchmarks import class_files, prepared_copy, split_files
from niwt_tf.util import progress


def load(
    builder_class: type[builder_lib.Builder], config: config_lib.DataConfig, image_size: int
) -> zero_shot.ZeroShotDataset:
    """Load a benchmark; its image files are no longer needed once they are prepared.

    Args:
      builder_class: TFDS builder of the benchmark.
      config: Settings with the folders of its files and of the prepared datasets.
      image_size: Side of the loaded images, in pixels.

    Raises:
      errors.UserError: If files are missing and cannot be downloaded, or do not fit each other.
      OSError: If a folder cannot be read or written.
    """
    benchmark, root = builder_class.BENCHMARK, folders.source_folder(config)
    origin = prepared_copy.find_origin(config)
    builder = builder_class(data_dir=folders.prepared_folder(config), config=tfds.core.BuilderConfig(name=origin.name))
    if not prepare.is_prepared(builder):
        folder = benchmark.site.fetch_images(root, folders.prepared_folder(config))
        progress.print_line(f"  split {origin.split.paths[0]}, images {folder}")
        prepare.prepare(builder, root)
    metadata = builder.info.metadata
    files = class_files.BenchmarkFiles(split_files.folders(benchmark.name, root))
    boxes_of = benchmark.annotations(files)
    return zero_shot.ZeroShotDataset(
        name=benchmark.name,
        seen=tuple(metadata["seen"]),
        unseen=tuple(metadata["unseen"]),
        validation=tuple(metadata["validation"]),
        train=photographs.split(builder, "train", image_size),
        test_seen=photographs.split(builder, "test_seen", image_size),
        test_unseen=photographs.split(builder, "test_unseen", image_size),
        descriptions=benchmark.descriptions(
            files, (*metadata["seen"], *metadata["unseen"]), lambda: _images_with_text(builder)
        ),
        split_version=metadata["split_version"],
        split_sha256=metadata["split_sha256"],
        annotations=None if boxes_of is None else lambda split: boxes_of(photographs.names(builder, split)),
        part_of=benchmark.part_of,
    )


def _images_with_text(builder: tfds.core.DatasetBuilder) -> benchmark_lib.ImagesOfClasses:
    """List the names of each seen class' training images and of each unseen class' images, without decoding any."""
    classes = builder.info.features["label"].names
    images: dict[str, list[str]] = {name: [] for name in classes}
    decoders = tfds.decode.PartialDecoding({"name": True, "label": True})
    for part in ("train", "test_unseen"):
        for example in tfds.as_numpy(builder.as_dataset(split=part, decoders=decoders)):
            images[classes[example["label"]]].append(example["name"].decode("utf-8"))
    return images
