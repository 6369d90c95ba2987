"""Uploads in three steps and private downloads, with the sign-in page for whoever may not."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from emulators.slack import SlackEmulator

VIDEOS = "C0VIDEOS01"
DATA = b"\x00\x00\x00\x18ftypmp42"


async def download(url: str, token: str) -> httpx2.Response:
    async with httpx2.AsyncClient(trust_env=False) as http:
        return await http.get(url, headers={"authorization": f"Bearer {token}"})


async def upload(url: str, data: bytes) -> int:
    async with httpx2.AsyncClient(trust_env=False) as http:
        return (await http.post(url, content=data)).status_code


async def test_the_sdk_uploads_in_three_steps(slack: SlackEmulator, client: AsyncWebClient) -> None:
    root = slack.say("alice", VIDEOS, "go")
    await client.files_upload_v2(
        channel=VIDEOS, thread_ts=root, filename="a.mp4", content=DATA, title="Launch", initial_comment="Here"
    )
    message = slack.thread(VIDEOS, root)[1]
    assert (message.text, message.subtype) == ("Here", "file_share")
    assert (message.files[0].data, message.files[0].title) == (DATA, "Launch")


async def test_a_shared_file_tells_where_it_is(slack: SlackEmulator, client: AsyncWebClient) -> None:
    uploaded = await client.files_upload_v2(channel=VIDEOS, filename="a.mp4", content=DATA)
    info = await client.files_info(file=uploaded["file"]["id"])
    assert info["file"]["shares"]["public"][VIDEOS][0]["ts"] == slack.messages(VIDEOS)[0].ts


async def test_the_length_must_be_what_was_announced(slack: SlackEmulator, api: Any) -> None:
    step = await api.client.files_getUploadURLExternal(filename="a.mp4", length=5)
    assert await upload(step["upload_url"], b"four") == 400
    error = await api.refused("files.completeUploadExternal", files=[{"id": step["file_id"]}])
    assert error == "file_not_found"


async def test_an_upload_url_works_once(client: AsyncWebClient) -> None:
    step = await client.files_getUploadURLExternal(filename="a.mp4", length=4)
    assert [await upload(step["upload_url"], b"four") for _ in range(2)] == [200, 404]


async def test_uploads_can_be_forbidden(slack: SlackEmulator, api: Any) -> None:
    slack.workspace.file_uploads_enabled = False
    error = await api.refused("files.getUploadURLExternal", filename="a", length=1)
    assert error == "file_uploads_disabled"


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("files.getUploadURLExternal", {"filename": "a", "length": 0}, "invalid_arguments"),
        ("files.getUploadURLExternal", {"length": 1}, "invalid_arguments"),
        ("files.completeUploadExternal", {"files": []}, "invalid_arguments"),
        ("files.completeUploadExternal", {"files": [{"id": "F0"}]}, "file_not_found"),
        ("files.info", {"file": "F0"}, "file_not_found"),
        ("files.delete", {"file": "F0"}, "file_not_found"),
    ],
)
async def test_files_refuse(api: Any, method: str, arguments: dict[str, Any], error: str) -> None:
    assert await api.refused(method, **arguments) == error


async def test_a_file_is_not_shared_where_the_app_is_not(slack: SlackEmulator, api: Any) -> None:
    slack.leave("heygen", "#general")
    step = await api.client.files_getUploadURLExternal(filename="a", length=4)
    await upload(step["upload_url"], b"four")
    call = {"files": [{"id": step["file_id"]}], "channel_id": "C0GENERAL1"}
    assert await api.refused("files.completeUploadExternal", **call) == "not_in_channel"


@pytest.mark.parametrize("name", ["url_private", "url_private_download"])
async def test_the_app_downloads_what_was_shared_with_it(
    slack: SlackEmulator, client: AsyncWebClient, name: str
) -> None:
    ts = slack.upload("alice", VIDEOS, "clip.mp4", DATA)
    file = (await client.files_info(file=slack.message(VIDEOS, ts).files[0].id))["file"]
    answer = await download(file[name], slack.bot_token)
    assert (answer.content, answer.headers["content-type"]) == (DATA, "video/mp4")


async def test_without_access_there_is_a_page_and_a_200(slack: SlackEmulator, client: AsyncWebClient) -> None:
    ts = slack.upload("alice", VIDEOS, "clip.mp4", DATA)
    file = (await client.files_info(file=slack.message(VIDEOS, ts).files[0].id))["file"]
    answer = await download(file["url_private"], "xoxb-wrong")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


async def test_an_unshared_file_is_not_the_apps_to_see(slack: SlackEmulator, api: Any) -> None:
    file_id = slack.add_file("alice", "clip.mp4", DATA)
    assert await api.refused("files.info", file=file_id) == "file_not_found"
    url = f"{slack.url}/files-pri/T0GREENROOM-{file_id}/clip.mp4"
    assert "Sign in" in (await download(url, slack.bot_token)).text


async def test_a_stored_file_can_be_said(slack: SlackEmulator) -> None:
    file_id = slack.add_file("alice", "clip.mp4", DATA)
    ts = slack.say("alice", VIDEOS, "here", files=[file_id])
    assert slack.message(VIDEOS, ts).files[0].id == file_id


async def test_only_own_files_are_deleted(slack: SlackEmulator, api: Any) -> None:
    slack.upload("alice", VIDEOS, "clip.mp4", DATA)
    file_id = slack.messages(VIDEOS)[0].files[0].id
    assert await api.refused("files.delete", file=file_id) == "cant_delete_file"
