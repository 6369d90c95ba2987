"""The gate before the inbox: who is listened to where, by the rules of `bot.talk`. It reads the store, no network."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Protocol, assert_never

from bot.slack.intake import Classified, Hush, Ignored
from bot.slack.text import mentions
from bot.store.inbox import NewEvent
from bot.talk import Said, Standing, TalkSetting, Verdict, verdict


class TalkRows(Protocol):
    """What the gate reads and writes; `bot.store.talk.Talk` has it."""

    async def standing(self, workspace_id: str, channel_id: str, thread_ts: str | None) -> tuple[Standing, float]:
        """What is known where something was said, and the time by the database."""
        ...

    async def rules(self, workspace_id: str, channel_id: str) -> Standing:
        """The rules of a channel, outside of its threads."""
        ...

    async def setting(self, workspace_id: str) -> TalkSetting:
        """A workspace's rules."""
        ...

    async def mute(self, workspace_id: str, conversation_id: str, cause: str) -> bool:
        """Be quiet in a thread; whether that was a change."""
        ...

    async def unmute(self, workspace_id: str, conversation_id: str) -> bool:
        """Talk again; whether it was quiet."""
        ...

    async def await_answer(self, workspace_id: str, conversation_id: str, user_id: str | None) -> None:
        """Somebody has asked `user_id` something; None: it was answered."""
        ...

    async def conversation_of(self, workspace_id: str, channel_id: str, ts: str) -> str | None:
        """The conversation that a message of ours, or the first of a thread, belongs to."""
        ...


class TalkGate:
    """Lets through what is said to us. `wake` has posts looked at."""

    def __init__(self, talk: TalkRows, wake: Callable[[], None]) -> None:
        self._talk = talk
        self._wake = wake

    async def admitted(self, found: Classified) -> Classified:
        """The event, perhaps one that opens a conversation; `Ignored` for what is not for us."""
        if isinstance(found, Hush):
            return await self._hush(found)
        event = found.heard if isinstance(found, Ignored) else found
        if not isinstance(event, NewEvent) or event.kind != "message":
            return found
        return await self._message(event)

    async def _hush(self, asked: Hush) -> Ignored:
        setting = await self._talk.setting(asked.workspace_id)
        conversation_id = await self._talk.conversation_of(asked.workspace_id, asked.channel_id, asked.ts)
        if conversation_id is not None and setting.hears(asked.user_id):
            await self._quiet(asked.workspace_id, conversation_id, asked.event_id)
        return Ignored("asked to be quiet")

    async def _quiet(self, workspace_id: str, conversation_id: str, cause: str) -> None:
        if await self._talk.mute(workspace_id, conversation_id, cause):
            self._wake()

    async def _message(self, event: NewEvent) -> Classified:
        said = said_in(event)
        if not (said.mentioned or said.direct or said.threaded) and not await self._begins(event, said):
            return Ignored("addressed to somebody else" if said.others else "not addressed to us")
        standing, now = await self._talk.standing(event.workspace_id, event.channel_id, event.thread_ts)
        ours = standing.conversation_id
        decided = verdict(said, standing, now)
        match decided:
            case Verdict.ANSWER:
                return event
            case Verdict.OPEN:
                return dataclasses.replace(event, opens=True)
            case Verdict.WAKE if ours is not None:
                await self._talk.unmute(event.workspace_id, ours)
                return dataclasses.replace(event, opens=True)
            case Verdict.QUIET if ours is not None:
                await self._quiet(event.workspace_id, ours, event.id)
                return Ignored("asked to be quiet")
            case Verdict.ASIDE:
                await self._aside(event, said, standing)
                return Ignored("addressed to somebody else")
            case Verdict.IGNORE | Verdict.WAKE | Verdict.QUIET:
                return Ignored("not addressed to us")
            case _:
                assert_never(decided)

    async def _begins(self, event: NewEvent, said: Said) -> bool:
        """Whether words to nobody could begin a conversation: in most channels they cannot, whatever they are."""
        rules = await self._talk.rules(event.workspace_id, event.channel_id)
        return verdict(said, rules, 0.0) is Verdict.OPEN

    async def _aside(self, event: NewEvent, said: Said, standing: Standing) -> None:
        """Remember whom a question in a thread of ours was put to, until they have answered it."""
        if standing.conversation_id is None:
            return
        if said.others and "?" in said.text:
            await self._talk.await_answer(event.workspace_id, standing.conversation_id, min(said.others))
        elif standing.awaited == said.user_id:
            await self._talk.await_answer(event.workspace_id, standing.conversation_id, None)


def said_in(event: NewEvent) -> Said:
    """A message as the rules see it."""
    payload = event.payload
    return Said(
        user_id=payload["user"],
        channel_id=event.channel_id,
        text=payload["text"],
        mentioned=payload["mentioned"],
        direct=event.channel_type == "im",
        threaded=payload["thread_ts"] is not None,
        others=mentions(payload["text"]),
    )
