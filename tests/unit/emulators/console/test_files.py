"""Files that people drop on the page, what else they do with messages, and what the app's menus offer them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from emulators.base import Emulator
from emulators.slack import SlackEmulator

Send = Callable[..., Awaitable[httpx2.Response]]
OCTETS = {"Content-Type": "application/octet-stream"}
MANIFEST = {
    "display_information": {"name": "Greenroom"},
    "features": {
        "bot_user": {"display_name": "greenroom"},
        "slash_commands": [
            {"command": "/heygen", "url": "https://a.example", "description": "Videos", "usage_hint": "jobs | help"}
        ],
        "shortcuts": [
            {"name": "Translate", "type": "message", "callback_id": "translate", "description": "Into any language"}
        ],
    },
    "oauth_config": {"scopes": {"bot": ["commands", "chat:write"]}},
    "settings": {"interactivity": {"is_enabled": True, "request_url": "https://a.example"}},
}


async def drop(page: httpx2.AsyncClient, name: str, data: bytes, **more: Any) -> httpx2.Response:
    return await page.post("/api/upload", params={"user": "alice", "name": name}, content=data, headers=OCTETS | more)


async def test_a_dropped_file_is_sent_without_words(send: Send, page: httpx2.AsyncClient, slack: SlackEmulator) -> None:
    file = (await drop(page, "leads.csv", b"name\nAda\n")).json()["file"]
    await send("say", user="alice", channel="videos", files=[file])

    [message] = slack.messages("videos")
    channels = (await page.get("/api/state")).json()["slack"]["channels"]
    [shown] = next(one for one in channels if one["name"] == "videos")["messages"][0]["files"]
    assert (message.subtype, message.files[0].data) == ("file_share", b"name\nAda\n")
    assert (shown["name"], shown["ending"], shown["preview"]) == ("leads.csv", "CSV", "name\nAda")


@pytest.mark.parametrize(
    ("name", "media_type", "attached"),
    [
        ("talk.mp4", "video/mp4", False),
        ("face.png", "image/png", False),
        ("page.html", "application/octet-stream", True),
        ("code.js", "application/octet-stream", True),
        ("drawing.svg", "application/octet-stream", True),
    ],
)
async def test_only_media_are_shown_as_what_they_are(
    page: httpx2.AsyncClient, name: str, media_type: str, attached: bool
) -> None:
    file = (await drop(page, name, b"0123456789")).json()["file"]
    answer = await page.get(f"/files/{file}")
    part = await page.get(f"/files/{file}", headers={"Range": "bytes=2-4"})

    assert (answer.headers["content-type"], "content-disposition" in answer.headers) == (media_type, attached)
    assert part.content == (b"0123456789" if attached else b"234")


@pytest.mark.parametrize(
    ("name", "data", "headers"),
    [("", b"x", {}), ("a/b", b"x", {}), ("a.csv", b"", {}), ("a.csv", b"x", {"Content-Type": "text/plain"})],
)
async def test_what_is_no_file_is_refused(
    page: httpx2.AsyncClient, slack: SlackEmulator, name: str, data: bytes, headers: dict[str, str]
) -> None:
    answer = await drop(page, name, data, **headers)

    assert (answer.status_code, slack.workspace.files) == (400, {})


async def test_a_file_of_nobody_and_an_unknown_file_are_refused(page: httpx2.AsyncClient, send: Send) -> None:
    answer = await page.post("/api/upload", params={"user": "eve", "name": "a"}, content=b"x", headers=OCTETS)

    assert answer.status_code == 400
    assert (await send("say", user="alice", channel="videos", files=["F0"])).status_code == 400
    assert (await page.get("/files/F0")).status_code == 404


async def test_another_page_uploads_nothing(page: httpx2.AsyncClient, slack: SlackEmulator) -> None:
    answer = await drop(page, "a.csv", b"x", Origin="http://evil.example")

    assert (answer.status_code, slack.workspace.files) == (403, {})


async def test_people_edit_react_to_and_delete_messages(send: Send, slack: SlackEmulator) -> None:
    about = {"user": "alice", "channel": "videos", "ts": slack.say("alice", "videos", "helo")}
    await send("edit", **about, text="hello @Bob")
    await send("react", **about, name="tada")
    [message] = slack.messages("videos")
    strange = await send("edit", **{**about, "user": "bob"}, text="mine")

    assert (message.text, message.reactions) == ("hello <@U0BOB00001>", {"tada": ["U0ALICE001"]})
    assert strange.status_code == 400
    await send("delete", **about)
    assert slack.messages("videos") == []


async def test_menus_offer_what_the_manifest_says(
    send: Send, page: httpx2.AsyncClient, slack: SlackEmulator, app: Emulator
) -> None:
    slack.install(MANIFEST)
    try:
        menu = (await page.get("/api/state")).json()["slack"]["menu"]
        ts = slack.say("alice", "videos", "hello")
        used = await send("shortcut", user="alice", callback_id="translate", channel="videos", ts=ts)
        unknown = await send("shortcut", user="alice", callback_id="nothing", channel="videos", ts=ts)
    finally:
        slack.install(None)

    assert menu["commands"] == [{"name": "/heygen", "about": "Videos", "hint": "jobs | help"}]
    assert [(one["callback_id"], one["name"]) for one in menu["shortcuts"]] == [("translate", "Translate")]
    assert (used.json()["ok"], unknown.status_code) == (True, 400)
