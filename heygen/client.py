"""HeyGen for one account: `call` for every operation of the catalogue, and methods for those used all the time.

Each call is one request over a `Transport`. It raises `HeyGenError`s for what goes wrong outside and `ValueError` for
arguments that HeyGen would refuse anyway. Writes are sent once: who keeps the idempotency key decides about sending
again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar, cast

from .calls import open_data, write
from .catalogue.library import GET_ACCOUNT
from .catalogue.operation import Operation
from .catalogue.parameters import Parameters
from .catalogue.translations import (
    CREATE_TRANSLATION,
    GET_TRANSLATION,
    GET_TRANSLATION_STATUSES,
    LIST_TRANSLATION_LANGUAGES,
    LIST_TRANSLATIONS,
)
from .catalogue.videos import CREATE_VIDEO, GET_VIDEO, GET_VIDEO_STATUSES, LIST_VIDEOS
from .catalogue.webhooks import (
    CREATE_WEBHOOK_ENDPOINT,
    DELETE_WEBHOOK_ENDPOINT,
    LIST_WEBHOOK_ENDPOINTS,
    LIST_WEBHOOK_EVENT_TYPES,
    LIST_WEBHOOK_EVENTS,
    ROTATE_WEBHOOK_SECRET,
    UPDATE_WEBHOOK_ENDPOINT,
)
from .exchange import FileSource, Transport
from .executor import plain_of, request_of, result_of
from .fields import mapping, required
from .models import (
    Balance,
    Page,
    Source,
    StatusEntry,
    Translation,
    TranslationOptions,
    Video,
    WebhookEndpoint,
    WebhookEvent,
)

A = TypeVar("A", bound=Parameters)
T = TypeVar("T")


class Client:
    """HeyGen v3 for one account. Stateless beyond its transport, so safe to share between tasks.

    Where idempotency keys cannot be relied on, `again` is a transport that looks before it sends, and `settles_after`
    how many seconds after a paid request has begun such a look can be believed.
    """

    def __init__(self, transport: Transport, *, again: Transport | None = None, settles_after: float = 0.0) -> None:
        self._transport = transport
        self._again = again
        self.settles_after = settles_after

    def again(self) -> Client:
        """The client to repeat a paid request with that may have been carried out, under the same key as before."""
        return self if self._again is None else Client(self._again, settles_after=self.settles_after)

    # Any operation

    async def call(
        self,
        operation: Operation[A, T],
        arguments: A | Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
        file: FileSource | None = None,
    ) -> T:
        """Perform `operation` of the catalogue and return its record; a list answers a `Page` of records.

        `InvalidArguments` for arguments HeyGen would refuse. An operation that is `keyed` wants a key, which others
        take and need not have. `file` is the file of one that takes it; it is read once, in constant memory, and
        what reading it raises comes out here.
        """
        request = request_of(operation, arguments, idempotency_key=idempotency_key, file=file)
        return result_of(operation, request, await self._transport.send(request))

    async def call_plain(
        self,
        operation: Operation[A, T],
        arguments: A | Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
        file: FileSource | None = None,
    ) -> Any:
        """Like `call`, but the answer as HeyGen's own JSON; a list answers `{"items": [...], "next_token": ...}`."""
        request = request_of(operation, arguments, idempotency_key=idempotency_key, file=file)
        return plain_of(operation, request, await self._transport.send(request))

    # Translations

    async def create_translation(
        self,
        *,
        video: Source,
        output_languages: Sequence[str],
        idempotency_key: str,
        title: str | None = None,
        mode: Literal["speed", "precision"] | None = None,
        callback_url: str | None = None,
        callback_id: str | None = None,
        options: TranslationOptions | None = None,
    ) -> list[str]:
        """Submit a paid translation and return the ids of its jobs: one per language, in no promised order.

        `output_languages` are names exactly as `translation_languages` gives them. Within 24 hours the same key
        returns the same ids instead of starting anything.
        """
        if isinstance(output_languages, str) or not output_languages:
            raise ValueError("output_languages is a sequence of at least one language name")
        payload = {
            **(options or TranslationOptions()).to_json(),
            "video": video.to_json(),
            "output_languages": list(output_languages),
            "title": title,
            "mode": mode,
            "callback_url": callback_url,
            "callback_id": callback_id,
        }
        return await self.call(CREATE_TRANSLATION, payload, idempotency_key=idempotency_key)

    async def get_translation(self, translation_id: str) -> Translation:
        """The translation as it is now, with fresh URLs."""
        return await self.call(GET_TRANSLATION, {"video_translation_id": translation_id})

    async def list_translations(self, *, limit: int | None = None, token: str | None = None) -> Page[Translation]:
        """A page of the account's translations; `limit` 1 to 100."""
        return await self._page(LIST_TRANSLATIONS, limit=limit, token=token)

    async def translation_statuses(self, ids: Sequence[str]) -> list[StatusEntry]:
        """The states of up to 100 translations in one read; `ValueError` for more."""
        return await self._statuses(GET_TRANSLATION_STATUSES, "video_translation_ids", ids)

    async def translation_languages(self) -> list[str]:
        """The names of all languages one can translate into."""
        return await self.call(LIST_TRANSLATION_LANGUAGES)

    # Videos

    async def create_video(self, payload: Mapping[str, Any], *, idempotency_key: str) -> str:
        """Submit a paid video and return its id. `payload` is HeyGen's request body; its None values are left out.

        Within 24 hours the same key returns the same id instead of starting anything.
        """
        request = write(CREATE_VIDEO.vendor, "POST", CREATE_VIDEO.path, payload, idempotency_key)
        return open_data(request, await self._transport.send(request), _video_id)

    async def get_video(self, video_id: str) -> Video:
        """The video as it is now, with fresh URLs."""
        return await self.call(GET_VIDEO, {"video_id": video_id})

    async def list_videos(
        self,
        *,
        title: str | None = None,
        folder_id: str | None = None,
        limit: int | None = None,
        token: str | None = None,
    ) -> Page[Video]:
        """A page of the account's videos, optionally those whose title contains `title`; `limit` 1 to 100."""
        return await self._page(LIST_VIDEOS, title=title, folder_id=folder_id, limit=limit, token=token)

    async def video_statuses(self, ids: Sequence[str]) -> list[StatusEntry]:
        """The states of up to 100 videos in one read; `ValueError` for more."""
        return await self._statuses(GET_VIDEO_STATUSES, "video_ids", ids)

    async def _statuses(
        self, operation: Operation[Any, StatusEntry], parameter: str, ids: Sequence[str]
    ) -> list[StatusEntry]:
        if isinstance(ids, str):
            raise ValueError("a bulk read takes a sequence of ids")  # noqa: TRY004 - like every other bad argument
        if not ids:
            return []
        page = await self._page(operation, **{parameter: list(ids)})
        return list(page.items)

    async def _page(self, operation: Operation[Any, T], **arguments: Any) -> Page[T]:
        page: Any = await self.call(operation, arguments)
        return cast(Page[T], page)

    # The account

    async def get_balance(self) -> Balance:
        """What the account has left. Also the cheapest way to learn whether the credential works."""
        return await self.call(GET_ACCOUNT)

    # Webhooks

    async def create_webhook_endpoint(
        self,
        url: str,
        *,
        idempotency_key: str,
        events: Sequence[str] | None = None,
        entity_id: str | None = None,
    ) -> WebhookEndpoint:
        """Register `url` for `events` (None: all). The record's `secret` is never told again."""
        payload = {"url": url, "events": _listed(events), "entity_id": entity_id}
        return await self.call(CREATE_WEBHOOK_ENDPOINT, payload, idempotency_key=idempotency_key)

    async def list_webhook_endpoints(
        self, *, limit: int | None = None, token: str | None = None
    ) -> Page[WebhookEndpoint]:
        """A page of the registered endpoints, without their secrets; `limit` 1 to 100."""
        return await self._page(LIST_WEBHOOK_ENDPOINTS, limit=limit, token=token)

    async def update_webhook_endpoint(
        self, endpoint_id: str, *, url: str | None = None, events: Sequence[str] | None = None
    ) -> WebhookEndpoint:
        """Change an endpoint's URL or replace its list of events; None leaves the one or the other as it is."""
        if url is None and events is None:
            raise ValueError("nothing to change")
        payload = {"endpoint_id": endpoint_id, "url": url, "events": _listed(events)}
        return await self.call(UPDATE_WEBHOOK_ENDPOINT, payload)

    async def delete_webhook_endpoint(self, endpoint_id: str) -> None:
        """Remove an endpoint; `NotFound` if there is none."""
        await self.call(DELETE_WEBHOOK_ENDPOINT, {"endpoint_id": endpoint_id})

    async def rotate_webhook_secret(self, endpoint_id: str, *, idempotency_key: str) -> str:
        """A new secret for the endpoint. The old one stops working at once."""
        return await self.call(ROTATE_WEBHOOK_SECRET, {"endpoint_id": endpoint_id}, idempotency_key=idempotency_key)

    async def webhook_event_types(self) -> list[str]:
        """The names of all events HeyGen can send."""
        page = await self._page(LIST_WEBHOOK_EVENT_TYPES)
        return [item.name for item in page.items]

    async def webhook_events(
        self,
        *,
        event_type: str | None = None,
        entity_id: str | None = None,
        limit: int | None = None,
        token: str | None = None,
    ) -> Page[WebhookEvent]:
        """A page of the delivery history, to catch up on what came while nobody listened; `limit` 1 to 100."""
        return await self._page(
            LIST_WEBHOOK_EVENTS, event_type=event_type, entity_id=entity_id, limit=limit, token=token
        )


def _listed(values: Sequence[str] | None) -> list[str] | None:
    return None if values is None else list(values)


def _video_id(data: Any) -> str:
    return required(mapping(data, "data"), "video_id")
