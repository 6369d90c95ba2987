"""What the conversation may do with each of HeyGen's operations. `docs/catalogue.md` is this table for people."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from agent.rights import Right
from heygen import OPERATIONS, Operation
from heygen.catalogue import Effect


class Gate(enum.StrEnum):
    """How an operation is reached.

    `OPEN`: found by a search and called; reads run at once. `ASKED`: the same, once the person's own words say what is
    written down. `CLICK`: only a button carries it out. `COMPOSITE`: a tool of ours does it, with its price, its key
    and its job. `HANDSHAKE`: a step that only makes sense among others. `SECRET`: its answer is not for a conversation.
    """

    OPEN = "open"
    ASKED = "asked"
    CLICK = "click"
    COMPOSITE = "composite"
    HANDSHAKE = "handshake"
    SECRET = "secret"  # noqa: S105 - no password


CALLABLE = frozenset({Gate.OPEN, Gate.ASKED, Gate.CLICK})

# The tools of ours that do an operation's work, the usual one first; none where there is no safe way to it yet. A name
# here is the name of a tool that exists, which a test of the whole app holds; the page says the same.
COMPOSITES: Mapping[str, tuple[str, ...]] = {
    "create_video": ("create_video",),
    "create_video_batch": ("create_videos",),
    "create_video_from_template": ("create_from_template",),
    "create_agent_session": ("start_video_agent",),
    "message_agent_session": ("message_video_agent",),
    "stop_agent_session": ("stop_video_agent",),
    "create_translation": ("translate_video",),
    "create_translation_batch": ("translate_video",),
    "list_translation_languages": ("list_languages",),
    "create_proofread": ("translate_video",),
    "get_proofread": ("translate_video",),
    "get_proofread_subtitles": ("translate_video",),
    "replace_proofread_subtitles": ("finish_proofread",),
    "generate_from_proofread": ("finish_proofread",),
    "create_lipsync": ("lipsync_video",),
    "create_lipsync_batch": ("lipsync_video",),
    "create_avatar": (),
    "clone_voice": (),
    "create_speech": ("make_voiceover",),
    "create_clipping": ("make_clips",),
    "remove_background": ("separate_background",),
    "list_looks": ("find_avatars",),
    "list_voices": ("find_voices",),
    "get_account": ("get_budget",),
}
# Steps of an upload, and reads that only a program which follows jobs has a use for.
HANDSHAKES = frozenset(
    {"upload_asset", "create_upload", "complete_upload", "create_upload_batch", "complete_upload_batch"}
    | {"get_asset_batch", "get_asset_statuses", "get_video_statuses", "get_translation_statuses"}
    | {"get_lipsync_statuses", "get_video_batch", "get_translation_batch", "get_lipsync_batch"}
)
# What they answer is told once and opens something: it belongs into the settings, by an admin's own hands.
SECRETS = frozenset({"create_webhook_endpoint", "rotate_webhook_secret", "ask_avatar_consent"})
UPLOADS = ("add_asset",)
# What people have made and uploaded: titles and words of whoever asked, in whichever channel that was.
WORK = frozenset(
    {"get_video", "list_videos", "get_translation", "list_translations", "get_lipsync", "list_lipsyncs"}
    | {"get_clipping", "list_clippings", "get_background_removal", "list_background_removals"}
    | {"list_agent_sessions", "get_agent_session", "get_agent_resource", "list_agent_videos"}
    | {"list_assets", "get_asset"}
)
# What anybody may do to the results of their own requests.
OWN = frozenset(
    {"delete_video", "delete_translation", "delete_lipsync", "delete_clipping", "delete_background_removal"}
    | {"get_video", "get_translation", "get_lipsync", "get_clipping", "get_background_removal"}
)


def gate_of(operation: Operation[Any, Any]) -> Gate:
    """How an operation is reached. One that is new at HeyGen and spends money is never open."""
    if operation.name in HANDSHAKES or operation.takes_file:
        return Gate.HANDSHAKE
    if operation.name in SECRETS:
        return Gate.SECRET
    if operation.name in COMPOSITES or operation.effect in (Effect.SUBMIT, Effect.LIVE) or not operation.price.free:
        return Gate.COMPOSITE
    match operation.effect:
        case Effect.READ:
            return Gate.OPEN
        case Effect.CHANGE:
            return Gate.ASKED
        case _:
            return Gate.CLICK


def right_for(operation: Operation[Any, Any]) -> Right | None:
    """The right it takes; None where everybody may."""
    if operation.administrative:
        return Right.MANAGE_ACCOUNT
    if operation.effect is not Effect.READ:
        return Right.CHANGE_LIBRARY
    return Right.SEE_LIBRARY if operation.name in WORK else None


def composites_of(operation: Operation[Any, Any]) -> tuple[str, ...]:
    """The names of the tools of ours that may do its work."""
    if operation.name in HANDSHAKES or operation.takes_file:
        return UPLOADS if "upload" in operation.name or "asset" in operation.name else ("list_jobs",)
    return COMPOSITES.get(operation.name, ())


def callable_operations() -> list[Operation[Any, Any]]:
    """Those a search may find, by name."""
    return [operation for _, operation in sorted(OPERATIONS.items()) if gate_of(operation) in CALLABLE]
