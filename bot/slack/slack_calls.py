"""The few Slack calls that put posts up, change them and look for them, each with what it must always carry."""

from __future__ import annotations

from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from agent.records import Conversation, Delivery, DeliveryKind, Json
from bot.slack.blocks import Post
from bot.slack.intake import DELIVERY_EVENT
from bot.slack.outcomes import SLACK_ERRORS, judge

log = structlog.get_logger(__name__)

PAGE = 200
PAGES = 10


class SlackCalls:
    """Posts with the delivery's key as metadata, so that an interrupted one can be found."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def post(self, channel: str, thread_ts: str | None, post: Post, key: str, *, blocks: bool = True) -> str:
        """Post and return the `ts`. `blocks` False sends the plain text alone."""
        answer = await self._client.chat_postMessage(
            channel=channel,
            thread_ts=thread_ts,
            metadata=_metadata(key),
            unfurl_links=False,
            unfurl_media=False,
            **_content(post, blocks=blocks),
        )
        return str(answer["ts"])

    async def update(self, channel: str, ts: str, post: Post, key: str, *, blocks: bool = True) -> str:
        """Change the message at `ts` and return where it stands."""
        answer = await self._client.chat_update(
            channel=channel, ts=ts, metadata=_metadata(key), **_content(post, blocks=blocks)
        )
        return str(answer["ts"] or ts)

    async def stop_stream(self, channel: str, ts: str, rest: str | None) -> None:
        """End a stream, showing `rest` in it."""
        await self._client.chat_stopStream(channel=channel, ts=ts, markdown_text=rest or None)

    async def rest(self, channel: str, thread_ts: str | None) -> None:
        """End the spinner of a thread whose stream somebody else has ended: Slack leaves that to us. Best effort."""
        if thread_ts is None:
            return
        try:
            await self._client.agents_sessions_setStatus(channel_id=channel, thread_ts=thread_ts, status="active")
        except SLACK_ERRORS as error:
            log.info("session_not_rested", code=judge(error).code)

    async def open_direct(self, user_id: str) -> str:
        """The id of our direct conversation with a person."""
        answer = await self._client.conversations_open(users=user_id)
        return str(answer["channel"]["id"])

    async def permalink(self, channel: str, ts: str) -> str | None:
        """A link to a message; None where Slack gives none."""
        try:
            answer = await self._client.chat_getPermalink(channel=channel, message_ts=ts)
        except SLACK_ERRORS as error:
            log.info("no_permalink", code=judge(error).code)
            return None
        return str(answer["permalink"])

    async def find(self, delivery: Delivery, conversation: Conversation) -> str | None:
        """The `ts` of a delivery that may have been posted, by its key; None when it is not there."""
        if delivery.kind is DeliveryKind.ROOT or conversation.thread_ts is None:
            return await self.find_in_channel(conversation.channel_id, delivery.key)
        return await self._search(
            "replies", {"channel": conversation.channel_id, "ts": conversation.thread_ts}, delivery.key
        )

    async def find_in_channel(self, channel: str, key: str) -> str | None:
        """The `ts` of our message with this key among a channel's recent ones."""
        return await self._search("history", {"channel": channel}, key)

    async def _search(self, where: str, arguments: dict[str, Any], key: str) -> str | None:
        call = self._client.conversations_replies if where == "replies" else self._client.conversations_history
        cursor: str | None = None
        for _ in range(PAGES):
            page = await call(**arguments, include_all_metadata=True, limit=PAGE, cursor=cursor)
            for message in page.get("messages") or []:
                if _key(message) == key:
                    return str(message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return None
        return None


def _content(post: Post, *, blocks: bool) -> dict[str, Any]:
    if blocks:
        return {"text": post.text, "blocks": post.blocks}
    return {"markdown_text": post.markdown} if post.markdown else {"text": post.text, "blocks": []}


def _metadata(key: str) -> Json:
    return {"event_type": DELIVERY_EVENT, "event_payload": {"key": key}}


def _key(message: Json) -> object:
    metadata = message.get("metadata") or {}
    return (metadata.get("event_payload") or {}).get("key") if metadata.get("event_type") == DELIVERY_EVENT else None
