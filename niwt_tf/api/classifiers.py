# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Networks, and classifiers of the user's images on them."""

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
    """Returns a network from images to features, cut at the layer whose neurons count.

    Args:
      name: `small`, one of keras.applications such as `vgg16`, `keras:PATH`, `hub:HANDLE_OR_PATH`, or your own
        functional or sequential model of Keras: of a classifier, what comes before its last weights.
      seed: Keras' random seed, set here: of the weights of a network that comes without.
      custom_objects: name -> layer or function of your own that a file of Keras is made of; those of a model in memory
        are known.
      **values: of `config.BackboneConfig`, such as `layer`, `weights`, `image_size` or `preprocessing`.

    Raises:
      errors.UserError: if there is no such network or layer, its weights cannot be had, or it gives other numbers than
        your model.
    """
    arguments.require_seed(seed)
    settings.refuse(values, backbone="Name the network by `name`.")
    with _started(name, seed, values, custom_objects) as (start, _):
        return start.backbone


def load_classifier(
    name: str | keras.Model,
    class_names: Sequence[str],
    custom_objects: Mapping[str, Any] | None = None,
    **values: Any,
) -> classifier_lib.Classifier:
    """Returns your own trained classifier as it is; what is linear behind its last weights is folded into them.

    Its last weights are those of a dense layer or a 1x1 convolution. The network computes in float32, whatever your
    model does.

    Args:
      name: `keras:PATH`, or a functional or sequential model of Keras.
      class_names: in the order of its outputs.
      custom_objects: name -> layer or function of your own that a file of Keras is made of; those of a model in memory
        are known.
      **values: of `config.BackboneConfig`, such as `layer` or `preprocessing`.

    Raises:
      errors.UserError: if it cannot be read, has no classifier, has one of another number of classes, or gives other
        numbers than your model.
    """
    class_names = arguments.require_names("class_names", class_names)
    settings.refuse(values, backbone="Name the network by `name`.", finetune="The classifier stays as it is.")
    no_images = zero_shot.Split(tf.data.Dataset.range(0), np.zeros(0, np.int64))
    with _started(name, 0, values | {"finetune": "none"}, custom_objects) as (start, config):
        if start.kernel is None:
            raise errors.UserError(
                f"`name` must be a classifier whose last layer can be taken as it is. Received: {_shown(name)}, which "
                f"{start.why_none}. Call load_backbone on it, and fit_classifier with images of your classes."
            )
        if start.kernel.shape[1] != len(class_names):
            raise errors.UserError(
                "`class_names` must be one for each output of the model, in their order. Received: "
                f"{len(class_names)} names for {_shown(name)}, which tells {start.kernel.shape[1]} classes "
                "apart. Name them all, or call load_backbone and fit_classifier."
            )
        return _finetune(start, no_images, class_names, config, 0)


def fit_classifier(
    backbone: backbone_lib.Backbone,
    images: np.ndarray,
    labels: np.ndarray,
    class_names: Sequence[str],
    shrinkage: float = 0.5,
) -> classifier_lib.Classifier:
    """Returns a new classifier on a network that stays as it is: discriminant analysis of its features.

    Args:
      backbone: of `load_backbone`.
      images: `[N,H,W,3]` uint8, RGB.
      labels: `[N]`, indices of class names.
      class_names: of the `C` seen classes.
      shrinkage: above 0, at most 1: how far the features' covariance is shrunk towards the same in all directions.

    Raises:
      errors.UserError: if the arrays are of another kind, or a class has no image.
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
    """Returns a classifier with all of its network trained: `backbone` itself changes.

    Args:
      backbone: of `load_backbone`.
      images: `[N,H,W,3]` uint8, RGB.
      labels: `[N]`, indices of class names.
      class_names: of the `C` seen classes.
      from_scratch: whether the network has random weights; otherwise it is fine-tuned, with a hundredth of the learning
        rate and its batch norms as they came, from a classifier as `fit_classifier` gives it.
      seed: Keras' random seed, set here: of the order of images, flips and dropout.
      **values: of `config.BackboneConfig`, such as `epochs`, `batch_size`, `learning_rate` or `patience`.

    Raises:
      errors.UserError: if the arrays are of another kind, or a class has no image.
      errors.DivergedError: if a loss is no finite number.
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
    """Returns the features `[N,D]` float32 of images; `classifier.logits` takes them.

    Args:
      backbone: of `load_backbone`, or a classifier's.
      images: `[N,H,W,3]` uint8, RGB; their middle squares are fitted to the network.

    Raises:
      errors.UserError: if the images are of another kind.
    """
    arrays.require_backbone(backbone)
    pictures = arguments.require_images(images)
    found = [np.zeros((0, backbone.feature_size), np.float32)]
    for start in range(0, len(pictures), _BATCH_SIZE):
        fitted = center_crop.fit(tf.constant(pictures[start : start + _BATCH_SIZE]), backbone.image_size)
        found.append(tf.cast(backbone.network(fitted, training=False), tf.float32).numpy())
    return np.concatenate(found)


@contextlib.contextmanager
def _started(
    name: str | keras.Model, seed: int, values: dict[str, Any], custom_objects: Mapping[str, Any] | None
) -> Iterator[tuple[backbone_lib.InitialNetwork, config_lib.BackboneConfig]]:
    """Gives the network and its settings; a model in memory is read as its file would be."""
    keras.utils.set_random_seed(seed)
    if not isinstance(name, (str, keras.Model)):
        raise errors.UserError(
            "`name` must be a name of a network, keras:PATH, hub:HANDLE_OR_PATH, or a model of Keras. Received: "
            f"{name!r}. A file of Keras is named as 'keras:mine.keras'."
        )
    if custom_objects is not None:
        arguments.require_instance("custom_objects", custom_objects, Mapping, "Give {'Name': Name}.")  # type: ignore[type-abstract]
    with tempfile.TemporaryDirectory() as folder:
        place, objects = name, dict(custom_objects or {})
        if isinstance(name, keras.Model):
            place, objects = f"{networks.KERAS_FILE}{_saved(name, Path(folder))}", _own_layers(name) | objects
        with arguments.named(backbone="name"), _shown_in_errors(f"--backbone={place}", f"name={_shown(name)}"):
            config = settings.read("backbone", {"backbone": "name"}, backbone=place, **values)
            yield build.build(config, objects), config


@contextlib.contextmanager
def _shown_in_errors(flag: str, argument: str) -> Iterator[None]:
    """Name the caller's own model in errors, in place of the file that it was saved in."""
    try:
        yield
    except errors.UserError as error:
        told = str(error).replace(flag, argument).replace("another --backbone", "another")
        raise type(error)(told) from error.__cause__


def _saved(model: keras.Model, folder: Path) -> Path:
    path = folder / "model.keras"
    try:
        model.save(path)
    except Exception as error:  # of many kinds, by what the model is made of
        raise errors.UserError(
            f"`name` must be a model that Keras can save. Received: {_shown(model)}, of which Keras says: "
            f"{errors.first_line(error)}. Build it with functional or sequential layers, and images as its input."
        ) from None
    return path


def _own_layers(model: keras.Model) -> dict[str, Any]:
    """Returns the classes of a model's layers that are not Keras' own by their names."""
    kinds = {type(layer) for layer in model._flatten_layers()}
    return {kind.__name__: kind for kind in kinds if kind.__module__.partition(".")[0] != "keras"}


def _shown(name: str | keras.Model) -> str:
    return name if isinstance(name, str) else f"the {type(name).__name__} {name.name!r}"


def _finetune(
    start: backbone_lib.InitialNetwork,
    split: zero_shot.Split,
    class_names: Sequence[str],
    config: config_lib.BackboneConfig,
    seed: int,
) -> classifier_lib.Classifier:
    """Returns what `finetune.finetune` does; what it keeps of its work is thrown away."""
    half = devices.uses_half_precision("auto")
    with tempfile.TemporaryDirectory() as folder:
        compiled = devices.compiles("auto")
        with arguments.named(backbone="name"):
            return finetune.finetune(
                start, split, tuple(class_names), config, seed, Path(folder), compiled, mixed_precision=half
            )
