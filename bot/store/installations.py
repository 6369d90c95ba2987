"""Where the app is installed: a workspace or a whole organisation each, with its tokens sealed.

A token that is about to expire is refreshed by whoever claims its row: one process asks Slack, the others go on with
the token that they have, which Slack takes until it expires. That we were taken out is Slack's word, which is checked
before it is acted on: an old event that comes again must not undo a new installation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agent.records import DeliveryState, TurnState
from bot.sealing import Sealer
from bot.store import connected
from bot.store.bulk import UNSENT
from bot.store.database import Database
from bot.store.outbox import UNFINISHED
from bot.store.rows import first, record
from bot.store.schema import delivery, inbox, installation, lane, live_account, submission, turn, workspace

CLAIM_SECONDS = 60.0  # for one refresh or one look; another may try after that
BATCH = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """One installation. `id` is the organisation's id or the team's; `expires_at` in unix seconds, None: never.

    `token` and `refresh_token` are in the clear here and nowhere in the database. `gone_at`: Slack has taken us out.
    """

    id: str
    enterprise_id: str | None
    team_id: str | None
    name: str
    app_id: str
    bot_user_id: str
    bot_id: str
    scopes: str
    token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: float | None = None
    gone_at: float | None = None

    @property
    def is_enterprise(self) -> bool:
        """Whether a whole organisation installed us."""
        return self.enterprise_id == self.id


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to ask Slack about one installation, until somebody else may."""

    installed: Installed
    epoch: int


class Installations:
    """The rows. `SealBroken` passes through where `SECRET_KEY` is another one than they were sealed with."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def put(self, new: Installed) -> None:
        """Keep an installation in the place of what there was; one that was gone is there again."""
        values = {**self._sealed(new.token, new.refresh_token, new.expires_at), **_plain(new)}
        fresh = {"gone_at": None, "doubted_at": None, "busy_until": 0.0}
        async with self._database.transaction("installation.put") as connection:
            now = await self._database.now(connection)
            insert = self._database.insert(installation).values(
                id=new.id, workspace_id=new.id, installed_at=now, epoch=0, **values, **fresh
            )
            again = {**values, **fresh, "installed_at": now, "epoch": installation.c.epoch + 1}
            await connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=again))
            if new.team_id is not None:
                await self._know(connection, new.team_id, new.name, new.enterprise_id)

    async def know(self, team_id: str, enterprise_id: str) -> None:
        """A workspace in which an organisation's installation is used: what we post there goes with its token."""
        async with self._database.transaction("installation.know", urgent=True) as connection:
            await self._know(connection, team_id, "", enterprise_id)

    async def _know(self, connection: AsyncConnection, team_id: str, name: str, enterprise_id: str | None) -> None:
        now = await self._database.now(connection)
        insert = self._database.insert(workspace).values(
            workspace_id=team_id, name=name, enterprise_id=enterprise_id, created_at=now
        )
        changed: dict[str, Any] = {"enterprise_id": enterprise_id, **({"name": name} if name else {})}
        await connection.execute(insert.on_conflict_do_update(index_elements=["workspace_id"], set_=changed))

    async def find(self, team_id: str | None, enterprise_id: str | None = None) -> Installed | None:
        """The installation that serves a workspace, its own before its organisation's; None where there is none.

        One that is gone is found as well, since it says so.
        """
        async with self._database.reading() as connection:
            known = sa.select(workspace.c.enterprise_id).where(workspace.c.workspace_id == team_id)
            organisation = enterprise_id or await connection.scalar(known)
            rows = [
                await first(connection, sa.select(installation).where(installation.c.id == one))
                for one in (team_id, organisation)
                if one
            ]
        found = [row for row in rows if row is not None]
        row = next((one for one in found if one["gone_at"] is None), found[0] if found else None)
        return None if row is None else self._record(row)

    # -- asking Slack about them ---------------------------------------------------------------------------------

    async def claim_expiring(self, margin: float) -> list[Claim]:
        """Claim those whose token expires within `margin` seconds and that nobody refreshes now."""

        def due(now: float) -> sa.ColumnElement[bool]:
            return sa.and_(installation.c.expires_at.is_not(None), installation.c.expires_at <= now + margin)

        return await self._claim(due)

    async def claim_doubted(self) -> list[Claim]:
        """Claim those of which Slack has said that they are over."""
        return await self._claim(lambda now: installation.c.doubted_at <= now)

    async def _claim(self, due: Any) -> list[Claim]:
        async with self._database.transaction("installation.claim") as connection:
            now = await self._database.now(connection)
            free = sa.and_(installation.c.gone_at.is_(None), installation.c.busy_until <= now)
            select = sa.select(installation).where(due(now), free).order_by(installation.c.id).limit(BATCH)
            rows = (await connection.execute(self._database.claimable(select))).mappings().all()
            for row in rows:
                claimed = {"busy_until": now + CLAIM_SECONDS, "epoch": row["epoch"] + 1}
                await connection.execute(sa.update(installation).where(_same(row["id"])).values(**claimed))
        return [Claim(self._record(row), row["epoch"] + 1) for row in rows]

    async def refreshed(self, claim: Claim, token: str, refresh_token: str | None, expires_at: float | None) -> bool:
        """Slack has given a new token; False where somebody else had taken over, whose token then stands."""
        return await self._settle(claim, self._sealed(token, refresh_token, expires_at))

    async def believed(self, claim: Claim) -> bool:
        """The token works: there is nothing to doubt."""
        return await self._settle(claim, {"doubted_at": None})

    async def _settle(self, claim: Claim, values: Mapping[str, Any]) -> bool:
        ours = sa.and_(_same(claim.installed.id), installation.c.epoch == claim.epoch)
        async with self._database.transaction("installation.settle") as connection:
            update = sa.update(installation).where(ours).values(**values, busy_until=0.0)
            return (await connection.execute(update)).rowcount > 0

    async def doubt(self, installation_id: str) -> bool:
        """Slack says that it is over: to be looked at. Returns whether there is such an installation."""
        async with self._database.transaction("installation.doubt", urgent=True) as connection:
            now = await self._database.now(connection)
            there = sa.and_(_same(installation_id), installation.c.gone_at.is_(None))
            update = sa.update(installation).where(there).values(doubted_at=now)
            return (await connection.execute(update)).rowcount > 0

    async def gone(self, claim: Claim) -> list[str] | None:
        """It is over: its tokens go, nothing more is posted and nothing new begun where it was the only one.

        Returns the workspaces; None where somebody else had taken over. What was written stays as long as anything.
        """
        ours = sa.and_(_same(claim.installed.id), installation.c.epoch == claim.epoch)
        async with self._database.transaction("installation.gone") as connection:
            now = await self._database.now(connection)
            over = {"gone_at": now, "doubted_at": None, "busy_until": 0.0, **self._sealed("", None, None)}
            if (await connection.execute(sa.update(installation).where(ours).values(**over))).rowcount == 0:
                return None
            served = await self._served(connection, claim.installed)
            await _silence(connection, served, now)
            await connected.end(connection, live_account, served, now)
            return served

    async def _served(self, connection: AsyncConnection, gone: Installed) -> list[str]:
        """The workspaces that no other installation serves."""
        if not gone.is_enterprise:
            return [gone.id]
        alive = sa.select(installation.c.id).where(installation.c.gone_at.is_(None))
        others = sa.and_(workspace.c.enterprise_id == gone.id, workspace.c.workspace_id.not_in(alive))
        return list(await connection.scalars(sa.select(workspace.c.workspace_id).where(others)))

    async def unsent(self, workspaces: list[str]) -> list[str]:
        """Requests of these workspaces that have not left yet."""
        waiting = sa.and_(submission.c.workspace_id.in_(workspaces), submission.c.state.in_(UNSENT))
        async with self._database.reading() as connection:
            return list(await connection.scalars(sa.select(submission.c.id).where(waiting)))

    def _sealed(self, token: str, refresh_token: str | None, expires_at: float | None) -> dict[str, Any]:
        refresh = None if refresh_token is None else self._sealer.seal(refresh_token)
        return {
            "sealed_token": self._sealer.seal(token) if token else "",
            "sealed_refresh": refresh,
            "expires_at": expires_at,
        }

    def _record(self, row: sa.RowMapping) -> Installed:
        token = self._sealer.unseal(row["sealed_token"]) if row["sealed_token"] else ""
        refresh = None if row["sealed_refresh"] is None else self._sealer.unseal(row["sealed_refresh"])
        return record(Installed, row, token=token, refresh_token=refresh)


def _plain(new: Installed) -> dict[str, Any]:
    names = ("enterprise_id", "team_id", "name", "app_id", "bot_user_id", "bot_id", "scopes")
    return {name: getattr(new, name) for name in names}


def _same(installation_id: str) -> sa.ColumnElement[bool]:
    return installation.c.id == installation_id


async def _silence(connection: AsyncConnection, workspaces: list[str], now: float) -> None:
    """Posts that nobody can see are given up at once, and what people still waited for is not begun."""
    theirs = delivery.c.workspace_id.in_(workspaces)
    waiting = sa.update(delivery).where(theirs, delivery.c.state.in_(UNFINISHED))
    dead = {"state": DeliveryState.DEAD, "error": "app_uninstalled"}
    free = {"owner": None, "lease_until": 0.0, "epoch": delivery.c.epoch + 1}
    await connection.execute(waiting.values(**dead, **free))
    events = sa.update(inbox).where(inbox.c.workspace_id.in_(workspaces), inbox.c.done_at.is_(None))
    idle = sa.select(lane.c.id).where(lane.c.workspace_id.in_(workspaces), lane.c.owner.is_(None))
    await connection.execute(events.where(inbox.c.conversation_id.in_(idle)).values(done_at=now))
    begun = sa.and_(turn.c.conversation_id.in_(idle), turn.c.state.in_((TurnState.QUEUED, TurnState.RUNNING)))
    await connection.execute(sa.update(turn).where(begun).values(state=TurnState.CANCELLED, finished_at=now))
