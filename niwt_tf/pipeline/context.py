# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A run, and what its stages share: the images, their validation splits, and the network that they start from."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path

import keras

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf import workdir as workdir_lib
from niwt_tf.backbones import activations, build
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.data import registry, zero_shot
from niwt_tf.domains import knowledge
from niwt_tf.runs import artefacts
from niwt_tf.training import finetune
from niwt_tf.util import devices

_DEFAULTS = "map, lambda, scale, bias and gamma are defaults"
_GROUPS_OF_FROZEN = 3  # groups of pseudo-unseen classes, where they take no training of the network


@dataclasses.dataclass(frozen=True)
class Run:
    """A run, and what its stages share.

    Attributes:
      config: Settings of the run.
      workdir: Folder of the artefacts.
    """

    config: config_lib.RunConfig
    workdir: workdir_lib.Workdir

    def folder(self, stage: str) -> Path:
        """Return the folder of the artefact of `stage`."""
        return self.workdir.path(stage)

    @property
    def artefacts(self) -> artefacts.RunArtefacts:
        """Artefacts of the stages that are done; nothing is kept from one access to the next."""
        return artefacts.RunArtefacts(self.workdir.root, safe_mode=False)

    @functools.cached_property
    def dataset(self) -> zero_shot.ZeroShotDataset:
        """Images and their split."""
        return registry.load(self.config.data, self.image_size)

    @functools.cached_property
    def training_data(self) -> zero_shot.ZeroShotDataset:
        """Training data of the classifiers: the dataset, with kept activations, if any, in place of training images."""
        if not self.has_activations:
            return self.dataset
        kept = activations.load_split(self.folder("activations"), self.dataset.train.labels)
        return dataclasses.replace(self.dataset, train=kept)

    @functools.cached_property
    def network(self) -> backbone_lib.InitialNetwork:
        """Network before its training, for all that does not train it."""
        return self.initial_network()

    def initial_network(self) -> backbone_lib.InitialNetwork:
        """Build the network before its training, anew; weights that are not loaded follow from the seed."""
        keras.utils.set_random_seed(self.config.seed)
        return build.build(self.config.backbone)

    @property
    def image_size(self) -> int:
        """Side of the images that the backbone takes, in pixels."""
        return self.network.backbone.image_size

    @property
    def is_frozen(self) -> bool:
        """Whether the network is frozen, so that at most a classifier is trained."""
        return finetune.training_mode(self.network, self.config.backbone) != "full"

    @property
    def has_activations(self) -> bool:
        """Whether the stage of that name kept the activations of the training images."""
        return activations.exist(self.folder("activations"))

    @property
    def validation_groups(self) -> int:
        """Number of groups of pseudo-unseen classes, used in turn; 0 if classes or images are too few for any."""
        if not self.dataset.can_validate:
            return 0
        usual = _GROUPS_OF_FROZEN if self.is_frozen else 1
        return self.config.validation.validation_groups or (
            len(self.dataset.seen) if self.dataset.leaves_one_out else usual
        )

    @functools.cached_property
    def usable_groups(self) -> tuple[int, ...]:
        """Groups that are used: if classes are few, those that `validation_knowledge` has vectors for; else all."""
        groups = range(self.validation_groups)
        return tuple(group for group in groups if not self.dataset.leaves_one_out or self._is_described(group))

    def _is_described(self, group: int) -> bool:
        try:
            self.validation_knowledge(group)
        except errors.UserError:
            return False
        return True

    @property
    def protocol(self) -> str:
        """Choice of the pseudo-unseen classes, a member of `validation.PROTOCOLS`."""
        if not self.usable_groups:
            return "defaults"
        return "turns" if self.dataset.leaves_one_out else "groups"

    def protocol_note(self) -> str:
        """Explain in one line why validation does not use groups of classes; empty if it does."""
        seen, whole = len(self.dataset.seen), len(self.dataset.multi_image_classes)
        if self.protocol == "groups":
            return ""
        if self.protocol == "turns":
            unusable = self.validation_groups - len(self.usable_groups)
            left_out = f", but {unusable} whose words the other classes' texts lack" if unusable else ""
            return f"{seen} seen classes are too few for a group of them: each is pseudo-unseen in turn{left_out}"
        if self.validation_groups:
            return f"none of {seen} seen classes can be pseudo-unseen, as the others' texts lack its words: {_DEFAULTS}"
        if seen > whole:
            return f"{whole} of {seen} seen classes have two training images, and three must: {_DEFAULTS}"
        return f"{seen} seen classes are too few for one to be pseudo-unseen: {_DEFAULTS}"

    def validation_knowledge(self, group: int) -> knowledge.DomainKnowledge:
        """Compute a validation's domain vectors; text encoders are fitted without the text of pseudo-unseen classes.

        Args:
          group: Index of the group of pseudo-unseen classes, from 0 to `validation_groups - 1`.

        Raises:
          errors.UserError: If the domain says nothing about a class.
        """
        return knowledge.load(self.dataset.validation_dataset(self.config.seed, group), self.config.domain, warn=False)

    @property
    def jit_compile(self) -> bool:
        """Whether loops are compiled with XLA."""
        return devices.compiles(self.config.jit_compile)
