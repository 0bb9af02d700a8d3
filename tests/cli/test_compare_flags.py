# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the flags of `niwt_compare`, and of what they ask for."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from absl import flags

from niwt_tf import errors
from niwt_tf.cli import compare_flags
from niwt_tf.compare import comparison, jobs, plan
from niwt_tf.compare import grid as grid_lib
from niwt_tf.data import named_files
from niwt_tf.runs import stage_table

_FLAGS = Path(__file__).resolve().parents[2] / "flags"
_PRESETS = sorted(_FLAGS.glob("compare_*.flags"))
_ABLATIONS = sorted(_FLAGS.glob("ablate_*.flags"))
_ROWS = {
    "bias": 3, "classifier": 4, "domain": 3, "images": 3, "lambda": 6, "layer": 3, "loss": 3, "map": 3,
    "relevance": 10, "scale": 7, "transfer": 2, "trust": 7,
}  # fmt: skip
_TRAINED = {"data", "activations", "rehearsal_backbone", "backbone", "importances"}


def _request(*arguments: str) -> comparison.Request:
    values = flags.FlagValues()
    compare_flags.define(values, "niwt_compare")
    values(["niwt_compare", *arguments])
    return compare_flags.read(values, arguments)


def test_without_flags_niwt_meets_all_baselines_on_one_aviary() -> None:
    request = _request()
    assert request.grid == grid_lib.Grid(request.grid.base)
    assert (request.out, request.workers, request.overwrite) == (Path("runs/compare-aviary"), 0, False)
    assert request.command == "niwt_compare"


def test_flags_of_niwt_hold_for_all_runs() -> None:
    request = _request("--domain=captions", "--epochs=3", "--seeds=0-2", "--workdir=runs/preset", "--out=x y")
    assert request.grid.domains == ("captions",)
    assert request.grid.seeds == (0, 1, 2)
    assert request.grid.base.backbone.epochs == 3
    assert request.out == Path("x y")
    assert request.command.endswith("--workdir=runs/preset '--out=x y'")


def test_folders_are_named_whose_stages_are_taken() -> None:
    assert _request().reuse == ()
    assert _request("--reuse=runs/a, runs/b,runs/a").reuse == ("runs/a", "runs/b")


def test_published_features_have_no_stages_to_take() -> None:
    with pytest.raises(errors.UserError) as raised:
        _request("--features=xlsa17:.", "--reuse=runs/a")
    assert raised.value.as_flags() == (
        "`--reuse` must be used without --features, which have no stages. Received: --reuse=runs/a with "
        "--features=xlsa17:.. Leave one of them out."
    )


def test_lists_are_named_once() -> None:
    request = _request("--methods=niwt, sje,niwt", "--domains=captions,attributes,captions")
    assert (request.grid.methods, request.grid.domains) == (("niwt", "sje"), ("captions", "attributes"))


@pytest.mark.parametrize(
    ("text", "texts", "values"),
    [
        ("layer=conv3,conv4", ("conv3", "conv4"), ("conv3", "conv4")),
        ("epochs=2; 3;2", ("2", "3"), (2, 3)),
        ("lambdas=0.1;0.1,1", ("0.1", "0.1,1"), ((0.1,), (0.1, 1.0))),
        ("learning_rate=0.1", ("0.1",), (0.1,)),
    ],
)
def test_an_axis_of_any_flag(text: str, texts: tuple[str, ...], values: tuple[object, ...]) -> None:
    name = text.partition("=")[0]
    assert _request(f"--vary={text}").grid.factors == (grid_lib.Factor(name, texts, values),)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        (
            "--seeds=a",
            "`--seeds` must be whole numbers from 0, or ranges of at most 10,000, such as 0-9,12. Received: --seeds=a.",
        ),
        ("--vary=layer", "`--vary` must be a flag's name and its values, FLAG=VALUE,VALUE. Received: --vary=layer."),
        (
            "--vary=epochs=2,x",
            "`--epochs` must be a whole number. Received: --epochs=x.",
        ),
        ("--vary=lambdas=a", "`--lambdas` must be numbers, separated by commas. Received: --lambdas=a."),
        (
            "--vary=epoch=1",
            "`--vary` must be one of ",
        ),
        ("--workers=-1", "`--workers` must be at least 0. Received: --workers=-1."),
        ("--threads_per_process=-1", "`--threads_per_process` must be at least 0. Received: --threads_per_process=-1."),
        ("--vary=reuse=runs/a", "`--vary` must be one of "),
    ],
)
def test_mistakes_are_errors(argument: str, message: str) -> None:
    with pytest.raises(errors.UserError) as raised:
        _request(argument)
    assert raised.value.as_flags().startswith(message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--features=res101.mat",),
            "`--features` must be xlsa17:DIR. Received: --features=res101.mat. Name a folder of xlsa17.zip, such as "
            "xlsa17:xlsa17/data/AWA2.",
        ),
        (
            ("--features=xlsa17:none",),
            "`--features` must name a folder that exists. Received: --features=xlsa17:none, where none does not "
            "exist. Name a folder of xlsa17.zip, such as xlsa17:xlsa17/data/AWA2.",
        ),
        (
            ("--features=xlsa17:.", "--methods=niwt"),
            "`--methods` must name a baseline if --features is used. Received: --methods=niwt; niwt is left out, as it "
            "needs the network: features alone do not determine importances. Add some of ale, devise, sje, eszsl, "
            "sae, dem, conse, dap, prototype, oracle.",
        ),
        (
            ("--features=xlsa17:.", "--domains=captions"),
            "`--features` must be used with --domains=attributes, which are published with them. Received: "
            "--domains=captions. Leave the others out.",
        ),
        (
            ("--features=xlsa17:.", "--vary=layer=conv3"),
            "`--features` must be used without --vary and --choices, which apply to runs only. Received: --features "
            "with --vary. Leave one of them out.",
        ),
    ],
)
def test_features_with_wrong_flags_are_errors(arguments: tuple[str, ...], message: str) -> None:
    request = _request(*arguments)
    with pytest.raises(errors.UserError) as raised:
        jobs.feature_jobs(request.grid, request.out, request.features)
    assert raised.value.as_flags() == message


@pytest.mark.parametrize("path", [*_PRESETS, *_ABLATIONS], ids=lambda path: path.name)
def test_every_preset_names_its_own_command_and_no_flag_twice(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    given = Counter(line.partition("=")[0] for line in lines if line.startswith("--"))
    assert set(given.values()) == {1} and "--out" in given
    assert f"#   bin/niwt_compare --flagfile=flags/{path.name}" in lines


@pytest.mark.parametrize("path", _PRESETS, ids=lambda path: path.name)
def test_every_preset_gives_a_comparison(path: Path) -> None:
    request = _request(f"--flagfile={path}")
    assert request.grid.methods[0] == "niwt" and len(request.grid.methods) >= 10
    assert len(request.grid.seeds or request.grid.choices) >= 10, "for the test of significance"


def test_presets_have_folders_of_their_own() -> None:
    assert len(_PRESETS) == len({_request(f"--flagfile={path}").out for path in _PRESETS}) == 2


def test_the_preset_of_the_aviary_trains_a_network_for_each_seed() -> None:
    runs = plan.plan(_request(f"--flagfile={_PRESETS[0]}").grid)
    assert [run.key for run in runs[:3]] == ["attributes-60", "captions-60", "attributes-61"]
    assert len(runs) == 40


def test_every_ablation_is_there() -> None:
    assert [path.stem for path in _ABLATIONS] == [f"ablate_{name}" for name in _ROWS]


@pytest.mark.parametrize("path", _ABLATIONS, ids=lambda path: path.name)
def test_an_ablation_is_of_niwt_alone_and_trains_networks_once_for_all_its_values(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(named_files, "transfer_stamps", lambda config, seed: {})  # the photographs may not be here
    name, request = path.stem.removeprefix("ablate_"), _request(f"--flagfile={path}")
    assert (request.grid.methods, request.grid.seeds) == (("niwt",), (20, 21, 22))
    assert request.out == Path(f"runs/ablate-{name}")
    runs = plan.plan(request.grid)
    assert len({run.row_keys for run in runs}) == _ROWS[name] and len(runs) == 3 * _ROWS[name]
    prints = [stage_table.fingerprints(run.config) for run in runs if run.replicate == "20"]
    shared = {stage for stage in prints[0] if len({one[stage] for one in prints}) == 1}
    assert shared >= (_TRAINED if name not in ("layer", "classifier") else {"data"})
    assert not shared & {"rehearsal", "map", "transfer", "evaluate"}
