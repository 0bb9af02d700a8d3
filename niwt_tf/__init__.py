# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Neuron importance-aware weight transfer: teaches an image classifier new classes from words alone.

The names below are the public API; docs/api.md has an example of each. They are imported on first use, so that
`import niwt_tf` does not import TensorFlow.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from niwt_tf.version import __version__

if TYPE_CHECKING:
    from niwt_tf.api.arrays import to_arrays
    from niwt_tf.api.classifiers import (
        compute_features,
        fit_classifier,
        load_backbone,
        load_classifier,
        train_classifier,
    )
    from niwt_tf.api.explanations import explain_images, find_reasons, name_neurons
    from niwt_tf.api.knowledge import encode_attributes, encode_captions, load_dataset, load_knowledge
    from niwt_tf.api.map_scores import score_maps
    from niwt_tf.api.models import Model, export_model, load_model, make_model
    from niwt_tf.api.steps import (
        add_classes,
        choose_gamma,
        compute_importances,
        evaluate_gzsl,
        fit_inverse_map,
        fit_map,
        transfer_weights,
    )
    from niwt_tf.api.teachable import make_teachable

__all__ = [
    "Model",
    "__version__",
    "add_classes",
    "choose_gamma",
    "compute_features",
    "compute_importances",
    "encode_attributes",
    "encode_captions",
    "evaluate_gzsl",
    "explain_images",
    "export_model",
    "find_reasons",
    "fit_classifier",
    "fit_inverse_map",
    "fit_map",
    "load_backbone",
    "load_classifier",
    "load_dataset",
    "load_knowledge",
    "load_model",
    "make_model",
    "make_teachable",
    "name_neurons",
    "score_maps",
    "to_arrays",
    "train_classifier",
    "transfer_weights",
]

_PARTS = ("arrays", "classifiers", "explanations", "knowledge", "map_scores", "models", "steps", "teachable")


def __getattr__(name: str) -> Any:
    if name in __all__:
        keras_settings = importlib.import_module("niwt_tf.util.keras_settings")
        keras_settings.require()
        for part in _PARTS:
            module = importlib.import_module(f"niwt_tf.api.{part}")
            if name in vars(module):
                value = getattr(module, name)
                globals()[name] = value if isinstance(value, type) else keras_settings.guarded(value)
                return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
