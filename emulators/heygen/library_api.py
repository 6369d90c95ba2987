"""Routes of what an account can draw on: brands, sounds, pictures; and of the account itself."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from emulators.heygen.billing import billing_view
from emulators.heygen.errors import invalid
from emulators.heygen.library import BRAND_GLOSSARIES, BRAND_KITS, PICTURES, SOUNDS, fit
from emulators.heygen.operations import Call, Operation, page

if TYPE_CHECKING:
    from emulators.heygen import HeyGenEmulator

CURSOR = frozenset({"limit", "token"})
USUAL_SCORE = 0.7


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """Something of a library, in its place."""

    seq: int
    view: dict[str, Any]


class LibraryApi:
    """Handlers over what all accounts share."""

    def __init__(self, emulator: HeyGenEmulator) -> None:
        self._emulator = emulator

    def operations(self) -> list[Operation]:
        """The routes."""
        return [
            Operation("GET", "/v3/users/me", self.me),
            Operation("GET", "/v3/brand-kits", self.brand_kits, query=CURSOR, usual=20),
            Operation("GET", "/v3/brand-glossaries", self.glossaries, query=CURSOR),
            Operation(
                "GET",
                "/v3/audio/sounds",
                self.sounds,
                query=CURSOR | {"query", "type", "min_score"},
                needed=frozenset({"query"}),
                words={"type": ("music", "sound_effects")},
                most=50,
            ),
            Operation(
                "GET",
                "/v3/assets/search",
                self.pictures,
                query=CURSOR | {"query", "type", "scope"},
                needed=frozenset({"query", "type"}),
                words={"type": ("image", "icon"), "scope": ("public", "personal")},
                usual=20,
                most=50,
            ),
        ]

    async def me(self, call: Call) -> dict[str, Any]:
        """Who the credential belongs to, how it pays and what is left."""
        person = {"username": call.account.name, "email": None, "first_name": None, "last_name": None}
        now, hidden = self._emulator.clock.now(), self._emulator.switches.hide_amounts
        return {"data": person | billing_view(call.account.billing, now, hidden=hidden)}

    async def brand_kits(self, call: Call) -> dict[str, Any]:
        """The brand kits."""
        return listed(call, BRAND_KITS)

    async def glossaries(self, call: Call) -> dict[str, Any]:
        """The glossaries."""
        return listed(call, BRAND_GLOSSARIES)

    async def sounds(self, call: Call) -> dict[str, Any]:
        """Sounds that fit well enough, the best first."""
        kind, least = call.query.get("type", "music"), _score(call.query.get("min_score"))
        scored = [
            (fit(call.query["query"], f"{name} {told}"), at, name, told, seconds)
            for at, (name, of_kind, told, seconds) in enumerate(SOUNDS, 1)
            if of_kind == kind
        ]
        good = sorted((one for one in scored if one[0] >= least), reverse=True)
        return listed(call, [self._sound(kind, *one) for one in good])

    async def pictures(self, call: Call) -> dict[str, Any]:
        """Pictures that show any of what was asked for; the account has none of its own."""
        kind, wanted = call.query["type"], call.query["query"]
        public = call.query.get("scope", "public") == "public"
        names = [name for name, of_kind, told in PICTURES if of_kind == kind and fit(wanted, f"{name} {told}")]
        return listed(call, [self._picture(kind, name) for name in names if public])

    def _sound(self, kind: str, score: float, at: int, name: str, told: str, seconds: float) -> dict[str, Any]:
        return {
            "id": f"sound-{at}",
            "name": name,
            "type": kind,
            "description": told,
            "audio_url": self._emulator.links.sign(f"sound-{at}.mp3"),
            "duration": seconds,
            "score": score,
            "peak_offset": None,
            "placement": None,
        }

    def _picture(self, kind: str, name: str) -> dict[str, Any]:
        return {
            "id": f"{kind}-{name}",
            "type": kind,
            "url": self._emulator.links.sign(f"{kind}-{name}.png"),
            "width": 64,
            "height": 36,
            "orientation": "landscape",
            "is_transparent": False,
        }


def listed(call: Call, views: Any) -> dict[str, Any]:
    """Views in their own order as a page."""
    found = [Found(len(views) - at, view) for at, view in enumerate(views)]
    return page(found[::-1], call, lambda one: one.view)


def _score(text: str | None) -> float:
    try:
        score = USUAL_SCORE if text is None else float(text)
    except ValueError:
        score = -1.0
    if not 0 <= score <= 1:
        raise invalid("min_score", "min_score must be between 0 and 1.")
    return score
