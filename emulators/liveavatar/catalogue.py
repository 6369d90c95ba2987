"""The avatars and voices every account sees. Those that cannot be used are there to be chosen by mistake."""

from __future__ import annotations

from typing import Any

ALEX = "2f6d0b9e-5c1f-4a86-9a55-0d0c6b9a1e01"
PORTRAIT = "7b1c3a52-2f0e-4a0f-8f0e-6f6b1c2d3e02"
DEPLOYING = "91a4d6c8-0b4d-4a5e-b8a4-5e9c7d1f2a03"
EXPIRED = "c4e8f2a1-7d3b-4c6a-9e2f-1a8b5d7c9f04"
WAYNE = "dd73ea75-1218-4ef3-92ce-606d5f7fbc0a"
EMBEDDED = "65f9e3c9-d48b-4118-b73a-4ae2e3cbb8f0"
SANDBOX_AVATARS = frozenset({WAYNE, EMBEDDED})

CALM = "5a0e1b7c-8d29-4c0f-a6b3-4e7f9d2c1b11"
BRIGHT = "e3d2c1b0-a998-4877-b665-544332211012"
VOICES: dict[str, dict[str, Any]] = {
    CALM: {"id": CALM, "name": "Calm", "language": "en", "gender": "female"},
    BRIGHT: {"id": BRIGHT, "name": "Bright", "language": "en", "gender": "male"},
}


def _avatar(avatar_id: str, name: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": avatar_id,
        "name": name,
        "type": "VIDEO",
        "status": "ACTIVE",
        "preview_url": f"https://files.liveavatar.example.com/{avatar_id}.webp",
        "is_expired": False,
        "is_1080p": False,
        "default_voice": {"id": CALM, "name": "Calm"},
        "error_message": None,
    } | changes


OWN_AVATARS: dict[str, dict[str, Any]] = {
    ALEX: _avatar(ALEX, "Alex", is_1080p=True),
    PORTRAIT: _avatar(PORTRAIT, "Portrait", type="IMAGE", default_voice=None),
    DEPLOYING: _avatar(DEPLOYING, "Still deploying", status="DEPLOYING"),
    EXPIRED: _avatar(EXPIRED, "Expired", is_expired=True),
}
PUBLIC_AVATARS: dict[str, dict[str, Any]] = {
    WAYNE: _avatar(WAYNE, "Wayne"),
    EMBEDDED: _avatar(EMBEDDED, "Embedded"),
}
AVATARS = OWN_AVATARS | PUBLIC_AVATARS
