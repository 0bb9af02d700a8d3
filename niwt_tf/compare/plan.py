# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Plan of a comparison: its runs, and the rows of the table that each of them fills.

A row is a method in a domain, with the values of the further axes that it depends on. NIWT depends on all of them, a
baseline on those that change features, domain vectors or validation classes. So a baseline is measured once where NIWT
has many rows.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import re
from collections.abc import Iterator
from typing import Any

from niwt_tf import config as config_lib
from niwt_tf import workdir as workdir_lib
from niwt_tf.baselines import run as baselines
from niwt_tf.compare import axes as axes_lib

_LONGEST_KEY = 80  # letters
_PLAIN = re.compile(r"[^\w.+=,-]+")
_OF_NIWT_ALONE = ("layer",)  # and all settings of importances, map, transfer and validation, except:
_OF_ALL = ("validation_groups",)


@dataclasses.dataclass(frozen=True)
class Place:
    """Row of the table.

    Attributes:
      method: `niwt` or a baseline's name.
      domain: Domain, as `--domain` takes it.
      variant: Values of the further axes, such as `layer=conv3`; empty if there are none.
    """

    method: str
    domain: str
    variant: str = ""


@dataclasses.dataclass(frozen=True)
class PlannedRun:
    """Run, and the rows it is made for.

    Attributes:
      key: Name of the run's folder.
      config: Settings of the run.
      unit: Name of the seed or choice.
      places: Rows that the run fills.
    """

    key: str
    config: config_lib.RunConfig
    unit: str
    places: tuple[Place, ...]

    @property
    def baselines(self) -> tuple[str, ...]:
        """Baselines that are measured on the run."""
        return tuple(place.method for place in self.places if place.method != baselines.NIWT)


def plan(axes: axes_lib.Axes) -> list[PlannedRun]:
    """Plan the runs, those of a unit together; runs that would fill no row are left out.

    Raises:
      errors.UserError: If a setting is not valid, or there are choices, but the base's data do not allow them.
      OSError: If a folder cannot be read.
    """
    filled: set[tuple[Place, str]] = set()
    runs = []
    for unit, domain, variant in itertools.product(axes_lib.units(axes), axes.domains, _variants(axes)):
        places = [place for place in _places(axes, domain, variant) if (place, unit.name) not in filled]
        filled |= {(place, unit.name) for place in places}
        if places:
            changes = {name: value for name, _, value in variant} | unit.changes | {"domain": domain}
            key = _key("-".join([domain, unit.name, *(f"{name}={text}" for name, text, _ in variant)]))
            runs.append(PlannedRun(key, _changed(axes.base, changes), unit.name, tuple(places)))
    return runs


_Variant = tuple[tuple[str, str, Any], ...]  # name, text, value


def _variants(axes: axes_lib.Axes) -> Iterator[_Variant]:
    return itertools.product(
        *([(axis.name, *pair) for pair in zip(axis.texts, axis.values, strict=True)] for axis in axes.vary)
    )


def _places(axes: axes_lib.Axes, domain: str, variant: _Variant) -> list[Place]:
    alone = _settings_of_niwt_alone(axes.base)
    shared = tuple(part for part in variant if part[0] not in alone)
    return [Place(method, domain, _label(variant if method == baselines.NIWT else shared)) for method in axes.methods]


def _settings_of_niwt_alone(config: config_lib.RunConfig) -> set[str]:
    """Collect the names of the settings that no baseline depends on."""
    sections = (config.map, config.transfer, config.validation)
    return {*_OF_NIWT_ALONE, *(name for part in sections for name in config_lib.options(part))} - {*_OF_ALL}


def _label(variant: _Variant) -> str:
    return " ".join(f"{name}={text}" for name, text, _ in variant)


def _key(text: str) -> str:
    """Build a unique folder name for `text`."""
    plain = _PLAIN.sub("_", text)
    if plain == text and len(text) <= _LONGEST_KEY:
        return text
    return f"{plain[:_LONGEST_KEY]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _changed(config: config_lib.RunConfig, changes: dict[str, Any]) -> config_lib.RunConfig:
    return config_lib.from_record(workdir_lib.record(config) | changes)
