"""The one interaction router: commands, clicks, modals, shortcuts and option lists all come through here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, assert_never

import structlog

from agent.records import Json
from bot.slack.ports import Lanes
from bot.slack.text import safe
from bot.store.inbox import NewEvent

log = structlog.get_logger(__name__)

InteractionKind = Literal["command", "action", "view", "shortcut", "options"]


@dataclass(frozen=True, slots=True)
class Interaction:
    """Somebody did something with our surface. `event_id` is the same when Slack delivers the same deed twice."""

    kind: InteractionKind
    name: str
    user_id: str
    team_id: str
    channel_id: str
    thread_ts: str | None
    message_ts: str | None
    value: str
    text: str
    state: Json = field(repr=False)  # people type secrets into some dialogs
    trigger_id: str
    response_url: str
    event_id: str
    body: Json = field(repr=False)

    @property
    def is_dismissal(self) -> bool:
        """Whether a dialog was closed and not submitted."""
        return self.body.get("type") == "view_closed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler decided.

    `event` is committed before the ack. `text` and `blocks` are shown to that person only; to a command that
    opens a modal, only where it cannot be opened. `response_action` and
    `errors` answer a modal, `options` an option list, `open_view` opens a modal,
    `update_view` takes the place of the one that the interaction came from.
    """

    text: str | None = None
    blocks: list[Json] | None = None
    response_action: str | None = None
    errors: dict[str, str] | None = None
    event: NewEvent | None = None
    open_view: Json | None = None
    update_view: Json | None = None
    options: list[Json] | None = None


Handler = Callable[[Interaction], Awaitable[Answer]]


def refusal(field: str, problem: str) -> Answer:
    """A submitted dialog stays open, with what is wrong below the field."""
    return Answer(response_action="errors", errors={field: problem})


def parse(kind: InteractionKind, body: Json) -> Interaction:
    """Read any interaction body; missing parts become empty, never an error."""
    match kind:
        case "command":
            return _command(body)
        case "action":
            return _action(body)
        case "view":
            return _view(body)
        case "shortcut":
            return _plain("shortcut", body, name=_string(body, "callback_id"), identity=_string(body, "action_ts"))
        case "options":
            return _plain("options", body, name=_string(body, "action_id"), value=_string(body, "value"))
        case _:
            assert_never(kind)


def _command(body: Json) -> Interaction:
    trigger_id = _string(body, "trigger_id")
    return Interaction(
        kind="command",
        name=_string(body, "command"),
        user_id=_string(body, "user_id"),
        team_id=_string(body, "team_id"),
        channel_id=_string(body, "channel_id"),
        thread_ts=None,
        message_ts=None,
        value="",
        text=_string(body, "text"),
        state={},
        trigger_id=trigger_id,
        response_url=_string(body, "response_url"),
        event_id=_event_id("command", _string(body, "team_id"), _string(body, "user_id"), trigger_id),
        body=body,
    )


def _action(body: Json) -> Interaction:
    actions = body.get("actions")
    first = actions[0] if isinstance(actions, list) and actions and isinstance(actions[0], dict) else {}
    message = _mapping(body, "message")
    ts = _string(_mapping(body, "container"), "message_ts") or _string(message, "ts")
    identity = (_string(first, "action_ts"), _string(first, "block_id"), _string(first, "action_id"), ts)
    return _plain("action", body, name=_string(first, "action_id"), value=_chosen(first), identity=json.dumps(identity))


def _view(body: Json) -> Interaction:
    view = _mapping(body, "view")
    identity = json.dumps((_string(body, "type"), _string(view, "id"), _string(view, "hash")))
    return _plain(
        "view", body, name=_string(view, "callback_id"), value=_string(view, "private_metadata"), identity=identity
    )


def _plain(kind: InteractionKind, body: Json, *, name: str, value: str = "", identity: str = "") -> Interaction:
    message, container, user = _mapping(body, "message"), _mapping(body, "container"), _mapping(body, "user")
    message_ts = _string(container, "message_ts") or _string(message, "ts")
    thread_ts = _string(container, "thread_ts") or _string(message, "thread_ts") or message_ts
    team_id = _string(_mapping(body, "team"), "id") or _string(user, "team_id")
    state = _mapping(body, "state") or _mapping(_mapping(body, "view"), "state")
    return Interaction(
        kind=kind,
        name=name,
        user_id=_string(user, "id"),
        team_id=team_id,
        channel_id=_string(_mapping(body, "channel"), "id") or _string(container, "channel_id"),
        thread_ts=thread_ts or None,
        message_ts=message_ts or None,
        value=value,
        text=_string(message, "text"),
        state=_mapping(state, "values"),
        trigger_id=_string(body, "trigger_id"),
        response_url=_string(body, "response_url"),
        event_id=_event_id(kind, team_id, _string(user, "id"), name, value, identity),
        body=body,
    )


def _chosen(action: Json) -> str:
    """A button's value, or the value of whatever option was picked."""
    return _string(action, "value") or _string(_mapping(action, "selected_option"), "value")


def _string(mapping: Mapping[str, Any], key: str) -> str:
    value = mapping.get(key)
    return value if isinstance(value, str) else ""


def _mapping(mapping: Mapping[str, Any], key: str) -> Json:
    value = mapping.get(key)
    return value if isinstance(value, dict) else {}


def _event_id(kind: str, *parts: str) -> str:
    digest = hashlib.sha256(json.dumps([kind, *parts]).encode()).hexdigest()
    return f"{kind}:{digest[:40]}"


class Router:
    """Finds the handler of an interaction by kind and name, and commits what it decided."""

    def __init__(self, *, lanes: Lanes, wake: Callable[[], None]) -> None:
        self._lanes = lanes
        self._wake = wake
        self._handlers: dict[tuple[InteractionKind, str], Handler] = {}

    def add(self, kind: InteractionKind, name: str, handler: Handler) -> None:
        """Register the only handler of `kind` and `name`; `ValueError` when there is one already."""
        if (kind, name) in self._handlers:
            raise ValueError(f"{kind} {name!r} has a handler already")
        self._handlers[kind, name] = handler

    def names(self, kind: InteractionKind) -> frozenset[str]:
        """Everything of this kind that has a handler."""
        return frozenset(name for known, name in self._handlers if known == kind)

    async def dispatch(self, interaction: Interaction) -> Answer:
        """The answer, with its event already committed: the caller may ack now. Store errors pass through."""
        handler = self._handlers.get((interaction.kind, interaction.name))
        if handler is None:
            log.warning("interaction_unknown", kind=interaction.kind, name=interaction.name)
            return _unknown(interaction)
        answer = await handler(interaction)
        if answer.event is not None:
            outcome = type(await self._lanes.accept(answer.event)).__name__
            log.info("interaction_taken", event_id=answer.event.id, name=interaction.name, outcome=outcome)
            self._wake()
        return answer


def _unknown(interaction: Interaction) -> Answer:
    match interaction.kind:
        case "view" | "options":
            return Answer(options=[])
        case "command":
            return Answer(text=f"I don't know the command `{safe(interaction.name, 40)}`. Try `/heygen help`.")
        case "action" | "shortcut":
            return Answer(text="This button is from an older version of me. Ask again in words, or try `/heygen help`.")
        case _:
            assert_never(interaction.kind)
