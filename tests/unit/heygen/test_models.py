"""Records and the reading of the vendor's JSON into them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heygen import JobKind, RemoteStatus, Source, StockVoices, TranslationOptions, parse_status, parsing
from heygen.fields import Malformed, decimal, identifier, instant, number, text
from heygen.models import omit_unset

RUNNING = ["waiting", "pending", "queued", "running", "processing"]
KNOWN = {
    **dict.fromkeys(RUNNING, RemoteStatus.RUNNING),
    "completed": RemoteStatus.COMPLETED,
    "failed": RemoteStatus.FAILED,
    "not_found": RemoteStatus.NOT_FOUND,
}


@pytest.mark.parametrize(("word", "status"), KNOWN.items())
def test_both_vocabularies_are_understood(word: str, status: RemoteStatus) -> None:
    assert parse_status(word) is parse_status(f" {word.upper()}") is status


@given(st.text())
def test_any_other_word_is_unknown(word: str) -> None:
    assert parse_status(word) is KNOWN.get(word.strip().lower(), RemoteStatus.UNKNOWN)


def test_a_completed_translation() -> None:
    record = parsing.translation(
        {
            "id": "tr1",
            "title": "Launch",
            "status": "completed",
            "output_language": "Spanish (Spain)",
            "callback_id": "J7",
            "created_at": 1767225600,
            "duration": 42,
            "video_url": "https://f.example/v",
            "audio_url": "https://f.example/a",
            "srt_caption_url": "https://f.example/s",
            "vtt_caption_url": "https://f.example/w",
            "new_field": 1,
        }
    )

    assert (record.id, record.status, record.status_word) == ("tr1", RemoteStatus.COMPLETED, "completed")
    assert (record.output_language, record.duration, record.callback_id) == ("Spanish (Spain)", 42.0, "J7")
    assert (record.srt_url, record.vtt_url) == ("https://f.example/s", "https://f.example/w")
    assert record.created_at == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_failed_video() -> None:
    record = parsing.video(
        {"id": "v1", "status": "failed", "failure_code": "rendering_failed", "failure_message": "No."}
    )

    assert (record.status, record.failure_code, record.failure_message) == (
        RemoteStatus.FAILED,
        "rendering_failed",
        "No.",
    )


@pytest.mark.parametrize("parse", [parsing.video, parsing.translation])
def test_nulls_and_wrong_types_count_as_absent(parse: Any) -> None:
    record = parse({"id": "x", "status": None, "title": 5, "duration": "long", "video_url": None, "created_at": {}})

    assert (record.status, record.status_word) == (RemoteStatus.UNKNOWN, "")
    assert (record.title, record.duration, record.video_url, record.created_at) == (None, None, None, None)


@pytest.mark.parametrize("parse", [parsing.video, parsing.translation, parsing.webhook_endpoint])
@pytest.mark.parametrize("value", [{}, {"id": None}, {"id": ""}, {"id": True}, [], None, "x"])
def test_a_record_needs_an_id(parse: Any, value: Any) -> None:
    with pytest.raises(Malformed):
        parse(value)


def test_an_unknown_word_is_kept_within_bounds() -> None:
    record = parsing.video({"id": "v", "status": "paused" * 50})

    assert record.status is RemoteStatus.UNKNOWN
    assert record.status_word == ("paused" * 50)[:64]


@pytest.mark.parametrize(
    "record",
    [
        parsing.video({"id": "v", "title": "Q3", "video_url": "https://f/?Q3", "failure_message": "Q3"}),
        parsing.translation({"id": "t", "title": "Q3", "audio_url": "https://f/?Q3"}),
        parsing.webhook_endpoint({"endpoint_id": "e", "url": "https://h/Q3", "secret": "Q3"}),
        parsing.webhook_event({"event_type": "a", "event_data": {"msg": "Q3"}}),
        Source(url="https://f/?Q3"),
    ],
    ids=lambda record: type(record).__name__,
)
def test_reprs_keep_secrets_and_customers_words(record: Any) -> None:
    assert "Q3" not in repr(record)


def test_a_status_entry_has_its_id_in_video_id() -> None:
    entry = parsing.status_entry({"video_id": "tr1", "status": "queued"})

    assert (entry.id, entry.status, entry.status_word) == ("tr1", RemoteStatus.RUNNING, "queued")


def test_a_status_entry_with_an_error_and_no_id() -> None:
    entry = parsing.status_entry(
        {"video_id": None, "status": "failed", "error": {"code": "voice_not_found", "message": "No."}}
    )

    assert (entry.id, entry.error_code, entry.error_message) == (None, "voice_not_found", "No.")


WALLET = {"currency": "usd", "remaining_balance": 12.3}
SUBSCRIPTION = {
    "plan": "creator",
    "credits": {"premium_credits": {"remaining": 120}, "add_on_credits": {"remaining": 5}},
}
USAGE = {"remaining_credits": 250.5, "spending_cap_usd": 500}


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ({"billing_type": "wallet", "wallet": WALLET}, ("wallet", "usd", Decimal("12.3"))),
        ({"billing_type": None, "wallet": WALLET, "subscription": None}, ("wallet", "usd", Decimal("12.3"))),
        ({"billing_type": "new_kind", "usage_based": USAGE}, ("usage_based", "credits", Decimal("250.5"))),
        ({"billing_type": "wallet", "wallet": {"currency": "credits"}}, ("wallet", "credits", None)),
        ({"billing_type": "wallet", "wallet": {"currency": "eur"}}, ("wallet", None, None)),
        ({"billing_type": "wallet", "wallet": None}, ("wallet", None, None)),
        (
            {"billing_type": "subscription", "subscription": SUBSCRIPTION, "wallet": WALLET},
            ("subscription", "credits", Decimal(125)),
        ),
        ({"billing_type": "subscription", "subscription": {}}, ("subscription", "credits", None)),
        ({"billing_type": "usage_based", "usage_based": USAGE}, ("usage_based", "credits", Decimal("250.5"))),
        ({"wallet": WALLET, "usage_based": USAGE}, (None, None, None)),
        ({"username": "x"}, (None, None, None)),
    ],
)
def test_one_block_is_the_balance(user: dict[str, Any], expected: Any) -> None:
    record = parsing.balance(user)

    assert (record.billing_type, record.currency, record.remaining) == expected


def test_the_block_itself_is_the_detail() -> None:
    assert parsing.balance({"billing_type": "usage_based", "usage_based": USAGE}).detail == USAGE


@pytest.mark.parametrize(
    ("event_type", "data", "expected"),
    [
        ("avatar_video.success", {"video_id": "v"}, (JobKind.VIDEO, "v", True)),
        ("avatar_video.fail", {"video_id": "v"}, (JobKind.VIDEO, "v", False)),
        ("video_agent.success", {"session_id": "s", "video_id": "v"}, (JobKind.VIDEO, "v", True)),
        ("video_agent.fail", {"session_id": "s"}, (None, None, False)),
        ("video_translate.success", {"video_translate_id": "t"}, (JobKind.TRANSLATION, "t", True)),
        ("video_translate.fail", {"video_translation_id": 17}, (JobKind.TRANSLATION, "17", False)),
        (
            "video_translate.preflight.download_failed",
            {"video_translate_id": "t"},
            (JobKind.TRANSLATION, "t", False),
        ),
        ("avatar_video_gif.success", {"video_id": "v"}, (None, None, True)),
        ("avatar_video.success", {"video_id": "not an id"}, (None, None, True)),
        ("batch.finished", {"batch_id": "b"}, (None, None, None)),
        ("personalized_video", {}, (None, None, None)),
    ],
)
def test_what_an_event_is_about(event_type: str, data: dict[str, Any], expected: Any) -> None:
    event = parsing.webhook_event({"event_id": "e", "event_type": event_type, "event_data": data})

    assert (event.kind, event.provider_id, event.success) == expected
    assert event.data == data


def test_an_event_of_the_history_without_id_is_still_one_event() -> None:
    first = parsing.webhook_event({"event_type": "a", "event_data": {"x": 1, "y": 2}})
    again = parsing.webhook_event({"event_data": {"y": 2, "x": 1}, "event_type": "a"})
    other = parsing.webhook_event({"event_type": "a", "event_data": {"x": 2}})

    assert first.event_id == again.event_id != other.event_id


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-22T00:00:00Z", datetime(2026, 11, 22, tzinfo=UTC)),
        ("2026-11-22T01:00:00+01:00", datetime(2026, 11, 22, tzinfo=UTC)),
        ("2026-11-22T00:00:00", datetime(2026, 11, 22, tzinfo=UTC)),
        (1767225600, datetime(2026, 1, 1, tzinfo=UTC)),
        ("0001-01-01T00:00:00+23:00", None),
        (1e300, None),
        ("yesterday", None),
        (True, None),
    ],
)
def test_moments(value: Any, expected: datetime | None) -> None:
    assert instant({"at": value}, "at") == expected


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers())


@given(SCALARS)
def test_reading_a_field_never_fails(value: Any) -> None:
    source = {"x": value}
    for read in (text, number, decimal, instant, identifier):
        read(source, "x")


@pytest.mark.parametrize("value", [10**400, float("nan"), float("inf"), True, "1"])
def test_what_is_no_number(value: Any) -> None:
    assert number({"x": value}, "x") is None


@pytest.mark.parametrize("arguments", [{}, {"url": "https://x.example", "asset_id": "a"}, {"url": ""}])
def test_a_source_is_exactly_one_of_two(arguments: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="either"):
        Source(**arguments)


def test_sources_are_tagged() -> None:
    assert Source(url="https://x.example/v.mp4").to_json() == {"type": "url", "url": "https://x.example/v.mp4"}
    assert Source(asset_id="a1").to_json() == {"type": "asset_id", "asset_id": "a1"}


def test_unset_options_are_left_out() -> None:
    assert TranslationOptions().to_json() == {}


def test_false_and_zero_are_set() -> None:
    options = TranslationOptions(enable_dynamic_duration=False, start_time=0.0)

    assert options.to_json() == {"enable_dynamic_duration": False, "start_time": 0.0}


def test_nested_options() -> None:
    options = TranslationOptions(
        audio=Source(asset_id="a"),
        srt=Source(asset_id="s"),
        stock_voices=StockVoices(use=True, preferred_ids=("v1",)),
    )

    assert options.to_json() == {
        "audio": {"type": "asset_id", "asset_id": "a"},
        "srt": {"type": "asset_id", "asset_id": "s"},
        "stock_voice_config": {"use_stock_voice": True, "preferred_stock_voice_ids": ["v1"]},
    }


def test_stock_voices_without_preference() -> None:
    assert StockVoices(use=False).to_json() == {"use_stock_voice": False}


def test_none_is_left_out_at_every_depth() -> None:
    payload = {"a": None, "b": {"c": None, "d": 0}, "scenes": [{"e": None, "f": [1, None]}, "x"]}

    assert omit_unset(payload) == {"b": {"d": 0}, "scenes": [{"f": [1, None]}, "x"]}
