"""The door of the Web API: token, method, scope and rate are checked here, in Slack's order."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from emulators.slack import chat, conversations, files, sockets, streams, usergroups, views
from emulators.slack.arguments import Arguments, read_arguments
from emulators.slack.errors import Refusal
from emulators.slack.events import publish
from emulators.slack.limits import TIER_1
from emulators.slack.methods import Method
from emulators.slack.oauth import OAuth
from emulators.slack.state import Json
from emulators.slack.workspace import Workspace


def api_test(_workspace: Workspace, arguments: Arguments) -> Json:
    """`api.test`."""
    if error := arguments.text("error"):
        raise Refusal(error)
    return {"args": arguments.values}


def uninstall(workspace: Workspace, _arguments: Arguments | None = None) -> Json:
    """Take the app out of the workspace, or of its organisation: its token dies, and it hears of it one last time."""
    publish(workspace, {"type": "tokens_revoked", "tokens": {"bot": [workspace.bot.id], "oauth": []}})
    publish(workspace, {"type": "app_uninstalled"})
    if workspace.whole and workspace.organisation is not None:
        workspace.organisation.uninstall()
    workspace.installed = False
    return {}


METHODS: dict[str, Method] = {
    "api.test": Method(api_test, (), 600),
    "apps.uninstall": Method(uninstall, (), TIER_1),
    **chat.METHODS,
    **streams.METHODS,
    **conversations.METHODS,
    **files.METHODS,
    **sockets.METHODS,
    **usergroups.METHODS,
    **views.METHODS,
}


def call(workspace: Workspace, name: str, token: str, values: Json) -> Json:
    """One Web API call; what Slack does not take raises `Refusal`."""
    workspace.settle()
    method = METHODS.get(name)
    granted = _check_token(workspace, token, method)
    if method is None:
        raise Refusal("unknown_method")
    if method.scopes and not granted & set(method.scopes):
        raise Refusal("missing_scope", needed=method.scopes[0], provided=",".join(sorted(granted)))
    if wait := workspace.limits.take(name, method.per_minute):
        raise Refusal("ratelimited", status=429, headers={"retry-after": str(wait)})
    return {"ok": True, **method.handler(workspace, Arguments(values))}


def _check_token(workspace: Workspace, token: str, method: Method | None) -> set[str]:
    """The scopes that the token carries."""
    if not token:
        raise Refusal("not_authed")
    is_bot = workspace.takes(token)
    if not is_bot and workspace.issued(token):
        raise Refusal("token_expired")
    if not is_bot and token != workspace.app_token:
        raise Refusal("invalid_auth")
    kind = "bot" if is_bot else "app"
    if method is not None and method.kind != kind:
        raise Refusal("not_allowed_token_type")
    if kind == "bot" and not workspace.installed:
        raise Refusal("account_inactive")
    return workspace.scopes if kind == "bot" else workspace.app_scopes


def owner(teams: Sequence[Workspace], token: str, name: str, values: Json) -> Workspace:
    """The team that a token is of, or that a call with an organisation's is about; the first where it is nobody's."""
    whole = next((one.organisation for one in teams if one.organisation and token in one.organisation.tokens), None)
    if whole is not None:
        return whole.place(name, values)
    return next((team for team in teams if token in team.tokens), teams[0])


async def handle(teams: Sequence[Workspace], oauth: OAuth, request: Request) -> Response:
    """The HTTP shell around `call`: whose token it is says in which team that is."""
    headers: dict[str, str] = {}
    try:
        values = read_arguments(request.url.query, request.headers.get("content-type", ""), await request.body())
        token = request.headers.get("authorization", "").removeprefix("Bearer ") or str(values.pop("token", ""))
        name = request.path_params["method"]
        if name == "oauth.v2.access":
            return JSONResponse({"ok": True, **oauth.access(request, values)})
        workspace = owner(teams, token, name, values)
        headers["x-oauth-scopes"] = ",".join(sorted(workspace.scopes))
        return JSONResponse(call(workspace, name, token, values), headers=headers)
    except Refusal as refusal:
        return JSONResponse(refusal.body(), refusal.status, {**headers, **refusal.headers})
