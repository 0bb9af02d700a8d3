# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Names of the files of the SUN Attribute database that describe its classes. Imports nothing heavy."""

from niwt_tf.data.benchmarks import class_files, split_files

NAMES = ("SUNAttributeDB/attributes.mat", "attributes.mat")

FILES = class_files.ClassFiles({"attributes": (NAMES, split_files.MAT_FILES[:1])})
