"""`remember`: short facts that a person asks to keep, in one thread or everywhere in the workspace.

They reach the model as data in the facts of the moment. Nothing that others wrote may decide what is kept: not in a
turn that holds words of others, and for the whole workspace not in a thread that does.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import Field

from agent.ports import Roles, TurnStore
from agent.records import Json, Lease, TurnRecord
from agent.rights import Right, may
from agent.tool_calls import Failed, Outcome, Value
from agent.toolbox import Arguments, CallContext, Effect, ToolSpec

LONGEST_FACT = 300  # characters
MOST_IN_THREAD = 20
MOST_IN_WORKSPACE = 20
TAINTED = (
    "Something that others wrote has entered this turn, so nothing from it is kept.",
    "Ask the person to say in a message of its own what is to be remembered.",
)
FULL = "So much is remembered already that there is no room."
ROOM = "The person can make room with /heygen memory forget."
NOT_THEIRS = "Only operators and admins may have something remembered for the whole workspace."


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is remembered; `number` is how people call it. `channel_id` is where its thread is."""

    number: int
    text: str
    told_by: str
    everywhere: bool
    channel_id: str | None = None


class Facts(Protocol):
    """The rows of facts."""

    async def of(self, workspace_id: str, conversation_id: str) -> Sequence[Fact]:
        """What counts in a conversation, oldest first."""
        ...

    async def add(self, lease: Lease, turn_: TurnRecord, text: str, *, key: str, everywhere: bool) -> Fact | None:
        """Keep a fact, once for each `key`; None when there is no room. `LeaseLost` when taken over."""
        ...


class RememberArguments(Arguments):
    """Arguments of `remember`."""

    fact: str = Field(
        min_length=1, max_length=LONGEST_FACT, description="What to keep, one short sentence in the person's words."
    )
    everywhere: bool = Field(description="True only if the person says that it is for the whole workspace.")


class Remembering:
    """The tool. One per process."""

    def __init__(self, *, facts: Facts, turns: TurnStore, roles: Roles) -> None:
        self._facts = facts
        self._turns = turns
        self._roles = roles

    def tools(self) -> list[ToolSpec]:
        """The tool specification."""
        return [
            ToolSpec(
                "remember",
                "Keep a short fact or preference because the person asked to remember it: in this thread, or in the "
                "whole workspace. They see and delete it with /heygen memory.",
                RememberArguments,
                Effect.NOTE,
                self.remember,
            )
        ]

    async def remember(self, context: CallContext, arguments: RememberArguments) -> Outcome:
        """Keep it, or say why not."""
        if refused := await self._refused(context.turn, arguments.everywhere):
            return refused
        if not (text := one_line(arguments.fact)):
            return Failed("empty", "There is nothing to remember in that.")
        fact = await self._facts.add(
            context.lease, context.turn, text, key=context.key, everywhere=arguments.everywhere
        )
        if fact is None:
            return Failed("full", FULL, ROOM)
        place = "everywhere in this workspace" if fact.everywhere else "in this thread"
        return Value({"remembered": fact.number, "where": place, "note": "/heygen memory shows and deletes it."})

    async def _refused(self, turn: TurnRecord, everywhere: bool) -> Failed | None:
        if everywhere and not may(Right.CHANGE_MEMORY, self._roles.appointed(turn.workspace_id, turn.requester)):
            return Failed("not_allowed", NOT_THEIRS, "It can be remembered for this thread.")
        others = await (self._turns.mixed(turn.id) if everywhere else self._turns.tainted(turn.id))
        return Failed("not_allowed", *TAINTED) if others else None


def one_line(text: str) -> str:
    """Text without line breaks, control and invisible characters, so that it cannot look like anything but a text."""
    spaced = "".join(" " if one.isspace() else one for one in text)
    visible = "".join(one for one in spaced if one == " " or unicodedata.category(one)[0] != "C")
    return " ".join(visible.split())[:LONGEST_FACT]


def remembered(facts: Sequence[Fact], requester: str) -> list[Json]:
    """The facts as the model is told of them: data, and whose."""
    return [
        {
            "fact": fact.text,
            "for": "the whole workspace" if fact.everywhere else "this thread",
            "told_by": "the person you answer" if fact.told_by == requester else "somebody else",
        }
        for fact in facts
    ]
