"""The workspace: people, conversations, ids and the rules who may see what. Everything else hangs on it."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from emulators.base import Clock
from emulators.slack.errors import CannotDoError, Refusal
from emulators.slack.limits import Limits
from emulators.slack.state import (
    Channel,
    ChannelKind,
    File,
    Grant,
    Json,
    Message,
    ResponseUrl,
    Session,
    ThreadStatus,
    Trigger,
    User,
    UserGroup,
    View,
)

if TYPE_CHECKING:
    from emulators.slack.organisations import Organisation

TEAM_ID = "T0GREENROOM"
STREAM_SECONDS = 300.0
STATUS_SECONDS = 120.0
FORGET_SECONDS = 7200.0
DEFAULT_EVENTS = frozenset(
    {
        "app_home_opened",
        "app_context_changed",
        "app_mention",
        "agent_session_stopped",
        "agent_session_title_changed",
        "app_uninstalled",
        "tokens_revoked",
        "member_joined_channel",
        "reaction_added",
        "message.channels",
        "message.groups",
        "message.im",
        "message.mpim",
    }
)
DEFAULT_SCOPES = frozenset(
    {
        "app_mentions:read",
        "assistant:write",
        "chat:write",
        "commands",
        "channels:history",
        "channels:read",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "mpim:history",
        "mpim:read",
        "files:read",
        "files:write",
        "reactions:read",
        "reactions:write",
        "usergroups:read",
        "users:read",
        "team:read",
    }
)
_PREFIXES: dict[ChannelKind, str] = {"channel": "C", "group": "G", "im": "D", "mpim": "G"}
_ALPHABET = string.ascii_uppercase + string.digits


class Workspace:
    """State of one workspace with one app installed. Attributes that are switches may be set by tests at any time.

    In another team than the first everybody has another id, and the app is not installed yet.
    """

    app_id = "A0GREENROM"
    bot_id = "B0GREENBOT"
    bot_token = "xoxb-1000000000-2000000000-greenroomemulatortoken"
    app_token = "xapp-1-A0GREENROM-3000000000-greenroomemulatortoken"
    signing_secret = "8f742231b10e8888abcd99yyyzzz85a5"

    def __init__(  # noqa: PLR0915 - a list of what a workspace holds
        self,
        clock: Clock,
        randomness: random.Random,
        url: Callable[[], str],
        *,
        team_id: str = TEAM_ID,
        team_name: str = "Greenroom",
        organisation: Organisation | None = None,
    ) -> None:
        self.team_id, self.team_name = team_id, team_name
        self.mark = "" if team_id == TEAM_ID else team_id.removeprefix("T")
        self.organisation = organisation
        self.whole = False  # served by the organisation's installation
        self.people_mark = self.mark if organisation is None else organisation.mark
        self.tokens: dict[str, float | None] = {}  # issued through OAuth, and when each expires
        if self.mark:
            self.bot_token, self.bot_id = "", f"{self.bot_id}{self.people_mark}"
        self.clock = clock
        self.random = randomness
        self.url = url
        self.sink: Callable[[Json], None] = lambda _event: None
        self.streaming_enabled = True
        self.streaming_error = "unknown_method"
        self.file_uploads_enabled = True
        self.images_reachable = True  # whether Slack can fetch what blocks show
        self.usergroups_enabled = True
        self.is_agent = True
        self.mention_first = True
        self.installed = not self.mark
        self.subscriptions = set(DEFAULT_EVENTS)
        self.scopes = set(DEFAULT_SCOPES)
        self.app_scopes = {"connections:write"}
        self.socket_mode = False
        self.tickets: dict[str, float] = {}
        self.unfurl_domains: set[str] = set()
        self.grant: Grant | None = None  # without a manifest everything is offered
        self.limits = Limits(clock)
        self.users: dict[str, User] = {}
        self.usergroups: dict[str, UserGroup] = {}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, File] = {}
        self.uploads: dict[str, tuple[str, int]] = {}
        self.views: dict[str, View] = {}
        self.homes: dict[str, View] = {}
        self.sessions: dict[tuple[str, str], Session] = {}
        self.statuses: dict[tuple[str, str], ThreadStatus] = {}
        self.prompts: dict[str, Json] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.private: list[Message] = []
        self.streaming: list[Message] = []
        self._last_ts = 0
        self._populate()

    def _populate(self) -> None:
        for name, id_, guest in (
            ("alice", "U0ALICE001", False),
            ("bob", "U0BOB00001", False),
            ("carol", "U0CAROL001", False),
            ("dan", "U0DAN00001", True),
            ("dave", "U0DAVE0001", False),
        ):
            person = ("U" if self.organisation is None else "W") + id_[1:] + self.people_mark
            self.users[person] = User(person, name, name.title(), is_guest=guest)
        self.bot = User(f"U0GREENBOT{self.people_mark}", "heygen", "Greenroom", is_bot=True)
        self.users[self.bot.id] = self.bot
        everyone = set(self.users)
        for id_, name in (("C0VIDEOS01", "videos"), ("C0GENERAL1", "general")):
            self.channels[id_ + self.mark] = Channel(id_ + self.mark, name, "channel", set(everyone))
        self.add_usergroup("video-approvers", ["dave"], id_=f"S0APPROVE1{self.mark}")

    def takes(self, token: str) -> bool:
        """Whether this is a bot token of this team's, or of its organisation's, that has not expired."""
        if not self.issued(token):
            return bool(token) and token == self.bot_token
        expires_at = self.tokens[token] if token in self.tokens else self._shared_tokens[token]
        return expires_at is None or self.clock.now() < expires_at

    def issued(self, token: str) -> bool:
        """Whether OAuth gave out this token for this team, expired or not."""
        return token in self.tokens or token in self._shared_tokens

    @property
    def _shared_tokens(self) -> dict[str, float | None]:
        return self.organisation.tokens if self.organisation is not None else {}

    @property
    def home_id(self) -> str:
        """What has installed the app here: the team, or the organisation it is of."""
        return self.organisation.id if self.whole and self.organisation is not None else self.team_id

    # --- ids and times -------------------------------------------------------------------------------------

    def new_id(self, prefix: str, length: int = 9) -> str:
        """A fresh id in Slack's style."""
        return prefix + "".join(self.random.choices(_ALPHABET, k=length))

    def short_id(self) -> str:
        """An id as Slack generates it for blocks and elements."""
        return "".join(self.random.choices(string.ascii_letters + string.digits, k=5))

    def next_ts(self) -> str:
        """A message timestamp: six decimals, unique and rising over the whole workspace."""
        self._last_ts = max(self._last_ts + 1, int(self.clock.now() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    # --- looking up ----------------------------------------------------------------------------------------

    def person(self, reference: str) -> User:
        """A user by name or id; `CannotDoError` when there is none."""
        for user in self.users.values():
            if reference.lstrip("@") in (user.id, user.name):
                return user
        raise CannotDoError(f"no user {reference}")

    def place(self, reference: str, user: User | None = None) -> Channel:
        """A channel by name, `#name` or id; a user's name or id is `user`'s direct message with them."""
        for channel in self.channels.values():
            if reference.lstrip("#") in (channel.id, channel.name):
                return channel
        if user is None:
            raise CannotDoError(f"no channel {reference}")
        return self.direct(user.id, self.person(reference).id)

    def direct(self, *user_ids: str) -> Channel:
        """The direct message between these people, opened when it does not exist yet."""
        members = set(user_ids)
        kind: ChannelKind = "im" if len(members) <= 2 else "mpim"
        for channel in self.channels.values():
            if channel.kind == kind and channel.members == members:
                return channel
        id_ = self.new_id(_PREFIXES[kind])
        self.channels[id_] = Channel(id_, f"{kind}-{id_}", kind, members)
        return self.channels[id_]

    def add_channel(self, name: str, members: set[str], kind: ChannelKind = "channel") -> Channel:
        """A new channel with these members (ids)."""
        channel = Channel(self.new_id(_PREFIXES[kind]), name, kind, members)
        self.channels[channel.id] = channel
        return channel

    def add_usergroup(self, handle: str, members: Iterable[str], *, name: str = "", id_: str = "") -> UserGroup:
        """A new user group of these people (names or ids); `CannotDoError` for somebody unknown or a taken handle."""
        if any(group.handle == handle for group in self.usergroups.values()):
            raise CannotDoError(f"there is a user group @{handle} already")
        ids = list(dict.fromkeys(self.person(member).id for member in members))
        now = int(self.clock.now())
        title = name or handle.replace("-", " ").capitalize()
        group = UserGroup(id_ or self.new_id("S"), handle, title, ids, now, now)
        self.usergroups[group.id] = group
        return group

    def usergroup(self, reference: str) -> UserGroup:
        """A user group by handle, `@handle` or id; `CannotDoError` when there is none."""
        for group in self.usergroups.values():
            if reference.lstrip("@") in (group.id, group.handle):
                return group
        raise CannotDoError(f"no user group {reference}")

    # --- what the app may touch ----------------------------------------------------------------------------

    def visible_channel(self, reference: str) -> Channel:
        """The channel as the app sees it; `channel_not_found` for what it may not know of."""
        channel = self.channels.get(reference)
        if channel is None or (channel.kind != "channel" and self.bot.id not in channel.members):
            raise Refusal("channel_not_found")
        return channel

    def joined_channel(self, reference: str) -> Channel:
        """A channel that the app is a member of, archived or not."""
        channel = self.visible_channel(reference)
        if self.bot.id not in channel.members:
            raise Refusal("not_in_channel")
        return channel

    def writable_channel(self, reference: str) -> Channel:
        """A channel that the app may post in."""
        channel = self.joined_channel(reference)
        if channel.is_archived:
            raise Refusal("is_archived")
        return channel

    def root(self, channel: Channel, thread_ts: str) -> Message:
        """The message that a reply to `thread_ts` hangs on; a deleted or unknown one is `thread_not_found`."""
        message = channel.messages.get(thread_ts)
        if message is None or message.subtype == "tombstone":
            raise Refusal("thread_not_found")
        if message.thread_ts not in (None, message.ts):
            raise Refusal("cannot_reply_to_message")
        return message

    def sees_file(self, file: File) -> bool:
        """Whether the app may read a file: its own, or shared where it is a member."""
        return file.user == self.bot.id or any(
            channel in self.channels and self.bot.id in self.channels[channel].members for channel, _ in file.shares
        )

    # --- time passing --------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Let happen what the clock has made due: streams die, status lines vanish."""
        now = self.clock.now()
        for message in self.streaming:
            stream = message.stream
            if stream and stream.state == "streaming" and now - stream.started_at >= STREAM_SECONDS:
                stream.state = "expired"
        self.streaming = [message for message in self.streaming if message.stream_state == "streaming"]
        for key, status in list(self.statuses.items()):
            if now - status.set_at >= STATUS_SECONDS:
                del self.statuses[key]
        self._forget(now)

    def _forget(self, now: float) -> None:
        for known in (self.triggers, self.response_urls):
            for key in [key for key, entry in known.items() if now - entry.issued_at > FORGET_SECONDS]:
                del known[key]

    def new_trigger(self, user: str, view_id: str | None = None) -> str:
        """A trigger id for `user`, good for three seconds and one modal."""
        trigger_id = f"{self.random.randrange(10**12)}.{self.random.randrange(10**10)}.{self.new_id('', 16).lower()}"
        self.triggers[trigger_id] = Trigger(user, self.clock.now(), view_id)
        return trigger_id


def identity(workspace: Workspace) -> dict[str, Any]:
    """The fields that mark a message as the app's own."""
    return {
        "bot_id": workspace.bot_id,
        "app_id": workspace.app_id,
        "bot_profile": {
            "id": workspace.bot_id,
            "app_id": workspace.app_id,
            "name": workspace.bot.name,
            "deleted": False,
            "team_id": workspace.team_id,
        },
    }
