"""Webhooks as tests and the playground set them up, disturb them and look at them."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx2

from emulators.heygen.accounts import DEFAULT_KEY
from emulators.heygen.deliveries import Deliveries, Delivery, Message, Outcome, Record, send
from emulators.heygen.state import Account
from emulators.heygen.webhooks import Endpoint, Webhooks, iso, signed_headers

WRONG_SECRET = "not-the-secret"


class Hooks:
    """Receivers, and what is on its way to them. Mixed into `HeyGenEmulator`."""

    webhooks: Webhooks
    _deliveries: Deliveries

    @property
    def client(self) -> httpx2.AsyncClient:
        """For deliveries."""
        raise NotImplementedError

    def account(self, api_key: str = DEFAULT_KEY) -> Account:
        """The account of a key."""
        raise NotImplementedError

    @property
    def webhook_deliveries(self) -> list[Record]:
        """Every attempt to deliver a webhook, in order."""
        return list(self._deliveries.records)

    @property
    def waiting_webhooks(self) -> list[Delivery]:
        """What is queued for delivery, redeliveries included."""
        return list(self._deliveries.waiting)

    def seed_endpoint(
        self, url: str, secret: str, *, api_key: str = DEFAULT_KEY, events: list[str] | None = None
    ) -> Endpoint:
        """Register a receiver without HTTP and without the OPTIONS probe."""
        account = self.account(api_key).name
        return self.webhooks.register(account, url, events=events, secret=secret)

    def pause_webhooks(self) -> None:
        """Keep deliveries in the queue until `resume_webhooks`."""
        self._deliveries.paused = True

    def resume_webhooks(self) -> None:
        """Deliver what has been waiting."""
        self._deliveries.paused = False
        self._deliveries.wake()

    def drop_webhooks(self, count: int) -> None:
        """Lose the next `count` deliveries for good; the delivery history still has them."""
        self._deliveries.to_drop = count

    def duplicate_webhooks(self, count: int, *, copies: int = 2) -> None:
        """Send each of the next `count` deliveries twice, or `copies` times."""
        self._deliveries.to_duplicate = count
        self._deliveries.copies = copies

    @property
    def webhooks_to_drop(self) -> int:
        """How many deliveries are still to be lost."""
        return self._deliveries.to_drop

    @property
    def webhooks_to_duplicate(self) -> int:
        """How many deliveries are still to be repeated."""
        return self._deliveries.to_duplicate

    def reorder_webhooks(self) -> None:
        """Turn round the order of the waiting deliveries; pause first, so that some wait."""
        self._deliveries.reorder()

    async def forge_webhook(
        self,
        url: str,
        event_type: str,
        event_data: dict[str, Any],
        *,
        secret: str | None = WRONG_SECRET,
        event_id: str = "evt_forged",
        timestamp: int | None = None,
    ) -> Outcome:
        """Send an event nobody caused, signed with `secret` (None: unsigned); returns the HTTP status."""
        stamp = int(time.time()) if timestamp is None else timestamp
        event = {"event_id": event_id, "event_type": event_type, "event_data": event_data}
        body = json.dumps(event | {"created_at": iso(stamp)}).encode()
        return await send(self.client, Message(url, body, signed_headers(body, secret, event_id, stamp)))
