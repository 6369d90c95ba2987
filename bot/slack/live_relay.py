"""What people write in a thread while a live session runs there: handed to the session, in their order.

A message that mentions the bot is for the bot and not passed on. Whose messages are passed on as what is decided by
rights, and never spoken by accident: an operator's plain words are whispered unless they have taken over.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from agent.live.records import CommandKind, LiveSession, LiveState
from agent.ports import Roles
from agent.records import DeliveryKind, InboxRow
from agent.rights import Right, Role, may, roles_towards
from bot.slack.live_modals import LONGEST_WORDS
from bot.slack.text import cut
from bot.store.outbox import NewDelivery

NOT_DONE = "x"
NAMES_SHOWN = 5
TOO_LONG = f"This was not passed on: more than {LONGEST_WORDS:,} characters don't fit. Send it in parts."
NO_WORDS = "This was not passed on: there are no words after `{prefix}:`."
TOO_MUCH = "This was not passed on: too much waits for the session already."

_PREFIXED = re.compile(r"\s*(say|whisper)\s*:\s*(.*)", re.IGNORECASE | re.DOTALL)
_ODD = re.compile(r"[`<>&]")  # what could end the code it stands in, or call somebody
_KINDS = {"say": CommandKind.SAY, "whisper": CommandKind.WHISPER}


class RelayedTo(Protocol):
    """The rows of live sessions, as far as messages go to them."""

    async def open_session(self, conversation_id: str) -> LiveSession | None:
        """The conversation's session that has not ended."""
        ...

    async def foreseen(self, session: LiveSession) -> LiveSession:
        """The session as it stands once the presses that wait are done."""
        ...

    async def commanded(self, key: str) -> bool:
        """Whether this was handed to a session, which may have ended since."""
        ...

    async def command(
        self, session_id: str, kind: CommandKind, *, actor: str, text: str, message_ts: str | None, key: str
    ) -> bool:
        """Hand something to a running session, once per key; False when it does not run (any more)."""
        ...


class Notices(Protocol):
    """Queues posts."""

    async def enqueue(self, new: NewDelivery) -> str:
        """Queue a post, or leave the one that has its key."""
        ...


@dataclass(frozen=True, slots=True)
class Passed:
    """What a message is to a session; `refusal` says in the thread why it is not passed on."""

    kind: CommandKind | None
    text: str = ""
    refusal: str | None = None


IGNORED = Passed(None)


def concerned(roles: frozenset[Role]) -> bool:
    """Whether anything that somebody writes is passed on. Others' messages are no concern of a session's."""
    return may(Right.ASK_LIVE, roles) or may(Right.STEER_LIVE, roles)


def passed(session: LiveSession, roles: frozenset[Role], text: str, user: str) -> Passed:
    """What `text` of somebody with `roles` towards the session becomes."""
    kind, words, prefix = _meant(session, roles, text, user)
    if kind is None:
        return IGNORED
    if len(words) > LONGEST_WORDS:
        return Passed(None, refusal=TOO_LONG)
    if not words:
        return Passed(None, refusal=NO_WORDS.format(prefix=prefix)) if prefix else IGNORED
    return Passed(kind, words)


def _meant(session: LiveSession, roles: frozenset[Role], text: str, user: str) -> tuple[CommandKind | None, str, str]:
    """The kind of command, its words, and the prefix that was written."""
    steers, asks = may(Right.STEER_LIVE, roles), may(Right.ASK_LIVE, roles)
    if steers and (found := _PREFIXED.fullmatch(text)):
        prefix = found[1].lower()
        return _KINDS[prefix], found[2].strip(), prefix
    if asks:
        return CommandKind.ASK, text.strip(), ""
    if not steers:
        return None, "", ""
    speaks = session.state is LiveState.HUMAN_TAKEOVER and session.taken_by == user
    return CommandKind.SAY if speaks else CommandKind.WHISPER, text.strip(), ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LiveRelay:
    """Passes messages on. `kick` has the session's owner look."""

    live: RelayedTo
    notices: Notices
    roles: Roles
    kick: Callable[[], None]

    async def take(self, row: InboxRow) -> bool:
        """Whether a message was for a live session: then it was passed on, or is told why not. Twice is once."""
        if row.payload.get("mentioned"):
            return False
        session = await self._running(row)
        if session is None:
            return await self.live.commanded(row.id)  # before we were interrupted; the session has ended since
        if not await self._passed(session, row):
            return False
        self.kick()
        return True

    async def _running(self, row: InboxRow) -> LiveSession | None:
        session = await self.live.open_session(row.conversation_id)
        return session if session is not None and session.running else None

    async def _passed(self, session: LiveSession, row: InboxRow) -> bool:
        """False when the session ended before it could be passed on."""
        user = row.payload["user"]
        roles = self._roles(session, user)
        found = passed(await self.live.foreseen(session), roles, row.payload["text"], user)
        refusal = found.refusal
        if found.kind is not None:
            whose = {"actor": user, "text": found.text, "key": row.id}
            if not await self.live.command(session.id, found.kind, message_ts=row.payload["ts"], **whose):
                if await self._running(row) is None:
                    return False
                refusal = TOO_MUCH
        if refusal is not None:
            await self._refuse(row, refusal)
        if concerned(roles) and (files := _files(row)):
            await self._say(row, f"not-passed:{row.id}", files)
        return True

    def _roles(self, session: LiveSession, user: str) -> frozenset[Role]:
        appointed = self.roles.appointed(session.workspace_id, user)
        return roles_towards(session.requester, user, appointed, anybody_approves=False)

    async def _refuse(self, row: InboxRow, why: str) -> None:
        body = {"ts": row.payload["ts"], "name": NOT_DONE}
        mark = NewDelivery(row.conversation_id, DeliveryKind.REACTION, f"refused:{row.id}", body=body)
        await self.notices.enqueue(mark)
        await self._say(row, f"refused-why:{row.id}", why)

    async def _say(self, row: InboxRow, key: str, text: str) -> None:
        await self.notices.enqueue(NewDelivery(row.conversation_id, DeliveryKind.REPLY, key, body={"text": text}))


def _files(row: InboxRow) -> str:
    """A sentence that names the files of a message: they stay in Slack."""
    names = [f"`{cut(_ODD.sub('', file['name']), 80) or 'a file'}`" for file in row.payload.get("files", [])]
    if not names:
        return ""
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return (
        f"Files are not passed on to the live session: {', '.join(names[:NAMES_SHOWN])}{more}. Mention me to use them."
    )
