# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the SavedModel: it answers as the live model does, without niwt_tf, wherever SavedModels are loaded."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from concurrent import futures
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from fakes import exported
from niwt_tf import errors
from niwt_tf.explain import textual
from niwt_tf.export import export
from niwt_tf.models import model as model_lib

_SIZES = [(1, 8, 8), (7, 8, 8), (1, 20, 31), (7, 50, 6)]  # N, H, W


@pytest.fixture(scope="module")
def live() -> model_lib.Model:
    return exported.model()


@pytest.fixture(scope="module")
def folder(live: model_lib.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exported") / "animals" / "1"
    export.export(live, out, name="animals")
    return out


@pytest.fixture(scope="module")
def loaded(folder: Path) -> Any:
    return tf.saved_model.load(folder)


def _ask(loaded: Any, signature: str, **inputs: Any) -> dict[str, np.ndarray]:
    answer = loaded.signatures[signature](**{name: tf.constant(value) for name, value in inputs.items()})
    return {name: value.numpy() for name, value in answer.items()}


def _text(array: np.ndarray) -> Any:
    return np.char.decode(array.astype(bytes), "utf-8").tolist()


def _encoded(image: np.ndarray, format: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, format, quality=90)
    return file.getvalue()


@pytest.mark.parametrize("size", _SIZES)
def test_decisions_are_the_live_models(live: model_lib.Model, loaded: Any, size: tuple[int, int, int]) -> None:
    images = exported.images(*size)
    answer, expected = _ask(loaded, "serving_default", images=images), live.predict(images)
    np.testing.assert_allclose(answer["scores"], expected.scores, rtol=1e-5, atol=1e-5)
    assert _text(answer["class_names"]) == [list(live.class_names)] * len(images)
    assert answer["seen"].tolist() == [[True] * 4 + [False] * 2] * len(images)
    assert _text(answer["prediction"]) == list(expected.classes)
    assert answer["prediction_seen"].tolist() == [name in live.seen for name in expected.classes]


def test_seen_and_unseen_classes_are_predicted(live: model_lib.Model) -> None:
    predicted = set(live.predict(exported.images(30)).classes)
    assert predicted & set(live.seen) and predicted & set(live.classifier.unseen), "else the tests above tell little"


def test_no_images_give_no_answers(loaded: Any) -> None:
    assert _ask(loaded, "serving_default", images=exported.images(0))["scores"].shape == (0, 6)
    files = loaded.signatures["from_bytes"](image_bytes=tf.zeros((0,), tf.string))
    assert files["scores"].shape == (0, 6)


@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_files_of_different_sizes_are_decoded_as_pillow_does(live: model_lib.Model, loaded: Any, format: str) -> None:
    images = [exported.images(1, *size)[0] for size in ((8, 8), (33, 20), (16, 90))]
    files = [_encoded(image, format) for image in images]
    decoded = [np.array(Image.open(io.BytesIO(file))) for file in files]
    expected = np.concatenate([live.predict(image[None]).scores for image in decoded])
    answer = _ask(loaded, "from_bytes", image_bytes=files)
    np.testing.assert_allclose(answer["scores"], expected, rtol=1e-5, atol=1e-5)
    assert _text(answer["prediction"]) == [live.class_names[index] for index in expected.argmax(1)]


def test_grey_files_and_those_with_transparency_are_files_too(live: model_lib.Model, loaded: Any) -> None:
    grey = exported.images(1)[0, ..., 0]
    clear = np.concatenate([exported.images(1)[0], np.full((8, 8, 1), 255, np.uint8)], axis=-1)
    answer = _ask(loaded, "from_bytes", image_bytes=[_encoded(grey, "PNG"), _encoded(clear, "PNG")])
    expected = live.predict(np.stack([np.repeat(grey[..., None], 3, axis=-1), clear[..., :3]])).scores
    np.testing.assert_allclose(answer["scores"], expected, rtol=1e-5, atol=1e-5)


def test_a_file_that_is_not_an_image_is_an_error(loaded: Any) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError):
        _ask(loaded, "from_bytes", image_bytes=[b"no image"])


@pytest.mark.parametrize("size", _SIZES)
def test_explanations_are_the_live_models(live: model_lib.Model, loaded: Any, size: tuple[int, int, int]) -> None:
    images = exported.images(*size)
    answer, explained = _ask(loaded, "explain", images=images, class_name=[""] * len(images)), live.explain(images)
    _assert_explained(live, answer, explained)
    assert _text(answer["class_name"]) == list(live.predict(images).classes)


def _assert_explained(live: model_lib.Model, answer: dict[str, np.ndarray], explained: Any) -> None:
    for names, values, expected in zip(
        _text(answer["features"]), answer["contributions"], live.reasons(explained), strict=True
    ):
        padded = [*expected, *[("", 0.0)] * (textual.COUNT - len(expected))]
        assert names == [name for name, _ in padded]
        np.testing.assert_allclose(values, [value for _, value in padded], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(answer["map"], explained.maps, rtol=1e-5, atol=1e-5)
    for kind, named in (("support", "image"), ("opposition", "opposing")):
        all_names, all_values = _text(answer[f"{named}_features"]), answer[f"{named}_contributions"]
        for names, values, own in zip(all_names, all_values, live.image_reasons(explained), strict=True):
            expected = [*getattr(own, kind), *[("", 0.0)] * (textual.COUNT - len(getattr(own, kind)))]
            assert names == [name for name, _ in expected]
            np.testing.assert_allclose(values, [value for _, value in expected], rtol=1e-4, atol=1e-5)


def test_reasons_leave_out_what_a_better_one_contains(live: model_lib.Model, loaded: Any) -> None:
    images = exported.images(30)
    scores = live.inverse(live.explain(images).importances)
    plain = [
        [live.knowledge.feature_names[i] for i in np.argsort(-row)[: textual.COUNT] if row[i] > 0] for row in scores
    ]
    answer = _ask(loaded, "explain", images=images, class_name=[""])
    found = [[name for name in row if name] for row in _text(answer["features"])]
    assert found != plain
    assert max(map(len, found)) == textual.COUNT and answer["map"].max() > 0


def test_any_class_can_be_explained(live: model_lib.Model, loaded: Any) -> None:
    images, names = exported.images(3), ["Zebra", "", "Cow"]
    answer = _ask(loaded, "explain", images=images, class_name=names)
    predicted = live.predict(images).classes
    assert _text(answer["class_name"]) == ["Zebra", predicted[1], "Cow"]
    for index, name in enumerate(names):
        one = {key: value[index : index + 1] for key, value in answer.items()}
        _assert_explained(live, one, live.explain(images[index : index + 1], name))


def test_one_name_will_do_for_all_images(live: model_lib.Model, loaded: Any) -> None:
    answer = _ask(loaded, "explain", images=exported.images(4), class_name=["Okapi"])
    assert _text(answer["class_name"]) == ["Okapi"] * 4
    _assert_explained(live, answer, live.explain(exported.images(4), "Okapi"))


@pytest.mark.parametrize("signature", ["explain", "importances", "contributions"])
def test_an_unknown_class_is_an_error(loaded: Any, signature: str) -> None:
    message = (
        "`class_name` must be one of the `class_names` that serving_default returns, or empty. Received: zebra, Yak"
    )
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        _ask(loaded, signature, images=exported.images(3), class_name=["zebra", "Cow", "Yak"])


def test_importances_are_the_live_models(live: model_lib.Model, loaded: Any) -> None:
    images = exported.images(7, 30, 20)
    for name in ("", "Tiger"):
        answer, explained = (
            _ask(loaded, "importances", images=images, class_name=[name] * 7),
            live.explain(images, name),
        )
        np.testing.assert_allclose(answer["importances"], explained.importances, rtol=1e-5, atol=1e-5)
        assert _text(answer["class_name"]) == [live.class_names[index] for index in explained.classes]


def test_contributions_are_the_live_models(live: model_lib.Model, loaded: Any) -> None:
    images = exported.images(7, 30, 20)
    for name in ("", "Tiger"):
        answer = _ask(loaded, "contributions", images=images, class_name=[name])
        expected = live.explain(images, name).contributions
        np.testing.assert_allclose(answer["neuron_contributions"], expected, rtol=1e-4, atol=1e-4)


def test_weights_are_stored_once(live: model_lib.Model, folder: Path) -> None:
    stored = tf.train.list_variables(str(folder / "variables" / "variables"))
    own = [shape for name, shape in stored if name.endswith("VARIABLE_VALUE") and not name.startswith("class_table/")]
    network, backward = live.classifier.backbone.network, live.inverse.backward
    weights = [*network.get_weights(), *backward.get_weights(), live.explained_model.shown.kernel]
    assert sum(int(np.prod(shape)) for shape in own) == sum(weight.size for weight in weights)
    variables = (folder / "variables" / "variables.data-00000-of-00001").read_bytes()
    assert variables.count(live.classifier.kernel.tobytes()) == 1
    graph = (folder / "saved_model.pb").read_bytes()
    for weight in [live.classifier.kernel, *network.get_weights()]:
        assert weight.astype(np.float32).tobytes() not in graph


def test_keras_takes_it_as_a_layer(live: model_lib.Model, folder: Path) -> None:
    layer, images = keras.layers.TFSMLayer(folder, call_endpoint="serving_default"), exported.images(7)
    np.testing.assert_allclose(layer(images)["scores"], live.predict(images).scores, rtol=1e-5, atol=1e-5)
    inputs = keras.Input((8, 8, 3), dtype="uint8")
    best = keras.Model(inputs, keras.ops.argmax(layer(inputs)["scores"], axis=1))
    np.testing.assert_array_equal(best.predict(images, verbose=0), live.predict(images).scores.argmax(1))


@pytest.fixture(scope="module")
def alone(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Outputs of a process with TensorFlow alone, and of the program saved_model_cli."""
    made = tmp_path_factory.mktemp("alone")
    np.save(made / "x.npy", exported.images(7, 12, 9))
    script = f"""
import sys, numpy as np, tensorflow as tf
from tensorflow.python.tools import saved_model_cli
loaded = tf.saved_model.load({str(folder)!r})
images = tf.constant(np.load("x.npy"))
outputs = loaded.signatures["explain"](images=images, class_name=tf.fill((7,), ""))
scores = loaded.signatures["serving_default"](images=images)["scores"]
np.savez("outputs.npz", scores=scores, **{{name: np.array(value).astype("S" if value.dtype == tf.string else "f")
    for name, value in outputs.items()}})
for command in (["show"], ["run", "--signature_def", "serving_default", "--inputs", "images=x.npy", "--outdir", "."]):
    sys.argv = ["saved_model_cli", *command, "--dir", {str(folder)!r}, "--tag_set", "serve"]
    try:
        saved_model_cli.main()
    except SystemExit as end:
        assert not end.code, end.code
assert not [name for name in sys.modules if name.split(".")[0] in ("niwt_tf", "fakes")]
"""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=made, env=env, capture_output=True, text=True, timeout=300
    )
    assert answer.returncode == 0, answer.stderr
    (made / "shown.txt").write_text(answer.stdout, "utf-8")
    return made


def test_tensorflow_alone_loads_it(live: model_lib.Model, alone: Path) -> None:
    images = exported.images(7, 12, 9)
    with np.load(alone / "outputs.npz") as outputs:
        np.testing.assert_allclose(outputs["scores"], live.predict(images).scores, rtol=1e-5, atol=1e-5)
        _assert_explained(live, dict(outputs), live.explain(images))


def test_saved_model_cli_shows_and_runs_it(live: model_lib.Model, alone: Path) -> None:
    for name in ("serving_default", "from_bytes", "explain", "importances", "contributions"):
        assert f'"{name}"' in (alone / "shown.txt").read_text("utf-8")
    expected = live.predict(exported.images(7, 12, 9)).scores
    np.testing.assert_allclose(np.load(alone / "scores.npy"), expected, rtol=1e-5, atol=1e-5)


def test_an_existing_file_is_not_changed(live: model_lib.Model, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine", "utf-8")
    with pytest.raises(errors.UserError, match="`out` must be a new or empty folder"):
        export.export(live, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert (tmp_path / "mine").read_text("utf-8") == "mine"


def _requests(count: int) -> list[tuple[str, dict[str, Any]]]:
    """Returns requests to all signatures: batches of 1 to 32 images of mixed sizes."""
    rng = np.random.default_rng(0)
    requests: list[tuple[str, dict[str, Any]]] = []
    for index in range(count):
        number, height, width = rng.integers(1, 33), *rng.integers(4, 65, 2)
        images = rng.integers(0, 256, (number, height, width, 3), dtype=np.uint8)
        if index % 4 == 1:
            requests.append(("from_bytes", {"image_bytes": [_encoded(one, "PNG") for one in images]}))
        elif index % 4:
            name = [["", "Okapi"][index // 4 % 2]]
            requests.append((["explain", "importances"][index % 2], {"images": images, "class_name": name}))
        else:
            requests.append(("serving_default", {"images": images}))
    return requests


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _serve(loaded: Any, calls: int, different: int) -> list[float]:
    """Ask from 8 threads, compare with answers to one thread, and return the resident MiB after each tenth."""
    requests = _requests(different)
    expected = [_ask(loaded, signature, **inputs) for signature, inputs in requests]

    def ask(index: int) -> None:
        signature, inputs = requests[index % different]
        answer = _ask(loaded, signature, **inputs)
        for name, value in expected[index % different].items():
            if value.dtype.kind == "f":
                np.testing.assert_allclose(answer[name], value, rtol=1e-4, atol=1e-5)
            else:
                np.testing.assert_array_equal(answer[name], value)

    resident = []
    with futures.ThreadPoolExecutor(8) as pool:
        for tenth in range(10):
            list(pool.map(ask, range(tenth * calls // 10, (tenth + 1) * calls // 10)))
            resident.append(_resident_mib())
    return resident


def test_threads_get_the_answers_that_one_gets(loaded: Any) -> None:
    _serve(loaded, 200, 12)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads the resident memory from /proc")
def test_memory_stays_flat_over_100_000_calls_from_8_threads(loaded: Any) -> None:
    resident = _serve(loaded, 100_000, 400)
    assert resident[-1] - resident[1] < 100, resident
