"""The page's server: static files, `GET /api/state` and the actions under `/api/`, behind the guard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from emulators.console.actions import Action, Actions
from emulators.console.details import call_details, request_details
from emulators.console.guard import Guard
from emulators.console.parties import Parties
from emulators.console.requests import BadRequestError
from emulators.console.slack_files import file_routes
from emulators.console.state import read_after, state_view
from emulators.slack import CannotDoError, Refusal

FOLDER = Path(__file__).parent / "static"
BODY_LIMIT = 64_000
MEDIA_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def console_app(parties: Parties) -> ASGIApp:
    """The ASGI application; the static files are read once, here."""
    actions = Actions(parties).by_path()

    async def state(request: Request) -> Response:
        return JSONResponse(state_view(parties, read_after(request.query_params.get("after", ""))))

    async def call(request: Request) -> Response:
        return _found(call_details(parties, request.query_params.get("number", "")))

    async def request_made(request: Request) -> Response:
        query = request.query_params
        return _found(request_details(parties, query.get("party", ""), query.get("seq", "")))

    routes = [
        *static_routes(FOLDER),
        *file_routes(parties.slack),
        Route("/api/state", state),
        Route("/api/call", call),
        Route("/api/request", request_made),
        *(Route(f"/api/{path}", _endpoint(action), methods=["POST"]) for path, action in actions.items()),
    ]
    return Guard(Starlette(routes=routes))


def static_routes(folder: Path) -> list[Route]:
    """One route per file of `folder`, so that nothing else can be asked for; `index.html` also answers `/`."""
    routes = []
    for file in sorted(folder.iterdir()):
        content = _content(file.read_bytes(), MEDIA_TYPES[file.suffix])
        routes.append(Route(f"/{file.name}", content))
        if file.name == "index.html":
            routes.append(Route("/", content))
    return routes


def _content(data: bytes, media_type: str) -> Any:
    async def give(_request: Request) -> Response:
        return Response(data, media_type=media_type)

    return give


def _found(details: dict[str, Any] | None) -> Response:
    return JSONResponse({"error": "It is not kept any more."}, 404) if details is None else JSONResponse(details)


def _endpoint(action: Action) -> Any:
    async def act(request: Request) -> Response:
        try:
            return JSONResponse(await action(await _object(request)))
        except BadRequestError as error:
            return JSONResponse({"error": str(error)}, 400)
        except CannotDoError as error:
            return JSONResponse({"error": f"Slack would not let you: {error}"}, 400)
        except Refusal as error:
            return JSONResponse({"error": f"Slack did not take the app's answer: {error}"}, 400)

    return act


async def _object(request: Request) -> dict[str, Any]:
    """The request's JSON object, empty when there is no body."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise BadRequestError("Send application/json.")
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > BODY_LIMIT:
            raise BadRequestError(f"A request has at most {BODY_LIMIT} bytes.")
    try:
        body = json.loads(raw or b"{}")
    except (ValueError, RecursionError) as error:
        raise BadRequestError("The body is not JSON.") from error
    if not isinstance(body, dict):
        raise BadRequestError("The body must be an object.")
    return body
