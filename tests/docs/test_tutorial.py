# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the tutorial: the notebook as it is kept, its first cell, and what all cells give when they are run."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core import inputtransformer2

import run_tutorial

_LARGEST = 1_000_000  # bytes
_ABSOLUTE_PATH = re.compile(r"(?:^|[\s\"'(=])(?:[/~]\w|[A-Z]:\\)", re.MULTILINE)
_SAME_EVERYWHERE = ("load", "shared", "captions", "maps", "description", "teach")  # no rounding decides what they print
_FACTS = r"""
import json
import re
status = Path("/proc/self/status")  # of Linux; the peak of `resource` may be that of the parent
peaks = re.findall(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else []
facts = {
    "right": right, "images": len(ninth_images), "before": float(before), "after": float(after),
    "named": len(named), "curve": found, "gamma": taught.gamma, "size": path.stat().st_size,
    "peaks": [int(peak) for peak in peaks],
}
print(json.dumps(facts))
"""


@pytest.fixture(scope="module")
def notebook() -> Any:
    return run_tutorial.read()


@pytest.fixture(scope="module")
def ran(notebook: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, dict[str, Any], Path]:
    """The notebook with new outputs, what its variables hold at the end, and its working folder."""
    folder = tmp_path_factory.mktemp("tutorial")
    asked = nbformat.from_dict(notebook)
    asked.cells.append(nbformat.v4.new_code_cell(_FACTS))
    answered = run_tutorial.to_publish(run_tutorial.run(asked, folder))
    return answered, json.loads(_printed(answered.cells.pop())), folder


def _code(notebook: Any) -> Iterator[Any]:
    return (cell for cell in notebook.cells if cell.cell_type == "code")


def _printed(cell: Any) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def _python(cell: Any) -> str:
    """Translate IPython's own lines, such as `%pip`, to Python."""
    return inputtransformer2.TransformerManager().transform_cell(cell.source)


def _by_id(notebook: Any) -> dict[str, Any]:
    return {cell.id: cell for cell in notebook.cells}


def test_it_is_a_notebook_with_ids_and_without_this_machine_s_metadata(notebook: Any) -> None:
    nbformat.validate(json.loads(run_tutorial.NOTEBOOK.read_text("utf-8")))
    assert (notebook.nbformat, notebook.nbformat_minor) >= (4, 5)
    assert all(re.fullmatch(r"[a-z-]+", cell.id) for cell in notebook.cells), "ids are words, not random"
    assert run_tutorial.to_publish(notebook) == notebook


def test_its_outputs_are_of_one_run_from_the_first_cell_to_the_last(notebook: Any) -> None:
    cells = list(_code(notebook))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert {output.output_type for output in outputs} == {"stream", "display_data"}
    assert sum(output.output_type == "display_data" for output in outputs) >= 5
    assert run_tutorial.NOTEBOOK.stat().st_size < _LARGEST


def test_it_shows_no_path_of_the_machine_that_ran_it(notebook: Any) -> None:
    texts = [cell.source for cell in notebook.cells] + [_printed(cell) for cell in _code(notebook)]
    assert [match[0] for text in texts for match in _ABSOLUTE_PATH.finditer(text)] == []


def test_every_cell_compiles(notebook: Any) -> None:
    for cell in _code(notebook):
        compile(_python(cell), cell.id, "exec")


def test_the_first_cell_does_nothing_where_niwt_tf_can_be_imported(notebook: Any) -> None:
    namespace: dict[str, Any] = {}  # without IPython, so that `%pip` would fail
    exec(_python(_by_id(notebook)["install"]), namespace)
    assert "found" not in namespace


def test_the_first_cell_says_what_to_do_without_the_repository(
    notebook: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match="Put the folder of the repository of niwt_tf beside this notebook"):
        exec(_python(_by_id(notebook)["install"]), {})


@pytest.mark.parametrize("working", [".", "niwt_tf_main", "niwt_tf_main/docs"])
def test_the_first_cell_installs_from_the_repository_beside_or_above(
    notebook: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, working: str
) -> None:
    repository = tmp_path / "niwt_tf_main"
    (repository / "niwt_tf").mkdir(parents=True)
    (repository / "docs").mkdir()
    (repository / "niwt_tf" / "version.py").touch()
    monkeypatch.chdir(tmp_path / working)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    asked = []

    class Shell:
        def run_line_magic(self, name: str, line: str) -> None:
            asked.append((name, line))

    namespace: dict[str, Any] = {"get_ipython": Shell}
    exec(_python(_by_id(notebook)["install"]), namespace)
    assert asked == [("pip", 'install -q "{found[0]}"')]
    assert namespace["found"][0] == repository


@pytest.mark.slow
def test_the_ninth_is_recognised_well_above_chance_and_the_eight_still_are(
    ran: tuple[Any, dict[str, Any], Path],
) -> None:
    _, facts, _ = ran
    assert facts["images"] == 30
    assert facts["right"] > 10, "three times chance"
    assert facts["before"] > 0.9
    assert facts["after"] > 0.8


@pytest.mark.slow
def test_gamma_decides_how_much_of_each(ran: tuple[Any, dict[str, Any], Path]) -> None:
    _, facts, _ = ran
    first, last = facts["curve"][0], facts["curve"][-1]
    chosen = facts["curve"][len(facts["curve"]) // 2]
    assert facts["gamma"] > 0
    assert first["unseen_accuracy"] < 0.5, "seldom the ninth"
    assert first["unseen_accuracy"] < chosen["unseen_accuracy"] <= last["unseen_accuracy"]
    assert first["seen_accuracy"] > chosen["seen_accuracy"] > last["seen_accuracy"]
    assert chosen["unseen_accuracy"] == pytest.approx(facts["right"] / facts["images"], abs=0.05)
    assert chosen["seen_accuracy"] == pytest.approx(facts["after"], abs=0.02)


@pytest.mark.slow
def test_decisions_are_explained(ran: tuple[Any, dict[str, Any], Path]) -> None:
    cells, facts = _by_id(ran[0]), ran[1]
    reasons = _printed(cells["reasons"])
    assert re.search(r"^(.+) because of .+\.$", reasons, re.MULTILINE)
    assert re.search(r"^(.+) rather than (.+) because of .+\.$", reasons, re.MULTILINE)
    assert len(re.findall(r"^neuron +\d+: .+, confidence [01]\.\d\d$", _printed(cells["neurons"]), re.MULTILINE)) == 5
    assert facts["named"] > 64, "most of the 128"


@pytest.mark.slow
def test_each_attribute_of_the_ninth_is_one_of_the_eight(ran: tuple[Any, dict[str, Any], Path]) -> None:
    lines = _printed(_by_id(ran[0])["shared"]).splitlines()
    assert len(lines) == 9
    assert all(re.search(r"also of \w+", line) for line in lines)


@pytest.mark.slow
def test_the_outputs_that_are_kept_are_those_of_these_cells(
    notebook: Any, ran: tuple[Any, dict[str, Any], Path]
) -> None:
    new = _by_id(ran[0])
    for cell in _code(notebook):
        assert [output.output_type for output in new[cell.id].outputs] == [out.output_type for out in cell.outputs]
    kept = _by_id(notebook)
    for cell in _SAME_EVERYWHERE:
        assert _printed(new[cell]) == _printed(kept[cell])


@pytest.mark.slow
def test_all_files_are_in_one_folder(ran: tuple[Any, dict[str, Any], Path]) -> None:
    _, facts, folder = ran
    assert [path.name for path in folder.iterdir()] == ["niwt_tutorial"]
    assert {path.name for path in (folder / "niwt_tutorial").iterdir()} == {"birds.keras", "data"}
    assert facts["size"] > 100_000


@pytest.mark.slow
def test_it_takes_little_memory(ran: tuple[Any, dict[str, Any], Path]) -> None:
    _, facts, _ = ran
    assert [peak for peak in facts["peaks"] if peak > 2e9 / 1024] == [], "KiB"
