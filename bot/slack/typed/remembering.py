"""`/heygen` for what is remembered."""

from __future__ import annotations

from dataclasses import dataclass

from bot.slack.typed.topics import Topic, UsageError, shown

_EVERYTHING = frozenset({"all", "everything"})


@dataclass(frozen=True, slots=True)
class Memory:
    """Show what is remembered, or forget it: the fact with a number, or (`everything`) all that the person may."""

    number: int | None = None
    everything: bool = False


def _memory(rest: str) -> Memory | UsageError:
    words = rest.lower().split()
    match words:
        case [] | ["list"] | ["show"]:
            return Memory()
        case ["forget", word] if word in _EVERYTHING:
            return Memory(everything=True)
        case ["forget", word] if word.isascii() and word.isdecimal() and len(word) < 10:
            return Memory(int(word))
        case _:
            return MEMORY.wrong(f"I don't know what to do with {shown(rest)}.")


MEMORY = Topic(
    words=("memory", "memories", "remembered"),
    usage="/heygen memory [forget <number | all>]",
    about="Shows what people asked me to remember: for everybody, in this channel's threads, and what you told me "
    "elsewhere. With `forget` it goes. Only you see the list.",
    examples=("/heygen memory", "/heygen memory forget 3"),
    read=_memory,
)
TOPICS = (MEMORY,)
