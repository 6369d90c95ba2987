"""What scenarios with video agents have in common: beginning one, and what it says in the thread."""

from __future__ import annotations

from typing import Any

from emulators.heygen.agents import Session
from emulators.slack import Message
from tests.scenario.stage import Stage

PROMPT = "a 30 seconds video about our new pricing"
SAY = "/v3/video-agents/[^/]+"


def said(stage: Stage, root: str) -> list[Message]:
    """What was posted of the agent in a thread."""
    return [m for m in stage.by_app(root) if _key(m).startswith("agent:")]


def times_said(stage: Stage, root: str, words: str) -> int:
    """How many posts show `words`."""
    return sum(words in m.rendered_text() for m in said(stage, root))


def closings(stage: Stage, root: str) -> list[Message]:
    """The messages that call somebody back at the end of a request."""
    return [m for m in stage.by_app(root) if _key(m).startswith("closing:")]


async def posted(stage: Stage, root: str, *words: str) -> Message:
    """A post of the agent's, once it shows all of `words`."""
    return await stage.wait(lambda: _showing(said(stage, root), words))


async def asked(stage: Stage, root: str, *words: str) -> Message:
    """A question of the agent's, once it stands with its buttons."""
    return await stage.wait(
        lambda: _showing([m for m in said(stage, root) if "agent_answer" in stage.buttons(m)], words)
    )


def session_of(stage: Stage, number: int = 0) -> Session:
    """A session at HeyGen, in the order in which they were begun."""
    return list(stage.heygen.agents.all.values())[number]


def messages(stage: Stage) -> list[str]:
    """What sessions were told after their prompts, as it left us."""
    return [entry.body["message"] for entry in stage.heygen.journal.select("POST", SAY)]


async def start(stage: Stage, mode: str = "chat", prompt: str = PROMPT, **arguments: Any) -> str:
    """Ask for a video by an agent; returns the thread once HeyGen has begun the session."""
    stage.openai.script([[stage.call("start_video_agent", prompt=prompt, mode=mode, **arguments)]])
    before = len(stage.charges)
    root = stage.ask(f"Have the video agent make {prompt}")
    await stage.submitted(before + 1)
    return root


async def moved(stage: Stage, phase: str, number: int = 0) -> None:
    """Let a session at HeyGen go on to its next word, which is `phase`."""
    session = session_of(stage, number)
    await stage.wait(lambda: session.working)
    stage.heygen.finish(session.id)
    assert session.phase == phase, session.phase


def _key(message: Message) -> str:
    payload: Any = (message.metadata or {}).get("event_payload") or {}
    return str(payload.get("key", ""))


def _showing(found: list[Message], words: tuple[str, ...]) -> Message | None:
    return next((m for m in reversed(found) if all(word in m.rendered_text() for word in words)), None)
