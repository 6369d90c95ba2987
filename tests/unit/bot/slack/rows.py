"""Rows and bodies for these tests, with everything that does not matter filled in."""

from __future__ import annotations

import itertools
from typing import Any

from agent.records import (
    Conversation,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Job,
    JobKind,
    JobState,
    Submission,
    SubmissionState,
)
from bot.slack.ports import BotIdentity

NOW = 1_800_000_000.0
US = BotIdentity(bot_user_id="U0BOT", bot_id="B0BOT", app_id="A0APP", team_id="T1")


def submission(**changes: Any) -> Submission:
    values: dict[str, Any] = {
        "id": "sub_1",
        "key": "key",
        "workspace_id": "T1",
        "account_id": "acc",
        "conversation_id": "conversation_1",
        "turn_id": "turn_1",
        "call_id": "call_1",
        "requester": "UALICE",
        "kind": JobKind.TRANSLATION,
        "arguments": {},
        "arguments_hash": "hash",
        "title": "Translate talk.mp4",
        "state": SubmissionState.SENT,
        "created_at": NOW,
    }
    return Submission(**values | changes)


_numbers = itertools.count(1)


def job(state: JobState = JobState.RUNNING, **changes: Any) -> Job:
    number = next(_numbers)
    values: dict[str, Any] = {
        "id": f"job_{number}",
        "workspace_id": "T1",
        "account_id": "acc",
        "submission_id": "sub_1",
        "conversation_id": "conversation_1",
        "handle": f"J{number}",
        "kind": JobKind.TRANSLATION,
        "label": "French (France)",
        "state": state,
        "created_at": NOW,
    }
    return Job(**values | changes)


def conversation(**changes: Any) -> Conversation:
    values: dict[str, Any] = {
        "id": "conversation_1",
        "workspace_id": "T1",
        "channel_id": "C1",
        "channel_type": "channel",
        "thread_ts": "1800000000.000100",
    }
    return Conversation(**values | changes)


def delivery(kind: DeliveryKind = DeliveryKind.REPLY, **changes: Any) -> Delivery:
    values: dict[str, Any] = {
        "id": "delivery_1",
        "workspace_id": "T1",
        "conversation_id": "conversation_1",
        "seq": 1,
        "kind": kind,
        "key": "reply:turn_1",
        "state": DeliveryState.PENDING,
        "subject_id": None,
        "body": {"text": "Hello."},
    }
    return Delivery(**values | changes)


def message_body(**event: Any) -> dict[str, Any]:
    """An Events API body around a channel message by Alice."""
    base = {"type": "message", "channel": "C1", "channel_type": "channel", "user": "UALICE", "ts": "1.000100"}
    return {
        "type": "event_callback",
        "event_id": "Ev1",
        "team_id": "T1",
        "api_app_id": "A0APP",
        "authorizations": [{"team_id": "T1", "user_id": "U0BOT", "is_bot": True, "is_enterprise_install": False}],
        "event": base | event,
    }
