"""From a delivery's row to what is posted: cards, closings and late notices from their jobs, the rest from its text."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from agent.batches import Batch
from agent.ports import Clock
from agent.records import Conversation, Delivery, DeliveryKind, Job, Submission
from bot.slack import catalogue_posts, connect_views, file_offers, views
from bot.slack.agent_posts import AgentRenderer
from bot.slack.batch_rendering import BatchRenderer
from bot.slack.blocks import Post
from bot.slack.cards import card, ops_card
from bot.slack.chunking import split
from bot.slack.closings import closing, notice_late
from bot.slack.job_files import JobFiles
from bot.slack.live_rendering import Attachment, LiveRenderer
from bot.slack.ports import Costs, JobRows, LinkFor, Places, UsualFor
from bot.slack.results import as_text
from bot.slack.schedule_cards import ScheduleRenderer
from bot.slack.text import safe

Permalink = Callable[[str, str, str], Awaitable[str | None]]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A post ready to go. `requester` is whom a lost one is told to; `more` are the further pieces of a long reply.

    `attachment` is shared in place of the post; `instead` is said where that is not allowed.
    """

    post: Post
    requester: str | None = None
    more: tuple[str, ...] = ()
    attachment: Attachment | None = None
    instead: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Renderer:
    """Renders deliveries at the moment they are sent, so that they tell the latest.

    `approvers` gives mentions of those who can approve; `permalink` leads to a message of a channel.
    `preview_link` to a picture or a voice.
    """

    jobs: JobRows
    places: Places
    costs: Costs
    link_for: LinkFor
    approvers: Callable[[str], Sequence[str]]
    permalink: Permalink
    clock: Clock
    live: LiveRenderer | None = None
    batches: BatchRenderer | None = None
    agents: AgentRenderer | None = None
    schedules: ScheduleRenderer | None = None
    job_files: JobFiles | None = None
    usual_for: UsualFor | None = None
    picture_for: LinkFor | None = None
    preview_link: catalogue_posts.PreviewLink = catalogue_posts.no_previews

    async def render(self, delivery: Delivery, conversation: Conversation) -> Rendered:
        """What `delivery` shows now; `KeyError` when the rows it is about do not exist."""
        match delivery.kind:
            case DeliveryKind.CARD:
                return await self._card(delivery)
            case DeliveryKind.CLOSING:
                submission, jobs = await self._about(delivery)
                return Rendered(closing(submission, jobs, self.link_for), submission.requester)
            case DeliveryKind.NOTICE | DeliveryKind.ROOT:
                return await self._notice(delivery, conversation)
            case DeliveryKind.REPLY:
                return self._reply(delivery)
            case DeliveryKind.REACTION:
                return Rendered(Post("", []))
            case DeliveryKind.JOB_FILE:
                file = await self.file(delivery)
                return Rendered(Post(file.title, []), attachment=file)
            case DeliveryKind.AGENT | DeliveryKind.SCHEDULE:
                return await self._asked_for(delivery)
            case (
                DeliveryKind.BATCH_CARD
                | DeliveryKind.BATCH_CALL
                | DeliveryKind.BATCH_SAMPLE
                | DeliveryKind.BATCH_CLOSING
                | DeliveryKind.BATCH_RESULTS
            ):
                return await self._batch(delivery)
            case (
                DeliveryKind.LIVE_CARD
                | DeliveryKind.LIVE_CALL
                | DeliveryKind.LIVE_LINES
                | DeliveryKind.LIVE_CLOSING
                | DeliveryKind.LIVE_FILE
                | DeliveryKind.LIVE_SUMMARY
            ):
                return await self._live(delivery)
            case _:
                assert_never(delivery.kind)

    async def _asked_for(self, delivery: Delivery) -> Rendered:
        """What is posted of a video agent or a schedule; `KeyError` where there are none."""
        renderer = self.agents if delivery.kind is DeliveryKind.AGENT else self.schedules
        if renderer is None:
            raise KeyError(delivery.id)
        return Rendered(*await renderer.post(delivery))

    async def _notice(self, delivery: Delivery, conversation: Conversation) -> Rendered:
        """The first message of a thread, or one that stands in it by itself."""
        if delivery.kind is DeliveryKind.NOTICE and "job_id" in delivery.body:
            return await self._late(delivery, conversation)
        if delivery.kind is DeliveryKind.ROOT and delivery.subject_id is not None:
            return await self._ops_card(delivery)
        return Rendered(views.root(_text(delivery)), delivery.body.get("user"))

    def _reply(self, delivery: Delivery) -> Rendered:
        """An answer: pictures, a wish to be confirmed, or words."""
        if "gallery" in delivery.body:
            return Rendered(catalogue_posts.gallery(delivery.body["gallery"], self.preview_link))
        if "offer" in delivery.body:
            return Rendered(file_offers.offer(delivery.body["offer"]))
        if "wish" in delivery.body:
            return Rendered(catalogue_posts.wish(delivery.body["wish"], pressed=delivery.version > 1))
        if "connect" in delivery.body:
            return Rendered(connect_views.invitation(_text(delivery)))
        pieces = split(_text(delivery)) or ["…"]
        rated = delivery.subject_id if delivery.body.get("rate") and len(pieces) == 1 else None
        return Rendered(views.reply(pieces[0], rated), more=tuple(pieces[1:]))

    async def _live(self, delivery: Delivery) -> Rendered:
        """What is posted of a live session; `KeyError` where there are none."""
        if self.live is None:
            raise KeyError(delivery.id)
        match delivery.kind:
            case DeliveryKind.LIVE_CARD:
                return Rendered(*await self.live.card(delivery))
            case DeliveryKind.LIVE_CLOSING:
                return Rendered(*await self.live.closing(delivery))
            case DeliveryKind.LIVE_FILE:
                file = await self.file(delivery)
                return Rendered(Post(file.title, []), attachment=file)
            case DeliveryKind.LIVE_CALL:
                return Rendered(await self.live.call(delivery))
            case DeliveryKind.LIVE_SUMMARY:
                return Rendered(await self.live.summary(delivery))
            case _:
                return Rendered(await self.live.lines(delivery))

    async def _batch(self, delivery: Delivery) -> Rendered:
        """What is posted of a batch; `KeyError` where there are none."""
        if self.batches is None:
            raise KeyError(delivery.id)
        match delivery.kind:
            case DeliveryKind.BATCH_CARD:
                return Rendered(*await self.batches.card(delivery))
            case DeliveryKind.BATCH_SAMPLE:
                return Rendered(*await self.batches.sample(delivery))
            case DeliveryKind.BATCH_CLOSING:
                return Rendered(*await self.batches.closing(delivery))
            case DeliveryKind.BATCH_RESULTS:
                file = await self.batches.file(delivery)
                return Rendered(Post(file.title, []), attachment=file, instead=as_text(file))
            case _:
                place = await self._place(await self.batches.batch_of(delivery))
                return Rendered(await self.batches.ops_card(delivery, place))

    async def file(self, delivery: Delivery) -> Attachment:
        """The file that a delivery shares; `KeyError` when its rows do not exist.

        `FileUnavailable` where it has to be fetched and cannot be.
        """
        if delivery.kind is DeliveryKind.JOB_FILE and self.job_files is not None:
            return await self.job_files.file(delivery)
        if delivery.kind is DeliveryKind.BATCH_RESULTS and self.batches is not None:
            return await self.batches.file(delivery)
        if self.live is None:
            raise KeyError(delivery.id)
        return await self.live.file(delivery)

    async def file_name(self, delivery: Delivery) -> str:
        """How that file is called, without fetching anything; `KeyError` when its rows do not exist."""
        if delivery.kind is DeliveryKind.JOB_FILE and self.job_files is not None:
            return await self.job_files.name(delivery)
        return (await self.file(delivery)).name

    async def _card(self, delivery: Delivery) -> Rendered:
        submission, jobs = await self._about(delivery)
        cost = await self.costs.charged(submission.id)
        now = self.clock.now()
        shown = card(
            submission,
            jobs,
            now,
            self.link_for,
            approvers=self.approvers(submission.workspace_id),
            cost=cost,
            usual=await self.usual_for(submission, jobs) if self.usual_for else None,
            picture_for=self.picture_for,
        )
        return Rendered(shown, submission.requester)

    async def _ops_card(self, delivery: Delivery) -> Rendered:
        submission, jobs = await self._about(delivery)
        cost = await self.costs.charged(submission.id)
        place = await self._place(submission)
        approvers = self.approvers(submission.workspace_id)
        return Rendered(ops_card(submission, jobs, place=place, approvers=approvers, cost=cost))

    async def _place(self, asked: Submission | Batch) -> str:
        """The way to the request's thread; its channel where Slack gives no link."""
        thread = await self.places.conversation(asked.conversation_id)
        channel = f"<#{safe(thread.channel_id, 20)}>"
        link = None
        if thread.thread_ts is not None:
            link = await self.permalink(thread.workspace_id, thread.channel_id, thread.thread_ts)
        return f"{channel} · <{link}|to the thread>" if link else channel

    async def _about(self, delivery: Delivery) -> tuple[Submission, list[Job]]:
        if delivery.subject_id is None:
            raise KeyError(delivery.id)
        submission = await self.jobs.submission(delivery.subject_id)
        return submission, list(await self.jobs.jobs_of(submission.id))

    async def _late(self, delivery: Delivery, conversation: Conversation) -> Rendered:
        jobs = await self.jobs.conversation_jobs(conversation.id)
        job = next((job for job in jobs if job.id == delivery.body["job_id"]), None)
        if job is None:
            raise KeyError(delivery.body["job_id"])
        submission = await self.jobs.submission(job.submission_id)
        return Rendered(notice_late(submission, job, self.link_for), submission.requester)


def _text(delivery: Delivery) -> str:
    text = delivery.body.get("text")
    return text if isinstance(text, str) else ""
