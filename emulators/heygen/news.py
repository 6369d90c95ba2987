"""What happened, in the words of events: one set of names per kind of work and outcome."""

from __future__ import annotations

import dataclasses
from typing import Any

from emulators.heygen.agents import Session
from emulators.heygen.batches import Batch, Word, batch_word, counts
from emulators.heygen.files import Links
from emulators.heygen.state import Job, JobState, Kind
from emulators.heygen.views import page_url

SUBJECTS: dict[Kind, str] = {
    "translation": "video_translate",
    "video": "avatar_video",
    "proofread": "proofread_creation",
    "clipping": "ai_clipping",
    "look": "photo_avatar_generation",
    "lipsync": "lipsync",
}
EVENTLESS: frozenset[Kind] = frozenset({"lipsync"})  # only its callback address hears of it


@dataclasses.dataclass(frozen=True, slots=True)
class News:
    """Something that happened to a resource of an account."""

    account: str
    type: str
    entity_id: str
    data: dict[str, Any]
    callback_url: str | None = None
    event: bool = True


def of_job(job: Job, links: Links) -> News | None:
    """What the end of a job means; None for what nobody is ever told of."""
    subject = SUBJECTS.get(job.kind)
    if subject is None or job.part_of is not None:
        return None
    succeeded = job.state is JobState.COMPLETED
    return News(
        account=job.account,
        type=f"{subject}.{'success' if succeeded else 'fail'}",
        entity_id=job.id,
        data=_job_data(job, links) | {"callback_id": job.fields.get("callback_id")},
        callback_url=job.callback_url,
        event=job.kind not in EVENTLESS,
    )


def _job_data(job: Job, links: Links) -> dict[str, Any]:
    reason = job.fate.message if job.fate else None
    link = links.sign(f"{job.id}.{job.format}")
    match job.kind, job.state is JobState.COMPLETED:
        case "translation", True:
            return {"video_translate_id": job.id, "url": link, "output_language": job.language}
        case "translation", False:
            return {"video_translate_id": job.id, "message": reason, "output_language": job.language}
        case "video", True:
            pages = {"video_page_url": page_url(job), "video_share_page_url": page_url(job)}
            return {"video_id": job.id, "url": link, "gif_download_url": None, "folder_id": None} | pages
        case "video", False:
            return {"video_id": job.id, "msg": reason}
        case "look", succeeded:
            found = {"group_id": job.fields.get("group_id"), "look_id": job.fields.get("look_id")}
            return found if succeeded else found | {"message": reason}
        case kind, succeeded:
            return {f"{kind}_id": job.id} | ({} if succeeded else {"message": reason})


def of_session(session: Session, links: Links) -> News:
    """What the end of a session with a video agent means."""
    video_id = session.videos[-1] if session.videos else None
    succeeded = session.phase == "completed"
    data = {
        "session_id": session.id,
        "video_id": video_id,
        "url": links.sign(f"{video_id}.mp4") if succeeded and video_id else None,
        "callback_id": session.request.callback_id,
    }
    kind = f"video_agent.{'success' if succeeded else 'fail'}"
    return News(session.account.name, kind, session.id, data, session.request.callback_url)


def of_batch(batch: Batch, word: Word) -> News:
    """What the end of a batch means."""
    data = {
        "batch_id": batch.id,
        "status": batch_word(batch, word),
        "total_items": len(batch.items),
        "counts_by_status": counts(batch, word),
    }
    return News(batch.account.name, "batch.finished", batch.id, data, batch.callback_url)
