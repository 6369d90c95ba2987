"""Videos by HeyGen's video agents as a kind of work: one request begins a session, or has one make another version.

The arguments of a submission: `prompt`, `mode`, `seconds` and what `Presenter.arguments` gives, for a new session;
`session` (HeyGen's id, from the conversation's own row), `message` and `seconds` for another version. HeyGen
promises nothing about idempotency keys here, so whoever sends again looks first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from agent.money import Prices, Quote
from agent.records import JobKind, Json, Submission
from agent.video_agents.rules import OVER, USER, run_id, run_of
from agent.work import Remote
from heygen import Client, HeyGenError, NotFound, RemoteStatus, StatusEntry, Video
from heygen.catalogue.agents import (
    CREATE_AGENT_SESSION,
    GET_AGENT_SESSION,
    LIST_AGENT_SESSIONS,
    LIST_AGENT_VIDEOS,
    MESSAGE_AGENT_SESSION,
)
from heygen.records import AgentSession as RemoteSession

PRICE = "agent"
USUAL_SECONDS = 60  # the length that is asked for where the person names none: without one nobody knows the price
SHORTEST, LONGEST = 0.79, 1.74  # what HeyGen makes of the length it was asked for
BUSY_SECONDS = 30.0
LOOKED_AT = 20  # unknown sessions that are read when one is looked for
LIST_PAGE = 50
_LENGTH = re.compile(r"\b(\d{1,4})[ -]*(s|secs?|seconds?|m|mins?|minutes?)\b", re.IGNORECASE)


class KnownSessions(Protocol):
    """What we have written down about sessions."""

    async def video_ids(self, provider_session_id: str) -> Sequence[str]:
        """The videos of a session as far as they are known, oldest first."""
        ...

    async def known_runs(self, account_id: str) -> set[str]:
        """HeyGen's ids of all sessions that belong to a request of ours."""
        ...


class StillWorking(HeyGenError):
    """A session makes a video and cannot be told yet to make another."""


@dataclass(frozen=True, slots=True)
class AgentVideo:
    """`agent.work.Remote` for a run whose video cannot be read, or does not exist."""

    status: RemoteStatus
    status_word: str
    video_url: str | None = None
    duration: float | None = None
    failure_message: str | None = None


class AgentVideos:
    """`agent.work.Work` for video agents."""

    kind = JobKind.AGENT
    piece = "name"
    eventless = False

    def __init__(self, *, sessions: KnownSessions, prices: Prices) -> None:
        self._sessions = sessions
        self._prices = prices

    def may_become_dearer(self, arguments: Json) -> bool:
        """A description asks for the length that it asks for."""
        return False

    async def quote(self, arguments: Json) -> Quote:
        """From the length that is asked for, and how far off HeyGen is."""
        return self.estimate(float(arguments["seconds"]))

    def estimate(self, seconds: float) -> Quote:
        """A range; `quote` without waiting."""
        least, most = (self._prices.by_second(PRICE, 1, seconds * factor) for factor in (SHORTEST, LONGEST))
        rate = most.basis.rpartition("× ")[2]
        basis = f"about {seconds:.0f} s asked for, {seconds * SHORTEST:.0f} to {seconds * LONGEST:.0f} s made, {rate}"
        return Quote(least.low, most.high, basis, 1, most.rate)

    # -- asking ------------------------------------------------------------------------------------------------

    async def send(self, client: Client, submission: Submission, callback: str | None) -> list[str]:
        """See `agent.work.Work.send`. Not for the first time: looked for before it is sent again."""
        message = "session" in submission.arguments
        if submission.attempts > 1:
            found = await (self._said(client, submission) if message else self._begun_session(client, submission))
            if found is not None:
                return [found]
        return [await (self._tell(client, submission) if message else self._begin(client, submission))]

    async def _begin(self, client: Client, submission: Submission) -> str:
        asked = submission.arguments
        body = {name: asked.get(name) for name in ("mode", "orientation", "avatar_id", "voice_id")}
        body |= {"prompt": whole_prompt(asked), "incognito_mode": True}
        wanted = {name: value for name, value in body.items() if value is not None}
        return (await client.call(CREATE_AGENT_SESSION, wanted, idempotency_key=submission.key)).id

    async def _tell(self, client: Client, submission: Submission) -> str:
        asked = submission.arguments
        remote = await client.call(GET_AGENT_SESSION, {"session_id": asked["session"]})
        if remote.status_word.casefold() not in OVER:  # another version is being made: theirs are one after the other
            raise StillWorking("the session is busy", retryable=True, retry_after=BUSY_SECONDS)
        said = {"session_id": asked["session"], "message": asked["message"]}
        await client.call(MESSAGE_AGENT_SESSION, said, idempotency_key=submission.key)
        return await self._run(submission)

    async def _run(self, submission: Submission) -> str:
        """How many videos came before is what was written down when the session was last watched."""
        session_id = submission.arguments["session"]
        return run_id(session_id, len(await self._sessions.video_ids(session_id)), submission.id)

    async def _begun_session(self, client: Client, submission: Submission) -> str | None:
        """The newest session that begins with these very words and belongs to no request of ours."""
        known = await self._sessions.known_runs(submission.account_id)
        page: Any = await client.call(LIST_AGENT_SESSIONS, {"limit": LIST_PAGE})
        strangers: list[str] = [one.id for one in page.items if one.id not in known]
        for session_id in strangers[:LOOKED_AT]:
            remote = await client.call(GET_AGENT_SESSION, {"session_id": session_id})
            if words_of(remote)[:1] == [whole_prompt(submission.arguments).strip()]:
                return session_id
        return None

    async def _said(self, client: Client, submission: Submission) -> str | None:
        """The run that an earlier attempt has begun: then these are the last words the session was told."""
        remote = await client.call(GET_AGENT_SESSION, {"session_id": submission.arguments["session"]})
        told = words_of(remote)[-1:] == [str(submission.arguments["message"]).strip()]
        return await self._run(submission) if told else None

    # -- looking -----------------------------------------------------------------------------------------------

    async def statuses(self, client: Client, ids: Sequence[str]) -> list[StatusEntry]:
        """HeyGen lists no states of sessions: each is read by itself."""
        return []

    async def read(self, client: Client, provider_id: str) -> Remote:
        """The run's video, once there is one; else what its session says.

        A video that is known is read by itself: its session may be forgotten while it is being made.
        """
        session_id, number = run_of(provider_id)
        known = await self._sessions.video_ids(session_id)
        if len(known) > number:
            try:
                return await client.get_video(known[number])
            except NotFound:  # a session that is stopped takes its unfinished video along
                pass
        session = await client.call(GET_AGENT_SESSION, {"session_id": session_id})
        return await self._video(client, session, number) or _of_session(session)

    async def _video(self, client: Client, session: RemoteSession, number: int) -> Video | None:
        """The video that was made after `number` others; None while there is none, or none that ever will be."""
        page: Any = await client.call(LIST_AGENT_VIDEOS, {"session_id": session.id})
        videos: list[Video] = list(reversed(page.items))
        if len(videos) <= number:
            return None
        unfinished = videos[number].status is not RemoteStatus.COMPLETED
        return None if unfinished and session.status_word.casefold() == "failed" else videos[number]

    def label_of(self, remote: Remote) -> str | None:
        """A run is the one job of its request, whatever it is called."""
        return ""

    def same(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        """The same words, to the same session."""
        said = ("prompt", "session", "message")
        return bool(one.get("prompt") or one.get("message")) and all(one.get(name) == other.get(name) for name in said)


def _of_session(session: RemoteSession) -> AgentVideo:
    match session.status_word.casefold():
        case "failed":
            return AgentVideo(RemoteStatus.FAILED, session.status_word, failure_message=_reason(session))
        case "completed":
            return AgentVideo(RemoteStatus.COMPLETED, session.status_word)
        case _:
            return AgentVideo(RemoteStatus.RUNNING, session.status_word)


def _reason(session: RemoteSession) -> str | None:
    """What the session says about its failure, which is often nothing."""
    return next((one.content for one in session.messages if one.type == "error" and one.content.strip()), None)


def words_of(session: RemoteSession) -> list[str]:
    """What the session was told, oldest first."""
    return [one.content.strip() for one in reversed(session.messages) if one.role == USER]


def length_in(text: str) -> int | None:
    """The length in seconds that a text asks for, None where it names none."""
    if (found := _LENGTH.search(text)) is None:
        return None
    return int(found[1]) * (60 if found[2][0].lower() == "m" else 1)


def after_length(text: str) -> str:
    """What follows the first length in a text; the whole text where there is none."""
    return text if (found := _LENGTH.search(text)) is None else text[found.end() :]


def whole_prompt(arguments: Mapping[str, Any]) -> str:
    """What HeyGen is told: the description, and the length where the description does not say it."""
    prompt = str(arguments["prompt"]).strip()
    return prompt if length_in(prompt) else f"{prompt}\n\nLength: about {int(arguments['seconds'])} seconds."
