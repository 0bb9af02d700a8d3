# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of a folder of the user's as a zero-shot dataset."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.data.folder import layout, loader

_COLOURS = {"ant": (200, 0, 0), "bee": (0, 200, 0), "cat": (0, 0, 200), "dog": (200, 200, 0)}


@pytest.fixture
def config(tmp_path: Path) -> config_lib.DataConfig:
    """Three seen classes of five images, one unseen class of five, each of a colour of its own."""
    root = tmp_path / "mine"
    for label, colour in _COLOURS.items():
        (root / "images" / label).mkdir(parents=True)
        for number in range(5):
            Image.new("RGB", (40 + number, 30), colour).save(root / "images" / label / f"{number}.png")
    return config_lib.DataConfig(
        dataset="folder", data_dir=str(root), prepared_dir=str(tmp_path / "prepared"), unseen=("dog",)
    )


def test_images_come_with_their_classes(config: config_lib.DataConfig) -> None:
    dataset = loader.load(config, 16)
    assert (dataset.seen, dataset.unseen, dataset.imageless) == (("ant", "bee", "cat"), ("dog",), ())
    assert dataset.validation == ("cat",)
    for split, count in ((dataset.train, 12), (dataset.test_seen, 3), (dataset.test_unseen, 5)):
        assert len(split) == count
        for images, labels in split.batches(2).as_numpy_iterator():
            assert images.shape[1:] == (16, 16, 3) and images.dtype == np.uint8
            for image, label in zip(images, labels, strict=True):
                np.testing.assert_allclose(image[8, 8], _COLOURS[dataset.class_names[label]], atol=3)


def test_split_says_which_it_is(config: config_lib.DataConfig) -> None:
    dataset = loader.load(config, 16)
    assert dataset.split_version == "mine, a fifth of each seen class for the test"
    assert dataset.split_sha256 == loader.load(config, 16).split_sha256
    assert dataset.split_sha256 != loader.load(dataclasses.replace(config, unseen=("cat",)), 16).split_sha256


def test_images_are_prepared_once(config: config_lib.DataConfig, capsys: pytest.CaptureFixture[str]) -> None:
    prepared = (
        Path(config.prepared_dir) / "folder" / f"images_{layout.read(Path(config.data_dir), ['dog']).digest()[:12]}"
    )
    loader.load(config, 16)
    assert capsys.readouterr().out == f"  preparing the images in {prepared / '1.0.0'}\n"
    loader.load(config, 16)
    assert capsys.readouterr().out == ""
    (Path(config.data_dir) / "images" / "ant" / "0.png").unlink()
    assert len(loader.load(config, 16).train) == 11
    assert "preparing the images" in capsys.readouterr().out


def test_a_class_without_images_is_simply_unseen(config: config_lib.DataConfig) -> None:
    (Path(config.data_dir) / "attributes.csv").write_text(
        "class,red,dark\nant,1,0\nbee,0,1\ncat,-1,0\ndog,1,1\nokapi,1,0\n", "utf-8"
    )
    dataset = loader.load(config, 16)
    assert (dataset.unseen, dataset.imageless) == (("dog", "okapi"), ("okapi",))
    assert dataset.descriptions.attributes is not None and dataset.descriptions.captions is None
    attributes = dataset.descriptions.attributes()
    assert attributes.names == ("red", "dark")
    assert attributes.source == str(Path(config.data_dir) / "attributes.csv")
    np.testing.assert_array_equal(
        [attributes.values[n] for n in dataset.class_names], [[1, 0], [0, 1], [np.nan, 0], [1, 1], [1, 0]]
    )


def test_no_unseen_class_needs_an_image(config: config_lib.DataConfig) -> None:
    documents = Path(config.data_dir) / "documents"
    documents.mkdir()
    for name in ("ant", "bee", "cat", "dog", "okapi"):
        (documents / f"{name}.txt").write_text(f"The {name} is an animal.", "utf-8")
    dataset = loader.load(dataclasses.replace(config, unseen=()), 16)
    assert dataset.seen == ("ant", "bee", "cat", "dog") and dataset.unseen == dataset.imageless == ("okapi",)
    assert len(dataset.test_unseen) == 0 and list(dataset.test_unseen.batches(4)) == []
    assert dataset.descriptions.documents is not None
    assert dataset.descriptions.documents().by_class["okapi"] == ["The okapi is an animal."]


def test_captions_of_seen_classes_are_of_training_images(config: config_lib.DataConfig) -> None:
    captions = Path(config.data_dir) / "captions"
    for label in _COLOURS:
        (captions / label).mkdir(parents=True)
        for number in range(5):
            (captions / label / f"{number}.txt").write_text(f"{label} {number}\nmore of it\n", "utf-8")
    dataset = loader.load(config, 16)
    assert dataset.descriptions.captions is not None
    texts = dataset.descriptions.captions()
    assert texts.source == str(captions)
    parts = layout.read(Path(config.data_dir), ["dog"]).parts()
    for label in dataset.seen:
        trained = {Path(name).stem for name, of, _ in parts["train"] if of == label}
        assert len(trained) == 4
        assert {text for text in texts.by_class[label] if text != "more of it"} == {f"{label} {n}" for n in trained}
    assert len(texts.by_class["dog"]) == 10


def test_damaged_images_are_left_out_and_reported(
    config: config_lib.DataConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    (Path(config.data_dir) / "images" / "dog" / "3.png").write_bytes(b"no image")
    dataset = loader.load(config, 16)
    assert len(dataset.test_unseen) == 4
    assert "  skipped 1 of 5 images that cannot be read: dog/3.png (" in capsys.readouterr().out


def test_a_class_whose_images_are_all_damaged_is_reported(config: config_lib.DataConfig) -> None:
    for path in (Path(config.data_dir) / "images" / "dog").iterdir():
        path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(errors.UserError, match="Received: 5 of 5 images that cannot be read: dog/"):
        loader.load(config, 16)
    assert not list(Path(config.prepared_dir).glob("folder/*/1.0.0"))


def test_a_pipe_and_a_dead_link_are_skipped_and_named(
    config: config_lib.DataConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    images = Path(config.data_dir) / "images"
    os.mkfifo(images / "ant" / "pipe.jpg")
    (images / "dog" / "dead.jpg").symlink_to("nowhere")
    dataset = loader.load(config, 16)
    assert (len(dataset.train) + len(dataset.test_seen), len(dataset.test_unseen)) == (15, 5)
    output = capsys.readouterr().out
    assert "images that cannot be read: ant/pipe.jpg (a pipe)\n" in output
    assert "  skipped 1 of 6 images that cannot be read: dog/dead.jpg (a link to nothing)\n" in output


def test_images_of_any_ending_are_prepared_and_what_is_none_is_reported(
    config: config_lib.DataConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    images = Path(config.data_dir) / "images"
    for path in sorted((images / "ant").iterdir()):
        path.rename(path.with_suffix(""))
    for path in sorted((images / "dog").iterdir()):
        with Image.open(path) as image:
            image.save(path.with_suffix(".jfif"), "JPEG")
        path.unlink()
    (images / "dog" / "list.txt").write_text("1\n2\n", "utf-8")
    (images / "ant" / "@eaDir").mkdir()
    Image.new("RGB", (9, 9)).save(images / "ant" / "@eaDir" / "0.jpg")
    Image.new("RGB", (9, 9)).save(Path(os.fsdecode(os.fsencode(images) + b"/dog/caf\xe9.png")))
    dataset = loader.load(config, 16)
    assert (dataset.seen, dataset.unseen, dataset.imageless) == (("ant", "bee", "cat"), ("dog",), ())
    assert (len(dataset.train), len(dataset.test_seen), len(dataset.test_unseen)) == (12, 3, 6)
    output = capsys.readouterr().out
    assert output.startswith(f"  left out 1 of the files and links in {images}: dog/list.txt (not an image)\n")


def test_a_seen_class_without_a_readable_image_for_a_split_is_reported(config: config_lib.DataConfig) -> None:
    layout_ = layout.read(Path(config.data_dir), ["dog"])
    name, _, path = next(one for one in layout_.parts()["test_seen"] if one[1] == "bee")
    path.write_bytes(b"no image")
    with pytest.raises(errors.UserError) as caught:
        loader.load(config, 16)
    assert str(caught.value) == (
        "Each seen class must have an image for the test that can be read. Received: none for bee in "
        f"{config.data_dir}/images. Remove damaged files, or add images."
    )
    assert name.startswith("bee/")


def test_captions_go_by_path_and_those_that_may_be_of_test_images_are_not_read(
    config: config_lib.DataConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    root = Path(config.data_dir)
    parts = layout.read(root, ["dog"]).parts()
    tested = {label: Path(name).stem for name, label, _ in parts["test_seen"]}
    for label in _COLOURS:
        (root / "captions" / label / "deep").mkdir(parents=True)
        (root / "images" / label / "deep").mkdir()
        for number in range(5):
            (root / "captions" / label / f"{number}.txt").write_text(f"{label} {number}", "utf-8")
            (root / "captions" / label / "deep" / f"{number}.txt").write_text(f"{label} deep {number}", "utf-8")
            image = Image.new("RGB", (50 + number, 30), _COLOURS[label])
            image.save(root / "images" / label / "deep" / f"{number}.png")
    twin = Image.new("RGB", (70, 30), _COLOURS["ant"])
    twin.save(root / "images" / "ant" / f"{tested['ant']}.jpg")
    dataset = loader.load(config, 16)
    assert dataset.descriptions.captions is not None
    found = dataset.descriptions.captions().by_class
    assert len(found["dog"]) == 10
    for label in dataset.seen:
        train, test = ([name for name, of, _ in layout.read(root, ["dog"]).parts()[part] if of == label]
                       for part in ("train", "test_seen"))  # fmt: skip
        allowed = {name[len(label) + 1 :].rsplit(".", 1)[0] for name in train}
        allowed -= {name[len(label) + 1 :].rsplit(".", 1)[0] for name in test}
        assert sorted(found[label]) == sorted(f"{label} {place}".replace("/", " ") for place in allowed)
    captions = dataset.descriptions.captions
    capsys.readouterr()
    assert captions() is captions() and capsys.readouterr().out == ""


def test_boxes_are_annotations_of_test_images(config: config_lib.DataConfig) -> None:
    root = Path(config.data_dir)
    assert loader.load(config, 16).annotations is None
    rows = [f"{path.relative_to(root / 'images').as_posix()},0,15,30,30,x" for path in root.glob("images/*/*.png")]
    (root / "boxes.csv").write_text("\n".join(["file,x1,y1,x2,y2,more", *rows]), "utf-8")
    dataset = loader.load(config, 16)
    assert dataset.annotations is not None
    for split in ("test_seen", "test_unseen"):
        found = dataset.annotations(split)
        assert found.objects.shape == (len(getattr(dataset, split)), 4) and found.parts == {}
    # Of the images of dog, 30 high and 40 to 44 wide, the square begins at 5 to 7 pixels.
    expected = [[0.5, 0, 1, (30 - start) / 30] for start in (5, 5.5, 6, 6.5, 7)]
    np.testing.assert_allclose(np.sort(found.objects[:, 3]), np.sort([row[3] for row in expected]), atol=1e-6)
    np.testing.assert_allclose(found.objects[:, :3], [row[:3] for row in expected])


def test_boxes_of_no_image_are_an_error_before_anything_is_trained(config: config_lib.DataConfig) -> None:
    (Path(config.data_dir) / "boxes.csv").write_text("file,x1,y1,x2,y2\nnone.png,1,1,2,2\n", "utf-8")
    with pytest.raises(errors.UserError, match=r"boxes\.csv must have a box for at least one image"):
        loader.load(config, 16)
