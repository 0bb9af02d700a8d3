# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Seven birds of Caltech-UCSD Birds 200-2011, and captions of Reed et al. for them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import scipy.io

from fakes import benchmark

# Training classes go first in the split, as in the official one.
CLASSES = (
    "002.Laysan_Albatross",
    "005.Crested_Auklet",
    "093.Clark_Nutcracker",
    "106.Horned_Puffin",
    "200.Common_Yellowthroat",
    "001.Black_footed_Albatross",
    "004.Groove_billed_Ani",
)
UNSEEN = CLASSES[5:]
VALIDATION = ("106.Horned_Puffin",)
ATTRIBUTES = ("has_bill_shape::curved_(up_or_down)", "has_bill_shape::dagger", "has_wing_color::blue")
RENAMED = {"093.Clark_Nutcracker": "093.Clarks_Nutcracker", "004.Groove_billed_Ani": "004.Groove-billed_Ani"}
_REMOTE = "/BS/Deep_Fragments/work/MSc/CUB_200_2011/CUB_200_2011/images/"


def matrix() -> np.ndarray:
    """Returns the attributes `[C,M]` in percent, in the order of `CLASSES`."""
    return np.random.default_rng(6).integers(0, 10_000, (len(CLASSES), len(ATTRIBUTES))) / 100


def write(root: Path, version: str = "2017", attributes_at_top: bool = True) -> benchmark.Fake:
    """Writes the images, their lists and the split into `root`.

    Args:
      root: what --data_dir will name.
      version: of the split.
      attributes_at_top: whether attributes.txt lies beside the folder, as the archive has it, or in attributes/.
    """
    folder, listed = root / "CUB_200_2011", []
    for label in CLASSES:
        bird = label.partition(".")[2]
        for number, part in enumerate(benchmark.parts_of_class(label in UNSEEN), 1):
            name = f"{label}/{bird}_{number:04d}_{77 * number % 100}.jpg"
            benchmark.draw(folder / "images" / name, seed=100 * int(label[:3]) + number)
            listed.append(benchmark.Listed(name, label, part, _REMOTE + name))
    listed = benchmark.shuffled(listed)
    _write_lists(folder, listed)
    names = root / "attributes.txt" if attributes_at_top else folder / "attributes" / "attributes.txt"
    _write_numbered(names, ATTRIBUTES)
    return benchmark.write_split(root, "CUB", listed, CLASSES, UNSEEN, VALIDATION, matrix().T, version)


def _write_lists(folder: Path, listed: list[benchmark.Listed]) -> None:
    in_order = sorted(CLASSES)
    _write_numbered(folder / "images.txt", [one.name for one in listed])
    _write_numbered(folder / "image_class_labels.txt", [str(in_order.index(one.label) + 1) for one in listed])
    _write_numbered(folder / "classes.txt", in_order)
    (folder / "attributes").mkdir()
    rows = matrix()[[CLASSES.index(label) for label in in_order]]
    text = "".join(" ".join(f"{value:.10g}" for value in row) + "\r\n" for row in rows)
    (folder / "attributes" / "class_attribute_labels_continuous.txt").write_text(text, newline="")


def _write_numbered(path: Path, entries: list[str] | tuple[str, ...]) -> None:
    path.write_text("".join(f"{number} {entry}\n" for number, entry in enumerate(entries, 1)))


def write_captions(fake: benchmark.Fake) -> Path:
    """Writes ten captions to an image, some in class folders of another spelling, and returns their folder."""
    folder = fake.root / "text_c10"
    for name, label in fake.labels.items():
        path = folder / RENAMED.get(label, label) / f"{Path(name).stem}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"this is caption {number} of {path.stem}.\n" for number in range(10)))
    return folder


def write_embeddings(fake: benchmark.Fake) -> np.ndarray:
    """Writes sent_splits.mat beside the split, and returns its class embeddings `[M,C]`, which are of any length."""
    values = np.random.default_rng(7).normal(size=(16, len(CLASSES)))
    variables = {name: value for name, value in scipy.io.loadmat(fake.mat).items() if name.endswith("_loc")}
    variables |= {"att": values, "allclasses_names": benchmark.cells(CLASSES)}
    scipy.io.savemat(fake.mat.with_name("sent_splits.mat"), variables)
    return values
