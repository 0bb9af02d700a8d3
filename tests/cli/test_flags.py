# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the flags of a run: each setting has one, which sets it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from absl import flags

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.cli import flags as flags_lib

_OPTIONS = config_lib.options(config_lib.RunConfig())
_HERE = {"workdir", "stages", "overwrite", "list_layers"}
_NEEDED = {
    "unseen": {"dataset": "folder", "data_dir": "here"},
    "weights": {"backbone": "vgg16"},
    "preprocessing": {"backbone": "vgg16"},
    "import_module": {"backbone": "keras:mine.keras"},
    "map_layers": {"map_fits": ("descent",)},
    "map_loss": {"map_fits": ("descent",)},
}
_ALL_FLAGFILES = sorted((Path(__file__).resolve().parents[2] / "flags").glob("*.flags"))
_FLAGFILES = [path for path in _ALL_FLAGFILES if not path.name.startswith(("compare_", "ablate_"))]


def _values(*arguments: str) -> flags.FlagValues:
    values = flags.FlagValues()
    flags_lib.define(values, "niwt")
    assert values(["niwt", *arguments]) == ["niwt"]
    return values


def _other(name: str) -> Any:
    """Returns a valid value of an option that differs from its default, wherever there are two."""
    default, field = _OPTIONS[name]
    choices = field.metadata.get("choices")
    if "form" in field.metadata:
        return "noise" if name == "transfer_source" else "hub:other"
    if name in ("weights", "image_size"):
        return {"weights": "none", "image_size": 32}[name]
    if isinstance(default, tuple):
        kind = type(default[0]) if default else str
        return tuple(reversed(choices)) if choices else (kind(2.0), kind(0.5))
    if choices:
        return choices[-1] if choices[-1] != default else choices[0]
    if isinstance(default, bool):
        return not default
    if isinstance(default, str):
        return "other"
    return 0.5 if default is None else default + 1 if isinstance(default, int) else default / 2


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


@pytest.mark.parametrize("name", _OPTIONS)
def test_every_option_has_a_flag_with_its_default_and_help(name: str) -> None:
    flag, (default, field) = _values()[name], _OPTIONS[name]
    kind = type(default)
    assert flag.value == (list(map(str, default)) if kind is tuple else default)
    assert isinstance(flag.value, list if kind is tuple else kind)
    assert flag.help.startswith(field.metadata["help"])
    choices = field.metadata.get("choices", ())
    assert all(choice in flag.help for choice in choices) or len(choices) == 1


def test_no_flag_is_without_a_setting_nor_defined_twice() -> None:
    defined = Counter(flag.name for group in _values().flags_by_module_dict().values() for flag in group)
    assert set(defined) == set(_OPTIONS) | _HERE
    assert set(defined.values()) == {1}


def test_no_flag_has_the_name_of_one_of_absl() -> None:
    import absl.app
    import absl.logging  # noqa: F401

    absl.app.define_help_flags()
    assert not (set(_OPTIONS) | _HERE) & set(flags.FLAGS)


def test_defining_twice_is_refused() -> None:
    values = _values()
    with pytest.raises(flags.DuplicateFlagError):
        flags_lib.define(values, "another")


def test_without_flags_the_settings_are_the_defaults() -> None:
    assert flags_lib.config(_values()) == config_lib.RunConfig()


@pytest.mark.parametrize("name", _OPTIONS)
def test_a_flag_changes_its_own_setting_and_no_other(name: str) -> None:
    value = _other(name)
    needed = _NEEDED.get(name, {})
    config = flags_lib.config(_values(*(f"--{key}={_text(text)}" for key, text in {**needed, name: value}.items())))
    changed = {key: got for key, (got, _) in config_lib.options(config).items() if got != _OPTIONS[key][0]}
    assert changed == needed | ({name: value} if value != _OPTIONS[name][0] else {})
    got = config_lib.options(config)[name][0]
    assert type(got) is type(value)


def test_lists_become_tuples_of_their_kind() -> None:
    config = flags_lib.config(_values("--lambdas=1,1e-3, 0.5", "--scales=0", "--biases=zero,mean"))
    expected = config_lib.ValidationConfig(lambdas=(1.0, 0.001, 0.5), scales=(0.0,), biases=("zero", "mean"))
    assert config.validation == expected
    assert {type(item) for item in config.validation.lambdas + config.validation.scales} == {float}


@pytest.mark.parametrize(
    ("argument", "expected"),
    [("--unseen=red kite", ("red kite",)), ("--unseen=fox, 3,grizzly+bear", ("fox", "3", "grizzly+bear"))],
)
def test_a_list_without_default_becomes_a_tuple_of_text(argument: str, expected: tuple[str, ...]) -> None:
    config = flags_lib.config(_values("--dataset=folder", "--data_dir=here", argument))
    assert config.data.unseen == expected


def test_a_list_without_default_may_stay_empty() -> None:
    values = _values("--dataset=folder", "--data_dir=here", "--unseen=")
    assert flags_lib.config(values).data.unseen == ()


def test_flags_of_the_program_itself() -> None:
    values = _values()
    assert (values.workdir, values.stages, values.overwrite, values.list_layers) == (None, [], False, False)
    values = _values("--workdir=runs/a", "--stages=data,knowledge", "--overwrite", "--list_layers")
    assert (values.workdir, values.stages, values.overwrite) == ("runs/a", ["data", "knowledge"], True)
    assert values.list_layers


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--lambdas=0.1,x", "`--lambdas` must be numbers, separated by commas. Received: --lambdas=0.1,x."),
        (
            f"--lambdas={'x' * 900}",
            f"`--lambdas` must be numbers, separated by commas. Received: --lambdas={'x' * 98}...{'x' * 99}.",
        ),
        ("--lambdas=0.1,,1", "`--lambdas` must be numbers, separated by commas. Received: --lambdas=0.1,,1."),
        ("--scales=1;2", "`--scales` must be numbers, separated by commas. Received: --scales=1;2."),
        ("--scales=-1", "`--scales` must be at least 0.0. Received: --scales=-1.0."),
        ("--scales=nan", "`--scales` must be at least 0.0. Received: --scales=nan."),
        ("--lambdas=inf", "`--lambdas` must be finite. Received: --lambdas=inf."),
        ("--lambdas=", "`--lambdas` must have at least one value. Received none."),
        (
            "--biases=mean,zeros",
            "`--biases` must be one of mean, zero, level. Received: --biases=zeros. Did you mean 'zero'?",
        ),
        ("--seed=-1", "`--seed` must be from 0 to 2147483647. Received: --seed=-1."),
        (
            "--dataset=folder",
            "`--data_dir` must name the folder that holds images/<class>/. Received: --dataset=folder without "
            "--data_dir. Add --data_dir=DIR.",
        ),
        (
            "--unseen=fox",
            "`--unseen` must be for --dataset=folder. Received: --unseen=fox with --dataset=aviary, whose split says "
            "which classes are unseen. Leave --unseen out.",
        ),
        (
            "--domain=attribute",
            "`--domain` must be one of attributes, binary_attributes, captions, documents, sentences, or several of "
            "them joined by +. Received: --domain=attribute. Did you mean 'attributes'?",
        ),
    ],
)
def test_values_that_are_not_valid_are_errors_of_the_user(argument: str, message: str) -> None:
    values = _values(argument)
    with pytest.raises(errors.UserError) as caught:
        flags_lib.config(values)
    assert caught.value.as_flags() == message
    assert caught.value.__cause__ is None and (caught.value.__context__ is None or caught.value.__suppress_context__)


@pytest.mark.parametrize("argument", ["--seed=x", "--seed=1.5", "--dropout=half", "--sede=1"])
def test_values_of_a_wrong_type_are_errors_of_absl(argument: str) -> None:
    with pytest.raises(flags.Error, match=argument.split("=")[0].strip("-")):
        _values(argument)


def test_groups_are_headed_by_the_program_and_the_step() -> None:
    groups = {name: {flag.name for flag in group} for name, group in _values().flags_by_module_dict().items() if group}
    assert set(groups) == {
        "niwt: Images",
        "niwt: Domain knowledge",
        "niwt: Backbone",
        "niwt: Domain map",
        "niwt: Weight transfer",
        "niwt: Validation candidates",
        "niwt: Run",
    }
    machine = {"jit_compile", "mixed_precision", "deterministic", "memory_limit", "activations_limit"}
    assert groups["niwt: Run"] == {"seed"} | machine | _HERE
    chosen = {"map_fits", "map_relevances", "lambdas", "scales", "biases", "max_seen_loss", "validation_groups"}
    assert groups["niwt: Validation candidates"] == chosen
    assert {"dataset", "data_dir", "aviary_seed"} <= groups["niwt: Images"]


def test_help_shows_the_flags_used_most() -> None:
    values = _values()
    shown = {flag.name for flag in values.get_key_flags_for_module("niwt")}
    assert shown == {
        "dataset",
        "data_dir",
        "unseen",
        "domain",
        "backbone",
        "layer",
        "list_layers",
        "seed",
        "aviary_seed",
        "workdir",
        "stages",
        "overwrite",
    }


def test_help_of_a_choice_names_all_and_that_of_one_value_none() -> None:
    values = _values()
    assert values["domain"].help.endswith(
        " One of: attributes, binary_attributes, captions, documents, sentences, or several of them joined by +."
    )
    assert values["biases"].help.endswith(" One of: mean, zero, level.")
    assert "One of" not in values["seed"].help
    assert "One of" not in values["text_encoder"].help


def test_flagfiles_may_be_followed_by_flags_that_win(tmp_path: Path) -> None:
    (tmp_path / "base.flags").write_text("# A comment.\n--domain=captions\n--seed=3\n", "utf-8")
    (tmp_path / "more.flags").write_text(f"--flagfile={tmp_path / 'base.flags'}\n\n--lambdas=0.5,2\n", "utf-8")
    config = flags_lib.config(_values(f"--flagfile={tmp_path / 'more.flags'}", "--seed=4"))
    assert config == config_lib.RunConfig(
        domain=config_lib.DomainConfig("captions"), validation=config_lib.ValidationConfig(lambdas=(0.5, 2.0)), seed=4
    )


def test_flagfiles_exist() -> None:
    assert "default.flags" in [path.name for path in _FLAGFILES]


@pytest.mark.parametrize("path", _FLAGFILES, ids=lambda path: path.name)
def test_every_flagfile_gives_a_run_and_names_its_own_command(path: Path) -> None:
    values = _values(f"--flagfile={path}")
    flags_lib.config(values)
    lines = path.read_text("utf-8").splitlines()
    counts = Counter(line.partition("=")[0] for line in lines if line.startswith("--"))
    assert counts and set(counts.values()) == {1}
    assert any(line.startswith("#") and f"--flagfile=flags/{path.name}" in line for line in lines)
    assert values.workdir, "so that no two experiments share a folder"


def test_flagfiles_of_one_workdir_are_one_experiment() -> None:
    runs: dict[str, config_lib.RunConfig] = {}
    for path in _FLAGFILES:
        values = _values(f"--flagfile={path}")
        assert runs.setdefault(values.workdir, flags_lib.config(values)) == flags_lib.config(values)
    assert len(runs) >= 3


def test_the_default_flagfile_is_the_default() -> None:
    path = next(path for path in _FLAGFILES if path.name == "default.flags")
    values = _values(f"--flagfile={path}")
    config = flags_lib.config(values)
    assert config == config_lib.RunConfig()
    assert values.workdir == f"runs/{config.data.dataset}-{config.domain.domain}"
