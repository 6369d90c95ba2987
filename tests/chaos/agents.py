"""The rig of the kill runs with a video agent: a question, an answer, a draft, a yes, a video.

The person answers what they see, once, and presses the button as long as it is there. Everything is judged from the
emulators: what HeyGen began, was told and was paid, and what stands in the thread.
"""

from __future__ import annotations

from pathlib import Path

from emulators.heygen.agents import DRAFT, MAKING, QUESTION, READY
from emulators.slack import Message
from tests.chaos.rig import Rig
from tests.chaos.stand import key_of

PERSON = "alice"
WISH = "work with the video agent on a 30 seconds video about bees"
ANSWER = "For children, without a call to action"
GO_AHEAD = "Looks good, go ahead and make the video."


class AgentRig(Rig):
    """Plays a session in chat mode."""

    def __init__(self, folder: Path, server_url: str | None = None) -> None:
        super().__init__(folder, server_url)
        self._answered = False

    def reset(self, public_url: str) -> None:
        super().reset(public_url)
        self._answered = False
        self.heygen.switches.agent_thinks_seconds = (20.0, 30.0)
        self.heygen.switches.video_seconds = (20.0, 30.0)

    def _ask(self) -> str:
        return self.slack.say(PERSON, "videos", f"<@{self.slack.bot_user}> {WISH}")

    async def _act(self, root: str) -> None:
        for message in self._said(root):
            if not self._answered and QUESTION in message.rendered_text():
                self._answered = True
                self.slack.say(PERSON, "videos", ANSWER, thread_ts=root)
            if "agent_approve" in str(message.blocks):
                await self.slack.click(PERSON, message.channel, message.ts, "agent_approve")

    def _done(self, root: str) -> bool:
        return super()._done(root) and any(READY in message.rendered_text() for message in self._said(root))

    def replies(self, root: str) -> list[Message]:
        return [message for message in super().replies(root) if not key_of(message).startswith("agent")]

    def _said(self, root: str) -> list[Message]:
        return self.with_key(root, "agent:")

    # -- judging -----------------------------------------------------------------------------------------------

    def _wrong(self, root: str) -> list[str]:
        wrong = []
        if (paid := [charge.refunded for charge in self.heygen.charges]) != [False]:
            wrong.append(f"charges: {paid}")
        sessions = list(self.heygen.agents.all.values())
        if len(sessions) != 1:
            return [*wrong, f"{len(sessions)} sessions"]
        told = [message.content for message in sessions[0].messages if message.role == "user"]
        if told[1:] != [ANSWER, GO_AHEAD]:
            wrong.append(f"told: {told[1:]}")
        for words in (QUESTION, DRAFT, MAKING, READY):
            if (times := sum(words in message.rendered_text() for message in self._said(root))) != 1:
                wrong.append(f"{times} posts of {words[:20]!r}")
        for what in ("card:", "closing:"):
            if len(found := self.with_key(root, what)) != 1:
                wrong.append(f"{len(found)} posts with key {what}")
        if len(replies := self.replies(root)) != 1:
            wrong.append(f"{len(replies)} replies: {[message.rendered_text()[:60] for message in replies]}")
        return wrong
