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
        "folder_id": None,
        "output_language": None,
        "duration": job.seconds if done else None,
        "video_url": links.sign(f"{job.id}.{job.format}") if ready else None,
        "subtitle_url": links.sign(f"{job.id}.srt") if ready and caption else None,
        "captioned_video_url": links.sign(f"{job.id}.mp4") if ready and _burnt_in(caption) else None,
        "thumbnail_url": None,
        "gif_url": None,
        "video_page_url": page_url(job) if done else None,
        "failure_code": failure.code if failure else None,
        "failure_message": failure.message if failure else None,
    }


def bulk_entry(job_id: str, job: Job | None, words: Literal["batch", "resource"]) -> dict[str, Any]:
    """One line of a bulk status answer; `video_id` holds the id of any kind."""
    if job is None:
        return {"video_id": job_id, "status": "not_found"}
    own = TRANSLATION_WORDS if job.kind == "translation" else VIDEO_WORDS
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
