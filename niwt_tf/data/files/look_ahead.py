# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""A function called in threads a few items ahead: the answers come in order, and few of them wait in memory."""

from __future__ import annotations

import collections
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from typing import TypeVar

_PER_WORKER = 8  # calls begun or done, their answer not yet asked for

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")


def in_order(
    function: Callable[[_Item], _Answer], items: Iterable[_Item], workers: int | None = None
) -> Iterator[tuple[_Item, _Answer]]:
    """Yields each item with the function's answer, in the order of the items.

    Args:
      function: called in threads; to gain from them it must spend its time outside Python's lock, as Pillow does.
      items: what to call it with.
      workers: threads; as many as processors by default.

    Raises:
      Exception: what the function raises, at the item's turn.
    """
    workers = workers or os.cpu_count() or 1
    waiting: collections.deque[tuple[_Item, futures.Future[_Answer]]] = collections.deque()
    pool = futures.ThreadPoolExecutor(workers)
    try:
        for item in items:
            waiting.append((item, pool.submit(function, item)))
            if len(waiting) >= _PER_WORKER * workers:
                first, answer = waiting.popleft()
                yield first, answer.result()
        while waiting:
            first, answer = waiting.popleft()
            yield first, answer.result()
    finally:
        pool.shutdown(cancel_futures=True)
