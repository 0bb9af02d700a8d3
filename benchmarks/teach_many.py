# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Measure what it costs to teach many classes: one after the other, and all at once.

The classes are described by random features of the model: one attribute of each group, or three captions of eight
phrases. Seconds are medians over five classes in a row; on a busy machine the processors' time is more reliable than
the clock. The memory is the peak of the whole process, which the classes at once come first in.

python benchmarks/teach_many.py runs/aviary-attributes
python benchmarks/teach_many.py runs/aviary-captions 500
"""

from __future__ import annotations

import functools
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from niwt_tf.cli import launch

launch.start_tensorflow()

from niwt_tf.domains import description  # noqa: E402
from niwt_tf.models import model as model_lib  # noqa: E402
from niwt_tf.models import teach  # noqa: E402

_PLACES = (1, 10, 50, 100, 200, 500, 1000, 2000)
_AROUND = 5


def main(path: str, count: str = "2000") -> None:
    """Print the cost of teaching classes at once, and of the n-th class."""
    model = model_lib.load(path)
    descriptions = _describe(model, int(count))
    teach.teach(model, descriptions[:1])  # warms up
    _, clock, processors = _timed(lambda: teach.teach(model, descriptions))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{count} at once: {clock:.1f} s by the clock, {processors:.1f} s of processors, peak {peak:.0f} MiB resident"
    )
    seconds: list[tuple[float, float]] = []
    for one in descriptions:
        result, clock, processors = _timed(functools.partial(teach.teach, model, [one]))
        model = result.model
        seconds.append((clock, processors))
    for place in _PLACES:
        if place <= len(seconds):
            clock, processors = np.median(seconds[max(0, place - _AROUND) : max(place, _AROUND)], axis=0)
            print(f"class {place:5,}: {1000 * clock:5.0f} ms by the clock, {1000 * processors:5.0f} ms of processors")


def _describe(model: model_lib.Model, count: int) -> list[description.Description]:
    rng, names = np.random.default_rng(0), model.knowledge.feature_names
    if model.knowledge.slices[0].domain != "attributes":
        captions = [tuple(" ".join(rng.choice(names, 8)) for _ in range(3)) for _ in range(count)]
        return [description.Description(f"new {index}", captions=texts) for index, texts in enumerate(captions)]
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(name.split("=")[0], []).append(name)
    listed = [tuple(str(rng.choice(group)) for group in groups.values()) for _ in range(count)]
    return [description.Description(f"new {index}", attributes=items) for index, items in enumerate(listed)]


def _timed(task: Callable[[], Any]) -> tuple[Any, float, float]:
    """Run a task, and measure its seconds by the clock and those of all processors together."""
    begun, begun_cpu = time.perf_counter(), time.process_time()
    result = task()
    return result, time.perf_counter() - begun, time.process_time() - begun_cpu


if __name__ == "__main__":
    main(*sys.argv[1:])
