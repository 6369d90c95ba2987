"""HeyGen's webhooks: prove who sent them, then read them. Pure; the receiving route lives elsewhere."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from .errors import InvalidSignature, MalformedEvent
from .fields import Malformed, load_json, safe_word
from .models import WebhookEvent
from .parsing import digest_id, webhook_event

SIGNATURE_HEADERS = ("heygen-signature", "signature")  # the second is what old endpoints send
TIMESTAMP_HEADER = "heygen-timestamp"
EVENT_ID_HEADER = "heygen-event-id"
BODY_LIMIT = 1024 * 1024
FRESH_SECONDS = 300.0


def verify(secret: str, headers: Mapping[str, str], body: bytes, *, now: float | None = None) -> None:
    """Raise `InvalidSignature` unless `body` carries a valid MAC made with `secret`.

    With `now` (Unix seconds) a `Heygen-Timestamp` more than five minutes off is refused too, if there is one.
    That check is weak: HeyGen does not sign the timestamp, so whoever replays a request can renew it. What really
    stops replays is deduplication on the event id, and reading the resource before acting.
    """
    lowered = _lowered(headers)
    given = next((lowered[name] for name in SIGNATURE_HEADERS if name in lowered), None)
    if not secret:
        raise InvalidSignature("no webhook secret is configured")
    if given is None:
        raise InvalidSignature("the signature header is missing")
    if not hmac.compare_digest(given.strip().encode("utf-8", "replace").lower(), signature(secret, body)):
        raise InvalidSignature("the signature does not match")
    if now is not None and TIMESTAMP_HEADER in lowered:
        _check_fresh(lowered[TIMESTAMP_HEADER], now)


def signature(secret: str, body: bytes) -> bytes:
    """The hex MAC of `body`, as HeyGen computes it: HMAC-SHA256, keyed with the secret as given."""
    key = secret.encode("utf-8", "surrogatepass")
    return hmac.new(key, body, hashlib.sha256).hexdigest().encode()


def _check_fresh(timestamp: str, now: float) -> None:
    stripped = timestamp.strip()
    if not (stripped.isascii() and stripped.isdigit() and len(stripped) <= 15):
        raise InvalidSignature("the timestamp is not a number of seconds")
    if abs(now - int(stripped)) > FRESH_SECONDS:
        raise InvalidSignature("the timestamp is too far off")


def parse(body: bytes, headers: Mapping[str, str]) -> WebhookEvent:
    """The event in a verified request; `MalformedEvent` when it is none.

    Its id is the header's, else the body's, else a digest of the body. The header is not signed: it can make one
    event look like two, never change what it says.
    """
    if len(body) > BODY_LIMIT:
        raise MalformedEvent(f"the body has more than {BODY_LIMIT} bytes")
    header_id = safe_word(_lowered(headers).get(EVENT_ID_HEADER, "").strip())
    try:
        event = webhook_event(load_json(body), event_id=header_id, fallback_id=digest_id(body))
    except Malformed as error:
        raise MalformedEvent(str(error)) from error
    if not event.event_type:
        raise MalformedEvent("the event has no type")
    return event


def _lowered(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
