"""The states of installations that have been begun: each is good once, for a few minutes."""

from __future__ import annotations

import hashlib
import secrets

import sqlalchemy as sa

from bot.store.database import Database
from bot.store.schema import oauth_state

SECONDS = 600.0


class OAuthStates:
    """`slack_sdk.oauth.state_store.AsyncOAuthStateStore`. Only hashes are kept; the browser has the state itself."""

    def __init__(self, database: Database, seconds: float = SECONDS) -> None:
        self._database = database
        self._seconds = seconds

    async def async_issue(self, *args: object, **options: object) -> str:
        """A new state. What has expired goes by the way."""
        state = secrets.token_urlsafe(32)
        async with self._database.transaction("oauth_state.issue", urgent=True) as connection:
            now = await self._database.now(connection)
            await connection.execute(sa.delete(oauth_state).where(oauth_state.c.expires_at <= now))
            new = {"hash": _hash(state), "expires_at": now + self._seconds}
            await connection.execute(sa.insert(oauth_state).values(**new))
        return state

    async def async_consume(self, state: str) -> bool:
        """Whether this state was given out, has not expired and has not been used; it is used now."""
        async with self._database.transaction("oauth_state.consume", urgent=True) as connection:
            now = await self._database.now(connection)
            delete = (
                sa.delete(oauth_state).where(oauth_state.c.hash == _hash(state)).returning(oauth_state.c.expires_at)
            )
            expires_at = await connection.scalar(delete)
        return expires_at is not None and expires_at > now


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
