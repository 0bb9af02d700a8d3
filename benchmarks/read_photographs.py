# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measure how fast photographs are read: batches of a prepared dataset against a bare tf.data pipeline, in turns.

Both decode the same JPEGs, each four times, to the same size on all processors, in batches of 64: ours from the dataset
that `photographs.examples` prepared, with no decoded images in memory; the bare one from the same JPEGs in files of
their own, resized bilinearly without cropping. The first round is left out; the medians are of the five rounds after
it. On a busy machine the processors' time is more reliable than the clock.

python benchmarks/read_photographs.py ../shared/data/awa2_mini/JPEGImages 224
"""

from __future__ import annotations

import dataclasses
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from niwt_tf.cli import launch
from niwt_tf.util import progress

launch.start_tensorflow()

import tensorflow as tf  # noqa: E402
import tensorflow_datasets as tfds  # noqa: E402

from niwt_tf.data import photographs  # noqa: E402

_BATCH_SIZE = 64
_ROUNDS = 5
_COPIES = 4


def main(folder: str = "../shared/data/awa2_mini/JPEGImages", image_size: str = "224") -> None:
    """Print images per second of the preparation and of both readers, and the peak of memory."""
    jpegs = sorted(Path(folder).glob("*/*.jpg"))
    images = [photographs.Photograph(path, f"{path.parent.name}/{path.name}", path.parent.name) for path in jpegs]
    photographs._CACHE_BYTES = 0  # as for a dataset that is too large to be kept
    with tempfile.TemporaryDirectory() as scratch:
        begun = time.perf_counter()
        paths = _write(images, Path(scratch))
        print(f"to_jpeg: {len(images) / (time.perf_counter() - begun):.0f} images/s")
        split = photographs.split(_prepare(images, scratch), "train", int(image_size))
        split = dataclasses.replace(split, images=split.images.repeat(_COPIES), labels=np.tile(split.labels, _COPIES))
        readers = (lambda: split.batches(_BATCH_SIZE), lambda: _bare(paths * _COPIES, int(image_size)))
        before = _peak_mib()
        seconds = np.array([[_seconds(reader) for reader in readers] for _ in range(_ROUNDS + 1)][1:])
    (ours, ours_cpu), (bare, bare_cpu) = len(paths) * _COPIES / np.median(seconds, 0)
    print(f"by the clock:      ours {ours:.0f} images/s, bare {bare:.0f}, ratio {ours / bare:.2f}")
    print(f"by the processors: ours {ours_cpu:.0f} images/s, bare {bare_cpu:.0f}, ratio {ours_cpu / bare_cpu:.2f}")
    print(f"peak memory {_peak_mib():.0f} MiB, {before:.0f} MiB before reading")


def _write(images: list[photographs.Photograph], folder: Path) -> list[str]:
    """Write the prepared JPEG of each image to a file of its own."""
    paths = []
    for number, (_, example) in enumerate(photographs.examples(images, "converting")):
        paths.append(str(folder / f"{number}.jpg"))
        Path(paths[-1]).write_bytes(example["image"].read())
    return paths


def _prepare(images: list[photographs.Photograph], folder: str) -> tfds.core.DatasetBuilder:
    tfds.disable_progress_bar()
    with progress.no_other_output():
        return tfds.dataset_builders.store_as_tfds_dataset(
            name="photographs",
            version="1.0.0",
            features=photographs.features(sorted({image.label for image in images})),
            split_datasets={"train": photographs.examples(images, "preparing")},
            data_dir=folder,
        )


def _bare(paths: list[str], size: int) -> tf.data.Dataset:
    def read(path: tf.Tensor) -> tf.Tensor:
        return tf.cast(tf.image.resize(tf.io.decode_jpeg(tf.io.read_file(path), channels=3), (size, size)), tf.uint8)

    images = tf.data.Dataset.from_tensor_slices(paths).map(read, num_parallel_calls=tf.data.AUTOTUNE)
    return images.batch(_BATCH_SIZE).prefetch(tf.data.AUTOTUNE)


def _seconds(read: Callable[[], tf.data.Dataset]) -> tuple[float, float]:
    """Measure the seconds of reading by the clock, and those of all processors together."""
    begun, begun_cpu = time.perf_counter(), time.process_time()
    for _ in read():
        pass
    return time.perf_counter() - begun, time.process_time() - begun_cpu


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
