"""The approval path of the kill runs: a request above the limit, and what somebody else says to it.

The person who decides behaves as people do: they press when they see the button, and press again when nothing came of
it. Everything is judged from the emulators: what was charged, when, and what stands in the thread.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from emulators.slack import Message
from tests.chaos.rig import Rig
from tests.chaos.tables import waits_for_approval

APPROVER = "dave"
LIMIT = "1"  # dollars; three languages of the source cost more
Decision = Literal["approve", "decline", "none"]
ACTIONS = {"approve": "approve_request", "decline": "decline_request"}


class ApprovalRig(Rig):
    """Plays a translation that `APPROVER` approves, declines, or never sees."""

    def __init__(self, folder: Path, decision: Decision, server_url: str | None = None) -> None:
        super().__init__(folder, server_url)
        self.decision = decision
        self.name = f"{decision}, {'PostgreSQL' if server_url else 'SQLite'}"
        self._pressed_at: float | None = None
        self._answered = False

    def settings(self, database_url: str, public_url: str) -> dict[str, Any]:
        """With an approver and a low limit."""
        approver = self.slack.workspace.person(APPROVER).id
        extra = {"auto_approve_max": LIMIT, "approvers": approver}
        return super().settings(database_url, public_url) | extra

    def _ask(self) -> str:
        self._pressed_at, self._answered = None, False
        return super()._ask()

    async def _act(self, root: str) -> None:
        """Press the button, if there is one and nothing has come of it yet."""
        card = next(iter(self.with_key(root, "card:")), None)
        action = ACTIONS.get(self.decision)
        if action is None or self._answered or card is None or not _has(card, action):
            return
        if self._pressed_at is None:
            self._pressed_at = self.heygen.clock.now()
        answer = await self.slack.click(APPROVER, card.channel, card.ts, action)
        self._answered = answer.status == 200

    def _done(self, root: str) -> bool:
        if self.decision == "none":
            return bool(self.with_key(root, "card:")) and self._told(root) and waits_for_approval(self._database_url)
        return super()._done(root)

    def _told(self, root: str) -> bool:
        return any(self.replies(root))

    def _wrong(self, root: str) -> list[str]:
        wrong = [
            f"{charge.language} was charged before anybody agreed"
            for charge in self.heygen.charges
            if self.decision != "approve" or self._pressed_at is None or charge.at < self._pressed_at
        ]
        if self.decision == "approve":
            return wrong + super()._wrong(root)
        return wrong + self._wrong_unsent(root)

    def _wrong_unsent(self, root: str) -> list[str]:
        """Nothing was sent: the card says so, and a declined request is told to the person who asked."""
        wrong = ["a paid request was sent"] if self.heygen.journal.select("POST", "/v3/video-translations") else []
        for what, count in (("card:", 1), ("closing:", int(self.decision == "decline"))):
            if len(found := self.with_key(root, what)) != count:
                wrong.append(f"{len(found)} posts with key {what}")
        word = "declined" if self.decision == "decline" else "waiting for an approval"
        if not all(word in card.rendered_text() for card in self.with_key(root, "card:")):
            wrong.append(f"the card does not say {word}")
        if len(replies := self.replies(root)) != 1:
            wrong.append(f"{len(replies)} replies")
        return wrong


def _has(message: Message, action: str) -> bool:
    elements = [e for block in message.blocks or [] for e in block.get("elements", []) if isinstance(e, dict)]
    return any(element.get("action_id") == action for element in elements)
