# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What the JSON files of a run, and of an unpacked bundle, hold; the arrays are declared where they are written."""

from __future__ import annotations

from niwt_tf import config as config_lib
from niwt_tf.evaluation import summary
from niwt_tf.util.json_schemas import Flag, List, Nullable, Number, Pair, Record, Text

_SHARE = Number(0.0, 1.0)
_COUNT = Number(0, is_whole=True)
_SCORE = Nullable(_SHARE)
_NAMES = List(Text(), is_unique=True)
_REASONS = List(Pair(Text(), Number()))

ANY_OBJECT = Record()
SECONDS = Number(0.0)
FINE_TUNED = Text(("none", "classifier", "full"))
CALIBRATION = Record({"gamma": Number()})
SPLIT = Record(
    {"seen": List(Text(), 1, is_unique=True), "unseen": _NAMES},
    {"dataset": Text(), "split_version": Text(), "split_sha256": Text(), "validation": _NAMES},
)
SETTINGS = Record(
    {
        "map_fit": Text(config_lib.MAP_FITS),
        "lambda_": Number(0.0),
        "scale": Number(0.0),
        "bias": Text(config_lib.BIASES),
        "kept_share": _SHARE,
        "harmonic_mean": _SHARE,
    },
    {
        "map_relevance": _COUNT,
        "scale_unit": Text(("length", "spread")),
        "imagined_part": Nullable(Number()),
        "rehearsal": Text(("groups", "turns", "defaults")),
    },
    since={"map_relevance": 2, "scale_unit": 3, "imagined_part": 3, "rehearsal": 4},  # runs alone must have the last
)
SCORES = {name: Number() if name == summary.GAMMA else _SCORE for name in summary.NAMES}
EVALUATED = Record(
    {
        **SCORES,
        "seen_classes": Number(1, is_whole=True),
        "unseen_classes": _COUNT,
        "imageless_classes": _NAMES,
        "dataset": Text(),
        "split_version": Text(),
        "split_sha256": Text(),
        "domain": Text(),
        "backbone": Text(),
        "layer": Text(),
        "seed": _COUNT,
        "lambda": Number(0.0),
        "scale": Number(0.0),
        "bias": Text(config_lib.BIASES),
        "harmonic_mean_expected": _SCORE,
        "map_rank_correlation": Number(-1.0, 1.0),
        "map_steps": _COUNT,
        "backbone_accuracy": _SHARE,
        "packages": Record(),
    },
    {"map_fit": Text(config_lib.MAP_FITS), "map_penalty": Number(0.0), "map_relevance": _COUNT, "machine": Record()},
)
_OF_NAMES = (
    *("neuron_name_auc", "neuron_name_auc_shuffled", "neuron_name_simulated", "neuron_name_simulated_shuffled"),
    *("neuron_class_auc", "neuron_class_simulated"),
)
_OF_LAST_LAYER = ("named", "right", "shuffled", "right_of_all", "chance", "class_right")
EXPLAINED = Record(
    {},
    {
        name: Nullable(Number(-1.0, 1.0))
        for name in (
            *("attribute_accuracy", "attribute_accuracy_frequent", "attribute_accuracy_chance", "neurons_named"),
            *("neurons_borne_out", "neurons_compound", "neuron_name_auc_held_out", "neuron_name_simulated_held_out"),
            *(f"{name}{split}" for name in _OF_NAMES for split in ("", "_seen", "_unseen")),
            *(f"last_layer_{name}" for name in _OF_LAST_LAYER),
            "inverse_map_rank_correlation",
            *("pointing_seen", "pointing_unseen", "pointing_chance", "part_pointing", "part_pointing_chance"),
            *("image_attribute_accuracy", "importance_variation"),
        )
    },
)
METRICS = Record({}, {**SCORES, **EVALUATED.required, **EVALUATED.optional, **EXPLAINED.optional})
NEURONS = List(
    Record(
        {"index": _COUNT, "name": Nullable(Text())},
        {
            "confidence": Number(),
            "held_out_auc": Number(0.0, 1.0),
            "borne_out": Flag(),
            "p_value": Number(0.0, 1.0),
            "simulated": Number(-1.0, 1.0),
            "candidates": _REASONS,
            "images": Nullable(Text()),
            "maximal": Nullable(Text()),
        },
    )
)
_VIEW = Record(
    {
        "class": Text(),
        "role": Text(("predicted", "true", "runner-up")),
        "map": Text(),
        "class_reasons": _REASONS,
        "image_reasons": Nullable(Record({"for": _REASONS, "against": _REASONS})),
    }
)
DECISIONS = List(
    Record(
        {
            "picture": Text(),
            "photo": Text(),
            "views": List(_VIEW, 1),
            "label": Text(),
            "prediction": Text(),
            "unseen": Flag(),
            "right": Flag(),
            "reasons": _REASONS,
            "words": Text(),
        }
    )
)
_TEXTS = List(Text())
TAUGHT = List(Record({"name": Text(), "attributes": _TEXTS, "captions": _TEXTS, "documents": _TEXTS}))
