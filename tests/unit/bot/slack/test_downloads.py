"""Files are fetched from Slack alone, within bounds, and a page is never taken for a file. Over the emulated Slack."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from agent.errors import SourceRefused
from bot.server import Server, bound, url_of
from bot.slack.downloads import SlackFiles, own_origins
from emulators.slack import SlackEmulator
from tests.support.workspaces import held

TEAM = "T1"

DATA = b"name,company\nSarah,Acme\n"


class Desk:
    """A client of an emulated Slack, and another server that may answer in Slack's place."""

    def __init__(self, slack: SlackEmulator, client: AsyncWebClient, other: str) -> None:
        self.slack, self.client, self.other = slack, client, other
        self.seen: list[dict[str, str]] = []
        self.answer: Callable[[], Response] = lambda: Response(DATA, media_type="text/csv")
        self.allowed = {*own_origins(slack.api_url), other}

    def attach(self, name: str = "leads.csv", data: bytes = DATA) -> str:
        file_id = self.slack.add_file("alice", name, data)
        self.slack.say("alice", "videos", "here", files=[file_id])
        return file_id

    @property
    def files(self) -> SlackFiles:
        return SlackFiles(lambda _: self.client, token=held(self.slack.bot_token), allowed=self.allowed)

    async def read(self, file_id: str, largest: int = 1_000) -> bytes:
        async with self.files.open(TEAM, file_id, largest=largest) as file:
            return b"".join([piece async for piece in file.chunks()])

    async def refused(self, reading: Awaitable[bytes]) -> str:
        with pytest.raises(SourceRefused) as caught:
            await reading
        assert "xox" not in caught.value.sentence
        return caught.value.code

    def moves(self, file_id: str) -> None:
        """From now on the file lies at the other server."""
        about = f"{self.other}/file"

        async def info(**arguments: object) -> dict[str, object]:
            return {"file": {"id": file_id, "name": "leads.csv", "url_private_download": about, "mode": "hosted"}}

        self.client.files_info = info  # type: ignore[method-assign, assignment]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    slack = SlackEmulator()
    await slack.start()
    listener = bound("127.0.0.1", 0)
    desk: Desk

    async def answer(request: Request) -> Response:
        desk.seen.append(dict(request.headers))
        return desk.answer()

    server = Server(Starlette(routes=[Route("/{path:path}", answer)]), listener)
    await server.start()
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session, retry_handlers=[])
        desk = Desk(slack, client, url_of(listener))
        yield desk
    await server.stop()
    listener.close()
    await slack.stop()


async def test_a_file_is_read_whole_with_what_is_known_of_it(desk: Desk) -> None:
    async with desk.files.open(TEAM, desk.attach(), largest=1_000) as file:
        assert (file.name, file.content_type, file.size) == ("leads.csv", "text/csv", len(DATA))
        assert b"".join([piece async for piece in file.chunks()]) == DATA


async def test_an_empty_file_is_a_file(desk: Desk) -> None:
    assert await desk.read(desk.attach(data=b"")) == b""


async def test_what_is_too_large_is_not_even_asked_for(desk: Desk) -> None:
    assert await desk.refused(desk.read(desk.attach(data=b"a" * 1_001))) == "too_large"


async def test_what_turns_out_to_be_too_large_is_cut_off(desk: Desk) -> None:
    desk.moves(desk.attach())
    desk.answer = lambda: Response(b"a" * 5_000, media_type="text/csv")
    assert await desk.refused(desk.read("F1", largest=1_000)) == "too_large"


async def test_a_file_nobody_has_is_told(desk: Desk) -> None:
    assert await desk.refused(desk.read("FNOBODY")) == "file_not_found"


@pytest.mark.parametrize("mode", ["tombstone", "hidden_by_limit", "external"])
async def test_what_slack_does_not_hold_any_more_is_told(desk: Desk, mode: str) -> None:
    file_id = desk.attach()
    desk.slack.workspace.files[file_id].mode = mode  # type: ignore[assignment]  # one of them
    assert await desk.refused(desk.read(file_id)) == "file_unusable"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<!DOCTYPE html><html>Sign in</html>", "text/html"),
        (b"  \n<HTML>Sign in", "text/csv"),
        (b"no tag at all", "text/html"),
    ],
)
async def test_a_page_in_the_place_of_a_file_is_noticed(desk: Desk, body: bytes, kind: str) -> None:
    desk.moves(desk.attach())
    desk.answer = lambda: Response(body, media_type=kind)
    assert await desk.refused(desk.read("F1")) == "not_the_file"


async def test_the_sign_in_page_for_a_wrong_token_is_noticed(desk: Desk) -> None:
    files = SlackFiles(lambda _: desk.client, token=held("xoxb-wrong"), allowed=desk.allowed)

    async def read() -> bytes:
        async with files.open(TEAM, desk.attach(), largest=1_000) as file:
            return b"".join([piece async for piece in file.chunks()])

    assert await desk.refused(read()) == "not_the_file"


async def test_the_token_never_crosses_a_redirect(desk: Desk) -> None:
    desk.moves(desk.attach())
    answers = iter([RedirectResponse("/elsewhere"), Response(DATA, media_type="text/csv")])
    desk.answer = lambda: next(answers)
    assert await desk.read("F1") == DATA
    assert [seen.get("authorization") for seen in desk.seen] == [f"Bearer {desk.slack.bot_token}", None]


async def test_a_redirect_away_from_slack_is_not_followed(desk: Desk) -> None:
    desk.moves(desk.attach())
    desk.answer = lambda: RedirectResponse("http://127.0.0.1:9/file")
    assert await desk.refused(desk.read("F1")) == "file_elsewhere"
    assert len(desk.seen) == 1


async def test_endless_redirects_end(desk: Desk) -> None:
    desk.moves(desk.attach())
    desk.answer = lambda: RedirectResponse("/again")
    assert await desk.refused(desk.read("F1")) == "unreachable"
    assert len(desk.seen) == 4


async def test_nobody_but_slack_is_asked(desk: Desk) -> None:
    desk.moves(desk.attach())
    desk.allowed = set(own_origins(desk.slack.api_url))
    assert await desk.refused(desk.read("F1")) == "file_elsewhere"
    assert desk.seen == []


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://files.slack.com/files-pri/T1-F1/x.csv", True),
        ("https://slack-files.com/x", True),
        ("https://a.slack-edge.com/x", True),
        ("http://files.slack.com/x", False),
        ("https://files.slack.com:8443/x", False),
        ("https://evilslack.com/x", False),
        ("https://files.slack.com.evil.example/x", False),
        ("https://files.slack.com@evil.example/x", False),
        ("https://user@files.slack.com/x", False),
        ("file:///etc/passwd", False),
        ("https://[", False),
        ("", False),
    ],
)
async def test_whose_hosts_are_slacks(desk: Desk, url: str, ours: bool) -> None:
    desk.allowed = set()
    assert desk.files._is_slack(url) is ours


@pytest.mark.parametrize(("status", "code"), [(404, "file_not_found"), (403, "file_not_found"), (500, "unreachable")])
async def test_a_refusal_of_slacks_is_told(desk: Desk, status: int, code: str) -> None:
    desk.moves(desk.attach())
    desk.answer = lambda: Response(b"", status)
    assert await desk.refused(desk.read("F1")) == code


@pytest.mark.parametrize(
    ("api", "origins"),
    [("https://slack.com/api/", set()), ("http://127.0.0.1:4000/api/", {"http://127.0.0.1:4000"})],
)
def test_only_an_api_that_is_not_slacks_has_files_of_its_own(api: str, origins: set[str]) -> None:
    assert own_origins(api) == origins
