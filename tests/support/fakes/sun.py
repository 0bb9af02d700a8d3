# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Seven kinds of scenes of the SUN Attribute database."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import scipy.io

from fakes import benchmark

# Class -> its folder.
FOLDERS = {
    "abbey": "a/abbey",
    "apse_indoor": "a/apse/indoor",
    "access_road": "a/access_road",
    "athletic_field_outdoor": "a/athletic_field/outdoor",
    "zoo": "z/zoo",
    "alley": "a/alley",
    "bow_window_indoor": "b/bow_window/indoor",
}
CLASSES = tuple(FOLDERS)
UNSEEN = ("alley", "bow_window_indoor")
VALIDATION = ("access_road",)
ATTRIBUTES = ("sailing/ boating", "driving", "open area", "man-made")
_REMOTE = "/BS/Deep_Fragments/work/MSc/data/SUN/images/"


def write(root: Path, version: str = "2017") -> benchmark.Fake:
    """Writes the images and the split into `root`."""
    values, listed = np.random.default_rng(8).random((len(CLASSES), len(ATTRIBUTES))), []
    for row, (label, folder) in enumerate(FOLDERS.items()):
        for number, part in enumerate(benchmark.parts_of_class(label in UNSEEN)):
            name = f"{folder}/sun_{chr(ord('b') + number) * 8}{row}.jpg"
            benchmark.draw(root / "images" / name, seed=100 * row + number)
            listed.append(benchmark.Listed(name, label, part, _REMOTE + name))
    listed = benchmark.shuffled(listed)
    return benchmark.write_split(root, "SUN", listed, CLASSES, UNSEEN, VALIDATION, values.T, version)


def write_names(root: Path) -> None:
    """Writes the names of the attributes, of SUNAttributeDB.tar.gz."""
    (root / "SUNAttributeDB").mkdir()
    scipy.io.savemat(root / "SUNAttributeDB" / "attributes.mat", {"attributes": benchmark.cells(ATTRIBUTES)})
