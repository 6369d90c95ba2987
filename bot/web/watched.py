"""What there is to watch of a finished job: the file, a picture, captions. Pure functions of what HeyGen tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from agent.records import JobKind
from agent.work import Parts, Remote
from heygen import Translation, Video
from heygen.records import Lipsync

Element = Literal["video", "audio"]
FILES = frozenset({JobKind.PROOFREAD})
"""Kinds whose result nobody plays: their links lead to the file."""

SOUNDS = frozenset({JobKind.SPEECH})
PICTURED = frozenset({JobKind.VIDEO, JobKind.AGENT, JobKind.TEMPLATE})
"""Kinds of whose videos HeyGen makes a picture."""

ELEMENTS: Mapping[JobKind, Element] = dict.fromkeys(SOUNDS, "audio")


@dataclass(frozen=True, slots=True)
class Watched:
    """Where the parts of a result are right now; `part` counts from 1. None for what there is not."""

    part: int
    parts: int
    file: str | None = field(repr=False)
    poster: str | None = field(default=None, repr=False)
    captions: str | None = field(default=None, repr=False)


def watched(remote: Remote, part: int = 1) -> Watched | None:
    """The result, or one of its parts; None where there is no such part."""
    urls = remote.urls if isinstance(remote, Parts) else ()
    if part < 1 or part > max(len(urls), 1):
        return None
    file = urls[part - 1] if urls else remote.video_url
    poster, captions = _beside(remote)
    return Watched(part, max(len(urls), 1), fetchable(file), fetchable(poster), fetchable(captions))


def _beside(remote: Remote) -> tuple[str | None, str | None]:
    """The picture and the captions that go with a result."""
    match remote:
        case Translation():
            return None, remote.vtt_url or remote.srt_url
        case Video():
            return remote.thumbnail_url, remote.subtitle_url
        case Lipsync():
            return None, remote.caption_url
        case _:
            return None, None


def fetchable(url: str | None) -> str | None:
    """An address of the web; None for anything else."""
    return url if url and url.startswith(("https://", "http://")) else None
