"""What programs can read beside calling tools: jobs, videos, and the transcripts of their person's live sessions."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from mcp_types import Resource, ResourceTemplate

from agent.live.records import LiveSession, LiveState
from agent.records import Json
from bot.mcp.jobs import Jobs
from bot.mcp.tokens import Token
from bot.slack.live_posts import transcript_text
from bot.store import Store

JSON, TEXT = "application/json", "text/plain"
URI = re.compile(r"greenroom://(jobs|videos|transcripts)/([A-Za-z0-9_-]{1,64})")
SESSIONS = 50

TEMPLATES = [
    ResourceTemplate(
        name="job", uri_template="greenroom://jobs/{handle}", mime_type=JSON, description="A job as it truly stands."
    ),
    ResourceTemplate(
        name="video",
        uri_template="greenroom://videos/{handle}",
        mime_type=JSON,
        description="The finished video of a job: its link, length and title.",
    ),
    ResourceTemplate(
        name="transcript",
        uri_template="greenroom://transcripts/{session}",
        mime_type=TEXT,
        description="What was said in a live session of the token's person that has ended.",
    ),
]


class Resources:
    """Reads of one installation."""

    def __init__(self, *, store: Store, jobs: Jobs) -> None:
        self._store = store
        self._jobs = jobs

    async def listed(self, token: Token) -> list[Resource]:
        """The jobs of the token, their videos, and the transcripts."""
        told = await self._jobs.newest(token)
        found = [_job(one) for one in told["jobs"]]
        found += [_video(one) for one in told["jobs"] if one["state"] == "completed"]
        return [*found, *[_transcript(session) for session in await self._ended(token)]]

    async def read(self, token: Token, uri: str) -> tuple[str, str] | None:
        """The type and text of a resource; None for one that this token has not."""
        match = URI.fullmatch(uri)
        if match is None:
            return None
        kind, name = match.groups()
        if kind == "transcripts":
            return await self._said(token, name)
        told = await self._jobs.get(token, name)
        if "job" not in told or (kind == "videos" and told["code"] != "completed"):
            return None
        return JSON, json.dumps(told if kind == "jobs" else _of_video(told["job"]), ensure_ascii=False)

    async def _ended(self, token: Token) -> Sequence[LiveSession]:
        sessions = await self._store.live.sessions(token.workspace_id, SESSIONS)
        return [one for one in sessions if one.requester == token.person and one.state is LiveState.ENDED and one.lines]

    async def _said(self, token: Token, session_id: str) -> tuple[str, str] | None:
        session = next((one for one in await self._ended(token) if one.id == session_id), None)
        if session is None:
            return None
        return TEXT, transcript_text(session, await self._store.live.transcript(session.id))


def _job(told: Json) -> Resource:
    name = f"{told['handle']}: {told['title']}"
    return Resource(name=name, uri=f"greenroom://jobs/{told['handle']}", mime_type=JSON, description=str(told["state"]))


def _video(told: Json) -> Resource:
    name = f"Video of {told['handle']}: {told['title']}"
    return Resource(name=name, uri=f"greenroom://videos/{told['handle']}", mime_type=JSON)


def _transcript(session: LiveSession) -> Resource:
    name = f"Live session {session.handle}"
    return Resource(name=name, uri=f"greenroom://transcripts/{session.id}", mime_type=TEXT)


def _of_video(job: Json) -> Json:
    kept = ("handle", "title", "name", "video_url", "duration_s", "finished_at")
    return {name: job[name] for name in kept if name in job}
