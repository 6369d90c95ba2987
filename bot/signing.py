"""Unforgeable tokens for URLs: an id with a keyed MAC, nothing readable besides the id."""

from __future__ import annotations

import base64
import hashlib
import hmac

MAC_BYTES = 18


class Signer:
    """Signs ids for one `purpose`, so that a token for one thing is never accepted for another."""

    def __init__(self, secret: str, purpose: str) -> None:
        self._key = hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).digest()

    def sign(self, value: str) -> str:
        """A URL-safe token for `value`, which must not contain a dot."""
        return f"{value}.{self.mac(value)}"

    def unsign(self, token: str) -> str | None:
        """The value of a token we signed, else None."""
        value, dot, mac = token.rpartition(".")
        if not dot or not hmac.compare_digest(mac.encode(), self.mac(value).encode()):
            return None
        return value

    def mac(self, value: str) -> str:
        """The bare MAC of `value`, URL-safe."""
        digest = hmac.new(self._key, value.encode(), hashlib.sha256).digest()[:MAC_BYTES]
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
