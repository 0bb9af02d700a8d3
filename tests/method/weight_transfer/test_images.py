# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the images that weights are found on where these are no training images."""

from __future__ import annotations

import os
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.backbones import backbone as backbone_lib
from niwt_tf.backbones import small
from niwt_tf.data import named_files, user_images
from niwt_tf.method.weight_transfer import images as images_lib

_NOISE = config_lib.TransferConfig(transfer_source="noise", transfer_images=70)


def _photographs(folder: Path, count: int) -> config_lib.TransferConfig:
    rng = np.random.default_rng(0)
    for number in range(count):
        pixels = rng.integers(0, 256, (20, 30, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.{'png' if number % 2 else 'jpg'}")
    return config_lib.TransferConfig(transfer_source=f"images:{folder}", transfer_images=70)


def _all(config: config_lib.TransferConfig, seed: int = 0) -> np.ndarray:
    return np.concatenate(list(images_lib.images(config, 16, seed)))


def test_noise_is_as_likely_to_be_of_any_value_in_any_pixel() -> None:
    noise = _all(_NOISE)
    assert (noise.shape, noise.dtype) == ((70, 16, 16, 3), np.uint8)
    counts = np.bincount(noise.ravel(), minlength=256)
    assert counts.min() > 0.6 * counts.mean() and counts.max() < 1.4 * counts.mean()
    assert abs(np.corrcoef(noise[:, :, 1:].ravel(), noise[:, :, :-1].ravel())[0, 1]) < 0.02
    assert len(np.unique(noise.reshape(70, -1), axis=0)) == 70


def test_noise_follows_from_the_seed() -> None:
    np.testing.assert_array_equal(_all(_NOISE), _all(_NOISE))
    assert (_all(_NOISE) != _all(_NOISE, seed=1)).any()


def test_photographs_are_read_as_the_project_reads_them(tmp_path: Path) -> None:
    config = _photographs(tmp_path, 3)
    expected = np.stack([user_images.read(path, 16) for path in sorted(tmp_path.iterdir())])
    np.testing.assert_array_equal(_all(config), expected)


def test_photographs_that_cannot_be_read_are_skipped_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = _photographs(tmp_path, 2)
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    assert len(_all(config)) == 2
    told = "skipped 1 of 3 images of the transfer: " + f"{tmp_path / 'broken.jpg'} (not an image that Pillow can read)"
    assert told in " ".join("".join(capsys.readouterr()).split())


def test_without_one_that_can_be_read_that_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"")
    config = config_lib.TransferConfig(transfer_source=f"images:{tmp_path}")
    message = r"^`transfer_source` must name a folder of photographs that can be read\. Received: .*\(an empty file\)\."
    with pytest.raises(errors.UserError, match=message):
        _all(config)


def test_activations_are_the_trunk_s() -> None:
    keras.utils.set_random_seed(0)
    backbone = backbone_lib.Backbone(small.build(16), "conv3")
    images = np.random.default_rng(1).integers(0, 256, (5, 16, 16, 3), np.uint8)
    found = images_lib.activations(backbone, iter([images[:4], images[4:]]), most=9)
    assert (found.shape, found.dtype) == ((5, *backbone.activation_shape), np.float16)
    expected = backbone.trunk(images, training=False).numpy()
    assert expected.max() > 0
    np.testing.assert_allclose(found, expected, rtol=2**-9, atol=1e-4)


def test_pipes_and_dead_links_are_skipped_and_what_is_no_image_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = _photographs(tmp_path, 2)
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "dead.jpg").symlink_to("nowhere")
    (tmp_path / "notes.txt").write_text("none", "utf-8")
    (tmp_path / "again").symlink_to(".")
    stamps = named_files.transfer_stamps(config, 0)
    assert (stamps["pipe.jpg"], stamps["dead.jpg"], len(stamps)) == ("a pipe", "a link to nothing", 4)
    assert len(_all(config)) == 2
    told = capsys.readouterr().out
    assert f"left out 2 of the files and links in {tmp_path}: again (" in told and "notes.txt (not an image)" in told
    assert f"{tmp_path / 'dead.jpg'} (a link to nothing), {tmp_path / 'pipe.jpg'} (a pipe)" in told
