"""What HeyGen tells us, as records. URLs, titles, secrets and customers' words stay out of their `repr`."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, Literal, TypeVar

T = TypeVar("T")


class JobKind(enum.Enum):
    """What a job makes."""

    TRANSLATION = "translation"
    VIDEO = "video"
    LIPSYNC = "lipsync"
    PROOFREAD = "proofread"


class RemoteStatus(enum.Enum):
    """A job's state as HeyGen sees it, one vocabulary for all of theirs."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"


_RUNNING = frozenset({"waiting", "pending", "queued", "running", "processing"})
_SETTLED = {
    "completed": RemoteStatus.COMPLETED,
    "failed": RemoteStatus.FAILED,
    "not_found": RemoteStatus.NOT_FOUND,
}


def parse_status(word: str) -> RemoteStatus:
    """The state behind the vendor's word. Any other word is UNKNOWN: to be treated as running, and to be shown."""
    plain = word.strip().lower()
    return RemoteStatus.RUNNING if plain in _RUNNING else _SETTLED.get(plain, RemoteStatus.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Source:
    """Where HeyGen takes a file from: a public URL or an asset uploaded before. Exactly one of the two."""

    url: str | None = field(default=None, repr=False)
    asset_id: str | None = None

    def __post_init__(self) -> None:
        if bool(self.url) == bool(self.asset_id):
            raise ValueError("a source is either a URL or an asset id")

    def to_json(self) -> dict[str, str]:
        """The vendor's tagged union."""
        if self.asset_id:
            return {"type": "asset_id", "asset_id": self.asset_id}
        return {"type": "url", "url": self.url or ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class StockVoices:
    """Translate with stock voices instead of cloned ones (enterprise accounts)."""

    use: bool | None = None
    preferred_ids: tuple[str, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """The vendor's `stock_voice_config`."""
        ids = None if self.preferred_ids is None else list(self.preferred_ids)
        return omit_unset({"use_stock_voice": self.use, "preferred_stock_voice_ids": ids})


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationOptions:
    """The rarer switches of a translation; None leaves HeyGen's default. Times are in seconds of the source.

    `input_language` is a language code, unlike output languages, which are names. `fps_mode` needs `audio`.
    """

    input_language: str | None = None
    speaker_num: int | None = None
    translate_audio_only: bool | None = None
    enable_dynamic_duration: bool | None = None
    enable_caption: bool | None = None
    disable_music_track: bool | None = None
    enable_speech_enhancement: bool | None = None
    enable_watermark: bool | None = None
    keep_the_same_format: bool | None = None
    fps_mode: Literal["vfr", "cfr", "passthrough"] | None = None
    start_time: float | None = None
    end_time: float | None = None
    audio: Source | None = None
    srt: Source | None = None
    srt_role: Literal["input", "output"] | None = None
    brand_glossary_id: str | None = None
    stock_voices: StockVoices | None = None
    folder_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The fields that are set, by the vendor's names."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        stock_voices = fields.pop("stock_voices")
        fields["stock_voice_config"] = stock_voices and stock_voices.to_json()
        fields["audio"] = self.audio and self.audio.to_json()
        fields["srt"] = self.srt and self.srt.to_json()
        return omit_unset(fields)


def omit_unset(payload: Mapping[str, Any]) -> dict[str, Any]:
    """`payload` without its None values, at every depth of objects: HeyGen wants unset fields left out."""
    return {
        name: omit_unset(value) if isinstance(value, Mapping) else _omit_in_list(value)
        for name, value in payload.items()
        if value is not None
    }


def _omit_in_list(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        return value
    return [omit_unset(item) if isinstance(item, Mapping) else item for item in value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """A translation into one language. URLs expire: read the translation again instead of keeping them.

    `duration` is in seconds. A completed one may have no `video_url` for half a minute.
    """

    id: str
    status: RemoteStatus
    status_word: str
    output_language: str | None = None
    title: str | None = field(default=None, repr=False)
    duration: float | None = None
    video_url: str | None = field(default=None, repr=False)
    audio_url: str | None = field(default=None, repr=False)
    srt_url: str | None = field(default=None, repr=False)
    vtt_url: str | None = field(default=None, repr=False)
    failure_message: str | None = field(default=None, repr=False)
    callback_id: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """A video. URLs but `page_url` expire: read the video again instead of keeping them. `duration` in seconds."""

    id: str
    status: RemoteStatus
    status_word: str
    title: str | None = field(default=None, repr=False)
    duration: float | None = None
    video_url: str | None = field(default=None, repr=False)
    captioned_video_url: str | None = field(default=None, repr=False)
    subtitle_url: str | None = field(default=None, repr=False)
    thumbnail_url: str | None = field(default=None, repr=False)
    gif_url: str | None = field(default=None, repr=False)
    page_url: str | None = field(default=None, repr=False)
    output_language: str | None = None
    folder_id: str | None = None
    failure_code: str | None = None
    failure_message: str | None = field(default=None, repr=False)
    created_at: datetime | None = None
    completed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusEntry:
    """One line of a bulk read. `id` is None for a batch item that has none yet."""

    id: str | None
    status: RemoteStatus
    status_word: str
    error_code: str | None = None
    error_message: str | None = field(default=None, repr=False)


BillingType = Literal["wallet", "subscription", "usage_based"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What is left to spend, in `currency`; None where HeyGen does not say.

    `detail` is the vendor's block for this billing type. A subscription's `remaining` adds its two credit pools.
    """

    billing_type: BillingType | None
    currency: Literal["usd", "credits"] | None
    remaining: Decimal | None
    detail: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint:
    """A registered receiver. `secret` is told only when the endpoint is created; `events` None means all."""

    id: str
    url: str = field(repr=False)
    status: str
    events: tuple[str, ...] | None = None
    secret: str | None = field(default=None, repr=False)
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEvent:
    """A hint that something happened: deduplicate on `event_id`, then read the resource and act on that.

    `kind` and `provider_id` name the job, when the event is about one we know how to read. `success` is what the
    event claims. `data` is the vendor's `event_data` as it came.
    """

    event_id: str
    event_type: str
    kind: JobKind | None = None
    provider_id: str | None = None
    success: bool | None = None
    callback_id: str | None = None
    created_at: datetime | None = None
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list; `next_token` is None on the last."""

    items: tuple[T, ...]
    next_token: str | None = None
