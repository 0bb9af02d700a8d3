# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of calls in threads, a few items ahead."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from niwt_tf.data.files import look_ahead

_AHEAD = 2 * look_ahead._PENDING_PER_WORKER


def test_answers_come_in_order_though_the_first_is_slow() -> None:
    second_done = threading.Event()

    def double(number: int) -> int:
        if number == 0:
            assert second_done.wait(10), "the second is called beside the first"
        if number == 1:
            second_done.set()
        return 2 * number

    assert list(look_ahead.parallel_map(double, range(50), workers=2)) == [(n, 2 * n) for n in range(50)]


@pytest.mark.parametrize("count", [0, 1, _AHEAD - 1, _AHEAD, _AHEAD + 1])
def test_every_item_is_answered_once(count: int) -> None:
    assert list(look_ahead.parallel_map(str, range(count), workers=2)) == [(n, str(n)) for n in range(count)]


def test_the_items_in_memory_are_bounded() -> None:
    taken = []

    def items() -> Iterator[int]:
        for number in range(200):
            taken.append(number)
            yield number

    for answered, _ in enumerate(look_ahead.parallel_map(str, items(), workers=2)):
        assert len(taken) - answered <= _AHEAD
    assert len(taken) == 200


def test_an_error_comes_at_its_turn_and_ends_the_calls() -> None:
    called = []

    def fail_at_three(number: int) -> int:
        called.append(number)
        return number // (number - 3) if number <= 3 else number

    answers = look_ahead.parallel_map(fail_at_three, range(1000), workers=2)
    assert [next(answers)[0] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ZeroDivisionError):
        next(answers)
    assert len(called) <= 3 + _AHEAD


def test_closing_ends_the_threads() -> None:
    before = threading.active_count()
    answers = look_ahead.parallel_map(str, range(1000), workers=2)
    next(answers)
    assert threading.active_count() > before
    answers.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
