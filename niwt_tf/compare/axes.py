# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Axes of a comparison: methods, domains, seeds or choices of unseen classes, and further settings of a run."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.baselines import registry
from niwt_tf.baselines import run as baselines

_OWN_AXES = {
    "domain": f"Use {errors.setting('domains')}",
    "seed": f"Use {errors.setting('seeds')}",
    "aviary_seed": f"Use {errors.setting('seeds')}",
}
_MOST_SEEDS = 10_000


@dataclasses.dataclass(frozen=True)
class Vary:
    """Axis over the values of a setting.

    Attributes:
      name: Name of the setting.
      texts: Values as the user wrote them.
      values: Values as the setting takes them.
    """

    name: str
    texts: tuple[str, ...]
    values: tuple[Any, ...]


@dataclasses.dataclass(frozen=True)
class Axes:
    """All axes of a comparison; settings that no axis changes are those of `base`.

    Attributes:
      base: Settings that all runs share.
      domains: Domains, as `--domain` takes them; by default only the base's.
      methods: `niwt` and names of baselines; by default all that suit each of the domains.
      seeds: Seeds; by default only the base's.
      choices: Seeds of NumPy's generator for random choices of unseen classes in a user's folder; none by default.
      unseen_count: Number of unseen classes in a choice.
      vary: Further axes.

    Raises:
      errors.UserError: If a method is unknown or does not suit a domain, or a setting cannot be an axis.
    """

    base: config_lib.RunConfig
    domains: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    choices: tuple[int, ...] = ()
    unseen_count: int = 5
    vary: tuple[Vary, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "domains", self.domains or (self.base.domain.domain,))
        object.__setattr__(self, "methods", self.methods or _suitable(self.domains))
        for domain in self.domains:
            _require_methods(self.methods, domain)
        for axis in self.vary:
            require_free(axis.name)

    @property
    def baselines(self) -> tuple[str, ...]:
        """Methods other than NIWT."""
        return tuple(name for name in self.methods if name != baselines.NIWT)


@dataclasses.dataclass(frozen=True)
class Unit:
    """One of the repetitions over which means and spreads are computed: a seed, or a choice of unseen classes.

    Attributes:
      name: Short name, such as `3`, that is part of a folder's name.
      changes: Settings of this repetition, name -> value.
    """

    name: str
    changes: dict[str, Any]


def units(axes: Axes) -> list[Unit]:
    """List the units: one for each seed, or with choices of unseen classes one for each seed and choice.

    Raises:
      errors.UserError: If there are choices, but the base's data do not allow them.
      OSError: If the folder of the classes cannot be read.
    """
    flag = seed_flag(axes.base)
    seeds = axes.seeds or (config_lib.options(axes.base)[flag][0],)
    if not axes.choices:
        return [Unit(str(seed), {flag: seed}) for seed in seeds]
    names = _classes(axes)
    found = []
    for seed in seeds:
        for choice in axes.choices:
            drawn = np.random.default_rng(choice).choice(names, axes.unseen_count, replace=False).tolist()
            name = f"{choice}" if len(seeds) == 1 else f"{choice}.{seed}"
            found.append(Unit(name, {flag: seed, "unseen": tuple(sorted(drawn))}))
    return found


def unit_noun(axes: Axes) -> str:
    """Name the kind of unit: `seed`, `choice` or `choice and seed`."""
    if not axes.choices:
        return "seed"
    return "choice" if len(axes.seeds) < 2 else "choice and seed"


def seed_flag(config: config_lib.RunConfig) -> str:
    """Choose the setting that a seed sets: that of the aviary's birds, or for other images that of the run."""
    return "aviary_seed" if config.data.dataset == "aviary" else "seed"


def integers(argument: str, items: Sequence[str]) -> tuple[int, ...]:
    """Parse items such as `3` and `0-9` into the numbers that they stand for, each once.

    Raises:
      errors.UserError: If an item is neither a whole number nor a range.
    """
    return tuple(dict.fromkeys(number for item in items for number in _range(argument, item)))


def require_free(name: str) -> None:
    """Check that a setting can be an axis of its own; raise errors.UserError if not."""
    options = config_lib.options(config_lib.RunConfig())
    if name not in options:
        raise errors.unknown_value("vary", name, options)
    if name in _OWN_AXES:
        raise errors.UserError(
            f"`{errors.setting('vary')}` must be of another setting. Received: {errors.setting('vary', name)}. "
            f"{_OWN_AXES[name]}."
        )
    if options[name][1].metadata.get("local"):
        raise errors.UserError(
            f"`{errors.setting('vary')}` must be of a setting that scores depend on. Received: "
            f"{errors.setting('vary', name)}, which says only where or how. Set {errors.setting(name)} once."
        )


def _range(argument: str, item: str) -> Iterator[int]:
    match = re.fullmatch(r"\s*(\d{1,10})(?:-(\d{1,10}))?\s*", item)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if last < first or last - first >= _MOST_SEEDS:
        raise errors.UserError(
            f"`{errors.setting(argument)}` must be whole numbers from 0 and ranges of them, such as 0-9,12. Received: "
            f"{errors.setting(argument, item)}."
        )
    yield from range(first, last + 1)


def _classes(axes: Axes) -> list[str]:
    """List the names of the classes to choose from, sorted: those with a folder of images."""
    data = axes.base.data
    if data.dataset != "folder":
        raise errors.UserError(
            f"`{errors.setting('choices')}` must be for {errors.setting('dataset', 'folder')}. Received: "
            f"{errors.setting('choices')} with {errors.setting('dataset', data.dataset)}, whose split says which "
            f"classes are unseen. Use {errors.setting('seeds')}."
        )
    if data.unseen:
        raise errors.UserError(
            f"`{errors.setting('choices')}` must say which classes are unseen. Received: {errors.setting('choices')} "
            f"with {errors.setting('unseen', tuple(data.unseen))}. Leave one of them out."
        )
    images = Path(data.data_dir).expanduser() / "images"
    names = sorted(path.name for path in images.iterdir() if path.is_dir()) if images.is_dir() else []
    if not 0 < axes.unseen_count < len(names):
        raise errors.UserError(
            f"`{errors.setting('unseen_count')}` must be at least 1 and leave seen classes. Received: "
            f"{errors.setting('unseen_count', axes.unseen_count)} with {len(names)} classes in {images}."
        )
    return names


def _suitable(domains: Sequence[str]) -> tuple[str, ...]:
    shared = [name for name in registry.METHODS if all(name in registry.suitable(domain) for domain in domains)]
    return (baselines.NIWT, *shared)


def _require_methods(methods: Sequence[str], domain: str) -> None:
    for name in methods:
        if name not in (baselines.NIWT, *registry.METHODS):
            raise errors.unknown_value("methods", name, (baselines.NIWT, *registry.METHODS))
    registry.require([name for name in methods if name != baselines.NIWT], domain)
