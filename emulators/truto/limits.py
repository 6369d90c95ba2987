"""Truto's own limits: requests in ten seconds, for an integrated account and for the token."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable

from emulators.truto.answers import Refusal

WINDOW = 10.0
PER_ACCOUNT = 50
PER_TOKEN = 500


class Limits:
    """`per_account` and `per_token` can be lowered. `now` gives seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._seen: dict[str, deque[float]] = defaultdict(deque)
        self.per_account = PER_ACCOUNT
        self.per_token = PER_TOKEN
        self.refused = 0

    def admit(self, account_id: str) -> None:
        """Count a request of an account, or refuse it with 429."""
        for whose, most in ((f"account:{account_id}", self.per_account), ("token", self.per_token)):
            seen = self._seen[whose]
            while seen and seen[0] <= self._now() - WINDOW:
                seen.popleft()
            if len(seen) >= most:
                self.refused += 1
                raise Refusal(429, "Too many requests", {"Retry-After": "10"})
        for whose in (f"account:{account_id}", "token"):
            self._seen[whose].append(self._now())
