"""What is posted of a video agent: its words, its questions with their buttons, and why its session is over.

Its words are HeyGen's: they stand as a quotation, link nowhere and ring nobody but the person it asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
)

from agent.foreign import harmless
from agent.records import Delivery, Job, JobState, Json
from agent.video_agents.records import AgentEnd, AgentSession, AgentState, Asks
from bot.slack.blocks import SECTION_LIMIT, Post, context, post, section
from bot.slack.buttons import confirm
from bot.slack.fields import words_dialog
from bot.slack.text import escape, mention

ANSWER, APPROVE, STOP = "agent_answer", "agent_approve", "agent_stop"
WORDS_LIMIT = 2_500  # of one message of the agent's
MODAL_LIMIT = 3_000
GO_AHEAD = "Looks good, go ahead and make the video."
HOW = "Write the answer in this thread, or use the buttons. Mention me if you mean me."
NO_WORDS = "It shows a draft, without words."
AI_NOTICE = "These are the words of HeyGen's video agent, an AI."


class AgentReads(Protocol):
    """What is read of sessions."""

    async def session(self, session_id: str) -> AgentSession:
        """One session; `KeyError` when there is none."""
        ...


class JobReads(Protocol):
    """What is read of jobs."""

    async def job(self, job_id: str) -> Job:
        """One job; `KeyError` when there is none."""
        ...


ResourceLink = Callable[[AgentSession, str], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRenderer:
    """Renders what a delivery about a session shows now; `KeyError` when its rows do not exist.

    `link_for` makes our own link to something that the agent shows; None where nobody could open it.
    """

    agents: AgentReads
    jobs: JobReads
    link_for: ResourceLink

    async def post(self, delivery: Delivery) -> tuple[Post, str]:
        """The post, and whom it is for."""
        body = delivery.body
        session = await self.agents.session(str(body.get("session")))
        if "end" in body:
            return over_post(session, await self.jobs.job(str(body["job"])), AgentEnd(body["end"])), session.requester
        return words_post(session, body, lambda resource: self.link_for(session, resource)), session.requester


def words_post(session: AgentSession, body: Json, link_for: Callable[[str], str | None]) -> Post:
    """What the agent said in one go; with buttons while that is a question that nobody has answered."""
    lines = [line for one in body.get("said", ()) for line in _lines(one, link_for)]
    number, asks = int(body.get("round", 0)), str(body.get("asks"))
    if not number:
        shown = lines or [f"> {NO_WORDS}"]
        return post("\n".join(["Video agent:", *shown]), [*_quoted("*Video agent*", shown), context(AI_NOTICE)])
    headline = f"{mention(session.requester)} *the video agent {_what(asks)}*"
    blocks = _quoted(headline, lines or [f"> {NO_WORDS}"])
    if session.state is AgentState.ASKING and session.round == number:
        blocks += [context(HOW), buttons(session, Asks(asks))]
    else:
        blocks.append(context("Answered, or over. " + AI_NOTICE))
    return post("\n".join([headline, *lines]), blocks)


def _what(asks: str) -> str:
    return "shows a draft" if asks == Asks.DRAFT.value else "asks"


def _lines(one: Json, link_for: Callable[[str], str | None]) -> list[str]:
    """A message of the agent's as lines of a quotation, with the ways to what it shows."""
    words = str(one.get("text") or "")[:WORDS_LIMIT]
    lines = [f"> {escape(harmless(line, WORDS_LIMIT))}" for line in words.splitlines() if line.strip()]
    links = [link for resource in one.get("resources", ()) if (link := link_for(str(resource)))]
    return [*lines, *(f"> <{link}|Look at what it shows>" for link in links)]


def _quoted(headline: str, lines: Sequence[str]) -> list[Block]:
    """Paragraphs within Slack's limit."""
    parts = [headline]
    for line in lines:
        if len(parts[-1]) + len(line) + 1 > SECTION_LIMIT:
            parts.append(line[:SECTION_LIMIT])
        else:
            parts[-1] += f"\n{line}"
    return [section(part) for part in parts]


def buttons(session: AgentSession, asks: Asks) -> Block:
    """Answer it, let it go on, or stop it."""
    value = value_of(session)
    answer = ButtonElement(text="Ask for a change" if asks is Asks.DRAFT else "Answer", action_id=ANSWER, value=value)
    approve = ButtonElement(text="Make the video", action_id=APPROVE, value=value, style="primary")
    stop = ButtonElement(
        text="Stop",
        action_id=STOP,
        value=value,
        style="danger",
        confirm=confirm("Stop the video agent?", "Only a video that is done by then is billed.", "Stop", danger=True),
    )
    return ActionsBlock(elements=[*([approve] if asks is Asks.DRAFT else []), answer, stop])


def value_of(session: AgentSession) -> str:
    """What a button of a question carries: which session, and which of its questions."""
    return f"{session.id}:{session.round}"


def asked_by(value: str) -> tuple[str, int] | None:
    """What a button carried; None for what none of ours does."""
    session_id, _, number = value.rpartition(":")
    if not session_id or len(value) > 200 or not (number.isascii() and number.isdigit()):
        return None
    return session_id, int(number)


def answer_modal(session: AgentSession) -> Json:
    """Asks for the words."""
    return words_dialog(
        ANSWER,
        value_of(session),
        title="Tell the agent",
        submit="Send",
        label="What it should know or change",
        longest=MODAL_LIMIT,
    )


def over_post(session: AgentSession, job: Job, end: AgentEnd) -> Post:
    """Why a session is over that did not just come to its end, and what that costs."""
    text = f"{mention(session.requester)} {_why(end)} {_bill(job)}"
    return post(text, [section(text)])


def _why(end: AgentEnd) -> str:
    match end:
        case AgentEnd.STOPPED:
            return "the video agent has stopped."
        case AgentEnd.STALLED:
            return "the video agent got nowhere for a long time without a word, so I stopped it."
        case AgentEnd.UNANSWERED:
            return "nobody answered the video agent, so I stopped it."
        case AgentEnd.COMPLETED | AgentEnd.FAILED | AgentEnd.LOST:
            return "the video agent's session is over."
        case _:
            assert_never(end)


def _bill(job: Job) -> str:
    if job.state is JobState.SUCCEEDED or job.link_id is not None:
        return "Its video had been made by then, so it is billed; the card leads to it."
    if job.state is JobState.UNKNOWN:
        return "HeyGen has not confirmed that, so what it may cost stays set aside."
    return "No video was made and nothing is billed."
