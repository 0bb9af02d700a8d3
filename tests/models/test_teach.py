# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of teaching classes by describing them, and of forgetting them."""

from __future__ import annotations

import re

import numpy as np
import pytest

from fakes import models
from niwt_tf import errors
from niwt_tf.backbones import classifier
from niwt_tf.domains import description
from niwt_tf.method import importance
from niwt_tf.method.calibration import gamma
from niwt_tf.method.domain_map import domain_map
from niwt_tf.method.weight_transfer import closed_form, descent
from niwt_tf.models import class_summary, teach
from niwt_tf.models import model as model_lib

_ZEBRA = description.Description("zebra", attributes=("coat: striped", "weight:0.4"))
_CAPTIONS = ("black and white stripes", "long legs")


@pytest.fixture(
    scope="module",
    params=[(False, False), (True, False), (False, True), (True, True)],
    ids=["affine", "deep", "affine by descent", "deep by descent"],
)
def model(request: pytest.FixtureRequest) -> model_lib.Model:
    return models.by_attributes(*request.param)


@pytest.fixture(scope="module")
def taught(model: model_lib.Model) -> teach.Result:
    return teach.teach(model, [_ZEBRA])


def _images(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)


def _sizes(model: model_lib.Model, kernel: np.ndarray) -> np.ndarray:
    """Computes lengths, or the spread of logits over images that are classified as the same seen class."""
    if model.settings.scale_unit == "length":
        return np.linalg.norm(kernel, axis=0)
    seen = len(models.SEEN)
    predicted = (model.features @ model.classifier.kernel[:, :seen] + model.classifier.bias[:seen]).argmax(1)
    logits = model.features @ kernel
    return np.sqrt(sum(logits[predicted == c].var(0) * (predicted == c).sum() for c in set(predicted)) / len(predicted))


def test_the_new_weights_are_those_that_the_pipeline_finds(model: model_lib.Model, taught: teach.Result) -> None:
    seen, new = len(models.SEEN), taught.model.classifier
    vector = np.float32([[0, 1, 0, 0.4]])
    targets = model.forward(vector)
    if model.config.transfer.transfer_fit == "closed":
        deep = len(model.classifier.kernel) == 5
        kernel = closed_form.solve(models.weight_transfer(deep).weight_operator(model.forward.residuals, 1e-3), targets)
    else:
        head, of_seen = model.classifier.backbone.head, model.classifier.kernel[:, :seen]
        settings = model.config.transfer
        kernel = descent.transfer(head, model.activations, targets, of_seen, np.array([1e-3]), settings, 0)
    of_seen = model.classifier.kernel[:, :seen]
    size = 0.8 * _sizes(model, of_seen).mean()
    expected = kernel[:, 0] * (size / _sizes(model, kernel))
    np.testing.assert_allclose(new.kernel[:, -1], expected, rtol=1e-5)
    logits = new.logits(model.features).mean(0)
    assert logits[-1] == pytest.approx(logits[:seen].mean(), abs=1e-4)  # biases are level
    np.testing.assert_array_equal(taught.model.knowledge.vectors[-1], vector[0])


def test_the_new_weights_have_the_importances_predicted_from_the_description(
    model: model_lib.Model, taught: teach.Result
) -> None:
    head, kernel = model.classifier.backbone.head, taught.model.classifier.kernel
    (caused,) = importance.of_weights(head, model.activations, kernel[:, -1:])
    (target,) = model.forward(taught.model.knowledge.vectors[-1:])
    reachable = np.linalg.matrix_rank(kernel) >= len(target)
    assert caused @ target / np.linalg.norm(caused) / np.linalg.norm(target) > (0.99 if reachable else 0.8)


def test_nothing_but_gamma_changes_for_the_other_classes(model: model_lib.Model, taught: teach.Result) -> None:
    before, after = model.classifier, taught.model.classifier
    assert after.class_names == (*models.SEEN, *models.UNSEEN, "zebra") == taught.model.knowledge.class_names
    assert after.unseen == ("Okapi", "zebra") and taught.model.seen == models.SEEN
    np.testing.assert_array_equal(after.kernel[:, :-1], before.kernel)
    np.testing.assert_array_equal(after.bias[:-1], before.bias)
    np.testing.assert_array_equal(taught.model.knowledge.vectors[:-1], model.knowledge.vectors)
    assert model.class_names == models.SEEN + models.UNSEEN  # the old model stays as it is
    assert taught.model.taught == (_ZEBRA,) and model.taught == ()


def test_gamma_lies_at_the_position_that_validation_chose(taught: teach.Result) -> None:
    logits, seen = taught.model.classifier.logits(taught.model.features), len(models.SEEN)
    margins = gamma.margins(logits, seen)
    if taught.model.settings.synthetic_position is None:
        assert gamma.seen_fraction(margins, taught.model.gamma) == pytest.approx(0.9, abs=1 / len(margins))
    else:
        halfway = (margins.mean() + gamma.synthetic_gamma(logits, seen)) / 2
        assert taught.model.gamma == pytest.approx((np.quantile(margins, 0.1) + halfway) / 2)


def test_forgetting_undoes_teaching(model: model_lib.Model, taught: teach.Result) -> None:
    back = taught.model.forget("Zebra")
    assert back.class_names == model.class_names and back.taught == () and back.classifier.unseen == models.UNSEEN
    np.testing.assert_array_equal(back.classifier.kernel, model.classifier.kernel)
    np.testing.assert_array_equal(back.knowledge.vectors, model.knowledge.vectors)
    again = teach.teach(back, [_ZEBRA]).model
    np.testing.assert_array_equal(again.predict(_images(7)).scores, taught.model.predict(_images(7)).scores)


def test_a_class_in_the_middle_is_forgotten_alone(taught: teach.Result) -> None:
    left = teach.forget(taught.model, ["okapi"])
    assert left.class_names == (*models.SEEN, "zebra") == left.knowledge.class_names
    assert left.classifier.unseen == ("zebra",) and left.taught == (_ZEBRA,)
    np.testing.assert_array_equal(left.classifier.kernel[:, -1], taught.model.classifier.kernel[:, -1])


def test_a_model_may_forget_all_classes_learned_from_descriptions(model: model_lib.Model) -> None:
    left = model.forget("Okapi")
    assert left.gamma == 0 and left.classifier.unseen == () and left.seen == left.class_names == models.SEEN
    assert left.teach("Okapi", attributes=["coat: striped"]).classifier.unseen == ("Okapi",)


def test_several_classes_at_once_are_the_classes_one_by_one() -> None:
    model = models.by_attributes()
    second = description.Description("bison", attributes=("horns", "coat: plain"))
    together = teach.teach(model, [_ZEBRA, second]).model
    apart = teach.teach(teach.teach(model, [_ZEBRA]).model, [second]).model
    assert together.class_names[-2:] == ("zebra", "bison") == apart.class_names[-2:]
    cosines = np.einsum("dc,dc->c", together.classifier.kernel, apart.classifier.kernel)
    cosines /= np.linalg.norm(together.classifier.kernel, axis=0) * np.linalg.norm(apart.classifier.kernel, axis=0)
    np.testing.assert_allclose(cosines, 1, atol=1e-3)


def _described(count: int) -> list[description.Description]:
    """Returns classes that differ in their weight."""
    return [description.Description(f"z{i}", attributes=("coat: striped", f"weight:{i / 10}")) for i in range(count)]


def test_many_classes_at_once_are_calibrated_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gamma, "MOST_CLASSES", 2)
    monkeypatch.setattr(class_summary, "_COLUMNS", 2)
    model = apart = models.by_attributes()
    for one in _described(7):
        apart = teach.teach(apart, [one]).model
    together = teach.teach(model, _described(7)).model
    np.testing.assert_allclose(together.classifier.kernel, apart.classifier.kernel, rtol=1e-3, atol=1e-5)
    assert together.gamma == pytest.approx(apart.gamma, rel=1e-3)
    logits = together.classifier.logits(together.features)
    assert together.gamma == pytest.approx(together.settings.gamma_transfer.gamma(logits, len(models.SEEN)), rel=1e-5)


def test_a_class_costs_the_same_however_many_were_taught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gamma, "MOST_CLASSES", 2)
    model, columns, rows = models.by_attributes(), [], []
    logits, forward = classifier.Classifier.logits_of, domain_map.DomainMap.__call__
    monkeypatch.setattr(
        classifier.Classifier,
        "logits_of",
        lambda self, classes, features: columns.append(len(self.bias[classes])) or logits(self, classes, features),
    )
    monkeypatch.setattr(
        domain_map.DomainMap, "__call__", lambda self, vectors: rows.append(len(vectors)) or forward(self, vectors)
    )
    for one in _described(6):
        model = teach.teach(model, [one]).model
    assert columns == [6, 1, 1, 1, 1, 1]  # at first the seen classes and two unseen
    assert rows == [5, 1, 1, 1, 1, 1, 1]  # at first all five that were there, and the new class


def test_a_forgotten_class_leaves_no_trace_in_what_later_classes_are_calibrated_by() -> None:
    model = models.by_attributes()
    left = teach.forget(teach.teach(model, _described(3)).model, ["z1"])
    again = teach.teach(left, _described(2)[1:]).model
    logits = again.classifier.logits(again.features)
    assert again.gamma == again.settings.gamma_transfer.gamma(logits, len(models.SEEN))
    np.testing.assert_array_equal(again.summary.importances, again.forward(again.knowledge.vectors))


def test_a_model_of_captions_is_taught_by_captions() -> None:
    model = models.by_captions()
    result = teach.teach(model, [description.Description("zebra", captions=(*_CAPTIONS, "a zorilla"))])
    expected = model.knowledge.slices[0].encoder([*_CAPTIONS, "a zorilla"]).mean(0)
    np.testing.assert_array_equal(result.model.knowledge.vectors[-1], expected)
    (report,) = result.reports
    assert report.reading.unknown == ("zorilla",)
    assert {"black", "white", "stripes"} <= dict(report.reading.understood).keys()


def test_a_report_lists_the_nearest_classes_and_the_neurons(model: model_lib.Model, taught: teach.Result) -> None:
    (report,) = taught.reports
    assert [name for name, _ in report.nearest][:2] in (["Okapi", "Tiger"], ["Tiger", "Okapi"])
    units = model.forward(np.concatenate([model.knowledge.vectors[:4], taught.model.knowledge.vectors[-1:]]))
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    above = units[4] - units[:4].mean(0)
    assert [index for index, _, _ in report.neurons] == [i for i in np.argsort(-above)[:5] if above[i] > 0]
    assert all(name == model.neuron_names[index] for index, name, _ in report.neurons)
    weights = [weight for _, _, weight in report.neurons]
    np.testing.assert_allclose(weights, np.sort(above)[::-1][: len(weights)], rtol=1e-5)


def test_a_report_warns_of_a_class_like_one_of_the_models(model: model_lib.Model) -> None:
    cow = ("coat: plain", "horns", "weight:0.69")
    (report,) = teach.teach(model, [description.Description("gnu", attributes=cow)]).reports
    assert report.too_near and report.nearest[0] == ("Cow", pytest.approx(1, abs=0.01))
    (other,) = teach.teach(model, [description.Description("gnu", attributes=("coat: striped", "horns"))]).reports
    assert not other.too_near


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            ["tiger"],
            "`name` must differ from the names of the model's classes. Received: 'tiger', where the model has 'Tiger'. "
            "Choose another name; or remove that class with forget first, if it was learned from a description.",
        ),
        (["zebra", "Zebra"], "Received: 'Zebra', where the model has 'zebra'."),
        ([" "], "`name` must be the name of the new class. Received: an empty name. Add name='NAME'."),
    ],
)
def test_names_must_be_new(names: list[str], message: str) -> None:
    descriptions = [description.Description(name, attributes=("horns",)) for name in names]
    with pytest.raises(errors.UserError, match=re.escape(message)):
        teach.teach(models.by_attributes(), descriptions)


def test_of_several_descriptions_the_wrong_one_is_named() -> None:
    descriptions = [_ZEBRA, description.Description("okapia", attributes=("hornes",))]
    with pytest.raises(errors.UserError, match="^okapia: `attributes` must be one of .* Did you mean 'horns'?"):
        teach.teach(models.by_attributes(), descriptions)
    with pytest.raises(errors.UserError, match="^`attributes` must be one of "):
        teach.teach(models.by_attributes(), descriptions[1:])


def test_a_class_learned_from_images_cannot_be_forgotten() -> None:
    with pytest.raises(errors.UserError) as caught:
        models.by_attributes().forget("tiger")
    assert str(caught.value) == (
        "`name` must name only classes that were learned from descriptions. Received: Tiger, learned from images. "
        "Classes that can be removed: Okapi."
    )


def test_an_unknown_class_cannot_be_forgotten() -> None:
    with pytest.raises(errors.UserError, match=re.escape("Received: name='Okapii'. Did you mean 'Okapi'?")):
        models.by_attributes().forget("Okapii")
