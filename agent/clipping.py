"""Clips of a long video as a kind of work: one request, one job, several results.

The arguments of a submission: the source `video` (see `agent.material`), `shape` of the picture, and `prompt`: what to
look for, where somebody said so. HeyGen knows a repeat by no key, so each carries a mark in its title by which it is
looked for first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agent.material import Material, quoted_between, same_source
from agent.money import Prices, Quote
from agent.records import JobKind, Json, Submission
from agent.work import Remote, with_parts
from heygen import Client, HeyGenError, RemoteStatus, StatusEntry, parse_status
from heygen.catalogue.clippings import CREATE_CLIPPING, GET_CLIPPING, LIST_CLIPPINGS
from heygen.records import Clip, Clipping
from heygen.truto import mark_of

PRICE = "clipping"
LONGEST = 3 * 3_600.0  # seconds of a video whose length nobody knows: the upper end of its quote
PAGES, PAGE = 5, 100
EARLIER = 3_600.0  # seconds by which HeyGen's clock may be behind ours
CANCELLED = "cancelled"
WAS_CANCELLED = "It was cancelled at HeyGen."
NO_CLIP = "HeyGen could cut no clip out of it."


@dataclass(frozen=True, slots=True)
class Clips:
    """`agent.work.Remote`, and `agent.work.Parts`, for the clips of a video. `duration` is the source's: it is paid."""

    status: RemoteStatus
    status_word: str
    urls: tuple[str, ...]
    duration: float | None
    failure_message: str | None

    @property
    def video_url(self) -> str | None:
        """The first clip."""
        return next(iter(self.urls), None)


class Cutting:
    """`agent.work.Work` for clips."""

    kind = JobKind.CLIPS
    piece = "name"
    eventless = True  # there are events, but nobody has published what in them is the job

    def __init__(self, *, material: Material, prices: Prices) -> None:
        self._material = material
        self._prices = prices

    def may_become_dearer(self, arguments: Json) -> bool:
        """The video behind a link may be another, longer one a minute later."""
        return "video_url" in arguments

    async def quote(self, arguments: Json) -> Quote:
        """From a look at the source now: it is paid for by its own length, whatever comes of it."""
        return quoted_between(self._prices, PRICE, (await self._material.seconds(arguments, "video"), LONGEST))

    async def send(self, client: Client, submission: Submission, callback: str | None) -> list[str]:
        """See `agent.work.Work.send`. After another attempt it is looked for first."""
        mark = mark_of(submission.key)
        if submission.attempts > 1 and (found := await _found(client, mark, submission.sent_at or 0.0)):
            return [found]
        asked = submission.arguments
        settings = {"aspect_ratio": asked.get("shape"), "prompt": asked.get("prompt")}
        payload = {
            "video": await self._material.file(client, asked, "video"),
            "output_settings": {name: value for name, value in settings.items() if value},
            "title": f"{submission.title} [{mark}]",
            "callback_url": callback,
            "callback_id": submission.id if callback else None,
        }
        return [await client.call(CREATE_CLIPPING, payload)]

    async def statuses(self, client: Client, ids: Sequence[str]) -> list[StatusEntry]:
        """Nothing: HeyGen has no bulk read for them, so that each is read by itself."""
        return []

    async def read(self, client: Client, provider_id: str) -> Clips:
        """See `agent.work.Work.read`. One clip that did not work out is no failure of the others."""
        told = await client.call(GET_CLIPPING, {"job_id": provider_id})
        status, reason = parse_status(told.status_word), told.failure_message
        urls = tuple(clip.video_url for clip in told.clips if clip.video_url and _is_good(clip))
        if told.status_word == CANCELLED:
            status, reason = RemoteStatus.FAILED, WAS_CANCELLED
        if status is RemoteStatus.COMPLETED and told.clips and not urls and not any(map(_is_good, told.clips)):
            status, reason = RemoteStatus.FAILED, NO_CLIP
        done = status is RemoteStatus.COMPLETED
        word = with_parts(told.status_word, len(urls)) if done else told.status_word
        return Clips(status, word, urls if done else (), told.source_duration, reason)

    def label_of(self, remote: Remote) -> str | None:
        """Clips belong to the one job of their request."""
        return ""

    def same(self, one: Json, other: Json) -> bool:
        """Clips of the same video, of the same shape, for the same words."""
        alike = all(one.get(name) == other.get(name) for name in ("shape", "prompt"))
        return alike and same_source(one, other, "video")


def _is_good(clip: Clip) -> bool:
    return parse_status(clip.status_word) is RemoteStatus.COMPLETED


async def _found(client: Client, mark: str, since: float) -> str | None:
    """The job that an earlier attempt has begun. What goes wrong while looking leaves the doubt where it was."""
    try:
        return await _look(client, mark, since)
    except HeyGenError as error:
        error.outcome_unknown = True
        raise


async def _look(client: Client, mark: str, since: float) -> str | None:
    token: str | None = None
    for _ in range(PAGES):
        page: Any = await client.call(LIST_CLIPPINGS, {"limit": PAGE} | ({"token": token} if token else {}))
        items: Sequence[Clipping] = page.items
        if found := next((one.id for one in items if mark in (one.title or "")), None):
            return found
        token = page.next_token
        if token is None or any(_before(one, since - EARLIER) for one in items):
            return None
    raise HeyGenError("too many clippings to look through", retryable=True)


def _before(one: Clipping, moment: float) -> bool:
    return one.created_at is not None and one.created_at.timestamp() < moment
