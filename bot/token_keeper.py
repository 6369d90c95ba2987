"""Keeps installations' tokens fresh, and finds out whether those that Slack has ended are over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from agent.ports import Clock
from bot.slack.outcomes import SLACK_ERRORS, judge
from bot.store.installations import Claim

log = structlog.get_logger(__name__)

MARGIN_SECONDS = 7_200.0  # before a token expires; Slack's live twelve hours
OVER = frozenset(
    {
        *("account_inactive", "invalid_auth", "token_revoked", "token_expired"),
        *("not_authed", "team_access_not_granted", "org_login_required"),
    }
)
SPENT = frozenset({"invalid_refresh_token", "token_revoked", "account_inactive", "bad_refresh_token"})


class Rows(Protocol):
    """The part of the installations that this needs (`bot.store.installations.Installations`)."""

    async def claim_expiring(self, margin: float) -> list[Claim]:
        """Claim those whose token expires soon."""
        ...

    async def claim_doubted(self) -> list[Claim]:
        """Claim those that Slack says are over."""
        ...

    async def refreshed(self, claim: Claim, token: str, refresh_token: str | None, expires_at: float | None) -> bool:
        """Keep a new token."""
        ...

    async def believed(self, claim: Claim) -> bool:
        """The token works."""
        ...

    async def doubt(self, installation_id: str) -> bool:
        """It may be over."""
        ...

    async def gone(self, claim: Claim) -> list[str] | None:
        """It is over; the workspaces that nobody serves any more."""
        ...


class TokenKeeper:
    """One round at a time. `client` has no token of its own; `left` is told which workspaces are left."""

    def __init__(
        self,
        rows: Rows,
        *,
        client: AsyncWebClient,
        client_id: str,
        client_secret: str,
        clock: Clock,
        changed: Callable[[], None],
        left: Callable[[Sequence[str]], Awaitable[None]],
    ) -> None:
        self._rows = rows
        self._client = client
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._changed = changed
        self._left = left

    async def run_due(self) -> int:
        """Refresh what expires and look at what is doubted; returns how many changed."""
        refreshed = [await self._refresh(claim) for claim in await self._rows.claim_expiring(MARGIN_SECONDS)]
        looked = [await self._look(claim) for claim in await self._rows.claim_doubted()]
        return sum(refreshed) + sum(looked)

    async def _refresh(self, claim: Claim) -> bool:
        """Exchange the refresh token. Where that fails the present token is used on, until it expires."""
        installed = claim.installed
        if installed.refresh_token is None:
            return await self._rows.doubt(installed.id)
        try:
            answer = await self._client.oauth_v2_access(
                client_id=self._client_id,
                client_secret=self._client_secret,
                grant_type="refresh_token",
                refresh_token=installed.refresh_token,
            )
        except SLACK_ERRORS as error:
            code = judge(error).code
            log.warning("token_not_refreshed", installation=installed.id, code=code)
            return code in SPENT and await self._rows.doubt(installed.id)
        seconds = answer.get("expires_in")
        expires_at = self._clock.now() + float(seconds) if seconds else None
        kept = await self._rows.refreshed(claim, answer["access_token"], answer.get("refresh_token"), expires_at)
        self._changed()
        log.info("token_refreshed", installation=installed.id, kept=kept)
        return kept

    async def _look(self, claim: Claim) -> bool:
        """Ask Slack whether the token still works; without an answer it is asked again later."""
        try:
            await self._client.auth_test(token=claim.installed.token)
        except SlackApiError as error:
            if (code := judge(error).code) not in OVER:
                log.warning("installation_not_looked_at", installation=claim.installed.id, code=code)
                return False
            return await self._gone(claim, code)
        except SLACK_ERRORS as error:
            log.warning("installation_not_looked_at", installation=claim.installed.id, code=judge(error).code)
            return False
        return await self._rows.believed(claim)

    async def _gone(self, claim: Claim, code: str) -> bool:
        workspaces = await self._rows.gone(claim)
        if workspaces is None:
            return False
        self._changed()
        log.warning("installation_gone", installation=claim.installed.id, code=code)
        await self._left(workspaces)
        return True
