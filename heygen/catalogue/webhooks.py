"""Webhooks: where HeyGen tells of what happened, and what it told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from heygen import parsing
from heygen.reading import reader, string
from heygen.records import EventType

from .operation import Answer, Effect, Idempotency, Operation, nothing
from .parameters import Nothing, Paged, Parameters

Event = Literal[
    "avatar_video.success",
    "avatar_video.fail",
    "avatar_video_gif.success",
    "avatar_video_gif.fail",
    "avatar_video_caption.success",
    "avatar_video_caption.fail",
    "video_translate.success",
    "video_translate.fail",
    "video_translate.preflight.validation_failed",
    "video_translate.preflight.download_failed",
    "personalized_video",
    "instant_avatar.success",
    "instant_avatar.fail",
    "photo_avatar_generation.success",
    "photo_avatar_generation.fail",
    "photo_avatar_train.success",
    "photo_avatar_train.fail",
    "photo_avatar_add_motion.success",
    "photo_avatar_add_motion.fail",
    "proofread_creation.success",
    "proofread_creation.fail",
    "live_avatar.success",
    "live_avatar.fail",
    "video_agent.success",
    "video_agent.fail",
    "hyperframes_video.success",
    "hyperframes_video.fail",
    "ai_clipping.success",
    "ai_clipping.fail",
    "batch.finished",
]
Events = Annotated[list[Event], Field(description="What it is told of; everything where nothing is said.")]
EndpointId = Annotated[str, Field(min_length=1, description="An endpoint from list_webhook_endpoints.")]


class CreateEndpoint(Parameters):
    """Where to tell of what."""

    url: Annotated[str, Field(min_length=1, description="An https address that answers OPTIONS within a second.")]
    events: Events | None = None
    entity_id: str | None = Field(None, description="Only of this one resource.")


class OneEndpoint(Parameters):
    """Which endpoint."""

    endpoint_id: EndpointId


class UpdateEndpoint(OneEndpoint):
    """Which endpoint, and what changes. The list of events is replaced, not added to."""

    url: str | None = Field(None, description="The new address.")
    events: Events | None = None


class ListEvents(Paged):
    """Which events."""

    event_type: Event | None = Field(None, description="Only this kind.")
    entity_id: str | None = Field(None, description="Only about this resource.")


CREATE_WEBHOOK_ENDPOINT = Operation(
    name="create_webhook_endpoint",
    vendor="webhookEndpointsCreate",
    method="POST",
    path="/v3/webhooks/endpoints",
    purpose="Registers an address that HeyGen tells of what happens.",
    result="The endpoint with its secret, which is never told again.",
    parameters=CreateEndpoint,
    parse=parsing.webhook_endpoint,
    effect=Effect.CHANGE,
    idempotency=Idempotency.KEY,
    administrative=True,
)
LIST_WEBHOOK_ENDPOINTS = Operation(
    name="list_webhook_endpoints",
    vendor="webhookEndpointsList",
    method="GET",
    path="/v3/webhooks/endpoints",
    purpose="Lists the addresses that HeyGen tells of what happens, without their secrets.",
    result="A page of endpoints.",
    parameters=Paged,
    answer=Answer.PAGE,
    parse=parsing.webhook_endpoint,
    administrative=True,
)
UPDATE_WEBHOOK_ENDPOINT = Operation(
    name="update_webhook_endpoint",
    vendor="webhookEndpointsUpdate",
    method="PATCH",
    path="/v3/webhooks/endpoints/{endpoint_id}",
    purpose="Changes the address of a webhook endpoint, or what it is told of.",
    result="The endpoint.",
    parameters=UpdateEndpoint,
    parse=parsing.webhook_endpoint,
    effect=Effect.CHANGE,
    administrative=True,
)
DELETE_WEBHOOK_ENDPOINT = Operation(
    name="delete_webhook_endpoint",
    vendor="webhookEndpointsDelete",
    method="DELETE",
    path="/v3/webhooks/endpoints/{endpoint_id}",
    purpose="Removes a webhook endpoint: HeyGen tells it nothing any more.",
    result="Nothing.",
    parameters=OneEndpoint,
    answer=Answer.NOTHING,
    parse=nothing,
    effect=Effect.DESTRUCTIVE,
    administrative=True,
)
ROTATE_WEBHOOK_SECRET = Operation(
    name="rotate_webhook_secret",
    vendor="webhookEndpointsRotateSecret",
    method="POST",
    path="/v3/webhooks/endpoints/{endpoint_id}/rotate-secret",
    purpose="Gives a webhook endpoint a new secret. The old one stops working at once.",
    result="The new secret.",
    parameters=OneEndpoint,
    bodyless=True,
    parse=string("secret"),
    effect=Effect.DESTRUCTIVE,
    idempotency=Idempotency.KEY,
    administrative=True,
)
LIST_WEBHOOK_EVENT_TYPES = Operation(
    name="list_webhook_event_types",
    vendor="webhookEventTypesList",
    method="GET",
    path="/v3/webhooks/event-types",
    purpose="Lists the kinds of events that a webhook can be told of.",
    result="All of them, with a sentence each.",
    parameters=Nothing,
    answer=Answer.PAGE,
    parse=reader(EventType),
    administrative=True,
)
LIST_WEBHOOK_EVENTS = Operation(
    name="list_webhook_events",
    vendor="webhookEventsList",
    method="GET",
    path="/v3/webhooks/events",
    purpose="Lists what HeyGen has told, the newest first: to catch up on what came while nobody listened.",
    result="A page of events.",
    parameters=ListEvents,
    answer=Answer.PAGE,
    parse=parsing.webhook_event,
    taints=True,
    administrative=True,
)

OPERATIONS = (
    CREATE_WEBHOOK_ENDPOINT,
    LIST_WEBHOOK_ENDPOINTS,
    UPDATE_WEBHOOK_ENDPOINT,
    DELETE_WEBHOOK_ENDPOINT,
    ROTATE_WEBHOOK_SECRET,
    LIST_WEBHOOK_EVENT_TYPES,
    LIST_WEBHOOK_EVENTS,
)
