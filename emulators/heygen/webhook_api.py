"""Routes of webhook endpoints, event types and the delivery history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from emulators.heygen import models
from emulators.heygen.deliveries import probe
from emulators.heygen.errors import invalid
from emulators.heygen.event_types import EVENT_TYPES, describe
from emulators.heygen.operations import Call, Operation, page
from emulators.heygen.rules import is_web_address
from emulators.heygen.sources import on_loopback
from emulators.heygen.webhooks import Endpoint, Event

if TYPE_CHECKING:
    from emulators.heygen import HeyGenEmulator

ENDPOINTS = "/v3/webhooks/endpoints"
ENDPOINT_ID = ENDPOINTS + "/{endpoint_id}"
CURSOR = frozenset({"limit", "token"})


class WebhookApi:
    """Handlers over one emulator's webhooks."""

    def __init__(self, emulator: HeyGenEmulator) -> None:
        self._emulator = emulator

    def operations(self) -> list[Operation]:
        """The routes."""
        return [
            Operation("POST", ENDPOINTS, self.create, models.ENDPOINT, keyed=True),
            Operation("GET", ENDPOINTS, self.endpoints, query=CURSOR),
            Operation("PATCH", ENDPOINT_ID, self.update, models.ENDPOINT_UPDATE, body_required=False),
            Operation("DELETE", ENDPOINT_ID, self.delete),
            Operation("POST", f"{ENDPOINT_ID}/rotate-secret", self.rotate, keyed=True),
            Operation("GET", "/v3/webhooks/event-types", self.event_types),
            Operation(
                "GET",
                "/v3/webhooks/events",
                self.events,
                query=CURSOR | {"event_type", "entity_id"},
                words={"event_type": EVENT_TYPES},
            ),
        ]

    async def create(self, call: Call) -> dict[str, Any]:
        """Register a receiver that answers OPTIONS; its secret is shown this once."""
        body: models.CreateEndpoint = call.body
        await self._check(body.url)
        endpoint = self._emulator.webhooks.register(
            call.account.name, body.url, events=_names(body.events), entity_id=body.entity_id
        )
        return {"data": endpoint.view(with_secret=True)}

    async def update(self, call: Call) -> dict[str, Any]:
        """Replace address or events."""
        endpoint, body = self._endpoint(call), call.body
        if body.url is not None:
            await self._check(body.url)
            endpoint.url = body.url
        if body.events is not None:
            endpoint.events = _names(body.events)
        return {"data": endpoint.view()}

    async def delete(self, call: Call) -> dict[str, Any]:
        """Remove a receiver."""
        endpoint = self._endpoint(call)
        del self._emulator.webhooks.endpoints[endpoint.id]
        return {"data": {}}

    async def rotate(self, call: Call) -> dict[str, Any]:
        """Give a receiver a new secret."""
        endpoint = self._endpoint(call)
        self._emulator.webhooks.rotate(endpoint)
        return {"data": {"endpoint_id": endpoint.id, "secret": endpoint.secret}}

    async def endpoints(self, call: Call) -> dict[str, Any]:
        """The account's receivers, newest first, without secrets."""
        own = [e for e in self._emulator.webhooks.endpoints.values() if e.account == call.account.name]
        return page(own, call, Endpoint.view)

    async def event_types(self, call: Call) -> dict[str, Any]:
        """What can be subscribed to."""
        types = [{"event_type": name, "description": describe(name)} for name in EVENT_TYPES]
        return {"data": types, "has_more": False, "next_token": None}

    async def events(self, call: Call) -> dict[str, Any]:
        """What was (to be) delivered, newest first: the way to learn of missed events."""
        wanted, entity = call.query.get("event_type"), call.query.get("entity_id")
        if wanted is not None and wanted not in EVENT_TYPES:
            raise invalid("event_type", "Unknown event type.")
        found = [
            event
            for event in self._emulator.webhooks.events
            if event.account == call.account.name and wanted in (None, event.type) and entity in (None, event.entity_id)
        ]
        return page(found, call, Event.view)

    def _endpoint(self, call: Call) -> Endpoint:
        return self._emulator.webhooks.get(call.account.name, call.path["endpoint_id"])

    async def _check(self, url: str) -> None:
        """Only https, except on this machine; and somebody must answer there."""
        if not is_web_address(url) or (urlsplit(url).scheme != "https" and not on_loopback(url)):
            raise invalid("url", "A webhook endpoint needs an https URL.")
        wanted = self._emulator.state.switches.probe_endpoints
        if wanted and not await probe(self._emulator.client, url):
            raise invalid("url", "The endpoint did not answer OPTIONS within one second.")


def _names(events: Any) -> Any:
    return None if events is None else [str(event) for event in events]
