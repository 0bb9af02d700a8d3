# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Seven animals of Animals with Attributes 2."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fakes import benchmark

CLASSES = ("antelope", "grizzly+bear", "killer+whale", "beaver", "rat", "persian+cat", "dolphin")
UNSEEN = ("dolphin", "rat")
VALIDATION = ("beaver",)
PREDICATES = ("black", "white", "furry", "flippers", "hooves")
_REMOTE = "/BS/Deep_Fragments/work/MSc/data/Animals_with_Attributes2//JPEGImages/"


def matrix() -> np.ndarray:
    """Returns the continuous attributes `[C,M]`, of which two of antelope are missing."""
    values = np.random.default_rng(5).integers(0, 10_000, (len(CLASSES), len(PREDICATES))) / 100
    values[0, :2] = -1
    return values


def write(root: Path, version: str = "2017") -> benchmark.Fake:
    """Writes the images, their lists and the split into `root`."""
    folder, values, listed = root / "Animals_with_Attributes2", matrix(), []
    for row, label in enumerate(CLASSES):
        for number, part in enumerate(benchmark.parts_of_class(label in UNSEEN), 10_001):
            name = f"{label}/{label}_{number}.jpg"
            benchmark.draw(folder / "JPEGImages" / name, seed=1000 * row + number)
            listed.append(benchmark.Listed(name, label, part, _REMOTE + name))
    for file, entries in (("classes.txt", CLASSES), ("predicates.txt", PREDICATES)):
        (folder / file).write_text("".join(f"{number:6d}\t{entry}\n" for number, entry in enumerate(entries, 1)))
    np.savetxt(folder / "predicate-matrix-continuous.txt", values, "%6.2f")
    np.savetxt(folder / "predicate-matrix-binary.txt", values > 50, "%d")
    listed = benchmark.shuffled(listed)
    return benchmark.write_split(root, "AWA2", listed, CLASSES, UNSEEN, VALIDATION, values.T, version)
