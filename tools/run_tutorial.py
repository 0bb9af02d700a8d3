# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Runs the cells of docs/tutorial.ipynb and keeps their outputs in it: `python tools/run_tutorial.py`."""

from __future__ import annotations

import base64
import io
import os
import tempfile
from pathlib import Path
from typing import Any

import nbclient
import nbformat
from PIL import Image

_ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = _ROOT / "docs" / "tutorial.ipynb"
_TIMEOUT = 900  # seconds for one cell
_PICTURES = ("image/png", "image/jpeg")
_QUALITY = 88  # of JPEG, of 100
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def read() -> Any:
    """Read the tutorial as a notebook of nbformat 4."""
    return nbformat.read(NOTEBOOK, as_version=4)


def run(notebook: Any, folder: Path) -> Any:
    """Run all cells in a fresh kernel, and return the notebook with their outputs.

    Args:
      notebook: Notebook of nbformat 4; it is not changed.
      folder: Working folder of the kernel.

    Raises:
      nbclient.exceptions.CellExecutionError: If a cell fails.
    """
    ran = nbformat.from_dict(notebook)
    path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
    environment = {key: value for key, value in os.environ.items() if key != "MPLBACKEND"} | {"PYTHONPATH": path}
    client = nbclient.NotebookClient(ran, timeout=_TIMEOUT, resources={"metadata": {"path": str(folder)}})
    client.execute(env=environment)
    return ran


def to_publish(notebook: Any) -> Any:
    """Return a notebook that has been run, small, and without what differs from one machine to another.

    Times, versions and standard error, on which TensorFlow writes what it misses on this machine, are left out.
    """
    published = nbformat.from_dict(notebook)
    published.metadata = nbformat.from_dict(_METADATA)
    for cell in published.cells:
        cell.metadata = nbformat.from_dict({})
        if cell.cell_type == "code":
            cell.outputs = _outputs(cell.outputs)
    return published


def _outputs(outputs: list[Any]) -> list[Any]:
    """Join the standard output of a cell, leave out standard error, and shrink pictures."""
    kept: list[Any] = []
    for output in outputs:
        if output.output_type != "stream":
            data = {kind: value for kind, value in output.data.items() if kind not in _PICTURES}
            kept.append(nbformat.v4.new_output(output.output_type, data | _picture(output.data)))
        elif output.name == "stdout" and kept and kept[-1].output_type == "stream":
            kept[-1].text += output.text
        elif output.name == "stdout":
            kept.append(output)
    return kept


def _picture(data: Any) -> dict[str, str]:
    """Return the picture of an output as PNG, or as JPEG if that is less than half as large."""
    if "image/png" not in data:
        return {kind: data[kind] for kind in _PICTURES if kind in data}
    png, jpeg = base64.b64decode(data["image/png"]), io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").save(jpeg, "JPEG", quality=_QUALITY)
    small = len(jpeg.getvalue()) < len(png) / 2
    kind, encoded = ("image/jpeg", jpeg.getvalue()) if small else ("image/png", png)
    return {kind: base64.b64encode(encoded).decode()}


def main() -> None:
    """Run the tutorial in a temporary folder, and write it with its outputs."""
    with tempfile.TemporaryDirectory() as folder:
        published = to_publish(run(read(), Path(folder)))
    nbformat.write(published, NOTEBOOK)


if __name__ == "__main__":
    main()
