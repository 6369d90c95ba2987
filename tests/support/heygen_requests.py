"""For every operation of the catalogue the least it can be asked with, and requests that use everything it takes.

The ids are those of `seed`, which makes an emulator that has them; to who only knows the schema any id is good.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from typing import Any

from emulators.heygen import HeyGenEmulator
from emulators.heygen.agent_models import CreateSession
from emulators.heygen.batches import Batch, BatchKind, Item
from emulators.heygen.people import Group, Look, Voice
from emulators.heygen.state import Kind
from heygen import FileSource

Arguments = dict[str, Any]

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
CHECKSUM = "a" * 64
URL: Arguments = {"type": "url", "url": "https://media.example.com/film.mp4?signature=x"}
ASSET: Arguments = {"type": "asset_id", "asset_id": "asset_1"}
DATA: Arguments = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
CALLBACK: Arguments = {"callback_url": "https://bot.example.com/heygen", "callback_id": "sub_1"}
PAGE: Arguments = {"limit": 7}
MANNER: Arguments = {"speed": 1.25, "pitch": -5.0, "volume": 0.5, "locale": "en-GB"}
ENGINES: list[Arguments] = [
    {
        "engine_type": "elevenlabs",
        "model": "eleven_v3",
        "similarity_boost": 0.5,
        "stability": 0.5,
        "style": 0.1,
        "use_speaker_boost": True,
    },
    {"engine_type": "fish", "model": "s1", "similarity": 0.5, "stability": 0.5},
    {"engine_type": "starfish"},
]
WATERMARK: Arguments = {
    "image": DATA,
    "opacity": 0.5,
    "scale": 0.2,
    "placement": {"position": "top_left", "offset_x": 4.0, "offset_y": 4.0},
}
SAID: Arguments = {"script": "Hello.", "voice_id": "voice-1"}
SAID_FULLY: Arguments = SAID | {"voice_settings": MANNER | {"engine_settings": ENGINES[0]}}
PERSON: Arguments = {
    "title": "Launch",
    "resolution": "1080p",
    "aspect_ratio": "9:16",
    "fit": "cover",
    "background": {"type": "color", "value": "#ffffff"},
    "remove_background": True,
    "output_format": "mp4",
    "caption": {"file_format": "srt", "style": "default"},
    "motion_prompt": "Nods.",
    "expressiveness": "high",
    "watermark": WATERMARK,
    **CALLBACK,
}
AVATAR: Arguments = {"type": "avatar", "avatar_id": "look-1", **SAID}
FULL_AVATAR = AVATAR | PERSON | SAID_FULLY | {"engine": {"type": "avatar_v", "reference_look_id": "look-2"}}
HEARD: Arguments = {
    "type": "avatar",
    "avatar_id": "look-2",
    "audio_url": "https://media.example.com/say.mp3",
    "engine": {"type": "avatar_iii"},
    "background": {"type": "image", "url": "https://media.example.com/office.png"},
    "output_format": "mp4",
}
FULL_IMAGE: Arguments = {
    "type": "image",
    "image": URL,
    **PERSON,
    "audio_asset_id": "asset_1",
    "background": {"type": "image", "asset_id": "asset_1"},
}
CINEMATIC: Arguments = {"type": "cinematic_avatar", "prompt": "A walk in the rain.", "avatar_id": ["look-1"]}
FULL_CINEMATIC = CINEMATIC | {
    "references": [URL, ASSET, DATA],
    "duration": 8,
    "enhance_prompt": True,
    "resolution": "1080p",
    "aspect_ratio": "1:1",
    "title": "Rain",
}
SCENES: list[Arguments] = [
    {
        "type": "avatar_video",
        "input": {
            "type": "avatar",
            "avatar_id": "look-1",
            **SAID,
            "voice_settings": MANNER | {"engine_settings": ENGINES[1]},
            "background": {"type": "color", "color": "#000000"},
            "engine": {"type": "avatar_iv"},
            "expressiveness": "low",
            "motion_prompt": "Smiles.",
        },
    },
    {
        "type": "avatar_video",
        "input": {"type": "avatar", "avatar_id": "look-1", "audio_url": "https://m.example/a.mp3"},
    },
    {"type": "avatar_video", "input": {"type": "avatar", "avatar_id": "look-1", "audio_asset_id": "asset_1"}},
    {
        "type": "avatar_video",
        "input": {
            "type": "image",
            "image": DATA,
            **SAID,
            "voice_settings": MANNER | {"engine_settings": ENGINES[2]},
            "expressiveness": "medium",
            "motion_prompt": "Waves.",
        },
    },
    {"type": "avatar_video", "input": {"type": "image", "image": URL, "audio_url": "https://m.example/a.mp3"}},
    {"type": "avatar_video", "input": {"type": "image", "image": ASSET, "audio_asset_id": "asset_1"}},
    {"type": "image", "source": DATA, **SAID_FULLY},
    {"type": "image", "source": URL, "audio_url": "https://m.example/a.mp3"},
    {"type": "image", "source": ASSET, "audio_asset_id": "asset_1"},
    {"type": "image", "source": URL, "duration": 5.5},
    {"type": "video", "source": ASSET, "playback": {"mute": False, "volume": 0.8}},
]
STUDIO: Arguments = {"type": "studio", "scenes": SCENES[-1:]}
FULL_STUDIO: Arguments = {
    "type": "studio",
    "scenes": SCENES,
    "title": "Launch",
    "resolution": "720p",
    "aspect_ratio": "16:9",
    "caption": {"file_format": "srt"},
    "watermark": WATERMARK,
    **CALLBACK,
}
VIDEOS: list[Arguments] = [
    FULL_AVATAR,
    FULL_IMAGE,
    FULL_CINEMATIC,
    FULL_STUDIO,
    STUDIO,
    HEARD,
    CINEMATIC | {"auto_duration": True},
    {"type": "image", "image": ASSET, **SAID_FULLY},
    {"type": "image", "image": DATA, "audio_url": "https://media.example.com/say.mp3"},
    {"type": "avatar", "avatar_id": "look-1", "audio_asset_id": "asset_1"},
]

REMADE: Arguments = {
    "title": "Launch",
    "mode": "precision",
    "start_time": 0.5,
    "end_time": 12.5,
    "enable_dynamic_duration": True,
    "enable_caption": True,
    "enable_speech_enhancement": True,
    "enable_watermark": False,
    "disable_music_track": False,
    "keep_the_same_format": True,
    "fps_mode": "cfr",
    "folder_id": "folder_1",
    **CALLBACK,
}
TRANSLATE: Arguments = {"video": URL, "output_languages": ["Spanish (Spain)"]}
FULL_TRANSLATE = REMADE | {
    "video": ASSET,
    "output_languages": ["Spanish (Spain)", "French (France)"],
    "input_language": "en",
    "speaker_num": 2,
    "translate_audio_only": False,
    "audio": URL,
    "srt": ASSET,
    "srt_role": "input",
    "brand_glossary_id": "glossary-1",
    "stock_voice_config": {"use_stock_voice": True, "preferred_stock_voice_ids": ["voice-1"]},
}
OLDER_TRANSLATE = TRANSLATE | {"brand_voice_id": "glossary-1"}
SYNC: Arguments = {"video": URL, "audio": ASSET}
FULL_SYNC = REMADE | {"video": ASSET, "audio": URL}
PROOFREAD: Arguments = {"video": URL, "output_languages": ["Spanish (Spain)"], "title": "Check"}
FULL_PROOFREAD = PROOFREAD | {
    "video": ASSET,
    "mode": "precision",
    "speaker_num": 2,
    "srt": URL,
    "enable_video_stretching": True,
    "enable_speech_enhancement": True,
    "disable_music_track": True,
    "keep_the_same_format": True,
    "brand_glossary_id": "glossary-1",
    "brand_voice_id": "glossary-1",
    "folder_id": "folder_1",
}
VARIABLES: list[Arguments] = [
    {"name": "text", "value": {"type": "text", "content": "Ada"}},
    {"name": "image", "value": {"type": "image", "asset": DATA, "fit": "cover"}},
    {
        "name": "video",
        "value": {"type": "video", "asset": URL, "fit": "crop", "play_style": "once", "volume": 0.5},
    },
    {"name": "audio", "value": {"type": "audio", "asset": ASSET}},
    {"name": "character", "value": {"type": "character", "character_id": "look-1", "character_type": "avatar"}},
    {"name": "voice", "value": {"type": "voice", "voice_id": "voice-1", "locale": "en-GB"}},
]
FULL_TEMPLATE: Arguments = {
    "template_id": "template_1",
    "variables": VARIABLES,
    "title": "For Ada",
    "scene_ids": ["scene-1", "scene-1"],
    "dimension": {"width": 1280, "height": 720},
    "fps": 30,
    "caption": True,
    "subtitles": {
        "preset_name": "plain",
        "alignment": 2,
        "disable_highlight": True,
        "font_size": 20,
        "position": {"x": 1.0, "y": 2.0},
    },
    "include_gif": True,
    "enable_sharing": True,
    "keep_text_vertically_centered": True,
    "reorder_music": False,
    "brand_voice_id": "glossary-1",
    "folder_id": "folder_1",
    **CALLBACK,
}
LIKING: Arguments = {"avatar_id": "look-1", "voice_id": "voice-1", "brand_kit_id": "kit-1", "files": [URL, ASSET, DATA]}
FULL_SESSION: Arguments = {
    "prompt": "A film about our launch.",
    "mode": "chat",
    "orientation": "portrait",
    "style_id": "style-1",
    "incognito_mode": True,
    **LIKING,
    **CALLBACK,
}
ANNOUNCED: Arguments = {"filename": "film.mp4", "content_type": "video/mp4", "size_bytes": 1_000}
FULL_ANNOUNCED = ANNOUNCED | {"checksum_sha256": CHECKSUM}
PROMPTED: Arguments = {"type": "prompt", "name": "Ada", "prompt": "A woman with short hair."}
FULL_AVATARS: list[Arguments] = [
    {"type": "photo", "name": "Ada", "file": DATA, "avatar_group_id": "group_1"},
    {"type": "digital_twin", "name": "Ada", "file": URL, "avatar_group_id": "group_1"},
    PROMPTED | {"avatar_id": "look-1", "reference_images": [ASSET], "avatar_group_id": "group_1"},
]
CLIPS: Arguments = {
    "aspect_ratio": "square",
    "duration_types": ["30", "long"],
    "captions": False,
    "caption_style": "plain",
    "prompt": "The funny parts.",
}
EVENTS = ["video_agent.success", "batch.finished"]

MINIMAL: dict[str, Arguments] = {
    "create_video": {"video": AVATAR},
    "get_video": {"video_id": "video_1"},
    "list_videos": {},
    "delete_video": {"video_id": "video_1"},
    "get_video_statuses": {"video_ids": ["video_1"]},
    "create_video_batch": {"videos": [AVATAR]},
    "get_video_batch": {"batch_id": "video_batch"},
    "list_templates": {},
    "get_template": {"template_id": "template_1"},
    "create_video_from_template": {"template_id": "template_1", "variables": []},
    "create_agent_session": {"prompt": "A film."},
    "list_agent_sessions": {},
    "get_agent_session": {"session_id": "session_1"},
    "message_agent_session": {"session_id": "session_1", "message": "For customers."},
    "stop_agent_session": {"session_id": "session_1"},
    "get_agent_resource": {"session_id": "session_1", "resource_id": "resource_1"},
    "list_agent_videos": {"session_id": "session_1"},
    "list_agent_styles": {},
    "create_translation": TRANSLATE,
    "get_translation": {"video_translation_id": "translation_1"},
    "list_translations": {},
    "rename_translation": {"video_translation_id": "translation_1", "title": "New"},
    "delete_translation": {"video_translation_id": "translation_1"},
    "get_translation_statuses": {"video_translation_ids": ["translation_1"]},
    "list_translation_languages": {},
    "create_translation_batch": {"video_translations": [TRANSLATE]},
    "get_translation_batch": {"batch_id": "translation_batch"},
    "create_proofread": PROOFREAD,
    "get_proofread": {"proofread_id": "proofread_1"},
    "get_proofread_subtitles": {"proofread_id": "proofread_1"},
    "replace_proofread_subtitles": {"proofread_id": "proofread_1", "srt": URL},
    "generate_from_proofread": {"proofread_id": "proofread_1"},
    "create_lipsync": SYNC,
    "get_lipsync": {"lipsync_id": "lipsync_1"},
    "list_lipsyncs": {},
    "rename_lipsync": {"lipsync_id": "lipsync_1", "title": "New"},
    "delete_lipsync": {"lipsync_id": "lipsync_1"},
    "get_lipsync_statuses": {"lipsync_ids": ["lipsync_1"]},
    "create_lipsync_batch": {"lipsyncs": [SYNC]},
    "get_lipsync_batch": {"batch_id": "lipsync_batch"},
    "upload_asset": {},
    "create_upload": ANNOUNCED,
    "complete_upload": {"asset_id": "asset_1"},
    "create_upload_batch": {"files": [ANNOUNCED]},
    "complete_upload_batch": {"batch_id": "asset_batch"},
    "get_asset_batch": {"batch_id": "asset_batch"},
    "get_asset_statuses": {"asset_ids": ["asset_1"]},
    "list_assets": {"username": "greenroom"},
    "get_asset": {"asset_id": "asset_1"},
    "delete_asset": {"asset_id": "asset_1"},
    "search_images": {"query": "office", "type": "image"},
    "create_avatar": {"avatar": PROMPTED},
    "list_avatars": {},
    "get_avatar": {"group_id": "group_1"},
    "delete_avatar": {"group_id": "group_1"},
    "ask_avatar_consent": {"group_id": "group_1"},
    "list_looks": {},
    "get_look": {"look_id": "look_1"},
    "rename_look": {"look_id": "look_1"},
    "delete_look": {"look_id": "look_1"},
    "list_voices": {},
    "get_voice": {"voice_id": "voice_1"},
    "delete_voice": {"voice_id": "voice_1"},
    "design_voice": {"prompt": "Calm and deep."},
    "clone_voice": {"audio": URL, "voice_name": "Ada"},
    "create_speech": {"text": "Hello.", "voice_id": "voice-1"},
    "create_clipping": {"video": URL},
    "get_clipping": {"job_id": "clipping_1"},
    "list_clippings": {},
    "delete_clipping": {"job_id": "clipping_1"},
    "remove_background": {"video": URL},
    "get_background_removal": {"job_id": "background_removal_1"},
    "list_background_removals": {},
    "delete_background_removal": {"job_id": "background_removal_1"},
    "get_account": {},
    "list_brand_kits": {},
    "list_brand_glossaries": {},
    "search_sounds": {"query": "rain"},
    "create_webhook_endpoint": {"url": "https://bot.example.com/heygen"},
    "list_webhook_endpoints": {},
    "update_webhook_endpoint": {"endpoint_id": "endpoint_1", "events": EVENTS},
    "delete_webhook_endpoint": {"endpoint_id": "endpoint_1"},
    "rotate_webhook_secret": {"endpoint_id": "endpoint_1"},
    "list_webhook_event_types": {},
    "list_webhook_events": {},
}
# What takes more than its least. A token is left to those that only know the schema: an emulator made none of it.
FULL: dict[str, list[Arguments]] = {
    "create_video": [{"video": one} for one in VIDEOS],
    "list_videos": [PAGE | {"title": "Launch", "folder_id": "folder_1"}],
    "get_video_statuses": [{"video_ids": ["video_1", "nope"], "batch_ids": ["video_batch"]}],
    "create_video_batch": [
        {"videos": VIDEOS, "title": "All", "callback_url": "https://bot.example.com/heygen"},
    ],
    "get_video_batch": [{"batch_id": "video_batch"} | PAGE],
    "list_templates": [PAGE],
    "create_video_from_template": [FULL_TEMPLATE],
    "create_agent_session": [FULL_SESSION],
    "list_agent_sessions": [PAGE],
    "message_agent_session": [{"session_id": "session_1", "message": "For customers.", **LIKING}],
    "list_agent_styles": [PAGE | {"tag": "business"}],
    "create_translation": [FULL_TRANSLATE, OLDER_TRANSLATE],
    "list_translations": [PAGE],
    "get_translation_statuses": [{"video_translation_ids": ["translation_1"], "batch_ids": ["translation_batch"]}],
    "create_translation_batch": [
        {"video_translations": [FULL_TRANSLATE, OLDER_TRANSLATE], "title": "Two"}
        | {"callback_url": "https://bot.example.com/heygen"}
    ],
    "get_translation_batch": [{"batch_id": "translation_batch"} | PAGE],
    "create_proofread": [FULL_PROOFREAD],
    "generate_from_proofread": [
        {"proofread_id": "proofread_1", "captions": True, "translate_audio_only": True, **CALLBACK}
    ],
    "create_lipsync": [FULL_SYNC],
    "list_lipsyncs": [PAGE],
    "get_lipsync_statuses": [{"lipsync_ids": ["lipsync_1"], "batch_ids": ["lipsync_batch"]}],
    "create_lipsync_batch": [
        {"lipsyncs": [FULL_SYNC, SYNC], "title": "Two", "callback_url": "https://bot.example.com/heygen"}
    ],
    "get_lipsync_batch": [{"batch_id": "lipsync_batch"} | PAGE],
    "create_upload": [FULL_ANNOUNCED],
    "complete_upload": [{"asset_id": "asset_1", "checksum_sha256": CHECKSUM}],
    "create_upload_batch": [
        {"files": [FULL_ANNOUNCED], "title": "One", "callback_url": "https://bot.example.com/heygen"}
    ],
    "get_asset_batch": [{"batch_id": "asset_batch"} | PAGE],
    "get_asset_statuses": [{"asset_ids": ["asset_1"], "batch_ids": ["asset_batch"]}],
    "list_assets": [{"username": "greenroom", "folder_id": "folder_1"} | PAGE],
    "search_images": [{"query": "office", "type": "icon", "scope": "personal"} | PAGE],
    "create_avatar": [{"avatar": one} for one in FULL_AVATARS],
    "list_avatars": [{"ownership": "private"} | PAGE],
    "ask_avatar_consent": [
        {"group_id": "group_1", "consent_text": "I agree.", "consent_video": ASSET, "reroute_url": "https://b.example"}
    ],
    "list_looks": [{"group_id": "group_1", "avatar_type": "photo_avatar", "ownership": "private"} | PAGE],
    "rename_look": [{"look_id": "look_1", "name": "At home"}],
    "list_voices": [{"type": "public", "language": "English", "gender": "female", "engine": "starfish"} | PAGE],
    "design_voice": [{"prompt": "Calm and deep.", "gender": "male", "locale": "en-GB", "seed": 3}],
    "clone_voice": [{"audio": DATA, "voice_name": "Ada", "language": "English", "remove_background_noise": False}],
    "create_speech": [
        {
            "text": "<speak>Hello.</speak>",
            "voice_id": "voice-1",
            "input_type": "ssml",
            "speed": 2.0,
            "language": "English",
            "locale": "en-GB",
        }
    ],
    "create_clipping": [
        {"video": ASSET, "output_settings": CLIPS, "input_language": "en", "title": "Best of", **CALLBACK}
    ],
    "list_clippings": [PAGE],
    "remove_background": [
        {"video": DATA, "layers": ["foreground", "mask", "background"], "title": "Cut", "request_id": "req_1"}
    ],
    "list_background_removals": [PAGE],
    "list_brand_kits": [PAGE],
    "list_brand_glossaries": [PAGE],
    "search_sounds": [{"query": "rain", "type": "sound_effects", "min_score": 0.5} | PAGE],
    "create_webhook_endpoint": [{"url": "https://bot.example.com/heygen", "events": EVENTS, "entity_id": "entity_1"}],
    "list_webhook_endpoints": [PAGE],
    "update_webhook_endpoint": [
        {"endpoint_id": "endpoint_1", "url": "https://bot.example.com/other", "events": EVENTS}
    ],
    "list_webhook_events": [{"event_type": "batch.finished", "entity_id": "entity_1"} | PAGE],
}


def file() -> FileSource:
    """A small picture on its way."""

    async def chunks() -> AsyncIterator[bytes]:
        yield PNG[:50]
        yield PNG[50:]

    return FileSource(name="a.png", content_type="image/png", size=len(PNG), chunks=chunks())


def seed(heygen: HeyGenEmulator) -> None:
    """Give an emulator everything that the requests name."""
    heygen.switches.check_sources = False
    asset = heygen.seed_asset("asset_1", 60)
    asset.status = "completed"
    for kind in ("video", "translation", "lipsync", "proofread", "clipping", "background_removal"):
        _job(heygen, kind)  # type: ignore[arg-type]
    for kind in ("video", "translation", "lipsync", "asset"):
        _batch(heygen, kind)  # type: ignore[arg-type]
    template = heygen.add_template(
        "Everything", "Hi {{text}}", {one["name"]: one["value"] | {"fit": "contain"} for one in VARIABLES}
    )
    heygen.templates["template_1"] = dataclasses.replace(template, id="template_1")
    _people(heygen)
    _session(heygen)
    endpoint = heygen.seed_endpoint("https://seeded.example.com/hook", "whsec_1")
    endpoint.id = "endpoint_1"
    heygen.webhooks.endpoints = {endpoint.id: endpoint}
    heygen.switches.probe_endpoints = False


def _job(heygen: HeyGenEmulator, kind: Kind) -> None:
    """A completed job."""
    fields: Arguments = {
        "title": kind,
        "mode": "speed",
        "layers": ["mask"],
        "output_settings": CLIPS,
    }
    job = heygen.jobs.accept(heygen.account(), kind, fields, seconds=60, price=0, key=None, language="Spanish (Spain)")
    heygen.finish(job.id)
    del heygen.state.jobs[job.id]
    job.id = f"{kind}_1"
    heygen.state.jobs[job.id] = job


def _batch(heygen: HeyGenEmulator, kind: BatchKind) -> None:
    """A batch whose first item is that job, or that asset."""
    items = [Item(0, job_id=f"{kind}_1")]
    batch = Batch(f"{kind}_batch", heygen.account(), kind, None, None, heygen.clock.now(), items, announced=True)
    heygen.batches.all[batch.id] = batch


def _people(heygen: HeyGenEmulator) -> None:
    """The account's own avatar, look and voice."""
    account = heygen.account().name
    heygen.people.groups["group_1"] = Group(heygen.state.next_seq(), "group_1", account, "Ada", consent="pending")
    look = Look(heygen.state.next_seq(), "look_1", account, "group_1", "Ada", kind="photo_avatar", status="completed")
    heygen.people.looks["look_1"] = look
    voice = Voice(heygen.state.next_seq(), "voice_1", account, "Ada", "English", "female", status="complete")
    heygen.people.voices["voice_1"] = voice


def _session(heygen: HeyGenEmulator) -> None:
    """A session in chat mode that waits for an answer and has a resource."""
    request = CreateSession(prompt="A film.", mode="chat", files=None)
    session = heygen.agents.begin(heygen.account(), request, None)
    del heygen.agents.all[session.id]
    session.id = "session_1"
    heygen.agents.all[session.id] = session
    heygen.finish(session.id)
    resource = heygen.agents.give(session, "image")
    session.resources = {"resource_1": dataclasses.replace(resource, id="resource_1")}
