# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Names and settings of the networks of keras.applications.

Nothing here imports Keras, so that a wrong setting is reported at once.
"""

from __future__ import annotations

import dataclasses

from niwt_tf import errors

KERAS_FILE = "keras:"
HUB = "hub:"
SMALL = "small"
MODEL_FILES = (".keras", ".h5", ".hdf5")
_WEIGHT_FILES = (".h5", ".hdf5")
_SMALLEST_OF_SMALL = 8  # pixels


@dataclasses.dataclass(frozen=True)
class Family:
    """A network of keras.applications.

    Attributes:
      constructor: Name of its function in keras.applications.
      preprocessing: Preprocessing of the images that it expects; none if it prepares them itself.
      image_size: Side of the images that it was trained on, in pixels.
      smallest: Smallest side of images that it takes, in pixels.
      layer: Name of the layer at which it is cut by default; the last convolutional one if empty.
      top: Name of the last layer kept of its classifier; if empty, its features are the pooled convolutional ones.
    """

    constructor: str
    preprocessing: str
    image_size: int = 224
    smallest: int = 32
    layer: str = ""
    top: str = ""

    @property
    def only_size(self) -> int | None:
        """Side of images, in pixels, if the network takes only one; otherwise None."""
        return self.image_size if self.top else None


_EFFICIENT_NET_SIZES = (224, 240, 260, 300, 380, 456, 528, 600)
_EFFICIENT_NET_V2_SIZES = {"b0": 224, "b1": 240, "b2": 260, "b3": 300, "s": 384, "m": 480, "l": 480}

FAMILIES: dict[str, Family] = {
    "vgg16": Family("VGG16", "caffe", layer="block5_conv3", top="fc2"),
    "vgg19": Family("VGG19", "caffe", layer="block5_conv4", top="fc2"),
    "resnet50": Family("ResNet50", "caffe", layer="conv5_block3_out"),
    "resnet101": Family("ResNet101", "caffe", layer="conv5_block1_out"),
    "resnet152": Family("ResNet152", "caffe", layer="conv5_block3_out"),
    "resnet50v2": Family("ResNet50V2", "tf"),
    "resnet101v2": Family("ResNet101V2", "tf"),
    "resnet152v2": Family("ResNet152V2", "tf"),
    "mobilenet": Family("MobileNet", "tf"),
    "mobilenet_v2": Family("MobileNetV2", "tf"),
    "mobilenet_v3_small": Family("MobileNetV3Small", "none"),
    "mobilenet_v3_large": Family("MobileNetV3Large", "none"),
    **{
        f"efficientnet_b{number}": Family(f"EfficientNetB{number}", "none", size)
        for number, size in enumerate(_EFFICIENT_NET_SIZES)
    },
    **{
        f"efficientnet_v2_{kind}": Family(f"EfficientNetV2{kind.upper()}", "none", size)
        for kind, size in _EFFICIENT_NET_V2_SIZES.items()
    },
    **{
        f"convnext_{kind.lower()}": Family(f"ConvNeXt{kind}", "none")
        for kind in ("Tiny", "Small", "Base", "Large", "XLarge")
    },
    **{f"densenet{depth}": Family(f"DenseNet{depth}", "torch") for depth in (121, 169, 201)},
    "inception_v3": Family("InceptionV3", "tf", 299, 75),
    "inception_resnet_v2": Family("InceptionResNetV2", "tf", 299, 75),
    "xception": Family("Xception", "tf", 299, 71),
    "nasnet_mobile": Family("NASNetMobile", "tf"),
    "nasnet_large": Family("NASNetLarge", "tf", 331),
}

_IN_WORDS = (
    "small, vgg16, vgg19, resnet50, 101 or 152 (each also with v2), mobilenet, mobilenet_v2, mobilenet_v3_small or "
    "_large, efficientnet_b0 to b7, efficientnet_v2_b0 to b3, _s, _m or _l, convnext_tiny, _small, _base, _large or "
    "_xlarge, densenet121, 169 or 201, inception_v3, inception_resnet_v2, xception, nasnet_mobile or _large, "
    "keras:PATH or hub:HANDLE_OR_PATH"
)


def check(name: str, weights: str, preprocessing: str, import_module: str, image_size: int) -> None:
    """Check the name and the settings of a network.

    Args:
      name: Name of the network, as `BackboneConfig.backbone` has it.
      weights: Source of its weights.
      preprocessing: Kind of preprocessing.
      import_module: Python code of the user that registers layers; may be empty.
      image_size: Side of the images in pixels; 0 for the network's own.

    Raises:
      errors.UserError: If there is no such network, or it does not take a setting.
    """
    if name.startswith(KERAS_FILE) and not name.endswith(MODEL_FILES):
        raise errors.UserError(
            f"`{errors.setting('backbone')}` must name a file of Keras after keras:, {_or(MODEL_FILES)}. Received: "
            f"{errors.setting('backbone', name)}. Write one with model.save('model.keras')."
        )
    if name not in FAMILIES and name != SMALL and not _has_path(name):
        raise errors.unknown_value("backbone", name, [SMALL, *FAMILIES], _IN_WORDS)
    if name not in FAMILIES and weights != "imagenet":
        raise errors.UserError(
            f"`{errors.setting('weights')}` must be for a network of keras.applications. Received: "
            f"{errors.setting('weights', weights)} with {errors.setting('backbone', name)}, which "
            f"{'starts without' if name == SMALL else 'brings its own'}. Leave {errors.setting('weights')} out."
        )
    if name == SMALL and preprocessing != "auto":
        raise errors.UserError(
            f"`{errors.setting('preprocessing')}` must be auto for {errors.setting('backbone', 'small')}. Received: "
            f"{errors.setting('preprocessing', preprocessing)}. Leave {errors.setting('preprocessing')} out."
        )
    if import_module and not name.startswith(KERAS_FILE):
        raise errors.UserError(
            f"`{errors.setting('import_module')}` must be with {errors.setting('backbone', 'keras:PATH')}. Received: "
            f"{errors.setting('import_module', import_module)} with {errors.setting('backbone', name)}, which needs "
            f"no code of yours. Leave {errors.setting('import_module')} out."
        )
    if name in FAMILIES:
        _check_weights(weights)
    if image_size and not _has_path(name):
        _check_size(name, image_size)


def _has_path(name: str) -> bool:
    return any(name.startswith(kind) and name != kind for kind in (KERAS_FILE, HUB))


def _check_weights(weights: str) -> None:
    if weights not in ("imagenet", "none") and not weights.endswith(_WEIGHT_FILES):
        raise errors.UserError(
            f"`{errors.setting('weights')}` must be imagenet, none, or a file of weights, {_or(_WEIGHT_FILES)}. "
            f"Received: {errors.setting('weights', weights)}. A whole model in a .keras file is "
            f"{errors.setting('backbone', 'keras:PATH')}."
        )


def _check_size(name: str, size: int) -> None:
    family = FAMILIES.get(name)
    if family and family.only_size and size != family.only_size:
        raise errors.UserError(
            f"`{errors.setting('image_size')}` must be {family.only_size} for {errors.setting('backbone', name)}, "
            f"whose dense layers take no other. Received: {errors.setting('image_size', size)}. Leave "
            f"{errors.setting('image_size')} out."
        )
    smallest = family.smallest if family else _SMALLEST_OF_SMALL
    if size < smallest:
        raise errors.UserError(
            f"`{errors.setting('image_size')}` must be at least {smallest} for {errors.setting('backbone', name)}. "
            f"Received: {errors.setting('image_size', size)}. Leave {errors.setting('image_size')} out for the "
            "backbone's own."
        )


def _or(endings: tuple[str, ...]) -> str:
    return f"{', '.join(endings[:-1])} or {endings[-1]}"
