# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Makes the golden bundles of the format that niwt_tf writes today, and what they give.

`PYTHONPATH=tests/support python tests/golden/make.py`; only for a new format, as the old ones must stay readable.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fakes import models
from niwt_tf.models import bundle

_HERE = Path(__file__).parent


def main() -> None:
    """Writes a bundle and an `.npz` file for each domain."""
    images = np.random.default_rng(1).integers(0, 256, (7, 8, 8, 3), dtype=np.uint8)
    taught = {
        "attributes": models.by_attributes(deep=True).teach("zebra", attributes=["coat: striped", "weight:0.4"]),
        "captions": models.by_captions(deep=True).teach("zebra", captions=["black and white stripes"]),
    }
    for name, model in taught.items():
        model.save(_HERE / f"{name}-{bundle.FORMAT}.keras")
        reasons = [told[0][0] if told else "" for told in model.reasons(model.explain(images))]
        np.savez(_HERE / f"{name}-{bundle.FORMAT}.npz", scores=model.predict(images).scores, reasons=np.array(reasons))


if __name__ == "__main__":
    main()
