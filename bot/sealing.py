"""Secrets that have to be stored: encrypted and authenticated with a key made of the installation's own secret."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class SealBroken(Exception):
    """A sealed text was changed, belongs elsewhere, or was sealed with another key."""


class Sealer:
    """Seals texts for one `purpose`, so that what is sealed for one thing opens nothing else."""

    def __init__(self, secret: str, purpose: str) -> None:
        key = HKDF(SHA256(), length=32, salt=None, info=f"greenroom {purpose}".encode()).derive(secret.encode())
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def seal(self, text: str) -> str:
        """`text`, unreadable for whoever has no key; different each time."""
        return self._fernet.encrypt(text.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """What was sealed; `SealBroken` when that cannot be told."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:  # says nothing, and its cause would name bytes
            raise SealBroken("what was stored cannot be opened: SECRET_KEY has changed, or the row has") from None
