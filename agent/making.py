"""Videos of a speaking avatar as a kind of work: one request, one job.

The arguments of a submission: `script` (and `voice_id` unless the avatar has a voice of its own) or the recording
`audio` (see `agent.material`), and `avatar_id`; `avatar` and `voice` are their names, for people. Others in them
(`row`, `values`) say for whom a video of many is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agent.material import LONGEST_SOUND, Material, quoted_between, same_source
from agent.money import Prices, Quote
from agent.records import JobKind, Json, Submission
from agent.spoken import spoken_seconds
from agent.work import Remote
from heygen import Client, StatusEntry, Video

PRICE = "video.avatar_iv"  # what HeyGen makes where a request names no engine
MADE_FROM = ("script", "avatar_id", "voice_id")
SCRIPT_LIMIT = 5_000  # characters, HeyGen's own


class Making:
    """`agent.work.Work` for videos. Without `material` it makes none from recordings."""

    kind = JobKind.VIDEO
    piece = "name"
    eventless = False

    def __init__(self, *, prices: Prices, material: Material | None = None) -> None:
        self._prices = prices
        self._material = material

    def may_become_dearer(self, arguments: Json) -> bool:
        """A script says what it says; a recording behind a link may have become longer."""
        return "script" not in arguments

    async def quote(self, arguments: Json) -> Quote:
        """From how long the script may take to say, or from a look at the recording."""
        if "script" in arguments or self._material is None:
            return self.estimate(str(arguments["script"]))
        seconds = await self._material.seconds(arguments, "audio", sound=True)
        return quoted_between(self._prices, PRICE, (seconds, LONGEST_SOUND))

    def estimate(self, script: str) -> Quote:
        """A range, for nobody knows how long a voice will take; `quote` without waiting."""
        return spoken_quote(self._prices, script)

    async def send(self, client: Client, submission: Submission, callback: str | None) -> list[str]:
        """See `agent.work.Work.send`."""
        made_from = {name: submission.arguments.get(name) for name in MADE_FROM} | await self._sound(client, submission)
        hint = {"callback_url": callback, "callback_id": submission.id if callback else None}
        payload = {"type": "avatar", **made_from, "title": submission.title, **hint}
        return [await client.create_video(payload, idempotency_key=submission.key)]

    async def _sound(self, client: Client, submission: Submission) -> Json:
        """The recording as a video takes it; nothing where a script is said."""
        if "script" in submission.arguments or self._material is None:
            return {}
        file = await self._material.file(client, submission.arguments, "audio")
        return {"audio_asset_id": file["asset_id"]} if "asset_id" in file else {"audio_url": file["url"]}

    async def statuses(self, client: Client, ids: Sequence[str]) -> list[StatusEntry]:
        """See `agent.work.Work.statuses`."""
        return await client.video_statuses(ids)

    async def read(self, client: Client, provider_id: str) -> Video:
        """See `agent.work.Work.read`."""
        return await client.get_video(provider_id)

    def label_of(self, remote: Remote) -> str | None:
        """A video belongs to the one job of its request, whatever it is called."""
        return ""

    def same(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
        """The same words, or the same recording, by the same avatar in the same voice."""
        said = bool(one.get("script")) or same_source(one, other, "audio")
        return said and all(one.get(name) == other.get(name) for name in MADE_FROM)


def spoken_quote(prices: Prices, script: str, price: str = PRICE) -> Quote:
    """What a video costs in which these words are said, or what else is paid for by the second."""
    low, high = spoken_seconds(script)
    least, most = (prices.by_second(price, 1, seconds) for seconds in (low, high))
    return Quote(least.low, most.high, f"{low:.0f} to {high:.0f} s to say, {rate_words(prices, price)}", 1, most.rate)


def rate_words(prices: Prices, price: str = PRICE) -> str:
    """“$0.10 a second”, from the basis of a quote."""
    return prices.by_second(price, 1, 1.0).basis.rpartition("× ")[2]
