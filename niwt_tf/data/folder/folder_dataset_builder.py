# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The user's folder as a TFDS builder."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import tensorflow_datasets as tfds

from niwt_tf.data import photographs
from niwt_tf.data.folder import layout as layout_lib


@dataclasses.dataclass(eq=False)
class FolderConfig(tfds.core.BuilderConfig):
    """Settings for a folder, with a name derived from its classes and images.

    Attributes:
      layout: Layout of the folder.
    """

    layout: layout_lib.Layout | None = None


def config(layout: layout_lib.Layout) -> FolderConfig:
    """Build the configuration for a folder."""
    return FolderConfig(name=f"images_{layout.digest()[:12]}", layout=layout)


class Builder(tfds.core.GeneratorBasedBuilder, skip_registration=True):  # type: ignore[call-arg]
    """Images of seen and unseen classes. Labels count the seen classes first, then the unseen."""

    name = "folder"
    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Images with a shorter side of at most 256 pixels."}

    def _info(self) -> tfds.core.DatasetInfo:
        layout = self.builder_config.layout
        return tfds.core.DatasetInfo(
            builder=self,
            features=photographs.features((*layout.seen, *layout.unseen)),
            supervised_keys=("image", "label"),
        )

    def _split_generators(
        self, dl_manager: tfds.download.DownloadManager
    ) -> dict[str, Iterator[tuple[str, dict[str, Any]]]]:
        del dl_manager
        parts = self.builder_config.layout.parts()
        return {part: self._generate_examples(part, images) for part, images in parts.items() if images}

    def _generate_examples(
        self, part: str, images: Sequence[tuple[str, str, Path]]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        files = [photographs.Photograph(path, name, label) for name, label, path in images]
        return photographs.examples(files, f"reading {part}")
