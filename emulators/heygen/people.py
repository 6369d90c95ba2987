"""Avatars, their looks, and voices: the vendor's own, and those that accounts make."""

from __future__ import annotations

import dataclasses
from typing import Any

from emulators.heygen.errors import Refusal, missing
from emulators.heygen.files import Links

OFFICIAL = ""  # the account of what belongs to everybody
ENGINES = ("avatar_iii", "avatar_iv", "avatar_v")
SINCE = 1_735_689_600  # when the vendor's own avatars appeared


@dataclasses.dataclass(slots=True)
class Group:
    """A person. `consent` None: none is needed."""

    seq: int
    id: str
    account: str
    name: str
    gender: str | None = None
    consent: str | None = None
    created: float = SINCE


@dataclasses.dataclass(slots=True)
class Look:
    """A person in one outfit. `status` None: there was nothing to make."""

    seq: int
    id: str
    account: str
    group_id: str
    name: str
    kind: str = "studio_avatar"
    gender: str | None = None
    default_voice_id: str | None = None
    tags: tuple[str, ...] = ()
    engines: tuple[str, ...] = ENGINES
    orientation: str = "landscape"
    status: str | None = None
    error: dict[str, str] | None = None


@dataclasses.dataclass(slots=True)
class Voice:
    """A voice; only those of the engine starfish can be used for speech alone."""

    seq: int
    id: str
    account: str
    name: str
    language: str
    gender: str
    starfish: bool = True
    locales: bool = False
    status: str | None = None
    failure: str | None = None


class People:
    """All avatars, looks and voices by id."""

    def __init__(self) -> None:
        self.groups = {group.id: group for group in _official_groups()}
        self.looks = {look.id: look for look in _official_looks()}
        self.voices = {voice.id: voice for voice in _official_voices()}

    def group(self, account: str, group_id: str) -> Group:
        """A person the account can see, or 404."""
        found = self.groups.get(group_id)
        if found is None or found.account not in (OFFICIAL, account):
            raise missing("avatar_group_not_found", "The avatar")
        return found

    def look(self, account: str, look_id: str) -> Look:
        """A look the account can see, or 404."""
        found = self.looks.get(look_id)
        if found is None or found.account not in (OFFICIAL, account):
            raise missing("avatar_not_found", "The avatar look")
        return found

    def usable_look(self, account: str, look_id: str) -> Look:
        """A look that a video can be made with now."""
        found = self.look(account, look_id)
        if found.status == "pending_consent":
            raise Refusal(403, "avatar_consent_required", "The person behind this avatar has not agreed yet.")
        if found.status not in (None, "completed"):
            raise Refusal(409, "resource_not_ready", "The avatar look is not ready.")
        return found

    def voice(self, account: str, voice_id: str) -> Voice:
        """A voice the account can see, or 404."""
        found = self.voices.get(voice_id)
        if found is None or found.account not in (OFFICIAL, account):
            raise missing("voice_not_found", "The voice")
        return found

    def usable_voice(self, account: str, voice_id: str) -> Voice:
        """A voice that can speak now."""
        found = self.voice(account, voice_id)
        if found.status not in (None, "complete"):
            raise Refusal(400, "voice_unavailable", "The voice is not ready.", param="voice_id")
        return found

    def looks_of(self, group: Group) -> list[Look]:
        """A person's looks, the oldest first."""
        return [look for look in self.looks.values() if look.group_id == group.id]


def owned(account: str, resource: Group | Look | Voice, what: str) -> None:
    """403 for what belongs to the vendor."""
    if resource.account != account:
        raise Refusal(403, "resource_access_denied", f"{what} does not belong to this account.")


def group_view(group: Group, people: People, links: Links) -> dict[str, Any]:
    """A person as the API shows one."""
    looks = people.looks_of(group)
    return {
        "id": group.id,
        "name": group.name,
        "gender": group.gender,
        "looks_count": len(looks),
        "default_voice_id": next((look.default_voice_id for look in looks if look.default_voice_id), None),
        "preview_image_url": links.sign(f"{group.id}.png"),
        "preview_video_url": None,
        "consent_status": group.consent,
        "status": _group_status(group, looks),
        "error": None,
        "created_at": int(group.created),
    }


def _group_status(group: Group, looks: list[Look]) -> str | None:
    """That of its looks: ready once one of them is."""
    words = [look.status for look in looks if look.status]
    return next((word for word in ("completed", "pending_consent", "processing", "failed") if word in words), None)


def look_view(look: Look, links: Links) -> dict[str, Any]:
    """A look as the API shows one; its picture comes when it is ready."""
    ready = look.status in (None, "completed")
    width, height = (640, 360) if look.orientation == "landscape" else (360, 640)
    return {
        "id": look.id,
        "name": look.name,
        "avatar_type": look.kind,
        "group_id": look.group_id,
        "gender": look.gender,
        "tags": list(look.tags),
        "supported_api_engines": list(look.engines),
        "default_voice_id": look.default_voice_id,
        "preferred_orientation": look.orientation,
        "image_width": width if ready else None,
        "image_height": height if ready else None,
        "preview_image_url": links.sign(f"{look.id}.png") if ready else None,
        "preview_video_url": None,
        "status": look.status,
        "error": look.error,
    }


def voice_line(voice: Voice, links: Links) -> dict[str, Any]:
    """A voice as lists show it."""
    return {
        "voice_id": voice.id,
        "name": voice.name,
        "language": voice.language,
        "gender": voice.gender,
        "type": "public" if voice.account == OFFICIAL else "private",
        "preview_audio_url": links.sign(f"{voice.id}.mp3"),
        "support_pause": True,
        "support_locale": voice.locales,
    }


def voice_view(voice: Voice, links: Links) -> dict[str, Any]:
    """A voice as it is read by itself."""
    return {
        "voice_id": voice.id,
        "name": voice.name,
        "language": voice.language,
        "gender": voice.gender,
        "preview_audio_url": links.sign(f"{voice.id}.mp3") if voice.status in (None, "complete") else None,
        "support_pause": True,
        "support_interactive_avatar": False,
        "status": voice.status,
        "failure_message": voice.failure,
        "created_at": SINCE,
    }


def _official_groups() -> list[Group]:
    people = [("Ava", "female"), ("Marcus", "male"), ("Priya", "female"), ("Kenji", "male")]
    return [Group(-9 + at, f"avatar-{at}", OFFICIAL, name, gender) for at, (name, gender) in enumerate(people, 1)]


def _official_looks() -> list[Look]:
    found = [
        ("avatar-1", "Ava in the office", "female", None, ("business",)),
        ("avatar-1", "Ava by the window", "female", "voice-1", ("casual",)),
        ("avatar-2", "Marcus in a suit", "male", "voice-2", ("business",)),
        ("avatar-3", "Priya at her desk", "female", "voice-3", ("business", "office")),
        ("avatar-3", "Priya outdoors", "female", "voice-3", ("casual", "outdoors")),
        ("avatar-4", "Kenji on stage", "male", "voice-4", ("event",)),
    ]
    return [
        Look(-9 + at, f"look-{at}", OFFICIAL, group, name, gender=gender, default_voice_id=voice, tags=tags)
        for at, (group, name, gender, voice, tags) in enumerate(found, 1)
    ]


def _official_voices() -> list[Voice]:
    found = [
        ("Emma", "English", "female", True),
        ("Oliver", "English", "male", True),
        ("Anika", "English", "female", True),
        ("Hiro", "Japanese", "male", True),
        ("Lucía", "Spanish", "female", True),
        ("Mateo", "Spanish", "male", True),
        ("Camille", "French", "female", True),
        ("Jonas", "German", "male", True),
        ("Beatriz", "Portuguese", "female", True),
        ("Giulia", "Italian", "female", True),
        ("Arjun", "Hindi", "male", True),
        ("Older Brian", "English", "male", False),
    ]
    return [
        Voice(-99 + at, f"voice-{at}", OFFICIAL, name, language, gender, starfish, locales=language == "English")
        for at, (name, language, gender, starfish) in enumerate(found, 1)
    ]
