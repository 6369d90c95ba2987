"""What a person may want to ask next, offered in the Messages tab by what they have done lately."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from agent.errands import Errands
from agent.plain_text import one_line
from agent.ports import Clock
from agent.records import OPEN_JOB_STATES, Job, JobKind, JobState, Json
from bot.slack.home import Viewer
from bot.slack.manifest import PROMPTS
from bot.slack.outcomes import SLACK_ERRORS, judge
from bot.slack.ports import ClientOf, RecentJobs
from bot.slack.sessions import REMEMBERED, Lacking, is_lacking

log = structlog.get_logger(__name__)

MOST = 4
LOOKED_AT = 20
MOST_AT_ONCE = 20
CALL_SECONDS = 5.0
NEWS_SECONDS = 86_400.0  # for so long a failure is worth asking about
NAMED_LANGUAGES = 3
LABEL_LIMIT = 40
UNCONNECTED = (
    ("Connect HeyGen", "I would like to connect our HeyGen account"),
    ("What can you do?", "What can you do?"),
)
RUNNING_AT_ALL = "What is running?"  # of the manifest's; the next one asks for the same
RUNNING = ("How are my videos?", "How are my videos coming along?")
FAILED = ("What went wrong?", "What went wrong with my last video, and what can I do about it?")

Prompt = tuple[str, str]
"""Title and message."""


def prompts_for(jobs: Sequence[Job], now: float) -> list[Prompt]:
    """What somebody with these jobs, the newest first, may want; the general ones take what room is left."""
    found: list[Prompt] = []
    if any(job.state in OPEN_JOB_STATES for job in jobs):
        found.append(RUNNING)
    if any(job.state is JobState.FAILED and now - job.created_at < NEWS_SECONDS for job in jobs):
        found.append(FAILED)
    if languages := _last_languages(jobs):
        found.append((f"Into {languages} again"[:75], f"Translate another video into {languages}"))
    general = [prompt for prompt in PROMPTS if RUNNING not in found or prompt[0] != RUNNING_AT_ALL]
    return [*found, *general][:MOST]


def _last_languages(jobs: Sequence[Job]) -> str:
    """The languages of the newest translation, in the order they were asked for; nothing where there is none."""
    theirs = [job for job in jobs if job.kind is JobKind.TRANSLATION]
    names = [
        one_line(job.label, LABEL_LIMIT) for job in reversed(theirs) if job.submission_id == theirs[0].submission_id
    ]
    if not names or len(names) > NAMED_LANGUAGES:
        return ""
    return " and ".join(", ".join(names).rsplit(", ", 1))


class Suggestions:
    """Offers them when somebody opens the tab. Best effort: those of the manifest stand there otherwise."""

    def __init__(
        self, clients: ClientOf, *, jobs: RecentJobs, connected: Callable[[str], Awaitable[bool]], clock: Clock
    ) -> None:
        self._clients = clients
        self._jobs = jobs
        self._connected = connected
        self._clock = clock
        self._lacking = Lacking("prompts", clock)
        self._offered: dict[Viewer, list[Prompt]] = {}
        self._errands = Errands()

    def opened(self, workspace_id: str, user_id: str, channel_id: str) -> None:
        """Somebody has opened their Messages tab. Does not wait, for it is called before an ack."""
        if workspace_id not in self._lacking and len(self._errands) < MOST_AT_ONCE:
            self._errands.run(self._offer(Viewer(workspace_id, user_id), channel_id), "suggestions")

    async def close(self) -> None:
        """Offer nothing more."""
        await self._errands.close()

    async def _offer(self, viewer: Viewer, channel_id: str) -> None:
        prompts = await self._prompts(viewer)
        if self._offered.get(viewer) == prompts:
            return  # Slack keeps them
        listed: list[Json] = [{"title": title, "message": message} for title, message in prompts]
        try:
            async with asyncio.timeout(CALL_SECONDS):
                # Without a thread: with one Slack says ok and shows nothing.
                await self._clients(viewer.workspace_id).assistant_threads_setSuggestedPrompts(
                    channel_id=channel_id, prompts=listed
                )
        except SLACK_ERRORS as error:
            failure = judge(error)
            if is_lacking(failure):
                self._lacking.add(viewer.workspace_id, failure.code)
            else:
                log.info("prompts_not_offered", code=failure.code)
            return
        if len(self._offered) >= REMEMBERED:
            self._offered.clear()
        self._offered[viewer] = prompts

    async def _prompts(self, viewer: Viewer) -> list[Prompt]:
        if not await self._connected(viewer.workspace_id):
            return list(UNCONNECTED)
        jobs = await self._jobs.recent(viewer.workspace_id, requester=viewer.user_id, limit=LOOKED_AT)
        return prompts_for(jobs, self._clock.now())
