"""From the vendor's JSON to records. Pure; raises `Malformed` only where a record would be meaningless."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, assert_never, get_args

from .fields import (
    block,
    decimal,
    identifier,
    instant,
    mapping,
    number,
    required,
    safe_word,
    sequence,
    text,
    word,
)
from .models import (
    Balance,
    BillingType,
    JobKind,
    StatusEntry,
    Translation,
    Video,
    WebhookEndpoint,
    WebhookEvent,
    parse_status,
)

_EVENT_KINDS: dict[str, tuple[JobKind, tuple[str, ...]]] = {
    "avatar_video": (JobKind.VIDEO, ("video_id",)),
    "video_agent": (JobKind.VIDEO, ("video_id",)),
    "video_translate": (JobKind.TRANSLATION, ("video_translate_id", "video_translation_id")),
    "proofread_creation": (JobKind.PROOFREAD, ("proofread_id",)),
    "lipsync": (JobKind.LIPSYNC, ("lipsync_id",)),  # no event is called so; this is how a callback may look
}
_EVENT_TYPE_LIMIT = 128


def translation(value: Any) -> Translation:
    """A translation object."""
    source = mapping(value, "translation")
    return Translation(
        id=required(source, "id"),
        status=parse_status(word(source, "status")),
        status_word=word(source, "status"),
        output_language=text(source, "output_language"),
        title=text(source, "title"),
        duration=number(source, "duration"),
        video_url=text(source, "video_url"),
        audio_url=text(source, "audio_url"),
        srt_url=text(source, "srt_caption_url"),
        vtt_url=text(source, "vtt_caption_url"),
        failure_message=text(source, "failure_message"),
        callback_id=text(source, "callback_id"),
        created_at=instant(source, "created_at"),
    )


def video(value: Any) -> Video:
    """A video object."""
    source = mapping(value, "video")
    return Video(
        id=required(source, "id"),
        status=parse_status(word(source, "status")),
        status_word=word(source, "status"),
        title=text(source, "title"),
        duration=number(source, "duration"),
        video_url=text(source, "video_url"),
        captioned_video_url=text(source, "captioned_video_url"),
        subtitle_url=text(source, "subtitle_url"),
        thumbnail_url=text(source, "thumbnail_url"),
        gif_url=text(source, "gif_url"),
        page_url=text(source, "video_page_url"),
        output_language=text(source, "output_language"),
        folder_id=text(source, "folder_id"),
        failure_code=text(source, "failure_code"),
        failure_message=text(source, "failure_message"),
        created_at=instant(source, "created_at"),
        completed_at=instant(source, "completed_at"),
    )


def status_entry(value: Any) -> StatusEntry:
    """A line of a bulk read; the id of any kind of job stands in `video_id`."""
    source = mapping(value, "status entry")
    error = block(source, "error")
    return StatusEntry(
        id=identifier(source, "video_id"),
        status=parse_status(word(source, "status")),
        status_word=word(source, "status"),
        error_code=text(error, "code"),
        error_message=text(error, "message"),
    )


def balance(value: Any) -> Balance:
    """The balance in a user object. Its `billing_type`, or else the only block there is, says which one counts."""
    source = mapping(value, "user")
    kind = _billing_type(source)
    detail = block(source, kind) if kind else {}
    currency: Literal["usd", "credits"] | None = "credits" if kind else None
    remaining: Decimal | None = None
    match kind:
        case "wallet":
            currency = _currency(text(detail, "currency"))
            remaining = decimal(detail, "remaining_balance")
        case "subscription":
            remaining = _pooled(block(detail, "credits"))
        case "usage_based":
            remaining = decimal(detail, "remaining_credits")
        case None:
            pass
        case _:
            assert_never(kind)
    return Balance(billing_type=kind, currency=currency, remaining=remaining, detail=detail)


def _billing_type(source: Mapping[str, Any]) -> BillingType | None:
    kinds: tuple[BillingType, ...] = get_args(BillingType)
    named = [kind for kind in kinds if source.get("billing_type") == kind]
    present = [kind for kind in kinds if block(source, kind)]
    chosen = named or present
    return chosen[0] if len(chosen) == 1 else None


def _currency(name: str | None) -> Literal["usd", "credits"] | None:
    match name:
        case "usd" | "credits":
            return name
        case _:
            return None


def _pooled(credit_blocks: Mapping[str, Any]) -> Decimal | None:
    pools = (decimal(block(credit_blocks, name), "remaining") for name in ("premium_credits", "add_on_credits"))
    known = [pool for pool in pools if pool is not None]
    return sum(known, Decimal(0)) if known else None


def webhook_endpoint(value: Any) -> WebhookEndpoint:
    """A webhook endpoint object."""
    source = mapping(value, "webhook endpoint")
    events = source.get("events")
    return WebhookEndpoint(
        id=required(source, "endpoint_id"),
        url=text(source, "url") or "",
        status=word(source, "status"),
        events=tuple(strings(events, "events")) if isinstance(events, list) else None,
        secret=text(source, "secret"),
        created_at=instant(source, "created_at"),
    )


def webhook_event(value: Any, *, event_id: str | None = None, fallback_id: str | None = None) -> WebhookEvent:
    """An event, from the delivery history or a webhook's body; `event_id` goes before the one inside.

    Without any id the event gets `fallback_id` or a digest of its content, so that the same delivery twice is
    still one event.
    """
    source = mapping(value, "event")
    data = block(source, "event_data")
    event_type = (text(source, "event_type") or text(source, "event") or "")[:_EVENT_TYPE_LIMIT]
    kind, provider_id = _subject(event_type, data)
    return WebhookEvent(
        event_id=event_id or safe_word(identifier(source, "event_id")) or fallback_id or _digest(source),
        event_type=event_type,
        kind=kind,
        provider_id=provider_id,
        success=_claimed_success(event_type),
        callback_id=identifier(data, "callback_id"),
        created_at=instant(source, "created_at"),
        data=data,
    )


def _subject(event_type: str, data: Mapping[str, Any]) -> tuple[JobKind | None, str | None]:
    kind, names = _EVENT_KINDS.get(event_type.partition(".")[0], (None, ()))
    provider_id = safe_word(identifier(data, *names))
    return (kind, provider_id) if provider_id else (None, None)


def _claimed_success(event_type: str) -> bool | None:
    last = event_type.rpartition(".")[2]
    if last == "success":
        return True
    return False if last == "fail" or last.endswith("_failed") else None


def _digest(source: Mapping[str, Any]) -> str:
    return digest_id(json.dumps(source, sort_keys=True, separators=(",", ":")).encode())


def digest_id(content: bytes) -> str:
    """An event id made of the content, for events that came without one."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def strings(value: Any, name: str) -> list[str]:
    """The non-empty strings of an array, in order."""
    return [item for item in sequence(value, name) if isinstance(item, str) and item]
