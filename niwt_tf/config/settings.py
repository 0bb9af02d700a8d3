# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""The settings of a run, as frozen dataclasses: everything that the library takes from the command line.

Every field has a name of its own, which is also the name of its flag. The metadata of a field holds the flag's `help`
and limits: its `choices`, with `joined` between several of them; its `minimum` and `maximum`; or a pattern of its
`form` and a description of it, with a function that `split`s a value into several of that form. `local` marks settings
of where or how something is done, not what; `training` marks settings of how a network is trained and of nothing else.
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
from niwt_tf.config import networks, text_encoders

BIASES = ("mean", "zero", "level")
TRANSFER_FITS = ("closed", "descent")
MAP_FITS = ("descent", "ridge")
MAP_LOSSES = ("cosine", "l1", "both")
DOMAINS = ("attributes", "binary_attributes", "captions", "documents", "sentences")
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
    joined, split = field.metadata.get("joined"), field.metadata.get("split")
    parts = split(value) if split else tuple(value.split(joined)) if joined else (value,)
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
        "Dataset: aviary draws birds, folder reads your own images from --data_dir, the others are benchmarks.",
        choices=("aviary", "folder", "awa2", "cub", "sun", "apy"),
    )
    data_dir: str = _option(
        "",
        "Folder of the dataset's files: images/<class>/ for --dataset=folder, archives for a benchmark. Default for a "
        "benchmark: downloads/manual in --prepared_dir.",
        local=True,
    )
    prepared_dir: str = _option(
        "", "Folder of prepared datasets; by default that of TFDS, ~/tensorflow_datasets.", local=True
    )
    unseen: tuple[str, ...] = _option(
        (),
        "Unseen classes of --dataset=folder, separated by commas; by default those in its unseen.txt.",
        optional=True,
    )
    aviary_seed: int = _option(
        0, "Seed of the aviary: each number gives other species and images.", minimum=0, maximum=2**31 - 1
    )
    aviary_classes: int = _option(
        60, "Number of species in the aviary, including the unseen ones.", minimum=10, maximum=150
    )
    aviary_unseen: int = _option(12, "Number of unseen species, which have no training images.", minimum=2, maximum=100)
    aviary_images: int = _option(80, "Number of training images of each seen species.", minimum=5, maximum=10_000)


@dataclasses.dataclass(frozen=True)
class DomainConfig(_Checked):
    """The domain knowledge of every class, seen or unseen, and how it is encoded."""

    domain: str = _option("attributes", "Kind of description of the classes.", choices=DOMAINS, joined="+")
    missing_value: str = _option(
        "auto",
        "Value that marks a missing attribute: -1 or none. auto decides from the other values of the table: -1 means "
        "missing among values such as 0..100, but not among -1/1 or z-scores.",
        choices=("auto", "-1", "none"),
    )
    text_encoder: str = _option(
        "tfidf",
        "Encoder of captions and documents: tfidf; word2vec:PATH, a file of word2vec or GloVe vectors; or "
        "hub:HANDLE_OR_PATH, a text model of TensorFlow Hub. Several are joined by +.",
        form=(text_encoders.FORM, text_encoders.IN_WORDS),
        split=text_encoders.split,
    )
    tfidf_phrase: int = _option(3, "Largest number of words in a phrase of tfidf.", minimum=1, maximum=5)
    tfidf_components: int = _option(
        0,
        "Largest number of components to which tfidf's vectors are reduced; 0 keeps one number for each phrase.",
        minimum=0,
        maximum=2000,
    )
    text_parts: str = _option(
        "auto",
        "One vector for each part that captions or documents speak of, such as head and tail: on, off, or auto, where "
        "most sentences of the seen classes speak of one of the parts that most of these classes have.",
        choices=("auto", "on", "off"),
    )
    captions_dir: str = _option(
        "", "Folder of your own captions: <class>.txt, one caption on each line; by default the dataset's captions."
    )
    documents_dir: str = _option(
        "", "Folder of your own documents: one in each <class>.txt; by default the dataset's documents."
    )


@dataclasses.dataclass(frozen=True)
class BackboneConfig(_Checked):
    """The network, and its training on the seen classes."""

    backbone: str = _option(
        "small",
        "Network: small, four convolutions that are trained from scratch; the name of a model of keras.applications, "
        "such as vgg16 or resnet101; keras:PATH, your own .keras file of a classifier or a feature extractor; or "
        "hub:HANDLE_OR_PATH, an image model of TensorFlow Hub.",
        form=("[^:]*|(keras|hub):.+", "a name, keras:PATH or hub:HANDLE_OR_PATH"),
    )
    weights: str = _option(
        "imagenet",
        "Weights of a model of keras.applications: imagenet, which are downloaded; a .weights.h5 or .h5 file; or none.",
    )
    layer: str = _option(
        "", "Layer whose neurons are used; --list_layers lists the names. By default the backbone decides."
    )
    image_size: int = _option(
        0, "Side of the images, in pixels; 0 is the size of the backbone.", minimum=0, maximum=2048
    )
    preprocessing: str = _option(
        "auto",
        "Preprocessing of RGB images in 0..255, as in keras.applications: caffe is BGR minus the mean; tf is -1..1; "
        "torch is 0..1, minus the mean, divided by the standard deviation; none changes nothing. auto is that of the "
        "backbone, and none for keras:PATH.",
        choices=("auto", "caffe", "tf", "torch", "none"),
    )
    import_module: str = _option(
        "",
        "Python code that registers the custom layers of keras:PATH: the name of a module, or a .py file. The code is "
        "run: give only code that you trust.",
    )
    finetune: str = _option(
        "auto",
        "Training on the seen classes: none; classifier, only a new last layer; or full, then the whole network, too. "
        "auto is classifier if the network has weights, else full.",
        choices=("auto", "none", "classifier", "full"),
    )
    finetune_from: str = _option(
        "", "First layer that --finetune=full trains; by default the whole network is trained.", training=True
    )
    classifier: str = _option(
        "discriminant",
        "Fit of the last layer on fixed features: discriminant analysis, in closed form, or the paper's softmax "
        "regression. The last layer of a fully trained network is fitted again, too.",
        choices=("discriminant", "softmax"),
        training=True,
    )
    classifier_shrinkage: float = _option(
        0.5,
        "Shrinkage of discriminant analysis: how far the covariance of the features is drawn towards equal variance in "
        "all directions.",
        minimum=1e-4,
        maximum=1.0,
        training=True,
    )
    classifier_epochs: int = _option(
        200, "Largest number of epochs of softmax regression.", minimum=1, maximum=100_000, training=True
    )
    classifier_learning_rate: float = _option(
        1e-3, "First learning rate of Adam in softmax regression.", minimum=0.0, training=True
    )
    classifier_penalty: float = _option(
        0.1,
        "Penalty of softmax regression: half of it times the sum of squared weights is added to the loss, "
        "computed for features of unit spread.",
        minimum=0.0,
        training=True,
    )
    epochs: int = _option(
        20, "Largest number of epochs of training the full network.", minimum=1, maximum=10_000, training=True
    )
    batch_size: int = _option(64, "Number of images in a training step.", minimum=1, maximum=65_536, training=True)
    learning_rate: float | None = _option(
        None,
        "First learning rate of AdamW for the full network, which decays to 0 along a cosine; by default 0.003 from "
        "scratch, and 0.00001 for a network with weights.",
        kind=float,
        minimum=0.0,
        training=True,
    )
    weight_decay: float = _option(1e-2, "Weight decay of AdamW for the full network.", minimum=0.0, training=True)
    dropout: float = _option(
        0.4,
        "Dropout rate of the features before the classifier, while the full network is trained.",
        minimum=0.0,
        maximum=0.99,
        training=True,
    )
    label_smoothing: float = _option(
        0.1,
        "Label smoothing while the full network is trained.",
        minimum=0.0,
        maximum=0.99,
        training=True,
    )
    patience: int = _option(
        0,
        "Epochs without a gain on held-out training images after which training stops; 0 never stops early.",
        minimum=0,
        training=True,
    )


@dataclasses.dataclass(frozen=True)
class MapConfig(_Checked):
    """The map from domain vectors to importances."""

    map_layers: int = _option(
        1,
        "Number of layers of the map: 1 is linear; 2 and 3 have hidden layers with ReLU, only with --map_fits=descent.",
        minimum=1,
        maximum=3,
    )
    map_width: int = _option(128, "Number of units of each hidden layer of the map.", minimum=1)
    map_loss: str = _option(
        "cosine",
        "Loss of the map: cosine is 1 minus the cosine between predicted and observed importances, as in the paper; l1 "
        "is the absolute difference of both as unit vectors; both is the sum. Only with --map_fits=descent.",
        choices=MAP_LOSSES,
    )
    map_steps: int = _option(
        200, "Largest number of steps of gradient descent on the map; held-out classes decide when to stop.", minimum=1
    )
    map_learning_rate: float = _option(
        1.0, "Learning rate of gradient descent on the map, with momentum 0.9.", minimum=0.0
    )
    map_penalties: tuple[float, ...] = _option(
        (0.1, 0.3, 1.0, 3.0, 10.0),
        "Candidate penalties of ridge regression, separated by commas; held-out classes choose one.",
        minimum=0.0,
    )
    map_folds: int = _option(
        6, "Number of folds of seen classes that choose the step or the penalty of the map.", minimum=2, maximum=100
    )


@dataclasses.dataclass(frozen=True)
class TransferConfig(_Checked):
    """The transfer from importances to the weights of a class."""

    transfer_fit: str = _option(
        "closed",
        "Computation of new weights: closed, the weights with the predicted mean importances whose logit varies least "
        "within classes; or descent, the paper's gradient descent on the cosine, image by image.",
        choices=TRANSFER_FITS,
    )
    transfer_source: str = _option(
        "training",
        "Images on which the importances of new weights are computed: training images, noise, or images:DIR, a folder "
        "of any photographs.",
        form=("training|noise|images:.+", "training, noise or images:DIR"),
    )
    transfer_images: int = _option(512, "Number of images whose activations are kept for the transfer.", minimum=1)
    transfer_batch: int = _option(8, "Number of images in a step of --transfer_fit=descent.", minimum=1)
    transfer_steps: int = _option(300, "Largest number of steps of --transfer_fit=descent.", minimum=1)
    transfer_learning_rate: float = _option(1e-2, "Learning rate of Adam in --transfer_fit=descent.", minimum=0.0)


@dataclasses.dataclass(frozen=True)
class ValidationConfig(_Checked):
    """Candidates for validation with pseudo-unseen classes; a single value fixes the setting."""

    map_fits: tuple[str, ...] = _option(
        ("ridge",),
        "Fits of the map: ridge regression, or the paper's gradient descent on the cosine, stopped where held-out "
        "classes are predicted best.",
        choices=MAP_FITS,
    )
    map_relevances: tuple[int, ...] = _option(
        (10, 100),
        "For ridge regression: steps in which it is learned how informative each attribute or word is; 0 weighs all "
        "equally.",
        minimum=0,
        maximum=10_000,
    )
    lambdas: tuple[float, ...] = _option(
        (0.0, 0.1),
        "Regularization of new weights: in closed form, against directions in which the map errs; by descent, towards "
        "the mean of the seen classes' weights, as in the paper.",
        minimum=0.0,
    )
    scales: tuple[float, ...] = _option(
        (1.0,),
        "Sizes of new weights, relative to the mean of the seen classes' weights; 0 keeps the computed size.",
        minimum=0.0,
    )
    biases: tuple[str, ...] = _option(
        ("level",),
        "Biases of new classes: mean of the seen classes' biases; zero; or level, which gives new classes the mean "
        "logit of the seen classes over the training images.",
        choices=BIASES,
    )
    max_seen_loss: float | None = _option(
        None,
        "Largest share of the accuracy on seen classes that gamma may cost, on held-out images of validation; by "
        "default gamma lies where the harmonic mean is best.",
        kind=float,
        minimum=0.0,
        maximum=0.5,
    )
    validation_groups: int = _option(
        0,
        "Number of groups of seen classes that are pseudo-unseen in turn; 0 is 3 if the network is not trained, and 1 "
        "if each group requires a training.",
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
    seed: int = _option(0, "Random seed of the run.", minimum=0, maximum=2**31 - 1)
    jit_compile: str = _option(
        "auto", "Compilation by XLA; auto is on with a GPU, else off.", choices=("auto", "on", "off"), local=True
    )
    mixed_precision: str = _option(
        "auto",
        "Training of the full network in float16; auto is on with a GPU that is fast at it, else off.",
        choices=("auto", "on", "off"),
    )
    deterministic: bool = _option(False, "Make every operation deterministic, which is slower on a GPU.", local=True)
    activations_limit: float = _option(
        8.0,
        "Largest size in GiB of the activations kept in the workdir if the network is not trained; if they are larger, "
        "the network runs again in every stage.",
        minimum=0.0,
        local=True,
    )
    memory_limit: int = _option(
        0, "Largest amount of GPU memory to use, in MiB; 0 is all of it.", minimum=0, local=True
    )

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
