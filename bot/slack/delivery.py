"""The outbox's worker: claims what is due, posts it once, and knows what to do when Slack or the line fails.

A post that may have arrived is `unknown`: it is looked for by its key before it is repeated. What Slack refuses for
good is dead, and if it was a result, the requester gets it as a direct message instead.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import structlog
from structlog.contextvars import bound_contextvars

from agent.errors import LeaseLost
from agent.ports import Clock
from agent.records import Conversation, Delivery, DeliveryKind, DeliveryState, Lease
from agent.spans import NO_SPANS, Facts
from bot.slack.agent_posts import AgentRenderer
from bot.slack.batch_rendering import BatchRenderer
from bot.slack.blocks import Post, without_pictures
from bot.slack.catalogue_posts import PreviewLink, no_previews
from bot.slack.chunking import PIECE_LIMIT
from bot.slack.job_files import FileUnavailable, JobFiles
from bot.slack.live_rendering import Attachment, LiveRenderer
from bot.slack.outcomes import SLACK_ERRORS, Failure, Verdict, judge
from bot.slack.pacing import Pacer
from bot.slack.ports import Claimed, ClientOf, Costs, Deliveries, JobRows, LinkFor, Places, Shown, UsualFor
from bot.slack.rendering import Rendered, Renderer
from bot.slack.schedule_cards import ScheduleRenderer
from bot.slack.sessions import RESTS_AFTER, AgentSessions, status_of
from bot.slack.slack_calls import Permalinks, SlackCalls
from bot.slack.tasks import text_chunk
from bot.slack.text import safe
from bot.store.origins import Origins, no_origin
from bot.store.outbox import ROOTS, NewDelivery

log = structlog.get_logger(__name__)

BATCH = 32
AT_ONCE = 8
FILES_AT_ONCE = 3
DOUBTS = 2  # repetitions of a post in doubt before they are spread out
PATIENCE = 5.0  # seconds that a claimed delivery waits for its place; beyond that it goes back to the outbox
ATTEMPTS = 40  # more than two hours of trying
LINE_DOWN = "no_connection"
LONGEST_BACKOFF = 300.0
UNSHARED = "Slack does not let me share files here, so this is the list of results:"
TOLD_DIRECTLY = frozenset(
    {
        *(DeliveryKind.CLOSING, DeliveryKind.NOTICE, DeliveryKind.ROOT, DeliveryKind.LIVE_CARD),
        *(DeliveryKind.LIVE_CLOSING, DeliveryKind.BATCH_SAMPLE, DeliveryKind.BATCH_CLOSING, DeliveryKind.AGENT),
    }
)
EDITED = frozenset(
    {
        *(DeliveryKind.CARD, DeliveryKind.LIVE_CARD, DeliveryKind.LIVE_CALL),
        *(DeliveryKind.BATCH_CARD, DeliveryKind.BATCH_CALL, DeliveryKind.BATCH_SAMPLE, DeliveryKind.AGENT),
        DeliveryKind.SCHEDULE,
    }
)
FILES = frozenset({DeliveryKind.LIVE_FILE, DeliveryKind.BATCH_RESULTS, DeliveryKind.JOB_FILE})
FIRST_CALLS = {DeliveryKind.REACTION: "reactions.add", **dict.fromkeys(FILES, "files.completeUploadExternal")}


class DeliveryWorker:
    """Delivers. `random` (0 to 1) spreads repetitions.

    `live` renders what is posted of live sessions, `batches` what is posted of batches and `agents` what is posted of
    video agents; without it there are none. `job_files` fetches results that are shared as files.
    `preview_link` gives links of ours to pictures and voices, `picture_for` to pictures of results; `usual_for` tells
    how long work mostly takes.
    """

    def __init__(
        self,
        clients: ClientOf,
        *,
        deliveries: Deliveries,
        jobs: JobRows,
        places: Places,
        costs: Costs,
        link_for: LinkFor,
        approvers: Callable[[str], Sequence[str]],
        pacer: Pacer,
        clock: Clock,
        random: Callable[[], float],
        live: LiveRenderer | None = None,
        batches: BatchRenderer | None = None,
        agents: AgentRenderer | None = None,
        schedules: ScheduleRenderer | None = None,
        job_files: JobFiles | None = None,
        usual_for: UsualFor | None = None,
        picture_for: LinkFor | None = None,
        preview_link: PreviewLink = no_previews,
    ) -> None:
        self._clients = clients
        self._deliveries = deliveries
        self._renderer = Renderer(
            jobs=jobs,
            places=places,
            costs=costs,
            link_for=link_for,
            approvers=approvers,
            permalink=Permalinks(clients),
            clock=clock,
            live=live,
            batches=batches,
            agents=agents,
            schedules=schedules,
            job_files=job_files,
            usual_for=usual_for,
            picture_for=picture_for,
            preview_link=preview_link,
        )
        self._pacer = pacer
        self._clock = clock
        self._random = random
        self._gate = asyncio.Semaphore(AT_ONCE)
        self.sessions: AgentSessions | None = None
        self.spans = NO_SPANS
        self.origins: Origins = no_origin

    async def run_once(self) -> int:
        """Deliver what is due now, several at once; returns how many were claimed. Store errors pass through."""
        claimed = await self._deliveries.claim_due(BATCH, files=False)
        return await self._all(claimed, self._gate)

    async def run_files(self) -> int:
        """The same for results that are shared as files, which may take minutes and hold nothing else up."""
        claimed = await self._deliveries.claim_due(FILES_AT_ONCE, files=True)
        return await self._all(claimed, asyncio.Semaphore(FILES_AT_ONCE))

    async def _all(self, claimed: Sequence[Claimed], gate: asyncio.Semaphore) -> int:
        results = await asyncio.gather(*(self._guarded(one, gate) for one in claimed), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return len(claimed)

    async def deliver_now(self, delivery_id: str, shown: Shown | None = None) -> None:
        """Complete a reply that this process holds. One that is not visible yet takes its place in the outbox."""
        claimed = await self._deliveries.held(delivery_id)
        try:
            if claimed is not None and claimed[1].ts is not None:
                await self._deliver(claimed, shown)
            elif claimed is not None:  # something earlier may have to go first, which only the outbox knows
                await self._deliveries.postpone(claimed[0], self._clock.now(), "queued")
        except LeaseLost:
            log.warning("delivery_lease_lost", delivery=delivery_id)

    async def _guarded(self, claimed: Claimed, gate: asyncio.Semaphore | None = None) -> None:
        try:
            async with gate or self._gate:
                await self._deliver(claimed, None)
        except LeaseLost:
            log.warning("delivery_lease_lost", delivery=claimed[1].id)

    async def _deliver(self, claimed: Claimed, shown: Shown | None) -> None:
        """Do what is due for one; every line of the log meanwhile says which."""
        _, delivery, conversation = claimed
        whose = {"delivery": delivery.id, "kind": delivery.kind, "subject": delivery.subject_id}
        with bound_contextvars(**whose, conversation=conversation.id), await self._span(delivery):
            await self._attempt(claimed, shown)

    async def _span(self, delivery: Delivery) -> AbstractContextManager[Facts]:
        """The span of this attempt, in the trace of whoever it is about."""
        found = await self.origins(delivery.subject_id) if self.spans.on and delivery.subject_id else None
        by = {} if found is None else {"turn": found.turn_id, "under": found.span}
        return self.spans.span("delivery", **by, kind=delivery.kind.value, attempt=delivery.attempts + 1)

    async def _attempt(self, claimed: Claimed, shown: Shown | None) -> None:
        lease, delivery, conversation = claimed
        doubtful = delivery.state in (DeliveryState.UNKNOWN, DeliveryState.SENDING)
        seekable = delivery.ts is None and delivery.kind is not DeliveryKind.REACTION  # which may as well be repeated
        if seekable and doubtful and await self._found(lease, delivery, conversation):
            return
        if delivery.attempts >= ATTEMPTS and delivery.error != LINE_DOWN:
            await self._give_up(lease, delivery, conversation)
        elif await self._paced(lease, delivery, conversation):
            await self._send(lease, conversation, shown)

    async def _found(self, lease: Lease, delivery: Delivery, conversation: Conversation) -> bool:
        """Whether the doubt is settled for now: it is there, or nobody can tell yet."""
        try:
            ts = await self._look(delivery, conversation)
        except SLACK_ERRORS as error:
            failure = judge(error)
            if failure.verdict in (Verdict.RATE_LIMITED, Verdict.UNSURE, Verdict.NOT_SENT):
                await self._later(lease, delivery, failure, "conversations.replies")
                return True
            ts = None  # we shall never be able to look: twice is better than never
        except KeyError:
            ts = None  # it will be noticed once more, where it is rendered
        if ts is None:
            return await self._rested(lease, delivery)
        log.info("delivery_found")
        # which version of a card was sent is not known, so a found one is updated once more
        await self._rest(delivery, conversation)
        await self._deliveries.mark_posted(lease, ts, 0 if delivery.kind in EDITED else delivery.version)
        return True

    async def _rest(self, delivery: Delivery, conversation: Conversation) -> None:
        """Say how the thread stands after this. Before it is written down as posted, or a crash would skip it."""
        if self.sessions is not None and delivery.kind in RESTS_AFTER:
            await self.sessions.rest(conversation)

    def _calls(self, place: Conversation) -> SlackCalls:
        return SlackCalls(self._clients(place.workspace_id))

    async def _look(self, delivery: Delivery, conversation: Conversation) -> str | None:
        """Where a delivery stands that may have been posted; `KeyError` when its rows do not exist."""
        if delivery.kind not in FILES:
            return await self._calls(conversation).find(delivery, conversation)
        name = await self._renderer.file_name(delivery)
        return await self._calls(conversation).find_file(conversation.channel_id, conversation.thread_ts, name)

    async def _rested(self, lease: Lease, delivery: Delivery) -> bool:
        """Whether a post that keeps failing in doubt was sent away to wait before its next attempt."""
        waited = f"unsure:{delivery.attempts}"
        if delivery.attempts <= DOUBTS or delivery.error == waited:
            return False
        seconds = backoff(delivery.attempts, self._random())
        await self._deliveries.postpone(lease, self._clock.now() + seconds, waited)
        return True

    async def _paced(self, lease: Lease, delivery: Delivery, conversation: Conversation) -> bool:
        method, place = _method(delivery), conversation.channel_id
        if delivery.ts is not None:
            place = f"{conversation.channel_id}/{delivery.ts}"
        seconds = self._pacer.wait(method, place, patience=PATIENCE)
        if seconds > PATIENCE:
            await self._deliveries.postpone(lease, self._clock.now() + seconds, "paced")
            return False
        await self._clock.sleep(seconds)
        return True

    async def _send(self, lease: Lease, conversation: Conversation, shown: Shown | None) -> None:
        delivery = await self._deliveries.mark_sending(lease)
        rendered = await self._rendered(lease, delivery, conversation)
        if rendered is None:
            return
        for number, text in enumerate(rendered.more, start=2):
            key = f"{delivery.key}:{number}"
            await self._deliveries.enqueue(NewDelivery(conversation.id, DeliveryKind.REPLY, key, body={"text": text}))
        attempt = _Attempt(lease, delivery, conversation, rendered)
        try:
            ts = await self._put(attempt, shown)
        except FileUnavailable as error:
            await self._unavailable(lease, delivery, error)
            return
        except SLACK_ERRORS as error:
            await self._failed(attempt, judge(error))
            return
        await self._rest(delivery, conversation)
        await self._deliveries.mark_posted(lease, ts, delivery.version)
        log.info("delivery_posted", version=delivery.version, attempt=delivery.attempts)

    async def _rendered(self, lease: Lease, delivery: Delivery, conversation: Conversation) -> Rendered | None:
        try:
            return await self._renderer.render(delivery, conversation)
        except FileUnavailable as error:
            await self._unavailable(lease, delivery, error)
            return None
        except KeyError:
            log.exception("delivery_without_rows")
        await self._deliveries.mark_dead(lease, "no_rows")
        return None

    async def _unavailable(self, lease: Lease, delivery: Delivery, error: FileUnavailable) -> None:
        """A file cannot be fetched: later, or never. Its link stands in the closing."""
        log.warning("delivery_file_unavailable", retryable=error.retryable)
        if error.retryable and delivery.attempts < ATTEMPTS:
            seconds = backoff(delivery.attempts, self._random())
            await self._deliveries.postpone(lease, self._clock.now() + seconds, "file_unavailable")
        else:
            await self._deliveries.mark_dead(lease, "file_unavailable")

    async def _put(self, attempt: _Attempt, shown: Shown | None) -> str:
        """Make it visible by whatever call that takes; returns its `ts`."""
        delivery = attempt.delivery
        if delivery.kind is DeliveryKind.REACTION:
            return await self._react(attempt)
        if attempt.rendered.attachment is not None:
            return await self._share(attempt, attempt.rendered.attachment)
        if delivery.ts is None:
            return await self._with_plain_text(attempt, None)
        if delivery.kind is DeliveryKind.REPLY and await self._stream_stopped(attempt, delivery.ts, shown):
            return delivery.ts
        return await self._with_plain_text(attempt, delivery.ts)

    async def _react(self, attempt: _Attempt) -> str:
        ts, name = str(attempt.delivery.body["ts"]), str(attempt.delivery.body["name"])
        self._deliveries.assure(attempt.lease)
        await self._calls(attempt.conversation).react(attempt.conversation.channel_id, ts, name)
        return ts

    async def _share(self, attempt: _Attempt, file: Attachment) -> str:
        """Upload, then share: only the second is seen, so only that may not be done twice."""
        place = attempt.conversation
        file_id = await self._calls(place).upload(file)
        self._deliveries.assure(attempt.lease)
        return await self._calls(place).share(place.channel_id, place.thread_ts, file_id, file)

    async def _with_plain_text(self, attempt: _Attempt, ts: str | None) -> str:
        """Post or update; once more without blocks if Slack dislikes those."""
        try:
            return await self._call(attempt, ts, blocks=True)
        except SLACK_ERRORS as error:
            if judge(error).verdict is not Verdict.BLOCKS:
                raise
            log.warning("blocks_refused")
        if (bare := without_pictures(attempt.rendered.post)) is not None:  # the usual reason: Slack could not fetch one
            bare_attempt = dataclasses.replace(attempt, rendered=dataclasses.replace(attempt.rendered, post=bare))
            return await self._with_plain_text(bare_attempt, ts)
        return await self._call(attempt, ts, blocks=False)

    async def _call(self, attempt: _Attempt, ts: str | None, *, blocks: bool) -> str:
        post, key, place = attempt.rendered.post, attempt.delivery.key, attempt.conversation
        self._deliveries.assure(attempt.lease)
        if ts is None:
            thread_ts = None if attempt.delivery.kind in ROOTS else place.thread_ts
            return await self._calls(place).post(place.channel_id, thread_ts, post, key, blocks=blocks)
        return await self._calls(place).update(place.channel_id, ts, post, key, blocks=blocks)

    async def _stream_stopped(self, attempt: _Attempt, ts: str, shown: Shown | None) -> bool:
        """End the reply's stream if there is one. True when it shows the whole text by that."""
        text, place = str(attempt.delivery.body.get("text", "")), attempt.conversation
        known = None if shown is None or attempt.rendered.more or not text.startswith(shown.text) else shown
        rest = text[len(known.text) :] if known else ""
        complete = known is not None and len(rest) <= PIECE_LIMIT
        chunks = [*known.chunks, *text_chunk(rest)] if known and complete else []
        await self._clock.sleep(min(self._pacer.wait("chat.stopStream", place.channel_id, patience=PATIENCE), PATIENCE))
        state = None if self.sessions is None else await self.sessions.resting(place)
        self._deliveries.assure(attempt.lease)
        try:
            below = attempt.rendered.post.blocks[1:] if complete else ()
            status = None if state is None else status_of(state)
            await self._calls(place).stop_stream(place.channel_id, ts, chunks, below, status)
        except SLACK_ERRORS as error:
            verdict = judge(error).verdict
            if verdict is Verdict.RATE_LIMITED:
                raise
            if verdict is Verdict.NOT_STREAMING and self.sessions is None:
                await self._calls(place).rest(place.channel_id, place.thread_ts)
            return False  # not streaming, or not knowable: an update of the whole text puts it right
        if self.sessions is not None and state is not None:
            self.sessions.rested(place, state)
        return complete

    async def _failed(self, attempt: _Attempt, failure: Failure) -> None:
        lease, delivery = attempt.lease, attempt.delivery
        visible = delivery.ts is not None
        harmless = visible or delivery.kind is DeliveryKind.REACTION
        log.warning("delivery_failed", code=failure.code, request_id=failure.request_id)
        match failure.verdict:
            case Verdict.RATE_LIMITED | Verdict.NOT_SENT | Verdict.NO_METHOD:
                await self._later(lease, delivery, failure)
            case Verdict.UNSURE if harmless:  # an update or a reaction may be repeated
                await self._later(lease, delivery, failure)
            case Verdict.UNSURE:
                await self._deliveries.mark_unknown(lease)
            case Verdict.MISSING if visible:
                await self._deliveries.replace_ts(lease, None)
                await self._deliveries.postpone(lease, self._clock.now(), failure.code)
            case _:
                await self._bury(attempt, failure)

    async def _later(self, lease: Lease, delivery: Delivery, failure: Failure, method: str = "") -> None:
        seconds = failure.retry_after
        if failure.verdict is Verdict.RATE_LIMITED:
            self._pacer.blocked(method or _method(delivery), seconds)
        else:
            seconds = backoff(delivery.attempts, self._random())
        await self._deliveries.postpone(lease, self._clock.now() + seconds, failure.code)

    async def _give_up(self, lease: Lease, delivery: Delivery, conversation: Conversation) -> None:
        rendered = await self._rendered(lease, delivery, conversation)
        if rendered is not None:
            attempt = _Attempt(lease, delivery, conversation, rendered)
            await self._bury(attempt, Failure(Verdict.REFUSED, "too_many_attempts"))

    async def _bury(self, attempt: _Attempt, failure: Failure) -> None:
        """A dead letter: told to the operator by the log, and to the requester directly if it is a result."""
        delivery = attempt.delivery
        if delivery.kind in TOLD_DIRECTLY and attempt.rendered.requester:
            try:
                await self._tell_directly(attempt, attempt.rendered.requester)
            except SLACK_ERRORS as error:
                again = judge(error)
                if again.verdict is not Verdict.REFUSED and delivery.attempts < ATTEMPTS:
                    await self._later(attempt.lease, delivery, again)
                    return
        if attempt.rendered.instead is not None:
            await self._say_instead(attempt, attempt.rendered.instead)
        log.error("delivery_dead", code=failure.code, request_id=failure.request_id)
        await self._deliveries.mark_dead(attempt.lease, failure.code)

    async def _say_instead(self, attempt: _Attempt, text: str) -> None:
        """A file that Slack does not let us share, as a message."""
        delivery = attempt.delivery
        key, body = f"{delivery.key}:text", {"text": f"{UNSHARED}\n{text}"}
        said = NewDelivery(delivery.conversation_id, DeliveryKind.REPLY, key, delivery.subject_id, body)
        await self._deliveries.enqueue(said)

    async def _tell_directly(self, attempt: _Attempt, requester: str) -> None:
        place = attempt.conversation
        self._deliveries.assure(attempt.lease)
        direct, key = await self._calls(place).open_direct(requester), f"{attempt.delivery.key}:direct"
        if direct == place.channel_id:
            return
        if attempt.delivery.attempts > 1 and await self._calls(place).find_in_channel(direct, key):
            return
        await self._calls(place).post(direct, None, _redirected(attempt.rendered.post, place.channel_id), key)


@dataclasses.dataclass(frozen=True, slots=True)
class _Attempt:
    lease: Lease
    delivery: Delivery
    conversation: Conversation
    rendered: Rendered


def _method(delivery: Delivery) -> str:
    """The call that makes a delivery visible, or changes it."""
    return "chat.update" if delivery.ts is not None else FIRST_CALLS.get(delivery.kind, "chat.postMessage")


def _redirected(post: Post, channel_id: str) -> Post:
    text = f"I could not post this in <#{safe(channel_id, 20)}>, so here it is:"
    section = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    return Post(f"{text} {post.text}", [section, *post.blocks])


def backoff(attempts: int, random: float) -> float:
    """Seconds until the next attempt: doubling from 2 to 300, the upper half of each span by chance."""
    span = min(2.0 ** min(max(attempts, 1), 16), LONGEST_BACKOFF)
    return span * (0.5 + random / 2)
