"""From Slack's event bodies to inbox rows: a pure classification and the middleware that commits it before the ack."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import structlog
from slack_bolt.response import BoltResponse

from agent.records import Json
from bot.slack.departures import EVENTS as DEPARTURES
from bot.slack.departures import departed
from bot.slack.ports import BotIdentity, Echoes, Lanes, Members
from bot.slack.text import mentions, plain
from bot.store.inbox import NewEvent
from bot.talk import QUIET_REACTIONS

log = structlog.get_logger(__name__)

DELIVERY_EVENT = "greenroom_delivery"
MESSAGE_SUBTYPES = frozenset({"", "file_share", "thread_broadcast"})
TIMESTAMP_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Echo:
    """One of our own posts came back: proof that the delivery with `key` is in the channel at `ts`."""

    workspace_id: str
    channel_id: str
    key: str
    ts: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing for us; `reason` is for the log and for tests. `heard`: what the policy of a channel may let through."""

    reason: str
    heard: NewEvent | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Hush:
    """Somebody has asked by a reaction that we be quiet where the message at `ts` stands."""

    event_id: str
    workspace_id: str
    channel_id: str
    ts: str
    user_id: str


Classified = NewEvent | Echo | Hush | Ignored


def classify(body: Json, identity: BotIdentity) -> Classified:
    """Decide what an Events API body is to us. Total: any JSON object gets an answer."""
    event = body.get("event")
    if body.get("type") != "event_callback" or not isinstance(event, dict):
        return Ignored("not an event")
    match event.get("type"):
        case "app_mention" | "message":
            return _message(_Envelope(body, event, identity))
        case "agent_session_stopped":
            return _stopped(_Envelope(body, event, identity))
        case "reaction_added":
            return _reacted(_Envelope(body, event, identity))
        case _:
            return Ignored("event without work for us")


class _Envelope:
    """One event with what surrounds it; reads fields without trusting their types."""

    def __init__(self, body: Json, event: Json, identity: BotIdentity) -> None:
        self.body = body
        self.event = event
        self.identity = identity
        self.channel = _string(event, "channel")
        self.subtype = _string(event, "subtype")
        self.workspace_id = self._team() or identity.team_id
        self.channel_type = _string(event, "channel_type") or _type_of(self.channel)

    def _team(self) -> str:
        authorizations = self.body.get("authorizations")
        first = authorizations[0] if isinstance(authorizations, list) and authorizations else None
        team = _string(first, "team_id") if isinstance(first, dict) else ""
        return team or _string(self.body, "team_id")

    @property
    def is_direct(self) -> bool:
        """Whether the bot is alone with one person."""
        return self.channel_type == "im"

    def is_own(self, message: Json) -> bool:
        """Whether this bot wrote `message`."""
        return (
            _string(message, "user") == self.identity.bot_user_id
            or _string(message, "bot_id") == self.identity.bot_id
            or (bool(message.get("bot_id")) and _string(message, "app_id") == self.identity.app_id)
        )

    def new(
        self,
        kind: str,
        thread_ts: str,
        payload: Json,
        *,
        opens: bool = False,
        dedup_key: str | None = None,
    ) -> NewEvent:
        """The inbox row of this event."""
        return NewEvent(
            id=_string(self.body, "event_id") or _digest(self.body),
            dedup_key=dedup_key,
            workspace_id=self.workspace_id,
            channel_id=self.channel,
            channel_type=self.channel_type,
            thread_ts=thread_ts,
            opens=opens,
            kind=kind,
            payload=payload,
        )


def _message(envelope: _Envelope) -> Classified:
    if not envelope.channel:
        return Ignored("no channel")
    match envelope.subtype:
        case "message_changed":
            return _changed(envelope)
        case "message_deleted":
            return _deleted(envelope)
    if envelope.is_own(envelope.event):
        return _echo(envelope)
    if reason := _noise(envelope.event):
        return Ignored(reason)
    return _said(envelope)


def _echo(envelope: _Envelope) -> Classified:
    metadata = envelope.event.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("event_type") != DELIVERY_EVENT:
        return Ignored("own message")
    payload, ts = metadata.get("event_payload"), _string(envelope.event, "ts")
    key = _string(payload, "key") if isinstance(payload, dict) else ""
    return Echo(envelope.workspace_id, envelope.channel, key, ts) if key and ts else Ignored("own message")


def _noise(message: Json) -> str | None:
    """Why a message is none of a person's, or None."""
    if message.get("bot_id") or message.get("bot_profile") or message.get("subtype") == "bot_message":
        return "another bot"
    if message.get("hidden") or _string(message, "subtype") not in MESSAGE_SUBTYPES:
        return "subtype without work for us"
    if _string(message, "user") in {"", "USLACK"}:
        return "nobody's message"
    return None


def _said(envelope: _Envelope) -> Classified:
    event, identity = envelope.event, envelope.identity
    text, files, ts = _string(event, "text"), _files(event), _string(event, "ts")
    if not ts or not (text or files):
        return Ignored("empty message")
    named = mentions(text)
    ours = identity.bot_user_id in named or event.get("type") == "app_mention"
    thread_ts = _string(event, "thread_ts")
    opens = ours or envelope.is_direct
    payload: Json = {
        "ts": ts,
        "user": _string(event, "user"),
        "text": plain(text, identity.bot_user_id),
        "files": files,
        "mentioned": ours,
        "thread_ts": thread_ts or None,
        "channel_type": envelope.channel_type,
    }
    dedup_key = f"{envelope.workspace_id}:{envelope.channel}:{ts}"
    found = envelope.new("message", thread_ts or ts, payload, opens=opens, dedup_key=dedup_key)
    if named and not opens:
        return Ignored("addressed to somebody else", found)
    return found if opens or thread_ts else Ignored("not addressed to us", found)


def _reacted(envelope: _Envelope) -> Classified:
    item = envelope.event.get("item")
    if not isinstance(item, dict) or _string(envelope.event, "reaction").split("::")[0] not in QUIET_REACTIONS:
        return Ignored("event without work for us")
    channel, ts = _string(item, "channel"), _string(item, "ts")
    if not channel or not ts or envelope.is_own(envelope.event):
        return Ignored("event without work for us")
    event_id = _string(envelope.body, "event_id") or _digest(envelope.body)
    return Hush(event_id, envelope.workspace_id, channel, ts, _string(envelope.event, "user"))


def _changed(envelope: _Envelope) -> Classified:
    message, before = envelope.event.get("message"), envelope.event.get("previous_message")
    if not isinstance(message, dict):
        return Ignored("change without a message")
    if message.get("subtype") == "tombstone":  # how the deletion of a thread's root is told
        return _withdrawn(envelope, _string(message, "ts"), message)
    if envelope.is_own(message) or (reason := _noise(message)):
        return Ignored("own change" if envelope.is_own(message) else str(reason))
    text, ts = _string(message, "text"), _string(message, "ts")
    if not ts or (isinstance(before, dict) and _string(before, "text") == text):
        return Ignored("text unchanged")
    payload: Json = {
        "ts": ts,
        "text": plain(text, envelope.identity.bot_user_id),
        "user": _string(message, "user"),
    }
    return envelope.new("message_changed", _string(message, "thread_ts") or ts, payload)


def _deleted(envelope: _Envelope) -> Classified:
    before = envelope.event.get("previous_message")
    message = before if isinstance(before, dict) else {}
    if envelope.is_own(message):
        return Ignored("own deletion")
    return _withdrawn(envelope, _string(envelope.event, "deleted_ts") or _string(message, "ts"), message)


def _withdrawn(envelope: _Envelope, ts: str, message: Json) -> Classified:
    if not ts:
        return Ignored("deletion without a message")
    return envelope.new("message_deleted", _string(message, "thread_ts") or ts, {"ts": ts})


def _stopped(envelope: _Envelope) -> Classified:
    thread_ts = _string(envelope.event, "thread_ts")
    if not thread_ts or not envelope.channel:
        return Ignored("stop without a thread")
    streams = envelope.event.get("streaming_message_ts")
    payload: Json = {
        "user": _string(envelope.event, "user"),
        "streams": [ts for ts in streams if isinstance(ts, str)] if isinstance(streams, list) else [],
    }
    return envelope.new("stopped", thread_ts, payload)


def _files(event: Json) -> list[Json]:
    files = event.get("files")
    found = [file for file in files if isinstance(file, dict)] if isinstance(files, list) else []
    return [
        {
            "id": _string(file, "id"),
            "name": _string(file, "name"),
            "mimetype": _string(file, "mimetype"),
            "size": file["size"] if isinstance(file.get("size"), int) else None,
            "url": _string(file, "url_private_download") or _string(file, "url_private"),
        }
        for file in found
    ]


def _string(mapping: Mapping[str, Any], key: str) -> str:
    value = mapping.get(key)
    return value if isinstance(value, str) else ""


def _type_of(channel_id: str) -> str:
    """The kind of a conversation from its id, for payloads that do not tell."""
    prefixes: dict[str, Literal["im", "group"]] = {"D": "im", "G": "group"}
    return prefixes.get(channel_id[:1], "channel")


def _digest(body: Json) -> str:
    canonical = json.dumps(body, sort_keys=True, ensure_ascii=False, default=str)
    return "body:" + hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def looking(body: Json, identity: BotIdentity) -> tuple[str, str] | None:
    """Workspace and person, where an event says that somebody has opened our Home."""
    event = body.get("event")
    if not isinstance(event, dict) or (event.get("type"), event.get("tab")) != ("app_home_opened", "home"):
        return None
    user = _string(event, "user")
    return (_Envelope(body, event, identity).workspace_id, user) if user else None


def chatting(body: Json, identity: BotIdentity) -> tuple[str, str, str] | None:
    """Workspace, person and channel, where an event says that somebody has opened our Messages tab."""
    event = body.get("event")
    if not isinstance(event, dict) or (event.get("type"), event.get("tab")) != ("app_home_opened", "messages"):
        return None
    user, channel = _string(event, "user"), _string(event, "channel")
    return (_Envelope(body, event, identity).workspace_id, user, channel) if user and channel else None


class Admission(Protocol):
    """Decides by the rules of a workspace and its threads what becomes of what was said."""

    async def admitted(self, found: Classified) -> Classified:
        """What is left of it; what was done about it is done. The store's errors pass through."""
        ...


class Intake:
    """The Bolt global middleware: an event is committed here, and only then acked.

    A store error is raised on purpose: Bolt answers 500, Slack delivers again, nothing is lost. `wake` is called
    after each new row, so that a worker need not poll. `doubt` writes down that an installation may be over;
    `home` is told who has opened their Home, `messages` who has opened the tab beside it, and in which channel.
    """

    def __init__(
        self,
        *,
        lanes: Lanes,
        echoes: Echoes,
        members: Members,
        wake: Callable[[], None],
        doubt: Callable[[str], Awaitable[object]] | None = None,
        gate: Admission | None = None,
        home: Callable[[str, str], None] | None = None,
        messages: Callable[[str, str, str], None] | None = None,
    ) -> None:
        self._home = home
        self._messages = messages
        self._doubt = doubt
        self._gate = gate
        self._lanes = lanes
        self._echoes = echoes
        self._members = members
        self._wake = wake

    async def middleware(self, body: Json, next: Callable[[], Awaitable[Any]]) -> BoltResponse | None:
        """Commit what `body` says, then let Bolt go on to its (empty) listeners."""
        if body.get("type") == "app_rate_limited":
            log.warning("slack_events_rate_limited", minute=body.get("minute_rate_limited"))
            return BoltResponse(status=200)
        if body.get("type") == "event_callback":
            await self.take(body)
        await next()
        return None

    async def _depart(self, installations: Sequence[str]) -> None:
        """Slack has taken us out, or says so: it is looked at in the background."""
        for installation_id in installations:
            log.warning("told_to_leave", installation=installation_id)
            if self._doubt is not None:
                await self._doubt(installation_id)
                self._wake()

    async def take(self, body: Json) -> None:
        """Classify and commit one event body; the store's errors pass through."""
        event = body.get("event")
        if isinstance(event, dict) and event.get("type") in DEPARTURES:
            await self._depart(departed(body))
            return
        identity = await self._members.of_event(body)
        if self._home is not None and (looks := looking(body, identity)) is not None:
            self._home(*looks)
        if self._messages is not None and (chats := chatting(body, identity)) is not None:
            self._messages(*chats)
        found = classify(body, identity)
        if self._gate is not None:
            found = await self._gate.admitted(found)
        match found:
            case NewEvent():
                accepted = await self._lanes.accept(found)
                log.info("event_taken", event_id=found.id, kind=found.kind, outcome=type(accepted).__name__)
                self._wake()
            case Echo():
                await self._echoes.record_echo(found.workspace_id, found.channel_id, found.key, found.ts)
            case Hush():
                log.debug("event_ignored", event_id=found.event_id, reason="nothing keeps quiet here")
            case Ignored():
                log.debug("event_ignored", event_id=_string(body, "event_id"), reason=found.reason)


def timestamp_guard(headers: Mapping[str, str]) -> bool:
    """Whether Bolt can check a request's signature headers without failing; answer 401 where it cannot.

    Bolt answers 500 for a timestamp that is no number and for a signature with characters outside ASCII. Missing
    headers are fine here: Bolt refuses them itself.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    timestamp = lower.get("x-slack-request-timestamp", "0")
    digits = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= TIMESTAMP_DIGITS
    return digits and lower.get("x-slack-signature", "").isascii()
