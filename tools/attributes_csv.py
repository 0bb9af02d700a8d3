# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Write AWA2's attributes as the attributes.csv of --dataset=folder.

python tools/attributes_csv.py Animals_with_Attributes2 mine/attributes.csv [images]

With a folder `images`, only the classes with a subfolder there are written.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from niwt_tf.data import names as names_lib
from niwt_tf.data.files import text_files


def main(source: Path, target: Path, images: Path | None = None) -> None:
    """Write `target` from the matrix and the lists in `source`; -1 still marks missing values."""
    classes, attributes = (
        [line.split()[1] for line in text_files.lines(source / name)] for name in ("classes.txt", "predicates.txt")
    )
    rows = [line.split() for line in text_files.lines(source / "predicate-matrix-continuous.txt")]
    folders = classes if images is None else [path.name for path in images.iterdir()]
    selected = set(map(names_lib.normal, folders))
    with target.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["class", *attributes])
        for name, row in zip(classes, rows, strict=True):
            if names_lib.normal(name) in selected:
                table.writerow([name, *(f"{float(value):g}" for value in row)])


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
