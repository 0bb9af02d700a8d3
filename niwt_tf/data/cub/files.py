# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Names of the files of CUB_200_2011 that describe its classes and outline its birds. Imports nothing heavy."""

from niwt_tf.data.benchmarks import class_files, split_files

MATRIX, CLASSES = "attributes/class_attribute_labels_continuous.txt", "classes.txt"
NAMES = ("attributes/attributes.txt", "attributes.txt")
TEXTS = ("text_c10", "cvpr2016_cub/text_c10")
EMBEDDINGS = "sent_splits.mat"
NUMBERS, BOXES = "images.txt", "bounding_boxes.txt"
PARTS, PART_POINTS = "parts/parts.txt", "parts/part_locs.txt"

FILES = class_files.ClassFiles(
    {
        "attributes": ((MATRIX,), (CLASSES,), NAMES, split_files.MAT_FILES[:1]),
        "captions": (TEXTS,),
        "sentences": ((EMBEDDINGS,),),
    },
    annotations=((NUMBERS,), (BOXES,), (PARTS,), (PART_POINTS,)),
)
