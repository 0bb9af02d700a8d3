# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Draw the README's picture of the aviary: `python tools/contact_sheet.py docs/aviary.png`."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from niwt_tf.data.aviary import draw, species  # noqa: E402

_ROWS, _COLUMNS, _SIZE = 5, 12, 96


def main(path: str) -> None:
    """Write one bird of each species of the default aviary, the unseen species in the last row."""
    kinds = species.invent(seed=0)
    birds = [draw.draw(kind.traits, np.random.default_rng(label), _SIZE).image for label, kind in enumerate(kinds)]
    grid = np.reshape(birds, (_ROWS, _COLUMNS, _SIZE, _SIZE, 3)).swapaxes(1, 2)
    Image.fromarray(grid.reshape(_ROWS * _SIZE, _COLUMNS * _SIZE, 3)).save(path, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1])
