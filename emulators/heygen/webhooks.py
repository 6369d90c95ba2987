"""Webhook endpoints, the events that happened, and who is to be told of each."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import hmac
import json
import random
from collections.abc import Callable
from typing import Any

from emulators.heygen.deliveries import CALLBACK, Deliveries, Delivery, Message
from emulators.heygen.errors import Refusal, missing
from emulators.heygen.news import News

SECRET_PREFIX = "whsec_"


@dataclasses.dataclass(slots=True)
class Endpoint:
    """A registered receiver. `events` None: all of them; `entity_id` narrows it to one resource."""

    seq: int
    id: str
    account: str
    url: str
    events: list[str] | None
    entity_id: str | None
    secret: str
    created_at: str

    def wants(self, event: Event) -> bool:
        """Whether it hears of `event`."""
        return (
            event.account == self.account
            and (self.events is None or event.type in self.events)
            and self.entity_id in (None, event.entity_id)
        )

    def view(self, *, with_secret: bool = False) -> dict[str, Any]:
        """The endpoint as the API shows it; the secret only when it is new."""
        return {
            "endpoint_id": self.id,
            "url": self.url,
            "events": self.events,
            "status": "enabled",
            "created_at": self.created_at,
            "secret": self.secret if with_secret else None,
        }


@dataclasses.dataclass(slots=True)
class Event:
    """Something that happened to a resource, kept for the delivery history."""

    seq: int
    id: str
    account: str
    type: str
    entity_id: str
    data: dict[str, Any]
    created_at: str

    def view(self) -> dict[str, Any]:
        """The event as history and deliveries show it."""
        return {
            "event_id": self.id,
            "event_type": self.type,
            "event_data": self.data,
            "created_at": self.created_at,
        }


class Webhooks:
    """Endpoints and events of all accounts; hands what is to be sent to `deliveries`."""

    def __init__(self, deliveries: Deliveries, chance: random.Random, now: Callable[[], float]) -> None:
        self.endpoints: dict[str, Endpoint] = {}
        self.events: list[Event] = []
        self._deliveries = deliveries
        self._chance = chance
        self._now = now
        self._registered = 0

    def register(
        self,
        account: str,
        url: str,
        *,
        events: list[str] | None = None,
        entity_id: str | None = None,
        secret: str | None = None,
    ) -> Endpoint:
        """Add a receiver; 409 for an address this account has registered before."""
        if any(e.url == url and e.account == account for e in self.endpoints.values()):
            raise Refusal(409, "conflict", "A webhook endpoint with this URL exists.")
        self._registered += 1
        endpoint = Endpoint(
            seq=self._registered,
            id=f"ep_{self._chance.getrandbits(64):016x}",
            account=account,
            url=url,
            events=events,
            entity_id=entity_id,
            secret=secret or self._new_secret(),
            created_at=iso(self._now()),
        )
        self.endpoints[endpoint.id] = endpoint
        return endpoint

    def get(self, account: str, endpoint_id: str) -> Endpoint:
        """An account's own endpoint, or 404."""
        endpoint = self.endpoints.get(endpoint_id)
        if endpoint is None or endpoint.account != account:
            raise missing("webhook_not_found", "The webhook endpoint")
        return endpoint

    def rotate(self, endpoint: Endpoint) -> None:
        """Give an endpoint a new secret; the old one is dead at once."""
        endpoint.secret = self._new_secret()

    def announce(self, news: News) -> None:
        """Queue what has happened for the endpoints that want to hear of it, and for its own callback address.

        What is no `event` reaches only the callback address.
        """
        event = Event(
            seq=len(self.events) + 1,
            id=f"evt_{self._chance.getrandbits(96):024x}",
            account=news.account,
            type=news.type,
            entity_id=news.entity_id,
            data=news.data,
            created_at=iso(self._now()),
        )
        endpoints = self.endpoints.values() if news.event else ()
        receivers = [endpoint for endpoint in endpoints if endpoint.wants(event)]
        if receivers:
            self.events.append(event)
        body = json.dumps(event.view(), separators=(",", ":")).encode()
        for endpoint in receivers:
            self._deliveries.add(Delivery(endpoint.id, endpoint.url, event.id, event.type, body))
        if news.callback_url is not None:
            self._deliveries.add(Delivery(CALLBACK, news.callback_url, event.id, event.type, body))

    def message(self, delivery: Delivery, timestamp: int) -> Message | None:
        """The request to send now, or None where the endpoint is gone. Callbacks are not signed."""
        if delivery.endpoint == CALLBACK:
            return Message(delivery.url, delivery.body, {"Content-Type": "application/json"})
        endpoint = self.endpoints.get(delivery.endpoint)
        if endpoint is None:
            return None
        headers = signed_headers(delivery.body, endpoint.secret, delivery.event_id, timestamp)
        return Message(endpoint.url, delivery.body, headers)

    def _new_secret(self) -> str:
        return f"{SECRET_PREFIX}{self._chance.getrandbits(128):032x}"


def signed_headers(body: bytes, secret: str | None, event_id: str, timestamp: int) -> dict[str, str]:
    """The headers of a signed delivery: hex HMAC-SHA256 over the raw body alone."""
    headers = {
        "Content-Type": "application/json",
        "Heygen-Timestamp": str(timestamp),
        "Heygen-Event-Id": event_id,
    }
    if secret is not None:
        headers["Heygen-Signature"] = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return headers


def iso(at: float) -> str:
    """Unix seconds as an ISO 8601 time in UTC."""
    return datetime.datetime.fromtimestamp(at, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
