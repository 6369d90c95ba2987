"""Videos from templates as a kind of work: one request, one job.

The arguments of a submission: `template_id`, `fills` (what goes into each place, as HeyGen takes it), `script` (all
that is said then) and, where a part is not spoken, `length_unknown`; `template_name` is for people. Others in them
(`row`, `values`) say for whom a video of many is.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent.making import PRICE, spoken_quote
from agent.money import Prices, Quote
from agent.records import JobKind, Json, Submission
from agent.work import Remote
from heygen import Client, StatusEntry, Video
from heygen.catalogue.templates import CREATE_VIDEO_FROM_TEMPLATE

MADE_FROM = ("template_id", "fills")


class Filling:
    """`agent.work.Work` for videos from templates."""

    kind = JobKind.TEMPLATE
    piece = "name"
    eventless = False

    def __init__(self, *, prices: Prices) -> None:
        self._prices = prices

    def may_become_dearer(self, arguments: Json) -> bool:
        """What is said was read when it was asked for."""
        return False

    async def quote(self, arguments: Json) -> Quote:
        """From how long it may take to say; anything HeyGen makes, where a part of it is not said."""
        if arguments.get("length_unknown"):
            return self._prices.by_second(PRICE, 1, None)
        return spoken_quote(self._prices, str(arguments["script"]))

    async def send(self, client: Client, submission: Submission, callback: str | None) -> list[str]:
        """See `agent.work.Work.send`."""
        fills = submission.arguments["fills"]
        payload = {
            "template_id": submission.arguments["template_id"],
            "variables": [{"name": name, "value": value} for name, value in fills.items()],
            "title": submission.title,
            "callback_url": callback,
            "callback_id": submission.id if callback else None,
        }
        made = await client.call(CREATE_VIDEO_FROM_TEMPLATE, payload, idempotency_key=submission.key)
        return [made.id]

    async def statuses(self, client: Client, ids: Sequence[str]) -> list[StatusEntry]:
        """See `agent.work.Work.statuses`."""
        return await client.video_statuses(ids)

    async def read(self, client: Client, provider_id: str) -> Video:
        """See `agent.work.Work.read`."""
        return await client.get_video(provider_id)

    def label_of(self, remote: Remote) -> str | None:
        """A video belongs to the one job of its request, whatever it is called."""
        return ""

    def same(self, one: Json, other: Json) -> bool:
        """The same template with the same in its places."""
        return bool(one.get("template_id")) and all(one.get(name) == other.get(name) for name in MADE_FROM)
