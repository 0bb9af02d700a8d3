# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Grid of a comparison: methods, domains, seeds or choices of unseen classes, and further settings of a run."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.baselines import registry
from niwt_tf.baselines import run as baselines
from niwt_tf.util import paths

_ARGUMENTS = {
    "domain": "domains",
    "seed": "seeds",
    "aviary_seed": "seeds",
}  # settings that the grid has an argument for
_MOST_SEEDS = 10_000


@dataclasses.dataclass(frozen=True)
class Factor:
    """Setting of a run that a comparison varies.

    Attributes:
      name: Name of the setting.
      texts: Values as the user wrote them.
      values: Values as the setting takes them.
    """

    name: str
    texts: tuple[str, ...]
    values: tuple[Any, ...]


@dataclasses.dataclass(frozen=True)
class Grid:
    """Combinations of methods and settings that a comparison runs.

    Attributes:
      base: Settings of all runs, where the grid does not change them.
      domains: Domains, as the setting `domain` takes them; by default only the base's.
      methods: `niwt` and names of baselines; by default all that suit each of the domains.
      seeds: Seeds; by default only the base's.
      choices: Seeds of random choices of unseen classes in a user's folder; none by default.
      unseen_count: Number of unseen classes in a choice.
      factors: Further settings to vary.

    Raises:
      errors.UserError: If a method is unknown or does not suit a domain, or a setting cannot be varied.
    """

    base: config_lib.RunConfig
    domains: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    seeds: tuple[int, ...] = ()
    choices: tuple[int, ...] = ()
    unseen_count: int = 5
    factors: tuple[Factor, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "domains", self.domains or (self.base.domain.domain,))
        object.__setattr__(self, "methods", self.methods or _suitable(self.domains))
        for domain in self.domains:
            _require_methods(self.methods, domain)
        for factor in self.factors:
            require_factor(factor.name)

    @property
    def baselines(self) -> tuple[str, ...]:
        """Methods other than NIWT."""
        return tuple(name for name in self.methods if name != baselines.NIWT)


@dataclasses.dataclass(frozen=True)
class Replicate:
    """Repetition over which means and spreads are computed: a seed, or a choice of unseen classes.

    Attributes:
      name: Short name, such as `3`, which is part of a folder's name.
      changes: Settings of this replicate, name -> value.
    """

    name: str
    changes: dict[str, Any]


def replicates(grid: Grid) -> list[Replicate]:
    """List the replicates: one for each seed, or with choices of unseen classes one for each seed and choice.

    Raises:
      errors.UserError: If there are choices, but the base's dataset does not allow them.
      OSError: If the folder of the classes cannot be read.
    """
    setting = seed_setting(grid.base)
    seeds = grid.seeds or (config_lib.options(grid.base)[setting][0],)
    if not grid.choices:
        return [Replicate(str(seed), {setting: seed}) for seed in seeds]
    names = _classes(grid)
    listed = []
    for seed in seeds:
        for choice in grid.choices:
            unseen = np.random.default_rng(choice).choice(names, grid.unseen_count, replace=False).tolist()
            name = f"{choice}" if len(seeds) == 1 else f"{choice}.{seed}"
            listed.append(Replicate(name, {setting: seed, "unseen": tuple(sorted(unseen))}))
    return listed


def replicate_noun(grid: Grid) -> str:
    """Name the kind of replicate: `seed`, `choice` or `choice and seed`."""
    if not grid.choices:
        return "seed"
    return "choice" if len(grid.seeds) < 2 else "choice and seed"


def seed_setting(config: config_lib.RunConfig) -> str:
    """Choose the setting that a seed sets: the aviary's own seed, or for other images that of the run."""
    return "aviary_seed" if config.data.dataset == "aviary" else "seed"


def integers(argument: str, texts: Sequence[str]) -> tuple[int, ...]:
    """Parse texts such as `3` and `0-9` into the numbers that they stand for, each once.

    Args:
      argument: Name of the argument for the error message, such as `seeds`.
      texts: Numbers and ranges.

    Raises:
      errors.UserError: If a text is neither a whole number nor a range.
    """
    return tuple(dict.fromkeys(number for text in texts for number in _range(argument, text)))


def require_factor(name: str) -> None:
    """Check that a setting can be varied; raise errors.UserError if not."""
    options = config_lib.options(config_lib.RunConfig())
    if name not in options:
        raise errors.unknown_value("vary", name, options)
    if name in _ARGUMENTS:
        raise errors.UserError(
            f"`{errors.setting('vary')}` must name a setting without an argument of its own. Received: "
            f"{errors.setting('vary', name)}. Use {errors.setting(_ARGUMENTS[name])}."
        )
    if options[name][1].metadata.get("local"):
        raise errors.UserError(
            f"`{errors.setting('vary')}` must name a setting that scores depend on. Received: "
            f"{errors.setting('vary', name)}, which changes no score. Set {errors.setting(name)} once for all runs."
        )


def _range(argument: str, text: str) -> Iterator[int]:
    match = re.fullmatch(r"\s*(\d{1,10})(?:-(\d{1,10}))?\s*", text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if last < first or last - first >= _MOST_SEEDS:
        raise errors.UserError(
            f"`{errors.setting(argument)}` must be whole numbers from 0, or ranges of at most {_MOST_SEEDS:,}, such as "
            f"0-9,12. Received: {errors.setting(argument, text)}. Write numbers and ranges with commas between them."
        )
    yield from range(first, last + 1)


def _classes(grid: Grid) -> list[str]:
    """List the names of the classes to choose from, sorted: those with a folder of images."""
    data = grid.base.data
    if data.dataset != "folder":
        raise errors.UserError(
            f"`{errors.setting('choices')}` must be used with {errors.setting('dataset', 'folder')}. Received: "
            f"{errors.setting('choices')} with {errors.setting('dataset', data.dataset)}, whose split determines the "
            f"unseen classes. Use {errors.setting('seeds')}."
        )
    if data.unseen:
        raise errors.UserError(
            f"`{errors.setting('choices')}` must be used without {errors.setting('unseen')}. Received: "
            f"{errors.setting('choices')} with {errors.setting('unseen', tuple(data.unseen))}. Leave one of them out."
        )
    images = paths.expanded(data.data_dir) / "images"
    names = sorted(path.name for path in images.iterdir() if path.is_dir()) if images.is_dir() else []
    if not 0 < grid.unseen_count < len(names):
        raise errors.UserError(
            f"`{errors.setting('unseen_count')}` must be at least 1 and less than the number of classes. Received: "
            f"{errors.setting('unseen_count', grid.unseen_count)} with {len(names)} classes in {images}. Choose "
            "another number, or add classes."
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
