"""Videos without their background as a kind of work: one request, one job.

The arguments of a submission: the source `video` (see `agent.material`), and `part`: what is wanted of it. HeyGen knows
a repeat by a mark in the body; it tells of the end by nothing, so that each job is read by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.material import Material, same_source
from agent.money import Prices, Quote
from agent.records import JobKind, Json, Submission
from agent.work import Remote
from heygen import Client, RemoteStatus, StatusEntry, parse_status
from heygen.catalogue.clippings import GET_BACKGROUND_REMOVAL, REMOVE_BACKGROUND

PRICE = "background_removal"
DELETED = "deleted"
WAS_DELETED = "It was deleted at HeyGen."


@dataclass(frozen=True, slots=True)
class Separated:
    """`agent.work.Remote` for a video taken apart."""

    status: RemoteStatus
    status_word: str
    video_url: str | None
    duration: float | None
    failure_message: str | None


class Separating:
    """`agent.work.Work` for videos without their background."""

    kind = JobKind.BACKGROUND
    piece = "name"
    eventless = False  # there is no callback either

    def __init__(self, *, material: Material, prices: Prices) -> None:
        self._material = material
        self._prices = prices

    def may_become_dearer(self, arguments: Json) -> bool:
        """The video behind a link may be another, longer one a minute later."""
        return "video_url" in arguments

    async def quote(self, arguments: Json) -> Quote:
        """From a look at the source now."""
        return self._prices.by_second(PRICE, 1, await self._material.seconds(arguments, "video"))

    async def send(self, client: Client, submission: Submission, callback: str | None) -> list[str]:
        """See `agent.work.Work.send`."""
        payload = {
            "video": await self._material.file(client, submission.arguments, "video"),
            "layers": [submission.arguments["part"]],
            "title": submission.title,
        }
        made = await client.call(REMOVE_BACKGROUND, payload, idempotency_key=submission.key)
        return [made.id]

    async def statuses(self, client: Client, ids: Sequence[str]) -> list[StatusEntry]:
        """Nothing: HeyGen has no bulk read for them, so that each is read by itself."""
        return []

    async def read(self, client: Client, provider_id: str) -> Separated:
        """See `agent.work.Work.read`. One request asks for one part, which is all there is."""
        told = await client.call(GET_BACKGROUND_REMOVAL, {"job_id": provider_id})
        url = next(iter(told.layers.values()), None)
        if told.status_word == DELETED:
            return Separated(RemoteStatus.FAILED, DELETED, None, told.duration, WAS_DELETED)
        return Separated(parse_status(told.status_word), told.status_word, url, told.duration, told.error)

    def label_of(self, remote: Remote) -> str | None:
        """A video belongs to the one job of its request."""
        return ""

    def same(self, one: Json, other: Json) -> bool:
        """The same part of the same video."""
        return same_source(one, other, "video") and one.get("part") == other.get("part")
