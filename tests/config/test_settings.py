# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the settings, their limits and their fingerprint."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from niwt_tf import config, errors

_DEFAULT = config.RunConfig()
_OPTIONS = config.options(_DEFAULT)
_LIMITS = [
    (name, limit, field.metadata[limit])
    for name, (_, field) in _OPTIONS.items()
    for limit in ("minimum", "maximum")
    if limit in field.metadata
]
_DOMAIN_RULE = (
    "`--domain` must be one of attributes, binary_attributes, captions, documents, sentences, or several of them "
    "joined by +."
)
_SOURCE_RULE = "`--transfer_source` must be training, noise or images:DIR."
_ENCODER_RULE = "`--text_encoder` must be tfidf, word2vec:PATH or hub:HANDLE_OR_PATH."
_DESCENT = config.ValidationConfig(map_fits=("descent",))
_TAKES: dict[str, dict[str, Any]] = {"map_layers": {"validation": _DESCENT}, "map_loss": {"validation": _DESCENT}}
_SECTIONS = {
    field.name: getattr(_DEFAULT, field.name)
    for field in dataclasses.fields(_DEFAULT)
    if dataclasses.is_dataclass(getattr(_DEFAULT, field.name))
}


def _with(name: str, value: Any) -> config.RunConfig:
    """Returns the default settings with another value for the option `name`, wherever it lies, and what that takes."""
    for section, settings in _SECTIONS.items():
        if hasattr(settings, name):
            return config.RunConfig(**_TAKES.get(name, {}), **{section: dataclasses.replace(settings, **{name: value})})
    return config.RunConfig(**{name: value})


def _in_kind(name: str, value: Any) -> Any:
    """Returns `value` as the option takes it: in a tuple where it takes several."""
    return (value,) if isinstance(_OPTIONS[name][0], tuple) else value


def _field_names(kind: type) -> Iterator[str]:
    for field in dataclasses.fields(kind):
        nested = type(field.default)
        yield from _field_names(nested) if dataclasses.is_dataclass(nested) else [field.name]


def test_every_option_name_is_unique() -> None:
    names = list(_field_names(config.RunConfig))
    assert len(names) == len(set(names)) == len(_OPTIONS)


def test_options_give_the_value_and_the_field_of_each_name() -> None:
    value, field = config.options(_with("aviary_images", 7))["aviary_images"]
    assert (value, field.name, field.default) == (7, "aviary_images", 80)


def test_every_option_has_a_sentence_of_help() -> None:
    for name, (_, field) in _OPTIONS.items():
        assert re.fullmatch(r"\S.*\.", field.metadata["help"]), name


def test_settings_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        _DEFAULT.seed = 1  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        _DEFAULT.data.aviary_seed = 1  # type: ignore[misc]


@pytest.mark.parametrize(("name", "limit", "value"), _LIMITS)
def test_limits_themselves_are_allowed(name: str, limit: str, value: float) -> None:
    del limit
    assert config.options(_with(name, _in_kind(name, value)))[name][0] == _in_kind(name, value)


@pytest.mark.parametrize(("name", "limit", "value"), _LIMITS)
def test_values_just_outside_of_limits_are_errors(name: str, limit: str, value: float) -> None:
    away = -1 if limit == "minimum" else 1
    outside = value + away if isinstance(value, int) else math.nextafter(value, away * math.inf)
    with pytest.raises(errors.UserError, match=rf"^`{name}` must be .*Received: {name}={outside}\.$"):
        _with(name, _in_kind(name, outside))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("seed", -1, "`--seed` must be from 0 to 2147483647. Received: --seed=-1."),
        ("seed", 2**31, "`--seed` must be from 0 to 2147483647. Received: --seed=2147483648."),
        ("aviary_images", 4, "`--aviary_images` must be from 5 to 10000. Received: --aviary_images=4."),
        ("map_steps", 0, "`--map_steps` must be at least 1. Received: --map_steps=0."),
        ("dropout", math.nan, "`--dropout` must be from 0.0 to 0.99. Received: --dropout=nan."),
        ("learning_rate", math.nan, "`--learning_rate` must be at least 0.0. Received: --learning_rate=nan."),
        ("learning_rate", -1e-9, "`--learning_rate` must be at least 0.0. Received: --learning_rate=-1e-09."),
        ("lambdas", (0.1, -1.0), "`--lambdas` must be at least 0.0. Received: --lambdas=-1.0."),
        ("lambdas", (), "`--lambdas` must have at least one value. Received none."),
        (
            "dataset",
            "aviari",
            "`--dataset` must be one of aviary, folder, awa2, cub, sun, apy. Received: --dataset=aviari. "
            "Did you mean 'aviary'?",
        ),
        ("domain", "xyz", f"{_DOMAIN_RULE} Received: --domain=xyz."),
        ("domain", "", f"{_DOMAIN_RULE} Received: --domain=."),
        ("domain", "captions+", f"{_DOMAIN_RULE} Received: --domain=."),
        (
            "domain",
            "attributes+caption",
            f"{_DOMAIN_RULE} Received: --domain=caption. Did you mean 'captions'?",
        ),
        (
            "domain",
            "captions+attributes+captions",
            "`--domain` must name each part once. Received: --domain=captions+attributes+captions.",
        ),
        ("text_encoder", "glove", f"{_ENCODER_RULE} Received: --text_encoder=glove."),
        ("text_encoder", "word2vec:", f"{_ENCODER_RULE} Received: --text_encoder=word2vec:."),
        ("text_encoder", "TFIDF", f"{_ENCODER_RULE} Received: --text_encoder=TFIDF."),
        ("text_encoder", "tfidf:x", f"{_ENCODER_RULE} Received: --text_encoder=tfidf:x."),
        ("text_encoder", "", f"{_ENCODER_RULE} Received: --text_encoder=."),
        ("transfer_source", "image", f"{_SOURCE_RULE} Received: --transfer_source=image."),
        ("transfer_source", "images:", f"{_SOURCE_RULE} Received: --transfer_source=images:."),
        ("transfer_source", "noise:1", f"{_SOURCE_RULE} Received: --transfer_source=noise:1."),
        ("map_layers", 4, "`--map_layers` must be from 1 to 3. Received: --map_layers=4."),
        ("map_loss", "l2", "`--map_loss` must be one of cosine, l1, both. Received: --map_loss=l2. Did you mean 'l1'?"),
        ("tfidf_phrase", 6, "`--tfidf_phrase` must be from 1 to 5. Received: --tfidf_phrase=6."),
        (
            "biases",
            ("mean", "zeros"),
            "`--biases` must be one of mean, zero, level. Received: --biases=zeros. Did you mean 'zero'?",
        ),
        ("jit_compile", "yes", "`--jit_compile` must be one of auto, on, off. Received: --jit_compile=yes."),
    ],
)
def test_errors_say_rule_received_and_remedy(name: str, value: Any, message: str) -> None:
    with pytest.raises(errors.UserError) as caught:
        _with(name, value)
    assert caught.value.as_flags() == message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("domain", "sentences"),
        ("domain", "captions+attributes"),
        ("domain", "attributes+captions+documents+sentences"),
        ("text_encoder", "word2vec:/a b/GoogleNews-vectors-negative300.bin.gz"),
        ("text_encoder", "hub:https://tfhub.dev/google/universal-sentence-encoder/4"),
        ("text_encoder", "hub:~/models/use"),
        ("transfer_source", "images:~/photos of mine"),
        ("transfer_source", "noise"),
    ],
)
def test_forms_that_are_valid_are_taken_as_they_are(name: str, value: str) -> None:
    assert config.options(_with(name, value))[name][0] == value


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            config.DataConfig(dataset="folder"),
            "`--data_dir` must name the folder that holds images/<class>/. Received: --dataset=folder without "
            "--data_dir. Add --data_dir=DIR.",
        ),
        (
            config.DataConfig(dataset="folder", prepared_dir="there", unseen=("a",)),
            "`--data_dir` must name the folder that holds images/<class>/. Received: --dataset=folder without "
            "--data_dir. Add --data_dir=DIR.",
        ),
        (
            config.DataConfig(unseen=("a", "b")),
            "`--unseen` must be for --dataset=folder. Received: --unseen=a,b with --dataset=aviary, whose split says "
            "which classes are unseen. Leave --unseen out.",
        ),
        (
            config.DataConfig(dataset="awa2", data_dir="here", unseen=("bat",)),
            "`--unseen` must be for --dataset=folder. Received: --unseen=bat with --dataset=awa2, whose split says "
            "which classes are unseen. Leave --unseen out.",
        ),
    ],
)
def test_a_folder_must_be_named_and_unseen_classes_are_of_a_folder(data: config.DataConfig, message: str) -> None:
    with pytest.raises(errors.UserError) as caught:
        config.RunConfig(data=data)
    assert caught.value.as_flags() == message


@pytest.mark.parametrize(
    ("map", "fits", "message"),
    [
        (
            config.MapConfig(map_layers=2),
            ("ridge",),
            "`--map_layers` must be 1 for ridge regression, which is linear and has a loss of its own. Received: "
            "--map_layers=2 with --map_fits=ridge. Use --map_fits=descent.",
        ),
        (
            config.MapConfig(map_loss="both"),
            ("descent", "ridge"),
            "`--map_loss` must be cosine for ridge regression, which is linear and has a loss of its own. Received: "
            "--map_loss=both with --map_fits=descent,ridge. Use --map_fits=descent.",
        ),
    ],
)
def test_ridge_regression_has_one_layer_and_its_own_loss(
    map: config.MapConfig, fits: tuple[str, ...], message: str
) -> None:
    with pytest.raises(errors.UserError) as caught:
        config.RunConfig(map=map, validation=config.ValidationConfig(map_fits=fits))
    assert caught.value.as_flags() == message
    assert config.RunConfig(map=map, validation=_DESCENT).map == map


@pytest.mark.parametrize("unseen", [(), ("a", "b")])
def test_a_folder_may_name_its_unseen_classes_or_none(unseen: tuple[str, ...]) -> None:
    data = config.DataConfig(dataset="folder", data_dir="here", unseen=unseen)
    assert config.RunConfig(data=data).data == data


def test_benchmarks_need_no_folder() -> None:
    for name in ("aviary", "awa2", "cub", "sun", "apy"):
        assert config.RunConfig(data=config.DataConfig(dataset=name)).data.data_dir == ""


def test_infinite_values_are_errors() -> None:
    with pytest.raises(errors.UserError, match="learning_rate=inf"):
        _with("learning_rate", math.inf)


def test_fingerprint_is_the_hash_of_json() -> None:
    assert config.fingerprint("a", 1, (2.5, None)) == hashlib.sha256(b'["a", 1, [2.5, null]]').hexdigest()


def test_fingerprint_knows_no_order_of_names() -> None:
    assert config.fingerprint({"a": 1, "b": 2}) == config.fingerprint({"b": 2, "a": 1})
    assert config.fingerprint("a", "b") != config.fingerprint("b", "a")
    assert config.fingerprint("ab") != config.fingerprint("a", "b")


def test_fingerprint_of_equal_settings_is_the_same() -> None:
    assert config.fingerprint(config.RunConfig()) == config.fingerprint(_DEFAULT)
    assert re.fullmatch("[0-9a-f]{64}", config.fingerprint(_DEFAULT))


@pytest.mark.parametrize("name", _OPTIONS)
def test_fingerprint_tells_a_change_of_any_option(name: str) -> None:
    owner = next((settings for settings in _SECTIONS.values() if hasattr(settings, name)), None)
    if owner is None:
        changed: Any = _with(
            name, {"seed": 1, "deterministic": True, "activations_limit": 1.0, "memory_limit": 1}.get(name, "on")
        )
        assert config.fingerprint(changed) != config.fingerprint(_DEFAULT)
    else:
        changed = dataclasses.replace(owner, **{name: _another(*config.options(owner)[name])})
        assert config.fingerprint(changed) != config.fingerprint(owner)


def _another(value: Any, field: dataclasses.Field[Any]) -> Any:
    """Returns a value that a setting may have besides `value`."""
    if isinstance(value, tuple):
        return tuple(_another(item, field) for item in value) or ("other",)
    if isinstance(value, str):
        choices = field.metadata.get("choices", ("other", "hub:other", "images:other"))
        form = field.metadata.get("form", (".*",))[0]
        return next(one for one in choices if one != value and re.fullmatch(form, one))
    return 0.5 if value is None else value * 0.9 if isinstance(value, float) else value + 1


@pytest.mark.parametrize(
    ("section", "given", "told"),
    [
        (config.MapConfig, {"map_folds": "3"}, "`map_folds` must be a whole number. Received: .*'3' of type str"),
        (config.MapConfig, {"map_folds": 3.0}, "`map_folds` must be a whole number"),
        (config.MapConfig, {"map_folds": True}, "`map_folds` must be a whole number"),
        (config.MapConfig, {"map_folds": 1}, "`map_folds` must be from 2 to 100"),
        (config.MapConfig, {"map_penalties": 1.0}, "`map_penalties` must be a list"),
        (config.MapConfig, {"map_penalties": ("1",)}, "`map_penalties` must be a number"),
        (config.MapConfig, {"map_penalties": ()}, "`map_penalties` must have at least one value"),
        (config.MapConfig, {"map_learning_rate": float("nan")}, "`map_learning_rate` must be at least 0"),
        (config.MapConfig, {"map_learning_rate": float("inf")}, "`map_learning_rate` must be finite"),
        (config.MapConfig, {"map_loss": None}, "`map_loss` must be a text"),
        (config.BackboneConfig, {"learning_rate": "fast"}, "`learning_rate` must be a number"),
        (config.DataConfig, {"unseen": "okapi"}, "`unseen` must be a list"),
        (config.DataConfig, {"dataset": "zoo"}, "`dataset` must be one of"),
        (config.RunConfig, {"deterministic": 1}, "`deterministic` must be true or false"),
        (config.RunConfig, {"data": "aviary"}, "`data` must be a DataConfig"),
        (config.RunConfig, {"seed": None}, "`seed` must be a whole number"),
    ],
)
def test_a_value_of_another_type_or_out_of_range_is_told_at_once(
    section: type, given: dict[str, Any], told: str
) -> None:
    with pytest.raises(errors.UserError, match=f"^{told}"):
        section(**given)


def test_numbers_of_numpy_lists_and_paths_become_plain_values() -> None:
    settings = config.MapConfig(map_folds=np.int64(3), map_penalties=[1, np.float32(0.5)])  # type: ignore[arg-type]
    assert (settings.map_folds, settings.map_penalties) == (3, (1.0, 0.5))
    assert [type(number) for number in (settings.map_folds, *settings.map_penalties)] == [int, float, float]
    assert config.DataConfig(data_dir=Path("here")).data_dir == "here"  # type: ignore[arg-type]


def test_fingerprint_takes_nested_dataclasses() -> None:
    settings = config.MapConfig()
    assert config.fingerprint([settings]) == config.fingerprint([dataclasses.asdict(settings)])
