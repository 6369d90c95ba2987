"""The watch over the wallet: dollars are compared with the ledger, and the operators hear of what is missing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import httpx2
import pytest

from agent.money import MICRO
from agent.ports import Accounts
from agent.records import JobState
from bot.store import Store
from bot.store.wallet import LastLook
from bot.wallet import ALERT_AT, WalletWatch
from emulators.heygen import DEFAULT_KEY, HeyGenEmulator, Subscription
from emulators.truto import TrutoEmulator
from heygen import Client, HttpTransport
from heygen.truto import TrutoTransport
from tests.support.clock import ManualClock
from tests.support.store_steps import (
    ACCOUNT,
    end_jobs,
    intend,
    new_store,
    run_jobs,
    running,
    sqlite_url,
)
from tests.support.truto import wire


class OneAccount:
    """Every account is the emulator's own."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def client(self, account_id: str) -> Client:
        assert account_id == ACCOUNT
        return self._client


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[HeyGenEmulator]:
    emulator = HeyGenEmulator(speed="step")
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
def heygen(server: HeyGenEmulator) -> HeyGenEmulator:
    server.reset()
    return server


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with running(new_store(sqlite_url(tmp_path), ManualClock())) as started:
        yield started


class Office:
    """Where alerts arrive."""

    def __init__(self) -> None:
        self.alerts: dict[str, str] = {}

    async def hear(self, key: str, text: str) -> None:
        assert key not in self.alerts
        self.alerts[key] = text


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
async def watch(heygen: HeyGenEmulator, store: Store, office: Office) -> AsyncIterator[WalletWatch]:
    async with httpx2.AsyncClient() as http:
        client = Client(HttpTransport(heygen.url, DEFAULT_KEY, http, "greenroom-tests"))
        accounts = cast("Accounts", OneAccount(client))
        yield WalletWatch(wallet=store.wallet, accounts=accounts, account_id=ACCOUNT, alert=office.hear)


async def last(store: Store) -> LastLook:
    look = await store.wallet.last(ACCOUNT)
    assert look is not None
    return look


async def test_a_look_keeps_what_is_left_to_the_last_digit(
    heygen: HeyGenEmulator, store: Store, watch: WalletWatch, office: Office
) -> None:
    heygen.spend_elsewhere(0.0001)
    assert await watch.look() == 0
    assert await last(store) == LastLook(store.clock.now(), round(99.9999 * MICRO))
    assert office.alerts == {}


async def test_the_operators_hear_of_money_that_nobody_can_explain(
    heygen: HeyGenEmulator, store: Store, watch: WalletWatch, office: Office
) -> None:
    await watch.look()
    heygen.spend_elsewhere(ALERT_AT / MICRO)
    await watch.look()
    await watch.look()
    (text,) = office.alerts.values()
    assert "$1.00" in text
    assert (await last(store)).drift == ALERT_AT


async def test_they_hear_of_it_again_when_it_happens_again(
    heygen: HeyGenEmulator, watch: WalletWatch, office: Office
) -> None:
    await watch.look()
    for _ in range(2):
        heygen.spend_elsewhere(5)
        await watch.look()
        heygen.top_up(5)
        await watch.look()
    assert len(office.alerts) == 2


@pytest.mark.parametrize("change", [0.9999, -50.0])
async def test_little_and_more_than_expected_is_booked_without_a_word(
    heygen: HeyGenEmulator, store: Store, watch: WalletWatch, office: Office, change: float
) -> None:
    await watch.look()
    heygen.spend_elsewhere(change) if change > 0 else heygen.top_up(-change)
    await watch.look()
    assert (await last(store)).drift == round(change * MICRO)
    assert office.alerts == {}


async def test_what_is_set_aside_may_be_gone_already(
    heygen: HeyGenEmulator, store: Store, watch: WalletWatch, office: Office
) -> None:
    await watch.look()
    await run_jobs(store, "German", "French")
    heygen.spend_elsewhere(2)
    await watch.look()
    await end_jobs(store, [JobState.SUCCEEDED] * 2, duration=20.0)
    await watch.look()
    assert (await last(store)).drift == 0
    assert office.alerts == {}


async def test_a_subscription_is_left_alone(heygen: HeyGenEmulator, store: Store, watch: WalletWatch) -> None:
    heygen.bill_by(Subscription(100))
    assert await watch.look() == 0
    assert await store.wallet.last(ACCOUNT) is None


async def test_a_wallet_that_cannot_be_read_is_read_later(
    heygen: HeyGenEmulator, store: Store, watch: WalletWatch, office: Office
) -> None:
    heygen.fail("before", "/v3/users/me", status=503)
    assert await watch.look() == 0
    assert await store.wallet.last(ACCOUNT) is None
    await watch.look()
    assert (await last(store)).balance == 100 * MICRO


async def test_an_ended_connection_is_told_once_each_time(heygen: HeyGenEmulator, store: Store, office: Office) -> None:
    """R73: the operators hear of it although nobody has asked for anything."""
    truto = TrutoEmulator()
    await truto.start()
    truto.connect(heygen.url, DEFAULT_KEY)
    async with httpx2.AsyncClient() as http:
        accounts = cast("Accounts", OneAccount(Client(TrutoTransport(wire(truto, http)))))
        watch = WalletWatch(wallet=store.wallet, accounts=accounts, account_id=ACCOUNT, alert=office.hear)
        for times in (1, 2):
            truto.account.status = "needs_reauth"
            await watch.look()
            await watch.look()
            assert len(office.alerts) == times
            assert "reconnects HeyGen in Truto" in [*office.alerts.values()][-1]
            truto.connect(heygen.url, DEFAULT_KEY)
            cast("ManualClock", store.clock).advance(300)
            await watch.look()
    await truto.stop()


async def test_money_that_moves_during_the_look_makes_it_void(
    heygen: HeyGenEmulator, store: Store, watch: WalletWatch
) -> None:
    mark = store.wallet.mark

    async def marked(account_id: str) -> int:
        found = await mark(account_id)
        await intend(store)
        return found

    store.wallet.mark = marked  # type: ignore[method-assign]
    await watch.look()
    assert await store.wallet.last(ACCOUNT) is None
