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


class NamedIds(CountingIds):
    """The ids of one process among several: `job_second_1`, …"""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def new(self, prefix: str) -> str:
        """The next id of `prefix` in this process."""
        return super().new(f"{prefix}_{self._name}")
