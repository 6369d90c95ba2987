"""The webhook event types an endpoint can subscribe to."""

from __future__ import annotations

from typing import Literal, get_args

EventType = Literal[
    "avatar_video.success",
    "avatar_video.fail",
    "avatar_video_gif.success",
    "avatar_video_gif.fail",
    "video_translate.success",
    "video_translate.fail",
    "video_translate.preflight.validation_failed",
    "video_translate.preflight.download_failed",
    "personalized_video",
    "instant_avatar.success",
    "instant_avatar.fail",
    "photo_avatar_generation.success",
    "photo_avatar_generation.fail",
    "photo_avatar_train.success",
    "photo_avatar_train.fail",
    "photo_avatar_add_motion.success",
    "photo_avatar_add_motion.fail",
    "proofread_creation.success",
    "proofread_creation.fail",
    "live_avatar.success",
    "live_avatar.fail",
    "avatar_video_caption.success",
    "avatar_video_caption.fail",
    "video_agent.success",
    "video_agent.fail",
    "hyperframes_video.success",
    "hyperframes_video.fail",
    "ai_clipping.success",
    "ai_clipping.fail",
    "batch.finished",
]
EVENT_TYPES: tuple[str, ...] = get_args(EventType)


def describe(event_type: str) -> str:
    """One sentence for the list of event types."""
    subject = event_type.removesuffix(".success").removesuffix(".fail").replace("_", " ").replace(".", " ")
    outcome = {"success": "finished", "fail": "failed"}.get(event_type.rpartition(".")[2], "reported")
    return f"Sent when {subject} has {outcome}."
