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
_GROUPS_OF_FROZEN = 3  # that play unseen in turn where that takes no training of the network


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
        return artefacts.RunArtefacts(self.workdir.root)

    @functools.cached_property
    def dataset(self) -> zero_shot.ZeroShotDataset:
        """Images and their split."""
        return registry.load(self.config.data, self.image_size)

    @functools.cached_property
    def material(self) -> zero_shot.ZeroShotDataset:
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
    def groups(self) -> int:
        """Number of groups of pseudo-unseen classes, used in turn; 0 if classes or images are too few for any."""
        if not self.dataset.can_rehearse:
            return 0
        usual = _GROUPS_OF_FROZEN if self.is_frozen else 1
        return self.config.rehearsal.validation_groups or (
            len(self.dataset.seen) if self.dataset.plays_in_turn else usual
        )

    @functools.cached_property
    def told_groups(self) -> tuple[int, ...]:
        """Groups that are used: all, or if classes are few, those that `rehearsal_knowledge` has domain vectors for."""
        groups = range(self.groups)
        return tuple(group for group in groups if self._is_told(group)) if self.dataset.plays_in_turn else tuple(groups)

    def _is_told(self, group: int) -> bool:
        try:
            self.rehearsal_knowledge(group)
        except errors.UserError:
            return False
        return True

    @property
    def rehearsed(self) -> str:
        """Way in which settings are chosen, a member of `validation.WAYS`."""
        if not self.told_groups:
            return "defaults"
        return "turns" if self.dataset.plays_in_turn else "groups"

    def about_rehearsal(self) -> str:
        """Explain in one line why settings are not chosen by groups of classes; empty if they are."""
        seen, whole = len(self.dataset.seen), len(self.dataset.rehearsable)
        if self.rehearsed == "groups":
            return ""
        if self.rehearsed == "turns":
            untold = self.groups - len(self.told_groups)
            left_out = f", but {untold} of which the others' text tells nothing" if untold else ""
            return f"{seen} seen classes are too few for a group of them: each plays unseen in turn{left_out}"
        if self.groups:
            return f"none of {seen} seen classes can play unseen, as the others' text tells nothing of it: {_DEFAULTS}"
        if seen > whole:
            return f"{whole} of {seen} seen classes have two training images, and three must: {_DEFAULTS}"
        return f"{seen} seen classes are too few for one to play unseen: {_DEFAULTS}"

    def rehearsal_knowledge(self, group: int) -> knowledge.DomainKnowledge:
        """Compute a validation's domain vectors; text encoders are fitted without the text of pseudo-unseen classes.

        Args:
          group: Index of the group of pseudo-unseen classes, from 0 to `groups - 1`.

        Raises:
          errors.UserError: If the domain says nothing about a class.
        """
        return knowledge.load(self.dataset.rehearsal(self.config.seed, group), self.config.domain, is_told=False)

    @property
    def jit_compile(self) -> bool:
        """Whether loops are compiled with XLA."""
        return devices.compiles(self.config.jit_compile)
