"""The tools that begin a session with a video agent, tell it something, and stop it.

HeyGen's id of a session comes from the conversation's own row. A model names at most the handle of a job.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, Protocol

from pydantic import Field

from agent.cancelling import Cancelled, told
from agent.foreign import harmless
from agent.ordering import TITLE_LIMIT, Order, Ordering
from agent.ports import Accounts, Cancels, JobStore, Roles, TurnStore
from agent.presenters import Presenter, Presenters
from agent.records import OPEN_JOB_STATES, Job, JobKind
from agent.rights import Right, may, roles_towards
from agent.spending import Spending
from agent.tool_calls import ADDED, Failed, Outcome, TryAgain, Value
from agent.toolbox import Arguments, CallContext, Effect, ToolSpec
from agent.video_agents.records import AgentMode, AgentSession, AgentState
from agent.video_agents.work import USUAL_SECONDS, after_length, length_in

MESSAGE_LIMIT = 10_000
PROMPT_LIMIT = 9_000  # HeyGen takes 10,000 characters, and the length is added
SHORTEST_VIDEO, LONGEST_VIDEO = 5, 1_800
UNTITLED = "Agent's video"
NEXT_VERSION = " (next version)"
NAME_WORDS = 6
STOP = re.compile(r"\b(?:stop|cancel|abort|end)\b", re.IGNORECASE)
PASSED_ON = "Passed on to the video agent. What it answers is posted here."
ONE_SHOT = "This video agent makes its video at once and takes no messages."
WORKING = "The video agent is at work; it can be told something when it asks, or when its video is ready."
NONE = "There is no video agent in this thread."


class AgentSessions(Protocol):
    """The sessions of a conversation."""

    async def sessions(self, conversation_id: str) -> Sequence[AgentSession]:
        """All of them, oldest first."""
        ...

    async def answer(
        self, session_id: str, *, key: str, actor: str, text: str, message_ts: str | None, round: int | None = None
    ) -> bool:
        """Hand an answer to a session that asks, once per key; False when it does not ask."""
        ...

    async def answered(self, key: str) -> bool:
        """Whether this was handed to a session."""
        ...


class StartArguments(Arguments):
    """Arguments of `start_video_agent`."""

    prompt: str = Field(
        description="What the video should be, as the person said it. Do not embellish.",
        min_length=1,
        max_length=PROMPT_LIMIT,
    )
    mode: Literal["one_shot", "chat"] = Field(
        default="one_shot",
        description="one_shot makes the video at once. chat only if the person wants to work on it together: it asks "
        "back, shows drafts, and takes changes.",
    )
    seconds: int | None = Field(
        default=None, description="Length if the person named one; else null.", ge=SHORTEST_VIDEO, le=LONGEST_VIDEO
    )
    orientation: Literal["landscape", "portrait"] | None = Field(default=None, description="Null unless they said so.")
    avatar: str | None = Field(default=None, description="Name of the avatar if the person named one; else null.")
    voice: str | None = Field(default=None, description="Name of the voice if the person named one; else null.")
    title: str | None = Field(default=None, description="A short title for the card, or null.")


class MessageArguments(Arguments):
    """Arguments of `message_video_agent`."""

    message: str = Field(description="What to tell it, in the person's words.", min_length=1, max_length=MESSAGE_LIMIT)
    job: str | None = Field(default=None, description="Handle of one of its jobs if there are several; else null.")


class StopArguments(Arguments):
    """Arguments of `stop_video_agent`."""

    job: str | None = Field(default=None, description="Handle of its job if there are several; else null.")


class VideoAgentTools:
    """The tools. One per process."""

    def __init__(
        self,
        *,
        turns: TurnStore,
        jobs: JobStore,
        sessions: AgentSessions,
        accounts: Accounts,
        presenters: Presenters,
        ordering: Ordering,
        spending: Spending,
        cancels: Cancels,
        roles: Roles,
    ) -> None:
        self._turns = turns
        self._jobs = jobs
        self._sessions = sessions
        self._accounts = accounts
        self._presenters = presenters
        self._ordering = ordering
        self._spending = spending
        self._cancels = cancels
        self._roles = roles

    def tools(self) -> list[ToolSpec]:
        """The tool specifications."""
        return [
            ToolSpec(
                "start_video_agent",
                "Have HeyGen's video agent make a whole video from a description: it writes the script and chooses "
                "pictures and cuts. Costs money. For a script that is to be spoken as it is use create_video.",
                StartArguments,
                Effect.SUBMIT,
                self.start,
            ),
            ToolSpec(
                "message_video_agent",
                "Tell this thread's video agent something: an answer to its question, or a change of the video it has "
                "made, which costs as much as a new one. Only in chat mode.",
                MessageArguments,
                Effect.SUBMIT,
                self.message,
            ),
            ToolSpec(
                "stop_video_agent",
                "Stop this thread's video agent. The answer says what is billed.",
                StopArguments,
                Effect.DESTRUCTIVE,
                self.stop,
            ),
        ]

    # -- starting ----------------------------------------------------------------------------------------------

    async def start(self, context: CallContext, arguments: StartArguments) -> Outcome:
        """Write the request down and send it, if nobody has to agree first."""
        if written := await self._ordering.written(context):
            return written
        turn, prompt = context.turn, arguments.prompt.strip()
        mode = AgentMode.CHAT if arguments.mode == "chat" else AgentMode.GENERATE
        if mode is AgentMode.CHAT and (busy := await self._chat_under_way(turn.conversation_id)):
            return busy
        account_id = await self._accounts.account_id(turn.workspace_id)
        presenter = await self._presenters.choose(account_id, arguments.avatar, arguments.voice, turn)
        if not isinstance(presenter, Presenter):
            return presenter
        seconds = min(max(length_in(prompt) or arguments.seconds or USUAL_SECONDS, SHORTEST_VIDEO), LONGEST_VIDEO)
        asked = {"prompt": prompt, "mode": mode.value, "seconds": seconds, **presenter.arguments()}
        if arguments.orientation is not None:
            asked["orientation"] = arguments.orientation
        title = await self._ordering.title(context, arguments.title or title_of(prompt), UNTITLED)
        order = Order(kind=JobKind.AGENT, account_id=account_id, arguments=asked, labels=(title,), title=title)
        return await self._place(context, order, prompt)

    async def _chat_under_way(self, conversation_id: str) -> Failed | None:
        """One conversation speaks with one agent at a time: else nobody knew whom a reply is for."""
        for session in await self._sessions.sessions(conversation_id):
            if session.open and session.mode is AgentMode.CHAT:
                job = await self._jobs.job(session.job_id)
                hint = "It can be told something, or stopped; a new thread can have one of its own."
                return Failed("under_way", f"A video agent works in this thread already ({job.handle}).", hint)
        return None

    async def _place(self, context: CallContext, order: Order, said: str) -> Outcome:
        if busy := await self._ordering.under_way(context.turn.conversation_id, order):
            return busy
        return await self._ordering.place(context, order, asked=await self._asked(context, said))

    async def _asked(self, context: CallContext, text: str) -> bool:
        """Whether this stands in the person's own words: what a model wrote has to be looked at first."""
        if context.turn.exact:
            return True
        words = await self._spending.words_of(context.turn)
        return " ".join(text.casefold().split()) in " ".join(words.casefold().split())

    # -- telling -----------------------------------------------------------------------------------------------

    async def message(self, context: CallContext, arguments: MessageArguments) -> Outcome:
        """Answer what the session asks, or have it make another version, which is a paid request of its own."""
        if written := await self._ordering.written(context):
            return written
        if await self._sessions.answered(context.key):
            return Value({ADDED: PASSED_ON})
        found = await self._meant(context, arguments.job)
        if isinstance(found, TryAgain | Failed):
            return found
        session, job = found
        if not self._allowed(context, Right.CHANGE, session.requester):
            return Failed("not_allowed", "Only the person who asked for the video can tell its agent something.")
        if session.mode is not AgentMode.CHAT:
            return Failed("one_shot", ONE_SHOT, "start_video_agent can make another one.")
        if session.state is AgentState.ASKING:
            return await self._answer(context, session, arguments.message.strip())
        if not session.open and session.revisable:
            return await self._revise(context, session, job, arguments.message.strip())
        return Failed("not_asking", WORKING if session.open else "This video agent's session is over.")

    async def _answer(self, context: CallContext, session: AgentSession, text: str) -> Outcome:
        turn = context.turn
        if await self._turns.tainted(turn.id):
            return Failed("not_allowed", "Not after reading what others wrote.", "The person can answer by the button.")
        if await self._turns.mixed(turn.id) and not await self._asked(context, text):
            hint = "Pass on the person's own words, or let them reply without a mention: that goes to the agent."
            return Failed("not_allowed", "Others have written here too.", hint)
        taken = await self._sessions.answer(
            session.id, key=context.key, actor=turn.requester, text=text, message_ts=turn.message_ts
        )
        if not taken:
            return Failed("not_asking", WORKING)
        return Value({ADDED: PASSED_ON})

    async def _revise(self, context: CallContext, session: AgentSession, job: Job, message: str) -> Outcome:
        submission = await self._jobs.submission(session.submission_id)
        seconds = length_in(message) or int(submission.arguments.get("seconds", USUAL_SECONDS))
        seconds = min(max(seconds, SHORTEST_VIDEO), LONGEST_VIDEO)
        title = f"{submission.title.removesuffix(NEXT_VERSION)}{NEXT_VERSION}"[:TITLE_LIMIT]
        order = Order(
            kind=JobKind.AGENT,
            account_id=session.account_id,
            arguments={"session": session.provider_session_id, "message": message, "seconds": seconds},
            labels=(title,),
            title=title,
        )
        return await self._place(context, order, message)

    # -- stopping ----------------------------------------------------------------------------------------------

    async def stop(self, context: CallContext, arguments: StopArguments) -> Outcome:
        """Take back what has not been sent; have what runs stopped."""
        if await self._turns.tainted(context.turn.id):
            hint = "The button on the card does it."
            return Failed("not_allowed", "Not after reading what others wrote.", hint)
        if await self._turns.mixed(context.turn.id) and not STOP.search(await self._spending.words_of(context.turn)):
            return Failed("not_allowed", "Others have written here too.", "Ask whether it is to be stopped.")
        jobs = await self._jobs.conversation_jobs(context.turn.conversation_id)
        running = [job for job in jobs if job.kind is JobKind.AGENT and job.state in OPEN_JOB_STATES]
        if arguments.job is not None:
            running = [job for job in running if job.handle == arguments.job.strip().upper()]
        if not running:
            return Failed("none", "No video agent is at work here.")
        if len(running) > 1:
            return TryAgain("which", "Several video agents work here.", "Ask which.", [job.handle for job in running])
        submission = await self._jobs.submission(running[0].submission_id)
        if not self._allowed(context, Right.CANCEL, submission.requester):
            return Failed("not_allowed", "Only the person who asked for it, an operator or an admin can stop it.")
        done: Cancelled = await self._cancels.cancel(submission.id, actor=context.turn.requester)
        return Value({ADDED: told(done)})

    # -- which -------------------------------------------------------------------------------------------------

    async def _meant(self, context: CallContext, handle: str | None) -> tuple[AgentSession, Job] | TryAgain | Failed:
        """The session that is meant: the one whose job is named, the one that asks, or the only one in chat mode."""
        sessions = await self._sessions.sessions(context.turn.conversation_id)
        if not sessions:
            return Failed("none", NONE, "start_video_agent begins one.")
        jobs = {job.id: job for job in await self._jobs.conversation_jobs(context.turn.conversation_id)}
        found = [(one, jobs[one.job_id]) for one in sessions if one.job_id in jobs]
        if handle is not None:
            named = [pair for pair in found if pair[1].handle == handle.strip().upper()]
            handles = [job.handle for _, job in found]
            return named[0] if named else TryAgain("unknown_job", "No video agent made that.", options=handles)
        order = [
            [pair for pair in found if pair[0].state is AgentState.ASKING],
            [pair for pair in found if pair[0].open and pair[0].mode is AgentMode.CHAT],
            [pair for pair in found if pair[0].revisable],
            found,
        ]
        return next(pairs[-1] for pairs in order if pairs) if found else Failed("none", NONE)

    def _allowed(self, context: CallContext, right: Right, requester: str) -> bool:
        turn = context.turn
        appointed = self._roles.appointed(turn.workspace_id, turn.requester)
        return may(right, roles_towards(requester, turn.requester, appointed, anybody_approves=False))


def title_of(prompt: str) -> str:
    """A name for a video: the first words of its description, behind the length if that is said first."""
    words = after_length(prompt).split() or prompt.split()
    return harmless(" ".join(words[:NAME_WORDS]), TITLE_LIMIT) or UNTITLED
