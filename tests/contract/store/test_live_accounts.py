"""LiveAvatar accounts of workspaces: sealed, one at a time, nobody else's, kept for sessions that have not ended."""

from __future__ import annotations

import asyncio
import dataclasses

import sqlalchemy as sa

from bot.sealing import Sealer
from bot.store import Store
from bot.store.audit import Deed
from bot.store.directory import Workspace
from bot.store.installations import Installations
from bot.store.live_accounts import LiveAccountRows
from bot.store.schema import live_account
from tests.contract.store.test_installations import TEAM
from tests.support.ids import NamedIds
from tests.support.live_rows import offer
from tests.support.store_steps import WORKSPACE

KEY = "la-key-of-somebody"
SECRET = "s" * 40


def rows(store: Store) -> LiveAccountRows:
    return LiveAccountRows(store.database, NamedIds("acc"), store.audit, Sealer(SECRET, "live"), SECRET)


async def test_a_key_is_sealed_and_one_account_is_current(store: Store) -> None:
    kept = rows(store)
    await store.directory.put_workspace(Workspace(WORKSPACE, ""))
    first = await kept.connect(WORKSPACE, KEY, "face-1", actor="U1")
    assert first is not None
    assert await kept.find(first.account_id) == first
    async with store.database.reading() as connection:
        assert KEY not in str((await connection.execute(sa.select(live_account))).all())
    assert KEY not in repr(first)
    second = await kept.connect(WORKSPACE, KEY, "face-2", actor="U1")
    assert second is not None
    assert await kept.current(WORKSPACE) == second.account_id
    assert await kept.forget_ended() == 1
    assert await kept.remove(WORKSPACE, actor="U1")
    assert not await kept.remove(WORKSPACE, actor="U1")
    assert await kept.current(WORKSPACE) is None
    told = [line.deed for line in await store.audit.recent(WORKSPACE)]
    assert sorted(told) == [Deed.ACCOUNT_CONNECTED, Deed.ACCOUNT_CONNECTED, Deed.ACCOUNT_REMOVED]


async def test_two_workspaces_cannot_connect_the_same(store: Store) -> None:
    kept = rows(store)
    for place in (WORKSPACE, "T2"):
        await store.directory.put_workspace(Workspace(place, ""))
    made = await asyncio.gather(*(kept.connect(place, KEY, "face", actor="U1") for place in (WORKSPACE, "T2")))
    assert len([one for one in made if one is not None]) == 1


async def test_a_session_that_has_not_ended_keeps_its_account(store: Store) -> None:
    kept = rows(store)
    await store.directory.put_workspace(Workspace(WORKSPACE, ""))
    mine = await kept.connect(WORKSPACE, KEY, "face", actor="U1")
    assert mine is not None
    session = await offer(store, account_id=mine.account_id)
    await kept.remove(WORKSPACE, actor="U1")
    assert await kept.forget_ended() == 0
    await store.live.decline(session.id, "U1")
    assert await kept.forget_ended() == 1
    assert await kept.find(mine.account_id) is None


async def test_with_the_installation_the_account_goes(store: Store) -> None:
    kept, installed = rows(store), Installations(store.database, Sealer(SECRET, "slack tokens"))
    await installed.put(dataclasses.replace(TEAM, expires_at=None))
    await kept.connect(WORKSPACE, KEY, "face", actor="U1")
    await installed.doubt(WORKSPACE)
    [claim] = await installed.claim_doubted()
    await installed.gone(claim)
    assert await kept.current(WORKSPACE) is None
    assert await kept.forget_ended() == 1
