"""The few Slack calls that put posts up, change them and look for them, each with what it must always carry."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from agent.errors import SourceRefused
from agent.ports import IncomingFile
from agent.records import Conversation, Delivery, Json
from bot.slack.blocks import Post
from bot.slack.intake import DELIVERY_EVENT
from bot.slack.job_files import FileUnavailable
from bot.slack.live_rendering import Attachment
from bot.slack.outcomes import SLACK_ERRORS, judge
from bot.slack.ports import ClientOf
from bot.store.outbox import ROOTS

log = structlog.get_logger(__name__)

PAGE = 200
PAGES = 10
UPLOAD_SECONDS = 60.0
STREAM_SECONDS = 240.0  # for a video: within what a claimed delivery may take
ALREADY = "already_reacted"


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

    async def react(self, channel: str, ts: str, name: str) -> None:
        """Put a reaction on a message; one that is there already is as good."""
        try:
            await self._client.reactions_add(channel=channel, timestamp=ts, name=name)
        except SlackApiError as error:
            if judge(error).code != ALREADY:
                raise

    async def upload(self, file: Attachment) -> str:
        """Give Slack a file's content and return its id. Nobody sees it before it is shared.

        `FileUnavailable` where the content itself cannot be had.
        """
        if file.opens is None:
            return await self._upload(file.name, len(file.content), file.content, UPLOAD_SECONDS)
        async with file.opens() as incoming:
            if incoming.size is None:  # Slack wants to know it first
                raise FileUnavailable(retryable=False)
            pieces = _Pieces(incoming)
            try:
                return await self._upload(file.name, incoming.size, pieces.read(), STREAM_SECONDS)
            except SLACK_ERRORS:
                if pieces.refused is not None:  # it was not Slack that broke off
                    raise pieces.refused from None
                raise

    async def _upload(self, name: str, size: int, data: bytes | AsyncIterator[bytes], seconds: float) -> str:
        ticket = await self._client.files_getUploadURLExternal(filename=name, length=size)
        if (session := self._client.session) is None:
            raise ValueError("uploads need a client with a session")
        timeout = aiohttp.ClientTimeout(total=seconds)
        length = {"Content-Length": str(size)}  # Slack's storage takes nothing chunked
        async with session.post(ticket["upload_url"], data=data, headers=length, timeout=timeout) as answer:
            answer.raise_for_status()
        return str(ticket["file_id"])

    async def share(self, channel: str, thread_ts: str | None, file_id: str, file: Attachment) -> str:
        """Share an uploaded file; returns the `ts` of its message, or the file's id where Slack does not tell it."""
        await self._client.files_completeUploadExternal(
            files=[{"id": file_id, "title": file.title}], channel_id=channel, thread_ts=thread_ts
        )
        try:
            return await self.find_file(channel, thread_ts, file.name) or file_id
        except SLACK_ERRORS as error:  # it is shared: nothing may lead to sharing it once more
            log.info("shared_file_not_found", code=judge(error).code)
            return file_id

    async def find_file(self, channel: str, thread_ts: str | None, name: str) -> str | None:
        """The `ts` of the message that shares a file of this name; None when there is none."""
        where, arguments = ("replies", {"ts": thread_ts}) if thread_ts else ("history", {})
        return await self._search(where, {"channel": channel, **arguments}, lambda message: _shares(message, name))

    async def stop_stream(
        self, channel: str, ts: str, rest: Sequence[Json] = (), below: Sequence[Json] = (), status: str | None = None
    ) -> None:
        """End a stream, showing the chunks `rest` in it and the blocks `below` it; its session is `status` then."""
        await self._client.chat_stopStream(
            channel=channel, ts=ts, chunks=list(rest) or None, blocks=list(below) or None, session_status=status
        )

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
        if delivery.kind in ROOTS or conversation.thread_ts is None:
            return await self.find_in_channel(conversation.channel_id, delivery.key)
        arguments = {"channel": conversation.channel_id, "ts": conversation.thread_ts}
        return await self._search("replies", arguments, lambda message: _key(message) == delivery.key)

    async def find_in_channel(self, channel: str, key: str) -> str | None:
        """The `ts` of our message with this key among a channel's recent ones."""
        return await self._search("history", {"channel": channel}, lambda message: _key(message) == key)

    async def _search(self, where: str, arguments: dict[str, Any], is_it: Callable[[Json], bool]) -> str | None:
        call = self._client.conversations_replies if where == "replies" else self._client.conversations_history
        cursor: str | None = None
        for _ in range(PAGES):
            page = await call(**arguments, include_all_metadata=True, limit=PAGE, cursor=cursor)
            for message in page.get("messages") or []:
                if is_it(message):
                    return str(message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return None
        return None


class Permalinks:
    """Links to messages, in whichever workspace."""

    def __init__(self, clients: ClientOf) -> None:
        self._clients = clients

    async def __call__(self, workspace_id: str, channel: str, ts: str) -> str | None:
        """A link to a message; None where Slack gives none."""
        return await SlackCalls(self._clients(workspace_id)).permalink(channel, ts)


def _content(post: Post, *, blocks: bool) -> dict[str, Any]:
    if blocks:
        return {"text": post.text, "blocks": post.blocks}
    return {"markdown_text": post.markdown} if post.markdown else {"text": post.text, "blocks": []}


def _metadata(key: str) -> Json:
    return {"event_type": DELIVERY_EVENT, "event_payload": {"key": key}}


def _key(message: Json) -> object:
    metadata = message.get("metadata") or {}
    return (metadata.get("event_payload") or {}).get("key") if metadata.get("event_type") == DELIVERY_EVENT else None


def _shares(message: Json, name: str) -> bool:
    return any(file.get("name") == name for file in message.get("files") or [])


class _Pieces:
    """The content of a file on its way to Slack; aiohttp tells nobody why a body broke off."""

    def __init__(self, incoming: IncomingFile) -> None:
        self._incoming = incoming
        self.refused: SourceRefused | None = None

    async def read(self) -> AsyncIterator[bytes]:
        """Piece by piece."""
        try:
            async for piece in self._incoming.chunks():
                yield piece
        except SourceRefused as error:
            self.refused = error
            raise
