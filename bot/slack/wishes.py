"""What a dialog asks for: the call that a person would make by words, in the thread that it belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.records import Json
from agent.request import links_in
from bot.slack.catalogue_posts import PERFORM
from bot.slack.router import Interaction
from bot.slack.text import plain
from bot.store.inbox import NewEvent

LONGEST_LINK = 1_500  # what a dialog remembers is bounded
GONE = ("tombstone", "hidden_by_limit", "external")


@dataclass(frozen=True, slots=True)
class Thread:
    """Where a dialog was opened from; without `thread_ts` a thread is opened."""

    channel_id: str
    thread_ts: str | None


@dataclass(frozen=True, slots=True)
class Given:
    """What a message holds that work can be made from: a file of Slack's, or a link."""

    file_id: str = ""
    link: str = ""
    name: str = ""


def opening(interaction: Interaction, name: str, arguments: Json, said: str) -> NewEvent:
    """What opens a thread of its own, in which the tool `name` is called."""
    return NewEvent(
        id=interaction.event_id,
        dedup_key=None,
        workspace_id=interaction.team_id,
        channel_id=interaction.channel_id,
        channel_type="im" if interaction.channel_id.startswith("D") else "channel",
        thread_ts=None,
        opens=True,
        kind="command",
        payload={"name": name, "arguments": arguments, "user": interaction.user_id, "text": said},
    )


def wished(
    interaction: Interaction,
    place: Thread,
    tool: str,
    arguments: Json,
    said: str,
    *,
    attached: Mapping[str, str] | None = None,
) -> NewEvent:
    """The event that has `tool` called. `attached` are files of Slack's that stand for arguments, by their ids."""
    call: Json = {"tool": tool, "arguments": arguments, "user": interaction.user_id, "text": said}
    opened = place.thread_ts is None
    return NewEvent(
        id=interaction.event_id,
        dedup_key=None,
        workspace_id=interaction.team_id,
        channel_id=place.channel_id,
        channel_type="im" if place.channel_id.startswith("D") else "channel",
        thread_ts=place.thread_ts,
        opens=True,
        kind="command" if opened else "action",
        payload={**call, "name": tool if opened else PERFORM, "attached": dict(attached or {})},
    )


def given(message: Json, types: Sequence[str]) -> Given | None:
    """The first file of one of these types in a message, else its first link; None where there is neither."""
    for file in message.get("files") or ():
        if (
            isinstance(file, dict)
            and file.get("mode") not in GONE
            and str(file.get("mimetype")).startswith(tuple(types))
        ):
            return Given(file_id=str(file.get("id") or ""), name=str(file.get("name") or "a file"))
    links = links_in(plain(str(message.get("text") or "")))
    return Given(link=links[0], name=links[0]) if links and len(links[0]) <= LONGEST_LINK else None
