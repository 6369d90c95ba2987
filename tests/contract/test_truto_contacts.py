"""The CRM behind the emulated Truto: read in pages, within bounds, and refused in a sentence."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from agent.errors import SourceRefused
from bot.crm import TrutoCrm
from emulators.truto import CRM_ACCOUNT, DEFAULT_TOKEN, TrutoEmulator
from emulators.truto.state import person
from heygen.truto import Pace, TrutoAccess, TrutoWire

# Loopback needs no certificates; loading them would be most of a test's time.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
PATH = "/unified/crm/contacts"


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[TrutoEmulator]:
    emulator = TrutoEmulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
def truto(running: TrutoEmulator) -> TrutoEmulator:
    running.reset()
    return running


def people(count: int) -> list[dict[str, Any]]:
    return [person(at, f"P{at}", "Roe", "Acme", "Even" if at % 2 == 0 else "Odd") for at in range(count)]


@pytest.fixture
async def crm(truto: TrutoEmulator) -> AsyncIterator[TrutoCrm]:
    async with httpx2.AsyncClient(verify=NO_CERTIFICATES) as http:
        access = TrutoAccess(token=DEFAULT_TOKEN, integrated_account_id=CRM_ACCOUNT, base_url=truto.url)
        yield TrutoCrm(TrutoWire(access, http, "greenroom", pace=Pace(), sleep=asyncio.sleep))


@pytest.mark.parametrize(("count", "pages"), [(1, 1), (100, 1), (101, 2), (350, 4)])
async def test_all_contacts_are_read_once(truto: TrutoEmulator, crm: TrutoCrm, count: int, pages: int) -> None:
    """R54: page after page, without what the CRM itself says about them."""
    truto.connect_crm(people(count))
    found = await crm.contacts(tag=None, most=500)
    assert [one.first_name for one in found] == [f"P{at}" for at in range(count)]
    reads = truto.journal.select("GET", PATH)
    assert len(reads) == pages
    assert {read.query["integrated_account_id"] for read in reads} == {CRM_ACCOUNT}
    assert all("remote_data" not in one for one in reads[0].reply["result"])


@pytest.mark.parametrize("tag", ["Even", " even ", "EVEN"])
async def test_a_tag_is_found_in_any_case(truto: TrutoEmulator, crm: TrutoCrm, tag: str) -> None:
    truto.connect_crm(people(300))
    assert len(await crm.contacts(tag=tag, most=500)) == 150


async def test_more_than_may_be_made_is_refused_at_once(truto: TrutoEmulator, crm: TrutoCrm) -> None:
    truto.connect_crm(people(1_500))
    with pytest.raises(SourceRefused) as caught:
        await crm.contacts(tag=None, most=500)
    assert caught.value.code == "too_many_rows"
    assert len(truto.journal.select("GET", PATH)) == 6


async def test_more_than_is_read_is_refused(truto: TrutoEmulator, crm: TrutoCrm) -> None:
    truto.connect_crm(people(2_100))
    with pytest.raises(SourceRefused) as caught:
        await crm.contacts(tag="nobody", most=500)
    assert "more than 2,000 contacts" in caught.value.sentence


async def test_nobody_is_said(truto: TrutoEmulator, crm: TrutoCrm) -> None:
    truto.connect_crm(people(3))
    with pytest.raises(SourceRefused) as caught:
        await crm.contacts(tag="nobody", most=500)
    assert caught.value.code == "no_rows"


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        ("needs_reauth", "has to reconnect the CRM in Truto"),
        ("blocked", "has to check TRUTO_API_KEY"),
        ("not a crm", "has to check TRUTO_API_KEY"),
        ("broken", "could not be read right now"),
        ("odd", "could not be read right now"),
    ],
)
async def test_each_refusal_has_its_sentence(truto: TrutoEmulator, crm: TrutoCrm, trouble: str, sentence: str) -> None:
    account = truto.connect_crm(people(3))
    if trouble == "not a crm":
        account.contacts = None
    elif trouble == "broken":
        truto.fail("before", PATH, status=502)
    elif trouble == "odd":
        truto.fail("before", PATH, status=200, body={"result": "nothing"})
    else:
        account.status = trouble  # type: ignore[assignment]
    with pytest.raises(SourceRefused) as caught:
        await crm.contacts(tag=None, most=500)
    assert sentence in caught.value.sentence
