"""Video agents: HeyGen's own makers of videos, told in words what is wanted; in chat mode they ask back."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from heygen import parsing
from heygen.reading import reader
from heygen.records import (
    AgentResource,
    AgentRun,
    AgentSession,
    AgentSessionCreated,
    AgentSessionSummary,
    AgentStyle,
)

from .operation import Answer, Effect, Idempotency, JobRule, Operation, Progress, nothing, per_second, words
from .parameters import CALLBACK, AnyFile, CallbackId, CallbackUrl, Paged, Parameters

SessionId = Annotated[str, Field(min_length=1, description="A session's id.")]
Attachments = Annotated[
    list[AnyFile],
    Field(max_length=20, description="At most 20 files of 32 MB: png, jpeg, mp4, webm, mp3, wav or pdf."),
]
Look = Annotated[str, Field(description="A look from list_looks. Better given than left to the agent.")]
Voice = Annotated[str, Field(description="A voice from list_voices.")]
Brand = Annotated[str, Field(description="A kit from list_brand_kits.")]


class CreateAgentSession(Parameters):
    """What is wanted."""

    prompt: Annotated[
        str,
        Field(min_length=1, max_length=10000, description="The video in words, its length as well; 1 to 10000."),
    ]
    mode: Literal["generate", "chat"] | None = Field(
        None, description="generate (usual) makes one video at once; chat may ask back and be told changes."
    )
    orientation: Literal["landscape", "portrait"] | None = None
    avatar_id: Look | None = None
    voice_id: Voice | None = None
    style_id: str | None = Field(None, description="A style from list_agent_styles.")
    brand_kit_id: Brand | None = None
    files: Attachments | None = None
    incognito_mode: bool | None = Field(None, description="Remember nothing of this for other sessions.")
    callback_url: CallbackUrl | None = None
    callback_id: CallbackId | None = None

    @model_validator(mode="after")
    def _mark_needs_address(self) -> Self:
        if self.callback_id is not None and self.callback_url is None:
            raise ValueError("callback_id needs callback_url")
        return self


class OneSession(Parameters):
    """Which session."""

    session_id: SessionId


class Say(OneSession):
    """What to tell a session."""

    message: Annotated[str, Field(min_length=1, max_length=10000, description="The words, 1 to 10000 characters.")]
    files: Attachments | None = None
    avatar_id: Look | None = None
    voice_id: Voice | None = None
    brand_kit_id: Brand | None = None


class OneResource(OneSession):
    """Which of a session's resources."""

    resource_id: Annotated[str, Field(min_length=1, description="An id that one of the session's messages names.")]


class ListStyles(Paged):
    """Which styles."""

    tag: str | None = Field(None, description="Only styles with this tag.")


SESSION_JOB = JobRule(
    kind="agent_session",
    id_field="session_id",
    read="get_agent_session",
    id_argument="session_id",
    words=words("thinking", "generating", waiting_for_input=Progress.OURS, reviewing=Progress.OURS),
    events=("video_agent.success", "video_agent.fail"),
)

CREATE_AGENT_SESSION = Operation(
    name="create_agent_session",
    vendor="videoAgentCreate",
    method="POST",
    path="/v3/video-agents",
    purpose="Has an agent make a whole video from a description: script, avatar, pictures and cut are its choice. "
    "In chat mode it asks back and can be told changes.",
    result="The session's id, and its video's id where that is known already.",
    parameters=CreateAgentSession,
    parse=reader(AgentSessionCreated),
    effect=Effect.SUBMIT,
    price=per_second("agent"),
    idempotency=Idempotency.LOOK_UP,
    look_up="list_agent_sessions",
    job=SESSION_JOB,
    programmatic=CALLBACK | {"incognito_mode"},
)
LIST_AGENT_SESSIONS = Operation(
    name="list_agent_sessions",
    vendor="videoAgentList",
    method="GET",
    path="/v3/video-agents",
    purpose="Lists the sessions with video agents, the newest first.",
    result="A page of sessions: id, title and when they began. How they stand has to be read one by one.",
    parameters=Paged,
    answer=Answer.PAGE,
    parse=reader(AgentSessionSummary),
    taints=True,
)
GET_AGENT_SESSION = Operation(
    name="get_agent_session",
    vendor="videoAgentGet",
    method="GET",
    path="/v3/video-agents/{session_id}",
    purpose="Reads a session with a video agent: how it stands, what was said, and whether it waits for an answer.",
    result="The session with at most its 40 last messages, the newest first, and its newest video's id.",
    parameters=OneSession,
    parse=reader(AgentSession),
    taints=True,
)
MESSAGE_AGENT_SESSION = Operation(
    name="message_agent_session",
    vendor="videoAgentSend",
    method="POST",
    path="/v3/video-agents/{session_id}",
    purpose="Tells a video agent in chat mode something: an answer, a change, or that its draft is good.",
    result="That it was taken; the answer is read with get_agent_session.",
    parameters=Say,
    parse=reader(AgentRun),
    effect=Effect.SUBMIT,
    price=per_second("agent"),
    idempotency=Idempotency.LOOK_UP,
    look_up="get_agent_session",
    job=SESSION_JOB,
)
STOP_AGENT_SESSION = Operation(
    name="stop_agent_session",
    vendor="videoAgentStop",
    method="POST",
    path="/v3/video-agents/{session_id}/stop",
    purpose="Stops a video agent at its next step. What it has made until then stays; there may be no video.",
    result="Nothing.",
    parameters=OneSession,
    answer=Answer.NOTHING,
    parse=nothing,
    effect=Effect.LIVE,
)
GET_AGENT_RESOURCE = Operation(
    name="get_agent_resource",
    vendor="videoAgentResourcesGet",
    method="GET",
    path="/v3/video-agents/{session_id}/resources/{resource_id}",
    purpose="Reads something that a session's messages name: a draft, a picture, a video, an avatar, a voice.",
    result="What it is, where it came from, and links to it.",
    parameters=OneResource,
    parse=reader(AgentResource),
    taints=True,
)
LIST_AGENT_VIDEOS = Operation(
    name="list_agent_videos",
    vendor="videoAgentVideosList",
    method="GET",
    path="/v3/video-agents/{session_id}/videos",
    purpose="Lists the videos a session has made, the newest first; every revision is a video of its own.",
    result="All of its videos on one page.",
    parameters=OneSession,
    answer=Answer.PAGE,
    parse=parsing.video,
    taints=True,
)
LIST_AGENT_STYLES = Operation(
    name="list_agent_styles",
    vendor="videoAgentStylesList",
    method="GET",
    path="/v3/video-agents/styles",
    purpose="Lists the styles in which a video agent can make a video.",
    result="A page of styles with their tags and previews.",
    parameters=ListStyles,
    answer=Answer.PAGE,
    parse=reader(AgentStyle),
)

OPERATIONS = (
    CREATE_AGENT_SESSION,
    LIST_AGENT_SESSIONS,
    GET_AGENT_SESSION,
    MESSAGE_AGENT_SESSION,
    STOP_AGENT_SESSION,
    GET_AGENT_RESOURCE,
    LIST_AGENT_VIDEOS,
    LIST_AGENT_STYLES,
)
