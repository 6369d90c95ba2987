"""What workspaces have connected: sealed, one at a time, nobody else's, kept for what needs it."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa

from bot.sealing import Sealer
from bot.store import Store
from bot.store.audit import Deed
from bot.store.credentials import Credentials, Kind
from bot.store.directory import Workspace
from bot.store.schema import credential
from bot.store.schema import job as jobs
from bot.store.schema import submission as submissions
from tests.support.ids import NamedIds
from tests.support.store_steps import WORKSPACE, intend

KEY = "hg-key-of-somebody"
SECRET = "s" * 40


def rows(store: Store) -> Credentials:
    return Credentials(store.database, NamedIds("acc"), store.audit, Sealer(SECRET, "heygen accounts"), SECRET)


async def test_a_key_is_sealed_and_one_account_is_current(store: Store) -> None:
    kept = rows(store)
    await store.directory.put_workspace(Workspace(WORKSPACE, ""))
    first = await kept.connect(WORKSPACE, Kind.KEY, KEY, actor="U1")
    assert first is not None
    assert await kept.find(first.account_id) == first
    async with store.database.reading() as connection:
        assert KEY not in str((await connection.execute(sa.select(credential))).all())
    assert KEY not in repr(first)
    second = await kept.connect(WORKSPACE, Kind.TRUTO, "ia-1", actor="U1")
    assert second is not None
    assert await kept.current(WORKSPACE) == second.account_id
    assert [line.deed for line in await store.audit.recent(WORKSPACE)] == [Deed.ACCOUNT_CONNECTED] * 2


async def test_two_workspaces_cannot_connect_the_same(store: Store) -> None:
    kept = rows(store)
    for place in (WORKSPACE, "T2"):
        await store.directory.put_workspace(Workspace(place, ""))
    tries = [kept.connect(place, Kind.KEY, KEY, actor="U1") for place in (WORKSPACE, "T2")]
    made = [one for one in await asyncio.gather(*tries) if one is not None]
    assert len(made) == 1
    assert await kept.connect(made[0].workspace_id, Kind.KEY, KEY, actor="U1") is not None  # one's own, again


async def test_what_was_replaced_stays_for_its_jobs_and_what_was_removed_until_they_are_done(store: Store) -> None:
    kept = rows(store)
    asked = await intend(store, "French")
    await store.directory.put_workspace(Workspace(WORKSPACE, ""))
    old = await kept.connect(WORKSPACE, Kind.KEY, KEY, actor="U1")
    assert old is not None
    async with store.database.transaction("test.account") as connection:
        mine = {"account_id": old.account_id}
        await connection.execute(sa.update(submissions).values(**mine))
        await connection.execute(sa.update(jobs).values(**mine))
    assert await kept.connect(WORKSPACE, Kind.KEY, "hg-key-newer", actor="U1") is not None
    assert await kept.remove(WORKSPACE, actor="U1")
    newest, *_ = await store.audit.recent(WORKSPACE)
    assert (newest.deed, newest.actor) == (Deed.ACCOUNT_REMOVED, "U1")
    assert await kept.forget_ended() == 1  # the newer one, which nothing was asked for with
    await store.cancellations.cancel(asked.id, actor="U1")
    assert await kept.forget_ended() == 0  # links to what was made have to work
    assert await kept.find(old.account_id) == old
    async with store.database.transaction("test.removed") as connection:
        await connection.execute(sa.update(credential).values(removed=True))
    assert await kept.forget_ended() == 1
    assert not await kept.remove(WORKSPACE, actor="U1")
