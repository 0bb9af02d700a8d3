# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of captions and documents as vectors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from niwt_tf import config as config_lib
from niwt_tf import errors
from niwt_tf.data import zero_shot
from niwt_tf.domains import domain_vectors, encoders, hub_model, texts

_TEXTS = {
    "ant": ["red ant", "small ant"],
    "bee": ["small bee", "red wings"],
    "polar bear": ["white fur", "white"],
    "dog": ["white wings", "red zorilla", ""],
    "eel": ["red"],
}
_Zoo = Callable[..., zero_shot.ZeroShotDataset]


def _load(
    zoo: _Zoo, by_class: dict[str, list[str]], kind: str = "captions", **settings: object
) -> domain_vectors.DomainVectors:
    own = zero_shot.Texts(by_class, "the zoo")
    (loaded,) = texts.load(own, kind, zoo(), config_lib.DomainConfig(**settings))  # type: ignore[arg-type]
    return loaded


def test_a_class_has_the_mean_of_its_encoded_texts(zoo: _Zoo) -> None:
    loaded = _load(zoo, _TEXTS)
    encoder = encoders.TfidfEncoder.fit([_TEXTS[name] for name in ("ant", "bee", "polar bear")])
    assert loaded.feature_names == encoder.feature_names == ("ant", "bee", "fur", "red", "small", "white", "wings")
    expected = [encoder([text for text in _TEXTS[name] if text]).mean(0) for name in _TEXTS]
    np.testing.assert_array_equal(loaded.vectors, expected)
    np.testing.assert_array_equal(loaded.vectors[4], np.float32([0, 0, 0, 1, 0, 0, 0]))


def test_blank_texts_do_not_count(zoo: _Zoo) -> None:
    blank = {name: [" ", *of_class, "\n"] for name, of_class in _TEXTS.items()}
    np.testing.assert_array_equal(_load(zoo, blank).vectors, _load(zoo, _TEXTS).vectors)


def test_source_names_texts_encoder_and_unknown_words(zoo: _Zoo) -> None:
    more = _TEXTS | {"fly": ["not a class of the zoo"]}
    assert _load(zoo, more).source == ("9 captions: the zoo; TF-IDF, 1 of 5 words of unseen classes unknown (zorilla)")


def test_settings_reach_tfidf(zoo: _Zoo) -> None:
    twice = {name: of_class * 2 for name, of_class in _TEXTS.items()}
    assert "red wings" in _load(zoo, twice).feature_names
    assert not any(" " in name for name in _load(zoo, twice, tfidf_phrase=1).feature_names)
    loaded = _load(zoo, twice, tfidf_components=2)
    assert loaded.feature_names == ("captions 0", "captions 1")
    assert loaded.vectors.shape == (5, 2)
    assert "; TF-IDF in 2 components, " in loaded.source


def test_models_of_tensorflow_hub_are_chosen_by_their_name(
    zoo: _Zoo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def model(handle: str, path: Path | None) -> Callable[[list[str]], np.ndarray]:
        calls.append((handle, path))
        return lambda texts: np.array([[len(text), 1] for text in texts], np.float32)

    monkeypatch.setenv("NIWT_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(hub_model, "load", model)
    loaded = _load(zoo, _TEXTS, text_encoder="hub:https://tfhub.dev/a/1")
    np.testing.assert_array_equal(loaded.vectors, np.float32([[8, 1], [9, 1], [7, 1], [11, 1], [3, 1]]))
    assert loaded.source == "9 captions: the zoo; the text model https://tfhub.dev/a/1"
    (tmp_path / "saved_model.pb").touch()
    _load(zoo, _TEXTS, text_encoder=f"hub:{tmp_path}")
    assert calls == [("https://tfhub.dev/a/1", None), (str(tmp_path), tmp_path)]


def test_word_vectors_are_chosen_by_their_name(zoo: _Zoo, tmp_path: Path) -> None:
    (tmp_path / "glove.txt").write_text("red 1 0\nwhite 0 2\nsmall 4 4\n", "utf-8")
    loaded = _load(zoo, _TEXTS, "documents", text_encoder=f"word2vec:{tmp_path / 'glove.txt'}")
    expected = [[2.5, 2], [2.5, 2], [0, 2], [0.5, 1], [1, 0]]
    np.testing.assert_array_equal(loaded.vectors, np.float32(expected))
    assert loaded.feature_names == ("documents 0", "documents 1")
    encoder = f"word vectors of {tmp_path / 'glove.txt'}, 7 of 16 words unknown (ant, wings, bee and 2 more)"
    assert loaded.source == f"9 documents: the zoo; {encoder}"


@pytest.mark.parametrize("without", [[], ["", " \n"]])
def test_classes_without_text_are_listed(zoo: _Zoo, without: list[str]) -> None:
    with pytest.raises(errors.UserError) as caught:
        _load(zoo, _TEXTS | {"bee": without, "eel": without})
    assert str(caught.value) == (
        "`captions` must describe every class. Received: the zoo, without text for bee, eel. Write a text for each, or "
        "give a folder of your own with captions_dir."
    )


def test_a_class_that_the_texts_lack_is_an_error(zoo: _Zoo) -> None:
    with pytest.raises(
        errors.UserError, match="`documents` must describe every class. Received: the zoo, without eel."
    ):
        _load(zoo, {name: _TEXTS[name] for name in list(_TEXTS)[:4]}, "documents")


def test_a_folder_has_a_caption_on_a_line_and_a_document_in_a_file(zoo: _Zoo, tmp_path: Path) -> None:
    for name in _TEXTS:
        (tmp_path / f"{name.replace(' ', '_')}.txt").write_text(f"{name}\r\n\n  \nhas fur\n", "utf-8", newline="")
    captions = texts.read_folder("captions", str(tmp_path), zoo())
    assert captions.source == f"the files in {tmp_path}"
    assert captions.by_class["polar bear"] == ["polar bear", "has fur"]
    documents = texts.read_folder("documents", str(tmp_path), zoo())
    assert documents.by_class["polar bear"] == ["polar bear\r\n\n  \nhas fur\n"]
    assert texts.load(captions, "captions", zoo(), config_lib.DomainConfig())[0].source.startswith("10 captions: ")


def test_several_encoders_give_several_vectors(zoo: _Zoo, tmp_path: Path) -> None:
    glove = tmp_path / "a+b.txt"
    glove.write_text("red 1 0\nwhite 0 2\nsmall 4 4\n", "utf-8")
    names = ("tfidf", f"word2vec:{glove}")
    loaded = texts.load(
        zero_shot.Texts(_TEXTS, "the zoo"), "captions", zoo(), config_lib.DomainConfig(text_encoder="+".join(names))
    )
    assert tuple(one.text_encoder for one in loaded) == names
    for name, one in zip(names, loaded, strict=True):
        np.testing.assert_array_equal(one.vectors, _load(zoo, _TEXTS, text_encoder=name).vectors)
