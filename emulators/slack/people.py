"""What people do without waiting for the app: talk, edit, delete, upload, react, open the Home tab, press stop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from emulators.base import Journal
from emulators.slack import conversations, events, files, streams, usergroups
from emulators.slack.errors import CannotDoError
from emulators.slack.state import Channel, ChannelKind, File, Json, Message, User
from emulators.slack.workspace import Workspace

Attachment = str | tuple[str, bytes]


class People:
    """The acts of people that only make events. Mixed into `SlackEmulator`.

    People and channels go by name or id; a user's name as the channel is the direct message with them, and
    `"@heygen"` (or the bot's id) the one with the app.
    """

    workspace: Workspace
    journal: Journal

    def _present(self, user: str, channel: str) -> tuple[User, Channel]:
        person = self.workspace.person(user)
        place = self.workspace.place(channel, person)
        if person.id not in place.members or place.is_archived:
            raise CannotDoError(f"{user} cannot write in {channel}")
        grant = self.workspace.grant
        if grant is not None and not grant.messages and place.kind == "im" and self.workspace.bot.id in place.members:
            raise CannotDoError("the app takes no direct messages")
        return person, place

    def _own(self, user: str, channel: str, ts: str) -> Message:
        person, place = self._present(user, channel)
        message = place.messages.get(ts)
        if message is None or message.user != person.id:
            raise CannotDoError(f"{user} has no message {ts}")
        return message

    def say(
        self,
        user: str,
        channel: str,
        text: str,
        thread_ts: str | None = None,
        files: Sequence[Attachment] | None = None,
        *,
        broadcast: bool = False,
    ) -> str:
        """Post as a person and return the ts. `files` are ids of `add_file` or pairs of name and bytes."""
        person, place = self._present(user, channel)
        if thread_ts is not None and thread_ts not in place.messages:
            raise CannotDoError(f"no thread {thread_ts}")
        message = Message(place.id, self.workspace.next_ts(), person.id, text, thread_ts=thread_ts)
        message.client_msg_id = f"{self.workspace.new_id('', 8)}-{self.workspace.new_id('', 12)}".lower()
        message.files = [self._attached(person, one) for one in files or ()]
        if message.files:
            message.subtype = "file_share"
        elif broadcast:
            message.subtype = "thread_broadcast"
        events.post(self.workspace, message)
        self.journal.wake()
        return message.ts

    def _attached(self, person: User, one: Attachment) -> File:
        if isinstance(one, str):
            return self.workspace.files[one]
        return files.store(self.workspace, one[0], one[1], person.id)

    def add_file(self, user: str, name: str, data: bytes) -> str:
        """Store a person's file without sharing it; returns its id for `say(files=[id])`."""
        return files.store(self.workspace, name, data, self.workspace.person(user).id).id

    def upload(
        self, user: str, channel: str, name: str, data: bytes, thread_ts: str | None = None, text: str = ""
    ) -> str:
        """Share a file as a person and return the message's ts."""
        return self.say(user, channel, text, thread_ts, [(name, data)])

    def edit(self, user: str, channel: str, ts: str, text: str) -> None:
        """Change one's own message."""
        message = self._own(user, channel, ts)
        before = events.message_payload(self.workspace, message)
        message.edits.append(message.text)
        message.text = text
        message.edited = {"user": message.user, "ts": self.workspace.next_ts()}
        events.changed(self.workspace, message, before)
        self.journal.wake()

    def unfurl(self, channel: str, ts: str, url: str) -> None:
        """Let Slack add a link preview to a message: `message_changed` although nobody edited."""
        message = self.workspace.place(channel).messages[ts]
        before = events.message_payload(self.workspace, message)
        message.attachments.append({"from_url": url, "title": url, "fallback": url, "id": 1})
        events.changed(self.workspace, message, before)

    def delete(self, user: str, channel: str, ts: str) -> None:
        """Delete one's own message."""
        events.remove(self.workspace, self._own(user, channel, ts))
        self.journal.wake()

    def react(self, user: str, channel: str, ts: str, name: str) -> None:
        """React to a message."""
        person, place = self._present(user, channel)
        conversations.react(self.workspace, place.messages[ts], person.id, name.strip(":"))

    def open_home(self, user: str, tab: Literal["home", "messages"] = "home") -> None:
        """Open the app's Home or Messages tab."""
        person = self.workspace.person(user)
        channel = self.workspace.direct(self.workspace.bot.id, person.id)
        event: Json = {
            "type": "app_home_opened",
            "user": person.id,
            "channel": channel.id,
            "tab": tab,
            "event_ts": self.workspace.next_ts(),
        }
        home = self.workspace.homes.get(person.id)
        if tab == "home" and home is not None:
            event["view"] = events.view_payload(self.workspace, home)
        events.publish(self.workspace, event)

    def press_stop(self, user: str, channel: str, thread_ts: str) -> None:
        """Press the native stop button; there is one while a stream is open or the session is processing."""
        self.workspace.settle()
        person, place = self._present(user, channel)
        session = self.workspace.sessions.get((place.id, thread_ts))
        open_streams = [m for m in self.workspace.streaming if (m.channel, m.thread_ts) == (place.id, thread_ts)]
        if not open_streams and (session is None or session.status != "processing"):
            raise CannotDoError("nothing is running in this thread, so there is no stop button")
        for message in open_streams:
            before = events.message_payload(self.workspace, message)
            streams.close_stream(self.workspace, message, by_person=True)
            events.changed(self.workspace, message, before)
        event = {
            "type": "agent_session_stopped",
            "channel": place.id,
            "thread_ts": thread_ts,
            "user": person.id,
            "streaming_message_ts": [message.ts for message in open_streams],
            "event_ts": self.workspace.next_ts(),
        }
        events.publish(self.workspace, event, channel=place)
        self.journal.wake()

    def rename_session(self, user: str, channel: str, thread_ts: str, title: str) -> None:
        """Give an agent session another title, as a person can."""
        person, place = self._present(user, channel)
        session = self.workspace.sessions[place.id, thread_ts]
        previous, session.title = session.title, title
        event = {
            "type": "agent_session_title_changed",
            "channel": place.id,
            "user": person.id,
            "team_id": self.workspace.team_id,
            "thread_ts": thread_ts,
            "title": title,
            "previous_title": previous,
            "event_ts": self.workspace.next_ts(),
        }
        events.publish(self.workspace, event, channel=place)

    # --- the workspace's furniture -------------------------------------------------------------------------

    def add_user(self, name: str, *, guest: bool = False, admin: bool = False, team_id: str = "") -> User:
        """A new person; they are in no channel yet. `team_id`: of another organisation, which shares channels."""
        user = User(self.workspace.new_id("U"), name, name.title(), is_guest=guest, is_admin=admin, team_id=team_id)
        self.workspace.users[user.id] = user
        return user

    def add_channel(self, name: str, members: Sequence[str], kind: ChannelKind = "channel") -> str:
        """A new channel with these people (the app too, if named); returns its id."""
        ids = {self.workspace.person(member).id for member in members}
        return self.workspace.add_channel(name, ids, kind).id

    def add_usergroup(self, handle: str, members: Sequence[str]) -> str:
        """A new user group of these people; returns its id."""
        return self.workspace.add_usergroup(handle, members).id

    def set_usergroup(self, handle: str, members: Sequence[str]) -> None:
        """Let exactly these people be in a user group; the app hears of it when it subscribed."""
        ids = [self.workspace.person(member).id for member in members]
        usergroups.set_members(self.workspace, self.workspace.usergroup(handle), ids)

    def enable_usergroup(self, handle: str, enabled: bool = True) -> None:
        """Bring a user group back, or disable it."""
        usergroups.set_enabled(self.workspace, self.workspace.usergroup(handle), enabled)

    def join(self, user: str, channel: str) -> None:
        """Add somebody, or the app, to a channel."""
        person, place = self.workspace.person(user), self.workspace.place(channel)
        place.members.add(person.id)
        event = {
            "type": "member_joined_channel",
            "user": person.id,
            "channel": place.id,
            "channel_type": events.CHANNEL_TYPE_LETTERS[place.kind],
            "team": self.workspace.team_id,
            "event_ts": self.workspace.next_ts(),
        }
        events.publish(self.workspace, event, channel=place)

    def leave(self, user: str, channel: str) -> None:
        """Take somebody, or the app, out of a channel."""
        self.workspace.place(channel).members.discard(self.workspace.person(user).id)

    def archive(self, channel: str, archived: bool = True) -> None:
        """Archive a channel, or bring it back."""
        self.workspace.place(channel).is_archived = archived
