# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Write photographs into a prepared TFDS dataset, and read them from it, decoded in parallel, in a fixed order."""

from __future__ import annotations

import dataclasses
import functools
import io
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from niwt_tf import errors
from niwt_tf.data import zero_shot
from niwt_tf.data.files import image_files, jpeg, look_ahead
from niwt_tf.util import clean, paths, progress

Box = jpeg.Box
_CORRUPT_SHARE = 0.01  # share of the photographs that may be skipped
_RATIOS = (1, 2, 4, 8)  # by which libjpeg can reduce
_CACHE_BYTES = 2**30  # limit for the decoded images of a split that are kept in memory


@dataclasses.dataclass(frozen=True)
class Photograph:
    """A photograph on disk.

    Attributes:
      path: Path of the file.
      name: Unique name, usually `<class>/<file>`.
      label: Name of the class.
      box: Part of the photograph to keep, in pixels of the upright image; all of it by default.
    """

    path: Path
    name: str
    label: str
    box: Box | None = None


def find(folder: Path, class_of: Callable[[str], str] = lambda name: name.split("/")[0]) -> list[Photograph]:
    """List the photographs of `<class>/` below `folder`, sorted by name, which is the path relative to `folder`.

    Args:
      folder: Folder that holds the folders of the classes.
      class_of: Function from a name to its class; the first folder in the name by default.
    """
    return [Photograph(path, name, class_of(name)) for name, _, path in image_files.find(folder).label_images()]


def features(classes: int | Sequence[str]) -> tfds.features.FeaturesDict:
    """Build the TFDS features of the examples that `examples` yields.

    Args:
      classes: Names of the classes, in the order of their labels, or the number of classes, to be named later.
    """
    label = {"num_classes": classes} if isinstance(classes, int) else {"names": classes}
    return tfds.features.FeaturesDict(
        {
            "image": tfds.features.Image(shape=(None, None, 3), encoding_format="jpeg"),
            "label": tfds.features.ClassLabel(**label),
            "name": tfds.features.Text(),
        }
    )


def examples(photographs: Sequence[Photograph], title: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read photographs, and yield their names with their features, in order; skip and report unreadable ones.

    Args:
      photographs: Photographs to read.
      title: Title of the progress bar.

    Raises:
      errors.UserError: If a photograph is not there; or at the end, if more than one and more than 1 % cannot be read.
      OSError: If a file cannot be read.
    """
    skipped: list[str] = []
    converted = look_ahead.parallel_map(_read, photographs)
    for photograph, content in progress.bar(converted, title, len(photographs), unit="image"):
        if isinstance(content, jpeg.Corrupt):
            logging.getLogger(__name__).warning("%s is skipped: %s", clean.visible(str(photograph.path)), content)
            skipped.append(f"{photograph.name} ({content})")
        else:
            image = io.BytesIO(content)
            yield photograph.name, {"image": image, "label": photograph.label, "name": photograph.name}
    _report_skipped(skipped, len(photographs))


def _read(photograph: Photograph) -> bytes | jpeg.Corrupt:
    if not os.path.lexists(photograph.path):  # not damaged, but never unpacked
        paths.require_regular(photograph.path)
    try:
        return jpeg.to_jpeg(jpeg.read(photograph.path), photograph.box)
    except jpeg.Corrupt as error:
        return error


def _report_skipped(skipped: Sequence[str], count: int) -> None:
    """Report the skipped photographs, or raise an error if there are too many."""
    summary = f"{len(skipped):,} of {count:,} images that cannot be read: {errors.listed(skipped)}"
    if len(skipped) > max(1, _CORRUPT_SHARE * count):
        raise errors.UserError(
            f"At least {1 - _CORRUPT_SHARE:.0%} of the images must be readable. Received: {summary}. Repair or remove "
            "these files."
        )
    if skipped:
        progress.print_line(f"  skipped {summary}")


def split(builder: tfds.core.DatasetBuilder, name: str, image_size: int) -> zero_shot.Split:
    """Load a prepared split: the middle square of each image, resized to `image_size` pixels.

    Decoded images are kept in memory if they need less than 1 GiB; otherwise each is decoded when it is needed.

    Args:
      builder: Builder of a prepared dataset with the features above.
      name: Name of the split, or a slice such as `train[:100]` in TFDS' notation.
      image_size: Side of the loaded images, in pixels.
    """
    records = _records(builder, name)
    label_of, jpeg_of = _parser(builder, "label"), _parser(builder, "image", tfds.decode.SkipDecoding())
    labels = np.fromiter(records.map(label_of, num_parallel_calls=tf.data.AUTOTUNE).as_numpy_iterator(), np.int64)

    def decode(record: tf.Tensor) -> tf.Tensor:
        return middle_square(jpeg_of(record), image_size)

    if len(labels) * image_size**2 * 3 < _CACHE_BYTES:
        return zero_shot.Split(records.map(decode, num_parallel_calls=tf.data.AUTOTUNE).cache(), labels)
    return zero_shot.Split(records, labels, decode)


def names(builder: tfds.core.DatasetBuilder, name: str) -> list[str]:
    """List the names of a prepared split's photographs, in the order of `split`, without decoding any.

    Args:
      builder: Builder of a prepared dataset with the features above.
      name: Name of the split.
    """
    name_of = _parser(builder, "name")
    encoded = _records(builder, name).map(name_of, num_parallel_calls=tf.data.AUTOTUNE).as_numpy_iterator()
    return [one.decode("utf-8") for one in encoded]


def _records(builder: tfds.core.DatasetBuilder, name: str) -> tf.data.Dataset:
    """Read a split's serialised examples, always in the same order, so that one step can parse and decode them."""
    parts = builder.info.splits[name].file_instructions
    files, rows = [part.filename for part in parts], np.array([(part.skip, part.take) for part in parts], np.int64)
    return tf.data.Dataset.from_tensor_slices((files, rows)).flat_map(
        lambda file, row: tf.data.TFRecordDataset(file).skip(row[0]).take(row[1])
    )


def _parser(builder: tfds.core.DatasetBuilder, feature: str, decoder: Any = None) -> Callable[[tf.Tensor], tf.Tensor]:
    """Build a function from a serialised example to one of its features."""
    features = tfds.decode.PartialDecoding({feature: True}).extract_features(builder.info.features)
    decoders = {feature: decoder} if decoder else None
    return lambda record: features.deserialize_example(record, decoders=decoders)[feature]


def middle_square(data: tf.Tensor, size: int) -> tf.Tensor:
    """Decode the middle square of a JPEG to `[size,size,3]` uint8, RGB.

    Pixels are decoded exactly as Pillow does, unlike TensorFlow's faster default. Shrinking leaves no pixel out:
    libjpeg averages down by 2, 4 or 8, and the rest, a factor of about 2 at most, is bilinear.

    Args:
      data: JPEG that `jpeg.to_jpeg` made, `[]` string.
      size: Side of the decoded square, in pixels.
    """
    shape = tf.io.extract_jpeg_shape(data)[:2]
    ratios = [ratio for ratio in _RATIOS if ratio == 1 or jpeg.SHORTER_SIDE // ratio >= size]
    is_enough = [tf.reduce_min(shape) // ratio >= size for ratio in ratios[1:]]
    squares = [functools.partial(_reduced_square, data, shape, ratio) for ratio in ratios]
    image = tf.switch_case(tf.reduce_sum(tf.cast(is_enough, tf.int32)), squares) if is_enough else squares[0]()
    return tf.cast(tf.round(tf.image.resize(image, (size, size))), tf.uint8)


def _reduced_square(data: tf.Tensor, shape: tf.Tensor, ratio: int) -> tf.Tensor:
    """Decode only the middle square of a JPEG of `shape` `[2]` int32, reduced by `ratio`."""
    reduced = -(-shape // ratio)
    side = tf.reduce_min(reduced)
    window = tf.concat([(reduced - side) // 2, [side, side]], 0)
    return tf.io.decode_and_crop_jpeg(data, window, channels=3, ratio=ratio, dct_method="INTEGER_ACCURATE")
