# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the domain vectors of the classes."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from niwt_tf import config, errors
from niwt_tf.data import zero_shot
from niwt_tf.data.aviary import anatomy, species
from niwt_tf.domains import knowledge, parts
from niwt_tf.domains import texts as texts_lib

_DOMAINS = ("attributes", "captions", "documents")
_TEXTS = ("captions", "documents")
_CLASSES = ("ant", "bee", "polar bear", "dog", "eel")
_Zoo = Callable[..., zero_shot.ZeroShotDataset]


def _load(dataset: zero_shot.ZeroShotDataset, domain: str) -> knowledge.DomainKnowledge:
    return knowledge.load(dataset, config.DomainConfig(domain=domain))


def _saying(dataset: zero_shot.ZeroShotDataset, **words: str) -> zero_shot.ZeroShotDataset:
    """Put a word before all texts of the `seen` or the `unseen` classes."""
    word = {name: words.get("seen" if name in dataset.seen else "unseen", "") for name in dataset.class_names}

    def saying(read: Callable[[], zero_shot.Texts]) -> Callable[[], zero_shot.Texts]:
        by_class = {name: [f"{word[name]} {text}" for text in texts] for name, texts in read().by_class.items()}
        return lambda: zero_shot.Texts(by_class, "by hand")

    own = dataset.descriptions
    descriptions = dataclasses.replace(own, captions=saying(own.captions), documents=saying(own.documents))
    return dataclasses.replace(dataset, descriptions=descriptions)


@pytest.mark.parametrize("domain", _DOMAINS)
def test_vectors_are_of_all_classes_in_order(tiny_dataset: zero_shot.ZeroShotDataset, domain: str) -> None:
    loaded = _load(tiny_dataset, domain)
    assert loaded.class_names == tiny_dataset.class_names
    assert loaded.vectors.shape == (12, len(loaded.feature_names))
    assert loaded.vectors.dtype == np.float32
    assert np.isfinite(loaded.vectors).all() and loaded.vectors.any(axis=1).all()
    assert len(set(loaded.feature_names)) == len(loaded.feature_names)


def test_attributes_are_the_traits_of_the_species(tiny_dataset: zero_shot.ZeroShotDataset) -> None:
    loaded = _load(tiny_dataset, "attributes")
    assert loaded.feature_names == anatomy.FEATURE_NAMES
    expected = [anatomy.encode_traits(kind.traits) for kind in species.invent(7, 12, 3)]
    np.testing.assert_array_equal(loaded.vectors, expected)


def test_documents_are_the_mean_of_their_sentences(tiny_dataset: zero_shot.ZeroShotDataset) -> None:
    loaded = _load(tiny_dataset, "documents")
    (document,) = tiny_dataset.descriptions.documents().by_class[tiny_dataset.seen[0]]
    sentences = parts.sentences([document])
    assert len(sentences) > 2 and " ".join(sentences) == " ".join(document.split())
    (encoder,) = (one.encoder for one in loaded.slices)
    np.testing.assert_allclose(loaded.vectors[0], encoder(sentences).mean(0), rtol=1e-6)


def test_captions_of_a_class_are_averaged(tiny_dataset: zero_shot.ZeroShotDataset) -> None:
    # All captions of a seen class alike, so that its mean is the one caption's vector, of unit length.
    captions = {name: ["red crown"] * 4 for name in tiny_dataset.class_names}
    captions[tiny_dataset.seen[0]] = ["red crown", "blue wings"] * 2
    captions[tiny_dataset.unseen[0]] = ["blue wings", "zebra", "zebra", "zebra"]
    texts = zero_shot.Texts(captions, "by hand")
    descriptions = dataclasses.replace(tiny_dataset.descriptions, captions=lambda: texts)
    loaded = _load(dataclasses.replace(tiny_dataset, descriptions=descriptions), "captions")
    vector = dict(zip(loaded.class_names, loaded.vectors, strict=True))
    alike, mixed, unseen = (
        vector[tiny_dataset.seen[1]],
        vector[tiny_dataset.seen[0]],
        vector[tiny_dataset.unseen[0]],
    )
    assert np.linalg.norm(alike) == pytest.approx(1)
    red = np.array(["red" in name or "crown" in name for name in loaded.feature_names])
    np.testing.assert_allclose(mixed[red], alike[red] / 2, rtol=1e-6)
    np.testing.assert_allclose(unseen[~red], mixed[~red] / 2, rtol=1e-6)
    assert not unseen[red].any()


@pytest.mark.parametrize("domain", _TEXTS)
def test_the_encoder_knows_words_of_seen_classes_alone(tiny_dataset: zero_shot.ZeroShotDataset, domain: str) -> None:
    loaded = _load(_saying(tiny_dataset, seen="okapi", unseen="zebra"), domain)
    assert "okapi" in loaded.feature_names
    assert not any("zebra" in name for name in loaded.feature_names)


@pytest.mark.parametrize("domain", _TEXTS)
def test_texts_of_unseen_classes_change_no_seen_vector(tiny_dataset: zero_shot.ZeroShotDataset, domain: str) -> None:
    before, after = _load(tiny_dataset, domain), _load(_saying(tiny_dataset, unseen="red"), domain)
    assert before.feature_names == after.feature_names
    np.testing.assert_array_equal(before.vectors[:9], after.vectors[:9])
    assert (before.vectors[9:] != after.vectors[9:]).any(axis=1).all()


@pytest.mark.parametrize("domain", _DOMAINS)
def test_loading_twice_gives_the_same(tiny_dataset: zero_shot.ZeroShotDataset, domain: str) -> None:
    first, second = _load(tiny_dataset, domain), _load(tiny_dataset, domain)
    np.testing.assert_array_equal(first.vectors, second.vectors)
    assert first.feature_names == second.feature_names


@pytest.mark.parametrize(
    ("domain", "source"),
    [
        ("attributes", r"36 attributes: the aviary's field guide"),
        (  # 9 x 6 x 10 + 3 x 100
            "captions",
            r"840 captions: the aviary, ten to a training image; TF-IDF, 0 of [\d,]+ words of unseen classes unknown",
        ),
        (
            "documents",
            r"12 documents: the aviary's field guide; TF-IDF, \d+ of \d+ words of unseen classes unknown \(.*\)",
        ),
    ],
)
def test_source_says_where_the_vectors_come_from(
    tiny_dataset: zero_shot.ZeroShotDataset, domain: str, source: str
) -> None:
    assert re.fullmatch(source, _load(tiny_dataset, domain).source)


def test_every_domain_is_one_that_descriptions_may_have() -> None:
    fields = [field.name for field in dataclasses.fields(zero_shot.Descriptions)]
    assert fields == [*config.DOMAINS] == [*config.options(config.DomainConfig())["domain"][1].metadata["choices"]]


def _zoo_with_all_domains(zoo: _Zoo) -> zero_shot.ZeroShotDataset:
    """Build a dataset with four domains; attributes of mean length 5 over the seen classes, sentences of 10."""
    attributes = np.float32([[3, 4], [0, 5], [5, 0], [30, 40], [0, 1]])
    sentences = np.float32([[10], [5], [15], [1], [2]])
    text = ["red crown", "blue crown", "red wings", "red", "wings red"]
    return zoo(
        attributes=zero_shot.Attributes(("red", "big"), dict(zip(_CLASSES, attributes, strict=True)), "signs"),
        sentences=zero_shot.Embeddings(dict(zip(_CLASSES, sentences, strict=True)), "a file"),
        captions={name: [text] for name, text in zip(_CLASSES, text, strict=True)},
        documents={name: [text] for name, text in zip(_CLASSES, text, strict=True)},
    )


def test_domains_are_joined_with_mean_length_1_by_hand(zoo: _Zoo) -> None:
    loaded = _load(_zoo_with_all_domains(zoo), "attributes+sentences")
    expected = [[0.6, 0.8, 1], [0, 1, 0.5], [1, 0, 1.5], [6, 8, 0.1], [0, 0.2, 0.2]]
    np.testing.assert_allclose(loaded.vectors, expected, rtol=1e-6)
    assert loaded.vectors.dtype == np.float32
    assert loaded.feature_names == ("red", "big", "sentence 0")
    assert loaded.source == "2 attributes: signs + 1 numbers of sentence embeddings: a file"


def test_names_of_two_domains_begin_with_the_domain_where_both_have_them(zoo: _Zoo) -> None:
    loaded = _load(_zoo_with_all_domains(zoo), "captions+attributes")
    assert loaded.feature_names == ("blue", "crown", "captions: red", "wings", "attributes: red", "big")
    both = _load(_zoo_with_all_domains(zoo), "captions+documents").feature_names
    assert both == tuple(f"{kind}: {word}" for kind in _TEXTS for word in ("blue", "crown", "red", "wings"))


@pytest.mark.parametrize("domain", ["attributes+captions", "documents+captions", "attributes+captions+documents"])
def test_joined_domains_are_theirs_scaled(tiny_dataset: zero_shot.ZeroShotDataset, domain: str) -> None:
    loaded = _load(tiny_dataset, domain)
    first = 0
    for name in domain.split("+"):
        alone = _load(tiny_dataset, name).vectors
        ours = loaded.vectors[:, first : first + alone.shape[1]]
        np.testing.assert_allclose(ours, alone / np.linalg.norm(alone[:9], axis=1).mean(), rtol=1e-6)
        assert np.linalg.norm(ours[:9], axis=1).mean() == pytest.approx(1)
        first += alone.shape[1]
    assert first == loaded.vectors.shape[1] == len(set(loaded.feature_names))


def test_scales_come_from_the_seen_classes_alone(zoo: _Zoo) -> None:
    dataset = _zoo_with_all_domains(zoo)
    values = dataset.descriptions.attributes().values | {"dog": np.float32([1e6, 0])}
    other = zero_shot.Attributes(("red", "big"), values, "signs")
    changed = dataclasses.replace(
        dataset, descriptions=dataclasses.replace(dataset.descriptions, attributes=lambda: other)
    )
    before, after = (_load(one, "attributes+sentences").vectors for one in (dataset, changed))
    np.testing.assert_array_equal(np.delete(before, 3, axis=0), np.delete(after, 3, axis=0))


@pytest.mark.parametrize(
    ("domain", "has", "remedy"),
    [
        ("attributes", "sentences", "Choose one of those."),
        ("captions", "sentences", "Choose one of those, or give your own with captions_dir."),
        ("documents", "sentences", "Choose one of those, or give your own with documents_dir."),
        ("sentences", "none", "Choose one of those."),
    ],
)
def test_a_domain_that_the_dataset_lacks_is_an_error(zoo: _Zoo, domain: str, has: str, remedy: str) -> None:
    full = _zoo_with_all_domains(zoo).descriptions
    dataset = zoo() if has == "none" else zoo(sentences=full.sentences())
    with pytest.raises(errors.UserError) as caught:
        _load(dataset, domain)
    assert str(caught.value) == (
        f"`domain` must name descriptions that the dataset has. Received: {domain} with dataset='zoo', which has "
        f"{has}. {remedy}"
    )


@pytest.mark.parametrize("domain", _TEXTS)
def test_texts_of_a_folder_take_the_place_of_the_datasets(zoo: _Zoo, tmp_path: Path, domain: str) -> None:
    for number, name in enumerate(_CLASSES):
        (tmp_path / f"{name}.txt").write_text("white fur\nblack fur" if number % 2 else "black fur", "utf-8")
    settings = config.DomainConfig(domain=domain, **{f"{domain}_dir": str(tmp_path)})
    for dataset in (_zoo_with_all_domains(zoo), zoo()):
        loaded = knowledge.load(dataset, settings)
        assert loaded.feature_names == ("black", "black fur", "fur", "white")
        assert f"the files in {tmp_path}" in loaded.source


@pytest.mark.parametrize(
    ("domain", "changes", "message"),
    [
        (
            "sentences",
            {"sentences": zero_shot.Embeddings(dict.fromkeys(_CLASSES, np.zeros(1)), "a file")},
            "ant, bee, polar bear, dog, eel. Correct the dataset's descriptions, or choose another domain.",
        ),
        (
            "sentences",
            {"sentences": zero_shot.Embeddings(dict.fromkeys(_CLASSES, np.ones(1)) | {"eel": [np.nan]}, "a file")},
            "eel. Correct the dataset's descriptions, or choose another domain.",
        ),
        (
            "captions",
            {"captions": dict.fromkeys(_CLASSES, ["red crown"]) | {"dog": ["zorilla", "okapi"]}},
            "dog. Write other texts into a folder for captions_dir, or choose another text_encoder.",
        ),
    ],
)
def test_a_domain_without_a_description_of_a_class_is_an_error(
    zoo: _Zoo, domain: str, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(errors.UserError, match="^`.*` must describe every class by finite numbers") as caught:
        _load(zoo(**changes), domain)
    assert str(caught.value).endswith(f"with only zeros, or NaN or infinity, for {message}")


def test_attributes_that_are_zero_for_all_are_an_error(zoo: _Zoo) -> None:
    nothing = zero_shot.Attributes(("red",), dict.fromkeys(_CLASSES, np.zeros(1)), "signs")
    with pytest.raises(errors.UserError, match="^`attributes` must distinguish classes.*for all 3 seen classes"):
        _load(zoo(attributes=nothing), "attributes")


def test_a_validation_dataset_has_knowledge_of_its_own_classes_alone(tiny_dataset: zero_shot.ZeroShotDataset) -> None:
    loaded = _load(tiny_dataset.validation_dataset(0), "documents+attributes")
    assert loaded.class_names == tiny_dataset.seen
    assert loaded.source.startswith("9 documents: ")


def test_saved_knowledge_comes_back_bit_for_bit(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(2, 3)).astype(np.float32)
    original = knowledge.DomainKnowledge(vectors, ("a b", "ü=1", "c"), ("Tarn Wren", "Élan"), "words, by hand")
    original.save(tmp_path / "knowledge.npz")
    loaded = knowledge.DomainKnowledge.load(tmp_path / "knowledge.npz")
    assert loaded.vectors.dtype == np.float32
    assert loaded.vectors.tobytes() == vectors.tobytes()
    assert dataclasses.replace(loaded, vectors=vectors) == original
    assert type(loaded.source) is str and type(loaded.feature_names[0]) is str


def test_load_runs_no_pickle(tmp_path: Path) -> None:
    np.savez(tmp_path / "bad.npz", vectors=np.array([{}]), feature_names=[], class_names=[], source="")
    with pytest.raises(ValueError, match="which is not a complete array: it holds objects in place of numbers"):
        knowledge.DomainKnowledge.load(tmp_path / "bad.npz")


@pytest.mark.parametrize("domain", ["attributes+captions", "captions", "documents"])
def test_the_encoder_comes_back_with_the_vectors(
    tiny_dataset: zero_shot.ZeroShotDataset, domain: str, tmp_path: Path
) -> None:
    loaded = _load(tiny_dataset, domain)
    loaded.save(tmp_path / "knowledge.npz")
    restored = knowledge.DomainKnowledge.load(tmp_path / "knowledge.npz")
    assert [one.domain for one in restored.slices] == domain.split("+")
    assert sum(one.size for one in restored.slices) == loaded.vectors.shape[1]
    kind, name = domain.split("+")[-1], tiny_dataset.unseen[0]
    texts = texts_lib.as_sentences(getattr(tiny_dataset.descriptions, kind)().by_class[name], kind)
    last = restored.slices[-1]
    vector = last.encoder(texts).mean(0) * np.float32(last.factor)
    row = loaded.class_names.index(name)
    np.testing.assert_allclose(vector, loaded.vectors[row, -last.size :], rtol=1e-6)


_RED = {"ant": ["red crown"], "bee": ["blue crown"], "polar bear": ["red wings"], "dog": ["red"], "eel": ["wings red"]}


def _with_two_encoders(zoo: _Zoo, folder: Path) -> knowledge.DomainKnowledge:
    """Load attributes, and captions by TF-IDF and by word vectors in which each word has a number of its own."""
    path = folder / "words.txt"
    path.write_text("red 3 0\nblue 0 4\n", "utf-8")
    table = zero_shot.Attributes(
        ("red",), {name: np.float32([number]) for number, name in enumerate(_CLASSES)}, "signs"
    )
    settings = config.DomainConfig(domain="attributes+captions", text_encoder=f"tfidf+word2vec:{path}")
    return knowledge.load(zoo(attributes=table, captions=_RED), settings)


def test_each_encoder_gives_captions_a_slice_of_mean_length_1(zoo: _Zoo, tmp_path: Path) -> None:
    loaded = _with_two_encoders(zoo, tmp_path)
    assert [(one.domain, one.text_encoder.partition(":")[0], one.size) for one in loaded.slices] == [
        ("attributes", "", 1),
        ("captions", "tfidf", 4),
        ("captions", "word2vec", 2),
    ]
    # Lengths of the seen classes are 3, 4 and 3, whose mean is 10/3.
    np.testing.assert_allclose(loaded.vectors[:, 5:], np.float32([[9, 0], [0, 12], [9, 0], [9, 0], [9, 0]]) / 10)
    lengths = [np.linalg.norm(loaded.vectors[:3, loaded.columns(number)], axis=1).mean() for number in range(3)]
    np.testing.assert_allclose(lengths, 1, rtol=1e-6)


def test_a_name_that_two_slices_share_begins_with_what_tells_them_apart(zoo: _Zoo, tmp_path: Path) -> None:
    loaded = _with_two_encoders(zoo, tmp_path)
    assert loaded.feature_names[:3] == ("attributes: red", "blue", "crown")
    assert loaded.feature_names[3] == "captions tfidf: red"
    assert loaded.own_names(1) == ("blue", "crown", "red", "wings")
    assert loaded.own_names(0) == ("red",)


def test_slices_of_one_domain_come_back_with_their_encoders(zoo: _Zoo, tmp_path: Path) -> None:
    original = _with_two_encoders(zoo, tmp_path)
    one, _, _ = original.slices
    two = knowledge.encoders.TfidfEncoder.fit([["red crown"], ["red"]])
    slices = (
        one,
        knowledge.DomainSlice("captions", 2, 0.5, two, "tfidf", "crown"),
        knowledge.DomainSlice("captions", 4, 2.0, original.slices[1].encoder, "tfidf", "wings"),
    )
    dataclasses.replace(original, slices=slices).save(tmp_path / "knowledge.npz")
    with np.load(tmp_path / "knowledge.npz") as saved:
        assert {name.partition("/")[0] for name in saved if "/" in name} == {"captions 0", "captions 1"}
    restored = knowledge.DomainKnowledge.load(tmp_path / "knowledge.npz")
    assert [dataclasses.replace(own, encoder=None) for own in restored.slices] == [
        dataclasses.replace(own, encoder=None) for own in slices
    ]
    assert restored.slices[0].encoder is None
    assert restored.slices[1].encoder.feature_names == ("crown", "red")
    assert restored.slices[2].encoder.feature_names == ("blue", "crown", "red", "wings")


def test_a_file_without_encoders_and_parts_is_one_of_an_earlier_version(zoo: _Zoo, tmp_path: Path) -> None:
    path, old = tmp_path / "knowledge.npz", tmp_path / "old.npz"
    knowledge.load(zoo(captions=_RED), config.DomainConfig(domain="captions")).save(path)
    with np.load(path) as saved:
        np.savez(old, **{name: saved[name] for name in saved if name not in ("text_encoders", "parts")})
    (new,), (read,) = (knowledge.DomainKnowledge.load(one).slices for one in (path, old))
    assert (new.text_encoder, read.text_encoder, read.part) == ("tfidf", "", "")
    assert read.encoder.feature_names == new.encoder.feature_names


def test_a_slice_of_zeros_for_all_seen_classes_keeps_its_scale() -> None:
    nothing = knowledge.domain_vectors.DomainVectors(np.zeros((2, 1), np.float32), ("a",), "")
    something = knowledge.domain_vectors.DomainVectors(np.full((2, 1), 2, np.float32), ("b",), "")
    joined = knowledge.join({"captions": [nothing, something]}, ("ant", "bee"), 2)
    np.testing.assert_array_equal(joined.vectors, [[0, 1], [0, 1]])
    assert [one.factor for one in joined.slices] == [1.0, 0.5]
