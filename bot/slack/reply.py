"""The visible side of a turn: a native stream where the workspace has them, an edited message where not.

Everything here is best effort. The reply's delivery is what counts: it is settled through the outbox's own path, which
completes whatever stands at the stored `ts`.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
from collections.abc import Sequence

import structlog

from agent.errands import Errands
from agent.errors import LeaseLost
from agent.ports import Clock
from agent.records import Conversation, Lease, TurnRecord
from agent.steps import Step, StepState
from bot.slack import views
from bot.slack.chunking import PIECE_LIMIT
from bot.slack.outcomes import SLACK_ERRORS, Failure, Verdict, judge
from bot.slack.pacing import Pacer
from bot.slack.ports import ClientOf, DeliverNow, ReplyTurns, Shown
from bot.slack.sessions import AgentSessions, Lacking, Status, is_lacking
from bot.slack.slack_calls import SlackCalls
from bot.slack.tasks import TaskList, text_chunk

log = structlog.get_logger(__name__)

FLUSH_CHARACTERS = 256
FLUSH_SECONDS = 0.75
STEP_SECONDS = 2.0  # until steps alone open a stream: an answer that is as quick needs none
STREAM_SECONDS = 240.0  # Slack ends a stream after about five minutes, whatever happens in it
STATUS_SECONDS = 3.0
CLOSE_SECONDS = 15.0
BEHIND_SECONDS = 0.5  # until it is looked again whether everything earlier stands in the thread
BEGUN = "…"


class Showing(enum.Enum):
    """How the reply is visible. `OVER`: nothing more is shown until it is settled."""

    NOTHING = enum.auto()
    STREAM = enum.auto()
    EDITS = enum.auto()
    OVER = enum.auto()


class SlackReplies:
    """Opens replies, and remembers for an hour which workspaces have no streams and no statuses.

    `sessions` shows that a turn is worked on; without it, and where Slack has none, a line of text does.
    """

    def __init__(
        self,
        clients: ClientOf,
        *,
        turns: ReplyTurns,
        deliver_now: DeliverNow,
        pacer: Pacer,
        clock: Clock,
    ) -> None:
        self.clients = clients
        self.turns = turns
        self.deliver_now = deliver_now
        self.pacer = pacer
        self.clock = clock
        self.sessions: AgentSessions | None = None
        self.without_streams = Lacking("streaming", clock)
        self.without_status = Lacking("status", clock)
        self._errands = Errands()

    def open(self, lease: Lease, turn: TurnRecord, conversation: Conversation) -> SlackReply:
        """The reply of `turn` in its thread."""
        return SlackReply(self, lease, turn, conversation)

    def start(self, reply: SlackReply) -> asyncio.Task[None]:
        """Run the task that shows `reply`'s text; it ends by itself when there is nothing left to show."""
        return self._errands.run(reply.show(), "reply")

    @property
    def active(self) -> int:
        """How many replies have text on its way to Slack."""
        return len(self._errands)

    async def close(self) -> None:
        """Stop showing; what is visible is completed by the outbox."""
        await self._errands.close()


class SlackReply:
    """One turn's reply. All calls about its text are made by one task, one after the other."""

    def __init__(self, replies: SlackReplies, lease: Lease, turn: TurnRecord, conversation: Conversation) -> None:
        self._replies = replies
        self._lease = lease
        self._turn = turn
        self._conversation = conversation
        self._client = replies.clients(conversation.workspace_id)
        self._channel = conversation.channel_id
        self._thread_ts = conversation.thread_ts
        self._ts = turn.reply_ts
        begun_before = turn.reply_ts is not None or conversation.thread_ts is None
        self._showing = Showing.OVER if begun_before else Showing.NOTHING
        self._shown = ""
        self._waiting = ""
        self._tasks = TaskList()
        self._started_at = 0.0
        self._closing = False
        self._status_set = False
        self._session_set = False
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    # -- what the runner calls ---------------------------------------------------------------------------------

    async def status(self, text: str) -> None:
        """Say what is going on under the thread; failures are logged once a workspace and tolerated.

        It comes before each step of the turn, so here a worker that lost its lane finds out: `LeaseLost`.
        """
        if text:
            self._replies.turns.assure(self._lease)
        if text and (self._showing is Showing.STREAM or self._session_set):
            return  # Slack shows already that something is going on, with a button to stop it
        if text and self._replies.sessions is not None:
            self._session_set = await self._replies.sessions.work(self._turn, self._conversation)
        if not self._session_set or self._status_set:
            await self._say(text)

    async def _say(self, text: str) -> None:
        """The line of text under the thread."""
        if self._thread_ts is None or self._turn.workspace_id in self._replies.without_status:
            return
        if self._replies.pacer.wait("assistant.threads.setStatus", self._channel, patience=0.0) > 0.0:
            return
        try:
            async with asyncio.timeout(STATUS_SECONDS):
                await self._client.assistant_threads_setStatus(
                    channel_id=self._channel, thread_ts=self._thread_ts, status=text
                )
            self._status_set = bool(text)
        except SLACK_ERRORS as error:
            self._status_failed(judge(error))

    async def append(self, text: str) -> None:
        """Show more of the answer soon: after 256 characters or 750 ms."""
        if self._showing is Showing.OVER or self._closing:
            return
        self._waiting += text
        if len(self._waiting) >= FLUSH_CHARACTERS:
            self._wake.set()
        self._begin_showing()

    async def steps(self, steps: Sequence[Step]) -> None:
        """Show tool calls as tasks, in a stream only: elsewhere the line of text tells the one that runs."""
        if self._showing is Showing.OVER or self._closing:
            return
        if self._turn.workspace_id not in self._replies.without_streams:
            self._tasks.take(steps)
            self._begin_showing()
        elif (line := line_of(steps)) is not None:
            await self.status(line)

    def _begin_showing(self) -> None:
        if self._task is None or self._task.done():
            self._task = self._replies.start(self)

    async def restart(self) -> None:
        """What was shown is void. It stays until the final text replaces it; nothing more is added to it."""
        await self._finish_showing()
        self._closing = False
        self._wake.clear()
        self._waiting = ""
        self._tasks.forget()
        if self._showing is not Showing.NOTHING:
            self._showing = Showing.OVER

    async def settle(self, delivery_id: str | None, text: str | None) -> None:
        """Complete what is visible and the delivery with it; without a delivery, take back what is visible."""
        await self._finish_showing()
        if self._status_set:
            await self._say("")
        if delivery_id is not None:
            shown = Shown(self._shown, self._tasks.last()) if self._showing is Showing.STREAM else None
            await self._replies.deliver_now(delivery_id, shown)
            return
        await self._take_back()
        if self._replies.sessions is not None:
            await self._replies.sessions.rest(self._conversation)

    # -- the task that shows -----------------------------------------------------------------------------------

    async def show(self) -> None:
        """Flush until nothing waits; errors end the showing, not the turn."""
        pause = FLUSH_SECONDS if self._waiting or self._showing is Showing.STREAM else STEP_SECONDS
        try:
            while self._may_show():
                await self._pause(pause)
                if self._may_show():
                    pause = await self._flush() or FLUSH_SECONDS
        except LeaseLost:
            self._showing = Showing.OVER  # the turn's runner meets the same fence at its next step
        except SLACK_ERRORS as error:
            self._showing = Showing.OVER
            log.warning("reply_not_shown", turn=self._turn.id, code=judge(error).code)

    def _may_show(self) -> bool:
        waits = self._waiting or (self._tasks.waiting and self._showing is not Showing.EDITS)
        return bool(waits) and self._showing is not Showing.OVER and not self._closing

    async def _pause(self, seconds: float) -> None:
        """Wait `seconds`, or less when enough text has come or the reply is being settled."""
        paced = seconds != FLUSH_SECONDS
        if len(self._waiting) >= FLUSH_CHARACTERS and not paced:
            return
        if paced:
            self._wake.clear()
        timer = asyncio.ensure_future(self._replies.clock.sleep(seconds))
        woken = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({timer, woken}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            woken.cancel()
            if not self._closing:
                self._wake.clear()

    async def _flush(self) -> float:
        """Show what waits; returns seconds to wait before the next flush, 0 for the usual."""
        self._replies.turns.assure(self._lease)
        match self._showing:
            case Showing.NOTHING:
                return await self._begin()
            case Showing.STREAM:
                return await self._append()
            case Showing.EDITS:
                return await self._edit()
            case Showing.OVER:
                return 0.0

    async def _begin(self) -> float:
        if await self._replies.turns.unposted(self._turn.conversation_id):
            return BEHIND_SECONDS  # an earlier answer may wait for its place; the thread is to be read in order
        if self._turn.workspace_id in self._replies.without_streams:
            return await self._begin_edits()
        if seconds := self._place("chat.startStream"):
            return seconds
        try:
            answer = await self._client.chat_startStream(
                channel=self._channel,
                thread_ts=self._thread_ts or "",
                recipient_team_id=self._turn.workspace_id,
                recipient_user_id=self._turn.requester,
                task_display_mode="plan" if self._tasks.waiting else None,
            )
        except SLACK_ERRORS as error:
            return await self._begin_failed(judge(error))
        await self._stands_at(str(answer["ts"]), Showing.STREAM)
        return await self._append()

    async def _begin_failed(self, failure: Failure) -> float:
        match failure.verdict:
            case Verdict.RATE_LIMITED:
                return self._blocked("chat.startStream", failure)
            case Verdict.NO_STREAMS | Verdict.NO_METHOD:
                self._replies.without_streams.add(self._turn.workspace_id, failure.code)
                return await self._begin_edits()
            case _:
                return self._over(failure)

    async def _stands_at(self, ts: str, showing: Showing) -> None:
        """Commit where the reply stands before anything is added to it."""
        committed = False
        try:
            await self._replies.turns.set_reply_ts(self._lease, self._turn.id, ts)
            committed = True
        except LeaseLost:
            await self._remove(ts)
            raise
        finally:
            self._showing = showing if committed else Showing.OVER
        self._ts, self._started_at = ts, self._replies.clock.now()

    async def _append(self) -> float:
        too_old = self._replies.clock.now() - self._started_at >= STREAM_SECONDS
        if too_old or len(self._shown) + len(self._waiting) > PIECE_LIMIT:
            return await self._roll_over()
        if seconds := self._place("chat.appendStream"):
            return seconds
        text, self._waiting = self._waiting, ""
        tasks = self._tasks.give()
        chunks = [*tasks, *text_chunk(text)]
        try:
            await self._client.chat_appendStream(channel=self._channel, ts=self._ts or "", chunks=chunks)
        except SLACK_ERRORS as error:
            failure = judge(error)
            if failure.verdict is not Verdict.RATE_LIMITED:
                return self._over(failure)
            self._waiting = text + self._waiting
            self._tasks.take_back()
            return self._blocked("chat.appendStream", failure)
        self._shown += text
        return 0.0

    async def _roll_over(self) -> float:
        """End the stream before Slack breaks it; the rest comes with the final update."""
        self._showing = Showing.OVER
        await self._stop_stream(self._ts or "", "processing")
        return 0.0

    async def _begin_edits(self) -> float:
        self._tasks.forget()
        if not self._waiting:
            return 0.0  # tasks alone are no message
        if seconds := self._place("chat.postMessage"):
            return seconds
        # Without words: a crash before its place is committed leaves an ellipsis behind, never half an answer.
        answer = await self._client.chat_postMessage(
            channel=self._channel, thread_ts=self._thread_ts, text=BEGUN, unfurl_links=False, unfurl_media=False
        )
        await self._stands_at(str(answer["ts"]), Showing.EDITS)
        return 1.0

    async def _edit(self) -> float:
        whole = self._shown + self._waiting
        if len(whole) > PIECE_LIMIT:
            self._showing = Showing.OVER
            return 0.0
        if seconds := self._replies.pacer.wait("chat.update", f"{self._channel}/{self._ts}", patience=0.0):
            return seconds
        self._shown, self._waiting = whole, ""
        post = views.reply(whole)
        try:
            await self._client.chat_update(channel=self._channel, ts=self._ts or "", text=post.text, blocks=post.blocks)
        except SLACK_ERRORS as error:
            failure = judge(error)
            if failure.verdict is not Verdict.RATE_LIMITED:
                return self._over(failure)
            return self._blocked("chat.update", failure)
        return 1.0

    # -- helpers -----------------------------------------------------------------------------------------------

    def _place(self, method: str) -> float:
        return self._replies.pacer.wait(method, self._channel, patience=0.0)

    def _blocked(self, method: str, failure: Failure) -> float:
        self._replies.pacer.blocked(method, failure.retry_after)
        return failure.retry_after

    def _over(self, failure: Failure) -> float:
        self._showing = Showing.OVER
        log.info("reply_showing_over", turn=self._turn.id, code=failure.code)
        return 0.0

    def _status_failed(self, failure: Failure) -> None:
        if is_lacking(failure):
            self._replies.without_status.add(self._turn.workspace_id, failure.code)
        elif failure.verdict is Verdict.RATE_LIMITED:
            self._replies.pacer.blocked("assistant.threads.setStatus", failure.retry_after)

    async def _finish_showing(self) -> None:
        """Let the call that is under way end (bounded), and make no other."""
        if self._task is None or self._task.done():
            return
        self._closing = True
        self._wake.set()
        done, _ = await asyncio.wait({self._task}, timeout=CLOSE_SECONDS)
        if not done:
            self._task.cancel()
            self._showing = Showing.OVER

    async def _take_back(self) -> None:
        if self._ts is not None:
            await self._remove(self._ts)

    async def _remove(self, ts: str) -> None:
        await self._stop_stream(ts)
        with contextlib.suppress(*SLACK_ERRORS):
            await self._client.chat_delete(channel=self._channel, ts=ts)

    async def _stop_stream(self, ts: str, status: Status | None = None) -> None:
        """Stop, whatever state it is in: the outbox repairs by updating.

        A stream that a person has stopped, or that Slack has ended, leaves a spinner behind.
        """
        try:
            await self._client.chat_stopStream(channel=self._channel, ts=ts, session_status=status)
        except SLACK_ERRORS as error:
            if judge(error).verdict is Verdict.NOT_STREAMING:
                await SlackCalls(self._client).rest(self._channel, self._thread_ts)


def line_of(steps: Sequence[Step]) -> str | None:
    """What the line of text says while these run: “is asking HeyGen for voices…”; None where none begins."""
    begun = next((step.title for step in steps if step.state is StepState.IN_PROGRESS), None)
    return None if begun is None else f"is {begun[:1].lower()}{begun[1:]}…"
