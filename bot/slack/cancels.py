"""`/heygen cancel`: a person's open requests with a button each, one job by its handle, or all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from slack_sdk.models.blocks import Block, MarkdownTextObject, SectionBlock

from agent.batches import Batch
from agent.cancelling import NOTHING, Cancelled, told
from agent.ports import Clock
from agent.records import Job, Submission
from bot.slack import batch_buttons, buttons
from bot.slack.blocks import Post, context, post, section
from bot.slack.decisions import Cancels
from bot.slack.lines import counted, elapsed
from bot.slack.router import Interaction
from bot.slack.text import cut, safe

LISTED = 20
AT_ONCE = 50  # each is a transaction, and Slack waits three seconds
LINE_LIMIT = 500
TOO_LATE = "What has not been sent to HeyGen will not be billed. What HeyGen has can't be stopped and is billed."
ALL = "all"

Request = tuple[Submission, Sequence[Job]]
Many = tuple[Batch, Sequence[Job]]


class OpenRequests(Protocol):
    """What people wait for."""

    async def open_requests(self, workspace_id: str, requester: str, limit: int) -> Sequence[Request]:
        """The person's requests that are not over, newest first, with the jobs that are open."""
        ...


class OpenBatches(Protocol):
    """What people wait for that was asked for together."""

    async def open_batches(self, workspace_id: str, requester: str, limit: int) -> Sequence[Many]:
        """The person's batches that are not over, newest first, with the jobs that are open."""
        ...


class CancelsMany(Cancels, Protocol):
    """Ends requests and batches."""

    async def cancel_batch(self, batch_id: str, *, actor: str) -> Cancelled:
        """Cancel a batch."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelCommand:
    """Lists and cancels what the person who types has asked for. Nobody else's: those have their cards."""

    requests: OpenRequests
    batches: OpenBatches
    cancels: CancelsMany
    clock: Clock
    kick: Callable[[], None]

    async def handle(self, interaction: Interaction, wanted: str | None) -> Post:
        """`wanted` is a job's handle, `all`, or None for the list."""
        team_id, user = interaction.team_id, interaction.user_id
        open_now = await self.requests.open_requests(team_id, user, AT_ONCE)
        batches = await self.batches.open_batches(team_id, user, AT_ONCE)
        if wanted is None:
            return listing(open_now, self.clock.now(), batches=batches)
        if wanted == ALL:
            return await self._everything(open_now, batches, user)
        return await self._one(open_now, batches, wanted, user)

    async def _everything(self, open_now: Sequence[Request], batches: Sequence[Many], user: str) -> Post:
        total = Cancelled()
        for submission, _ in open_now:
            total = total + await self.cancels.cancel(submission.id, actor=user)
        for batch, _ in batches:
            total = total + await self.cancels.cancel_batch(batch.id, actor=user)
        self.kick()
        more = " There may be more: type it again." if len(open_now) == AT_ONCE else ""
        return _said(told(total) + more)

    async def _one(self, open_now: Sequence[Request], batches: Sequence[Many], handle: str, user: str) -> Post:
        having = [job for _, jobs in (*open_now, *batches) for job in jobs if job.handle == handle]
        if len(having) != 1:
            how = "several open jobs" if having else "no open job"
            word = f"You have {how} called {safe(handle, 20)}."
            return listing(open_now, self.clock.now(), word, batches=batches)
        result = await self.cancels.cancel(having[0].submission_id, actor=user, handles=[handle])
        self.kick()
        return _said(told(result))


def listing(open_now: Sequence[Request], now: float, word: str = "", *, batches: Sequence[Many] = ()) -> Post:
    """Open requests and batches with a Cancel button each; `word` says first why there is a list."""
    if not open_now and not batches:
        return _said(f"{word} {NOTHING}".strip())
    headline = f"{word} *Your open requests*".strip()
    entries = [_batch(*one, now) for one in batches] + [_entry(*one, now) for one in open_now]
    blocks: list[Block] = [section(headline), *entries[:LISTED]]
    if len(entries) > LISTED:
        blocks.append(context(f"These are the newest {LISTED}; `/heygen cancel all` cancels the others as well."))
    named = [(batch.title, jobs) for batch, jobs in batches] + [(one.title, jobs) for one, jobs in open_now]
    titles = "; ".join(f"{safe(title, 60)}: {_handles(jobs)}" for title, jobs in named[:LISTED])
    return post(f"{headline}: {titles}", blocks)


def _entry(submission: Submission, jobs: Sequence[Job], now: float) -> Block:
    age = elapsed(now - submission.created_at)
    text = f"*{safe(submission.title, 80)}*: {_handles(jobs)}\n{counted(jobs)}, asked {age} ago"
    return SectionBlock(text=MarkdownTextObject(text=text), accessory=buttons.cancel(submission, jobs))


def _batch(batch: Batch, jobs: Sequence[Job], now: float) -> Block:
    age = elapsed(now - batch.created_at)
    text = f"*{safe(batch.title, 80)}*: {_handles(jobs)}\n{counted(jobs)}, asked {age} ago"
    return SectionBlock(text=MarkdownTextObject(text=text), accessory=batch_buttons.cancel(batch, TOO_LATE))


def _handles(jobs: Sequence[Job]) -> str:
    return safe(cut(", ".join(f"{job.handle} {job.label}" for job in jobs), LINE_LIMIT), LINE_LIMIT)


def _said(text: str) -> Post:
    return post(text, [section(text)])
