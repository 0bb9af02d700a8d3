# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the generalized zero-shot accuracies, by hand and against loops that follow the definition."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from niwt_tf import errors
from niwt_tf.evaluation import gzsl
from niwt_tf.evaluation.gzsl import GzslLogits


def _one_hot(predictions: list[int], classes: int) -> np.ndarray:
    return np.eye(classes)[predictions]


def _true_accuracy(logits: np.ndarray, labels: np.ndarray, classes: Sequence[int], penalty: np.ndarray) -> float:
    """The definition, in loops: the mean over classes of each one's share of right images."""
    shares = []
    for index in classes:
        rows = [row for row, label in zip(logits, labels, strict=True) if label == index]
        right = 0
        for row in rows:
            scores = [score - less for score, less in zip(row, penalty, strict=True)]
            right += scores.index(max(scores)) == index
        shares.append(right / len(rows))
    return sum(shares) / len(shares)


def _true_scores(problem: GzslLogits, gamma: float) -> tuple[float, float]:
    classes = problem.seen.shape[1]
    penalty = np.array([gamma if index < problem.seen_classes else 0.0 for index in range(classes)])
    return (
        _true_accuracy(problem.seen, problem.seen_labels, range(problem.seen_classes), penalty),
        _true_accuracy(problem.unseen, problem.unseen_labels, range(problem.seen_classes, classes), penalty),
    )


@st.composite
def _problems(draw: st.DrawFn) -> GzslLogits:
    """Few images and logits in quarters, so that sums are exact and ties are common."""
    seen, unseen = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    logit = st.integers(-8, 8).map(lambda number: number / 4)

    def images(classes: range) -> tuple[np.ndarray, np.ndarray]:
        counts = draw(st.lists(st.integers(1, 3), min_size=len(classes), max_size=len(classes)))
        labels = np.array(draw(st.permutations(np.repeat(classes, counts).tolist())))
        size = len(labels) * (seen + unseen)
        logits = draw(st.lists(logit, min_size=size, max_size=size))
        return np.array(logits).reshape(len(labels), -1), labels

    return GzslLogits(*images(range(seen)), *images(range(seen, seen + unseen)), seen)


def _normal_problem(seed: int, dtype: type = np.float64) -> GzslLogits:
    """Logits that favour the right class and all seen ones, with unequal numbers of images."""
    rng = np.random.default_rng(seed)
    seen_labels = np.concatenate([np.arange(6), rng.integers(0, 6, 150)])
    unseen_labels = np.concatenate([np.arange(6, 10), rng.integers(6, 10, 70)])

    def logits(labels: np.ndarray) -> np.ndarray:
        favour = 1.5 * np.eye(10)[labels] + 0.7 * (np.arange(10) < 6)
        return (rng.normal(size=(len(labels), 10)) + favour).astype(dtype)

    return GzslLogits(logits(seen_labels), seen_labels, logits(unseen_labels), unseen_labels, 6)


# Two seen classes (0: four images, 1: one) and two unseen (2: two images, 3: three).
_BY_HAND = GzslLogits(
    _one_hot([0, 0, 0, 2, 3], 4),
    np.array([0, 0, 0, 0, 1]),
    _one_hot([2, 0, 3, 3, 1], 4),
    np.array([2, 2, 3, 3, 3]),
    2,
)


def test_gzsl_of_a_confusion_made_by_hand() -> None:
    scores = gzsl.gzsl(_BY_HAND)
    assert scores.seen == pytest.approx((3 / 4 + 0) / 2)
    assert scores.unseen == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert scores.harmonic_mean == pytest.approx(2 * 0.375 * (7 / 12) / (0.375 + 7 / 12))


def test_classes_count_alike_however_many_images_they_have() -> None:
    labels = np.array([0] * 9 + [1])
    always_zero = np.zeros(10, int)
    assert gzsl.per_class_accuracy(always_zero, labels, range(2)) == pytest.approx(0.5)  # 0.9 of the images


def test_per_class_accuracy_averages_over_the_classes_of_the_range() -> None:
    labels = np.array([3, 3, 4, 4, 5])
    predictions = np.array([3, 0, 4, 4, 4])
    assert gzsl.per_class_accuracy(predictions, labels, range(3, 6)) == pytest.approx((0.5 + 1 + 0) / 3)


def test_class_shares_by_hand() -> None:
    shares = gzsl.class_shares(np.array([2, 3, 3, 2, 3]), range(2, 4))
    np.testing.assert_allclose(shares, [1 / 4, 1 / 6, 1 / 6, 1 / 4, 1 / 6])


@pytest.mark.parametrize(
    ("seen", "unseen", "expected"),
    [(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 1), (0.5, 0.5, 0.5), (0.8, 0.2, 0.32)],
)
def test_harmonic_mean_by_hand(seen: float, unseen: float, expected: float) -> None:
    assert gzsl.harmonic_mean(seen, unseen) == pytest.approx(expected)
    assert gzsl.Scores(seen, unseen).harmonic_mean == pytest.approx(expected)


@hypothesis.given(st.integers(0, 1000), st.integers(0, 1000))
def test_harmonic_mean_lies_between_its_arguments_and_below_their_mean(seen: int, unseen: int) -> None:
    mean = gzsl.harmonic_mean(seen / 1000, unseen / 1000)
    assert mean == gzsl.harmonic_mean(unseen / 1000, seen / 1000)
    assert min(seen, unseen) / 1000 - 1e-12 <= mean <= (seen + unseen) / 2000 + 1e-12


@pytest.mark.parametrize(
    ("gamma", "seen", "unseen"), [(0.0, 1.0, 0.0), (0.5, 1.0, 0.0), (0.75, 1.0, 1.0), (2.5, 0.0, 1.0)]
)
def test_gamma_is_subtracted_from_the_seen_logits(gamma: float, seen: float, unseen: float) -> None:
    test = GzslLogits(np.array([[3.0, 1.0]]), np.array([0]), np.array([[2.5, 2.0]]), np.array([1]), 1)
    scores = gzsl.gzsl(test, gamma)
    assert (scores.seen, scores.unseen) == (seen, unseen)


def test_gzsl_leaves_the_logits_as_they_are() -> None:
    problem = _normal_problem(0)
    before = problem.seen.copy(), problem.unseen.copy()
    gzsl.gzsl(problem, gamma=1.0)
    np.testing.assert_array_equal(problem.seen, before[0])
    np.testing.assert_array_equal(problem.unseen, before[1])


@hypothesis.settings(deadline=None)
@hypothesis.given(_problems(), st.integers(-20, 20))
def test_gzsl_follows_its_definition(problem: GzslLogits, quarters: int) -> None:
    scores = gzsl.gzsl(problem, gamma=quarters / 4)
    assert (scores.seen, scores.unseen) == pytest.approx(_true_scores(problem, quarters / 4))


def test_zsl_lets_no_seen_class_win() -> None:
    logits = np.array([[9.0, 1.0, 0.0], [9.0, 0.0, 1.0], [9.0, 1.0, 0.0], [-9.0, 1.0, 0.0]])
    labels = np.array([1, 1, 2, 1])
    test = GzslLogits(np.eye(3)[:1], np.array([0]), logits, labels, 1)
    assert gzsl.zsl(test) == pytest.approx((2 / 3 + 0) / 2)
    assert gzsl.gzsl(test).unseen == pytest.approx((1 / 3 + 0) / 2)


@hypothesis.settings(deadline=None)
@hypothesis.given(_problems())
def test_zsl_is_what_the_unseen_reach_when_gamma_rules_out_the_seen(problem: GzslLogits) -> None:
    zsl = gzsl.zsl(problem)
    assert zsl == pytest.approx(_true_scores(problem, 1000.0)[1])


_EMPTY = (
    r"`labels` must show every class that is averaged over, and no other\. "
    r"Received: {} labels, none of class \[{}\]"
)


@pytest.mark.parametrize("evaluator", [gzsl.gzsl, gzsl.curve])
def test_a_class_without_images_is_an_error(evaluator: Callable[..., Any]) -> None:
    no_seen_1 = dataclasses.replace(_BY_HAND, seen_labels=np.zeros(5, int))
    with pytest.raises(errors.UserError, match=_EMPTY.format(5, "1")):
        evaluator(no_seen_1)
    no_unseen_2 = dataclasses.replace(_BY_HAND, unseen_labels=np.full(5, 3))
    with pytest.raises(errors.UserError, match=_EMPTY.format(5, "2")):
        evaluator(no_unseen_2)


def test_zsl_of_a_class_without_images_is_an_error() -> None:
    with pytest.raises(errors.UserError, match=_EMPTY.format(5, "3") + r"\. Give those classes test images"):
        gzsl.zsl(dataclasses.replace(_BY_HAND, unseen_labels=np.full(5, 2)))


def test_no_images_at_all_is_an_error() -> None:
    with pytest.raises(errors.UserError, match=_EMPTY.format(0, "2, 3")):
        gzsl.per_class_accuracy(np.array([], int), np.array([], int), range(2, 4))


@pytest.mark.parametrize("stranger", [1, 4])
def test_an_image_of_a_class_that_is_not_averaged_over_is_an_error(stranger: int) -> None:
    labels = np.array([2, 3, stranger])
    with pytest.raises(errors.UserError, match="and no other"):
        gzsl.per_class_accuracy(labels, labels, range(2, 4))


def test_curve_by_hand() -> None:
    # Margins (best seen - best unseen) of seen images: 3 and 1 (right), 2 (wrong); unseen: 1 and -1 (right).
    seen_logits = np.array([[3.0, 0.0, 0.0], [1.0, 2.0, 1.0], [2.0, 0.0, 0.0]])
    unseen_logits = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    curve = gzsl.curve(GzslLogits(seen_logits, np.array([0, 1, 1]), unseen_logits, np.array([2, 2]), 2))
    np.testing.assert_array_equal(curve.gammas, [-1, 1, 2, 3])
    np.testing.assert_allclose(curve.seen, [0.75, 0.75, 0.5, 0.5, 0.0])
    np.testing.assert_allclose(curve.unseen, [0.0, 0.5, 1.0, 1.0, 1.0])
    assert curve.ausuc == pytest.approx(0.5 * 0.75 + 0.5 * (0.75 + 0.5) / 2)
    gamma, best = curve.best_gamma()
    assert gamma == pytest.approx(2)  # H is highest from 1 to 3: where the wrong image's margin lies changes nothing
    assert best == pytest.approx(2 * 0.5 * 1.0 / 1.5)


def test_ausuc_by_hand() -> None:
    perfect = gzsl.Curve(np.array([0.0, 1.0]), np.array([1.0, 1.0, 0.0]), np.array([0.0, 1.0, 1.0]))
    assert perfect.ausuc == pytest.approx(1.0)
    diagonal = gzsl.Curve(np.array([0.0]), np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    assert diagonal.ausuc == pytest.approx(0.5)
    stairs = gzsl.Curve(np.array([0.0, 1.0, 2.0]), np.array([0.8, 0.4, 0.4, 0.0]), np.array([0.0, 0.0, 0.5, 0.5]))
    assert stairs.ausuc == pytest.approx(0.4 * 0.5)


@hypothesis.settings(deadline=None)
@hypothesis.given(_problems(), st.integers(-20, 20))
def test_curve_is_brute_force_at_every_gamma(problem: GzslLogits, quarters: int) -> None:
    curve = gzsl.curve(problem)
    for gamma in [*curve.gammas, *(curve.gammas - 1 / 8), *(curve.gammas + 1 / 8), quarters / 4]:
        entry = np.searchsorted(curve.gammas, gamma)  # at a gamma itself the tie goes to the seen class
        assert (curve.seen[entry], curve.unseen[entry]) == pytest.approx(_true_scores(problem, gamma)), gamma


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_curve_is_gzsl_between_its_gammas(dtype: type) -> None:
    problem = _normal_problem(1, dtype)
    curve = gzsl.curve(problem)
    edges = [curve.gammas[0] - 1, *curve.gammas.astype(np.float64), curve.gammas[-1] + 1]
    for entry, (low, high) in enumerate(zip(edges, edges[1:], strict=False)):
        scores = gzsl.gzsl(problem, gamma=(low + high) / 2)
        assert (curve.seen[entry], curve.unseen[entry]) == pytest.approx((scores.seen, scores.unseen))


@hypothesis.settings(deadline=None)
@hypothesis.given(_problems())
def test_curve_falls_for_seen_and_rises_for_unseen_classes(problem: GzslLogits) -> None:
    curve = gzsl.curve(problem)
    assert len(curve.seen) == len(curve.unseen) == len(curve.gammas) + 1
    assert (np.diff(curve.gammas) > 0).all()
    assert (np.diff(curve.seen) <= 0).all() and curve.seen[-1] == 0
    assert (np.diff(curve.unseen) >= 0).all() and curve.unseen[0] == 0
    only_seen = _true_accuracy(problem.seen, problem.seen_labels, range(problem.seen_classes), _only_seen(problem))
    assert curve.seen[0] == pytest.approx(only_seen)
    zsl = gzsl.zsl(problem)
    assert curve.unseen[-1] == pytest.approx(zsl)


def _only_seen(problem: GzslLogits) -> np.ndarray:
    return np.where(np.arange(problem.seen.shape[1]) < problem.seen_classes, 0.0, 1000.0)


@hypothesis.settings(deadline=None)
@hypothesis.given(_problems())
def test_ausuc_lies_below_the_rectangle_of_the_best_accuracies(problem: GzslLogits) -> None:
    curve = gzsl.curve(problem)
    assert -1e-12 <= curve.ausuc <= curve.seen[0] * curve.unseen[-1] + 1e-12
    assert curve.ausuc <= 1 + 1e-12


def test_ausuc_does_not_change_when_all_seen_logits_move() -> None:
    problem = _normal_problem(2)
    shift = np.where(np.arange(10) < 6, 4.0, 0.0)
    moved = dataclasses.replace(problem, seen=problem.seen + shift, unseen=problem.unseen + shift)
    curve, moved_curve = gzsl.curve(problem), gzsl.curve(moved)
    assert moved_curve.ausuc == pytest.approx(curve.ausuc)
    assert moved_curve.best_gamma() == pytest.approx((curve.best_gamma()[0] + 4.0, curve.best_gamma()[1]))


@hypothesis.settings(deadline=None)
@hypothesis.given(_problems())
def test_best_gamma_attains_its_harmonic_mean_and_no_gamma_more(problem: GzslLogits) -> None:
    curve = gzsl.curve(problem)
    gamma, best = curve.best_gamma()
    assert gzsl.gzsl(problem, gamma=gamma).harmonic_mean == pytest.approx(best)
    for other in [*curve.gammas, *(curve.gammas - 1 / 8), *(curve.gammas + 1 / 8)]:
        assert gzsl.harmonic_mean(*_true_scores(problem, other)) <= best + 1e-12


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_best_gamma_beats_a_fine_grid(dtype: type) -> None:
    problem = _normal_problem(3, dtype)
    gamma, best = gzsl.curve(problem).best_gamma()
    grid = [gzsl.gzsl(problem, gamma=other).harmonic_mean for other in np.linspace(-4, 6, 500)]
    assert gzsl.gzsl(problem, gamma=gamma).harmonic_mean == pytest.approx(best)
    assert max(grid) <= best + 1e-12
    assert best > gzsl.gzsl(problem).harmonic_mean  # these logits favour the seen classes


def test_best_gamma_tells_float32_margins_one_step_apart() -> None:
    above_one = np.nextafter(np.float32(1), np.float32(2))
    seen_logits, unseen_logits = np.array([[above_one, 0]], np.float32), np.array([[1, 0]], np.float32)
    problem = GzslLogits(seen_logits, np.array([0]), unseen_logits, np.array([1]), 1)
    gamma, best = gzsl.curve(problem).best_gamma()
    assert best == 1.0
    assert gzsl.gzsl(problem, gamma=gamma).harmonic_mean == 1.0


@hypothesis.given(st.lists(st.floats(-1e-12, 1e-12), min_size=5, max_size=5))
def test_rounding_does_not_decide_which_of_equal_gammas_is_best(noise: list[float]) -> None:
    means = np.array([0.2, 0.6, 0.6, 0.3, 0.6]) + noise  # S = U = H
    gamma, best = gzsl.Curve(np.array([0.0, 1.0, 2.0, 4.0]), means, means).best_gamma()
    assert (gamma, best) == (1.0, pytest.approx(0.6))  # from 0 to 2


def test_best_gamma_is_finite_where_no_gamma_helps() -> None:
    unseen_logits = np.array([[1.0, 0.0, 0.5], [1.0, 0.5, 0.0]])
    never_right = GzslLogits(np.array([[0.0, 1.0, 0.0]]), np.array([0]), unseen_logits, np.array([1, 2]), 1)
    gamma, best = gzsl.curve(never_right).best_gamma()
    assert np.isfinite(gamma) and best == 0.0


def test_middle_gamma_by_hand() -> None:
    # H is 0, 0.5 from 0 to 2, 0.48 from 2 to 3, 0 from 3 on.
    curve = gzsl.Curve(np.array([0.0, 2.0, 3.0]), np.array([1, 0.5, 0.48, 0.0]), np.array([0.0, 0.5, 0.48, 1.0]))
    np.testing.assert_allclose(curve.harmonic_means, [0, 0.5, 0.48, 0])
    assert curve.best_gamma() == (1.0, 0.5)
    assert curve.middle_gamma() == pytest.approx((2 * 1.0 + np.exp(-1) * 2.5) / (2 + np.exp(-1)))


@hypothesis.settings(deadline=None)
@hypothesis.given(_problems(), st.floats(0.1, 10), st.floats(-5, 5))
def test_middle_gamma_is_good_and_moves_with_the_logits(problem: GzslLogits, slope: float, shift: float) -> None:
    curve = gzsl.curve(problem)
    middle = curve.middle_gamma()
    assert curve.gammas[0] <= middle <= curve.gammas[-1]
    moved = dataclasses.replace(curve, gammas=slope * curve.gammas + shift)
    assert moved.middle_gamma() == pytest.approx(slope * middle + shift, abs=1e-6)


def test_middle_gamma_moves_less_than_the_best_where_images_change() -> None:
    problems = [_normal_problem(seed) for seed in range(12)]
    curves = [gzsl.curve(problem) for problem in problems]
    assert np.std([curve.middle_gamma() for curve in curves]) < np.std([curve.best_gamma()[0] for curve in curves])


def test_middle_gamma_of_one_margin_is_that_margin() -> None:
    curve = gzsl.curve(GzslLogits(np.array([[2.0, 0.0]]), np.array([0]), np.array([[2.0, 0.0]]), np.array([1]), 1))
    assert curve.middle_gamma() == 2.0


def _with_imageless(problem: GzslLogits) -> GzslLogits:
    """Returns the problem with two more unseen classes, the first and the last of them, that have no image."""

    def more(logits: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng(5)
        first, last = rng.integers(-8, 8, (2, len(logits))) / 4
        return np.column_stack([logits[:, :seen], first, logits[:, seen:], last]).astype(logits.dtype)

    seen, classes = problem.seen_classes, problem.seen.shape[1]
    return dataclasses.replace(
        problem,
        seen=more(problem.seen),
        unseen=more(problem.unseen),
        unseen_labels=problem.unseen_labels + 1,
        imageless=(seen, classes + 1),
    )


def test_classes_without_images_can_be_predicted_and_do_not_count() -> None:
    seen_logits = _one_hot([0, 2, 1, 1], 4)  # class 2 has no image, and takes one of class 0
    unseen_logits = _one_hot([3, 2, 3, 0], 4)
    test = GzslLogits(seen_logits, np.array([0, 0, 1, 1]), unseen_logits, np.full(4, 3), 2, imageless=[2])
    scores = gzsl.gzsl(test)
    assert (scores.seen, scores.unseen) == ((1 / 2 + 1) / 2, 2 / 4)
    assert gzsl.zsl(test) == 2 / 4  # of all equal unseen logits the first wins
    with pytest.raises(errors.UserError, match=_EMPTY.format(4, "2")):
        gzsl.gzsl(dataclasses.replace(test, imageless=()))


@hypothesis.settings(deadline=None)
@hypothesis.given(_problems(), st.integers(-20, 20))
def test_scores_with_classes_without_images_follow_their_definition(problem: GzslLogits, quarters: int) -> None:
    problem = _with_imageless(problem)
    gamma, seen = quarters / 4, problem.seen_classes
    penalty = np.where(np.arange(problem.seen.shape[1]) < seen, gamma, 0.0)
    counted = [index for index in range(seen, problem.seen.shape[1]) if index not in problem.imageless]
    expected = (
        _true_accuracy(problem.seen, problem.seen_labels, range(seen), penalty),
        _true_accuracy(problem.unseen, problem.unseen_labels, counted, penalty),
    )
    scores = gzsl.gzsl(problem, gamma=gamma)
    assert (scores.seen, scores.unseen) == pytest.approx(expected)
    curve = gzsl.curve(problem)
    entry = np.searchsorted(curve.gammas, gamma)
    assert (curve.seen[entry], curve.unseen[entry]) == pytest.approx(expected)
    zsl = gzsl.zsl(problem)
    assert curve.unseen[-1] == pytest.approx(zsl)


@pytest.mark.parametrize("evaluator", [gzsl.gzsl, gzsl.curve])
def test_an_image_of_a_class_said_to_have_none_is_an_error(evaluator: Callable[..., Any]) -> None:
    with pytest.raises(errors.UserError, match="and no other"):
        evaluator(dataclasses.replace(_BY_HAND, imageless=[2]))


@hypothesis.settings(deadline=None)
@hypothesis.given(_problems(), st.integers(-20, 20))
def test_seen_accuracy_alone_is_that_of_both(problem: GzslLogits, quarters: int) -> None:
    alone = gzsl.seen_accuracy(problem, quarters / 4)
    assert alone == gzsl.gzsl(problem, gamma=quarters / 4).seen


def test_seen_accuracy_by_hand() -> None:
    logits, labels = np.array([[3.0, 1.0, 2.0], [0.0, 1.0, 0.5]]), np.array([0, 1])
    test = GzslLogits(logits, labels, np.zeros((0, 3)), np.zeros(0, int), 2)
    assert [gzsl.seen_accuracy(test, gamma) for gamma in (0.0, 0.75, 1.5)] == [1.0, 0.5, 0.0]


@pytest.mark.parametrize("field", ["seen", "unseen"])
def test_logits_that_are_no_numbers_get_no_scores(field: str) -> None:
    good = GzslLogits(np.eye(3)[[0, 1]], np.array([0, 1]), np.eye(3)[[2]], np.array([2]), 2)
    with pytest.raises(errors.DivergedError, match=f"^`{field}_logits` must be numbers. Received: NaN in"):
        dataclasses.replace(good, **{field: getattr(good, field) * np.array([1, 1, np.nan])})


def test_predictions_by_hand() -> None:
    test = GzslLogits(np.array([[3.0, 1.0, 2.0]]), np.array([0]), np.array([[1.0, 0.5, 0.9]] * 2), np.array([2, 2]), 2)
    assert [[part.tolist() for part in test.predictions(gamma)] for gamma in (0.0, 0.5, 1.5)] == [
        [[0], [0, 0]], [[0], [2, 2]], [[2], [2, 2]],
    ]  # fmt: skip


def test_a_saved_test_is_read_as_it_was(tmp_path: Path) -> None:
    problem = _with_imageless(_normal_problem(4, np.float32))
    problem.save(tmp_path / "logits.npz")
    loaded = GzslLogits.load(tmp_path / "logits.npz", problem.seen_classes, problem.imageless)
    for field in dataclasses.fields(problem):
        np.testing.assert_array_equal(getattr(loaded, field.name), getattr(problem, field.name))


def test_the_largest_gamma_within_a_limit_costs_no_more_than_it() -> None:
    seen = np.array([[3.0, 0.0, 2.5], [3.0, 0.0, 1.0], [0.0, 3.0, 2.0], [0.0, 3.0, 0.5]])
    unseen = np.array([[1.0, 0.0, 0.2], [0.0, 2.0, 0.5]])
    curve = gzsl.curve(gzsl.GzslLogits(seen, np.array([0, 0, 1, 1]), unseen, np.array([2, 2]), 2))
    assert curve.within(0.25) == (pytest.approx(0.9), pytest.approx(2 * 0.75 * 0.5 / 1.25))  # from 1.0 on, 0.5 is lost
    gamma, _ = curve.within(0.0)
    assert gamma <= 0.5
