"""What HeyGen tells us of everything but videos, translations and the account (see `models`): one record each.

URLs expire: read the resource again instead of keeping them. Times are UTC, lengths in seconds. None is what HeyGen did
not say. What customers write, URLs and secrets stay out of a record's `repr`.
"""

from __future__ import annotations

from .brands import BrandGlossary, BrandKit, EventType
from .fault import Fault
from .files import Asset, Sound, StockImage, UploadBatch, UploadedAsset, UploadSlot
from .making import (
    AgentMessage,
    AgentResource,
    AgentRun,
    AgentSession,
    AgentSessionCreated,
    AgentSessionSummary,
    AgentStyle,
    Batch,
    BatchItem,
    SceneVariable,
    Template,
    TemplateScene,
    TemplateSummary,
    VideoAccepted,
)
from .people import AvatarGroup, AvatarLook, Consent, DesignedVoices, NewAvatar, Speech, SpokenWord, Voice
from .remaking import BackgroundRemoval, Clip, Clipping, Lipsync, Proofread, ProofreadSubtitles

__all__ = [
    "AgentMessage",
    "AgentResource",
    "AgentRun",
    "AgentSession",
    "AgentSessionCreated",
    "AgentSessionSummary",
    "AgentStyle",
    "Asset",
    "AvatarGroup",
    "AvatarLook",
    "BackgroundRemoval",
    "Batch",
    "BatchItem",
    "BrandGlossary",
    "BrandKit",
    "Clip",
    "Clipping",
    "Consent",
    "DesignedVoices",
    "EventType",
    "Fault",
    "Lipsync",
    "NewAvatar",
    "Proofread",
    "ProofreadSubtitles",
    "SceneVariable",
    "Sound",
    "Speech",
    "SpokenWord",
    "StockImage",
    "Template",
    "TemplateScene",
    "TemplateSummary",
    "UploadBatch",
    "UploadSlot",
    "UploadedAsset",
    "VideoAccepted",
    "Voice",
]
