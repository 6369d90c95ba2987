"""What the service accepts in request bodies. Unknown fields are ignored, as the real one ignores them."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator

VariableName = Annotated[str, StringConstraints(max_length=64)]
VariableValue = Annotated[str, StringConstraints(max_length=1000)]
Variables = Annotated[dict[VariableName, VariableValue], Field(max_length=50)]
Reason = Literal[
    "UNKNOWN",
    "USER_DISCONNECTED",
    "SERVER_ERROR",
    "IDLE_TIMEOUT",
    "NO_CREDITS",
    "USER_CLOSED",
    "AVATAR_DELETED",
    "MAX_DURATION_REACHED",
    "ZOMBIE_SESSION_REAP",
    "AGENT_HANG_UP",
]


class VideoSettings(BaseModel):
    """How the picture is sent."""

    quality: Literal["very_high", "high", "medium", "low"] = "high"
    encoding: Literal["H264", "VP8"] = "H264"


class LiveKitRoom(BaseModel):
    """A room of the customer's that the avatar joins."""

    livekit_url: str
    livekit_room: str
    livekit_client_token: str


class AgoraChannel(BaseModel):
    """A channel of the customer's that the avatar joins."""

    agora_app_id: str
    agora_token: str
    agora_channel: str
    agora_uid: str


class OpenAIRealtime(BaseModel):
    """A hosted agent that takes the customer's place."""

    secret_id: UUID
    context_id: UUID | None = None
    voice: str = "alloy"
    temperature: Annotated[float, Field(ge=0.6, le=1.2)] = 0.8
    model: str = "gpt-realtime"


class GeminiRealtime(BaseModel):
    """A hosted agent that takes the customer's place."""

    secret_id: UUID
    context_id: UUID | None = None
    voice: str = "Puck"
    temperature: Annotated[float, Field(ge=0, le=2)] = 1.0
    model: str | None = None


class ElevenLabsAgent(BaseModel):
    """A hosted agent that takes the customer's place."""

    secret_id: UUID
    agent_id: str
    voice_id: str | None = None
    dynamic_variables: Variables | None = None


class VoiceSettings(BaseModel):
    """Voice engine of a FULL session; its further fields differ by provider."""

    provider: Literal["elevenLabs", "fish"]


class SpeechToText(BaseModel):
    """Transcription engine of a FULL session."""

    provider: Literal["deepgram", "assembly_ai", "gladia", "elevenlabs"]


class Persona(BaseModel):
    """Voice and brain of a FULL session."""

    voice_id: UUID | None = None
    context_id: UUID | None = None
    language: str = "en"
    voice_settings: VoiceSettings | None = None
    stt_config: SpeechToText | None = None


class VoiceAgent(BaseModel):
    """A stored brain of a FULL session."""

    id: UUID


class Common(BaseModel):
    """What tokens of both modes share."""

    avatar_id: UUID
    is_sandbox: bool = False
    video_settings: VideoSettings = VideoSettings()
    max_session_duration: Annotated[int, Field(gt=0)] | None = None


class LiteToken(Common):
    """`POST /v1/sessions/token` for a session whose brain is the customer's; CUSTOM is the mode's old name."""

    mode: Literal["LITE", "CUSTOM"]
    livekit_config: LiveKitRoom | None = None
    agora_config: AgoraChannel | None = None
    openai_realtime_config: OpenAIRealtime | None = None
    gemini_realtime_config: GeminiRealtime | None = None
    elevenlabs_agent_config: ElevenLabsAgent | None = None

    @property
    def connector(self) -> bool:
        """Whether a hosted agent speaks, so that there is no websocket."""
        hosted = (self.openai_realtime_config, self.gemini_realtime_config, self.elevenlabs_agent_config)
        return any(config is not None for config in hosted)


class FullToken(Common):
    """`POST /v1/sessions/token` for a session whose brain is the vendor's."""

    mode: Literal["FULL"]
    avatar_persona: Persona | None = None
    voice_agent: VoiceAgent | None = None
    interactivity_type: Literal["CONVERSATIONAL", "PUSH_TO_TALK"] = "CONVERSATIONAL"
    llm_configuration_id: UUID | None = None
    dynamic_variables: Variables | None = None

    @model_validator(mode="after")
    def _one_brain(self) -> FullToken:
        if (self.avatar_persona is None) == (self.voice_agent is None):
            raise ValueError("exactly one of avatar_persona and voice_agent is required")
        return self


class TokenRequest(BaseModel):
    """The union of both, chosen by `mode`."""

    body: Annotated[LiteToken | FullToken, Field(discriminator="mode")]


class SessionRequest(BaseModel):
    """`POST /v1/sessions/keep-alive`; with an API key the session has to be named."""

    session_id: UUID | None = None


class StopRequest(SessionRequest):
    """`POST /v1/sessions/stop`."""

    reason: Reason = "USER_CLOSED"


class ListRequest(BaseModel):
    """The query of `GET /v1/sessions`."""

    type: Literal["active", "historic"]
    page: Annotated[int, Field(ge=1)] = 1
    page_size: Annotated[int, Field(ge=1, le=100)] = 20
    avatar_id: UUID | None = None


class PageRequest(BaseModel):
    """The query of lists of things that are not sessions."""

    page: Annotated[int, Field(ge=1)] = 1
    page_size: Annotated[int, Field(ge=1, le=100)] = 20


def unknown_fields(body: dict[str, Any], model: BaseModel) -> list[str]:
    """Names in `body` that the service ignores; those of nested objects with their path."""
    found = []
    for name, value in body.items():
        if name not in type(model).model_fields:
            found.append(name)
        elif isinstance(value, dict) and isinstance(inner := getattr(model, name), BaseModel):
            found += [f"{name}.{child}" for child in unknown_fields(value, inner)]
    return found
