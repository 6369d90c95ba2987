"""Batches: many requests in one, begun as places become free; each item ends well or badly by itself."""

from __future__ import annotations

import base64
import dataclasses
import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Literal

from emulators.base import Clock
from emulators.heygen.assets import Asset, Assets
from emulators.heygen.errors import Refusal, invalid, missing
from emulators.heygen.jobs import Jobs
from emulators.heygen.operations import Call, page_limit
from emulators.heygen.state import Account, Job
from emulators.heygen.views import BATCH_WORDS

BULK_LIMIT = 100
BatchKind = Literal["video", "translation", "lipsync", "asset"]
Begin = Callable[[], Job]


@dataclasses.dataclass(slots=True)
class Item:
    """One request of a batch. `begin` submits it; `job_id` is what became of it, or `error` why nothing did."""

    index: int
    begin: Begin | None = None
    job_id: str | None = None
    error: dict[str, Any] | None = None

    def refuse(self, refusal: Refusal) -> None:
        """Note that it was refused."""
        found = refusal.body["error"]
        self.error = {"code": found["code"], "message": found["message"]}


@dataclasses.dataclass(slots=True)
class Batch:
    """Several requests submitted together."""

    id: str
    account: Account
    kind: BatchKind
    title: str | None
    callback_url: str | None
    created: float
    items: list[Item]
    announced: bool = False


class Batches:
    """All batches by id. `on_end` hears of each that has finished, with how many items ended how."""

    def __init__(
        self, jobs: Jobs, assets: Assets, clock: Clock, chance: random.Random, on_end: Callable[[Batch], None]
    ) -> None:
        self.all: dict[str, Batch] = {}
        self._jobs = jobs
        self._assets = assets
        self._clock = clock
        self._chance = chance
        self._on_end = on_end

    def submit(
        self, account: Account, kind: BatchKind, begins: Sequence[Begin], title: str | None, callback: str | None
    ) -> Batch:
        """Accept a batch; its items begin as soon as there is room."""
        if len(begins) > BULK_LIMIT:
            raise invalid(f"{kind}s", f"A batch has at most {BULK_LIMIT} items, languages counted one by one.")
        items = [Item(index, begin) for index, begin in enumerate(begins)]
        return self._keep(Batch(self._new_id(), account, kind, title, callback, self._clock.now(), items))

    def of_assets(self, account: Account, assets: Sequence[Asset], title: str | None) -> Batch:
        """A batch of direct uploads; nobody is told of its end."""
        items = [Item(index, job_id=asset.id) for index, asset in enumerate(assets)]
        batch = Batch(self._new_id(), account, "asset", title, None, self._clock.now(), items, announced=True)
        return self._keep(batch)

    def get(self, account: Account, kind: BatchKind, batch_id: str) -> Batch:
        """The account's own batch of this kind, or 404."""
        batch = self.all.get(batch_id)
        if batch is None or batch.account is not account or batch.kind != kind:
            raise missing("resource_not_found", "The batch")
        return batch

    def tick(self) -> None:
        """Begin what there is room for, and tell of batches that are done."""
        for batch in self.all.values():
            for item in batch.items:
                if item.begin is not None and item.job_id is None and item.error is None and not self._begun(item):
                    break
            if not batch.announced and batch_word(batch, self.word) != "processing":
                batch.announced = True
                self._on_end(batch)

    def word(self, batch: Batch, item: Item) -> str:
        """How an item stands."""
        if item.error is not None:
            return "failed"
        if batch.kind == "asset":
            asset = self._assets.all.get(item.job_id or "")
            return "queued" if asset and asset.status == "pending_upload" else asset.status if asset else "failed"
        job = self._jobs.state.jobs.get(item.job_id or "")
        if job is None:
            return "queued" if item.job_id is None else "completed"  # deleted since
        if job.fate is not None and job.state.value == "failed":
            item.error = {"code": job.fate.code, "message": job.fate.message}
        return BATCH_WORDS[job.state]

    def _begun(self, item: Item) -> bool:
        """Whether an item could be submitted now, or never will be."""
        try:
            item.job_id = item.begin().id if item.begin else None
        except Refusal as refusal:
            if refusal.status == 429:
                return False
            item.refuse(refusal)
        return True

    def _keep(self, batch: Batch) -> Batch:
        self.all[batch.id] = batch
        return batch

    def _new_id(self) -> str:
        return f"batch_{self._chance.getrandbits(96):024x}"


Word = Callable[[Batch, Item], str]


def batch_word(batch: Batch, word: Word) -> str:
    """How a whole batch stands: failed only if nothing of it succeeded."""
    words = {word(batch, item) for item in batch.items}
    if words & {"queued", "processing", "pending_upload"}:
        return "processing"
    return "failed" if words == {"failed"} else "completed"


def counts(batch: Batch, word: Word) -> dict[str, int]:
    """How many items stand how."""
    return dict(Counter(word(batch, item) for item in batch.items))


def batch_view(batch: Batch, word: Word, call: Call) -> dict[str, Any]:
    """A batch with a page of its items, in their order."""
    start, limit = _after(call.query.get("token")), page_limit(call)
    shown = batch.items[start : start + limit]
    more = start + limit < len(batch.items)
    return {
        "batch_id": batch.id,
        "title": batch.title,
        "status": batch_word(batch, word),
        "created_at": int(batch.created),
        "total_items": len(batch.items),
        "counts_by_status": counts(batch, word),
        "items": [_item(batch, item, word) for item in shown],
        "has_more": more,
        "next_token": base64.urlsafe_b64encode(f"after:{start + limit}".encode()).decode() if more else None,
    }


def _item(batch: Batch, item: Item, word: Word) -> dict[str, Any]:
    status = word(batch, item)
    return {"item_index": item.index, "video_id": item.job_id, "status": status, "error": item.error}


def _after(token: str | None) -> int:
    if token is None:
        return 0
    try:
        name, _, index = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        at = int(index)
    except ValueError:
        raise invalid("token", "The token is not valid.") from None
    if name != "after" or at < 0:
        raise invalid("token", "The token is not valid.")
    return at


Told = tuple[str, dict[str, Any] | None]


def status_lines(
    call: Call, kind: BatchKind, ids: Sequence[str], told: Callable[[str], Told], batches: Batches
) -> dict[str, Any]:
    """The answer to a bulk read: a line for each id, and one for each item of the batches asked for."""
    asked = split(call.query.get("batch_ids"))
    if not 1 <= len(ids) + len(asked) <= BULK_LIMIT:
        [parameter] = call.operation.query - {"batch_ids"}
        raise invalid(parameter, f"Between 1 and {BULK_LIMIT} ids are required.")
    lines = [_line(one, *told(one)) for one in ids]
    for batch_id in asked:
        lines += _batch_lines(call.account, kind, batch_id, batches)
    return {"data": lines, "has_more": False, "next_token": None}


def _line(job_id: str, status: str, error: dict[str, Any] | None) -> dict[str, Any]:
    return {"video_id": job_id, "status": status} | ({"error": error} if error else {})


def _batch_lines(account: Account, kind: BatchKind, batch_id: str, batches: Batches) -> list[dict[str, Any]]:
    try:
        batch = batches.get(account, kind, batch_id)
    except Refusal:
        return [{"video_id": None, "batch_id": batch_id, "status": "not_found"}]
    return [_item(batch, item, batches.word) | {"batch_id": batch_id} for item in batch.items]


def split(text: str | None) -> list[str]:
    """The ids of a comma-separated parameter."""
    return [part.strip() for part in (text or "").split(",") if part.strip()]
