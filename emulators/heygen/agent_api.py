"""Routes of video agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulators.heygen import agent_models as models
from emulators.heygen.agents import Session, resource_view, session_view
from emulators.heygen.errors import invalid, missing
from emulators.heygen.library import BRAND_KITS, STYLES
from emulators.heygen.library_api import listed
from emulators.heygen.operations import Call, Operation, page
from emulators.heygen.rules import check_asset, check_callback
from emulators.heygen.views import video_view

if TYPE_CHECKING:
    from emulators.heygen import HeyGenEmulator

AGENTS = "/v3/video-agents"
SESSION = AGENTS + "/{session_id}"
CURSOR = frozenset({"limit", "token"})


class AgentApi:
    """Handlers over one emulator's sessions. None of them looks at an Idempotency-Key: nothing promises that."""

    def __init__(self, emulator: HeyGenEmulator) -> None:
        self._emulator = emulator

    def operations(self) -> list[Operation]:
        """The routes."""
        return [
            Operation("POST", AGENTS, self.create, models.CREATE_SESSION),
            Operation("GET", AGENTS, self.sessions, query=CURSOR, usual=20),
            Operation("GET", f"{AGENTS}/styles", self.styles, query=CURSOR | {"tag"}, usual=20),
            Operation("GET", SESSION, self.session),
            Operation("POST", SESSION, self.say, models.SAY),
            Operation("POST", f"{SESSION}/stop", self.stop, models.STOP, body_required=False),
            Operation("GET", SESSION + "/resources/{resource_id}", self.resource),
            Operation("GET", f"{SESSION}/videos", self.videos),
        ]

    async def create(self, call: Call) -> dict[str, Any]:
        """Begin a session."""
        body: models.CreateSession = call.body
        check_callback(body.callback_url)
        if body.callback_id is not None and body.callback_url is None:
            raise invalid("callback_id", "callback_id needs callback_url.")
        if body.style_id is not None and body.style_id not in {style["style_id"] for style in STYLES}:
            raise missing("resource_not_found", "The style")
        self._check(call, body)
        await self._emulator.pass_gate()
        session = self._emulator.agents.begin(call.account, body, None)
        status = "generating" if body.mode == "generate" else "thinking"
        created = {"session_id": session.id, "status": status, "video_id": None}
        return {"data": created | {"created_at": int(session.created)}}

    async def sessions(self, call: Call) -> dict[str, Any]:
        """The account's sessions, newest first."""
        own = [session for session in self._emulator.agents.all.values() if session.account is call.account]
        return page(own, call, _line)

    async def session(self, call: Call) -> dict[str, Any]:
        """One session with its newest messages."""
        return {"data": session_view(self._session(call))}

    async def say(self, call: Call) -> dict[str, Any]:
        """Take a message."""
        session, body = self._session(call), call.body
        self._check(call, body)
        await self._emulator.pass_gate()
        run_id = self._emulator.agents.say(session, body, None)
        return {"data": {"session_id": session.id, "run_id": run_id, "title": session.title}}

    async def stop(self, call: Call) -> dict[str, Any]:
        """Let a session stop."""
        session = self._session(call)
        self._emulator.agents.stop(session)
        return {"data": {"session_id": session.id}}

    async def resource(self, call: Call) -> dict[str, Any]:
        """Something a session made or was given."""
        resource = self._session(call).resources.get(call.path["resource_id"])
        if resource is None:
            raise missing("resource_not_found", "The resource")
        return {"data": resource_view(resource, self._emulator.links.sign)}

    async def videos(self, call: Call) -> dict[str, Any]:
        """All videos of a session, newest first, on one page."""
        state, links = self._emulator.state, self._emulator.links
        jobs = [state.jobs[job_id] for job_id in reversed(self._session(call).videos) if job_id in state.jobs]
        views = [video_view(job, links, propagated=self._emulator.propagated(job)) for job in jobs]
        return {"data": views, "has_more": False, "next_token": None}

    async def styles(self, call: Call) -> dict[str, Any]:
        """The styles, or those with a tag."""
        tag = call.query.get("tag")
        return listed(call, [style for style in STYLES if tag in (None, *style["tags"])])

    def _session(self, call: Call) -> Session:
        return self._emulator.agents.get(call.account, call.path["session_id"])

    def _check(self, call: Call, body: models.CreateSession | models.Say) -> None:
        """Refuse avatars, voices, kits and files that are not there."""
        means = self._emulator.means(call.account)
        for file in body.files or ():
            check_asset("files", file, means)
        if body.avatar_id is not None:
            means.look(body.avatar_id)
        if body.voice_id is not None:
            means.voice(body.voice_id)
        if body.brand_kit_id is not None and body.brand_kit_id not in {kit["brand_kit_id"] for kit in BRAND_KITS}:
            raise missing("resource_not_found", "The brand kit")


def _line(session: Session) -> dict[str, Any]:
    return {"session_id": session.id, "title": session.title, "created_at": int(session.created)}
