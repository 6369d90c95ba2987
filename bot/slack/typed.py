"""What people type after `/heygen`, parsed like a good shell would."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Literal

from bot.slack.text import plain, safe

Topic = Literal["translate", "lipsync", "jobs", "budget", "cancel", "live", "forget", "help"]

USAGE: dict[Topic, str] = {
    "translate": "/heygen translate <url> into <language>, <language> …",
    "lipsync": "/heygen lipsync <url of a video> with <url of a recording>",
    "jobs": "/heygen jobs",
    "budget": "/heygen budget",
    "cancel": "/heygen cancel [job | all]",
    "live": "/heygen live [what it is about | end]",
    "forget": "/heygen forget me",
    "help": "/heygen help [command]",
}
EXAMPLE_URL = "https://example.com/talk.mp4"
WORDS: dict[str, Topic] = {
    "translate": "translate",
    "translation": "translate",
    "tr": "translate",
    "lipsync": "lipsync",
    "lip-sync": "lipsync",
    "jobs": "jobs",
    "job": "jobs",
    "list": "jobs",
    "status": "jobs",
    "budget": "budget",
    "money": "budget",
    "costs": "budget",
    "spending": "budget",
    "cancel": "cancel",
    "stop": "cancel",
    "abort": "cancel",
    "live": "live",
    "avatar": "live",
    "forget": "forget",
    "help": "help",
    "?": "help",
    "-h": "help",
    "--help": "help",
}
MOST_LANGUAGES = 200
LONGEST_REASON = 300

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "—": "--"})
_SINGLE = re.compile(r"(?<![^\s,;=])'([^'\"]*)'(?=[\s,;]|$)")
_URL = re.compile(r"<?(https?://[^\s<>\"|]+)(?:\|[^<>]*)?>?", re.IGNORECASE)
_INTO = re.compile(r"^\s*(?:--?)?(?:into|to|in|languages?)(?:\s*[:=]\s*|\s+|$)", re.IGNORECASE)
_PART = re.compile(r'"[^"]*"|\([^()]*\)|[,;]|\s+and\s+|\s+|[^\s,;"()]+', re.IGNORECASE)
_HANDLE = re.compile(r"[a-z]{1,3}\d{1,6}", re.IGNORECASE)
_THE_END = frozenset({"end", "stop", "close", "hang up", "bye"})
_EVERYTHING = frozenset({"all", "everything"})
_CODE = re.compile(r"[a-z]{2,3}(?:[-_][a-z0-9]{2,8})*", re.IGNORECASE)
_QUALIFIERS = frozenset(
    {"american", "australian", "austrian", "brazilian", "british", "canadian", "cantonese", "egyptian", "european"}
    | {"indian", "latin", "mandarin", "mexican", "simplified", "swiss", "traditional"}
)


@dataclass(frozen=True, slots=True)
class Translate:
    """Translate `source` (a link) into `languages`, as the person named them."""

    source: str
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lipsync:
    """Make the lips in `video` follow `audio`, two links."""

    video: str
    audio: str


@dataclass(frozen=True, slots=True)
class Jobs:
    """Show the person's jobs."""


@dataclass(frozen=True, slots=True)
class ShowBudget:
    """Show what was spent and what is left."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel the job with the handle `wanted`, `all` open ones, or list them (None)."""

    wanted: str | None = None


@dataclass(frozen=True, slots=True)
class GoLive:
    """Offer a live avatar; `reason` is what it is about, in the person's words, and may be empty."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class EndLive:
    """End the person's live session, or withdraw its offer."""


@dataclass(frozen=True, slots=True)
class ForgetMe:
    """Offer to delete what is known of the person."""


@dataclass(frozen=True, slots=True)
class Help:
    """Explain everything, or one command."""

    topic: Topic | None = None


@dataclass(frozen=True, slots=True)
class UsageError:
    """What is wrong, how it goes, as one text for the person (mrkdwn, foreign parts escaped)."""

    sentence: str


Command = Translate | Lipsync | Jobs | ShowBudget | Cancel | GoLive | EndLive | ForgetMe | Help | UsageError


def parse(text: str) -> Command:
    """Read what follows `/heygen`. Nothing at all means help."""
    word, _, rest = _normal(text).partition(" ")
    if not word:
        return Help()
    match WORDS.get(word.lower()):
        case "translate":
            return _translate(rest)
        case "lipsync":
            return _lipsync(rest)
        case "jobs":
            return Jobs()
        case "budget":
            return ShowBudget()
        case "cancel":
            return _cancel(rest)
        case "live":
            return _live(rest)
        case "forget":
            return _forget(rest)
        case "help":
            return _help(rest)
        case None:
            return _unknown(word)


def _normal(text: str) -> str:
    return _SINGLE.sub(r'"\1"', " ".join(text.translate(_QUOTES).split()))


def _help(rest: str) -> Command:
    word = rest.split(" ")[0].lower()
    if not word:
        return Help()
    topic = WORDS.get(word)
    return Help(topic) if topic else _unknown(word)


def _cancel(rest: str) -> Command:
    words = rest.split()
    if not words:
        return Cancel()
    if len(words) == 1 and words[0].lower() in _EVERYTHING:
        return Cancel("all")
    if len(words) == 1 and _HANDLE.fullmatch(words[0]):
        return Cancel(words[0].upper())
    return UsageError(
        f"I don't know which job `{safe(rest, 60)}` is.\nUsage: `{USAGE['cancel']}`\n"
        "For example: `/heygen cancel J3`; `/heygen cancel` lists what can be cancelled."
    )


def _live(rest: str) -> Command:
    if rest.lower().strip(" .!") in _THE_END:
        return EndLive()
    if len(rest) > LONGEST_REASON:
        return UsageError(
            f"That is too long: {LONGEST_REASON} characters say what it is about.\nUsage: `{USAGE['live']}`\n"
            "For example: `/heygen live my intro has no sound`; `/heygen live end` ends it."
        )
    return GoLive(plain(rest))


def _forget(rest: str) -> Command:
    if rest.lower() == "me":
        return ForgetMe()
    return UsageError(f"I can only forget the person who asks.\nUsage: `{USAGE['forget']}`")


def _unknown(word: str) -> UsageError:
    near = difflib.get_close_matches(word.lower(), [*USAGE], n=1, cutoff=0.5)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    names = ", ".join(f"`{name}`" for name in USAGE)
    return UsageError(f"I don't know `{safe(word, 40)}`.{hint}\nCommands: {names}.")


def _wrong(sentence: str) -> UsageError:
    return UsageError(
        f"{sentence}\nUsage: `{_shown(USAGE['translate'])}`\n"
        f"For example: `/heygen translate {EXAMPLE_URL} into French, German`"
    )


def _shown(usage: str) -> str:
    return usage.replace("<", "&lt;").replace(">", "&gt;")


def _translate(rest: str) -> Command:
    if rest.count('"') % 2:
        return _wrong("A quotation mark is not closed.")
    found = _URL.search(rest)
    if found is None:
        first = rest.split(" ")[0]
        return _wrong(f"`{safe(first, 60)}` is not a link." if first else "Which video? I need a link to it.")
    languages = split_languages(_around(rest, found))
    if not languages:
        return _wrong("Into which languages?")
    if len(languages) > MOST_LANGUAGES:
        return _wrong(f"That is {len(languages)} languages; I take at most {MOST_LANGUAGES} at once.")
    return Translate(plain(f"<{found[1]}>"), languages)


def _lipsync(rest: str) -> Command:
    links = [plain(f"<{found[1]}>") for found in _URL.finditer(rest)]
    if len(links) == 2:
        return Lipsync(*links)
    return UsageError(
        "I need two links: the video, then the recording its lips should follow.\n"
        f"Usage: `{_shown(USAGE['lipsync'])}`\n"
        f"For example: `/heygen lipsync {EXAMPLE_URL} with https://example.com/voice.mp3`"
    )


def _around(rest: str, found: re.Match[str]) -> str:
    """What surrounds the link: the languages, wherever they stand. Quotes that only held the link go."""
    before, after = rest[: found.start()], rest[found.end() :]
    if before.endswith('"') and after.startswith('"'):
        before, after = before[:-1], after[1:]
    return f"{before.strip()} {after.strip()}".strip()


def split_languages(text: str) -> tuple[str, ...]:
    """Language names from “into French, German and "Spanish (Mexico)"”, without repetitions, in order.

    Commas, semicolons and “and” separate. Without any of them blanks do, but a qualifier (“Brazilian”) stays with
    its language and so does what stands in parentheses.
    """
    parts = _PART.findall(_INTO.sub("", text))
    separated = any(part in {",", ";"} or part.strip().lower() == "and" for part in parts)
    names: list[str] = []
    for group in _groups(parts):
        names += [" ".join(group)] if separated or len(group) == 1 else _words(group)
    found = {name.lower(): name for name in reversed(names) if name}
    return tuple(reversed(found.values()))


def _groups(parts: list[str]) -> list[list[str]]:
    """Runs of words between separators; a quoted name is a run of its own."""
    groups: list[list[str]] = [[]]
    for part in parts:
        if part in {",", ";"} or part.strip().lower() == "and":
            groups.append([])
        elif part.startswith('"'):
            groups += [[part.strip('"').strip()], []]
        elif part.strip():
            groups[-1].append(part)
    return [group for group in groups if group]


def _words(group: list[str]) -> list[str]:
    if all(_CODE.fullmatch(word) and len(word) <= 3 for word in group):
        return group
    names: list[str] = []
    pending = ""
    for word in group:
        if word.startswith("(") and names:
            names[-1] += f" {word}"
        elif word.lower() in _QUALIFIERS:
            pending = f"{pending} {word}".strip()
        else:
            names.append(f"{pending} {word}".strip())
            pending = ""
    return [*names, pending] if pending else names
