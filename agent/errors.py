"""What can go wrong inside the agent.

AgentError
├── LeaseLost            another worker took over; stop without another effect
├── ModelError           the model's side failed (retryable, retry_after, code)
└── SourceRefused        a source video cannot be used; `sentence` is for the person
"""

from __future__ import annotations


class AgentError(Exception):
    """Base of everything the agent raises on purpose."""


class LeaseLost(AgentError):
    """The lease is somebody else's now."""


class ModelError(AgentError):
    """The model call failed.

    `code` is one of ours (`rate_limited`, `quota`, `unauthorized`, `bad_request`, `context_length`,
    `stream_incomplete`, `server`, `connection`, `refused`); `retry_after` is seconds, None where nobody said.
    """

    def __init__(
        self,
        code: str,
        *,
        retryable: bool,
        retry_after: float | None = None,
        status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(f"model call failed: {code} (status {status}, request {request_id})")
        self.code = code
        self.retryable = retryable
        self.retry_after = retry_after
        self.status = status
        self.request_id = request_id


class SourceRefused(AgentError):
    """A source cannot be used. `code` is for programs, `sentence` for the person who gave it."""

    def __init__(self, code: str, sentence: str, *, retryable: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.sentence = sentence
        self.retryable = retryable
