"""The emulated Truto and what we have for it: refusals, limits, tools at run time, and looking before sending again."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from emulators.heygen import HeyGenEmulator
from emulators.truto import DEFAULT_ACCOUNT, DEFAULT_TOKEN, TrutoEmulator
from emulators.truto.tools import Definition
from heygen import Client, HeyGenError, InvalidArguments, NotFound, RateLimited, ServerError
from heygen.catalogue.lipsyncs import CREATE_LIPSYNC
from heygen.catalogue.operation import Operation
from heygen.catalogue.templates import CREATE_VIDEO_FROM_TEMPLATE
from heygen.catalogue.translations import CREATE_TRANSLATION
from heygen.catalogue.videos import CREATE_VIDEO
from heygen.truto import (
    Pace,
    ReconnectNeeded,
    TrutoAccess,
    TrutoBusy,
    TrutoFailed,
    TrutoRefused,
    TrutoTools,
    TrutoTransport,
    TrutoWire,
)
from tests.support.heygen_requests import MINIMAL, seed
from tests.support.truto import client_by, wire

# Loopback needs no certificates; loading them would be most of a test's time.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
SEEDED = 7  # charges for what `seed` puts there
TWO = ["French (France)", "German (Germany)"]


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[tuple[HeyGenEmulator, TrutoEmulator]]:
    heygen, truto = HeyGenEmulator(speed="step", balance=1_000, cap=100), TrutoEmulator()
    await heygen.start()
    await truto.start()
    yield heygen, truto
    await truto.stop()
    await heygen.stop()


@pytest.fixture
def heygen(running: tuple[HeyGenEmulator, TrutoEmulator]) -> HeyGenEmulator:
    running[0].reset()
    seed(running[0])
    assert len(running[0].charges) == SEEDED
    return running[0]


@pytest.fixture
def truto(running: tuple[HeyGenEmulator, TrutoEmulator]) -> TrutoEmulator:
    running[1].reset()
    return running[1]


@pytest.fixture
async def http() -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(verify=NO_CERTIFICATES) as opened:
        yield opened


@pytest.fixture
def client(heygen: HeyGenEmulator, truto: TrutoEmulator, http: httpx2.AsyncClient) -> Client:
    return client_by("result", heygen.url, truto, http)


def paid(heygen: HeyGenEmulator) -> int:
    """Charges beyond those of what is there from the beginning."""
    return len(heygen.charges) - SEEDED


async def translate(client: Client, languages: list[str] = TWO, key: str = "k1") -> list[str]:
    from heygen import Source

    source = Source(url="https://a.example/film.mp4")
    return await client.create_translation(video=source, output_languages=languages, title="Film", idempotency_key=key)


# -- who refuses


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        ("active", None, ""),
        ("needs_reauth", ReconnectNeeded, "reconnect_needed"),
        ("blocked", TrutoRefused, "truto_blocked"),
        ("connecting", TrutoRefused, "truto_refused"),
        ("validation_error", TrutoRefused, "truto_refused"),
    ],
)
async def test_the_state_of_the_account_decides(
    client: Client,
    truto: TrutoEmulator,
    http: httpx2.AsyncClient,
    status: Any,
    kind: type[HeyGenError] | None,
    code: str,
) -> None:
    """R73: and one call says what it is."""
    truto.account.status = status
    assert await wire(truto, http, heygens=False).account_status() == status
    if kind is None:
        assert (await client.get_balance()).currency == "usd"
        return
    with pytest.raises(kind) as caught:
        await client.get_balance()
    assert getattr(caught.value, "code", None) == code


async def test_a_sandbox_can_only_be_read(client: Client, truto: TrutoEmulator, heygen: HeyGenEmulator) -> None:
    truto.account.sandbox = True
    await client.get_balance()
    with pytest.raises(TrutoRefused) as caught:
        await translate(client)
    assert (caught.value.code, caught.value.outcome_unknown) == ("truto_sandbox", False)
    assert paid(heygen) == 0


@pytest.mark.parametrize(
    ("token", "account", "code"),
    [("truto-token-1", "ia-2", "truto_unknown"), ("other", DEFAULT_ACCOUNT, "truto_token")],
)
async def test_a_wrong_token_and_an_unknown_account_are_told_apart(
    truto: TrutoEmulator, heygen: HeyGenEmulator, http: httpx2.AsyncClient, token: str, account: str, code: str
) -> None:
    truto.connect(heygen.url, "hg-key-1")
    access = TrutoAccess(token=token, integrated_account_id=account, base_url=truto.url)
    through = TrutoTransport(TrutoWire(access, http, "greenroom", pace=Pace(), sleep=_never))
    with pytest.raises(TrutoRefused) as caught:
        await Client(through).get_balance()
    assert caught.value.code == code
    assert "other" not in str(caught.value)


async def _never(seconds: float) -> None:
    raise AssertionError("nothing waits here")


async def test_a_credential_that_heygen_revokes_ends_the_connection(
    client: Client, truto: TrutoEmulator, heygen: HeyGenEmulator
) -> None:
    truto.account.credential = "revoked"
    with pytest.raises(ReconnectNeeded):
        await client.get_balance()
    assert truto.account.status == "needs_reauth"
    truto.connect(heygen.url, "hg-key-1")
    await client.get_balance()


async def test_what_heygen_does_not_know_is_not_found(client: Client) -> None:
    with pytest.raises(NotFound) as caught:
        await client.get_video("nope")
    assert caught.value.detail


async def test_heygen_away_is_truto_s_failure(client: Client, truto: TrutoEmulator) -> None:
    truto.account.base_url = "http://127.0.0.1:9"
    with pytest.raises(TrutoFailed) as caught:
        await translate(client)
    assert (caught.value.outcome_unknown, caught.value.retryable) == (True, False)
    assert caught.value.retry_after == 60.0


async def test_heygen_broken_is_heygen_s_failure(client: Client, heygen: HeyGenEmulator) -> None:
    """R75: nobody retries it for us, and our key makes nothing repeatable here."""
    heygen.fail("before", "/v3/video-translations", method="POST", status=500)
    with pytest.raises(ServerError) as caught:
        await translate(client)
    assert type(caught.value) is ServerError
    assert (caught.value.outcome_unknown, caught.value.retryable, caught.value.retry_after) == (True, False, 60.0)
    assert len(heygen.journal.select("POST", "/v3/video-translations")) == 1


# -- both limits


async def test_both_limits_are_told_apart(client: Client, truto: TrutoEmulator, heygen: HeyGenEmulator) -> None:
    """R20, R21: Truto's own, and HeyGen's that it passes through."""
    heygen.fail("before", "/v3/users/me", status=429, headers={"Retry-After": "3"})
    with pytest.raises(RateLimited) as caught:
        await client.get_balance()
    assert (type(caught.value), caught.value.retry_after) == (RateLimited, 3.0)
    truto.limits.per_account = 0
    with pytest.raises(TrutoBusy) as busy:
        await client.get_balance()
    assert busy.value.retry_after == 10.0


class Time:
    """A clock for one wire and the emulator, moved by whoever waits."""

    def __init__(self, truto: TrutoEmulator) -> None:
        self.truto = truto
        self.now = 1_000.0
        self.waited: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += seconds
        self.truto.clock.advance(seconds)


async def test_keeping_to_the_limit_is_never_refused(
    truto: TrutoEmulator, heygen: HeyGenEmulator, http: httpx2.AsyncClient
) -> None:
    """R23, R71: two hundred reads in a row, with Truto's real limit, and not one 429."""
    truto.connect(heygen.url, "hg-key-1")
    time = Time(truto)
    paced = TrutoTransport(wire(truto, http, pace=Pace(), sleep=time.sleep, monotonic=lambda: time.now))
    for _ in range(200):
        await Client(paced).get_balance()
    assert truto.limits.refused == 0
    assert 30.0 < sum(time.waited) <= 50.0


async def test_an_unpaced_client_would_be_refused(client: Client, truto: TrutoEmulator) -> None:
    truto.limits.per_account = 50
    for _ in range(50):
        await client.get_balance()
    with pytest.raises(TrutoBusy):
        await client.get_balance()


@pytest.mark.parametrize("said", ["quota", "429"])
async def test_nothing_leaves_before_the_limit_is_over(
    truto: TrutoEmulator, heygen: HeyGenEmulator, http: httpx2.AsyncClient, said: str
) -> None:
    """R22, R23: the headers of a success and of a refusal both hold everything for that account."""
    truto.connect(heygen.url, "hg-key-1")
    time = Time(truto)
    client = Client(TrutoTransport(wire(truto, http, pace=Pace(), sleep=time.sleep, monotonic=lambda: time.now)))
    if said == "quota":
        truto.switches.quota = ("110;w=10", "0", "7")
        await client.get_balance()
        truto.switches.quota = ("110;w=10", "110", "10")
    else:
        truto.fail("before", "/custom/.*", status=429, headers={"Retry-After": "7"})
        with pytest.raises(TrutoBusy):
            await client.get_balance()
    await client.get_balance()
    assert time.waited == [7.0]


# -- looking before sending again

LISTED = [CREATE_VIDEO, CREATE_LIPSYNC, CREATE_VIDEO_FROM_TEMPLATE]


async def again(client: Client, operation: Operation[Any, Any]) -> tuple[Any, Any]:
    """The answer of a request, and of its repetition after a look."""
    first = await client.call(operation, MINIMAL[operation.name], idempotency_key="k1")
    return first, await client.again().call(operation, MINIMAL[operation.name], idempotency_key="k1")


@pytest.mark.parametrize("keys", ["own", "passed", "forgotten"])
@pytest.mark.parametrize("operation", LISTED, ids=lambda one: one.name)
async def test_a_repetition_finds_what_is_there(
    client: Client, truto: TrutoEmulator, heygen: HeyGenEmulator, operation: Operation[Any, Any], keys: Any
) -> None:
    truto.switches.keys = keys
    first, second = await again(client, operation)
    assert getattr(first, "id", first) == getattr(second, "id", second)
    assert paid(heygen) == 1


@pytest.mark.parametrize("envelope", ["result", "verbatim", "stripped"])
async def test_all_languages_are_found(
    client: Client, truto: TrutoEmulator, heygen: HeyGenEmulator, envelope: Any
) -> None:
    truto.switches.keys, truto.switches.envelope = "forgotten", envelope
    ids = await translate(client)
    assert sorted(await translate(client.again())) == sorted(ids)
    other = await translate(client.again(), key="k2")
    assert not set(other) & set(ids)
    assert paid(heygen) == 4


async def test_without_the_look_a_forgotten_key_is_paid_twice(
    client: Client, truto: TrutoEmulator, heygen: HeyGenEmulator
) -> None:
    """What the look is for."""
    truto.switches.keys = "forgotten"
    await translate(client)
    await translate(client)
    assert paid(heygen) == 4


@pytest.mark.parametrize(("keys", "passed"), [("own", False), ("passed", True), ("forgotten", False)])
async def test_our_key_is_sent_and_may_be_lost(
    client: Client, truto: TrutoEmulator, heygen: HeyGenEmulator, keys: Any, passed: bool
) -> None:
    truto.switches.keys = keys
    await translate(client)
    [sent] = truto.journal.select("POST", "/custom/v3/video-translations")
    [came] = heygen.journal.select("POST", "/v3/video-translations")
    assert sent.headers["idempotency-key"] == "k1"
    assert ("idempotency-key" in came.headers) == passed


def test_whatever_begins_work_that_a_list_shows_by_its_title_can_be_looked_for() -> None:
    from heygen.truto.looking import LOOK_UPS

    assert {CREATE_TRANSLATION.vendor, *(one.vendor for one in LISTED)} == set(LOOK_UPS)


# -- Truto's own tools


class Clock:
    def __init__(self) -> None:
        self.now = 5_000.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tools(client: Client, truto: TrutoEmulator, http: httpx2.AsyncClient, clock: Clock) -> TrutoTools:
    return TrutoTools(wire(truto, http, heygens=False), DEFAULT_ACCOUNT, now=lambda: clock.now)


def reads(truto: TrutoEmulator) -> int:
    return len(truto.journal.select("GET", f"/integrated-account/{DEFAULT_ACCOUNT}/tools"))


@pytest.mark.parametrize("per_page", [100, 3])
@pytest.mark.parametrize("key", ["result", "results"])
async def test_tools_are_listed_in_pages_and_kept(
    tools: TrutoTools, truto: TrutoEmulator, clock: Clock, per_page: int, key: Any
) -> None:
    """R2: names, descriptions and schemas come from Truto, whichever key it puts them under."""
    truto.switches.tools_per_page, truto.switches.tools_key = per_page, key
    found = await tools.listed()
    assert set(found.tools) == {one.name for one in truto.tools if one.description}
    pages = reads(truto)
    clock.now += 599
    assert await tools.listed() is found
    assert reads(truto) == pages


async def test_a_tool_that_is_new_appears_by_itself(
    tools: TrutoTools, truto: TrutoEmulator, clock: Clock, heygen: HeyGenEmulator
) -> None:
    """R61: HeyGen grows, our code does not change."""
    await tools.listed()
    truto.tools.append(
        Definition("hey_gen_users_whoami", "users", "whoami", "GET", "/v3/users/me", "Say whose account it is.")
    )
    clock.now += 601
    assert "hey_gen_users_whoami" in (await tools.listed()).tools
    assert (await tools.call("hey_gen_users_whoami", {}))["result"]["data"]["username"]


async def test_old_definitions_are_better_than_none_for_a_day(
    tools: TrutoTools, truto: TrutoEmulator, clock: Clock
) -> None:
    before = await tools.listed()
    truto.fail("before", "/integrated-account/.*", status=500, times=100)
    clock.now += 601
    assert await tools.listed() is before
    asked = reads(truto)
    assert await tools.listed() is before
    assert reads(truto) == asked  # for half a minute nobody asks again
    clock.now += 86_400
    with pytest.raises(TrutoFailed):
        await tools.listed()
    truto.faults.clear()
    assert (await tools.listed()).tools.keys() == before.tools.keys()


async def test_a_definition_that_is_no_use_spoils_no_other(tools: TrutoTools, truto: TrutoEmulator) -> None:
    good = len((await tools.listed()).tools)
    bad = Definition("has space", "videos", "list", "GET", "/v3/videos", "Odd.")
    truto.tools += [bad, truto.tools[0]]
    fresh = TrutoTools(tools._transport, DEFAULT_ACCOUNT)
    found = await fresh.listed()
    assert (len(found.tools), found.dropped) == (good, 2)


async def test_tools_are_called_as_truto_says(tools: TrutoTools, heygen: HeyGenEmulator, truto: TrutoEmulator) -> None:
    """R2: create, get, list, delete, and a method of its own."""
    asked = {"video": {"type": "url", "url": "https://a.example/film.mp4"}, "output_languages": TWO}
    made = await tools.call("create_a_hey_gen_video_translate", asked, idempotency_key="k1")
    [first, _] = made["result"]["data"]["video_translation_ids"]
    seen = await tools.call("get_single_hey_gen_video_translation_by_id", {"id": first})
    assert seen["result"]["data"]["status"] == "pending"
    listed = await tools.call("list_all_hey_gen_videos", {"limit": 2, "title": "nothing"})
    assert listed["result"]["data"] == []
    session = await tools.call("create_a_hey_gen_video_agent", {"prompt": "A film."}, idempotency_key="k2")
    session_id = session["result"]["data"]["session_id"]
    await tools.call("hey_gen_video_agents_stop", {"session_id": session_id}, idempotency_key="k3")
    [stopped] = heygen.journal.select("POST", "/v3/video-agents/.*/stop")
    assert session_id in stopped.path
    assert truto.journal.select("POST", "/proxy/video_agents/stop")[0].headers["idempotency-key"] == "k3"


@pytest.mark.parametrize(
    ("name", "arguments", "problem"),
    [
        ("no_such_tool", {}, ("tool", "there is none of this name")),
        ("get_single_hey_gen_video_by_id", {}, ("id", "missing")),
        ("list_all_hey_gen_videos", {"integrated_account_id": "ia-2"}, ("integrated_account_id", "not known")),
    ],
)
async def test_a_call_that_cannot_work_never_leaves(
    tools: TrutoTools, truto: TrutoEmulator, name: str, arguments: dict[str, Any], problem: tuple[str, str]
) -> None:
    with pytest.raises(InvalidArguments) as caught:
        await tools.call(name, arguments)
    assert problem in caught.value.problems
    assert truto.journal.select(None, "/proxy/.*") == []


async def test_a_call_that_heygen_refuses_is_heygen_s(tools: TrutoTools) -> None:
    with pytest.raises(NotFound):
        await tools.call("get_single_hey_gen_video_by_id", {"id": "nope"})


# -- the stand-in is as strict as the original


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/ping", {"Authorization": "Bearer nope"}, 401),
        ("GET", "/ping", {}, 200),
        ("GET", "/custom/v3/users/me", {}, 400),
        ("GET", "/custom/v3/users/me?integrated_account_id=ia-9", {}, 404),
        ("GET", "/proxy/nothing?integrated_account_id=ia-1", {}, 404),
        ("POST", "/proxy/video_agents/stop?integrated_account_id=ia-1", {}, 404),
        ("POST", "/custom/v3/assets?integrated_account_id=ia-1", {"Content-Type": "multipart/form-data"}, 400),
        ("GET", "/elsewhere", {}, 404),
    ],
)
async def test_the_stand_in_refuses(
    client: Client,
    truto: TrutoEmulator,
    http: httpx2.AsyncClient,
    method: str,
    path: str,
    headers: dict[str, str],
    status: int,
) -> None:
    answer = await http.request(
        method,
        truto.url + path,
        headers={"Authorization": f"Bearer {DEFAULT_TOKEN}"} | headers,
        content=b"{}" if method == "POST" else None,
    )
    assert answer.status_code == status
    if status >= 400:
        assert answer.json().keys() == {"statusCode", "error", "message"}
