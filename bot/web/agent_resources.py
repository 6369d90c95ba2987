"""Links to what a video agent shows: ours and signed. Each click re-reads it, for HeyGen's own links expire."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Protocol

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from agent.ports import Accounts, Clock
from agent.video_agents.records import AgentSession
from bot.signing import Signer
from bot.store.wording import PREFIX
from bot.web.links import AGAIN, NO_STORE, RETRY
from heygen import HeyGenError, NotFound
from heygen.catalogue.agents import GET_AGENT_RESOURCE
from heygen.records import AgentResource

log = structlog.get_logger(__name__)

GOOD_FOR = 30 * 24 * 3_600  # seconds
LONGEST_ID = 200


class SessionReads(Protocol):
    """What is read of sessions."""

    async def session(self, session_id: str) -> AgentSession:
        """One session; `KeyError` when there is none."""
        ...


class AgentResources:
    """Makes links to drafts, pictures and videos of a session and answers them under `/a/`."""

    def __init__(
        self, *, public_url: str | None, secret: str, sessions: SessionReads, accounts: Accounts, clock: Clock
    ) -> None:
        self._public_url = public_url
        self._signer = Signer(secret, "agent resource")
        self._sessions = sessions
        self._accounts = accounts
        self._clock = clock

    def link(self, session: AgentSession, resource_id: str) -> str | None:
        """A link to something that a message of the session names; None where nobody could follow it."""
        if self._public_url is None or len(resource_id) > LONGEST_ID:
            return None
        until = int(session.created_at) + GOOD_FOR
        text = json.dumps([session.id, resource_id, until], separators=(",", ":"))
        value = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        return f"{self._public_url}/a/{self._signer.sign(value)}"

    def routes(self) -> list[Route]:
        """The routes that answer these links."""
        return [Route("/a/{token}", self._answer, methods=["GET"])]

    async def _answer(self, request: Request) -> Response:
        named = _named(self._signer.unsign(request.path_params["token"]))
        session = await self._session(named[0]) if named else None
        if named is None or session is None:
            return _say(404, "There is no such link.")
        if named[2] < self._clock.now():
            return _say(410, "This link has expired. Ask for a new one in the Slack thread.")
        try:
            client = await self._accounts.client(session.account_id)
            where = {"session_id": session.provider_session_id, "resource_id": named[1]}
            url = best_of(await client.call(GET_AGENT_RESOURCE, where))
        except NotFound:
            url = None
        except HeyGenError as error:
            log.warning("agent_resource_failed", agent=session.id, error=str(error))
            return _say(503, AGAIN, RETRY)
        if url is None or not url.startswith(("https://", "http://")):
            return _say(404, "HeyGen does not have this any more.")
        return RedirectResponse(url, status_code=302, headers=NO_STORE)

    async def _session(self, session_id: str) -> AgentSession | None:
        """The session, unless whoever asked for it has been deleted."""
        try:
            session = await self._sessions.session(session_id)
        except KeyError:
            return None
        return None if session.requester.startswith(PREFIX) else session


def best_of(resource: AgentResource) -> str | None:
    """Where to look at it: a video itself, of anything else what was made to be looked at."""
    if resource.type == "video":
        return resource.url or resource.preview_url
    return resource.preview_url or resource.url or resource.thumbnail_url


def _named(value: str | None) -> tuple[str, str, int] | None:
    """What a token names; None for what we never signed."""
    if value is None:
        return None
    try:
        session_id, resource_id, until = json.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
    except (ValueError, binascii.Error):
        return None
    return session_id, resource_id, until


def _say(status: int, sentence: str, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse(sentence, status_code=status, headers={**NO_STORE, **(headers or {})})
