"""The control plane: every act and reading of `SlackEmulator` over HTTP, for a page in another process.

`POST /_emulator/act/<name>` takes the act's arguments as a JSON object; bytes go as base64.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import inspect
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from emulators.slack.delivery import Answer
from emulators.slack.errors import CannotDoError, Refusal

if TYPE_CHECKING:
    from emulators.slack import SlackEmulator

ACTS = frozenset(
    {
        "say",
        "edit",
        "delete",
        "upload",
        "add_file",
        "react",
        "unfurl",
        "command",
        "click",
        "select",
        "click_view",
        "select_view",
        "fill_view",
        "submit_view",
        "close_view",
        "suggest",
        "shortcut",
        "open_home",
        "press_stop",
        "rename_session",
        "add_channel",
        "add_usergroup",
        "set_usergroup",
        "enable_usergroup",
        "join",
        "leave",
        "archive",
        "uninstall",
        "url_verification",
        "forge",
        "redeliver",
        "redeliver_now",
        "configure",
        "disturb_sockets",
    }
)
POLL_SECONDS = 25.0


def control_routes(emulator: SlackEmulator) -> list[BaseRoute]:
    """Routes under `/_emulator/` beside those every emulator has."""

    async def act(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in ACTS:
            return JSONResponse({"error": f"no act {name}"}, 404)
        try:
            result = getattr(emulator, name)(**_keywords(await request.json()))
            if inspect.isawaitable(result):
                result = await result
        except (CannotDoError, Refusal, KeyError, StopIteration, TypeError, ValueError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)
        return JSONResponse({"result": _plain(result)})

    async def snapshot(request: Request) -> Response:
        after = int(request.query_params.get("after", "-1"))
        seconds = min(float(request.query_params.get("seconds", "0")), POLL_SECONDS)
        await emulator.changed_since(after, seconds)
        return JSONResponse({"version": emulator.version, **emulator.snapshot()})

    async def deliveries(_request: Request) -> Response:
        return JSONResponse([delivery.to_json() for delivery in emulator.deliveries])

    async def file(request: Request) -> Response:
        stored = emulator.workspace.files.get(request.path_params["file"])
        if stored is None:
            return JSONResponse({"error": "no such file"}, 404)
        return Response(stored.data, media_type=stored.mimetype)

    return [
        Route("/_emulator/act/{name}", act, methods=["POST"]),
        Route("/_emulator/snapshot", snapshot),
        Route("/_emulator/deliveries", deliveries),
        Route("/_emulator/files/{file}", file),
    ]


def _keywords(body: Any) -> dict[str, Any]:
    keywords = dict(body or {})
    if isinstance(keywords.get("data"), str):
        try:
            keywords["data"] = base64.b64decode(keywords["data"], validate=True)
        except binascii.Error as error:
            raise ValueError("data must be base64") from error
    if isinstance(keywords.get("files"), list):
        keywords["files"] = [_attachment(one) for one in keywords["files"]]
    return keywords


def _attachment(one: Any) -> Any:
    if isinstance(one, dict):
        return str(one["name"]), base64.b64decode(one["data"])
    return one


def _plain(result: Any) -> Any:
    return dataclasses.asdict(result) if isinstance(result, Answer) else result
