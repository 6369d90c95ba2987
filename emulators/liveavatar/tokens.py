"""Signed tokens as the service and its rooms hand them out: a JWT whose payload clients may read."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

SIGNING_KEY = b"emulated-liveavatar"


def sign(payload: dict[str, Any]) -> str:
    """A JWT (HS256) over `payload`."""
    head = _encode({"alg": "HS256", "typ": "JWT"})
    body = f"{head}.{_encode(payload)}"
    return f"{body}.{_text(hmac.digest(SIGNING_KEY, body.encode(), hashlib.sha256))}"


def _encode(part: dict[str, Any]) -> str:
    return _text(json.dumps(part, separators=(",", ":")).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
