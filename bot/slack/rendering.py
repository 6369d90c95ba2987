"""From a delivery's row to what is posted: cards, closings and late notices from their jobs, the rest from its text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from agent.ports import Clock
from agent.records import Conversation, Delivery, DeliveryKind, Job, Submission
from bot.slack import views
from bot.slack.chunking import split
from bot.slack.ports import JobRows, LinkFor
from bot.slack.views import Post


@dataclass(frozen=True, slots=True)
class Rendered:
    """A post ready to go. `requester` is whom a lost one is told to; `more` are the further pieces of a long reply."""

    post: Post
    requester: str | None = None
    more: tuple[str, ...] = ()


class Renderer:
    """Renders deliveries at the moment they are sent, so that they tell the latest."""

    def __init__(self, *, jobs: JobRows, link_for: LinkFor, clock: Clock) -> None:
        self._jobs = jobs
        self._link_for = link_for
        self._clock = clock

    async def render(self, delivery: Delivery, conversation: Conversation) -> Rendered:
        """What `delivery` shows now; `KeyError` when the rows it is about do not exist."""
        match delivery.kind:
            case DeliveryKind.CARD:
                submission, jobs = await self._about(delivery)
                return Rendered(views.card(submission, jobs, self._clock.now(), self._link_for), submission.requester)
            case DeliveryKind.CLOSING:
                submission, jobs = await self._about(delivery)
                return Rendered(views.closing(submission, jobs, self._link_for), submission.requester)
            case DeliveryKind.NOTICE if "job_id" in delivery.body:
                return await self._late(delivery, conversation)
            case DeliveryKind.NOTICE | DeliveryKind.ROOT:
                return Rendered(views.root(_text(delivery)), delivery.body.get("user"))
            case DeliveryKind.REPLY:
                pieces = split(_text(delivery)) or ["…"]
                return Rendered(views.reply(pieces[0]), more=tuple(pieces[1:]))
            case _:
                assert_never(delivery.kind)

    async def _about(self, delivery: Delivery) -> tuple[Submission, list[Job]]:
        if delivery.subject_id is None:
            raise KeyError(delivery.id)
        submission = await self._jobs.submission(delivery.subject_id)
        return submission, list(await self._jobs.jobs_of(submission.id))

    async def _late(self, delivery: Delivery, conversation: Conversation) -> Rendered:
        jobs = await self._jobs.conversation_jobs(conversation.id)
        job = next((job for job in jobs if job.id == delivery.body["job_id"]), None)
        if job is None:
            raise KeyError(delivery.body["job_id"])
        submission = await self._jobs.submission(job.submission_id)
        return Rendered(views.notice_late(submission, job, self._link_for), submission.requester)


def _text(delivery: Delivery) -> str:
    text = delivery.body.get("text")
    return text if isinstance(text, str) else ""
