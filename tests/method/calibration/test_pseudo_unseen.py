# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of known classes that play new ones: by hand, and against classes that are truly new."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import pytest

from niwt_tf.method.calibration import pseudo_unseen, seen_loss
from niwt_tf.method.class_means import evidence as evidence_lib
from niwt_tf.method.class_means import photographs as photographs_lib
from niwt_tf.method.class_means import prediction as prediction_lib
from niwt_tf.method.class_means import statistics as statistics_lib

_DESCRIBED = pseudo_unseen.Source(is_described=True)


@pytest.fixture(autouse=True)
def _few_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pseudo_unseen, "_GROUPS", 12)


def _both(doubt: photographs_lib.PriorDoubt) -> dict[bool, photographs_lib.PriorDoubt]:
    """The same doubt of means with a description and without one."""
    return {True: doubt, False: doubt}


@dataclasses.dataclass(frozen=True)
class _World:
    """Gaussian classes whose means follow from their domain vectors; the last of them are new."""

    evidence: evidence_lib.Evidence
    prediction: prediction_lib.MeanPrediction
    doubt: photographs_lib.PriorDoubt
    new_vectors: np.ndarray
    new_images: np.ndarray  # [U,P,D]

    def expect(
        self, sources: list[pseudo_unseen.Source], limit: float = 0.1, seed: int = 0
    ) -> pseudo_unseen.Expectation:
        return pseudo_unseen.expect(self.evidence, self.prediction, _both(self.doubt), sources, limit, seed)


@functools.cache
def _world(seed: int, spread: float, known: int = 24, new: int = 6, size: int = 12) -> _World:
    """Returns a world in which the means' distance is a multiple of `spread`, and images deviate by 1 or so."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(known + new, 5))
    means = spread * vectors / np.linalg.norm(vectors, axis=1, keepdims=True) @ rng.normal(size=(5, size))
    mixed = np.eye(size) + 0.3 * rng.normal(size=(size, size))
    labels = np.repeat(np.arange(known), 20)
    features = (means[labels] + rng.normal(size=(len(labels), size))) @ mixed
    statistics = statistics_lib.fit(features, labels, known, 0.1)
    prediction = prediction_lib.fit(vectors[:known], statistics.means)
    return _World(
        evidence_lib.left_out(statistics, np.zeros(known)),
        prediction,
        photographs_lib.fit(statistics, prediction.left_out),
        vectors[known:],
        (means[known:, None] + rng.normal(size=(new, 200, size))) @ mixed,
    )


def _came(world: _World, sources: list[pseudo_unseen.Source], expected: pseudo_unseen.Expectation) -> float:
    """Returns the share of images of truly new classes that is recognised with an expectation's length and limit."""
    evidence, statistics = world.evidence, world.evidence.statistics
    described = world.prediction.coefficients(world.new_vectors)
    centers = np.full_like(described, 1 / described.shape[1])
    coefficients, means = pseudo_unseen.lengthened(statistics.means, described, centers, expected.length)
    for row, source in enumerate(sources):
        if source.photographs:
            taken = statistics.whiten(world.new_images[row, -source.photographs :])
            prior = described[row] if source.is_described else centers[row]
            means[row] = world.doubt.posterior(prior @ statistics.means, taken)
            coefficients[row] = prior * (1 - world.doubt.gains(source.photographs)[0])
    right = evidence.known.argmax(1) == evidence.labels
    margins = evidence.known.max(1) - evidence.new(means, coefficients).max(1)
    offset = seen_loss.curve(margins, right, evidence.labels).offset(expected.limit)
    shares = []
    for row, images in enumerate(world.new_images):
        white = statistics.whiten(images[:180])  # the last play photographs
        known, new = statistics_lib.scores(white, statistics.means), statistics_lib.scores(white, means)
        shares.append(((new.argmax(1) == row) & (new.max(1) + offset > known.max(1))).mean())
    return float(np.mean(shares))


def test_lengthened_by_hand() -> None:
    # The known means are 4 long on average, so that a half of it is 2. The first prediction lies (-5, 3) from
    # the center of the last two; the second is this center.
    means = np.array([[0.0, 3.0], [5.0, 0.0], [-4.0, 0.0]])
    centers = np.array([[0.0, 0.5, 0.5], [0.0, 0.5, 0.5]])
    coefficients = centers + np.array([[1.0, -1.0, 0.0], [0.0, 0.0, 0.0]])
    scaled, lengthened = pseudo_unseen.lengthened(means, coefficients, centers, 0.5)
    direction = np.array([-5.0, 3.0]) / np.sqrt(34)
    np.testing.assert_allclose(lengthened, [[0.5, 0] + 2 * direction, [0.5, 0]])
    np.testing.assert_allclose(scaled, [centers[0] + 2 / np.sqrt(34) * np.array([1, -1, 0]), centers[1]])


@pytest.mark.parametrize("length", [0.4, 1.0])
def test_lengthened_means_have_their_length_and_are_what_the_coefficients_give(length: float) -> None:
    rng = np.random.default_rng(0)
    means, coefficients = rng.normal(size=(7, 4)), rng.normal(size=(3, 7))
    centers = np.full((3, 7), 1 / 7)
    coefficients += (1 - coefficients.sum(1, keepdims=True)) / 7
    scaled, lengthened = pseudo_unseen.lengthened(means, coefficients, centers, length)
    lengths = np.linalg.norm(lengthened - means.mean(0), axis=1)
    np.testing.assert_allclose(lengths, length * np.linalg.norm(means, axis=1).mean())
    np.testing.assert_allclose(scaled @ means, lengthened)
    np.testing.assert_allclose(scaled.sum(1), 1)


@pytest.mark.parametrize("spread", [0.7, 1.5])  # hard, and easier
def test_what_is_expected_of_described_classes_comes(spread: float) -> None:
    expected, came = [], []
    for seed in range(3):
        world = _world(seed, spread)
        expectation = world.expect([_DESCRIBED] * 6)
        expected.append(expectation.recognised)
        came.append(_came(world, [_DESCRIBED] * 6, expectation))
    assert np.mean(expected) == pytest.approx(np.mean(came), abs=0.1)


@pytest.mark.parametrize("is_described", [False, True])
def test_what_is_expected_of_photographed_classes_comes(is_described: bool) -> None:
    sources = [pseudo_unseen.Source(is_described, 2)] * 6
    expected, came = [], []
    for seed in range(3):
        world = _world(seed, 1.0)
        expectation = world.expect(sources)
        expected.append(expectation.recognised)
        came.append(_came(world, sources, expectation))
    assert np.mean(expected) == pytest.approx(np.mean(came), abs=0.1)


@dataclasses.dataclass(frozen=True)
class _Recorder(evidence_lib.Evidence):
    """Evidence that keeps what it scored."""

    scored: list[tuple[np.ndarray, np.ndarray]] = dataclasses.field(default_factory=list)

    def new(self, means: np.ndarray, coefficients: np.ndarray) -> np.ndarray:
        self.scored.append((means, coefficients))
        return super().new(means, coefficients)


def _recorded(world: _World, sources: list[pseudo_unseen.Source]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Returns means and coefficients of each group."""
    plain = world.evidence
    names = [field.name for field in dataclasses.fields(plain)]
    recorder = _Recorder(**{name: getattr(plain, name) for name in names})
    pseudo_unseen.expect(recorder, world.prediction, _both(world.doubt), sources, 0.1)
    return recorder.scored


def test_classes_that_play_are_predicted_from_the_others_alone() -> None:
    world = _world(1, 1.0)
    known = world.evidence.statistics.means
    for means, coefficients in _recorded(world, [_DESCRIBED] * 3):
        group = np.flatnonzero(~coefficients.any(0))
        assert len(group) == 3
        np.testing.assert_allclose(coefficients.sum(1), 1)
        np.testing.assert_allclose(means, coefficients @ known)
        center = np.delete(known, group, 0).mean(0)
        lengths = np.linalg.norm(means - center, axis=1) / np.linalg.norm(known, axis=1).mean()
        np.testing.assert_allclose(lengths.reshape(4, 3), np.tile([[0.7], [0.55], [0.85], [1.0]], 3))
        directions = world.prediction.left_out_together(group) @ known - center
        units = {tuple(one.round(6)) for one in directions / np.linalg.norm(directions, axis=1, keepdims=True)}
        differences = (means - center)[:3]
        assert units == {tuple(one.round(6)) for one in differences / np.linalg.norm(differences, axis=1)[:, None]}


@pytest.mark.parametrize("is_described", [False, True])
def test_photographed_classes_that_play_follow_the_others_as_far_as_photographs_do_not_tell(is_described: bool) -> None:
    world = _world(1, 1.0)
    within, _ = world.doubt.gains(2)
    for means, coefficients in _recorded(world, [pseudo_unseen.Source(is_described, 2)] * 3):
        group = np.flatnonzero(~coefficients.any(0))
        assert means.shape == (3, 12) and len(group) == 3  # of a single length
        np.testing.assert_allclose(coefficients.sum(1), 1 - within)
        centers = np.isclose(coefficients, (1 - within) / 21).sum(1)
        assert (centers == 21).all() == (not is_described)


def test_the_length_is_the_one_that_recognises_most(monkeypatch: pytest.MonkeyPatch) -> None:
    world, recognised = _world(1, 1.0), {}
    chosen = world.expect([_DESCRIBED] * 6)
    for length in (0.7, 0.55, 0.85, 1.0):
        monkeypatch.setattr(pseudo_unseen, "_LENGTHS", (length,))
        recognised[length] = world.expect([_DESCRIBED] * 6).recognised
    assert chosen.recognised == recognised[chosen.length] == max(recognised.values())
    assert recognised[0.7] < chosen.recognised - 0.01


def test_photographed_classes_alone_choose_no_length() -> None:
    world, photographed = _world(1, 1.0), pseudo_unseen.Source(True, 1)
    assert world.expect([photographed] * 6).length == 0.7
    assert world.expect([photographed, _DESCRIBED, _DESCRIBED]).length == 1.0


def test_images_that_play_photographs_are_not_counted() -> None:
    # Classes that do not differ: a photograph is its own class's mean, and says nothing of the other image.
    rng = np.random.default_rng(8)
    labels = np.repeat(np.arange(20), 2)
    statistics = statistics_lib.fit(rng.normal(size=(40, 60)), labels, 20, 0.9)
    doubt = photographs_lib.PriorDoubt(np.zeros((0, 60)), np.zeros((20, 60)), 1e9, 1e9, 1.0)
    evidence = evidence_lib.fresh(statistics, np.zeros(20), rng.normal(size=(40, 60)), labels)
    expectation = pseudo_unseen.expect(evidence, None, _both(doubt), [pseudo_unseen.Source(False, 1)] * 10, 0.1)
    assert expectation.recognised < 0.3


def test_photographs_raise_the_share() -> None:
    world = _world(0, 1.0)
    shares = [world.expect([pseudo_unseen.Source(True, photographs)] * 6).recognised for photographs in (0, 3, 12)]
    assert shares[0] < shares[1] < shares[2]


def test_descriptions_raise_the_share_of_photographed_classes() -> None:
    world = _world(0, 1.0)
    alone, described = (world.expect([pseudo_unseen.Source(one, 1)] * 6).recognised for one in (False, True))
    assert described > alone + 0.05


def test_without_descriptions_no_prediction_is_needed() -> None:
    world, photographed = _world(1, 1.0), [pseudo_unseen.Source(False, 2)] * 6
    alone = pseudo_unseen.expect(world.evidence, None, _both(world.doubt), photographed, 0.1)
    assert alone == world.expect(photographed)


def test_more_new_classes_are_harder_to_tell_apart() -> None:
    world = _world(2, 1.0)
    assert world.expect([_DESCRIBED]).recognised > world.expect([_DESCRIBED] * 12).recognised + 0.1


def test_a_higher_limit_lets_more_be_recognised() -> None:
    world = _world(3, 1.0)
    shares = [world.expect([_DESCRIBED] * 6, limit).recognised for limit in (0.0, 0.05, 0.4)]
    assert shares[0] + 0.1 < shares[1] < shares[2] - 0.1


def test_easy_classes_spend_a_small_part_of_the_limit_and_hard_ones_more() -> None:
    easy, hard = (_world(0, spread).expect([_DESCRIBED] * 6) for spread in (20.0, 0.7))
    assert easy.limit <= 0.02 and easy.recognised > 0.9
    assert hard.limit >= 0.08


def test_a_limit_of_nothing_stays_one() -> None:
    assert _world(0, 1.0).expect([_DESCRIBED], limit=0.0).limit == 0


def test_the_seed_alone_deals_groups_and_photographs() -> None:
    world, sources = _world(4, 0.7), [pseudo_unseen.Source(True, 1), _DESCRIBED]
    one, again, other = (world.expect(sources, seed=seed) for seed in (3, 3, 4))
    assert one == again
    assert one.recognised != other.recognised


@pytest.mark.parametrize(
    ("known", "size", "groups"),
    [(24, 6, 12), (24, 12, 12), (24, 1, 12), (7, 3, 12), (8, 3, 10), (7, 1, 7), (3, 1, 3), (30, 2, 12)],
)
def test_groups_by_hand(known: int, size: int, groups: int) -> None:
    dealt = pseudo_unseen._groups(np.arange(100, 100 + known), size, np.random.default_rng(0))
    assert len(dealt) == groups
    assert {len(set(one)) for one in dealt} == {size}
    assert set(np.concatenate(dealt)) <= set(range(100, 100 + known))
    first_round = np.concatenate(dealt[: known // size])  # in which no class plays twice
    assert len(set(first_round)) == len(first_round)


@pytest.mark.parametrize(("known", "sources", "groups"), [(8, 3, 10), (3, 1, 3), (3, 9, 3), (4, 9, 12)])
def test_half_of_the_known_classes_play_at_most(known: int, sources: int, groups: int) -> None:
    expectation = _world(5, 1.0, known=known).expect([_DESCRIBED] * sources)
    assert expectation.groups == groups
    assert 0 <= expectation.low <= expectation.high <= 1
    assert 0 < expectation.recognised < 1


@pytest.mark.parametrize("known", [1, 2])
def test_of_fewer_than_three_classes_none_can_play(known: int) -> None:
    expectation = _world(0, 1.0, known=known).expect([_DESCRIBED], 0.2)
    assert expectation == pseudo_unseen.Expectation(length=0.7, limit=0.2)
    assert (expectation.recognised, expectation.low, expectation.high, expectation.groups) == (None, 0.0, 1.0, 0)


def test_classes_of_one_image_do_not_play() -> None:
    rng = np.random.default_rng(6)
    labels = np.array([0, 1, 1, 2, 2, 3])
    statistics = statistics_lib.fit(rng.normal(size=(6, 4)) + 3 * np.eye(4)[labels], labels, 4, 0.3)
    prediction = prediction_lib.fit(np.eye(4), statistics.means)
    doubt = photographs_lib.fit(statistics, prediction.left_out)
    evidence = evidence_lib.left_out(statistics, np.zeros(4))
    assert pseudo_unseen.expect(evidence, prediction, _both(doubt), [_DESCRIBED], 0.1).recognised is None


def test_no_new_class_has_no_expectation() -> None:
    assert _world(0, 1.0).expect([], 0.2) == pseudo_unseen.Expectation(0.7, 0.2)


@pytest.mark.parametrize(
    ("shares", "part"),
    [
        ([0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], 5),
        ([0.9] * 10, 1),
        # A tenth of a limit of 0.4 must buy a share of 0.01.
        ([0.5, 0.511, 0.522, 0.533, 0.544, 0.555, 0.566, 0.577, 0.588, 0.599], 10),
        ([0.5, 0.509, 0.518, 0.527, 0.536, 0.545, 0.554, 0.563, 0.572, 0.581], 1),
    ],
)
def test_as_much_is_spent_as_buys_something_by_hand(shares: list[float], part: int) -> None:
    groups = np.array(shares) + np.array([[-0.1], [0.0], [0.1]])
    expectation = pseudo_unseen._expectation(0.7, groups, 0.4)
    assert expectation.limit == pytest.approx(0.04 * part)
    assert expectation.recognised == pytest.approx(shares[part - 1])
    assert (expectation.low, expectation.high) == pytest.approx((shares[part - 1] - 0.08, shares[part - 1] + 0.08))
    assert expectation.groups == 3


def _made(known: list[list[float]], labels: list[int]) -> evidence_lib.Evidence:
    """Returns evidence of these scores for the known classes; its statistics are of no account."""
    statistics = statistics_lib.fit(np.eye(3), np.arange(3), 3, 1.0)
    white = np.zeros((len(labels), 3))
    return evidence_lib.Evidence(statistics, np.array(labels), np.array(known), white, 0.0, is_left_out=False)


def test_recognised_shares_by_hand() -> None:
    # Class 2 plays, whatever its own scores. Four images of two others lie 1, 2, 3 and 4 above it; losing the first
    # costs 1/4, and 0.315 with the caution: 0.8 of a limit of 0.4. Of the images of class 2, the first always gains
    # enough, the second ties with the offset until then, and the third plays a photograph.
    known = [[0.0, -9, 5], [0, -9, 5], [-9, 0, 5], [-9, 0, 5], [1, 0, 5], [0, 1, 5], [0, 0, 5]]
    evidence = _made(known, [0, 0, 1, 1, 2, 2, 2])
    new = np.array([[-1.0], [-2], [-3], [-4], [0.1], [0], [9]])
    used = np.arange(7) == 6
    shares = pseudo_unseen._recognised(evidence, np.array([2]), new, used, 0.4)
    np.testing.assert_allclose(shares, [0.5] * 7 + [1] * 3)


def test_an_image_that_is_taken_for_another_new_class_is_not_recognised_by_hand() -> None:
    known = [[3.0, 0, 0], [3, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]]
    new = np.array([[0.0, 0], [0, 0], [2, 1], [1, 2], [1, 2], [2, 1]])
    evidence, group = _made(known, [0, 0, 1, 1, 2, 2]), np.array([1, 2])
    shares = pseudo_unseen._recognised(evidence, group, new, np.zeros(6, bool), 0.1)
    np.testing.assert_allclose(shares, 0.5)
    swapped = pseudo_unseen._recognised(evidence, group[::-1], new[:, ::-1], np.arange(6) == 3, 0.1)
    np.testing.assert_allclose(swapped, (1 + 0.5) / 2)


def test_however_many_photographs_one_image_of_each_class_remains() -> None:
    world = _world(7, 3.0)
    assert world.expect([pseudo_unseen.Source(True, 999)] * 6) == world.expect([pseudo_unseen.Source(True, 19)] * 6)


@pytest.mark.parametrize("photographs", [0, 3])
def test_products_of_played_classes_are_those_of_truly_new_ones(photographs: int) -> None:
    ratios = []
    for seed in range(4):
        world = _world(seed, 4.0)
        evidence, statistics = world.evidence, world.evidence.statistics
        source = pseudo_unseen.Source(is_described=True, photographs=photographs)
        products, rows = pseudo_unseen.played_products(
            evidence, world.prediction, _both(world.doubt), source, length=0.8, offset=0.0
        )
        assert len(products) == len(rows) > 100 and rows.max() < len(evidence.labels)
        described = world.prediction.coefficients(world.new_vectors)
        _, means = pseudo_unseen.lengthened(statistics.means, described, np.full_like(described, 1 / 24), 0.8)
        for row, images in enumerate(world.new_images):
            white = statistics.whiten(images)
            mean = means[row]
            if photographs:
                mean = world.doubt.posterior(described[row] @ statistics.means, white[-photographs:])
            scores = statistics_lib.scores(white[:180], mean[None])[:, 0]
            is_recognised = scores > statistics_lib.scores(white[:180], statistics.means).max(1)
            ratios.append(np.median((white[:180] @ mean)[is_recognised]) / np.median(products))
    assert np.mean(ratios) == pytest.approx(1, abs=0.2)


def test_too_few_classes_have_no_products() -> None:
    world = _world(0, 4.0)
    two = evidence_lib.fresh(world.evidence.statistics, np.zeros(24), np.zeros((2, 12)), np.array([0, 1]))
    products, rows = pseudo_unseen.played_products(
        two, world.prediction, _both(world.doubt), _DESCRIBED, length=0.7, offset=0.0
    )
    assert products.shape == rows.shape == (0,)
