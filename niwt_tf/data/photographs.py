# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Photographs on their way into a prepared TFDS dataset, and out of it: both decode in parallel, in a fixed order."""

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
from niwt_tf.util import paths, progress

Box = jpeg.Box
_CORRUPT_SHARE = 0.01  # of all, that may be skipped
_RATIOS = (1, 2, 4, 8)  # by which libjpeg can reduce
_CACHE_BYTES = 2**30  # of decoded images of a split, at most


@dataclasses.dataclass(frozen=True)
class Photograph:
    """A photograph on disk.

    Attributes:
      path: where it is.
      name: `<class>/<file>`, or another that no other photograph has.
      label: the name of its class.
      box: the part of it to keep, in pixels of the upright image; all of it by default.
    """

    path: Path
    name: str
    label: str
    box: Box | None = None


def below(folder: Path, class_of: Callable[[str], str] = lambda name: name.split("/")[0]) -> list[Photograph]:
    """Returns the photographs of `<class>/` below `folder`, sorted by name, which is their path from there.

    Args:
      folder: where the classes' folders lie.
      class_of: name -> class; its first folder by default.
    """
    return [Photograph(path, name, class_of(name)) for name, _, path in image_files.by_class_folder(folder)]


def features(classes: int | Sequence[str]) -> tfds.features.FeaturesDict:
    """Returns the features of what `examples` yields.

    Args:
      classes: the names of the classes, in the order of their labels, or how many there are, to be named later.
    """
    named = {"num_classes": classes} if isinstance(classes, int) else {"names": classes}
    return tfds.features.FeaturesDict(
        {
            "image": tfds.features.Image(shape=(None, None, 3), encoding_format="jpeg"),
            "label": tfds.features.ClassLabel(**named),
            "name": tfds.features.Text(),
        }
    )


def examples(photographs: Sequence[Photograph], title: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields the photographs' names with their features, in order; those that cannot be read are skipped and told.

    Args:
      photographs: what to read.
      title: what is being done, for the bar.

    Raises:
      errors.UserError: at the end, if more than one photograph and a hundredth of them cannot be read.
      OSError: if a file cannot be opened.
    """
    skipped: list[str] = []
    converted = look_ahead.in_order(_read, photographs)
    for photograph, made in progress.bar(converted, title, len(photographs), unit="image"):
        if isinstance(made, jpeg.Corrupt):
            logging.getLogger(__name__).warning("%s is skipped: %s", photograph.path, made)
            skipped.append(f"{photograph.name} ({made})")
        else:
            image = io.BytesIO(made)
            yield photograph.name, {"image": image, "label": photograph.label, "name": photograph.name}
    _tell(skipped, len(photographs))


def _read(photograph: Photograph) -> bytes | jpeg.Corrupt:
    if os.path.lexists(photograph.path) and (why := paths.trouble(photograph.path)):
        return jpeg.Corrupt(why)
    try:
        return jpeg.to_jpeg(photograph.path.read_bytes(), photograph.box)
    except jpeg.Corrupt as error:
        return error


def _tell(skipped: Sequence[str], count: int) -> None:
    """Says what was skipped, or raises if that is too much."""
    told = f"{len(skipped)} of {count} images that cannot be read: {errors.listed(skipped)}"
    if len(skipped) > max(1, _CORRUPT_SHARE * count):
        raise errors.UserError(
            f"At least {1 - _CORRUPT_SHARE:.0%} of the images must be readable. Received: {told}. Mend these files or "
            "remove them."
        )
    if skipped:
        progress.say(f"  skipped {told}")


def split(builder: tfds.core.DatasetBuilder, name: str, image_size: int) -> zero_shot.Split:
    """Returns a prepared split: the middle square of each image, made `image_size` pixels wide.

    Decoded images are kept in memory where they need less than 1 GiB; else each is decoded when it is asked for.

    Args:
      builder: of a dataset that is prepared, with the features above.
      name: of the split; TFDS' slices such as `train[:100]` too.
      image_size: S, the side of the images to return.
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
    """Returns the names of a prepared split's photographs, in the order of `split`; none is decoded.

    Args:
      builder: of a dataset that is prepared, with the features above.
      name: of the split.
    """
    of_record = _parser(builder, "name")
    found = _records(builder, name).map(of_record, num_parallel_calls=tf.data.AUTOTUNE).as_numpy_iterator()
    return [one.decode("utf-8") for one in found]


def _records(builder: tfds.core.DatasetBuilder, name: str) -> tf.data.Dataset:
    """Returns a split's serialised examples, always in the same order, so that one step can parse and decode them."""
    parts = builder.info.splits[name].file_instructions
    files, rows = [part.filename for part in parts], np.array([(part.skip, part.take) for part in parts], np.int64)
    return tf.data.Dataset.from_tensor_slices((files, rows)).flat_map(
        lambda file, row: tf.data.TFRecordDataset(file).skip(row[0]).take(row[1])
    )


def _parser(builder: tfds.core.DatasetBuilder, feature: str, decoder: Any = None) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns a function from a serialised example to one of its features."""
    features = tfds.decode.PartialDecoding({feature: True}).extract_features(builder.info.features)
    decoders = {feature: decoder} if decoder else None
    return lambda record: features.deserialize_example(record, decoders=decoders)[feature]


def middle_square(data: tf.Tensor, size: int) -> tf.Tensor:
    """Returns the middle square of a JPEG, `[size,size,3]` uint8, RGB.

    Pixels are decoded exactly as Pillow does, which the faster default is not. Shrinking leaves no pixel out: libjpeg
    averages down by 2, 4 or 8, and what is left is bilinear, by about 2 at most.

    Args:
      data: a JPEG that `jpeg.to_jpeg` made, `[]` string.
      size: the side to return, in pixels.
    """
    shape = tf.io.extract_jpeg_shape(data)[:2]
    ratios = [ratio for ratio in _RATIOS if ratio == 1 or jpeg.SHORTER_SIDE // ratio >= size]
    enough = [tf.reduce_min(shape) // ratio >= size for ratio in ratios[1:]]
    squares = [functools.partial(_reduced_square, data, shape, ratio) for ratio in ratios]
    image = tf.switch_case(tf.reduce_sum(tf.cast(enough, tf.int32)), squares) if enough else squares[0]()
    return tf.cast(tf.round(tf.image.resize(image, (size, size))), tf.uint8)


def _reduced_square(data: tf.Tensor, shape: tf.Tensor, ratio: int) -> tf.Tensor:
    """Returns the middle square of a JPEG of `shape` `[2]` int32, reduced by `ratio`; nothing else is decoded."""
    reduced = -(-shape // ratio)
    side = tf.reduce_min(reduced)
    window = tf.concat([(reduced - side) // 2, [side, side]], 0)
    return tf.io.decode_and_crop_jpeg(data, window, channels=3, ratio=ratio, dct_method="INTEGER_ACCURATE")
