"""Steps of an answer as the chunks of a stream: a task for each, under the title of a plan. Without I/O."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.messages.chunk import MarkdownTextChunk, PlanUpdateChunk, TaskUpdateChunk

from agent.records import Json
from agent.steps import Step, StepState

MOST_TASKS = 30  # of one answer; a turn is bounded far below
ID_LIMIT = 120
OVER = frozenset({StepState.COMPLETE, StepState.ERROR})
FIRST = "Working on it"


class TaskList:
    """What of an answer's steps Slack has not been shown yet: of each only how far it has come now."""

    def __init__(self) -> None:
        self._steps: dict[str, Step] = {}
        self._told: dict[str, StepState] = {}
        self._given: dict[str, StepState] = {}
        self._title = ""

    def take(self, steps: Sequence[Step]) -> None:
        """These have come so far now."""
        for step in steps:
            if step.id in self._steps or len(self._steps) < MOST_TASKS:
                self._steps[step.id] = step

    @property
    def waiting(self) -> bool:
        """Whether there is something to show."""
        return any(self._told.get(step.id) is not step.state for step in self._steps.values())

    def give(self) -> list[Json]:
        """What is new since the last time, as chunks; `take_back` where Slack did not take them."""
        self._given = dict(self._told)
        new = [step for step in self._steps.values() if self._told.get(step.id) is not step.state]
        self._told |= {step.id: step.state for step in new}
        begun = new and not self._given
        return [*([PlanUpdateChunk(title=FIRST).to_dict()] if begun else []), *map(_chunk, new)]

    def take_back(self) -> None:
        """What was given last has not arrived."""
        self._told = self._given

    def last(self) -> list[Json]:
        """What the end of the stream has to say: what is new, and what it all came to."""
        new = self.give()
        if not self._told:
            return []
        count = len(self._steps)
        failed = sum(step.state is StepState.ERROR for step in self._steps.values())
        title = "1 step" if count == 1 else f"{count} steps"
        title += f", {failed} of them in vain" if failed else ""
        return [PlanUpdateChunk(title=title).to_dict(), *new]

    def forget(self) -> None:
        """Show none of them."""
        self._steps.clear()
        self._told.clear()


def text_chunk(text: str | None) -> list[Json]:
    """Text as a chunk: a stream that has begun with chunks takes nothing else."""
    return [MarkdownTextChunk(text=text).to_dict()] if text else []


def _chunk(step: Step) -> Json:
    return TaskUpdateChunk(id=step.id[:ID_LIMIT], title=step.title, status=step.state.value).to_dict()
