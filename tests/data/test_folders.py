# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the folders of files."""

from __future__ import annotations

from pathlib import Path

import pytest

from niwt_tf import config, errors
from niwt_tf.data import folders


@pytest.mark.parametrize(
    ("data_dir", "prepared_dir", "source", "prepared"),
    [
        ("", "", "/home/me/tensorflow_datasets/downloads/manual", "/home/me/tensorflow_datasets"),
        ("/data", "", "/data", "/home/me/tensorflow_datasets"),
        ("", "/made", "/made/downloads/manual", "/made"),
        ("/data", "/made", "/data", "/made"),
        ("~/data", "~/made", "/home/me/data", "/home/me/made"),
        ("data", "made", "data", "made"),
    ],
)
def test_folders_follow_from_the_flags(
    data_dir: str, prepared_dir: str, source: str, prepared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    settings = config.DataConfig(dataset="awa2", data_dir=data_dir, prepared_dir=prepared_dir)
    assert folders.source_folder(settings) == Path(source)
    assert folders.prepared_folder(settings) == Path(prepared)


def test_the_prepared_folder_must_be_named_in_utf8() -> None:
    with pytest.raises(errors.UserError) as caught:
        folders.prepared_folder(config.DataConfig(prepared_dir="/tmp/caf\udce9"))
    assert str(caught.value) == (
        "`prepared_dir` must be a folder whose name is UTF-8. Received: prepared_dir='/tmp/caf\\\\xe9'. Choose another "
        "folder."
    )
