"""Ids that count, so that tests can name them."""

from __future__ import annotations

import collections


class CountingIds:
    """`job_1`, `job_2`, …: one counter for each prefix."""

    def __init__(self) -> None:
        self._counters: collections.Counter[str] = collections.Counter()

    def new(self, prefix: str) -> str:
        """The next id of `prefix`."""
        self._counters[prefix] += 1
        return f"{prefix}_{self._counters[prefix]}"
