# Copyright 2026 The niwt_tf Authors.
# SPDX-License-Identifier: Apache-2.0
"""Call a function in threads a few items ahead: results come in order, and few of them wait in memory."""

from __future__ import annotations

import collections
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from typing import TypeVar

_PENDING_PER_WORKER = 8  # calls whose result has not been taken yet

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def parallel_map(
    function: Callable[[_Item], _Result], items: Iterable[_Item], workers: int | None = None
) -> Iterator[tuple[_Item, _Result]]:
    """Apply a function to items in threads, and yield each item with its result, in the order of the items.

    Args:
      function: Function to call; threads make it faster only if it runs outside Python's global lock, as Pillow does.
      items: Arguments of the function, one per call.
      workers: Number of threads; the number of processors by default.

    Raises:
      Exception: If the function raises it, when that item's turn comes.
    """
    workers = workers or os.cpu_count() or 1
    pending: collections.deque[tuple[_Item, futures.Future[_Result]]] = collections.deque()
    pool = futures.ThreadPoolExecutor(workers)
    try:
        for item in items:
            pending.append((item, pool.submit(function, item)))
            if len(pending) >= _PENDING_PER_WORKER * workers:
                first, future = pending.popleft()
                yield first, future.result()
        while pending:
            first, future = pending.popleft()
            yield first, future.result()
    finally:
        pool.shutdown(cancel_futures=True)
