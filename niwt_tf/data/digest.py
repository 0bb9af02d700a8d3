# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Fingerprint a dataset's own files: if these change, the stages that read them run again.

Nothing here imports TensorFlow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from niwt_tf import config as config_lib
from niwt_tf.data import folders, named_files
from niwt_tf.data.apy import files as apy
from niwt_tf.data.awa2 import files as awa2
from niwt_tf.data.benchmarks import class_files, prepared_copy, split_files
from niwt_tf.data.cub import files as cub
from niwt_tf.data.folder import layout, table
from niwt_tf.data.sun import files as sun
from niwt_tf.util import paths as paths_lib

_CLASS_FILES = {"apy": apy.FILES, "awa2": awa2.FILES, "cub": cub.FILES, "sun": sun.FILES}


def images(config: config_lib.DataConfig) -> str:
    """Compute the fingerprint of the images and of their split; a benchmark's are fetched if they are missing.

    It is empty for the aviary, whose settings determine both.

    Raises:
      errors.UserError: If files cannot be obtained, or a folder is not laid out as required.
      OSError: If a folder cannot be read or written.
    """
    if config.dataset == "folder":
        return layout.read(paths_lib.expanded(config.data_dir), config.unseen).digest()
    if config.dataset == "aviary":
        return ""
    origin = prepared_copy.find_origin(config)
    return config_lib.fingerprint(origin.split.content, origin.images_sha256)


def knowledge(config: config_lib.DataConfig, domain: config_lib.DomainConfig) -> dict[str, str]:
    """Stamp the dataset's own files that describe its classes in the domains of `domain`; the aviary has none.

    Raises:
      OSError: If a file cannot be read.
    """
    domains = [name for name in domain.domain.split("+") if not getattr(domain, f"{name}_dir", "")]
    find = _find_in_folder if config.dataset == "folder" else _find_in_benchmark
    return {f"{name} {path.name}": named_files.stamp(path) for name in domains for path in find(config, name)}


def outlines(config: config_lib.DataConfig) -> dict[str, str]:
    """Stamp the files that outline objects in the images of a benchmark, or of a folder.

    Raises:
      OSError: If a file cannot be read.
    """
    if config.dataset == "folder":
        path = paths_lib.expanded(config.data_dir) / layout.BOXES
        return {path.name: named_files.stamp(path)} if paths_lib.has_file(path) else {}
    if config.dataset not in _CLASS_FILES:
        return {}
    return {path.name: named_files.stamp(path) for path in _existing(config, _CLASS_FILES[config.dataset].annotations)}


def _find_in_folder(config: config_lib.DataConfig, domain: str) -> Iterator[Path]:
    root = paths_lib.expanded(config.data_dir)
    paths = {"attributes": table.find(root), "captions": root / layout.CAPTIONS, "documents": root / layout.DOCUMENTS}
    if domain in paths and paths[domain].exists():
        yield paths[domain]


def _find_in_benchmark(config: config_lib.DataConfig, domain: str) -> Iterator[Path]:
    if config.dataset in _CLASS_FILES:
        yield from _existing(config, _CLASS_FILES[config.dataset].by_domain.get(domain, ()))


def _existing(config: config_lib.DataConfig, names: Sequence[class_files.Names]) -> Iterator[Path]:
    """Find those of a benchmark's files that exist."""
    files = class_files.BenchmarkFiles(split_files.folders(config.dataset, folders.source_folder(config)))
    yield from filter(None, (files.find(*alternatives) for alternatives in names))
