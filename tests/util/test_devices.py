# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the devices; GPUs are played by stand-ins where there is none."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.backbones import small
from niwt_tf.util import devices

_ROOT = Path(__file__).resolve().parents[2]


class _Foreign(keras.layers.Layer):
    """A layer of another maker's, which must not be given float16."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return tf.debugging.assert_type(inputs, tf.float32) or inputs


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A GPU of compute capability 9.0; the limits of its memory that are set."""
    limits: list[Any] = []
    one = tf.config.PhysicalDevice("/physical_device:GPU:0", "GPU")
    details = {"device_name": "NVIDIA H100", "compute_capability": (9, 0)}
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: [one])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda _: details)
    monkeypatch.setattr(tf.config, "set_logical_device_configuration", lambda _, given: limits.extend(given))
    monkeypatch.setattr(tf.config, "get_logical_device_configuration", lambda _: limits)
    return limits


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: [])


def test_without_a_gpu_the_cores_are_described(no_gpu: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices.os, "sched_getaffinity", lambda _: {0, 3}, raising=False)
    expected = "no GPU: TensorFlow computes on 2 CPU cores"
    assert devices.configure(config_lib.RunConfig(memory_limit=100)) == expected


def test_a_gpu_is_described_by_its_name_and_keeps_all_its_memory(gpu: list[Any]) -> None:
    assert devices.configure(config_lib.RunConfig()) == "TensorFlow computes on NVIDIA H100"
    assert not gpu


def test_memory_is_limited_before_a_gpu_is_used(gpu: list[Any]) -> None:
    devices.configure(config_lib.RunConfig(memory_limit=1024))
    assert [one.memory_limit for one in gpu] == [1024]


def test_a_limit_that_comes_too_late_is_an_error_unless_it_is_the_same(
    gpu: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(*_: Any) -> None:
        raise RuntimeError("Virtual devices cannot be modified after being initialized")

    monkeypatch.setattr(tf.config, "set_logical_device_configuration", late)
    gpu.append(tf.config.LogicalDeviceConfiguration(memory_limit=1024))
    devices.configure(config_lib.RunConfig(memory_limit=1024))
    with pytest.raises(errors.UserError, match="`memory_limit` must be set before the first use of a GPU"):
        devices.configure(config_lib.RunConfig(memory_limit=512))


_RECORD = """
import json
from niwt_tf.util import devices
print(json.dumps(devices.record()))
"""


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 3])
def test_the_record_holds_threads_and_onednn_as_they_are(threads: int) -> None:
    names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    env = os.environ | dict.fromkeys(names, str(threads)) | {"TF_ENABLE_ONEDNN_OPTS": str(threads % 2)}
    command = [sys.executable, "-c", _RECORD]
    answer = subprocess.run(command, check=True, cwd=_ROOT, capture_output=True, text=True, env=env)
    record = json.loads(answer.stdout)
    assert {name: record["threads"][name] for name in ("intra_op", "inter_op")} == {
        "intra_op": threads,
        "inter_op": threads,
    }
    assert record["threads"]["blas"] == min(threads, record["cores"]) or record["threads"]["blas"] == threads
    assert record["processor"] and record["onednn"] is True


@pytest.mark.parametrize(
    ("setting", "features", "expected"),
    [("", "avx avx2", False), ("", "avx512f avx512_vnni", True), ("0", "avx512_vnni", False), ("1", "avx", True)],
)
def test_onednn_is_as_the_environment_says_or_the_processor(
    setting: str, features: str, expected: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text(f"model name\t: A 1 B\nflags\t\t: fpu {features}\n", "utf-8")
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", setting)
    assert devices._uses_onednn(tmp_path / "cpuinfo") is expected
    assert devices.processor(tmp_path / "cpuinfo") == "A 1 B"
    assert devices.processor(tmp_path / "none") == (platform.processor() or platform.machine())


def test_compilation_and_half_precision_without_a_gpu_are_only_on_request(no_gpu: None) -> None:
    for function in (devices.compiles, devices.uses_half_precision):
        assert [function(setting) for setting in ("auto", "on", "off")] == [False, True, False]


def test_compilation_and_half_precision_with_a_gpu_are_off_only_on_request(gpu: list[Any]) -> None:
    for function in (devices.compiles, devices.uses_half_precision):
        assert [function(setting) for setting in ("auto", "on", "off")] == [True, True, False]


@pytest.mark.parametrize(("details", "expected"), [({"compute_capability": (6, 1)}, False), ({}, False)])
def test_an_old_gpu_has_no_half_precision(
    gpu: list[Any], details: dict[str, Any], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda _: details)
    assert devices.uses_half_precision("auto") is expected


def test_half_precision_lasts_until_the_end_of_the_block() -> None:
    keras.utils.set_random_seed(0)
    network, images = small.build(16), np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), np.uint8)
    before = network(images, training=False)
    with devices.half_precision(network):
        within = network(images, training=False)
    assert within.dtype == tf.float16
    assert 0 < np.abs(before - tf.cast(within, tf.float32)).max() < 1e-2 * np.abs(before).max()
    np.testing.assert_array_equal(network(images, training=False), before)
    with devices.half_precision(network, on=False):
        np.testing.assert_array_equal(network(images, training=False), before)


def test_layers_of_other_makers_go_on_in_full_precision() -> None:
    inputs = keras.Input((4,))
    network = keras.Model(inputs, _Foreign()(keras.layers.Dense(3)(inputs)))
    with devices.half_precision(network):
        assert network(np.ones((1, 4), np.float32)).dtype == tf.float32
        assert network.layers[1].compute_dtype == "float16"


@pytest.mark.slow
def test_determinism_is_switched_on_for_the_process() -> None:
    script = """
import tensorflow as tf
from niwt_tf import config
from niwt_tf.util import devices
devices.configure(config.RunConfig())
tf.random.uniform([1])
devices.configure(config.RunConfig(deterministic=True))
try:
    tf.random.uniform([1])
except RuntimeError as error:
    print(error)
"""
    answer = subprocess.run([sys.executable, "-c", script], check=True, cwd=_ROOT, capture_output=True, text=True)
    assert answer.stdout.startswith("Random ops require a seed to be set when determinism is enabled.")
