# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of what is known of each class."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from niwt_tf import config
from niwt_tf.data import zero_shot
from niwt_tf.data.aviary import anatomy, species
from niwt_tf.domains import knowledge

_DOMAINS = ("attributes", "captions", "documents")
_TEXTS = ("captions", "documents")


def _load(dataset: zero_shot.ZeroShotDataset, domain: str) -> knowledge.DomainKnowledge:
    return knowledge.load(dataset, config.DomainConfig(domain=domain))


def _saying(dataset: zero_shot.ZeroShotDataset, **words: str) -> zero_shot.ZeroShotDataset:
    """Returns the dataset with a word put before all texts of the `seen` or the `unseen` classes."""
    word = {name: words.get("seen" if name in dataset.seen else "unseen", "") for name in dataset.class_names}
    known = dataset.descriptions
    captions = {name: [f"{word[name]} {text}" for text in texts] for name, texts in known.captions().items()}
    documents = {name: f"{word[name]} {text}" for name, text in known.documents.items()}
    descriptions = dataclasses.replace(known, captions=lambda: captions, documents=documents)
    return dataclasses.replace(dataset, descriptions=descriptions)


@pytest.mark.parametrize("domain", _DOMAINS)
def test_vectors_are_of_all_classes_in_order(tiny_dataset: zero_shot.ZeroShotDataset, domain: str) -> None:
    known = _load(tiny_dataset, domain)
    assert known.class_names == tiny_dataset.class_names
    assert known.vectors.shape == (12, len(known.feature_names))
    assert known.vectors.dtype == np.float32
    assert np.isfinite(known.vectors).all() and known.vectors.any(axis=1).all()
    assert len(set(known.feature_names)) == len(known.feature_names)


def test_attributes_are_the_traits_of_the_species(tiny_dataset: zero_shot.ZeroShotDataset) -> None:
    known = _load(tiny_dataset, "attributes")
    assert known.feature_names == anatomy.FEATURE_NAMES
    expected = [anatomy.encode_traits(kind.traits) for kind in species.invent(7, 12, 3)]
    np.testing.assert_array_equal(known.vectors, expected)


def test_documents_have_unit_length_and_captions_less(tiny_dataset: zero_shot.ZeroShotDataset) -> None:
    lengths = {domain: np.linalg.norm(_load(tiny_dataset, domain).vectors, axis=1) for domain in _TEXTS}
    np.testing.assert_allclose(lengths["documents"], 1, rtol=1e-6)
    assert (lengths["captions"] < 1).all(), "a mean of different unit vectors"


def test_captions_of_a_class_are_averaged(tiny_dataset: zero_shot.ZeroShotDataset) -> None:
    # All captions of a seen class alike, so that its mean is the one caption's vector, of unit length.
    captions = {name: ["red crown"] * 4 for name in tiny_dataset.class_names}
    captions[tiny_dataset.seen[0]] = ["red crown", "blue wings"] * 2
    captions[tiny_dataset.unseen[0]] = ["blue wings", "zebra", "zebra", "zebra"]
    descriptions = dataclasses.replace(tiny_dataset.descriptions, captions=lambda: captions)
    known = _load(dataclasses.replace(tiny_dataset, descriptions=descriptions), "captions")
    vector = dict(zip(known.class_names, known.vectors, strict=True))
    alike, mixed, unseen = (
        vector[tiny_dataset.seen[1]],
        vector[tiny_dataset.seen[0]],
        vector[tiny_dataset.unseen[0]],
    )
    assert np.linalg.norm(alike) == pytest.approx(1)
    red = np.array(["red" in name or "crown" in name for name in known.feature_names])
    np.testing.assert_allclose(mixed[red], alike[red] / 2, rtol=1e-6)
    np.testing.assert_allclose(unseen[~red], mixed[~red] / 2, rtol=1e-6)
    assert not unseen[red].any()


@pytest.mark.parametrize("domain", _TEXTS)
def test_the_encoder_knows_words_of_seen_classes_alone(tiny_dataset: zero_shot.ZeroShotDataset, domain: str) -> None:
    known = _load(_saying(tiny_dataset, seen="okapi", unseen="zebra"), domain)
    assert "okapi" in known.feature_names
    assert not any("zebra" in name for name in known.feature_names)


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
        ("attributes", "36 attributes of aviary"),
        ("captions", "840 captions of aviary, TF-IDF"),  # 9 x 6 x 10 + 3 x 100
        ("documents", "12 documents of aviary, TF-IDF"),
    ],
)
def test_source_says_where_the_vectors_come_from(
    tiny_dataset: zero_shot.ZeroShotDataset, domain: str, source: str
) -> None:
    assert _load(tiny_dataset, domain).source == source


def test_every_domain_of_the_settings_can_be_loaded() -> None:
    choices = config.options(config.DomainConfig())["domain"][1].metadata["choices"]
    assert set(choices) == set(_DOMAINS) == set(knowledge._LOADERS)


def test_saved_knowledge_comes_back_bit_for_bit(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(2, 3)).astype(np.float32)
    known = knowledge.DomainKnowledge(vectors, ("a b", "ü=1", "c"), ("Tarn Wren", "Élan"), "words, by hand")
    known.save(tmp_path / "knowledge.npz")
    loaded = knowledge.DomainKnowledge.load(tmp_path / "knowledge.npz")
    assert loaded.vectors.dtype == np.float32
    assert loaded.vectors.tobytes() == vectors.tobytes()
    assert dataclasses.replace(loaded, vectors=vectors) == known
    assert type(loaded.source) is str and type(loaded.feature_names[0]) is str


def test_load_runs_no_pickle(tmp_path: Path) -> None:
    np.savez(tmp_path / "bad.npz", vectors=np.array([{}]), feature_names=[], class_names=[], source="")
    with pytest.raises(ValueError, match="allow_pickle=False"):
        knowledge.DomainKnowledge.load(tmp_path / "bad.npz")
