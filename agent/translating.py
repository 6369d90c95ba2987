"""Translations as a kind of work: one request for all languages of a video, one job a language."""

from __future__ import annotations

from collections.abc import Sequence

from agent.material import PARTS, Material
from agent.money import Prices, Quote
from agent.ports import SourceProbe
from agent.records import JobKind, Json, Submission
from agent.work import Remote
from heygen import Client, Source, StatusEntry, Translation


class Translating:
    """`agent.work.Work` for translations."""

    kind = JobKind.TRANSLATION
    piece = "language"
    eventless = False

    def __init__(self, *, probe: SourceProbe, prices: Prices, material: Material) -> None:
        self._probe = probe
        self._prices = prices
        self._material = material

    def may_become_dearer(self, arguments: Json) -> bool:
        """The video behind a link may be another, longer one a minute later; an upload stays as it is."""
        return "video_url" in arguments

    async def quote(self, arguments: Json) -> Quote:
        """From a look at the source now, or when it was uploaded; `SourceRefused` when it cannot be used."""
        url = arguments.get("video_url")
        if url:
            seconds = (await self._probe.probe(url)).duration
        else:
            seconds = await self._material.seconds(arguments, "video")
        name = f"translation.{arguments.get('mode', 'speed')}"
        return self._prices.by_second(name, len(arguments["languages"]), seconds)

    async def send(self, client: Client, submission: Submission, callback: str | None) -> list[str]:
        """See `agent.work.Work.send`."""
        asked = submission.arguments
        return await client.create_translation(
            video=Source(url=await self._address(client, asked), asset_id=asked.get("video_asset_id")),
            output_languages=asked["languages"],
            idempotency_key=submission.key,
            title=submission.title,
            callback_url=callback,
            callback_id=submission.id if callback else None,
        )

    async def _address(self, client: Client, asked: Json) -> str | None:
        """Where the video is; that of a job's result only now, for it expires."""
        if "video_job" not in asked:
            return asked.get("video_url")
        address: str = (await self._material.file(client, asked, "video"))["url"]
        return address

    async def statuses(self, client: Client, ids: Sequence[str]) -> list[StatusEntry]:
        """See `agent.work.Work.statuses`."""
        return await client.translation_statuses(ids)

    async def read(self, client: Client, provider_id: str) -> Translation:
        """See `agent.work.Work.read`."""
        return await client.get_translation(provider_id)

    def label_of(self, remote: Remote) -> str | None:
        """The language it was translated into."""
        return remote.output_language if isinstance(remote, Translation) else None

    def same(self, one: Json, other: Json) -> bool:
        """The same video, whatever the mode."""
        return any(one.get(f"video_{part}") and one[f"video_{part}"] == other.get(f"video_{part}") for part in PARTS)
