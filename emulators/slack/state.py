"""What a workspace holds: people, channels, messages, files, views, sessions. Plain rows, no behaviour."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

from emulators.slack.rendering import links_in, render

Json = dict[str, Any]
ChannelKind = Literal["channel", "group", "im", "mpim"]
StreamState = Literal["streaming", "completed", "expired", "stopped"]
StreamMode = Literal["markdown_text", "chunks"]
SessionStatus = Literal["processing", "active", "suspended", "closed"]
SESSION_STATUSES: tuple[SessionStatus, ...] = ("processing", "active", "suspended", "closed")


@dataclasses.dataclass(slots=True)
class User:
    """A person or a bot."""

    id: str
    name: str
    real_name: str
    is_bot: bool = False
    is_guest: bool = False
    team_id: str = ""  # of another organisation's person, whom a shared channel brings here
    is_admin: bool = False
    timezone: str = "Europe/Berlin"
    deleted: bool = False


@dataclasses.dataclass(slots=True)
class UserGroup:
    """A user group; times are unix seconds, `deleted` is 0 while it is enabled."""

    id: str
    handle: str
    name: str
    members: list[str]
    created: int
    updated: int
    deleted: int = 0


@dataclasses.dataclass(frozen=True, slots=True)
class Grant:
    """What a manifest offers people: commands (and whether their text is escaped), shortcuts by type, the tabs.

    `described` holds what menus show of a command or a shortcut, by its name or callback id.
    """

    commands: dict[str, bool]
    shortcuts: dict[str, str]
    messages: bool
    home: bool
    described: dict[str, Json] = dataclasses.field(default_factory=dict)
    prompts: list[Json] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(slots=True)
class File:
    """A file as Slack stores it. `shares` lists `(channel id, message ts)`; `ready` once uploaded and completed."""

    id: str
    name: str
    title: str
    mimetype: str
    size: int
    user: str
    created: int
    data: bytes = b""
    ready: bool = True
    mode: str = "hosted"
    shares: list[tuple[str, str]] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(slots=True)
class Stream:
    """What makes a message a native stream. `started_at` and the lifetime are on the emulator's clock."""

    started_at: float
    state: StreamState = "streaming"
    mode: StreamMode | None = None
    chunks: list[Json] = dataclasses.field(default_factory=list)
    block_count: int = 0
    title: str = ""
    tasks: dict[str, Json] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(slots=True)
class Message:
    """One message; `edits` keeps every text it had before the present one."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = dataclasses.field(default_factory=list)
    thread_ts: str | None = None
    subtype: str | None = None
    from_app: bool = False
    metadata: Json | None = None
    attachments: list[Json] = dataclasses.field(default_factory=list)
    files: list[File] = dataclasses.field(default_factory=list)
    reactions: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    edits: list[str] = dataclasses.field(default_factory=list)
    edited: Json | None = None
    stream: Stream | None = None
    visible_to: str | None = None
    options: Json = dataclasses.field(default_factory=dict)
    client_msg_id: str | None = None

    @property
    def stream_state(self) -> StreamState | None:
        """Where a native stream stands; None for an ordinary message."""
        return self.stream.state if self.stream else None

    def rendered_text(self) -> str:
        """Text, blocks and stream tasks flattened to the words a reader sees, a line per part."""
        extra = [*self.stream.chunks] if self.stream else []
        return render(self.text, self.blocks, extra)

    def links(self) -> list[str]:
        """Every URL in text and blocks, in order, each once."""
        return links_in(self.text, self.blocks)


@dataclasses.dataclass(slots=True)
class Channel:
    """A conversation; `messages` by ts in order of posting, `threads` the replies by their root's ts."""

    id: str
    name: str
    kind: ChannelKind
    members: set[str]
    is_archived: bool = False
    messages: dict[str, Message] = dataclasses.field(default_factory=dict)
    threads: dict[str, dict[str, Message]] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(slots=True)
class View:
    """A modal or a Home tab; `values` is the state of its inputs by block id and action id."""

    id: str
    user: str
    body: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    values: Json = dataclasses.field(default_factory=dict)
    errors: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(slots=True)
class Session:
    """An agent session of one thread."""

    channel: str
    thread_ts: str
    status: SessionStatus
    title: str = ""
    initiator: str | None = None


@dataclasses.dataclass(slots=True)
class ThreadStatus:
    """The free-text line under a thread; it vanishes two minutes after `set_at` or with the next post."""

    status: str
    set_at: float
    loading_messages: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(slots=True)
class Trigger:
    """A one-time right to open a modal, good for three seconds."""

    user: str
    issued_at: float
    view_id: str | None = None
    used: bool = False


@dataclasses.dataclass(slots=True)
class ResponseUrl:
    """Where an interaction may be answered: five times within half an hour."""

    token: str
    user: str
    channel: str
    thread_ts: str | None
    issued_at: float
    message: Message | None = None
    uses: int = 0
