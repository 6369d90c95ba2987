"""Installing the app in other teams: codes, tokens that expire, refresh tokens that are good once.

As Slack's OAuth v2: a code lives ten minutes and is exchanged once, by the app's id and secret and for the address that
it was given to. With rotation a token lives twelve hours; a refresh ends the refresh token, while the token that it
replaces is good until it expires.
"""

from __future__ import annotations

import base64
import dataclasses
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.requests import Request

from emulators.slack.arguments import Arguments
from emulators.slack.errors import CannotDoError, Refusal
from emulators.slack.state import Json
from emulators.slack.workspace import Workspace

CODE_SECONDS = 600.0
TOKEN_SECONDS = 43_200.0
AUTHORIZE = "/oauth/v2/authorize"


@dataclasses.dataclass(slots=True)
class Code:
    """What somebody has allowed, until it is exchanged."""

    team: Workspace
    user: str
    redirect_uri: str
    issued_at: float
    whole: bool = False  # for all of the organisation's teams


class OAuth:
    """The app's registration. `redirect_uris` empty: none is registered, so nobody can install it."""

    client_id = "1000000000.2000000000"
    client_secret = "4fd2b1c1e6a74cc0b54d2f9e1a2b3c4d"

    def __init__(self) -> None:
        self.redirect_uris: set[str] = set()
        self.rotation = True
        self.codes: dict[str, Code] = {}
        self.refresh_tokens: dict[str, tuple[Workspace, bool]] = {}
        self.refreshed = 0

    def allow(self, url: str, team: Workspace, user: str, *, whole: bool = False) -> str:
        """What a person's Allow on the page at `url` leads to; `CannotDoError` where Slack shows an error instead.

        `whole`: they allow it for the team's whole organisation.
        """
        given = self._asked(url, team)
        if whole and team.organisation is None:
            raise CannotDoError("this team is of no organisation")
        code = team.new_id("", 32).lower()
        self.codes[code] = Code(team, team.person(user).id, given["redirect_uri"], team.clock.now(), whole)
        return f"{given['redirect_uri']}?{urlencode({'code': code, 'state': given['state']})}"

    def deny(self, url: str, team: Workspace) -> str:
        """What a person's Cancel leads to."""
        given = self._asked(url, team)
        return f"{given['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': given['state']})}"

    def _asked(self, url: str, team: Workspace) -> dict[str, str]:
        parts = urlsplit(url)
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path != AUTHORIZE or given.get("client_id") != self.client_id:
            raise CannotDoError("Slack knows no app of this id")
        if given.get("redirect_uri") not in self.redirect_uris:
            raise CannotDoError("redirect_uri did not match any configured URIs")
        if unknown := set(given.get("scope", "").split(",")) - team.scopes:
            raise CannotDoError(f"the app's manifest asks for no {sorted(unknown)}")
        return given

    def access(self, request: Request, values: Json) -> Json:
        """`oauth.v2.access`: a code, or a refresh token, for a token."""
        arguments = Arguments(values)
        self._check_app(request, arguments)
        if arguments.text("grant_type") == "refresh_token":
            return self._refresh(arguments.required("refresh_token"))
        return self._exchange(arguments.required("code"), arguments.text("redirect_uri"))

    def _check_app(self, request: Request, arguments: Arguments) -> None:
        kind, _, encoded = request.headers.get("authorization", "").partition(" ")
        told = base64.b64decode(encoded).decode() if kind == "Basic" else ""
        client_id, _, secret = told.partition(":")
        client_id, secret = client_id or arguments.text("client_id"), secret or arguments.text("client_secret")
        if client_id != self.client_id:
            raise Refusal("invalid_client_id")
        if secret != self.client_secret:
            raise Refusal("bad_client_secret")

    def _exchange(self, code: str, redirect_uri: str) -> Json:
        known = self.codes.pop(code, None)
        if known is None or known.team.clock.now() - known.issued_at > CODE_SECONDS:
            raise Refusal("invalid_code")
        if redirect_uri != known.redirect_uri:
            raise Refusal("bad_redirect_uri")
        if known.whole and known.team.organisation is not None:
            known.team.organisation.install()
        known.team.installed = True
        return {**self._granted(known.team, whole=known.whole), "authed_user": {"id": known.user}}

    def _refresh(self, refresh_token: str) -> Json:
        team, whole = self.refresh_tokens.pop(refresh_token, (None, False))
        if team is None or not team.installed:
            raise Refusal("invalid_refresh_token")
        self.refreshed += 1
        return self._granted(team, whole=whole)

    def _granted(self, team: Workspace, *, whole: bool) -> Json:
        token = f"{'xoxe.' if self.rotation else ''}xoxb-{team.new_id('', 40)}"
        organisation = team.organisation
        tokens = organisation.tokens if whole and organisation is not None else team.tokens
        tokens[token] = team.clock.now() + TOKEN_SECONDS if self.rotation else None
        answer: Json = {
            "access_token": token,
            "token_type": "bot",
            "scope": ",".join(sorted(team.scopes)),
            "bot_user_id": team.bot.id,
            "app_id": team.app_id,
            "team": None if whole else {"id": team.team_id, "name": team.team_name},
            "enterprise": None if organisation is None else {"id": organisation.id, "name": organisation.name},
            "is_enterprise_install": whole,
        }
        if self.rotation:
            refresh_token = f"xoxe-1-{team.new_id('', 40)}"
            self.refresh_tokens[refresh_token] = (team, whole)
            answer |= {"refresh_token": refresh_token, "expires_in": int(TOKEN_SECONDS)}
        return answer
