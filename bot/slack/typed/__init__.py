"""What people type after `/heygen`, parsed like a good shell would.

Each group of topics has a module of its own with a `TOPICS`; whoever adds a group names it in `ALL` and `Command`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.slack.typed import composing, keeping, making, scheduling, talking
from bot.slack.typed.composing import Call
from bot.slack.typed.keeping import LONGEST_REASON, Cancel, EndLive, ForgetMe, GoLive, Jobs, ShowBudget
from bot.slack.typed.making import MOST_LANGUAGES, Lipsync, Translate
from bot.slack.typed.naming import split_languages
from bot.slack.typed.remembering import TOPICS as MEMORY_TOPICS
from bot.slack.typed.remembering import Memory
from bot.slack.typed.scheduling import Schedule
from bot.slack.typed.talking import BeQuiet, Settings
from bot.slack.typed.topics import Topic, UsageError, nearest, shown

__all__ = [
    "ALL",
    "LONGEST_REASON",
    "MOST_LANGUAGES",
    "BeQuiet",
    "Call",
    "Cancel",
    "Command",
    "EndLive",
    "ForgetMe",
    "GoLive",
    "Help",
    "Jobs",
    "Lipsync",
    "Memory",
    "Schedule",
    "Settings",
    "ShowBudget",
    "Topic",
    "Translate",
    "UsageError",
    "parse",
    "split_languages",
]

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'"})
_DASHED = re.compile(r"(?<!\S)—(?=[A-Za-z])")
_SINGLE = re.compile(r"(?<![^\s,;=])'([^'\"]*)'(?=[\s,;]|$)")


@dataclass(frozen=True, slots=True)
class Help:
    """Explain everything, or one command by its name."""

    topic: str | None = None


Made = Translate | Lipsync | Call
Kept = Jobs | ShowBudget | Cancel | GoLive | EndLive | Schedule | Memory | ForgetMe
Command = Made | Kept | Settings | BeQuiet | Help | UsageError


def parse(text: str) -> Command:
    """Read what follows `/heygen`. Nothing at all means help."""
    word, _, rest = _normal(text).partition(" ")
    if not word:
        return Help()
    topic = _WORDS.get(word.lower())
    if topic is None:
        return _unknown(word)
    found: Command = topic.read(rest)
    return found


def _normal(text: str) -> str:
    """One line with plain quotation marks; what a keyboard made of a flag's two dashes is undone."""
    return _DASHED.sub("--", _SINGLE.sub(r'"\1"', " ".join(text.translate(_QUOTES).split())))


def _help(rest: str) -> Help | UsageError:
    word = rest.split(" ")[0].lower()
    if not word:
        return Help()
    topic = _WORDS.get(word)
    return Help(topic.name) if topic else _unknown(word)


def _unknown(word: str) -> UsageError:
    near = nearest(word, [topic.name for topic in ALL])
    hint = f" Did you mean `{near}`?" if near else ""
    names = ", ".join(f"`{topic.name}`" for topic in ALL)
    return UsageError(f"I don't know {shown(word)}.{hint}\nCommands: {names}.")


HELP = Topic(
    words=("help", "?", "-h", "--help"),
    usage="/heygen help [command]",
    about="Shows this, or explains one command.",
    examples=("/heygen help translate",),
    read=_help,
)
ALL: tuple[Topic, ...] = (
    *making.TOPICS,
    *composing.TOPICS,
    *keeping.TOPICS,
    *scheduling.TOPICS,
    *MEMORY_TOPICS,
    *talking.TOPICS,
    HELP,
)
"""Every topic, in the order of the help."""

_WORDS = {word: topic for topic in ALL for word in topic.words}
