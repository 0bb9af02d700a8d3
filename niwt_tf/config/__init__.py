# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""What can be set: the dataclasses of settings, and the networks by name."""

from niwt_tf.config.settings import (
    BIASES,
    DOMAINS,
    MAP_FITS,
    MAP_LOSSES,
    TRANSFER_FITS,
    BackboneConfig,
    DataConfig,
    DomainConfig,
    MapConfig,
    RunConfig,
    TransferConfig,
    ValidationConfig,
    alternatives,
    check_network,
    fingerprint,
    from_record,
    options,
)

__all__ = [
    "BIASES",
    "BackboneConfig",
    "DOMAINS",
    "DataConfig",
    "DomainConfig",
    "MAP_FITS",
    "MAP_LOSSES",
    "MapConfig",
    "RunConfig",
    "TRANSFER_FITS",
    "TransferConfig",
    "ValidationConfig",
    "alternatives",
    "check_network",
    "fingerprint",
    "from_record",
    "options",
]
