"""When to send a request again: a policy as data, one pure decision, and a transport that obeys it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from .errors import ConnectionFailed, HeyGenError, ServerError, Timeout
from .exchange import Reply, Request, Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Waits in seconds. The backoff before retry n is `first_wait` x 2^(n-1), at most `longest_wait`.

    It is multiplied by a random factor of 1 ± `jitter`. What the other side asks for counts when it is longer,
    up to `longest_asked_wait`.
    """

    retries: int = 2
    first_wait: float = 1.0
    longest_wait: float = 30.0
    longest_asked_wait: float = 30.0
    jitter: float = 0.25


READ_POLICY = RetryPolicy()


def next_wait(
    attempt: int, error: HeyGenError, request: Request, policy: RetryPolicy, random: Callable[[], float]
) -> float | None:
    """Seconds to wait before sending `request` again after its `attempt`-th try (from 1) failed; None: do not.

    A refusal that waiting cures (429, work in progress) may be repeated whatever the method. A failure that
    leaves the outcome open (5xx, lost connection, timeout) only if doing it twice is harmless. `random` gives
    numbers from 0 to 1.
    """
    if attempt > policy.retries or not error.retryable:
        return None
    if isinstance(error, ServerError | ConnectionFailed | Timeout) and not request.repeatable:
        return None
    backoff = min(policy.first_wait * 2.0 ** (attempt - 1), policy.longest_wait)
    jittered = backoff * (1.0 + policy.jitter * (2.0 * random() - 1.0))
    return max(jittered, min(error.retry_after or 0.0, policy.longest_asked_wait))


class RetryingTransport:
    """Repeats the requests that allow it (`Request.retry_in_call`: reads) within the call; passes others through."""

    def __init__(
        self,
        transport: Transport,
        policy: RetryPolicy,
        sleep: Callable[[float], Awaitable[object]],
        random: Callable[[], float],
    ) -> None:
        self._transport = transport
        self._policy = policy
        self._sleep = sleep
        self._random = random

    async def send(self, request: Request) -> Reply:
        """The reply of the first try that has one; the last try's error otherwise."""
        attempt = 1
        while True:
            try:
                return await self._transport.send(request)
            except HeyGenError as error:
                wait = self._wait(attempt, error, request)
                if wait is None:
                    raise
            await self._sleep(wait)
            attempt += 1

    def _wait(self, attempt: int, error: HeyGenError, request: Request) -> float | None:
        if not request.retry_in_call:
            return None
        return next_wait(attempt, error, request, self._policy, self._random)
