"""`/heygen` for what makes videos: translate and lipsync."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.slack.text import plain
from bot.slack.typed.naming import split_languages
from bot.slack.typed.topics import EXAMPLE_URL, Topic, UsageError, shown

MOST_LANGUAGES = 200
WHICH_VIDEO = "Which video? I need a link to it."

_URL = re.compile(r"<?(https?://[^\s<>\"|]+)(?:\|[^<>]*)?>?", re.IGNORECASE)


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


def _translate(rest: str) -> Translate | UsageError:
    if rest.count('"') % 2:
        return TRANSLATE.wrong("A quotation mark is not closed.")
    found = _URL.search(rest)
    if found is None:
        first = rest.split(" ")[0]
        return TRANSLATE.wrong(f"{shown(first)} is not a link.") if first else TRANSLATE.bare(WHICH_VIDEO)
    languages = split_languages(_around(rest, found))
    if not languages:
        return TRANSLATE.wrong("Into which languages?")
    if len(languages) > MOST_LANGUAGES:
        return TRANSLATE.wrong(f"That is {len(languages)} languages; I take at most {MOST_LANGUAGES} at once.")
    return Translate(plain(f"<{found[1]}>"), languages)


def _around(rest: str, found: re.Match[str]) -> str:
    """What surrounds the link: the languages, wherever they stand. Quotes that only held the link go."""
    before, after = rest[: found.start()], rest[found.end() :]
    if before.endswith('"') and after.startswith('"'):
        before, after = before[:-1], after[1:]
    return f"{before.strip()} {after.strip()}".strip()


def _lipsync(rest: str) -> Lipsync | UsageError:
    links = [plain(f"<{found[1]}>") for found in _URL.finditer(rest)]
    if len(links) == 2:
        return Lipsync(*links)
    return LIPSYNC.wrong("I need two links: the video, then the recording its lips should follow.")


TRANSLATE = Topic(
    words=("translate", "translation", "tr"),
    usage="/heygen translate <url> into <language>, <language> …",
    about="Translates the video behind a link, speech and lips, into one or many languages. I open a thread here, keep "
    "one card up to date, and call you when everything is done.",
    examples=(
        f"/heygen translate {EXAMPLE_URL} into French, German",
        f'/heygen translate {EXAMPLE_URL} --into fr,de,"Spanish (Mexico)"',
    ),
    read=_translate,
)
LIPSYNC = Topic(
    words=("lipsync", "lip-sync"),
    usage="/heygen lipsync <url of a video> with <url of a recording>",
    about="Makes the lips in the video follow the recording. The result comes in a thread of its own.",
    examples=(f"/heygen lipsync {EXAMPLE_URL} with https://example.com/voice.mp3",),
    read=_lipsync,
)
TOPICS = (TRANSLATE, LIPSYNC)
