# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Names of the files of Animals with Attributes 2 that describe its classes. Imports nothing heavy."""

from pathlib import Path

from niwt_tf.data.benchmarks import class_files, split_files

CONTINUOUS, BINARY = "predicate-matrix-continuous.txt", "predicate-matrix-binary.txt"
CLASSES, NAMES = "classes.txt", "predicates.txt"
CAPTIONS = Path(__file__).parent / "captions"

FILES = class_files.ClassFiles(
    {
        "attributes": ((CONTINUOUS,), (CLASSES,), (NAMES,), split_files.MAT_FILES[:1]),
        "binary_attributes": ((BINARY,), (CLASSES,), (NAMES,)),
        "captions": ((str(CAPTIONS),),),
    }
)
