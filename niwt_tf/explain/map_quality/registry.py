# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Names the metrics of maps, with the definition, the better direction and the source of each.

Nothing here imports TensorFlow.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from niwt_tf import errors

HIGHER, LOWER = "higher", "lower"
ALL = "all"
METHOD, BOXES = "method", "boxes"


@dataclasses.dataclass(frozen=True)
class Metric:
    """What a metric of maps means.

    Attributes:
      definition: Definition, one sentence.
      better: Direction that is better: `higher` or `lower`.
      source: Publication that introduced it.
      needs: What it needs besides maps of images: `method`, which draws maps of other images, classes and networks;
        `boxes` of the objects; or nothing.
    """

    definition: str
    better: str
    source: str
    needs: str = ""


METRICS: Mapping[str, Metric] = {
    "insertion": Metric(
        "Area under the class's probability, 0..1, while a blurred image gets its pixels back, highest evidence first.",
        HIGHER,
        "Petsiuk et al., RISE, BMVC 2018",
    ),
    "deletion": Metric(
        "Area under the class's probability, 0..1, while pixels get the image's mean colour, highest evidence first.",
        LOWER,
        "Petsiuk et al., RISE, BMVC 2018",
    ),
    "mufidelity": Metric(
        "Correlation, -1..1, of what random parts of the image have of the map with what the class's probability loses "
        "without them.",
        HIGHER,
        "Bhatt et al., Evaluating and Aggregating Feature-based Model Explanations, IJCAI 2020",
    ),
    "average_drop": Metric(
        "Share of the class's probability, 0..1, that is lost when the image is multiplied by its map.",
        LOWER,
        "Chattopadhay et al., Grad-CAM++, WACV 2018",
    ),
    "average_increase": Metric(
        "Share of images, 0..1, whose class becomes more probable when the image is multiplied by its map.",
        HIGHER,
        "Chattopadhay et al., Grad-CAM++, WACV 2018",
    ),
    "stability": Metric(
        "Largest change of the scaled map, as a share of its length, when pixels change by up to 2 % of their range "
        "(max-sensitivity).",
        LOWER,
        "Yeh et al., On the (In)fidelity and Sensitivity of Explanations, NeurIPS 2019",
        METHOD,
    ),
    "sparseness": Metric(
        "Gini index of the map, 0..1: 0 where all pixels are equal, towards 1 where few have it all.",
        HIGHER,
        "Chalasani et al., Concise Explanations of Neural Networks using Adversarial Training, ICML 2020",
    ),
    "pointing": Metric(
        "Share of maps, 0..1, whose highest point lies in the object's box.",
        HIGHER,
        "Zhang et al., Top-down Neural Attention by Excitation Backprop, ECCV 2016",
        BOXES,
    ),
    "parameter_randomization": Metric(
        "Rank correlation, -1..1, of the map with that of the same network with random weights.",
        LOWER,
        "Adebayo et al., Sanity Checks for Saliency Maps, NeurIPS 2018",
        METHOD,
    ),
    "logit_randomization": Metric(
        "Rank correlation, -1..1, of the map with that of another class, chosen at random.",
        LOWER,
        "Sixt et al., When Explanations Lie, ICML 2020",
        METHOD,
    ),
}


def choose(names: Sequence[str], can_draw: bool = True, has_boxes: bool = True) -> tuple[str, ...]:
    """Choose metrics by name, each once, in the order of `METRICS`; `all` stands for all that can be computed.

    Args:
      names: Names, or `all` alone.
      can_draw: True if maps of other images, classes and networks can be drawn.
      has_boxes: True if there are boxes of the objects.

    Raises:
      errors.UserError: If there is no such metric, none is named, or one lacks what it needs.
    """
    missing = {METHOD: not can_draw, BOXES: not has_boxes}
    if list(names) == [ALL]:
        return tuple(name for name, metric in METRICS.items() if not missing.get(metric.needs))
    for name in names:
        if name not in METRICS:
            raise errors.unknown_value("metrics", name, [*METRICS, ALL], f"{ALL}, {', '.join(METRICS)}")
        if missing.get(METRICS[name].needs):
            raise _lacks(name)
    if not names:
        raise errors.UserError(
            f"`{errors.setting('metrics')}` must name at least one. Received: none. Write all, or one of "
            f"{', '.join(METRICS)}."
        )
    return tuple(name for name in METRICS if name in names)


def _lacks(name: str) -> errors.UserError:
    if METRICS[name].needs == BOXES:
        need, lack, remedy = "the objects' boxes", "no boxes", f"Give {errors.setting(BOXES)}"
    else:
        need, lack, remedy = "a method that draws maps", "maps alone", "Name a method"
    return errors.UserError(
        f"`{errors.setting('metrics')}` must have what they need; {name} needs {need}. Received: "
        f"{errors.setting('metrics', name)} and {lack}. {remedy}, or leave {name} out."
    )
