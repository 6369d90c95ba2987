"""Webhooks as hints: remember each once, make its job due, and fetch those that were missed.

A webhook never changes a job by itself: the poller reads the job at HeyGen and acts on what it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from agent.ports import Accounts, JobStore
from agent.records import Json
from bot.store.webhook_events import WebhookEvents
from heygen import HeyGenError, WebhookEvent

log = structlog.get_logger(__name__)

CATCH_UP_PAGES = 50
CATCH_UP_PAGE = 100


class Hints:
    """Takes webhook events in, whoever brings them."""

    def __init__(self, *, events: WebhookEvents, jobs: JobStore, accounts: Accounts, kick: Callable[[], None]) -> None:
        self._events = events
        self._jobs = jobs
        self._accounts = accounts
        self._kick = kick

    async def receive(self, account_id: str, event: WebhookEvent) -> bool:
        """Take one event in; False when it was known."""
        payload: Json = {"provider_id": event.provider_id, "success": event.success}
        if not await self._events.record(account_id, event.event_id, event.event_type, payload):
            return False
        await self._handle(account_id, event.event_id, event.provider_id)
        return True

    async def touch(self, account_id: str, event: WebhookEvent) -> None:
        """Take an unsigned hint: nothing is remembered, the job is only looked at sooner."""
        if event.provider_id and await self._jobs.touch(account_id, [event.provider_id]):
            self._kick()

    async def finish_interrupted(self) -> None:
        """Handle what a crash left between remembering and handling."""
        for event in await self._events.unhandled():
            await self._handle(event.account_id, event.event_id, event.payload.get("provider_id"))

    async def catch_up(self, account_id: str) -> int:
        """Take in HeyGen's own delivery history, so that a missed webhook is not a missed result; returns the new.

        The order of the history is not documented: where it is newest first, a page of known events ends it.
        """
        client = await self._accounts.client(account_id)
        token: str | None = None
        new = 0
        for _ in range(CATCH_UP_PAGES):
            try:
                page = await client.webhook_events(token=token, limit=CATCH_UP_PAGE)
            except HeyGenError as error:
                log.warning("catch_up_failed", account=account_id, error=str(error))
                break
            fresh = sum([await self.receive(account_id, event) for event in page.items])
            new += fresh
            if page.next_token in (None, token) or (fresh == 0 and _newest_first(page.items)):
                break
            token = page.next_token
        return new

    async def _handle(self, account_id: str, event_id: str, provider_id: str | None) -> None:
        ours = await self._jobs.touch(account_id, [provider_id]) if provider_id else 0
        await self._events.mark_handled(account_id, event_id)
        if ours:
            self._kick()
        else:
            log.info("webhook_for_nobody", account=account_id, event_id=event_id)


def _newest_first(events: Sequence[WebhookEvent]) -> bool:
    times = [event.created_at for event in events if event.created_at is not None]
    return len(times) > 1 and times[0] > times[-1]
