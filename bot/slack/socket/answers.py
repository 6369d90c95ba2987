"""An envelope through Bolt, as Bolt's own adapters do it, and what its response means for the ack."""

from __future__ import annotations

import json
from collections.abc import Sequence

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse

from agent.records import Json
from bot.slack.socket.frames import Envelope

log = structlog.get_logger(__name__)


class BoltAnswers:
    """Has a Bolt application answer envelopes."""

    def __init__(self, app: AsyncApp) -> None:
        self._app = app

    async def __call__(self, envelope: Envelope) -> tuple[bool, Json | None]:
        """Whether to acknowledge the envelope, and with what payload."""
        request = AsyncBoltRequest(mode="socket_mode", body=envelope.payload, headers=headers(envelope))
        response = await self._app.async_dispatch(request)
        if response.status != 200:
            log.warning("envelope_not_taken", kind=envelope.kind, attempt=envelope.attempt, status=response.status)
            return False, None
        return True, payload_of(response)


def headers(envelope: Envelope) -> dict[str, str | Sequence[str]]:
    """What an HTTP request would have told of a repetition."""
    if not envelope.attempt and not envelope.retry_reason:
        return {}
    return {"x-slack-retry-num": str(envelope.attempt), "x-slack-retry-reason": envelope.retry_reason}


def payload_of(response: BoltResponse) -> Json | None:
    """The payload of an ack: the JSON of the response, or its text as Slack shows a command's answer."""
    if not response.body:
        return None
    content_type = response.headers.get("content-type", [""])[0]
    if not content_type.startswith("application/json"):
        return {"text": response.body}
    payload = json.loads(response.body)
    return payload if isinstance(payload, dict) else None
