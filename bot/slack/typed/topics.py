"""What every topic of `/heygen` is made of: its words, how it goes, and how its errors are said."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from bot.slack.text import escape, safe

EXAMPLE_URL = "https://example.com/talk.mp4"


@dataclass(frozen=True, slots=True)
class UsageError:
    """What is wrong, how it goes, as one text for the person (mrkdwn, foreign parts escaped).

    `dialog` names what can be asked in a dialog instead, since nothing but the topic was typed.
    """

    sentence: str
    dialog: str | None = None


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing that can be typed after `/heygen`.

    `words` begin it, the first being its name. `read` takes what follows the word and gives a command or a
    `UsageError`. `about` says in mrkdwn what it does; `examples` are whole lines that work as they stand.
    """

    words: tuple[str, ...]
    usage: str
    about: str
    examples: tuple[str, ...]
    read: Callable[[str], Any]

    @property
    def name(self) -> str:
        """The word that the help calls it by."""
        return self.words[0]

    def wrong(self, sentence: str) -> UsageError:
        """`sentence` (mrkdwn), the usage line, and one example."""
        return UsageError(f"{sentence}\nUsage: `{escape(self.usage)}`\nFor example: `{escape(self.examples[0])}`")

    def bare(self, sentence: str) -> UsageError:
        """The same where nothing was typed, so that a dialog can ask for it."""
        return replace(self.wrong(sentence), dialog=self.name)

    def help(self) -> str:
        """Usage, what it does, and all examples."""
        return "\n".join([f"*`{escape(self.usage)}`*", self.about, *(f"`{escape(one)}`" for one in self.examples)])


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    found = difflib.get_close_matches(word.lower(), [*known], n=1, cutoff=0.5)
    return found[0] if found else None


def shown(word: str) -> str:
    """A word of the person's as code."""
    return f"`{safe(word, 60)}`"
