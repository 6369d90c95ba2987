"""Videos in batches, from templates and by agents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from heygen.models import RemoteStatus
from heygen.reading import hidden, named

from .fault import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoAccepted:
    """A video that was submitted; `status_word` is the vendor's, at first `waiting`."""

    id: str = named("video_id")
    status_word: str = named("status", default="")
    output_format: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchItem:
    """One piece of a batch; `index` is its place in the request. `job_id` is the id of whatever the batch makes."""

    index: int = named("item_index")
    job_id: str | None = named("video_id", default=None)
    status: RemoteStatus = RemoteStatus.UNKNOWN
    status_word: str = named("status", default="")
    error: Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A page of a batch: how it stands, and some of its items. `next_token` leads to the items that follow."""

    id: str = named("batch_id")
    title: str | None = hidden(default=None)
    status: RemoteStatus = RemoteStatus.UNKNOWN
    status_word: str = named("status", default="")
    total_items: int | None = None
    counts: Mapping[str, int] = named("counts_by_status", default_factory=dict)
    items: tuple[BatchItem, ...] = ()
    has_more: bool = False
    next_token: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSummary:
    """A template of the account."""

    id: str
    name: str = hidden(default="")
    aspect_ratio: str | None = None
    thumbnail_url: str | None = hidden(default=None)
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneVariable:
    """A place in a scene that a video made from the template fills; `type` is text, image, video, audio and so on."""

    name: str
    type: str = named("variable_type", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateScene:
    """A scene of a template, with its script."""

    id: str = named("scene_id")
    script: str | None = hidden(default=None)
    variables: tuple[SceneVariable, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template with what it holds now; `variables` have the shape in which they are sent back, by name."""

    id: str
    name: str = hidden(default="")
    aspect_ratio: str | None = None
    thumbnail_url: str | None = hidden(default=None)
    scene_ids: tuple[str, ...] = ()
    scenes: tuple[TemplateScene, ...] = ()
    variables: Mapping[str, Any] = hidden(default_factory=dict)
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSessionCreated:
    """A session that was begun; one in generate mode may name its video at once."""

    id: str = named("session_id")
    status_word: str = named("status", default="")
    video_id: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentMessage:
    """A message of a session; it has no id. `role` is user or model, `type` text, resource or error."""

    role: str = ""
    type: str = ""
    content: str = hidden(default="")
    resource_ids: tuple[str, ...] = ()
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSession:
    """A session as it stands, with at most its 40 last messages, the newest first.

    `status_word` is thinking, waiting_for_input, reviewing, generating, completed or failed; `progress` goes from 0
    to 100. A failed session often says nothing about why.
    """

    id: str = named("session_id")
    status_word: str = named("status", default="")
    progress: int | None = None
    title: str | None = hidden(default=None)
    video_id: str | None = None
    messages: tuple[AgentMessage, ...] = hidden(default=())
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSessionSummary:
    """A session as the list shows it."""

    id: str = named("session_id")
    title: str | None = hidden(default=None)
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRun:
    """A message that a session took."""

    session_id: str
    run_id: str | None = None
    title: str | None = hidden(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentResource:
    """Something a session made or was given: an image, a video, a draft, an avatar, a voice."""

    id: str = named("resource_id")
    type: str = named("resource_type", default="")
    source: str | None = named("source_type", default=None)
    url: str | None = hidden(default=None)
    preview_url: str | None = hidden(default=None)
    thumbnail_url: str | None = hidden(default=None)
    metadata: Mapping[str, Any] = hidden(default_factory=dict)
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStyle:
    """A look that a session's video can have."""

    id: str = named("style_id")
    name: str = ""
    tags: tuple[str, ...] = ()
    aspect_ratio: str | None = None
    thumbnail_url: str | None = hidden(default=None)
    preview_video_url: str | None = hidden(default=None)
