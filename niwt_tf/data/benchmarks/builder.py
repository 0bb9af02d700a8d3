# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Build a zero-shot benchmark with TFDS: images joined with their proposed split by file name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import tensorflow_datasets as tfds

from niwt_tf import errors
from niwt_tf.data import photographs, zero_shot
from niwt_tf.data.benchmarks import benchmark as benchmark_lib
from niwt_tf.data.benchmarks import prepared_copy, split_files, splits


class Builder(tfds.core.GeneratorBasedBuilder, skip_registration=True):  # type: ignore[call-arg]
    """Photographs in the parts of a proposed split. Labels count the seen classes first, then the unseen.

    Attributes:
      BENCHMARK: Benchmark that a subclass builds.
    """

    BENCHMARK: ClassVar[benchmark_lib.Benchmark]
    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "The proposed split, images with a shorter side of at most 256 pixels."}

    def _info(self) -> tfds.core.DatasetInfo:
        counts = self.BENCHMARK.counts
        return self.dataset_info_from_configs(
            features=photographs.features(counts.seen + counts.unseen),
            supervised_keys=("image", "label"),
            homepage=self.BENCHMARK.site.page,
            metadata=tfds.core.MetadataDict(),
        )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, Iterator[tuple[str, dict[str, Any]]]]:
        root = Path(dl_manager.manual_dir)
        file = split_files.fetch_split(self.BENCHMARK.name, root)
        folder = self.BENCHMARK.site.fetch_images(root, Path(self._data_dir_root))
        images = self.BENCHMARK.images(folder)
        split = splits.read(file, [one.name for one in images], [one.label for one in images])
        classes = {part: _classes(images, split.parts[part]) for part in splits.PARTS}
        _require_counts(self.BENCHMARK, file, split.parts, classes)
        seen, unseen = classes["train"], classes["test_unseen"]
        self.info.features["label"].names = [*seen, *unseen]
        self.info.metadata.update(
            seen=seen,
            unseen=unseen,
            validation=sorted(split.validation) or list(zero_shot.choose_pseudo_unseen(tuple(seen), tuple(unseen))),
            split_version=f"{self.name} {split.version}",
            split_sha256=file.sha256,
            **{prepared_copy.IMAGES_SHA256: self.BENCHMARK.site.digest(folder)},
        )
        return {part: self._generate_examples(part, [images[i] for i in split.parts[part]]) for part in splits.PARTS}

    def _generate_examples(
        self, part: str, images: Sequence[photographs.Photograph]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        return photographs.examples(images, f"reading {part}")


def _classes(images: Sequence[photographs.Photograph], part: np.ndarray) -> list[str]:
    return sorted({images[index].label for index in part})


def _require_counts(
    benchmark: benchmark_lib.Benchmark,
    file: split_files.SplitFile,
    parts: Mapping[str, np.ndarray],
    classes: Mapping[str, Sequence[str]],
) -> None:
    sizes = {part: len(parts[part]) for part in splits.PARTS}
    counts = benchmark_lib.Counts(**sizes, seen=len(classes["train"]), unseen=len(classes["test_unseen"]))
    if counts != benchmark.counts:
        raise errors.UserError(
            f"The split of {benchmark.name} must have the published sizes: {benchmark.counts}. Received: "
            f"{file.paths[0]} with {counts}. Download the split from {split_files.PAGE}, or use "
            f"{errors.setting('dataset', 'folder')} for images and classes of your own."
        )
