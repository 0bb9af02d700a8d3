# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The settings of a run, as frozen dataclasses: everything that the library takes from the command line.

Every field has a name of its own, which is also the name of its flag. The metadata of a field holds the flag's `help`
and limits: its `choices`, with `joined` between several of them; its `minimum` and `maximum`; or a pattern of its
`form` and a description of it. `local` marks settings of where or how something is done, not what; `training` marks
settings of how a network is trained and of nothing else.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import numbers
import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from niwt_tf import errors
from niwt_tf.config import networks

BIASES = ("mean", "zero", "level")
TRANSFER_FITS = ("closed", "descent")
MAP_FITS = ("descent", "ridge")
MAP_LOSSES = ("cosine", "l1", "both")
DOMAINS = ("attributes", "binary_attributes", "captions", "documents", "sentences")
# Settings of earlier versions that cannot be chosen any more: the value that every new run has.
REMOVED = {"importances_of": "logit", "scale_unit": "spread"}
_KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", tuple: "a list"}


def _option(default: Any, help: str, **metadata: Any) -> Any:
    return dataclasses.field(default=default, metadata={"help": help, **metadata})


def alternatives(field: dataclasses.Field[Any]) -> str:
    """List the valid values of a field with choices, in words."""
    listed, joined = ", ".join(field.metadata["choices"]), field.metadata.get("joined")
    return f"{listed}, or several of them joined by {joined}" if joined else listed


def _plain(name: str, value: Any, field: dataclasses.Field[Any]) -> Any:
    """Convert a value to the type of the setting's default: NumPy's numbers, paths and lists are valid, too.

    Raises:
      errors.UserError: If it is of another type.
    """
    default = field.default
    if default is None:
        return value if value is None else _as_kind(name, value, field.metadata["kind"])
    if isinstance(default, tuple):
        items = _as_kind(name, value, tuple)
        return tuple(_as_kind(name, item, type(default[0]) if default else str) for item in items)
    return _as_kind(name, value, type(default))


def _as_kind(name: str, value: Any, kind: type) -> Any:
    if kind is tuple and isinstance(value, list | tuple):
        return tuple(value)
    if kind is str and isinstance(value, str | os.PathLike):
        return os.fspath(value)
    if kind in (int, float) and isinstance(value, numbers.Integral) and not isinstance(value, bool):
        return kind(value)
    if kind is float and isinstance(value, numbers.Real) and not isinstance(value, bool):
        return float(value)
    if kind in (int, float, str, tuple) or not isinstance(value, kind):
        description = _KINDS.get(kind) or f"a {kind.__name__}"
        raise errors.UserError(
            f"`{errors.setting(name)}` must be {description}. Received: {errors.setting(name, value)} of type "
            f"{type(value).__name__}. Give {description}."
        )
    return value


def _check(name: str, value: Any, field: dataclasses.Field[Any]) -> None:
    values = value if isinstance(value, tuple) else _parts(name, value, field)
    if not values and not field.metadata.get("optional"):
        raise errors.UserError(f"`{errors.setting(name)}` must have at least one value. Received none.")
    choices = field.metadata.get("choices")
    form = field.metadata.get("form")
    for item in values:
        if choices is not None and item not in choices:
            raise errors.unknown_value(name, item, choices, alternatives(field))
        if form is not None and not re.fullmatch(form[0], item):
            raise errors.UserError(
                f"`{errors.setting(name)}` must be {form[1]}. Received: {errors.setting(name, item)}."
            )
        limits = _limits(field.metadata.get("minimum"), field.metadata.get("maximum"), item)
        if limits:
            raise errors.UserError(
                f"`{errors.setting(name)}` must be {limits}. Received: {errors.setting(name, item)}."
            )


def _parts(name: str, value: Any, field: dataclasses.Field[Any]) -> tuple[Any, ...]:
    """Split a value into its parts, and check that they differ: one part, unless the field's values can be joined."""
    joined = field.metadata.get("joined")
    parts = tuple(value.split(joined)) if joined else (value,)
    if len(set(parts)) < len(parts):
        raise errors.UserError(
            f"`{errors.setting(name)}` must name each part once. Received: {errors.setting(name, value)}."
        )
    return parts


def _limits(minimum: float | None, maximum: float | None, value: Any) -> str:
    """Describe the limits if `value` breaks them, else give an empty text; NaN breaks any, infinity is never valid."""
    if value is None:
        return ""
    if isinstance(value, float) and math.isinf(value):
        return "finite"
    if (minimum is None or value >= minimum) and (maximum is None or value <= maximum):
        return ""
    return f"at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"


class _Checked:
    """Settings that are converted to the types of their defaults, and checked, when they are created."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):  # type: ignore[arg-type]  # all that derive from it are dataclasses
            value = _plain(field.name, getattr(self, field.name), field)
            object.__setattr__(self, field.name, value)
            _check(field.name, value, field)


@dataclasses.dataclass(frozen=True)
class DataConfig(_Checked):
    """The images, and the choice of their unseen classes."""

    dataset: str = _option(
        "aviary",
        "The images: aviary draws birds, folder is your own in data_dir, the others are benchmarks.",
        choices=("aviary", "folder", "awa2", "cub", "sun", "apy"),
    )
    data_dir: str = _option(
        "",
        "Folder of the dataset's own files, such as images/<class>/ of your folder, or a benchmark's archives; for a "
        "benchmark, downloads/manual in the folder of prepared datasets by default.",
        local=True,
    )
    prepared_dir: str = _option(
        "", "Folder of prepared datasets; TFDS' own folder, ~/tensorflow_datasets, by default.", local=True
    )
    unseen: tuple[str, ...] = _option((), "Unseen classes of your folder, in place of its unseen.txt.", optional=True)
    aviary_seed: int = _option(
        0, "Seed of the aviary; another draws other species and images.", minimum=0, maximum=2**31 - 1
    )
    aviary_classes: int = _option(60, "Species in the aviary, the unseen included.", minimum=10, maximum=150)
    aviary_unseen: int = _option(12, "Species that no training image shows.", minimum=2, maximum=100)
    aviary_images: int = _option(80, "Training images of each seen species.", minimum=5, maximum=10_000)


@dataclasses.dataclass(frozen=True)
class DomainConfig(_Checked):
    """The domain knowledge of every class, seen or unseen, and how it is encoded."""

    domain: str = _option("attributes", "What describes a class.", choices=DOMAINS, joined="+")
    missing_value: str = _option(
        "auto",
        "Value that marks a missing attribute: -1 or none; auto takes -1 as missing if the other values suggest it, "
        "such as 0..100, and as a value in -1/1 and z-scores.",
        choices=("auto", "-1", "none"),
    )
    text_encoder: str = _option(
        "tfidf",
        "Turns captions and documents into vectors: tfidf, word2vec:PATH (a file of word2vec's or GloVe's) or "
        "hub:HANDLE_OR_PATH (a text model of TensorFlow Hub).",
        form=("tfidf|(word2vec|hub):.+", "tfidf, word2vec:PATH or hub:HANDLE_OR_PATH"),
    )
    tfidf_phrase: int = _option(3, "Most words in a phrase of tfidf.", minimum=1, maximum=5)
    tfidf_components: int = _option(
        0, "Most components that tfidf's phrases are reduced to; 0 keeps the phrases.", minimum=0, maximum=2000
    )
    captions_dir: str = _option(
        "", "Folder of your own captions, <class>.txt with one on each line; the dataset's own by default."
    )
    documents_dir: str = _option(
        "", "Folder of your own documents, one in each <class>.txt; the dataset's own by default."
    )


@dataclasses.dataclass(frozen=True)
class BackboneConfig(_Checked):
    """The network, and its training on the seen classes."""

    backbone: str = _option(
        "small",
        "The network: small is four convolutions, to be trained from scratch; one of keras.applications by its name, "
        "such as vgg16 or resnet101; keras:PATH, your own .keras file, a classifier or a feature extractor; "
        "hub:HANDLE_OR_PATH, an image model of TensorFlow Hub.",
        form=("[^:]*|(keras|hub):.+", "a name, keras:PATH or hub:HANDLE_OR_PATH"),
    )
    weights: str = _option(
        "imagenet",
        "Weights of one of keras.applications: imagenet, which is downloaded, a .weights.h5 or .h5 file, or none.",
    )
    layer: str = _option(
        "", "The layer whose neurons count, as niwt --list_layers names it; the backbone's own choice by default."
    )
    image_size: int = _option(0, "The side of the images, in pixels; 0 is the backbone's own.", minimum=0, maximum=2048)
    preprocessing: str = _option(
        "auto",
        "Preprocessing of RGB in 0..255, as keras.applications names it: caffe is BGR minus the mean, tf -1..1, torch "
        "0..1 minus the mean, divided by the spread, none as it is; auto is the backbone's own, none for keras:PATH.",
        choices=("auto", "caffe", "tf", "torch", "none"),
    )
    import_module: str = _option(
        "",
        "Python code of your own that registers layers for keras:PATH: the name of a module, or a .py file. It runs "
        "without restrictions.",
    )
    finetune: str = _option(
        "auto",
        "What is trained on seen classes: none, a new classifier, or after that the full network; auto is classifier "
        "where the network comes with weights, and full where it does not.",
        choices=("auto", "none", "classifier", "full"),
    )
    finetune_from: str = _option("", "The first layer that full trains; all of the network by default.", training=True)
    classifier: str = _option(
        "discriminant",
        "How a classifier is fitted on fixed features, a new one and the last layer of a network that was trained in "
        "full: by discriminant analysis, in closed form, or by the paper's softmax.",
        choices=("discriminant", "softmax"),
        training=True,
    )
    classifier_shrinkage: float = _option(
        0.5,
        "Discriminant analysis: how far the features' covariance is shrunk towards the same variance in all "
        "directions.",
        minimum=1e-4,
        maximum=1.0,
        training=True,
    )
    classifier_epochs: int = _option(
        200, "Softmax regression: most passes over the training images.", minimum=1, maximum=100_000, training=True
    )
    classifier_learning_rate: float = _option(
        1e-3, "Softmax regression: Adam's first learning rate.", minimum=0.0, training=True
    )
    classifier_penalty: float = _option(
        0.1,
        "Softmax regression: half of it times the squared weights is added to the loss; for features of unit spread.",
        minimum=0.0,
        training=True,
    )
    epochs: int = _option(
        20, "Most passes over the training images in full training.", minimum=1, maximum=10_000, training=True
    )
    batch_size: int = _option(64, "Images in a step of training.", minimum=1, maximum=65_536, training=True)
    learning_rate: float | None = _option(
        None,
        "AdamW's first learning rate for the full network, which falls to 0 along a cosine; 0.003 from scratch, "
        "0.00001 with weights by default.",
        kind=float,
        minimum=0.0,
        training=True,
    )
    weight_decay: float = _option(1e-2, "AdamW's weight decay for the full network.", minimum=0.0, training=True)
    dropout: float = _option(
        0.4, "Share of features dropped before the classifier.", minimum=0.0, maximum=0.99, training=True
    )
    label_smoothing: float = _option(
        0.1,
        "Share of the label given to all classes alike, in training the full network.",
        minimum=0.0,
        maximum=0.99,
        training=True,
    )
    patience: int = _option(
        0,
        "Passes without a gain on held-out training images after which training stops; 0 never stops.",
        minimum=0,
        training=True,
    )


@dataclasses.dataclass(frozen=True)
class MapConfig(_Checked):
    """The map from domain vectors to importances."""

    map_layers: int = _option(
        1,
        "Layers of the map: 1 is linear; 2 and 3 have hidden layers with ReLU, for map_fits=descent alone.",
        minimum=1,
        maximum=3,
    )
    map_width: int = _option(128, "Units of each hidden layer of the map, if it has any.", minimum=1)
    map_loss: str = _option(
        "cosine",
        "What the descent minimises: 1 - the cosine between predicted and observed importances, as in the paper; the "
        "absolute differences of both at length 1; or the sum of these. For map_fits=descent alone.",
        choices=MAP_LOSSES,
    )
    map_steps: int = _option(200, "Most steps of the descent; held-out classes say when to stop.", minimum=1)
    map_learning_rate: float = _option(1.0, "Learning rate of the descent, with momentum 0.9.", minimum=0.0)
    map_penalties: tuple[float, ...] = _option(
        (0.1, 0.3, 1.0, 3.0, 10.0), "Penalties of the ridge regression, of which held-out classes choose.", minimum=0.0
    )
    map_folds: int = _option(
        6, "Groups of seen classes held out in turn to choose the step or the penalty.", minimum=2, maximum=100
    )


@dataclasses.dataclass(frozen=True)
class TransferConfig(_Checked):
    """The transfer from importances to the weights of a class."""

    transfer_fit: str = _option(
        "closed",
        "How weights are fitted: closed, in closed form, so that logits vary least within classes while the mean "
        "importances over images are as predicted; or descent, the paper's, on the cosine, image by image.",
        choices=TRANSFER_FITS,
    )
    transfer_source: str = _option(
        "training",
        "Images on which the transfer matches importances: training images, noise, or images:DIR, a folder of any "
        "photographs.",
        form=("training|noise|images:.+", "training, noise or images:DIR"),
    )
    transfer_images: int = _option(512, "Images whose activations are kept for the transfer.", minimum=1)
    transfer_batch: int = _option(8, "Transfer by descent: images in a step.", minimum=1)
    transfer_steps: int = _option(300, "Transfer by descent: most steps.", minimum=1)
    transfer_learning_rate: float = _option(1e-2, "Transfer by descent: Adam's learning rate.", minimum=0.0)


@dataclasses.dataclass(frozen=True)
class ValidationConfig(_Checked):
    """Candidates for validation with pseudo-unseen classes; a single value fixes the setting."""

    map_fits: tuple[str, ...] = _option(
        ("ridge",),
        "How the map is fitted: by ridge regression, or by the paper's descent on the cosine, stopped where held-out "
        "classes are predicted best.",
        choices=MAP_FITS,
    )
    map_relevances: tuple[int, ...] = _option(
        (10, 100),
        "Ridge regression: steps of learning how relevant each attribute or word is to a class's look; after 0 all "
        "count the same.",
        minimum=0,
        maximum=10_000,
    )
    lambdas: tuple[float, ...] = _option(
        (0.0, 0.1),
        "Regularization of new weights: in closed form, how much the map's own errors count; by descent, the paper's "
        "pull towards the seen classes' mean.",
        minimum=0.0,
    )
    scales: tuple[float, ...] = _option(
        (1.0,),
        "Sizes of new weights, where the seen ones are 1 on average; 0 keeps the learned.",
        minimum=0.0,
    )
    biases: tuple[str, ...] = _option(
        ("level",),
        "Biases of new classes: the seen classes' mean, 0, or what brings a new class's mean logit over the training "
        "images level with the seen classes'.",
        choices=BIASES,
    )
    validation_groups: int = _option(
        0,
        "Groups of seen classes that are pseudo-unseen in turn; 0 is three where the network is frozen, and one where "
        "it is trained for each.",
        minimum=0,
        maximum=100,
    )


@dataclasses.dataclass(frozen=True)
class RunConfig(_Checked):
    """All settings of a run."""

    data: DataConfig = DataConfig()
    domain: DomainConfig = DomainConfig()
    backbone: BackboneConfig = BackboneConfig()
    map: MapConfig = MapConfig()
    transfer: TransferConfig = TransferConfig()
    validation: ValidationConfig = ValidationConfig()
    seed: int = _option(0, "Seed of every random number of the run.", minimum=0, maximum=2**31 - 1)
    jit_compile: str = _option(
        "auto", "XLA: auto is on with a GPU, off without.", choices=("auto", "on", "off"), local=True
    )
    mixed_precision: str = _option(
        "auto",
        "Trains the full network in float16: auto is on with a GPU that is fast at it, off without.",
        choices=("auto", "on", "off"),
    )
    deterministic: bool = _option(
        False, "Makes every operation give the same numbers each time, which is slower on a GPU.", local=True
    )
    activations_limit: float = _option(
        8.0,
        "Most GiB that the activations of a frozen network may take in the workdir; with more, the network runs again "
        "in every stage.",
        minimum=0.0,
        local=True,
    )
    memory_limit: int = _option(0, "Most MiB of a GPU's memory that are used; 0 is all of it.", minimum=0, local=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_folder(self.data)
        _check_map(self.map, self.validation)
        check_network(self.backbone)


def check_network(config: BackboneConfig) -> None:
    """Check that there is such a network, and that it takes its settings.

    Raises:
      errors.UserError: if not.
    """
    networks.check(config.backbone, config.weights, config.preprocessing, config.import_module, config.image_size)


def options(config: Any) -> dict[str, tuple[Any, dataclasses.Field[Any]]]:
    """Collect name -> (value, field) of all settings, including those of nested dataclasses."""
    return dict(_options(config))


def _options(config: Any) -> Iterator[tuple[str, tuple[Any, dataclasses.Field[Any]]]]:
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            yield from _options(value)
        else:
            yield field.name, (value, field)


def from_record(record: Mapping[str, Any]) -> RunConfig:
    """Build settings from a record by name, as `config.json` of a workdir holds it; others keep their defaults.

    Raises:
      errors.UserError: If a value is not valid.
    """
    return _from_record(RunConfig(), {name: tuple(v) if isinstance(v, list) else v for name, v in record.items()})


def _from_record(default: Any, values: Mapping[str, Any]) -> Any:
    changes = {}
    for field in dataclasses.fields(default):
        now = getattr(default, field.name)
        changes[field.name] = (
            _from_record(now, values) if dataclasses.is_dataclass(now) else values.get(field.name, now)
        )
    return dataclasses.replace(default, **changes)


def fingerprint(*parts: Any) -> str:
    """Compute the SHA-256 of dataclasses, strings, numbers and their nestings, as 64 hexadecimal digits."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=dataclasses.asdict).encode()).hexdigest()


def _check_folder(data: DataConfig) -> None:
    if data.dataset == "folder" and not data.data_dir:
        raise errors.UserError(
            f"`{errors.setting('data_dir')}` must name the folder that holds images/<class>/. Received: "
            f"{errors.setting('dataset', 'folder')} without {errors.setting('data_dir')}. Add "
            f"{errors.setting('data_dir', 'DIR')}."
        )
    if data.dataset != "folder" and data.unseen:
        raise errors.UserError(
            f"`{errors.setting('unseen')}` must be for {errors.setting('dataset', 'folder')}. Received: "
            f"{errors.setting('unseen', data.unseen)} with {errors.setting('dataset', data.dataset)}, whose split says "
            f"which classes are unseen. Leave {errors.setting('unseen')} out."
        )


def _check_map(map: MapConfig, validation: ValidationConfig) -> None:
    fits = validation.map_fits
    if "ridge" not in fits:
        return
    for name, only in (("map_layers", 1), ("map_loss", "cosine")):
        value = getattr(map, name)
        if value != only:
            raise errors.UserError(
                f"`{errors.setting(name)}` must be {only} for ridge regression, which is linear and has a loss of its "
                f"own. Received: {errors.setting(name, value)} with "
                f"{errors.setting('map_fits', fits if len(fits) > 1 else fits[0])}. Use "
                f"{errors.setting('map_fits', 'descent')}."
            )
