# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Load the aviary as a zero-shot dataset, and draw it first if that has not been done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from niwt_tf import config as config_lib
from niwt_tf.data import prepare, user_images, zero_shot
from niwt_tf.data.aviary import anatomy, aviary_dataset_builder

IMAGE_ENCODING = user_images.LOSSLESS


def load(config: config_lib.DataConfig, image_size: int) -> zero_shot.ZeroShotDataset:
    """Load the aviary that `config` describes.

    Args:
      config: Settings with the seed, the sizes, and the folder of prepared datasets.
      image_size: Side of the images, in pixels; they are drawn at this size.

    Raises:
      errors.UserError: If the numbers of classes and of unseen classes are not possible.
      OSError: If the folder cannot be written.
    """
    builder = _prepared(config, image_size)
    guide = builder.info.metadata["species"]
    seen = tuple(entry["name"] for entry in guide if entry["seen"])
    unseen = tuple(entry["name"] for entry in guide if not entry["seen"])
    return zero_shot.ZeroShotDataset(
        name="aviary",
        seen=seen,
        unseen=unseen,
        validation=zero_shot.choose_pseudo_unseen(seen, unseen),
        train=_split(builder, "train"),
        test_seen=_split(builder, "test_seen"),
        test_unseen=_split(builder, "test_unseen"),
        descriptions=zero_shot.Descriptions(
            attributes=lambda: zero_shot.Attributes(
                names=anatomy.FEATURE_NAMES,
                values={entry["name"]: anatomy.encode_traits(entry["traits"]) for entry in guide},
                source="the aviary's field guide",
            ),
            captions=lambda: zero_shot.Texts(_captions(builder), "the aviary, ten to a training image"),
            documents=lambda: zero_shot.Texts(
                {entry["name"]: (entry["document"],) for entry in guide}, "the aviary's field guide"
            ),
        ),
        split_version=f"aviary {builder.version} seed {config.aviary_seed}",
        split_sha256=config_lib.fingerprint(seen, unseen, builder.builder_config.name, str(builder.version)),
        annotations=lambda split: _annotations(builder, split),
        part_of=anatomy.part_of,
    )


def _prepared(config: config_lib.DataConfig, image_size: int) -> tfds.core.DatasetBuilder:
    aviary = aviary_dataset_builder.config(
        config.aviary_seed, config.aviary_classes, config.aviary_unseen, config.aviary_images, image_size
    )
    registered = aviary_dataset_builder.Builder.builder_configs
    builder = aviary_dataset_builder.Builder(
        data_dir=config.prepared_dir or config.data_dir or None, config=registered.get(aviary.name, aviary)
    )
    if not prepare.is_prepared(builder):
        prepare.prepare(builder)
    return builder


def _split(builder: tfds.core.DatasetBuilder, name: str) -> zero_shot.Split:
    decoders = tfds.decode.PartialDecoding({"image": True, "label": True})
    examples = builder.as_dataset(split=name, decoders=decoders, shuffle_files=False)
    labels = np.fromiter(examples.map(lambda example: example["label"]).as_numpy_iterator(), np.int64)
    images = examples.map(lambda example: example["image"], num_parallel_calls=tf.data.AUTOTUNE).cache()
    return zero_shot.Split(images, labels)


def _captions(builder: tfds.core.DatasetBuilder) -> Mapping[str, Sequence[str]]:
    """Read the captions of each class: of training images for a seen class, from the field guide for an unseen one."""
    guide = builder.info.metadata["species"]
    captions: dict[str, list[str]] = {e["name"]: [] if e["seen"] else list(e["captions"]) for e in guide}
    decoders = tfds.decode.PartialDecoding({"captions": True, "label": True})
    for example in builder.as_dataset(split="train", decoders=decoders).batch(256).as_numpy_iterator():
        for label, sentences in zip(example["label"], example["captions"], strict=True):
            captions[guide[label]["name"]].extend(sentence.decode("utf-8") for sentence in sentences)
    return captions


def _annotations(builder: tfds.core.DatasetBuilder, split: str) -> zero_shot.Annotations:
    """Read the boxes of the birds and of their parts, which were computed from the segmentations."""
    decoders = tfds.decode.PartialDecoding({"box": True, "part_boxes": True})
    examples = list(builder.as_dataset(split=split, decoders=decoders, shuffle_files=False).as_numpy_iterator())
    objects = _boxes([example["box"] for example in examples])
    parts = _boxes([example["part_boxes"] for example in examples])
    return zero_shot.Annotations(objects, {part: parts[:, index] for index, part in enumerate(anatomy.PARTS)})


def _boxes(boxes: Sequence[np.ndarray]) -> np.ndarray:
    """Stack boxes into `[N,...,4]`, with NaN for those where nothing is visible: the examples hold zeros there."""
    stacked = np.array(boxes, np.float32)
    return np.where(stacked.any(-1, keepdims=True), stacked, np.float32(np.nan))
