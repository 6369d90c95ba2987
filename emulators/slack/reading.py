"""What tests and the playground's page look at: messages, threads, private notes, views, one snapshot of all."""

from __future__ import annotations

from emulators.slack import events
from emulators.slack.delivery import Courier
from emulators.slack.errors import CannotDoError
from emulators.slack.state import Channel, Json, Message, ThreadStatus, View
from emulators.slack.workspace import Workspace


class Reading:
    """Looking without touching. Mixed into `SlackEmulator`."""

    workspace: Workspace
    courier: Courier

    def _place(self, channel: str) -> Channel:
        self.workspace.settle()
        return self.workspace.place(channel)

    def messages(self, channel: str) -> list[Message]:
        """Every message of a channel, replies too, oldest first."""
        return list(self._place(channel).messages.values())

    def thread(self, channel: str, ts: str) -> list[Message]:
        """A root, when it still exists, and its replies, oldest first."""
        place = self._place(channel)
        root = [place.messages[ts]] if ts in place.messages else []
        return [*root, *events.replies_of(place, ts)]

    def message(self, channel: str, ts: str) -> Message:
        """One message, a private one too."""
        place = self._place(channel)
        for message in (place.messages.get(ts), *self.workspace.private):
            if message is not None and (message.channel, message.ts) == (place.id, ts):
                return message
        raise CannotDoError(f"no message {ts} in {channel}")

    def direct_channel(self, user: str) -> str:
        """The id of a person's direct message with the app."""
        return self.workspace.direct(self.workspace.bot.id, self.workspace.person(user).id).id

    def ephemerals(self, user: str) -> list[Message]:
        """What only this person sees, oldest first; Slack's own error notes come from `USLACKBOT`."""
        person = self.workspace.person(user)
        return [message for message in self.workspace.private if message.visible_to == person.id]

    def views(self, user: str) -> list[View]:
        """A person's open modals, the topmost last."""
        person = self.workspace.person(user)
        return [view for view in self.workspace.views.values() if view.user == person.id]

    def home(self, user: str) -> View | None:
        """A person's Home tab, once published."""
        return self.workspace.homes.get(self.workspace.person(user).id)

    def status(self, channel: str, thread_ts: str) -> ThreadStatus | None:
        """The free-text status under a thread, while it shows."""
        return self.workspace.statuses.get((self._place(channel).id, thread_ts))

    def session(self, channel: str, thread_ts: str) -> str | None:
        """The status of a thread's agent session."""
        found = self.workspace.sessions.get((self._place(channel).id, thread_ts))
        return found.status if found else None

    def snapshot(self) -> Json:
        """Everything a page needs to draw the workspace, JSON-safe."""
        self.workspace.settle()
        workspace = self.workspace
        return {
            "team": {"id": workspace.team_id, "name": workspace.team_name},
            "bot": {"id": workspace.bot.id, "name": workspace.bot.name, "app_id": workspace.app_id},
            "users": [
                {"id": user.id, "name": user.name, "real_name": user.real_name, "is_bot": user.is_bot}
                for user in workspace.users.values()
            ],
            "channels": [self._channel(channel) for channel in workspace.channels.values()],
            "ephemerals": [self._message(message) for message in workspace.private],
            "views": [self._view(view) for view in workspace.views.values()],
            "homes": {user: self._view(view) for user, view in workspace.homes.items()},
            "statuses": [
                {
                    "channel": channel,
                    "thread_ts": ts,
                    "status": status.status,
                    "loading_messages": status.loading_messages,
                }
                for (channel, ts), status in workspace.statuses.items()
            ],
            "sessions": [
                {"channel": s.channel, "thread_ts": s.thread_ts, "status": s.status, "title": s.title}
                for s in workspace.sessions.values()
            ],
            "prompts": workspace.prompts,
            "deliveries": {"total": len(self.courier.deliveries), "idle": self.courier.idle},
        }

    def _channel(self, channel: Channel) -> Json:
        return {
            "id": channel.id,
            "name": channel.name,
            "kind": channel.kind,
            "members": sorted(channel.members),
            "is_archived": channel.is_archived,
            "messages": [self._message(message) for message in channel.messages.values()],
        }

    def _message(self, message: Message) -> Json:
        return {
            **events.message_payload(self.workspace, message),
            "blocks": message.blocks,
            "channel": message.channel,
            "visible_to": message.visible_to,
            "stream_state": message.stream_state,
            "stream_chunks": message.stream.chunks if message.stream else [],
            "rendered_text": message.rendered_text(),
        }

    def _view(self, view: View) -> Json:
        return {**events.view_payload(self.workspace, view), "user": view.user, "errors": view.errors}
