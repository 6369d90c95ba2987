"""The pages by which others install the app: Bolt's OAuth flow behind two routes of ours.

The state is good once, for ten minutes, and only in the browser that began: its cookie has to bring it back.
"""

from __future__ import annotations

import html
import logging
from typing import Any
from urllib.parse import urlsplit

import structlog
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.slack.manifest import INSTALL_PATH, REDIRECT_PATH, scopes
from bot.slack.outcomes import SLACK_ERRORS, judge
from bot.store.oauth_states import SECONDS, OAuthStates

log = structlog.get_logger(__name__)

SLACK_API = "https://slack.com/api/"
AUTHORIZE = "/oauth/v2/authorize"
PAGE = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>Greenroom</title>"
    "<body style='font-family:system-ui;max-width:34rem;margin:4rem auto;padding:0 1rem'><h1>{}</h1><p>{}</p>"
)
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
AGAIN = "Please begin again where you found the link to install Greenroom."


class Installing:
    """`/slack/install` and `/slack/oauth_redirect`."""

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        public_url: str,
        client: AsyncWebClient,
        store: AsyncInstallationStore,
        states: OAuthStates,
    ) -> None:
        # Bolt logs the code that was exchanged; we log ourselves, without it.
        silent = logging.getLogger("greenroom.oauth")
        silent.disabled = True
        self._flow = AsyncOAuthFlow(
            client=client,
            logger=silent,
            settings=AsyncOAuthSettings(
                client_id=client_id,
                client_secret=client_secret,
                scopes=list(scopes()),
                redirect_uri=public_url + REDIRECT_PATH,
                install_path=INSTALL_PATH,
                redirect_uri_path=REDIRECT_PATH,
                install_page_rendering_enabled=False,
                authorization_url=authorize_url(client.base_url),
                installation_store=store,
                installation_store_bot_only=True,
                state_store=states,  # type: ignore[arg-type]
                state_expiration_seconds=int(SECONDS),
                callback_options=AsyncCallbackOptions(success=_welcome, failure=_refused),
                logger=silent,
            ),
        )

    def routes(self) -> list[Route]:
        """Where browsers come."""
        return [
            Route(INSTALL_PATH, self.begin, methods=["GET"]),
            Route(REDIRECT_PATH, self.finish, methods=["GET"]),
        ]

    async def begin(self, request: Request) -> Response:
        """Send the browser to Slack, with a state that it has to bring back."""
        answer = await self._flow.handle_installation(to_async_bolt_request(request, b""))
        return _kept_private(to_starlette_response(answer))

    async def finish(self, request: Request) -> Response:
        """The browser comes back from Slack: exchange its code, and keep the installation."""
        try:
            answer = await self._flow.handle_callback(to_async_bolt_request(request, b""))
        except SLACK_ERRORS as error:
            log.warning("installation_failed", code=judge(error).code)
            answer = _page(502, "Slack did not answer", AGAIN)
        return _kept_private(to_starlette_response(answer))


def authorize_url(api_url: str) -> str:
    """Where Slack asks people: beside its API, which is elsewhere in tests and in the playground."""
    parts = urlsplit(api_url)
    return f"https://slack.com{AUTHORIZE}" if api_url == SLACK_API else f"{parts.scheme}://{parts.netloc}{AUTHORIZE}"


async def _welcome(args: AsyncSuccessArgs) -> BoltResponse:
    installation: Any = args.installation
    name = html.escape(str(installation.team_name or installation.enterprise_name or "your workspace"))
    log.info("app_installed", installation=installation.team_id or installation.enterprise_id)
    words = "Open Slack and write to Greenroom, or mention it in a channel that you have invited it to."
    return _page(200, f"Greenroom is installed in {name}", words)


async def _refused(args: AsyncFailureArgs) -> BoltResponse:
    log.info("installation_refused", reason=args.reason[:60])
    title = "Nothing was installed" if args.reason == "access_denied" else "This link to install does not work any more"
    return _page(args.suggested_status_code, title, AGAIN)


def _page(status: int, title: str, words: str) -> BoltResponse:
    return BoltResponse(status=status, body=PAGE.format(title, words), headers=dict(HEADERS))


def _kept_private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
