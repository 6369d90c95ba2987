"""Jobs as the API shows them. Each kind has its own words for the same states."""

from __future__ import annotations

from typing import Any, Literal

from emulators.heygen.files import Links
from emulators.heygen.state import Failure, Job, JobState

TRANSLATION_WORDS = {
    JobState.QUEUED: "pending",
    JobState.RUNNING: "running",
    JobState.COMPLETED: "completed",
    JobState.FAILED: "failed",
}
VIDEO_WORDS = TRANSLATION_WORDS | {JobState.RUNNING: "processing"}
BATCH_WORDS = VIDEO_WORDS | {JobState.QUEUED: "queued"}


def translation_view(job: Job, links: Links, *, propagated: bool) -> dict[str, Any]:
    """A translation; its links are null until it is completed and `propagated`."""
    ready = job.state is JobState.COMPLETED and propagated
    view = {
        "id": job.id,
        "title": job.fields.get("title"),
        "status": TRANSLATION_WORDS[job.state],
        "output_language": job.language,
        "input_language": job.fields.get("input_language"),
        "callback_id": job.fields.get("callback_id"),
        "created_at": int(job.created),
        "translate_audio_only": job.fields.get("translate_audio_only", False),
        "duration": job.seconds if job.state is JobState.COMPLETED else None,
    }
    files = {"video_url": "mp4", "audio_url": "mp3", "srt_caption_url": "srt", "vtt_caption_url": "vtt"}
    view |= {field: links.sign(f"{job.id}.{ext}") if ready else None for field, ext in files.items()}
    return view | {"failure_message": job.fate.message if _failed(job) and job.fate else None}


def video_view(job: Job, links: Links, *, propagated: bool) -> dict[str, Any]:
    """A video; its links are null until it is completed and `propagated`."""
    done = job.state is JobState.COMPLETED
    ready = done and propagated
    caption = job.fields.get("caption")
    failure = job.fate if _failed(job) else None
    return {
        "id": job.id,
        "title": job.fields.get("title"),
        "status": VIDEO_WORDS[job.state],
        "created_at": int(job.created),
        "completed_at": int(job.completed) if done and job.completed else None,
        "folder_id": job.fields.get("folder_id"),
        "output_language": None,
        "duration": job.seconds if done else None,
        "video_url": links.sign(f"{job.id}.{job.format}") if ready else None,
        "subtitle_url": links.sign(f"{job.id}.srt") if ready and caption else None,
        "captioned_video_url": links.sign(f"{job.id}.mp4") if ready and _burnt_in(caption) else None,
        "thumbnail_url": links.sign(f"{job.id}.png") if ready else None,
        "gif_url": links.sign(f"{job.id}.gif") if ready and job.fields.get("gif") else None,
        "video_page_url": page_url(job) if done else None,
        "failure_code": failure.code if failure else None,
        "failure_message": failure.message if failure else None,
    }


def lipsync_view(job: Job, links: Links, *, propagated: bool) -> dict[str, Any]:
    """A lip-sync; its links are null until it is completed and `propagated`."""
    done = job.state is JobState.COMPLETED
    ready = done and propagated
    return {
        "id": job.id,
        "title": job.fields.get("title"),
        "status": TRANSLATION_WORDS[job.state],
        "callback_id": job.fields.get("callback_id"),
        "created_at": int(job.created),
        "duration": job.seconds if done else None,
        "video_url": links.sign(f"{job.id}.mp4") if ready else None,
        "caption_url": links.sign(f"{job.id}.srt") if ready and job.fields.get("enable_caption") else None,
        "failure_message": job.fate.message if _failed(job) and job.fate else None,
    }


def proofread_view(job: Job) -> dict[str, Any]:
    """A proofread."""
    words = {JobState.COMPLETED: "completed", JobState.FAILED: "failed"}
    return {
        "id": job.id,
        "title": job.fields.get("title"),
        "status": words.get(job.state, "processing"),
        "input_language": "English",
        "output_language": job.language,
        "submitted_for_review": False,
        "created_at": int(job.created),
        "failure_message": job.fate.message if _failed(job) and job.fate else None,
    }


def clipping_view(job: Job, links: Links, now: float) -> dict[str, Any]:
    """The clips of a long video; `now` is work time, from which the progress comes."""
    done = job.state is JobState.COMPLETED
    share = (now - job.starts) / max(job.due - job.starts, 1.0)
    settings = job.fields["output_settings"]
    return {
        "id": job.id,
        "title": job.fields.get("title"),
        "status": TRANSLATION_WORDS[job.state],
        "progress": 100 if done else 0 if _failed(job) else int(max(0.0, min(share, 0.99)) * 100),
        "source_duration": job.seconds,
        "input_language": job.fields.get("input_language"),
        "output_settings": settings,
        "callback_id": job.fields.get("callback_id"),
        "created_at": int(job.created),
        "clips": [_clip(job, at, settings["aspect_ratio"], links) for at in (1, 2, 3)] if done else [],
        "failure_message": job.fate.message if _failed(job) and job.fate else None,
    }


def _clip(job: Job, at: int, aspect_ratio: str, links: Links) -> dict[str, Any]:
    """One clip; the last one of three did not work out, as happens."""
    good = at < 3
    return {
        "id": f"{job.id}-{at}",
        "title": f"Clip {at}",
        "status": "completed" if good else "failed",
        "aspect_ratio": aspect_ratio,
        "duration_seconds": min(30.0, job.seconds / 3) if good else None,
        "virality_score": 90 - 10 * at if good else None,
        "video_url": links.sign(f"{job.id}-{at}.mp4") if good else None,
        "thumbnail_url": links.sign(f"{job.id}-{at}.png") if good else None,
        "failure_message": None if good else "The clip could not be cut.",
    }


def background_view(job: Job, links: Links) -> dict[str, Any]:
    """A separated video; deleted ones are still known."""
    done, deleted = job.state is JobState.COMPLETED, bool(job.fields.get("deleted"))
    layers = (job.fields["layers"] or ["foreground"]) if done and not deleted else []
    return {
        "id": job.id,
        "status": "deleted" if deleted else VIDEO_WORDS[job.state],
        "duration": job.seconds if done else None,
        "layers": {name: links.sign(f"{job.id}-{name}.mp4") for name in layers},
        "created_at": int(job.created),
        "completed_at": int(job.completed) if done and job.completed else None,
        "error": job.fate.message if _failed(job) and job.fate else None,
    }


def bulk_entry(job_id: str, job: Job | None, words: Literal["batch", "resource"]) -> dict[str, Any]:
    """One line of a bulk status answer; `video_id` holds the id of any kind."""
    if job is None:
        return {"video_id": job_id, "status": "not_found"}
    own = VIDEO_WORDS if job.kind == "video" else TRANSLATION_WORDS
    entry: dict[str, Any] = {
        "video_id": job_id,
        "status": (BATCH_WORDS if words == "batch" else own)[job.state],
    }
    return entry | ({"error": _error(job.fate)} if _failed(job) and job.fate else {})


def page_url(job: Job) -> str:
    """The video's page in the vendor's web application; it needs a login."""
    return f"https://app.heygen.com/videos/{job.id}"


def _failed(job: Job) -> bool:
    return job.state is JobState.FAILED


def _burnt_in(caption: Any) -> bool:
    return bool(caption and caption.get("style"))


def _error(failure: Failure) -> dict[str, Any]:
    return {"code": failure.code, "message": failure.message}
