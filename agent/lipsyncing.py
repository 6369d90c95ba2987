"""Lip-syncs as a kind of work: a video whose lips follow a recording; one request, one job.

The arguments of a submission: the sources `video` and `audio` (see `agent.material`), and `mode`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agent.material import LONGEST_SOUND, Material, quoted_between, same_source
from agent.money import LONGEST_SECONDS, Prices, Quote
from agent.records import JobKind, Json, Submission
from agent.work import Remote
from heygen import Client, StatusEntry
from heygen.catalogue.lipsyncs import CREATE_LIPSYNC, GET_LIPSYNC, GET_LIPSYNC_STATUSES
from heygen.records import Lipsync


class LipSyncing:
    """`agent.work.Work` for lip-syncs."""

    kind = JobKind.LIPSYNC
    piece = "name"
    eventless = True

    def __init__(self, *, material: Material, prices: Prices) -> None:
        self._material = material
        self._prices = prices

    def may_become_dearer(self, arguments: Json) -> bool:
        """What is behind a link may be longer a minute later."""
        return True

    async def quote(self, arguments: Json) -> Quote:
        """From a look at both sources now: the result is as long as the recording, or as the video."""
        video = await self._material.seconds(arguments, "video")
        audio = await self._material.seconds(arguments, "audio", sound=True)
        price = f"lipsync.{arguments.get('mode', 'speed')}"
        return quoted_between(self._prices, price, (video, LONGEST_SECONDS), (audio, LONGEST_SOUND))

    async def send(self, client: Client, submission: Submission, callback: str | None) -> list[str]:
        """See `agent.work.Work.send`."""
        asked = submission.arguments
        payload = {
            "video": await self._material.file(client, asked, "video"),
            "audio": await self._material.file(client, asked, "audio"),
            "mode": asked.get("mode"),
            "title": submission.title,
            "callback_url": callback,
            "callback_id": submission.id if callback else None,
        }
        return [await client.call(CREATE_LIPSYNC, payload, idempotency_key=submission.key)]

    async def statuses(self, client: Client, ids: Sequence[str]) -> list[StatusEntry]:
        """See `agent.work.Work.statuses`."""
        page: Any = await client.call(GET_LIPSYNC_STATUSES, {"lipsync_ids": list(ids)})
        return list(page.items)

    async def read(self, client: Client, provider_id: str) -> Lipsync:
        """See `agent.work.Work.read`."""
        return await client.call(GET_LIPSYNC, {"lipsync_id": provider_id})

    def label_of(self, remote: Remote) -> str | None:
        """A lip-sync belongs to the one job of its request, whatever it is called."""
        return ""

    def same(self, one: Json, other: Json) -> bool:
        """The same video with the same recording, whatever the mode."""
        return all(same_source(one, other, name) for name in ("video", "audio"))
