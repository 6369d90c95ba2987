"""Request bodies of video agents."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from emulators.heygen.models import AnyAsset, Closed

Words = Annotated[str, Field(min_length=1, max_length=10000)]
Attachments = Annotated[list[AnyAsset], Field(max_length=20)]


class CreateSession(Closed):
    """`POST /v3/video-agents`."""

    prompt: Words
    mode: Literal["generate", "chat"] = "generate"
    orientation: Literal["landscape", "portrait"] | None = None
    avatar_id: str | None = None
    voice_id: str | None = None
    style_id: str | None = None
    brand_kit_id: str | None = None
    files: Attachments | None = None
    incognito_mode: bool = False
    callback_url: str | None = None
    callback_id: str | None = None


class Say(Closed):
    """`POST /v3/video-agents/{session_id}`."""

    message: Words
    files: Attachments | None = None
    avatar_id: str | None = None
    voice_id: str | None = None
    brand_kit_id: str | None = None


CREATE_SESSION: TypeAdapter[CreateSession] = TypeAdapter(CreateSession)
SAY: TypeAdapter[Say] = TypeAdapter(Say)
STOP: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any])
