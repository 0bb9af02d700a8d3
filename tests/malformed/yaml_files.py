# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""YAML files of classes to teach: damaged, deep, with aliases and tags, with wrong types, and with any text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from malformed import mutations
from niwt_tf.data import described_classes

_GOOD = """zebra:
  captions:
    - A horse with black and white stripes.
    - It lives in herds.
  attributes: [stripes, "legs: 4"]
okapi:
  document: |
    A dark animal
    with striped legs.
  attributes:
    legs: 4
    stripes: some
"""


def cases(seed: int, count: int, folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield the cases, see `harness`."""
    return mutations.deal(_MAKERS, seed, count, folder)


def _read(path: Path) -> object:
    described = described_classes.read(path)
    if not described or not all(any(fields.values()) for fields in described.values()):
        mutations.must_refuse(described)
    texts = [text for fields in described.values() for listed in fields.values() for text in listed]
    if not all(isinstance(text, str) for text in (*described, *texts)):
        mutations.must_refuse(described)
    return described


def _damaged(rng: np.random.Generator, place: Path) -> object:
    path = place / "classes.yaml"
    path.write_bytes(mutations.damage_text(rng, _GOOD))
    return _read(path)


def _changed(rng: np.random.Generator, place: Path) -> object:
    path = place / mutations.choose(rng, ("classes.yaml", "classes.yml", "classes.YAML"))
    path.write_text(mutations.change_lines(rng, _GOOD), "utf-8", "surrogatepass")
    return _read(path)


def _bomb(rng: np.random.Generator, place: Path) -> object:
    path = place / "classes.yaml"
    aliases = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{chr(n + 1)}: &{chr(n + 1)} [{', '.join([f'*{chr(n)}'] * 9)}]\n" for n in range(ord("a"), ord("k"))
    )
    deep = int(mutations.choose(rng, (100, 900, 5_000, 100_000)))
    texts = {
        "aliases": lambda: aliases,
        "a merge": lambda: "a: &a {captions: x}\nb:\n  <<: *a\n",
        "itself": lambda: "a: &a\n  captions: *a\n",
        "deep list": lambda: "zebra:\n  captions: " + "[" * deep + "x" + "]" * deep,
        "deep dict": lambda: "{a: " * deep + "x" + "}" * deep,
        "deep indents": lambda: "".join(" " * level + "a:\n" for level in range(min(deep, 3_000))),
        "open lists": lambda: "a: " + "[" * deep,
        "a key that is a list": lambda: "? [a, b]\n: x\n",
        "a key that is a dict": lambda: "? {a: b}\n: x\n",
    }
    path.write_text(mutations.choose(rng, texts.values())(), "utf-8")
    result = _read(path)
    if deep > 900:
        mutations.must_refuse(result)
    return result


def _typed(rng: np.random.Generator, place: Path) -> object:
    """Put a value of another type, or with a tag, in place of a text."""
    values = (
        *(
            "",
            "~",
            "null",
            "[]",
            "{}",
            "[[]]",
            "[{}]",
            "{a: {b: c}}",
            "[{a: b}]",
            "!!python/object/apply:os.system [ls]",
        ),
        *("!!binary aGVsbG8=", "!!set {a, b}", "!local x", "!!float x", "!!timestamp 2001-01-01", "2001-01-01", "0x1F"),
        *(
            ".nan",
            ".inf",
            "yes",
            "no",
            "|",
            ">",
            "|2\n   x",
            "'",
            '"',
            "@x",
            "`x",
            "%x",
            "- x",
            "? x",
            ": x",
            "x: y: z",
        ),
        *(
            '"\\x1b[31m"',
            '"\\0"',
            '"\\ud800"',
            '"\\UFFFFFFFF"',
            '"\\q"',
            "&a x",
            "*a",
            "--- x",
            "...",
            "#x",
            "\tx",
            "[x",
            "]",
        ),
        *("x" * 50_000, "[" + "x, " * 10_000 + "]", '"' + "x" * 50_000, "- " * 200),
    )
    value, path = mutations.choose(rng, values), place / "classes.yaml"
    forms = (
        f"zebra:\n  captions: {value}\n",
        f"zebra:\n  attributes: {value}\n",
        f"zebra: {value}\n",
        f"{value}\n",
        f"{value}: {{captions: x}}\n",
        f"zebra:\n  {value}: x\n",
        f"zebra:\n  captions: x\n  document: {value}\n",
        f"%YAML 9.9\n---\nzebra: {{captions: {value}}}\n",
        f"zebra: {{captions: x}}\n---\n{value}\n",
    )
    path.write_text(mutations.choose(rng, forms), "utf-8")
    return _read(path)


def _misplaced(rng: np.random.Generator, place: Path) -> object:
    path = place / mutations.choose(rng, ("classes.yaml", "classes.yml"))
    mutations.misplace(rng, path)
    mutations.must_refuse(_read(path))
    return None


def _large(rng: np.random.Generator, place: Path) -> object:
    path = place / "classes.yaml"
    texts = {
        "many classes": lambda: "".join(f"c{number}: {{captions: x}}\n" for number in range(5_000)),
        "many sentences": lambda: "a:\n  captions:\n" + "    - x\n" * 20_000,
        "a long text": lambda: f"a: {{captions: '{'x ' * 500_000}'}}\n",
        "very many classes": lambda: "".join(f"c{number}: {{captions: x}}\n" for number in range(500_000)),
        "many comments": lambda: "# x\n" * 10**6 + "a: {captions: x}\n",
    }
    path.write_text(mutations.choose(rng, texts.values())(), "utf-8")
    return len(_read(path))


_MAKERS: dict[str, mutations.Maker] = {
    "damaged": _damaged,
    "damaged again": _damaged,
    "changed": _changed,
    "changed again": _changed,
    "a bomb": _bomb,
    "typed": _typed,
    "typed again": _typed,
    "typed once more": _typed,
    "misplaced": _misplaced,
    "large": _large,
}
