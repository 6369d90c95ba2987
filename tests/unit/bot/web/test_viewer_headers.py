"""The viewer's page reaches its own server and the rooms, and nothing else."""

from __future__ import annotations

import pytest

from bot.web.viewer_headers import is_allowed, origin_of, page_headers, room_sources

ROOMS = room_sources("https://api.liveavatar.com")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://green.example/room?x=1", "https://green.example"),
        ("https://Green.Example:443/", "https://green.example"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:80/a", "http://[::1]"),
        ("wss://a.livekit.cloud", "wss://a.livekit.cloud"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("wss://heygen-1.livekit.cloud", True),
        ("wss://heygen-1.eu.livekit.cloud/rtc", True),
        ("https://heygen-1.livekit.cloud/settings/regions", True),
        ("wss://api.liveavatar.com/rtc", True),
        ("ws://heygen-1.livekit.cloud", False),
        ("wss://livekit.cloud.evil.example", False),
        ("wss://evillivekit.cloud", False),
        ("wss://elsewhere.example", False),
    ],
)
def test_rooms_are_in_the_cloud_or_where_the_api_is(url: str, allowed: bool) -> None:
    assert is_allowed(url, ROOMS) is allowed


def test_an_emulated_room_is_where_its_api_is() -> None:
    assert is_allowed("ws://127.0.0.1:4711", room_sources("http://127.0.0.1:4711"))


def test_the_policy_names_every_place_and_no_other() -> None:
    headers = page_headers(origin="https://green.example", livekit_origin=None, rooms=ROOMS)
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "media-src": "'self'",
        "connect-src": "'self' wss://green.example wss://*.livekit.cloud https://*.livekit.cloud "
        "wss://api.liveavatar.com https://api.liveavatar.com",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }


def test_a_script_from_elsewhere_is_allowed_from_there_only() -> None:
    headers = page_headers(origin="https://green.example", livekit_origin="https://cdn.example", rooms=ROOMS)
    assert "script-src 'self' https://cdn.example;" in headers["Content-Security-Policy"]
