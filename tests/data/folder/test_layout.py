# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of which classes a folder has, and which image is for what."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from niwt_tf import errors
from niwt_tf.data.folder import layout


def _make(root: Path, images: Mapping[str, int], **files: str) -> Path:
    """Return `root` with as many empty image files of each class, and with text files."""
    for label, count in images.items():
        (root / "images" / label).mkdir(parents=True)
        for number in range(count):
            (root / "images" / label / f"{number}.jpg").touch()
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_csv", ".csv").replace("_txt", ".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return root


_FIVE = {"ant": 5, "bee": 5, "cat": 5, "dog": 5, "eel": 5}


def _classes(found: layout.Layout) -> tuple[str, str]:
    return " ".join(found.seen), " ".join(found.unseen)


@pytest.mark.parametrize(
    ("files", "unseen", "expected"),
    [
        ({}, ["eel", "dog"], ("ant bee cat", "dog eel")),
        ({"unseen_txt": "eel\n\ndog\n"}, [], ("ant bee cat", "dog eel")),
        ({"unseen_txt": "ant\nbee\n"}, ["eel"], ("ant bee cat dog", "eel")),
        ({"seen_txt": "ant\nbee\ncat\n"}, [], ("ant bee cat", "dog eel")),
        ({"seen_txt": "ant\nbee\ncat\n", "unseen_txt": "eel"}, [], ("ant bee cat", "eel")),
        ({"captions__gnu_txt": "big"}, [], ("ant bee cat dog eel", "gnu")),
        ({"documents__gnu_txt": "big", "unseen_txt": "eel"}, [], ("ant bee cat dog", "eel gnu")),
        ({"attributes_csv": "class,big\ngnu,1\neel,0\n"}, ["EEL"], ("ant bee cat dog", "eel gnu")),
        (
            {"captions__polar bear_txt": "a", "attributes_csv": "class,a\npolar+bear,1\n"},
            [],
            (" ".join(_FIVE), "polar+bear"),
        ),
        ({"captions__eel__0_txt": "long"}, ["eel"], ("ant bee cat dog", "eel")),
    ],
)
def test_classes_come_from_folders_lists_and_knowledge(
    tmp_path: Path, files: dict[str, str], unseen: list[str], expected: tuple[str, str]
) -> None:
    assert _classes(layout.read(_make(tmp_path, _FIVE, **files), unseen)) == expected


def test_a_fifth_of_each_seen_class_is_for_the_test(tmp_path: Path) -> None:
    found = layout.read(_make(tmp_path, {"ant": 10, "bee": 2, "cat": 23, "dog": 7}), ["dog"])
    parts = found.parts()
    counts = {part: {name: sum(label == name for _, label, _ in images) for name in "ant bee cat dog".split()}
              for part, images in parts.items()}  # fmt: skip
    assert counts == {
        "train": {"ant": 8, "bee": 1, "cat": 18, "dog": 0},
        "test_seen": {"ant": 2, "bee": 1, "cat": 5, "dog": 0},
        "test_unseen": {"ant": 0, "bee": 0, "cat": 0, "dog": 7},
    }
    everything = [name for images in parts.values() for name, _, _ in images]
    assert sorted(everything) == found.names() and len(set(everything)) == 42
    assert all(path == tmp_path / "images" / name for images in parts.values() for name, _, path in images)


def test_more_images_of_one_class_move_none_of_another(tmp_path: Path) -> None:
    before = layout.read(_make(tmp_path, {"ant": 10, "bee": 9, "cat": 5, "dog": 1}), ["dog"]).parts()
    (tmp_path / "images" / "ant" / "new.png").touch()
    after = layout.read(tmp_path, ["dog"]).parts()
    for part in before:
        assert [i for i in before[part] if i[1] != "ant"] == [i for i in after[part] if i[1] != "ant"]


def test_what_is_no_image_is_left_alone_and_links_are_followed(tmp_path: Path) -> None:
    _make(tmp_path / "other", {"ant": 3})
    _make(tmp_path, {"bee": 3, "cat": 3, "empty": 0})
    for name in ("notes.txt", ".hidden.jpg", "._0.jpg", "Thumbs.db"):
        (tmp_path / "images" / "bee" / name).touch()
    (tmp_path / "images" / "loose.jpg").touch()
    (tmp_path / "images" / "bee" / "deeper").mkdir()
    (tmp_path / "images" / "bee" / "deeper" / "9.WEBP").touch()
    os.symlink(tmp_path / "other" / "images" / "ant", tmp_path / "images" / "ant")
    found = layout.read(tmp_path, ["gnu"])
    assert _classes(found) == ("ant bee cat", "gnu")
    assert [name for name, _ in found.images["bee"]] == ["bee/0.jpg", "bee/1.jpg", "bee/2.jpg", "bee/deeper/9.WEBP"]
    assert len(found.images["ant"]) == 3 and "empty" not in found.images


def test_digest_follows_images_and_classes_and_nothing_else(tmp_path: Path) -> None:
    _make(tmp_path, _FIVE, unseen_txt="eel\n")
    digests = [layout.read(tmp_path).digest()]
    assert layout.read(tmp_path).digest() == layout.read(tmp_path, ["eel"]).digest() == digests[0]
    digests.append(layout.read(tmp_path, ["dog"]).digest())
    (tmp_path / "images" / "ant" / "0.jpg").write_bytes(b"1")
    digests.append(layout.read(tmp_path).digest())
    os.utime(tmp_path / "images" / "ant" / "0.jpg", (1, 1))
    assert layout.read(tmp_path).digest() == digests[-1], "images are identified by their content"
    (tmp_path / "images" / "ant" / "0.jpg").unlink()
    digests.append(layout.read(tmp_path).digest())
    assert len(set(digests)) == 4


@pytest.mark.parametrize(
    ("images", "unseen", "message"),
    [
        ({}, ["eel"], "`data_dir` must contain images/<class>/ with image files. Received: data_dir='{root}', with no "
            "folder {root}/images. Put files there that Pillow can open."),
        ({"ant": 0}, ["eel"], "`data_dir` must contain images/<class>/ with image files. Received: data_dir='{root}', "
            "with no image file in {root}/images. Put files there that Pillow can open."),
        (_FIVE, [], "At least one class must be unseen. Received: 5 classes in {root}/images, all seen. Name unseen "
            "classes with unseen=['a', 'b'] or in unseen.txt, or describe a class that has no images."),
        (_FIVE | {"fox": 1, "gnu": 1}, ["eel"], "Each seen class must have at least two images, one for training "
            "and one for the test. Received: fewer for fox, gnu in {root}/images. Add images, or make these classes "
            "unseen with unseen=['fox', 'gnu']."),
        ({"ant": 2, "bee": 2}, ["bee"], "There must be at least 2 seen classes, which a classifier can distinguish. "
            "Received: ant in {root}/images. Add classes with images."),
        ({"ant": 2}, ["ant"], "There must be at least 2 seen classes, which a classifier can distinguish. Received: "
            "none in {root}/images. Add classes with images."),
    ],
)  # fmt: skip
def test_folders_that_do_not_do_are_reported(
    tmp_path: Path, images: dict[str, int], unseen: list[str], message: str
) -> None:
    with pytest.raises(errors.UserError) as caught:
        layout.read(_make(tmp_path, images), unseen)
    assert str(caught.value) == message.format(root=tmp_path)


def test_a_seen_class_without_an_image_is_reported(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError, match="Received: fewer for antt in"):
        layout.read(_make(tmp_path, _FIVE, seen_txt="antt\nbee\ncat\n"))


@pytest.mark.parametrize("unseen", [[], ["CAT", "bee"]])
def test_classes_in_both_lists_are_reported(tmp_path: Path, unseen: list[str]) -> None:
    root = _make(tmp_path, _FIVE, seen_txt="ant\nbee\ncat\n", unseen_txt="bee\ncat\n")
    with pytest.raises(errors.UserError) as caught:
        layout.read(root, unseen)
    assert str(caught.value) == (
        f"Seen and unseen classes must differ. Received: bee, cat in both lists of {root}. Remove them from "
        "seen.txt, or from unseen.txt or unseen."
    )


def _filled(root: Path, images: Mapping[str, int]) -> Path:
    """Return `root` with images that all differ, though most are of one size."""
    _make(root, images)
    for number, path in enumerate(sorted((root / "images").rglob("*.jpg"))):
        path.write_bytes(b"image %d" % number)
    return root


def test_equal_images_are_on_one_side_and_reported(tmp_path: Path) -> None:
    root = _filled(tmp_path, {"ant": 10, "bee": 10, "cat": 10, "eel": 5})
    before = layout.read(root, ["eel"])
    assert before.equal == () and before.remarks() == []
    tested, trained = ({name for name, _, _ in before.parts()[part]} for part in ("test_seen", "train"))
    one, other = (min(name for name in names if name.startswith("ant")) for names in (tested, trained))
    (root / "images" / other).write_bytes((root / "images" / one).read_bytes())
    after = layout.read(root, ["eel"])
    sides = [{name for name, _, _ in images if name in (one, other)} for images in after.parts().values()]
    assert sorted(map(len, sides)) == [0, 0, 2]
    group = " = ".join(sorted([one, other]))
    assert after.remarks() == [
        f"  1 images are copies of others, and in the same part of the split: {group}",
    ]
    assert after.split_digest() != before.split_digest()
    others = [[i for i in found.parts()["test_seen"] if i[1] != "ant"] for found in (before, after)]
    assert others[0] == others[1]


def test_an_image_with_two_labels_is_reported_and_never_in_training_and_test(tmp_path: Path) -> None:
    root = _filled(tmp_path, {"ant": 10, "bee": 10, "cat": 10, "eel": 5})
    for number, name in enumerate(("bee/3.jpg", "eel/2.jpg")):
        (root / "images" / name).write_bytes((root / "images" / "ant" / f"{number}.jpg").read_bytes())
    found = layout.read(root, ["eel"])
    side = {name: part for part, images in found.parts().items() for name, _, _ in images}
    assert side["ant/0.jpg"] == side["bee/3.jpg"] == "train"
    assert (side["ant/1.jpg"], side["eel/2.jpg"]) == ("test_seen", "test_unseen")
    assert found.remarks()[1] == (
        "  warning: 2 images are in several classes, of which at most one can be right: ant/0.jpg = bee/3.jpg, "
        "ant/1.jpg = eel/2.jpg"
    )


def test_a_class_of_one_image_many_times_is_refused(tmp_path: Path) -> None:
    root = _filled(tmp_path, {"ant": 4, "bee": 4, "cat": 4, "eel": 1})
    for path in (root / "images" / "bee").iterdir():
        path.write_bytes(b"the same")
    with pytest.raises(errors.UserError) as caught:
        layout.require_different(layout.read(root, ["eel"]))
    assert str(caught.value) == (
        "Each seen class must have at least two images that differ from each other and from those of other classes. "
        f"Received: bee in {root}/images, whose images are copies of one another or of other classes' images. Add "
        "images, or remove these classes."
    )
    (root / "images" / "bee" / "0.jpg").write_bytes(b"another")
    layout.require_different(layout.read(root, ["eel"]))


def test_a_class_whose_files_are_no_images_is_not_unseen_in_silence(tmp_path: Path) -> None:
    root = _make(tmp_path, {"ant": 2, "bee": 2, "cat": 2, "eel": 2, "gnu": 0})
    (root / "images" / "gnu" / "1.cr2").write_bytes(b"raw of a camera")
    with pytest.raises(errors.UserError) as caught:
        layout.read(root, ["eel"])
    assert str(caught.value) == (
        f"Seen classes must have images that can be read. Received: gnu in {root}/images, with files of which none is "
        f"an image. Left out: 1 of the files and links in {root}/images: gnu/1.cr2 (not an image). Add images, or make "
        "these classes unseen with unseen=['gnu']."
    )
    found = layout.read(root, ["eel", "Gnu"])
    assert _classes(found) == ("ant bee cat", "Gnu eel")
    assert found.remarks() == [f"  left out 1 of the files and links in {root}/images: gnu/1.cr2 (not an image)"]
    (root / "seen.txt").write_text("ant\nbee\ncat\ngnu", "utf-8")
    with pytest.raises(errors.UserError, match="Received: gnu in .* none is an image"):
        layout.read(root)


def test_a_class_folder_without_a_file_is_simply_unseen(tmp_path: Path) -> None:
    root = _make(tmp_path, {"ant": 2, "bee": 2, "cat": 2, "gnu": 0}, captions__gnu_txt="big")
    (root / "images" / "gnu" / ".DS_Store").touch()
    assert _classes(layout.read(root)) == ("ant bee cat", "gnu")


@pytest.mark.parametrize("place", ["images/{}/1.jpg", "captions/{}.txt"])
def test_names_of_classes_must_be_utf8(tmp_path: Path, place: str) -> None:
    root = _make(tmp_path, {"ant": 2, "bee": 2, "cat": 2})
    path = Path(os.fsdecode(os.fsencode(root / place.split("/")[0]) + b"/caf\xe9"))
    path = path / "1.jpg" if place.endswith("jpg") else path.with_suffix(".txt")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    with pytest.raises(errors.UserError) as caught:
        layout.read(root, ["cat"])
    assert str(caught.value) == (
        f"Names of classes must be UTF-8. Received: caf\\xe9 in {root}. Rename them, for example with: convmv -f "
        f"latin1 -t utf-8 -r --notest {root}"
    )


def test_names_of_images_need_not_be_utf8(tmp_path: Path) -> None:
    root = _make(tmp_path, {"ant": 2, "bee": 2, "cat": 2, "eel": 1})
    place = Path(os.fsdecode(os.fsencode(root) + b"/images/ant/\xe9\xff.png"))
    place.touch()
    found = layout.read(root, ["eel"])
    assert found.images["ant"][2] == (r"ant/\xe9\xff.png", place)
    assert found.digest() and found.split_digest()


def test_a_pipe_and_a_dead_link_do_not_stop_the_digest(tmp_path: Path) -> None:
    root = _make(tmp_path, {"ant": 2, "bee": 2, "cat": 2, "eel": 1})
    digest = layout.read(root, ["eel"]).digest()
    os.mkfifo(root / "images" / "ant" / "pipe.jpg")
    (root / "images" / "bee" / "dead.jpg").symlink_to("nowhere")
    assert layout.read(root, ["eel"]).digest() != digest


@pytest.mark.parametrize("name", ["unseen.txt", "seen.txt", "attributes.csv", "captions", "captions/gnu.txt"])
def test_what_is_in_the_place_of_a_description_or_a_list_is_not_overlooked(tmp_path: Path, name: str) -> None:
    root = _make(tmp_path, _FIVE, unseen_txt="eel\n", documents__gnu_txt="big")
    (root / name).unlink(missing_ok=True)
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).symlink_to("/dev/zero")
    if name == "captions/gnu.txt":  # its class stays one, and its text is an error when it is read
        assert "gnu" in layout.read(root, ["eel"]).unseen
        return
    with pytest.raises(errors.UserError, match=f"Received: {root / name}, a device"):
        layout.read(root)
