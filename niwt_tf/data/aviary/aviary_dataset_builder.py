# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The TFDS builder of the aviary, whose images are drawn, not downloaded."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from niwt_tf.data.aviary import anatomy, draw, language, species
from niwt_tf.util import progress

CAPTIONS_PER_IMAGE = 10
CAPTIONS_IN_GUIDE = 100
_TEST_SEEN_IMAGES = 20  # of each seen species
_TEST_UNSEEN_IMAGES = 30  # of each unseen species
_SPLITS = ("train", "test_seen", "test_unseen")
_IMAGE_STREAM, _GUIDE_STREAM = 1, 2  # species.invent draws from stream 0


@dataclasses.dataclass(eq=False)
class AviaryConfig(tfds.core.BuilderConfig):
    """Settings of an aviary.

    Attributes:
      seed: Seed of the species and images.
      classes: Number of species, including the unseen ones.
      unseen: Number of species without training images.
      train_images: Number of training images of each seen species.
      image_size: Side of an image, in pixels.
    """

    seed: int = 0
    classes: int = 60
    unseen: int = 12
    train_images: int = 80
    image_size: int = 64


def config(
    seed: int = 0, classes: int = 60, unseen: int = 12, train_images: int = 80, image_size: int = 64
) -> AviaryConfig:
    """Build a configuration with a name that no other configuration has."""
    name = f"seed{seed}_classes{classes}_unseen{unseen}_images{train_images}_size{image_size}"
    return AviaryConfig(
        name=name, seed=seed, classes=classes, unseen=unseen, train_images=train_images, image_size=image_size
    )


class Builder(tfds.core.GeneratorBasedBuilder):
    """Birds of invented species, with the ground truth of every part."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Nine attributes with 36 values, nine parts."}
    BUILDER_CONFIGS = [config()]

    def _info(self) -> tfds.core.DatasetInfo:
        size = self.builder_config.image_size
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(size, size, 3), encoding_format="png"),
                    "label": tfds.features.ClassLabel(names=[kind.name for kind in self._species()]),
                    "attributes": tfds.features.Tensor(shape=(len(anatomy.FEATURE_NAMES),), dtype=np.float32),
                    "captions": tfds.features.Sequence(tfds.features.Text(), length=CAPTIONS_PER_IMAGE),
                    "document": tfds.features.Text(),
                    "box": tfds.features.BBoxFeature(),
                    "part_boxes": tfds.features.Tensor(shape=(len(anatomy.PARTS), 4), dtype=np.float32),
                    "segmentation": tfds.features.Image(shape=(size, size, 1), encoding_format="png"),
                }
            ),
            supervised_keys=("image", "label"),
            metadata=tfds.core.MetadataDict(self._field_guide()),
        )

    def _species(self) -> tuple[species.Species, ...]:
        return species.invent(self.builder_config.seed, self.builder_config.classes, self.builder_config.unseen)

    def _field_guide(self) -> dict[str, Any]:
        """Describe the species without any image, in the order of the labels."""
        entries = []
        for label, kind in enumerate(self._species()):
            rng = np.random.default_rng([self.builder_config.seed, _GUIDE_STREAM, label])
            entries.append(
                {
                    "name": kind.name,
                    "seen": kind.seen,
                    "traits": dict(kind.traits),
                    "captions": language.captions(kind.traits, rng, CAPTIONS_IN_GUIDE),
                    "document": language.document(kind.name, kind.traits, rng),
                }
            )
        return {"species": entries, "parts": list(anatomy.PARTS), "attributes": list(anatomy.FEATURE_NAMES)}

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Iterator[tuple[str, Any]]]:
        del dl_manager
        return {split: self._generate_examples(split) for split in _SPLITS}

    def _generate_examples(self, split: str) -> Iterator[tuple[str, dict[str, Any]]]:
        guide = self.info.metadata["species"]
        counts = {"train": self.builder_config.train_images, "test_seen": _TEST_SEEN_IMAGES}
        kinds = [(label, k) for label, k in enumerate(self._species()) if k.seen != (split == "test_unseen")]
        jobs = [(label, k, n) for label, k in kinds for n in range(counts.get(split, _TEST_UNSEEN_IMAGES))]
        for label, kind, number in progress.bar(jobs, f"drawing {split}", unit="image"):
            stream = [self.builder_config.seed, _IMAGE_STREAM, label, _SPLITS.index(split), number]
            example = self._example(kind.traits, np.random.default_rng(stream))
            yield f"{label:03d}_{number:05d}", example | {"label": label, "document": guide[label]["document"]}

    def _example(self, traits: anatomy.Traits, rng: np.random.Generator) -> dict[str, Any]:
        drawing = draw.draw(traits, rng, self.builder_config.image_size)
        return {
            "image": _png(drawing.image),
            "attributes": anatomy.encode_traits(traits),
            "captions": language.captions(traits, rng, CAPTIONS_PER_IMAGE),
            "box": tfds.features.BBox(*drawing.box()),
            "part_boxes": _part_boxes(drawing, anatomy.PARTS),
            "segmentation": _png(drawing.segmentation),
        }


def _part_boxes(drawing: draw.Drawing, parts: Sequence[str]) -> np.ndarray:
    return np.array([drawing.box(part) for part in parts], np.float32)


def _png(pixels: np.ndarray) -> io.BytesIO:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=1)
    stream.seek(0)
    return stream
