"""From the rows of live sessions to what is posted of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from agent.live.records import LiveLine, LiveSession
from agent.ports import Clock, IncomingFile
from agent.records import Delivery
from bot.slack.blocks import Post
from bot.slack.live_cards import call_card, live_card
from bot.slack.live_posts import closing_post, lines_post, summary_post, transcript_name, transcript_text
from bot.slack.ports import Places
from bot.slack.text import safe

Permalink = Callable[[str, str, str], Awaitable[str | None]]


class LiveReads(Protocol):
    """What is read of live sessions."""

    async def session(self, session_id: str) -> LiveSession:
        """One session; `KeyError` when there is none."""
        ...

    async def transcript(self, session_id: str) -> Sequence[LiveLine]:
        """All lines in order."""
        ...


Opens = Callable[[], AbstractAsyncContextManager[IncomingFile]]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to share: its name is the only one of its kind in the thread, which is how it is found again.

    `opens` gives the content of one that is too large to be held, piece by piece; it raises `FileUnavailable`.
    """

    name: str
    title: str
    content: bytes = b""
    opens: Opens | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRenderer:
    """Renders what a delivery about a session shows now; `KeyError` when its rows do not exist.

    `operators` and `approvers` give mentions in a workspace. Where operators have a channel of their own
    (`ops_channel`) they are called there, else on the card in the thread.
    """

    live: LiveReads
    places: Places
    operators: Callable[[str], Sequence[str]]
    approvers: Callable[[str], Sequence[str]]
    permalink: Permalink
    clock: Clock
    ops_channel: bool

    async def card(self, delivery: Delivery) -> tuple[Post, str]:
        """The card in the thread, and whose it is."""
        session = await self._session(delivery)
        here = () if self.ops_channel else self.operators(session.workspace_id)
        approvers = self.approvers(session.workspace_id)
        return live_card(session, self.clock.now(), approvers=approvers, operators=here), session.requester

    async def call(self, delivery: Delivery) -> Post:
        """The card where the operators are, with the way to the thread."""
        session = await self._session(delivery)
        thread = await self.places.conversation(session.conversation_id)
        channel = f"<#{safe(thread.channel_id, 20)}>"
        link = None
        if thread.thread_ts is not None:
            link = await self.permalink(thread.workspace_id, thread.channel_id, thread.thread_ts)
        place = f"{channel} · <{link}|to the thread>" if link else channel
        return call_card(session, operators=self.operators(session.workspace_id), place=place)

    async def lines(self, delivery: Delivery) -> Post:
        """Those lines of a batch that the thread has not seen in another way."""
        session = await self._session(delivery)
        told = set(delivery.body.get("told", ()))
        return lines_post(session, [line for line in await self.live.transcript(session.id) if line.seq in told])

    async def closing(self, delivery: Delivery) -> tuple[Post, str]:
        """How it ended, and whom that is told."""
        session = await self._session(delivery)
        return closing_post(session), session.requester

    async def summary(self, delivery: Delivery) -> Post:
        """What it came to in content."""
        return summary_post(await self._session(delivery))

    async def file(self, delivery: Delivery) -> Attachment:
        """The transcript as a text file."""
        session = await self._session(delivery)
        lines = await self.live.transcript(session.id)
        title = f"Transcript of live session {session.handle}"
        return Attachment(transcript_name(session), title, transcript_text(session, lines).encode())

    async def _session(self, delivery: Delivery) -> LiveSession:
        if delivery.subject_id is None:
            raise KeyError(delivery.id)
        return await self.live.session(delivery.subject_id)
