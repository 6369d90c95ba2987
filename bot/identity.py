"""Who the bot is in its workspace: asked once at start, remembered, and never asked for before an ack."""

from __future__ import annotations

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from agent.ports import Clock
from bot.settings import SettingsError
from bot.slack.ports import BotIdentity

log = structlog.get_logger(__name__)

TRIES = 8
FATAL = frozenset({"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "no_permission"})


class IdentityHolder:
    """Holds the identity of the one workspace; call it to get it."""

    def __init__(self) -> None:
        self._identity: BotIdentity | None = None

    def __call__(self) -> BotIdentity:
        """The identity; `LookupError` before it is known, which answers Slack 500 so that it delivers again."""
        if self._identity is None:
            raise LookupError("auth.test has not been answered yet")
        return self._identity

    @property
    def known(self) -> bool:
        """Whether Slack has told us who we are."""
        return self._identity is not None

    async def learn(self, client: AsyncWebClient, clock: Clock) -> BotIdentity:
        """Ask Slack, waiting out outages for about two minutes; `SettingsError` for a token that cannot work."""
        for attempt in range(TRIES):
            try:
                self._identity = await _ask(client)
            except SlackApiError as error:
                code = str(error.response.get("error"))
                if code in FATAL:
                    raise SettingsError(f"SLACK_BOT_TOKEN was refused by Slack: {code}.") from error
                log.warning("slack_not_ready", error=code, attempt=attempt)
            except (OSError, TimeoutError) as error:
                log.warning("slack_not_reachable", error=type(error).__name__, attempt=attempt)
            else:
                return self._identity
            await clock.sleep(min(30.0, 0.5 * 2.0**attempt))
        raise SettingsError("Slack could not be reached at SLACK_API_URL.")


async def _ask(client: AsyncWebClient) -> BotIdentity:
    answer = await client.auth_test()
    if answer.get("is_enterprise_install"):
        raise SettingsError(
            "SLACK_BOT_TOKEN is of a whole organisation, but it has to be of one workspace. Let the organisation "
            "install the app by its page instead: see docs/install.md."
        )
    return BotIdentity(
        bot_user_id=str(answer["user_id"]),
        bot_id=str(answer.get("bot_id") or ""),
        app_id=str(answer.get("app_id") or ""),
        team_id=str(answer["team_id"]),
    )
