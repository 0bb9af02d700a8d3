# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Write the card of a model, to read and as JSON: its classes, scores, training, inputs and outputs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import jinja2
import markupsafe

from niwt_tf import version
from niwt_tf.evaluation import summary
from niwt_tf.models import model as model_lib
from niwt_tf.runs import artefacts, command, portable
from niwt_tf.util import clean, json_files, paths

README, JSON = "README.md", "model_card.json"
_TEMPLATES = Path(__file__).parent / "templates"
_PACKAGES = ("tensorflow", "keras", "numpy")
_LONGEST = 200  # letters of a document in `README.md`, at most


def write(folder: Path, model: model_lib.Model, name: str, format_fields: Mapping[str, Any]) -> None:
    """Write `README.md` and `model_card.json` into `folder`.

    Args:
      folder: Existing folder.
      model: Model that the card describes.
      name: Name of the model.
      format_fields: Fields of the exported format: its name as `format`, `client`, or `signatures` with `reject`, the
        share of the seen classes' images that is kept.

    Raises:
      OSError: If the files cannot be written.
    """
    fields = {**record(model, name), "signatures": None, "client": None, "reject": None, **format_fields}
    json_files.write(folder / JSON, fields)
    (folder / README).write_text(_environment().get_template(README).render(fields), "utf-8")


def _limit(model: model_lib.Model) -> dict[str, Any] | None:
    """Collect the limit on what seen classes lose to classes taught later, and what was expected; None without any."""
    if not model.limited.names:
        return None
    expected = dataclasses.asdict(model.limited.expected)
    photographs = {name: len(model.limited.photographs_of(name)) for name in model.limited.names}
    return {"max_seen_loss": model.limited.limit, "photographs": photographs, "expected": expected}


def record(model: model_lib.Model, name: str) -> dict[str, Any]:
    """Collect the fields of the card that do not depend on the exported format."""
    metrics, config = portable.metrics(model.metrics), portable.config(model.config)
    taught = [dataclasses.asdict(description) for description in model.taught]
    taught_names = {description.name for description in model.taught}
    return {
        "name": name,
        "licence": {"model": None, "weights": None, "data": None},
        "classes": {
            "seen": model.seen,
            "unseen": [name for name in model.classifier.unseen if name not in taught_names],
            "taught": taught,
        },
        "limit": _limit(model),
        "confidence": {
            "temperature": model.confidence.temperature,
            "calibration_error": model.confidence.calibration_error,
            "is_estimated": model.confidence.is_estimated,
        },
        "data": {"dataset": config.data.dataset} | _some(metrics, "split_version", "split_sha256", "imageless_classes"),
        "domain": {"domain": config.domain.domain, "source": paths.last_names(model.knowledge.source)},
        "network": {
            "backbone": config.backbone.backbone,
            "layer": model.classifier.backbone.layer,
            "image_size": model.image_size,
            "neurons": model.classifier.backbone.activation_shape[-1],
        }
        | _some(metrics, "fine_tuned"),
        "seed": config.seed,
        "settings": _settings(model),
        "scores": _some(metrics, *summary.NAMES) if metrics else None,
        "command": command.command(config),
        "packages": {
            "run": metrics.get("packages"),
            "export": {"niwt_tf": version.__version__} | {one: metadata.version(one) for one in _PACKAGES},
        },
    }


def _settings(model: model_lib.Model) -> dict[str, Any]:
    """Collect the chosen settings under their names in `metrics.json`."""
    names = {"lambda_": "lambda", "harmonic_mean": "harmonic_mean_expected"}
    chosen = {names.get(name, name): value for name, value in artefacts.settings_record(model.settings).items()}
    return chosen | {"harmonic_mean_expected": model.settings.expected, "gamma": model.gamma}


def _some(metrics: dict[str, Any], *names: str) -> dict[str, Any]:
    """Select metrics by name; None for a missing one."""
    return {name: metrics.get(name) for name in names}


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=False,  # noqa: S701, because it is Markdown: `finalize` escapes it
        finalize=_escaped,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update({"number": _number, "short": _short, "raw": markupsafe.Markup})
    return environment


def _escaped(value: Any) -> Any:
    """Escape a text for Markdown, unless the filter `raw` marked it as such."""
    return clean.markdown(value) if isinstance(value, str) and not isinstance(value, markupsafe.Markup) else value


def _number(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3f}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text):,} letters, in {JSON})"
