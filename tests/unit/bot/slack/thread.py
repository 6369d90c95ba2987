"""A thread that Alice opened in #videos, the store behind it, and the edge's sending side."""

from __future__ import annotations

from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from agent.records import (
    Conversation,
    Delivery,
    DeliveryKind,
    DeliveryState,
    JobKind,
    Lease,
    NewSubmission,
    Submission,
    TurnRecord,
    TurnState,
)
from bot.slack.delivery import DeliveryWorker
from bot.slack.live_rendering import LiveRenderer
from bot.slack.pacing import Pacer
from bot.slack.reply import SlackReplies
from bot.slack.sessions import AgentSessions
from bot.slack.slack_calls import Permalinks
from bot.store import Store
from bot.store.inbox import Accepted, NewEvent
from bot.store.outbox import NewDelivery
from bot.store.thread_states import ThreadStates
from emulators.slack import Message, SlackEmulator
from tests.support.clock import ManualClock
from tests.support.store_steps import quote, user_item

TEAM, CHANNEL, ALICE = "T0GREENROOM", "C0VIDEOS01", "U0ALICE001"


class QuickClock:
    """The store's clock for the worker: a sleep moves it instead of waiting for somebody to move it."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock.now()

    async def sleep(self, seconds: float) -> None:
        self._clock.advance(seconds)


class Thread:
    """Opens turns and deliveries in one thread and reads what Slack shows there."""

    def __init__(
        self, slack: SlackEmulator, client: AsyncWebClient, store: Store, clock: ManualClock, ops_channel: bool = False
    ) -> None:
        self.slack, self.store, self.clock, self.client = slack, store, clock, client
        self.announced: list[str] = []
        store.database.on_announced = self.announced.append
        self.pacer = Pacer(clock)
        self.worker = DeliveryWorker(
            lambda _: client,
            deliveries=store.deliveries,
            jobs=store.jobs,
            places=store.turns,
            costs=store.ledger,
            approvers=lambda _: ["<@U0BOB00001>"],
            link_for=lambda job: f"https://greenroom.example/v/{job.link_id}" if job.link_id else None,
            pacer=self.pacer,
            clock=QuickClock(clock),
            random=lambda: 0.0,
            live=LiveRenderer(
                live=store.live,
                places=store.turns,
                operators=lambda _: ["<@U0DAVE0001>"],
                approvers=lambda _: ["<@U0BOB00001>"],
                permalink=Permalinks(lambda _: client),
                clock=clock,
                ops_channel=ops_channel,
            ),
        )
        self.replies = SlackReplies(
            lambda _: client, turns=store.turns, deliver_now=self.worker.deliver_now, pacer=self.pacer, clock=clock
        )
        self.sessions = AgentSessions(
            lambda _: client, states=ThreadStates(store.database), pacer=self.pacer, clock=clock
        )
        self.root = slack.say(ALICE, CHANNEL, f"<@{slack.bot_user}> hello")
        self.conversation_id = ""

    async def accept(self, name: str = "Ev1", **changes: Any) -> str:
        """Accept Alice's message; returns the conversation's id."""
        values: dict[str, Any] = {
            "dedup_key": None,
            "workspace_id": TEAM,
            "channel_id": CHANNEL,
            "channel_type": "channel",
            "thread_ts": self.root,
            "opens": True,
            "kind": "message",
            "payload": {"ts": self.root},
        }
        accepted = await self.store.lanes.accept(NewEvent(id=name, **values | changes))
        assert isinstance(accepted, Accepted)
        self.conversation_id = accepted.conversation_id
        return accepted.conversation_id

    async def begin(self, name: str = "Ev1", **changes: Any) -> tuple[Lease, TurnRecord, Conversation]:
        """Alice's message as a running turn."""
        conversation_id = await self.accept(name, **changes)
        (lease,) = await self.store.lanes.claim(1)
        row = await self.store.lanes.next_row(lease)
        assert row is not None
        turn = await self.store.turns.begin_turn(lease, row, origin="message", requester=ALICE, items=[user_item("Hi")])
        return lease, turn, await self.store.turns.conversation(conversation_id)

    async def finish(self, lease: Lease, turn: TurnRecord, text: str | None) -> str | None:
        """Commit the end of the turn; returns its delivery."""
        state = TurnState.DONE if text is not None else TurnState.CANCELLED
        return await self.store.turns.finish_turn(lease, turn.id, state=state, reply=text)

    async def queue(self, key: str, text: str = "", kind: DeliveryKind = DeliveryKind.REPLY, **body: Any) -> str:
        """Queue a post with a text of its own."""
        if not self.conversation_id:
            await self.accept()
        return await self.store.deliveries.enqueue(
            NewDelivery(self.conversation_id, kind, key, body={"text": text, **body})
        )

    async def submission(self, *labels: str) -> Submission:
        """A paid request with its jobs and its card."""
        lease, turn, _ = await self.begin()
        new = NewSubmission(
            key="key-1",
            workspace_id=TEAM,
            account_id="A1",
            conversation_id=lease.id,
            turn_id=turn.id,
            call_id="call-1",
            requester=ALICE,
            kind=JobKind.TRANSLATION,
            arguments={},
            arguments_hash="hash",
            quote=quote(len(labels or ("German",))),
            labels=labels or ("German",),
            title="Translate talk.mp4",
        )
        return await self.store.jobs.intend(lease, new)

    async def delivery(self, key: str) -> Delivery:
        """The row of a post."""
        found = await self.store.deliveries.find(key)
        assert found is not None
        return found

    async def state(self, key: str) -> DeliveryState:
        """How far a post has come."""
        return (await self.delivery(key)).state

    def posts(self) -> list[Message]:
        """What the bot shows in the thread."""
        return [message for message in self.slack.thread(CHANNEL, self.root) if message.from_app]

    def shown(self) -> list[str]:
        """The words of each of these posts."""
        return [message.rendered_text() for message in self.posts()]

    def calls(self, method: str) -> list[Any]:
        """The journal's entries of one method."""
        return self.slack.journal.select(path=f"/api/{method}")

    def refuse(self, method: str, code: str, **options: Any) -> None:
        """Let the next call of `method` be answered with Slack's error `code`."""
        body = {"ok": False, "error": code}
        self.slack.fail("before", f"/api/{method}", status=200, body=body, **options)
