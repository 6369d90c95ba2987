"""Request bodies of avatars and voices."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from emulators.heygen.models import AnyAsset, Closed


class PhotoAvatar(Closed):
    """`type: photo`."""

    type: Literal["photo"]
    name: str
    file: AnyAsset
    avatar_group_id: str | None = None


class DigitalTwin(Closed):
    """`type: digital_twin`."""

    type: Literal["digital_twin"]
    name: str
    file: AnyAsset
    avatar_group_id: str | None = None


class PromptedAvatar(Closed):
    """`type: prompt`."""

    type: Literal["prompt"]
    name: str
    prompt: str
    avatar_id: str | None = None
    reference_images: list[AnyAsset] | None = None
    avatar_group_id: str | None = None


CreateAvatar = PhotoAvatar | DigitalTwin | PromptedAvatar


class AskConsent(Closed):
    """`POST /v3/avatars/{group_id}/consent`."""

    consent_text: str | None = None
    consent_video: AnyAsset | None = None
    reroute_url: str | None = None


class RenameLook(Closed):
    """`PATCH /v3/avatars/looks/{look_id}`."""

    name: str | None = None


class DesignVoice(Closed):
    """`POST /v3/voices`."""

    prompt: str
    gender: str | None = None
    locale: str | None = None
    seed: int = 0


class CloneVoice(Closed):
    """`POST /v3/voices/clone`."""

    audio: AnyAsset
    voice_name: str
    language: str | None = None
    remove_background_noise: bool = True


class CreateSpeech(Closed):
    """`POST /v3/voices/speech`."""

    text: Annotated[str, Field(min_length=1, max_length=5000)]
    voice_id: str
    input_type: Literal["text", "ssml"] = "text"
    speed: Annotated[float, Field(ge=0.5, le=2.0)] = 1
    language: str | None = None
    locale: str | None = None


AVATAR: TypeAdapter[CreateAvatar] = TypeAdapter(Annotated[CreateAvatar, Field(discriminator="type")])
CONSENT: TypeAdapter[AskConsent] = TypeAdapter(AskConsent)
RENAME_LOOK: TypeAdapter[RenameLook] = TypeAdapter(RenameLook)
DESIGN_VOICE: TypeAdapter[DesignVoice] = TypeAdapter(DesignVoice)
CLONE_VOICE: TypeAdapter[CloneVoice] = TypeAdapter(CloneVoice)
SPEECH: TypeAdapter[CreateSpeech] = TypeAdapter(CreateSpeech)
