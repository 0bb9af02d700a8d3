# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Configure how TensorFlow uses the machine: GPU memory, XLA, half precision, determinism."""

from __future__ import annotations

import contextlib
import os
import platform
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
import threadpoolctl

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.util import machine

_HALF_PRECISION_FROM = (7, 0)  # compute capability of the first GPUs with fast float16
_ONEDNN_FEATURES = re.compile(r"\b(avx512_vnni|avx512_bf16|avx512_fp16|avx_vnni|amx_\w+)\b")  # as in TensorFlow
_IMAGE_LAYERS = (
    keras.layers.Rescaling,
    keras.layers.Normalization,
)  # their inputs are bytes: float16 rounds them


def configure(config: config_lib.RunConfig) -> str:
    """Apply the settings of the whole process, and describe the device that TensorFlow computes on.

    Raises:
      errors.UserError: If a GPU was used before, so that its memory can no longer be limited.
    """
    if config.deterministic:
        tf.config.experimental.enable_op_determinism()
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return f"no GPU: TensorFlow computes on {machine.cores()} CPU cores"
    if config.memory_limit:
        _limit_memory(gpus[0], config.memory_limit)
    return f"TensorFlow computes on {_name(gpus[0])}"


def record() -> dict[str, Any]:
    """Describe the machine, on which results also depend, for `metrics.json`.

    Returns:
      `processor` and `gpu`: Names of the processor and of the first GPU; `gpu` is None if there is none.
      `cores`: Number of cores that this process may use.
      `threads`: Numbers of threads of TensorFlow within an operation (`intra_op`) and across operations (`inter_op`),
        and of the libraries that NumPy and SciPy compute with (`blas`, `openmp`; the largest number of several).
      `onednn`: True if TensorFlow may use oneDNN's operations.
    """
    gpus = tf.config.list_physical_devices("GPU")
    numbers = (
        tf.config.threading.get_intra_op_parallelism_threads(),
        tf.config.threading.get_inter_op_parallelism_threads(),
    )
    threads = {
        name: number or _read_number(f"TF_NUM_{name.replace('_op', 'op').upper()}_THREADS") or machine.cores()
        for name, number in zip(("intra_op", "inter_op"), numbers, strict=True)
    }
    for pool in threadpoolctl.threadpool_info():
        threads[pool["user_api"]] = max(pool["num_threads"], threads.get(pool["user_api"], 0))
    return {
        "processor": processor(),
        "gpu": _name(gpus[0]) if gpus else None,
        "cores": machine.cores(),
        "threads": threads,
        "onednn": _uses_onednn(),
    }


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Read the name of the processor, or at least its architecture."""
    match = re.search(r"^model name\s*:\s*(.+)$", machine.read(cpuinfo), re.MULTILINE)
    return match[1].strip() if match else platform.processor() or platform.machine()


def compiles(setting: str) -> bool:
    """Decide from the setting `jit_compile` (on, off or auto) whether loops are compiled with XLA."""
    return setting == "on" or (setting == "auto" and bool(tf.config.list_physical_devices("GPU")))


def uses_half_precision(setting: str) -> bool:
    """Decide from the setting `mixed_precision` (on, off or auto) whether networks are trained in float16."""
    if setting != "auto":
        return setting == "on"
    gpus = tf.config.list_physical_devices("GPU")
    return bool(gpus) and _details(gpus[0]).get("compute_capability", (0, 0)) >= _HALF_PRECISION_FROM


@contextlib.contextmanager
def half_precision(network: keras.Model, on: bool = True) -> Iterator[None]:
    """Set Keras' own layers in `network` to compute in float16 within the block; their weights stay float32.

    Layers that preprocess images stay in float32, and so do layers of other packages, such as those of a SavedModel.
    """
    layers = [layer for layer in network.layers if on and _may_be_half(layer)]
    policies = [layer.dtype_policy for layer in layers]
    try:
        for layer in layers:
            layer.dtype_policy = "mixed_float16"
        yield
    finally:
        for layer, policy in zip(layers, policies, strict=True):
            layer.dtype_policy = policy


def _may_be_half(layer: keras.layers.Layer) -> bool:
    return type(layer).__module__.startswith("keras.") and not isinstance(layer, _IMAGE_LAYERS)


def _limit_memory(gpu: tf.config.PhysicalDevice, mebibytes: int) -> None:
    limits = [tf.config.LogicalDeviceConfiguration(memory_limit=mebibytes)]
    try:
        tf.config.set_logical_device_configuration(gpu, limits)
    except RuntimeError:
        if [one.memory_limit for one in tf.config.get_logical_device_configuration(gpu) or ()] != [mebibytes]:
            raise errors.UserError(
                f"`{errors.setting('memory_limit')}` must be set before the first use of a GPU. Received: "
                f"{errors.setting('memory_limit', mebibytes)} in a process that has used one. Start a new process."
            ) from None


def _name(gpu: tf.config.PhysicalDevice) -> str:
    return _details(gpu).get("device_name", gpu.name)


def _details(gpu: tf.config.PhysicalDevice) -> dict:
    return tf.config.experimental.get_device_details(gpu)


def _uses_onednn(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Check whether TensorFlow uses oneDNN: as the environment sets it, else as its default for the processor."""
    setting = os.environ.get(machine.ONEDNN, "")
    return setting.strip().lower() in ("1", "true") if setting else bool(_ONEDNN_FEATURES.search(machine.read(cpuinfo)))


def _read_number(variable: str) -> int:
    """Read a whole number from an environment variable; 0 if it is unset or not a whole number."""
    text = os.environ.get(variable, "").strip()
    return int(text) if text.isdigit() else 0
