# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of photographs on their way into a prepared dataset, and out of it."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from PIL import Image

from niwt_tf import errors
from niwt_tf.data import photographs, zero_shot
from niwt_tf.data.files import jpeg

_CLASSES = ("lynx", "otter", "shrew")
_SIZES = [(96, 64), (50, 70), (256, 256), (300, 260), (33, 31), (400, 256), (256, 300)]


def _photographs(folder: Path, count: int, corrupt: int = 0) -> list[photographs.Photograph]:
    """Write smooth images of many sizes, then some files that are none."""
    found = []
    for number in range(count + corrupt):
        label = _CLASSES[number % 3]
        path = folder / label / f"{number:03d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        found.append(photographs.Photograph(path, f"{label}/{path.name}", label))
        path.write_bytes(_jpeg(number) if number < count else b"no image")
    return found


def _jpeg(number: int) -> bytes:
    rng = np.random.default_rng(number)
    image = Image.fromarray(rng.integers(0, 256, (6, 6, 3), np.uint8))
    stream = io.BytesIO()
    image.resize(_SIZES[number % len(_SIZES)], Image.Resampling.BICUBIC).save(stream, "JPEG", quality=95)
    return stream.getvalue()


def _prepare(folder: Path, images: list[photographs.Photograph]) -> tfds.core.DatasetBuilder:
    return tfds.dataset_builders.store_as_tfds_dataset(
        name="animals",
        version="1.0.0",
        features=photographs.features(_CLASSES),
        split_datasets={"train": photographs.examples(images, "reading")},
        data_dir=folder,
    )


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> tfds.core.DatasetBuilder:
    """Thirty photographs, prepared."""
    folder = tmp_path_factory.mktemp("photographs")
    return _prepare(folder / "prepared", _photographs(folder / "raw", 30))


@pytest.fixture
def uncached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every dataset too large to be kept decoded."""
    monkeypatch.setattr(photographs, "_CACHE_BYTES", 0)


def _arrays(batches: tf.data.Dataset) -> tuple[np.ndarray, np.ndarray]:
    images, labels = zip(*batches.as_numpy_iterator(), strict=True)
    return np.concatenate(images), np.concatenate(labels)


def _decode(data: bytes, ratio: int) -> np.ndarray:
    """Return what Pillow decodes, reduced by `ratio`."""
    image = Image.open(io.BytesIO(data))
    image.draft("RGB", (image.width // ratio, image.height // ratio))
    return np.asarray(image)


def _twin(data: bytes, size: int) -> np.ndarray:
    """Return the middle square, bilinear with centres of pixels at halves, having been reduced by libjpeg."""
    shorter = min(Image.open(io.BytesIO(data)).size)
    pixels = _decode(data, max(ratio for ratio in (1, 2, 4, 8) if ratio == 1 or shorter // ratio >= size))
    side = min(pixels.shape[:2])
    top, left = (pixels.shape[0] - side) // 2, (pixels.shape[1] - side) // 2
    square = pixels[top : top + side, left : left + side].astype(np.float64)
    places = np.clip((np.arange(size) + 0.5) * side / size - 0.5, 0, side - 1)
    low = np.minimum(places.astype(int), max(side - 2, 0))
    share = places - low
    rows = square[low] * (1 - share)[:, None, None] + square[low + 1] * share[:, None, None]
    return rows[:, low] * (1 - share)[None, :, None] + rows[:, low + 1] * share[None, :, None]


def test_examples_are_in_order_with_their_features(tmp_path: Path) -> None:
    images = _photographs(tmp_path, 20)
    found = list(photographs.examples(images, "reading"))
    assert [key for key, _ in found] == [image.name for image in images]
    for image, (key, example) in zip(images, found, strict=True):
        assert example.keys() == photographs.features(3).keys()
        assert (example["name"], example["label"]) == (key, image.label)
        assert example["image"].read() == jpeg.to_jpeg(image.path.read_bytes())


def test_a_box_is_kept_alone(tmp_path: Path) -> None:
    path = _photographs(tmp_path, 1)[0].path
    [(_, example)] = photographs.examples([photographs.Photograph(path, "a", "lynx", (10, 20, 40, 60))], "reading")
    assert Image.open(example["image"]).size == (30, 40)


def test_nothing_is_said_when_all_is_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    list(photographs.examples(_photographs(tmp_path, 3), "reading"))
    assert capsys.readouterr() == ("", "")


def test_corrupt_images_are_skipped_and_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    images = _photographs(tmp_path, 3, corrupt=1)
    (tmp_path / "shrew" / "002.jpg").write_bytes(_jpeg(2))
    found = [key for key, _ in photographs.examples(images, "reading")]
    assert found == [image.name for image in images[:3]]
    why = "not an image that Pillow can read"
    assert capsys.readouterr().out == f"  skipped 1 of 4 images that cannot be read: lynx/003.jpg ({why})\n"
    assert caplog.record_tuples == [
        ("niwt_tf.data.photographs", logging.WARNING, f"{images[3].path} is skipped: {why}")
    ]


@pytest.mark.parametrize(
    ("corrupt", "count", "error"), [(1, 1, False), (2, 200, False), (2, 199, True), (3, 200, True)]
)
def test_a_hundredth_may_be_skipped_and_no_more(
    tmp_path: Path, corrupt: int, count: int, error: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    images = _photographs(tmp_path, 1, corrupt)
    images = images[:1] * (count - corrupt) + images[1:]
    reading = photographs.examples(images, "reading")
    if error:
        with pytest.raises(errors.UserError, match=f"At least 99% .* Received: {corrupt} of {count} images"):
            list(reading)
    else:
        assert len(list(reading)) == count - corrupt
        assert f"skipped {corrupt} of {count} images" in capsys.readouterr().out


def test_too_many_corrupt_images_are_an_error_that_names_ten(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError) as caught:
        list(photographs.examples(_photographs(tmp_path, 1, corrupt=13), "reading"))
    names = [f"{_CLASSES[number % 3]}/{number:03d}.jpg (not an image that Pillow can read)" for number in range(1, 11)]
    assert str(caught.value) == (
        "At least 99% of the images must be readable. Received: 13 of 14 images that cannot be read: "
        f"{', '.join(names)} and 3 more. Repair or remove these files."
    )


def test_too_many_corrupt_images_leave_nothing_prepared(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="At least 99%"):
        _prepare(tmp_path / "prepared", _photographs(tmp_path / "raw", 3, corrupt=2))
    assert not list((tmp_path / "prepared").rglob("*.tfrecord*"))


def test_a_photograph_that_is_not_there_is_told(tmp_path: Path) -> None:
    images = _photographs(tmp_path, 3)
    images[1].path.unlink()
    with pytest.raises(errors.UserError, match=r"otter/001\.jpg, no such file\."):
        list(photographs.examples(images, "reading"))


def test_features_know_classes_by_name_or_number() -> None:
    assert photographs.features(_CLASSES)["label"].names == list(_CLASSES)
    assert photographs.features(7)["label"].num_classes == 7


@pytest.mark.parametrize("size", [64, 128, 224, 300])
def test_splits_are_what_numpy_makes_of_the_files(builder: tfds.core.DatasetBuilder, size: int) -> None:
    split = photographs.split(builder, "train", size)
    images, labels = _arrays(split.batches(7))
    assert images.shape == (30, size, size, 3) and images.dtype == np.uint8
    assert labels.tolist() == split.labels.tolist() and split.labels.dtype == np.int64
    plain = builder.as_dataset(split="train", decoders={"image": tfds.decode.SkipDecoding()})
    twins = [(_twin(example["image"], size), example["label"]) for example in plain.as_numpy_iterator()]
    matched = set()
    for image, label in zip(images, labels, strict=True):
        # A square's outer columns may differ: there libjpeg interpolates colours without the pixels beyond.
        apart = [np.abs(twin - image)[:, size // 8 : -size // 8].max() for twin, _ in twins]
        nearest = int(np.argmin(apart))
        assert apart[nearest] <= 1, "but for rounding"
        assert twins[nearest][1] == label
        matched.add(nearest)
    assert len(matched) == 30


@pytest.mark.parametrize(("side", "size"), [(256, 64), (256, 16), (100, 64), (130, 64), (64, 64)])
def test_shrinking_leaves_no_pixel_out_and_small_images_stay_sharp(side: int, size: int) -> None:
    pixels = np.zeros((side, side, 3), np.uint8)
    pixels[:, ::4] = 255
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=100, subsampling=0)
    found = photographs.middle_square(tf.constant(stream.getvalue()), size).numpy()
    if side == size:
        np.testing.assert_allclose(found, pixels, atol=1)
    else:
        assert abs(found.mean() - 255 / 4) < 6, "a quarter of the columns is white"


@pytest.mark.usefixtures("uncached")
def test_kept_or_not_the_images_are_the_same(builder: tfds.core.DatasetBuilder) -> None:
    uncached = photographs.split(builder, "train", 32)
    assert uncached.decode is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(photographs, "_CACHE_BYTES", 2**30)
        cached = photographs.split(builder, "train", 32)
    for batch_size, seed in ((1, None), (7, None), (7, 3)):
        for ours, theirs in zip(
            _arrays(uncached.batches(batch_size, seed)), _arrays(cached.batches(5, seed)), strict=True
        ):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(("limit", "kept"), [(30 * 8 * 8 * 3 + 1, True), (30 * 8 * 8 * 3, False)])
def test_decoded_images_are_kept_below_a_gibibyte(
    builder: tfds.core.DatasetBuilder, limit: int, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert photographs._CACHE_BYTES == 2**30
    monkeypatch.setattr(photographs, "_CACHE_BYTES", limit)
    decoded = _counted(monkeypatch)
    split = photographs.split(builder, "train", 8)
    for _ in range(2):
        _arrays(split.batches(7))
    assert len(decoded) == (30 if kept else 60)


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows with each image that is decoded."""
    decoded: list[int] = []
    original: Callable[[tf.Tensor, int], tf.Tensor] = photographs.middle_square

    def note(data: tf.Tensor) -> tf.Tensor:
        decoded.append(1)
        return data

    def counting(data: tf.Tensor, size: int) -> tf.Tensor:
        return original(tf.ensure_shape(tf.py_function(note, [data], tf.string), []), size)

    monkeypatch.setattr(photographs, "middle_square", counting)
    return decoded


@pytest.mark.usefixtures("uncached")
def test_only_what_is_requested_is_decoded(builder: tfds.core.DatasetBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = _counted(monkeypatch)
    split = photographs.split(builder, "train", 8)
    assert not decoded, "labels are read without images"
    images, labels = _arrays(split.batches(30))
    decoded.clear()
    keep = split.labels == 1
    subset: zero_shot.Split = split.subset(keep, np.array([5, 6, 7]))
    found, relabelled = _arrays(subset.batches(4))
    assert len(decoded) == len(found) == keep.sum()
    np.testing.assert_array_equal(found, images[keep])
    assert set(relabelled.tolist()) == {6}
    decoded.clear()
    np.testing.assert_array_equal(_arrays(split.batches(4, skip=23))[0], images[23:])
    assert len(decoded) == 7


def test_slices_of_a_split_are_its_parts_in_order(builder: tfds.core.DatasetBuilder) -> None:
    whole, labels = _arrays(photographs.split(builder, "train", 16).batches(30))
    part = photographs.split(builder, "train[10:25]", 16)
    np.testing.assert_array_equal(_arrays(part.batches(4))[0], whole[10:25])
    assert part.labels.tolist() == labels[10:25].tolist()


def test_reading_again_gives_the_same(builder: tfds.core.DatasetBuilder) -> None:
    first, second = (_arrays(photographs.split(builder, "train", 40).batches(7, shuffle_seed=1)) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])
