"""What a turn remembers: a history within a budget, a summary of what came before it, and facts that people kept."""

from __future__ import annotations

from collections.abc import Sequence

from agent.compaction import Compaction, Digest, digest_message
from agent.conversation import HISTORY_TOKENS, model_input
from agent.memory import Facts, remembered
from agent.presenters import Habits
from agent.records import Item, Json, Lease, TurnRecord

SHARES = (1, 3)  # of the budget: the whole at first, a third of it when the model found that too long


class Recall:
    """One per process. `budget` is in tokens, of history and summary together; without the others there is neither."""

    def __init__(
        self,
        *,
        budget: int = HISTORY_TOKENS,
        compaction: Compaction | None = None,
        facts: Facts | None = None,
        habits: Habits | None = None,
    ) -> None:
        self._habits = habits
        self._budget = budget
        self._compaction = compaction
        self._facts = facts

    async def facts(self, turn: TurnRecord) -> list[Json]:
        """What was kept for this thread and for everybody."""
        if self._facts is None:
            return []
        return remembered(await self._facts.of(turn.workspace_id, turn.conversation_id), turn.requester)

    async def usual(self, turn: TurnRecord) -> Json:
        """Who speaks for the requester where nobody is named, by names; empty where nobody has chosen."""
        if self._habits is None:
            return {}
        return (await self._habits.usual(turn.workspace_id, turn.requester)).fact()

    async def digest(self, lease: Lease, turn: TurnRecord, items: Sequence[Item], person: str) -> Digest | None:
        """The summary of the log's beginning, made now where it is due."""
        if self._compaction is None:
            return None
        return await self._compaction.digest(lease, turn, items, person)

    def input(self, items: Sequence[Item], digest: Digest | None, facts: str, attempt: int) -> list[Json]:
        """The input of a model call; `attempt` counts how often the same one was too long."""
        fresh = [item for item in items if digest is None or item.seq > digest.through]
        earlier = digest_message(digest) if digest else None
        return model_input(fresh, facts, budget=self._budget // SHARES[attempt], earlier=earlier)
