# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Load networks and classifiers, and train classifiers on the user's images."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.api import arrays, settings
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import build
from niwt_tf.backbones import classifier as classifier_lib
from niwt_tf.config import networks
from niwt_tf.data import zero_shot
from niwt_tf.training import finetune
from niwt_tf.util import arguments, center_crop, devices

_BATCH_SIZE = 128


def load_backbone(
    name: str | keras.Model = "small", seed: int = 0, custom_objects: Mapping[str, Any] | None = None, **values: Any
) -> backbone_lib.Backbone:
    """Load a network from images to features, cut at the layer whose neurons get importances.

    Args:
      name: `small`, a network of keras.applications such as `vgg16`, `keras:PATH`, `hub:HANDLE_OR_PATH`, or a
        functional or sequential Keras model of your own. Of a classifier, the part before its last weights is used.
      seed: Random seed of Keras, which this function sets. It determines the weights of a network that comes without
        weights.
      custom_objects: Your own layers and functions by name, if a Keras file contains any. Those of a model in memory
        are already known.
      **values: Settings of `config.BackboneConfig`, such as `layer`, `weights`, `image_size` or `preprocessing`.

    Raises:
      errors.UserError: If there is no such network or layer, its weights cannot be obtained, or its outputs differ from
        those of your model.
    """
    arguments.require_seed(seed)
    settings.refuse(values, backbone="Name the network by `name`.")
    return load_network(name, seed, custom_objects, values).backbone


def load_classifier(
    name: str | keras.Model,
    class_names: Sequence[str],
    custom_objects: Mapping[str, Any] | None = None,
    **values: Any,
) -> classifier_lib.Classifier:
    """Load your own trained classifier without training it further.

    The last weights of the classifier must be those of a dense layer or a 1x1 convolution. Linear operations after them
    are folded into them. The network computes in float32, whatever precision your model uses.

    Args:
      name: `keras:PATH`, or a functional or sequential Keras model.
      class_names: Names of the classes, in the order of the model's outputs.
      custom_objects: Your own layers and functions by name, if a Keras file contains any. Those of a model in memory
        are already known.
      **values: Settings of `config.BackboneConfig`, such as `layer` or `preprocessing`.

    Raises:
      errors.UserError: If the model cannot be read, is not a classifier, has another number of classes, or if the
        outputs of the loaded classifier differ from those of your model.
    """
    class_names = arguments.require_names("class_names", class_names)
    settings.refuse(values, backbone="Name the network by `name`.", finetune="The classifier stays as it is.")
    start = load_network(name, 0, custom_objects, values | {"finetune": "none"})
    if start.kernel is None or start.bias is None:
        raise errors.UserError(
            f"`name` must be a classifier whose last layer can be taken as it is. Received: {shown(name)}, which "
            f"{start.why_none}. Call load_backbone on it, and fit_classifier with images of your classes."
        )
    if start.kernel.shape[1] != len(class_names):
        raise errors.UserError(
            "`class_names` must be one for each output of the model, in their order. Received: "
            f"{len(class_names)} names for {shown(name)}, which distinguishes {start.kernel.shape[1]} "
            "classes. Name them all, or call load_backbone and fit_classifier."
        )
    return classifier_lib.Classifier(start.backbone, start.kernel, start.bias, tuple(class_names))


def fit_classifier(
    backbone: backbone_lib.Backbone,
    images: np.ndarray,
    labels: np.ndarray,
    class_names: Sequence[str],
    shrinkage: float = 0.5,
) -> classifier_lib.Classifier:
    """Fit a new linear classifier to a network's features by discriminant analysis; the network does not change.

    Args:
      backbone: Network from `load_backbone`.
      images: `[N,H,W,3]` uint8 images, RGB.
      labels: `[N]` indices into `class_names`, each class at least once.
      class_names: Names of the `C` seen classes.
      shrinkage: Shrinkage of the features' covariance towards the same variance in all directions, from 0.0001 to 1.

    Raises:
      errors.UserError: If an array has another shape or type, or a class has no image.
    """
    arrays.require_backbone(backbone)
    names = arguments.require_names("class_names", class_names)
    renamed = {"classifier_shrinkage": "shrinkage"}
    config = settings.read("backbone", renamed, finetune="classifier", classifier_shrinkage=shrinkage)
    split = arrays.as_split(images, labels, len(names), backbone.image_size)
    return _finetune(backbone_lib.InitialNetwork(backbone, is_trained=True), split, names, config, 0)


def train_classifier(
    backbone: backbone_lib.Backbone,
    images: np.ndarray,
    labels: np.ndarray,
    class_names: Sequence[str],
    from_scratch: bool = True,
    seed: int = 0,
    **values: Any,
) -> classifier_lib.Classifier:
    """Train a network and a linear classifier on its features; `backbone` itself changes.

    Args:
      backbone: Network from `load_backbone`.
      images: `[N,H,W,3]` uint8 images, RGB.
      labels: `[N]` indices into `class_names`, each class at least once.
      class_names: Names of the `C` seen classes.
      from_scratch: True if the network has random weights. If false, it is fine-tuned: training starts from a
        classifier fitted to its features, with a default learning rate of 0.00001 instead of 0.003, and does not change
        the statistics of batch normalization.
      seed: Random seed of Keras, which this function sets. It determines the first weights of the classifier, the order
        of the images, flips and dropout.
      **values: Settings of `config.BackboneConfig`, such as `epochs`, `batch_size`, `learning_rate` or `patience`.

    Raises:
      errors.UserError: If an array has another shape or type, or a class has no image.
      errors.DivergedError: If a loss is not a finite number.
    """
    arrays.require_backbone(backbone)
    names = arguments.require_names("class_names", class_names)
    is_trained = not arguments.require_flag("from_scratch", from_scratch)
    arguments.require_seed(seed)
    settings.refuse(values, backbone="Name it to `load_backbone`.", finetune="All of the network is trained here.")
    config = settings.read("backbone", **(values | {"finetune": "full"}))
    split = arrays.as_split(images, labels, len(names), backbone.image_size)
    keras.utils.set_random_seed(seed)
    return _finetune(backbone_lib.InitialNetwork(backbone, is_trained=is_trained), split, names, config, seed)


def compute_features(backbone: backbone_lib.Backbone, images: np.ndarray) -> np.ndarray:
    """Compute the features `[N,D]` float32 of images, from which `classifier.logits` computes logits.

    Args:
      backbone: Network from `load_backbone`, or a classifier's `backbone`.
      images: `[N,H,W,3]` uint8 images, RGB; there may be none. Their middle squares are resized for the network.

    Raises:
      errors.UserError: If the images have another shape or type.
    """
    arrays.require_backbone(backbone)
    pictures = arguments.require_images(images)
    features = [np.zeros((0, backbone.feature_size), np.float32)]
    for start in range(0, len(pictures), _BATCH_SIZE):
        fitted = center_crop.fit(tf.constant(pictures[start : start + _BATCH_SIZE]), backbone.image_size)
        features.append(tf.cast(backbone.network(fitted, training=False), tf.float32).numpy())
    return np.concatenate(features)


def load_network(
    name: str | keras.Model, seed: int, custom_objects: Mapping[str, Any] | None, values: dict[str, Any]
) -> backbone_lib.InitialNetwork:
    """Load a network with the classifier that it brings, if any; a model in memory is saved to a file, and read again.

    Args:
      name: Network, as `load_backbone` takes it.
      seed: Random seed of Keras, which this function sets.
      custom_objects: Custom layers, as `load_backbone` takes them.
      values: Settings of `config.BackboneConfig`.

    Raises:
      errors.UserError: See `load_backbone`.
    """
    keras.utils.set_random_seed(seed)
    if not isinstance(name, (str, keras.Model)):
        raise errors.UserError(
            f"`{errors.setting('name')}` must be a name of a network, keras:PATH, hub:HANDLE_OR_PATH, or a model of "
            f"Keras. Received: {errors.setting('name', name)}. A file of Keras is named as 'keras:mine.keras'."
        )
    if custom_objects is not None:
        arguments.require_instance("custom_objects", custom_objects, Mapping, "Give {'Name': Name}.")  # type: ignore[type-abstract]
    with tempfile.TemporaryDirectory() as folder:
        place, objects = name, dict(custom_objects or {})
        if isinstance(name, keras.Model):
            place, objects = f"{networks.KERAS_FILE}{_saved(name, Path(folder))}", _own_layers(name) | objects
        with arguments.named(backbone="name"), _shown_in_errors(name):
            config = settings.read("backbone", {"backbone": "name"}, backbone=place, **values)
            return build.build(config, objects)


@contextlib.contextmanager
def _shown_in_errors(name: str | keras.Model) -> Iterator[None]:
    """Name the caller's own model in errors, instead of the temporary file that it was saved in."""
    try:
        yield
    except errors.UserError as error:
        raise (error if isinstance(name, str) else error.with_value("backbone", shown(name))) from error.__cause__


def _saved(model: keras.Model, folder: Path) -> Path:
    path = folder / "model.keras"
    try:
        model.save(path)
    except Exception as error:  # of many kinds, by what the model is made of
        raise errors.UserError(
            f"`{errors.setting('name')}` must be a model that Keras can save. Received: {shown(model)}, of which Keras "
            f"says: {errors.first_line(error)}. Build it with functional or sequential layers, and images as its input."
        ) from None
    return path


def _own_layers(model: keras.Model) -> dict[str, Any]:
    """Collect the classes of a model's layers that are not Keras' own, by name."""
    kinds = {type(layer) for layer in model._flatten_layers()}
    return {kind.__name__: kind for kind in kinds if kind.__module__.partition(".")[0] != "keras"}


def shown(name: str | keras.Model) -> str:
    """Name a network in a message."""
    return name if isinstance(name, str) else f"the {type(name).__name__} {name.name!r}"


def _finetune(
    start: backbone_lib.InitialNetwork,
    split: zero_shot.Split,
    class_names: Sequence[str],
    config: config_lib.BackboneConfig,
    seed: int,
) -> classifier_lib.Classifier:
    """Call `finetune.finetune` with a temporary folder, so that its intermediate files are deleted."""
    half = devices.uses_half_precision("auto")
    with tempfile.TemporaryDirectory() as folder:
        compiled = devices.compiles("auto")
        with arguments.named(backbone="name"):
            return finetune.finetune(
                start, split, tuple(class_names), config, seed, Path(folder), compiled, mixed_precision=half
            )
