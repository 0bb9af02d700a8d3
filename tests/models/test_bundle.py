# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of bundles as files, and of the checks before a bundle is read."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from niwt_tf import errors
from niwt_tf.models import bundle

_MANIFEST = "niwt/manifest.json"
_Members = dict[str, bytes]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A bundle whose file of Keras is a zip with one member."""
    with zipfile.ZipFile(tmp_path / "keras.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    parts = tmp_path / "parts" / "knowledge"
    parts.mkdir(parents=True)
    (parts / "words.txt").write_bytes(b"stripes" * 1000)
    path = tmp_path / "zoo.keras"
    bundle.write(path, tmp_path / "keras.keras", tmp_path / "parts")
    return path


def _changed(path: Path, change: Callable[[_Members], object]) -> None:
    """Writes the file anew with other members."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def _manifest(members: _Members, **changes: object) -> None:
    members[_MANIFEST] = json.dumps(json.loads(members[_MANIFEST]) | changes).encode()


def test_added_files_are_unpacked_and_keras_finds_its_own(written: Path, tmp_path: Path) -> None:
    assert bundle.unpack(written, tmp_path / "back") == bundle.FORMAT
    files = {path.relative_to(tmp_path / "back").as_posix() for path in (tmp_path / "back").rglob("*.*")}
    assert files == {"knowledge/words.txt"}
    assert (tmp_path / "back" / "knowledge" / "words.txt").read_bytes() == b"stripes" * 1000
    with zipfile.ZipFile(written) as archive:
        assert archive.read("config.json") == b"{}"
        assert json.loads(archive.read(_MANIFEST))["format"] == bundle.FORMAT == 4


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        (lambda members: members.pop(_MANIFEST), "has no niwt/manifest.json, so Keras alone saved it"),
        (lambda members: members.pop("config.json"), "is damaged: config.json missing or changed"),
        (
            lambda members: members.update({"niwt/knowledge/words.txt": b"spots"}),
            "is damaged: niwt/knowledge/words.txt missing or changed",
        ),
        (lambda members: members.update({"more.py": b""}), "has files that its manifest does not list: more.py"),
        (lambda members: members.update({_MANIFEST: b"{"}), "has a niwt/manifest.json that cannot be read"),
        (lambda members: members.update({_MANIFEST: b"[]"}), "has a niwt/manifest.json that cannot be read"),
        (lambda members: _manifest(members, format="1"), "has a niwt/manifest.json that cannot be read"),
    ],
)
def test_an_incomplete_bundle_is_refused(
    written: Path, change: Callable[[_Members], object], trouble: str, tmp_path: Path
) -> None:
    _changed(written, change)
    with pytest.raises(errors.UserError) as caught:
        bundle.unpack(written, tmp_path / "back")
    assert str(caught.value) == (
        f"`model` must be a complete .keras bundle of niwt_tf. Received: model='{written}', which {trouble}. Copy the "
        "file again, or write it again with niwt_teach or niwt_export --format=keras"
    )
    assert not (tmp_path / "back").exists()


@pytest.mark.parametrize("name", ["../outside.txt", "/outside.txt", "niwt/../../outside.txt", "niwt\\..\\outside"])
def test_no_member_is_written_outside(written: Path, name: str, tmp_path: Path) -> None:
    def add(members: _Members) -> None:
        members[name] = b"spots"
        digests = json.loads(members[_MANIFEST])["sha256"]
        _manifest(members, sha256=digests | {name: "0" * 64})

    _changed(written, add)
    with pytest.raises(errors.UserError, match="which leads out of the folder"):
        bundle.unpack(written, tmp_path / "deep" / "back")
    assert not list(tmp_path.rglob("outside*"))


def test_a_later_format_is_refused(written: Path, tmp_path: Path) -> None:
    _changed(written, lambda members: _manifest(members, format=5))
    with pytest.raises(errors.UserError) as caught:
        bundle.unpack(written, tmp_path / "back")
    assert str(caught.value) == (
        f"`model` must be a bundle of format 4 or earlier. Received: model='{written}', of format 5, which a later "
        "niwt_tf wrote. Run pip install --upgrade niwt_tf"
    )


@pytest.mark.parametrize("kept", [0, 10, 0.5, 0.99])
def test_a_file_that_was_cut_short_is_refused(written: Path, kept: float, tmp_path: Path) -> None:
    data = written.read_bytes()
    written.write_bytes(data[: int(kept if kept >= 1 else kept * len(data))])
    with pytest.raises(errors.UserError, match=re.escape(f"model='{written}', which is not a complete zip file: ")):
        bundle.unpack(written, tmp_path / "back")


def test_a_flipped_bit_is_found(written: Path, tmp_path: Path) -> None:
    data = bytearray(written.read_bytes())
    data[data.index(b"stripes" * 10) + 100] ^= 1
    written.write_bytes(data)
    with pytest.raises(errors.UserError, match="`model` must be a complete .keras bundle"):
        bundle.unpack(written, tmp_path / "back")
