# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the stamps of what lies in files and folders."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.data import named_files

_FILE = "Write a file in a format of word2vec or GloVe after word2vec:."
_MODEL = "Write the folder of a SavedModel, or an https:// handle of TensorFlow Hub, after hub:."


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_without_files_there_is_no_stamp() -> None:
    assert named_files.stamps(config_lib.DomainConfig()) == {}
    assert named_files.stamps(config_lib.DomainConfig(text_encoder="hub:https://tfhub.dev/a/1")) == {}


def test_stamps_are_of_the_texts_by_name(tmp_path: Path) -> None:
    for name, text in (("ant.txt", "small"), ("bee.txt", "yellow"), ("notes.md", "no class")):
        (tmp_path / name).write_text(text, "utf-8")
    expected = {"ant.txt": _sha256("small"), "bee.txt": _sha256("yellow")}
    both = config_lib.DomainConfig(captions_dir=str(tmp_path), documents_dir=str(tmp_path))
    assert named_files.stamps(both) == {
        f"{flag} {name}": stamp for flag in ("captions_dir", "documents_dir") for name, stamp in expected.items()
    }


def test_stamps_tell_what_is_edited_renamed_and_added(tmp_path: Path) -> None:
    config = config_lib.DomainConfig(captions_dir=str(tmp_path))
    (tmp_path / "ant.txt").write_text("small", "utf-8")
    stamps = [named_files.stamps(config)]
    (tmp_path / "ant.txt").write_text("large", "utf-8")
    stamps.append(named_files.stamps(config))
    (tmp_path / "ant.txt").rename(tmp_path / "bee.txt")
    stamps.append(named_files.stamps(config))
    (tmp_path / "cat.txt").touch()
    stamps.append(named_files.stamps(config))
    assert all(one not in stamps[:index] for index, one in enumerate(stamps))
    os.utime(tmp_path / "cat.txt", (0, 0))
    assert named_files.stamps(config) == stamps[-1], "small files are identified by their content"


def test_stamp_of_word_vectors(tmp_path: Path) -> None:
    (tmp_path / "glove.txt").write_text("red 1 2", "utf-8")
    config = config_lib.DomainConfig(text_encoder=f"word2vec:{tmp_path / 'glove.txt'}")
    assert list(named_files.stamps(config).values()) == [_sha256("red 1 2")]


def _photographs(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name, "utf-8")
    return folder


@pytest.mark.parametrize("source", ["training", "noise"])
def test_without_a_folder_the_transfer_has_no_stamp(source: str) -> None:
    assert named_files.transfer_stamps(config_lib.TransferConfig(transfer_source=source), 0) == {}


def test_stamps_of_the_transfer_are_of_its_images_at_any_depth(tmp_path: Path) -> None:
    _photographs(tmp_path, "a.jpg", "deep/er/b.PNG", "notes.txt", ".hidden.jpg")
    config = config_lib.TransferConfig(transfer_source=f"images:{tmp_path}")
    assert named_files.transfer_stamps(config, 0) == {
        "a.jpg": _sha256("a.jpg"),
        "deep/er/b.PNG": _sha256("deep/er/b.PNG"),
    }


def test_the_seed_chooses_the_images_of_the_transfer(tmp_path: Path) -> None:
    names = [f"{number:02}.jpg" for number in range(20)]
    _photographs(tmp_path, *names)
    config = config_lib.TransferConfig(transfer_source=f"images:{tmp_path}", transfer_images=5)
    chosen = [[path.name for path in named_files.transfer_images(config, seed)] for seed in (0, 0, 1)]
    assert chosen[0] == chosen[1] != chosen[2]
    for one in chosen:
        assert len(set(one)) == 5 and one == sorted(one) and one != names[:5]


def test_a_folder_without_images_for_the_transfer_is_reported(tmp_path: Path) -> None:
    _photographs(tmp_path, "notes.txt")
    for place, trouble in ((tmp_path, "contains no image"), (tmp_path / "gone", "does not exist")):
        with pytest.raises(errors.UserError) as caught:
            named_files.transfer_stamps(config_lib.TransferConfig(transfer_source=f"images:{place}"), 0)
        assert str(caught.value) == (
            f"`transfer_source` must name an existing file or folder. Received: transfer_source='images:{place}', "
            f"where {place} {trouble}. Write a folder of photographs after images:."
        )


def test_a_large_file_replaced_at_equal_size_and_time_has_another_stamp(tmp_path: Path) -> None:
    vectors, config = tmp_path / "glove.txt", config_lib.DomainConfig(text_encoder=f"word2vec:{tmp_path / 'glove.txt'}")
    stamps = []
    for text in ("red 1 2\n", "red 2 1\n"):
        vectors.write_text(text * 200_000, "utf-8")
        os.utime(vectors, ns=(0, 1234))
        stamps.append(named_files.stamps(config))
        assert named_files.stamps(config) == stamps[-1]
    assert stamps[0] != stamps[1]


def test_stamps_of_a_saved_model_are_of_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "variables").mkdir()
    (tmp_path / "saved_model.pb").write_text("graph", "utf-8")
    (tmp_path / "variables" / "variables.index").write_text("index", "utf-8")
    assert named_files.stamps(config_lib.DomainConfig(text_encoder=f"hub:{tmp_path}")) == {
        "text_encoder saved_model.pb": _sha256("graph"),
        "text_encoder variables/variables.index": _sha256("index"),
    }


def test_a_backbone_of_a_name_has_no_stamp() -> None:
    for changes in (
        {},
        {"backbone": "vgg16"},
        {"backbone": "vgg16", "weights": "none"},
        {"backbone": "hub:https://a/1"},
    ):
        assert named_files.backbone_stamps(config_lib.BackboneConfig(**changes)) == {}
        assert named_files.backbone_path(config_lib.BackboneConfig(**changes)) is None


def test_stamps_of_a_backbone_are_of_its_file_or_its_weights(tmp_path: Path) -> None:
    (tmp_path / "m.keras").write_text("model", "utf-8")
    (tmp_path / "w.h5").write_text("weights", "utf-8")
    for changes, text in (
        ({"backbone": f"keras:{tmp_path / 'm.keras'}"}, "model"),
        ({"backbone": "vgg16", "weights": str(tmp_path / "w.h5")}, "weights"),
    ):
        assert list(named_files.backbone_stamps(config_lib.BackboneConfig(**changes)).values()) == [_sha256(text)]
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").write_text("graph", "utf-8")
    hub = config_lib.BackboneConfig(backbone=f"hub:{tmp_path / 'saved'}")
    assert named_files.backbone_stamps(hub) == {"backbone saved_model.pb": _sha256("graph")}


def test_stamps_include_a_file_of_code_that_registers_layers(tmp_path: Path) -> None:
    (tmp_path / "m.keras").write_text("model", "utf-8")
    (tmp_path / "mine.py").write_text("layers", "utf-8")
    settings = {"backbone": f"keras:{tmp_path / 'm.keras'}"}
    of_file = config_lib.BackboneConfig(**settings, import_module=str(tmp_path / "mine.py"))
    assert sorted(named_files.backbone_stamps(of_file).values()) == sorted([_sha256("model"), _sha256("layers")])
    by_name = config_lib.BackboneConfig(**settings, import_module="mine")
    assert list(named_files.backbone_stamps(by_name).values()) == [_sha256("model")]
    with pytest.raises(
        errors.UserError, match=r"`import_module` must name an existing file or folder. .* /none/a.py does not exist"
    ):
        named_files.backbone_stamps(config_lib.BackboneConfig(**settings, import_module="/none/a.py"))


def test_a_hub_backbone_must_be_a_saved_model(tmp_path: Path) -> None:
    with pytest.raises(errors.UserError) as caught:
        named_files.backbone_stamps(config_lib.BackboneConfig(backbone=f"hub:{tmp_path}"))
    assert str(caught.value) == (
        f"`backbone` must name an existing file or folder. Received: backbone='hub:{tmp_path}', where {tmp_path} "
        f"contains no saved_model.pb. {_MODEL}"
    )


@pytest.mark.parametrize("changes", [{"backbone": "keras:/none/a.h5"}, {"backbone": "hub:/none/a.h5"}])
def test_a_backbone_that_is_not_there_is_an_error(changes: dict[str, str]) -> None:
    with pytest.raises(errors.UserError) as caught:
        named_files.backbone_stamps(config_lib.BackboneConfig(**changes))
    assert str(caught.value) == (
        f"`backbone` must name an existing file or folder. Received: backbone={changes['backbone']!r}, where "
        "/none/a.h5 does not exist. Name an existing file or folder."
    )


def test_sha256_is_of_names_and_contents(tmp_path: Path) -> None:
    for folder, name, text in (("a", "x", "1"), ("b", "x", "1"), ("c", "y", "1"), ("d", "x", "2")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(text, "utf-8")
    a, b, c, d = (named_files.sha256(tmp_path / folder) for folder in "abcd")
    assert a == b and len({a, c, d}) == 3


@pytest.mark.parametrize("flag", ["captions_dir", "documents_dir"])
@pytest.mark.parametrize(("name", "trouble"), [("none", "does not exist"), ("file", "is not a folder")])
def test_a_folder_that_is_none_is_an_error(tmp_path: Path, flag: str, name: str, trouble: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(errors.UserError) as caught:
        named_files.stamps(config_lib.DomainConfig(**{flag: str(tmp_path / name)}))  # type: ignore[arg-type]
    assert str(caught.value) == (
        f"`{flag}` must be a folder with files <class>.txt. Received: {flag}='{tmp_path / name}', which {trouble}. "
        "Name the folder that contains the files."
    )


@pytest.mark.parametrize(
    ("kind", "name", "trouble", "remedy"),
    [
        ("word2vec", "none", "does not exist", _FILE),
        ("word2vec", "folder", "is not a file", _FILE),
        ("hub", "none", "does not exist", _MODEL),
        (
            "hub",
            "folder",
            "contains no saved_model.pb",
            _MODEL,
        ),
    ],
)
def test_an_encoder_that_is_not_there_is_an_error(
    tmp_path: Path, kind: str, name: str, trouble: str, remedy: str
) -> None:
    (tmp_path / "folder").mkdir()
    encoder = f"{kind}:{tmp_path / name}"
    with pytest.raises(errors.UserError) as caught:
        named_files.encoder_path(encoder)
    assert str(caught.value) == (
        f"`text_encoder` must name an existing file or folder. Received: text_encoder='{encoder}', where "
        f"{tmp_path / name} {trouble}. {remedy}"
    )


@pytest.mark.parametrize("encoder", ["word2vec:", "hub:", "word2vec", "", "tfidf:x", "glove:a.txt"])
def test_what_names_no_encoder_is_an_error(encoder: str) -> None:
    with pytest.raises(errors.UserError) as caught:
        named_files.encoder_path(encoder)
    assert str(caught.value) == (
        "`text_encoder` must be tfidf, word2vec:PATH or hub:HANDLE_OR_PATH. Received: "
        f"text_encoder='{encoder}'. Choose one of them."
    )


def test_paths_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "glove.txt").touch()
    assert named_files.encoder_path("word2vec:~/glove.txt") == tmp_path / "glove.txt"
    assert named_files.class_texts("captions_dir", "~") == tmp_path
