"""What the Slack edge needs from the rest of the process. The store implements these; tests have them in memory."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from slack_sdk.web.async_client import AsyncWebClient

from agent.records import Conversation, Delivery, Job, Json, Lease, Submission
from agent.usual import Span
from bot.store.inbox import Accepted, Duplicate, NewEvent, NotOurs
from bot.store.outbox import NewDelivery

Claimed = tuple[Lease, Delivery, Conversation]


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """Who we are in one workspace, as `auth.test` told at start."""

    bot_user_id: str
    bot_id: str
    app_id: str
    team_id: str


@dataclass(frozen=True, slots=True)
class Member:
    """Us in one workspace: who we are and what we call Slack with."""

    identity: BotIdentity
    token: str = field(repr=False)


class Members(Protocol):
    """Tells who we are where; never by the network, for it is asked before every ack."""

    async def member(self, team_id: str | None, enterprise_id: str | None = None) -> Member | None:
        """Us in a workspace; the organisation only where that has installed us. None where we are not installed."""
        ...

    async def of_event(self, body: Json) -> BotIdentity:
        """Who we are where an event comes from; `LookupError` where we are not installed."""
        ...


ClientOf = Callable[[str], AsyncWebClient]
"""The client of a workspace: its calls carry that workspace's token."""

TokenOf = Callable[[str], Awaitable[str]]
"""The bot token of a workspace; `SlackApiError` where we are not installed."""


class Lanes(Protocol):
    """Where events wait, in order, for their conversation's turn."""

    async def accept(self, event: NewEvent) -> Accepted | Duplicate | NotOurs:
        """Commit the event, or tell why there is nothing to commit."""
        ...


class Echoes(Protocol):
    """Takes the proof that a post of ours is visible."""

    async def record_echo(self, workspace_id: str, channel_id: str, key: str, ts: str) -> bool:
        """The delivery with `key` is in the channel at `ts`; whether that was news."""
        ...


class Deliveries(Protocol):
    """The outbox. Every method that takes a lease raises `LeaseLost` when it is no longer ours."""

    async def enqueue(self, new: NewDelivery) -> str:
        """Queue a post, or leave the one that has its key; returns its id."""
        ...

    async def held(self, delivery_id: str) -> Claimed | None:
        """A delivery that this process holds since it was queued."""
        ...

    async def claim_due(self, limit: int, *, files: bool | None = None) -> list[Claimed]:
        """Claim what may be posted or updated now, in each conversation's order.

        `files`: only results that are shared as files, or everything else; None: all of it.
        """
        ...

    def assure(self, lease: Lease) -> None:
        """`LeaseLost` when another process may have the delivery by now; costs nothing to ask."""
        ...

    async def mark_sending(self, lease: Lease) -> Delivery:
        """The next step is the request; the delivery as it is now."""
        ...

    async def mark_posted(self, lease: Lease, ts: str, version: int) -> None:
        """It stands at `ts` and shows `version`."""
        ...

    async def mark_unknown(self, lease: Lease) -> None:
        """It may or may not have been posted."""
        ...

    async def postpone(self, lease: Lease, not_before: float, error: str) -> None:
        """Not done; again at `not_before` (unix seconds)."""
        ...

    async def mark_dead(self, lease: Lease, error: str) -> None:
        """Given up."""
        ...

    async def replace_ts(self, lease: Lease, ts: str | None) -> None:
        """It stands elsewhere; None: nowhere any more."""
        ...


class Requests(Protocol):
    """Who asked for what."""

    async def submission(self, submission_id: str) -> Submission:
        """One submission; `KeyError` when there is none."""
        ...


class JobRows(Protocol):
    """The rows that cards, closings and notices are rendered from."""

    async def submission(self, submission_id: str) -> Submission:
        """One submission; `KeyError` when there is none."""
        ...

    async def jobs_of(self, submission_id: str) -> Sequence[Job]:
        """Its jobs in the order they were asked for."""
        ...

    async def conversation_jobs(self, conversation_id: str) -> Sequence[Job]:
        """All jobs of a conversation."""
        ...


class Places(Protocol):
    """Where conversations are."""

    async def conversation(self, conversation_id: str) -> Conversation:
        """The conversation; `KeyError` when there is none."""
        ...


class Costs(Protocol):
    """What requests came to."""

    async def charged(self, submission_id: str) -> int | None:
        """Micro-dollars; None while nothing has been charged."""
        ...


class ReplyTurns(Protocol):
    """The part of the turn store that a visible reply needs."""

    def assure(self, lease: Lease) -> None:
        """`LeaseLost` when another process may have the turn's lane by now; costs nothing to ask."""
        ...

    async def set_reply_ts(self, lease: Lease, turn_id: str, ts: str | None) -> None:
        """Where the reply has begun to be visible."""
        ...

    async def unposted(self, conversation_id: str) -> bool:
        """Whether an earlier post of the conversation is still to become visible."""
        ...


@dataclass(frozen=True, slots=True)
class Shown:
    """What an open stream shows: its text so far, and the chunks (tasks) that its end still has to carry."""

    text: str
    chunks: Sequence[Json] = ()


class DeliverNow(Protocol):
    """Completes a committed reply at once, as the outbox would."""

    async def __call__(self, delivery_id: str, shown: Shown | None = None) -> None:
        """`shown`: what an open stream of the reply shows already, None when that is not known exactly."""
        ...


class LinkFor(Protocol):
    """Makes our own link to a job's result; None while there is none."""

    def __call__(self, job: Job) -> str | None:
        """The link of `job`."""
        ...


class UsualFor(Protocol):
    """Tells how long work mostly takes."""

    async def __call__(self, submission: Submission, jobs: Sequence[Job]) -> Span | None:
        """For the jobs of a request; None where nobody knows."""
        ...


class RecentJobs(Protocol):
    """The read model behind `/heygen jobs`."""

    async def recent(self, workspace_id: str, requester: str | None = None, limit: int = 20) -> list[Job]:
        """Newest first."""
        ...
