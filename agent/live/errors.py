"""What can go wrong with hearing and speaking.

AgentError
├── EarsError     what was said could not be heard (code, retryable, retry_after)
└── VoiceError    a text could not be spoken (code, retryable, retry_after)
"""

from __future__ import annotations

from typing import Self

import openai

from agent.errors import AgentError
from agent.model_errors import from_openai


class SpeechError(AgentError):
    """A service of sound failed.

    `code` is one of ours: those of `ModelError`, and `too_long`, `empty`, `wrong_format`, `cut`, `endless`, `closed`,
    `mismatch`. `retry_after` is seconds, None where nobody said. What was said or to be said is never part of it.
    """

    what = "speech"

    def __init__(
        self, code: str, *, retryable: bool, retry_after: float | None = None, status: int | None = None
    ) -> None:
        super().__init__(f"{self.what} failed: {code} (status {status})")
        self.code = code
        self.retryable = retryable
        self.retry_after = retry_after
        self.status = status

    @classmethod
    def of(cls, error: openai.APIError) -> Self:
        """Ours for the SDK's; the caller chains it."""
        known = from_openai(error)
        return cls(known.code, retryable=known.retryable, retry_after=known.retry_after, status=known.status)


class EarsError(SpeechError):
    """What was said could not be turned into text. After a retryable one the ears go on with what comes next."""

    what = "hearing"


class VoiceError(SpeechError):
    """A text could not be turned into sound; what came out before is all there is."""

    what = "speaking"
