"""Installations: sealed, found by team or organisation, refreshed by one, over only when that has been looked at."""

from __future__ import annotations

import asyncio
import dataclasses

import sqlalchemy as sa

from agent.records import DeliveryKind, DeliveryState
from bot.sealing import Sealer
from bot.store import Store
from bot.store.installations import Installations, Installed
from bot.store.oauth_states import SECONDS, OAuthStates
from bot.store.outbox import NewDelivery
from bot.store.schema import installation, oauth_state
from tests.support.clock import ManualClock
from tests.support.store_steps import WORKSPACE, accept

TEAM = Installed(
    id=WORKSPACE,
    enterprise_id=None,
    team_id=WORKSPACE,
    name="Acme",
    app_id="A1",
    bot_user_id="UBOT",
    bot_id="B1",
    scopes="chat:write",
    token="xoxe.xoxb-first",
    refresh_token="xoxe-1-first",
    expires_at=50_000.0,
)
WHOLE = dataclasses.replace(TEAM, id="E1", enterprise_id="E1", team_id=None, token="xoxb-whole", expires_at=None)


def rows(store: Store) -> Installations:
    return Installations(store.database, Sealer("k" * 40, "slack tokens"))


async def test_tokens_are_sealed_in_the_database_and_clear_outside(store: Store) -> None:
    kept = rows(store)
    await kept.put(TEAM)
    assert await kept.find(WORKSPACE) == TEAM
    async with store.database.reading() as connection:
        stored = str((await connection.execute(sa.select(installation))).all())
    assert "first" not in stored
    assert "first" not in repr(TEAM)


async def test_a_workspace_is_served_by_its_own_installation_before_its_organisations(store: Store) -> None:
    kept = rows(store)
    await kept.put(WHOLE)
    assert await kept.find("T2") is None
    assert await kept.find("T2", "E1") == WHOLE
    await kept.know("T2", "E1")
    assert await kept.find("T2") == WHOLE
    await kept.put(TEAM)
    assert await kept.find(WORKSPACE, "E1") == TEAM


async def test_two_processes_refresh_a_token_once(store: Store, second: Store, clock: ManualClock) -> None:
    kept, other = rows(store), rows(second)
    await kept.put(dataclasses.replace(TEAM, expires_at=clock.now() + 100))
    found = await asyncio.gather(*(one.claim_expiring(7_200) for one in (kept, other, kept, other)))
    [claim] = [claim for claims in found for claim in claims]
    assert (await other.find(WORKSPACE) or TEAM).token == TEAM.token  # which is good until it expires
    assert await kept.refreshed(claim, "xoxe.xoxb-next", "xoxe-1-next", clock.now() + 43_200)
    after = await other.find(WORKSPACE)
    assert after is not None
    assert (after.token, after.refresh_token) == ("xoxe.xoxb-next", "xoxe-1-next")
    assert await other.claim_expiring(7_200) == []


async def test_whoever_was_too_slow_does_not_overwrite_a_newer_token(store: Store, clock: ManualClock) -> None:
    kept = rows(store)
    await kept.put(dataclasses.replace(TEAM, expires_at=clock.now() + 100))
    [slow] = await kept.claim_expiring(7_200)
    clock.advance(61)
    [quick] = await kept.claim_expiring(7_200)
    assert await kept.refreshed(quick, "xoxb-quick", None, clock.now() + 43_200)
    assert not await kept.refreshed(slow, "xoxb-slow", None, clock.now() + 43_200)
    await kept.put(TEAM)  # installed once more meanwhile
    assert await kept.gone(slow) is None
    assert await kept.find(WORKSPACE) == TEAM


async def test_what_is_gone_posts_nothing_more_and_comes_back(store: Store) -> None:
    kept = rows(store)
    await kept.put(TEAM)
    conversation = await accept(store, "Ev1")
    await store.deliveries.enqueue(NewDelivery(conversation, DeliveryKind.REPLY, "r1", body={"text": "x"}))
    assert await kept.doubt(WORKSPACE)
    [claim] = await kept.claim_doubted()
    assert await kept.claim_doubted() == []  # somebody looks already
    assert await kept.gone(claim) == [WORKSPACE]
    found = await kept.find(WORKSPACE)
    assert found is not None
    assert (found.gone_at is not None, found.token, found.refresh_token) == (True, "", None)
    delivery = await store.deliveries.find("r1")
    assert delivery is not None
    assert delivery.state is DeliveryState.DEAD
    [lane] = await store.lanes.claim(5)
    assert await store.lanes.next_row(lane) is None
    assert not await kept.doubt(WORKSPACE)
    await kept.put(TEAM)
    assert await kept.find(WORKSPACE) == TEAM


async def test_an_organisations_end_leaves_those_that_have_their_own(store: Store) -> None:
    kept = rows(store)
    await kept.put(WHOLE)
    await kept.know("T2", "E1")
    await kept.know(WORKSPACE, "E1")
    await kept.put(TEAM)
    await kept.know(WORKSPACE, "E1")
    await kept.doubt("E1")
    [claim] = await kept.claim_doubted()
    assert await kept.gone(claim) == ["T2"]
    assert await kept.find(WORKSPACE) == TEAM


async def test_a_state_is_good_once_and_for_a_while(store: Store, clock: ManualClock) -> None:
    states = OAuthStates(store.database)
    state = await states.async_issue()
    assert not await states.async_consume("another")
    assert await states.async_consume(state)
    assert not await states.async_consume(state)
    late = await states.async_issue()
    async with store.database.reading() as connection:
        assert late not in str((await connection.execute(sa.select(oauth_state))).all())
    clock.advance(SECONDS + 1)
    assert not await states.async_consume(late)
