"""What can go wrong inside the agent.

AgentError
├── IdTaken              the provider has named two jobs alike
├── LeaseLost            another worker took over; stop without another effect
├── ModelError           the model's side failed (retryable, retry_after, code)
├── NotApproved          a paid request that nobody agreed to was about to leave
├── OverCap              a cap leaves no room for a paid request; `sentence` is for the person
└── SourceRefused        a source video cannot be used; `sentence` is for the person
"""

from __future__ import annotations

from agent.money import Cap, Scope, dollars


class AgentError(Exception):
    """Base of everything the agent raises on purpose."""


class IdTaken(AgentError):
    """Another job has the id that was recognised as this one's."""


class LeaseLost(AgentError):
    """The lease is somebody else's now."""


class ModelError(AgentError):
    """The model call failed.

    `code` is one of ours (`rate_limited`, `quota`, `unauthorized`, `forbidden`, `no_model`, `bad_request`,
    `context_length`, `too_long_answer`, `refused`, `filtered`, `stream_incomplete`, `timeout`, `server`,
    `connection`); `retry_after` is seconds, None where nobody said.
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


class NotApproved(AgentError):
    """A request is not the one that was approved. It is a fault of ours: the request stays where it is."""


class OverCap(AgentError):
    """Spending `asked` micro-dollars would pass `cap`, of which `used` are spent or promised already."""

    def __init__(self, cap: Cap, used: int, asked: int) -> None:
        super().__init__(f"{cap.scope} cap of the {cap.period}: {used} of {cap.amount} used, {asked} asked")
        self.cap = cap
        self.used = used
        self.asked = asked

    @property
    def sentence(self) -> str:
        """What to tell the person who asked."""
        return self._words("your")

    def for_others(self, requester: str) -> str:
        """What to tell somebody else; `requester` is how to call the person who asked."""
        return self._words(f"{requester}'s")

    def _words(self, person: str) -> str:
        whose = {Scope.WORKSPACE: "the workspace's", Scope.CHANNEL: "this channel's", Scope.PERSON: person}
        whose[Scope.TOKEN] = "this program's"
        left = dollars(max(self.cap.amount - self.used, 0))
        return (
            f"This may cost up to {dollars(self.asked)}, but {left} of {whose[self.cap.scope]} "
            f"{dollars(self.cap.amount)} for this {self.cap.period.value} are left. Nothing was sent. "
            "An admin can raise the cap."
        )


class SourceRefused(AgentError):
    """A source cannot be used. `code` is for programs, `sentence` for the person who gave it."""

    def __init__(self, code: str, sentence: str, *, retryable: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.sentence = sentence
        self.retryable = retryable
