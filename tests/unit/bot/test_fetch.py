"""The probe against a server that serves ranges, redirects and trouble; names are resolved by the test."""

from __future__ import annotations

import asyncio
import re
import struct
from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from agent.errors import SourceRefused
from agent.ports import SourceProbe
from bot.fetch import ProbeLimits, SafeProbe, VideoFacts, probe_client, resolve_host
from emulators.base import Emulator

PUBLIC = "93.184.216.34"


def box(kind: bytes, content: bytes) -> bytes:
    """An MP4 box."""
    return struct.pack(">I4s", 8 + len(content), kind) + content


FTYP = box(b"ftyp", b"isom\0\0\2\0isommp42")
MOOV = box(b"moov", box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1_000, 61_000) + bytes(80)))
MDAT = box(b"mdat", bytes(300_000))
FRONT = FTYP + MOOV + MDAT
BACK = FTYP + MDAT + MOOV


class VideoHost(Emulator):
    """A file server: `files` by path, with or without ranges, and a few addresses that misbehave."""

    name = "video-host"

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, tuple[bytes, str]] = {
            "/front.mp4": (FRONT, "video/mp4"),
            "/back.mp4": (BACK, "application/octet-stream"),
            "/page.mp4": (b"<!doctype html><title>Sign in</title>", "video/mp4"),
            "/song.mp4": (b"ID3\x04", "audio/mpeg"),
            "/voice.mp3": (b"\xff\xfb\x90\x64" + bytes(413 + 417 * 999), "application/octet-stream"),
            "/voice.m4a": (FRONT, "audio/mp4"),
            "/odd.bin": (b"what is this", ""),
            "/empty.mp4": (b"", "video/mp4"),
            "/far.mp4": (FTYP + struct.pack(">I4s", 10_000_000, b"mdat"), "video/mp4"),
        }
        self.released = asyncio.Event()

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/whole/{name}", self._whole),
            Route("/to", self._redirect),
            Route("/nowhere", lambda request: Response(status_code=302)),
            Route("/endless", self._endless),
            Route("/odd-range/{name:path}", self._odd_range),
            Route("/login/back.mp4", self._login_later),
            Route("/{name}", self._file),
        ]

    async def _file(self, request: Request) -> Response:
        content, content_type = self.files[request.url.path]
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers["range"])
        assert wanted
        start, end = int(wanted[1]), min(int(wanted[2]), len(content) - 1)
        if start >= len(content):
            return Response(status_code=416)
        headers = {"Content-Range": f"bytes {start}-{end}/{len(content)}", "Content-Type": content_type}
        return Response(content[start : end + 1], 206, headers)

    async def _whole(self, request: Request) -> Response:
        content, content_type = self.files[f"/{request.path_params['name']}"]
        return Response(content, headers={"Content-Type": content_type})

    async def _redirect(self, request: Request) -> Response:
        response = RedirectResponse(request.query_params["url"])
        response.set_cookie("tracker", "1")
        return response

    async def _endless(self, request: Request) -> Response:
        async def chunks() -> AsyncIterator[bytes]:
            yield FRONT[:100_000]
            await self.released.wait()

        return StreamingResponse(chunks(), media_type="video/mp4")

    async def _odd_range(self, request: Request) -> Response:
        return Response(FRONT[:1_000], 206, {"Content-Range": request.path_params["name"], "Content-Type": "video/mp4"})

    async def _login_later(self, request: Request) -> Response:
        if not request.headers["range"].startswith("bytes=0-"):
            return Response(status_code=403)
        return Response(BACK[:65_536], 206, {"Content-Range": f"bytes 0-65535/{len(BACK)}"})


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[VideoHost]:
    """The running file server, one for all tests of this file."""
    server = VideoHost()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def host(server: VideoHost) -> VideoHost:
    """The file server without a past."""
    server.reset()
    return server


class Names:
    """A resolver that knows what it was told; other names lead to loopback."""

    def __init__(self, **known: Sequence[str]) -> None:
        self.known = {name.replace("_", "."): addresses for name, addresses in known.items()}
        self.asked: list[str] = []

    async def __call__(self, name: str, port: int) -> Sequence[str]:
        self.asked.append(name)
        found = self.known.get(name, ["127.0.0.1"])
        if not found:
            raise OSError("no such name")
        return found


def link(host: VideoHost, path: str, name: str = "videos.example") -> str:
    """The link to `path` under a made-up name."""
    return f"http://{name}:{urlsplit(host.url).port}{path}"


def probe_of(host: VideoHost, names: Names | None = None, **limits: Any) -> SafeProbe:
    """A probe that may open the server under its made-up name."""
    allowed = [f"videos.example:{urlsplit(host.url).port}"]
    return SafeProbe(allowed, resolve=names or Names(), limits=ProbeLimits(**limits))


async def refusal(probe: SourceProbe, url: str) -> SourceRefused:
    """How the probe refuses `url`."""
    with pytest.raises(SourceRefused) as caught:
        await probe.probe(url)
    assert "secret" not in caught.value.sentence
    assert caught.value.__cause__ is None
    return caught.value


async def test_a_video_with_its_header_in_front_takes_one_request(host: VideoHost) -> None:
    assert await probe_of(host).probe(link(host, "/front.mp4?token=secret")) == VideoFacts(
        "video/mp4", 61.0, len(FRONT)
    )
    assert [entry.headers["range"] for entry in host.journal.entries] == ["bytes=0-65535"]


async def test_a_header_at_the_end_takes_a_second_range(host: VideoHost) -> None:
    assert await probe_of(host).probe(link(host, "/back.mp4")) == VideoFacts("video/mp4", 61.0, len(BACK))
    ranges = [entry.headers["range"] for entry in host.journal.entries]
    start = len(FTYP + MDAT)
    assert ranges == ["bytes=0-65535", f"bytes={start}-{start + 262_143}"]


async def test_not_more_than_the_allowed_ranges_are_read(host: VideoHost) -> None:
    assert (await probe_of(host, more_ranges=0).probe(link(host, "/back.mp4"))).duration is None


async def test_a_range_beyond_the_file_is_not_asked_for(host: VideoHost) -> None:
    assert (await probe_of(host).probe(link(host, "/far.mp4"))).duration is None
    assert len(host.journal.entries) == 1


async def test_a_server_without_ranges_gives_what_its_beginning_tells(host: VideoHost) -> None:
    probe = probe_of(host)
    assert await probe.probe(link(host, "/whole/front.mp4")) == VideoFacts("video/mp4", 61.0, len(FRONT))
    assert await probe.probe(link(host, "/whole/back.mp4")) == VideoFacts("video/mp4", None, len(BACK))


async def test_an_answer_that_never_ends_is_cut_off(host: VideoHost) -> None:
    assert await probe_of(host).probe(link(host, "/endless")) == VideoFacts("video/mp4", 61.0, None)
    host.released.set()


@pytest.mark.parametrize("content_range", ["bytes 0-999/*", "nonsense"])
async def test_a_size_that_is_not_told_is_none(host: VideoHost, content_range: str) -> None:
    facts = await probe_of(host).probe(link(host, f"/odd-range/{content_range}"))
    assert facts.size is None


async def test_another_part_than_asked_for_is_not_taken(host: VideoHost) -> None:
    refused = await refusal(probe_of(host), link(host, "/odd-range/bytes 5-999/*"))
    assert (refused.code, refused.retryable) == ("unreachable", True)


async def test_redirects_are_followed_and_carry_no_cookie(host: VideoHost) -> None:
    facts = await probe_of(host).probe(link(host, "/to?url=/to?url=/front.mp4"))
    assert facts.duration == 61.0
    assert not any("cookie" in entry.headers for entry in host.journal.entries)


async def test_further_ranges_come_from_where_the_redirect_led(host: VideoHost) -> None:
    await probe_of(host).probe(link(host, "/to?url=/back.mp4"))
    assert [entry.path for entry in host.journal.entries] == ["/to", "/back.mp4", "/back.mp4"]


async def test_no_credentials_and_the_real_host_name_are_sent(host: VideoHost) -> None:
    await probe_of(host).probe(link(host, "/front.mp4"))
    headers = host.journal.entries[0].headers
    assert headers["host"] == f"videos.example:{urlsplit(host.url).port}"
    assert not {"authorization", "cookie", "referer"} & headers.keys()


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("http://inside.example/front.mp4?secret=1", "private_address"),
        ("http://169.254.169.254/latest?secret=1", "private_address"),
        ("ftp://videos.example/secret", "scheme"),
        ("http://user:secret@videos.example/", "not_a_url"),
        ("http://videos.example:22/?secret", "port"),
        ("http://videos.example:secret/", "not_a_url"),
    ],
)
async def test_every_redirect_is_checked_again(host: VideoHost, target: str, code: str) -> None:
    refused = await refusal(
        probe_of(host, Names(**{"169.254.169.254": ["169.254.169.254"]})), link(host, f"/to?url={target}")
    )
    assert refused.code == code
    assert len(host.journal.entries) == 1


async def test_too_many_redirects(host: VideoHost) -> None:
    refused = await refusal(probe_of(host), link(host, "/to?url=" * 4 + "/front.mp4"))
    assert (refused.code, refused.retryable) == ("too_many_redirects", False)
    assert len(host.journal.entries) == 4


async def test_a_redirect_to_nowhere(host: VideoHost) -> None:
    assert (await refusal(probe_of(host), link(host, "/nowhere"))).code == "unreachable"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/page.mp4", "a web page"),
        ("/song.mp4", "an audio file"),
        ("/odd.bin", "a file of another kind"),
        ("/whole/page.mp4", "a web page"),
    ],
)
async def test_what_is_not_a_video_is_called_by_its_name(host: VideoHost, path: str, words: str) -> None:
    refused = await refusal(probe_of(host), link(host, f"{path}?key=secret"))
    assert refused.code == "not_a_video"
    assert words in refused.sentence


@pytest.mark.parametrize("path", ["/empty.mp4", "/whole/empty.mp4"])
async def test_an_empty_file(host: VideoHost, path: str) -> None:
    assert (await refusal(probe_of(host), link(host, path))).code == "empty"


async def test_a_file_beyond_the_limit(host: VideoHost) -> None:
    refused = await refusal(probe_of(host, max_bytes=100_000), link(host, "/front.mp4"))
    assert refused.code == "too_large"


async def test_a_file_within_the_limit(host: VideoHost) -> None:
    assert await probe_of(host, max_bytes=len(FRONT)).probe(link(host, "/front.mp4"))


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [
        (401, "forbidden", False),
        (403, "forbidden", False),
        (404, "not_found", False),
        (410, "not_found", False),
        (416, "empty", False),
        (429, "unreachable", True),
        (500, "unreachable", True),
    ],
)
async def test_each_error_of_the_server_has_its_sentence(
    host: VideoHost, status: int, code: str, retryable: bool
) -> None:
    host.fail("before", status=status)
    refused = await refusal(probe_of(host), link(host, "/front.mp4?secret=1"))
    assert (refused.code, refused.retryable) == (code, retryable)


async def test_a_dropped_connection_is_unreachable(host: VideoHost) -> None:
    host.fail("drop_before")
    refused = await refusal(probe_of(host), link(host, "/front.mp4?secret=1"))
    assert (refused.code, refused.retryable) == ("unreachable", True)


async def test_a_slow_server_ends_at_the_deadline(host: VideoHost) -> None:
    host.fail("delay", seconds=5.0)
    refused = await refusal(probe_of(host, deadline=0.2), link(host, "/front.mp4?secret=1"))
    assert (refused.code, refused.retryable) == ("timeout", True)


@pytest.mark.parametrize("fault", ["before", "drop_before"])
async def test_a_failing_second_range_leaves_the_length_unknown(host: VideoHost, fault: Any) -> None:
    host.fail(fault, skip=1)
    assert await probe_of(host).probe(link(host, "/back.mp4")) == VideoFacts("video/mp4", None, len(BACK))


async def test_a_second_range_that_needs_a_login_is_refused(host: VideoHost) -> None:
    assert (await refusal(probe_of(host), link(host, "/login/back.mp4"))).code == "forbidden"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "not_a_url"),
        ("my video", "not_a_url"),
        ("//videos.example/a.mp4", "not_a_url"),
        ("https:///a.mp4", "not_a_url"),
        ("https://[::1", "not_a_url"),
        ("https://ann@videos.example/a.mp4?secret", "not_a_url"),
        ("ftp://videos.example/a.mp4?secret", "scheme"),
        ("file:///etc/secret", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("https://videos.example:8443/a.mp4?secret", "port"),
        ("https://videos.example:0/a.mp4?secret", "port"),
    ],
)
async def test_what_cannot_be_opened_is_refused_before_any_look_up(url: str, code: str) -> None:
    names = Names()
    assert (await refusal(SafeProbe((), resolve=names), url)).code == code
    assert names.asked == []


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["::ffff:10.0.0.1"],
        [PUBLIC, "192.168.0.1"],
        ["not-an-address"],
    ],
)
async def test_one_private_address_is_enough_to_refuse(addresses: list[str]) -> None:
    probe = SafeProbe((), resolve=Names(videos_example=addresses))
    assert (await refusal(probe, "https://videos.example/a.mp4?secret")).code == "private_address"


@pytest.mark.parametrize("addresses", [[], ()])
async def test_a_name_nobody_knows_is_unreachable(addresses: list[str]) -> None:
    refused = await refusal(SafeProbe((), resolve=Names(videos_example=addresses)), "https://videos.example/?secret")
    assert (refused.code, refused.retryable) == ("unreachable", True)


async def test_a_name_without_addresses_is_unreachable() -> None:
    async def nothing(name: str, port: int) -> list[str]:
        return []

    assert (await refusal(SafeProbe((), resolve=nothing), "https://videos.example/")).code == "unreachable"


async def test_a_name_that_cannot_exist_is_unreachable() -> None:
    assert (await refusal(SafeProbe(), f"http://{'a' * 64}.localhost/")).code == "unreachable"


class Body(httpx2.AsyncByteStream):
    """A body that comes in one piece."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield FRONT


class Wire(httpx2.AsyncBaseTransport):
    """Answers in memory and keeps the requests; some addresses refuse the connection."""

    def __init__(self, *down: str) -> None:
        self.down = down
        self.requests: list[httpx2.Request] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        if request.url.host in self.down:
            raise httpx2.ConnectError("refused", request=request)
        return httpx2.Response(200, headers={"content-type": "video/mp4"}, stream=Body())


def pinned(wire: Wire, addresses: list[str], allowed: Sequence[str] = ()) -> SafeProbe:
    """A probe whose connections end in `wire`."""
    return SafeProbe(allowed, lambda: httpx2.AsyncClient(transport=wire), Names(videos_example=addresses))


async def test_the_connection_goes_to_the_checked_address_under_the_name_of_the_host() -> None:
    wire = Wire()
    await pinned(wire, [PUBLIC]).probe("https://Videos.Example/a.mp4?x=1#t=5")
    request = wire.requests[0]
    assert str(request.url) == f"https://{PUBLIC}/a.mp4?x=1"
    assert (request.headers["host"], request.extensions["sni_hostname"]) == ("videos.example", "videos.example")


async def test_an_address_that_is_down_is_followed_by_the_next() -> None:
    wire = Wire(PUBLIC)
    await pinned(wire, [PUBLIC, "2606:2800:220:1::1"]).probe("https://videos.example/a.mp4")
    assert [request.url.host for request in wire.requests] == [PUBLIC, "2606:2800:220:1::1"]


async def test_only_a_few_addresses_are_tried() -> None:
    addresses = [f"93.184.216.{n}" for n in range(9)]
    wire = Wire(*addresses)
    assert (await refusal(pinned(wire, addresses), "https://videos.example/?secret")).code == "unreachable"
    assert len(wire.requests) == 3


@pytest.mark.parametrize("allowed", ["videos.example", "VIDEOS.example:80"])
async def test_a_host_allowed_by_name_may_be_private(allowed: str) -> None:
    assert await pinned(Wire(), ["10.0.0.1"], [allowed]).probe("http://videos.example./a.mp4")


async def test_a_host_allowed_by_name_opens_no_other_port() -> None:
    probe = pinned(Wire(), ["10.0.0.1"], ["videos.example"])
    assert (await refusal(probe, "http://videos.example:8080/a.mp4")).code == "port"


async def test_an_address_written_as_a_number_is_resolved_and_refused() -> None:
    probe = SafeProbe((), resolve=Names(**{"2130706433": ["127.0.0.1"]}))
    assert (await refusal(probe, "http://2130706433/")).code == "private_address"


async def test_names_are_resolved_by_the_system() -> None:
    assert "127.0.0.1" in await resolve_host("127.0.0.1", 80)


async def test_the_default_client_follows_nothing_and_trusts_no_environment() -> None:
    async with probe_client() as client:
        assert (client.follow_redirects, client.trust_env) == (False, False)


async def test_probes_run_side_by_side(host: VideoHost) -> None:
    probe = probe_of(host)
    facts = await asyncio.gather(*(probe.probe(link(host, "/back.mp4")) for _ in range(5)))
    assert {found.duration for found in facts} == {61.0}


# -- recordings


@pytest.mark.parametrize(
    ("name", "content_type", "seconds"), [("voice.mp3", "audio/mpeg", 26.0625), ("voice.m4a", "audio/mp4", 61.0)]
)
async def test_a_recording_is_read_like_a_video(host: VideoHost, name: str, content_type: str, seconds: float) -> None:
    facts = await probe_of(host).probe_sound(link(host, f"/{name}"))
    assert (facts.content_type, facts.duration) == (content_type, seconds)


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("front.mp4", "not_a_recording", "leads to a video, not to a recording"),
        ("page.mp4", "not_a_recording", "leads to a web page"),
        ("empty.mp4", "empty", "is empty"),
    ],
)
async def test_what_is_no_recording_is_refused(host: VideoHost, name: str, code: str, words: str) -> None:
    with pytest.raises(SourceRefused) as caught:
        await probe_of(host).probe_sound(link(host, f"/{name}"))
    assert caught.value.code == code
    assert words in caught.value.sentence
