# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Plan of a comparison: its runs, and the rows of the table that each of them fills.

A row is a method in a domain, with the values of the varied settings that the method depends on. NIWT depends on all of
them, a baseline on those that change features, domain vectors or validation classes. So where NIWT has a row for each
value of another setting, a baseline has one, and is measured once.
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
from niwt_tf.compare import grid as grid_lib

_LONGEST_NAME = 80  # letters
_PLAIN = re.compile(r"[^\w.+=,-]+")
_OF_NIWT_ALONE = ("layer",)  # and all settings of importances, map, transfer and validation, except:
_OF_ALL = ("validation_groups",)


@dataclasses.dataclass(frozen=True)
class RowKey:
    """Key of a row of the table.

    Attributes:
      method: `niwt` or a baseline's name.
      domain: Domain, as the setting `domain` takes it.
      variant: Values of the varied settings, such as `layer=conv3`; empty if there are none.
    """

    method: str
    domain: str
    variant: str = ""


@dataclasses.dataclass(frozen=True)
class PlannedRun:
    """Run, and the rows that it fills.

    Attributes:
      key: Name of the run's folder.
      config: Settings of the run.
      replicate: Name of the seed or choice.
      row_keys: Keys of the rows that the run fills.
    """

    key: str
    config: config_lib.RunConfig
    replicate: str
    row_keys: tuple[RowKey, ...]

    @property
    def baselines(self) -> tuple[str, ...]:
        """Baselines that are measured on the run."""
        return tuple(key.method for key in self.row_keys if key.method != baselines.NIWT)


def plan(grid: grid_lib.Grid) -> list[PlannedRun]:
    """Plan the runs, those of a replicate together; runs that would fill no row are left out.

    Raises:
      errors.UserError: If a setting is not valid, or there are choices, but the base's dataset does not allow them.
      OSError: If a folder cannot be read.
    """
    filled: set[tuple[RowKey, str]] = set()
    runs = []
    for replicate, domain, variant in itertools.product(grid_lib.replicates(grid), grid.domains, _variants(grid)):
        row_keys = [key for key in _row_keys(grid, domain, variant) if (key, replicate.name) not in filled]
        filled |= {(key, replicate.name) for key in row_keys}
        if row_keys:
            changes = {name: value for name, _, value in variant} | replicate.changes | {"domain": domain}
            folder = _folder("-".join([domain, replicate.name, *(f"{name}={text}" for name, text, _ in variant)]))
            runs.append(PlannedRun(folder, _changed(grid.base, changes), replicate.name, tuple(row_keys)))
    return runs


_Variant = tuple[tuple[str, str, Any], ...]  # name, text, value


def _variants(grid: grid_lib.Grid) -> Iterator[_Variant]:
    return itertools.product(
        *([(factor.name, *pair) for pair in zip(factor.texts, factor.values, strict=True)] for factor in grid.factors)
    )


def _row_keys(grid: grid_lib.Grid, domain: str, variant: _Variant) -> list[RowKey]:
    niwt_only = _settings_of_niwt_alone(grid.base)
    shared = tuple(part for part in variant if part[0] not in niwt_only)
    return [RowKey(method, domain, _label(variant if method == baselines.NIWT else shared)) for method in grid.methods]


def _settings_of_niwt_alone(config: config_lib.RunConfig) -> set[str]:
    """Collect the names of the settings that no baseline depends on."""
    sections = (config.map, config.transfer, config.validation)
    return {*_OF_NIWT_ALONE, *(name for part in sections for name in config_lib.options(part))} - {*_OF_ALL}


def _label(variant: _Variant) -> str:
    return " ".join(f"{name}={text}" for name, text, _ in variant)


def _folder(text: str) -> str:
    """Build a unique folder name for `text`."""
    plain = _PLAIN.sub("_", text)
    if plain == text and len(text) <= _LONGEST_NAME:
        return text
    return f"{plain[:_LONGEST_NAME]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _changed(config: config_lib.RunConfig, changes: dict[str, Any]) -> config_lib.RunConfig:
    return config_lib.from_record(workdir_lib.record(config) | changes)
