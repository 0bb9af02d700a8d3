# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the table as text, Markdown, CSV and JSON."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re

import pytest

from fakes import outcomes
from niwt_tf.compare import formats, outcome, table

_DIFFERENCE = (
    "niwt is 0.060 above eszsl in H over 4 seeds (95 % from -0.023 to 0.143; paired t-test p 0.105, Wilcoxon p 0.250)"
)


def _failed() -> outcome.Outcome:
    rows = [outcomes.row("niwt", outcomes.NIWT[:3]), outcomes.row("sje", [])]
    rows[0].failures["3"] = "`a|b` must be c"
    rows[1].failures.update(dict.fromkeys("0123", "MemoryError: 9 GiB"))
    return outcomes.build(rows)


def test_terminal() -> None:
    lines = formats.terminal(outcomes.four_seeds()).splitlines()
    assert lines[0] == "  dataset    aviary; split 1.0.0 seed 0, 1.0.0 seed 1"
    assert lines[1] == "  backbone   small, fine-tuned: full, importances at conv4"
    assert lines[2] == "  machine    AMD EPYC, 1 thread, without oneDNN"
    assert lines[3] == "  seeds      0, 1, 2, 3"
    assert lines[4].startswith("  scores     means ± sample standard deviations over 4 seeds")
    header = next(line for line in lines if line.startswith("  attributes"))
    niwt = next(line for line in lines if line.startswith("  niwt "))
    assert len(header) == len(niwt)
    assert niwt.split() == [
        "niwt",
        "4",
        "0.800±0.000",
        *["0.713±0.085"] * 3,
        "0.500±0.000",
        "0.100±0.000",
        "0.850±0.000",
        "0.137±0.085",
        "13.5",
    ]
    assert f"  {_DIFFERENCE}" in lines
    oracle = next(line for line in lines if line.startswith("  oracle "))
    assert oracle.split()[-3:] == ["-", "-", "13.5"]
    assert any("oracle is an upper bound" in line for line in lines)


def test_several_numbers_of_threads_are_a_remark() -> None:
    machines = [f"AMD EPYC, {threads}, without oneDNN" for threads in ("1 thread", "2 threads")]
    four = outcomes.four_seeds()
    mixed = dataclasses.replace(four, facts={**four.facts, "machine": machines}, threads=2)
    assert "which round differently" in formats.terminal(mixed) and "which round differently" not in formats.terminal(
        four
    )
    assert formats.terminal(mixed).splitlines()[2] == f"  machine    {'; '.join(machines)}"
    assert "at most 2 processes of 2 threads" in formats.terminal(mixed)
    record = formats.record(mixed)
    assert (record["machine"], record["threads_per_process"]) == (machines, 2)


def test_the_description_of_a_machine() -> None:
    threads = {"intra_op": 2, "inter_op": 2, "blas": 2}
    record = {"processor": "AMD EPYC", "gpu": None, "cores": 2, "threads": threads, "onednn": False}
    assert outcome.describe_machine(record) == "AMD EPYC, 2 threads, without oneDNN"
    other = record | {"gpu": "NVIDIA H100", "threads": threads | {"blas": 1}, "onednn": True}
    assert outcome.describe_machine(other) == "AMD EPYC, NVIDIA H100, threads intra_op 2 inter_op 2 blas 1, with oneDNN"
    assert outcome.describe_machine(None) == "unknown"


def test_the_header_lists_two_of_many_splits() -> None:
    four = outcomes.four_seeds()
    splits = [f"1.0.0 seed {seed}" for seed in range(20)]
    twenty = dataclasses.replace(four, facts={**four.facts, "split_version": splits})
    first = formats.terminal(twenty).splitlines()[0]
    assert first == "  dataset    aviary; split 1.0.0 seed 0, 1.0.0 seed 1 and 18 more"
    assert formats.record(twenty)["split_version"] == splits


def test_a_single_seed_has_no_spread() -> None:
    text = formats.terminal(outcomes.build([outcomes.row("niwt", [0.7]), outcomes.row("sje", [0.6])], seeds=1))
    assert "of one seed: no spread, and no test of significance" in text
    assert "±" not in text
    assert "niwt is 0.100 above sje in H in the one seed, which gives no spread" in text


def test_markdown() -> None:
    lines = formats.markdown(outcomes.four_seeds()).splitlines()
    assert lines[0] == "# Methods compared on aviary"
    assert "- command: `niwt_compare --seeds=0-3`" in lines
    assert any(
        line.startswith("- wall-clock: 61 s by the clock for this call, at most 2 processes of 1 thread;")
        for line in lines
    )
    assert "| method | n | S | U | H | ZSL | AUSUC | H at gamma 0 | H expected | H expected - H | seconds |" in lines
    rows = [line for line in lines if line.startswith("|")][2:]
    assert rows[0].startswith("| **niwt** | **4** | **0.800 ± 0.000** | **0.713 ± 0.085** |")
    assert rows[1].startswith("| eszsl | 4 |") and rows[2].startswith("| oracle | 4 |")
    assert len({row.count("|") for row in rows}) == 1
    assert f"{_DIFFERENCE}." in lines


def test_comma_separated() -> None:
    rows = list(csv.DictReader(io.StringIO(formats.comma_separated(outcomes.four_seeds()))))
    assert [row["method"] for row in rows] == ["niwt", "eszsl", "oracle"]
    assert float(rows[0]["harmonic_mean"]) == pytest.approx(0.7125)
    assert float(rows[0]["harmonic_mean_spread"]) == pytest.approx(0.0853913)
    assert rows[2]["harmonic_mean_expected"] == "" and rows[0]["failed"] == ""
    assert (rows[0]["n"], rows[0]["domain"], rows[0]["variant"]) == ("4", "attributes", "")


def test_record_is_json_and_holds_every_seed() -> None:
    record = formats.record(outcomes.four_seeds())
    assert json.loads(json.dumps(record, allow_nan=False)) == json.loads(json.dumps(record))
    niwt = record["rows"][0]
    assert niwt["scores"]["2"]["harmonic_mean"] == 0.75
    assert niwt["mean"]["validation_gap"] == pytest.approx(0.1375)
    assert niwt["settings"]["0"] == {"k": 1}
    (difference,) = record["differences"]["attributes"]
    assert difference["told"] == _DIFFERENCE and difference["p_wilcoxon"] == pytest.approx(0.25)
    assert record["split_version"] == ["1.0.0 seed 0", "1.0.0 seed 1"]


def test_failures_are_marked_in_every_format() -> None:
    failed = _failed()
    terminal = formats.terminal(failed)
    assert "  failed: seed 3, attributes, niwt: `a|b` must be c" in terminal
    assert "  failed: seed 0, attributes, sje: MemoryError: 9 GiB" in terminal
    niwt = next(line for line in formats.markdown(failed).splitlines() if line.startswith("| **niwt**"))
    assert niwt.endswith(r"| seed 3: \`a&#124;b\` must be c |")
    rows = list(csv.DictReader(io.StringIO(formats.comma_separated(failed))))
    assert [row["n"] for row in rows] == ["3", "0"]
    assert rows[1]["failed"].startswith("seed 0: MemoryError: 9 GiB; seed 1:")
    assert formats.record(failed)["rows"][0]["failed"] == {"3": "`a|b` must be c"}
    assert failed.failed and not outcomes.four_seeds().failed


def test_columns_have_names_in_all_formats() -> None:
    assert set(table.COLUMNS) == set(table.KEYS)


def test_hostile_settings_and_errors_get_no_syntax_in_any_format() -> None:
    row = outcomes.row("niwt", [0.7, 0.8], variant="=A() | \x1b[31m\u202e `b` <i>")
    row.failures["1"] = "-1 | [x](y)\n\x9b"
    hostile = dataclasses.replace(outcomes.build([row], seeds=2), command="niwt_compare '--vary=a=`|`'")
    terminal, page, table = formats.terminal(hostile), formats.markdown(hostile), formats.comma_separated(hostile)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", terminal + page + table)
    assert r"niwt =A() | \x1b[31m\u202e `b` <i>" in terminal and terminal.endswith(r": -1 | [x](y) \x9b")
    (line,) = (line for line in page.splitlines() if line.startswith("| **niwt"))
    assert line.startswith(r"| **niwt =A() &#124; \\x1b\[31m\\u202e \`b\` &lt;i&gt;** | **2** |")
    assert line.endswith(r"| seed 1: -1 &#124; \[x\](y) \\x9b |")
    assert "- command: `` niwt_compare '--vary=a=`|`' ``" in page
    (cells,) = csv.DictReader(io.StringIO(table))
    assert cells["variant"] == r"'=A() | \x1b[31m\u202e `b` <i>"
