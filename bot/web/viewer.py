"""The viewer's page of live sessions, under `/live`: a personal link, what it is exchanged for, and the websocket.

`GET /live/{token}` shows what will happen and changes nothing, so previews and scanners of links use nothing up.
Start posts the token to `/live/enter`, which opens the pass, once, for a cookie; from there on the page is
`/live/room`, and a reload needs no link. The cookie also opens `/live/ws`, over which everything else goes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlsplit

import structlog
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from agent.live.ports import LiveDesk
from agent.live.records import LivePass, LiveSession
from agent.ports import Clock
from bot.signing import Signer
from bot.web.viewer_access import NO_COOKIE, NOT_OURS, NOT_UNDERSTOOD, Access, Refusal, judge, refusal
from bot.web.viewer_assets import LiveKitFile, LiveKitUrl
from bot.web.viewer_headers import NEVER_KEPT, origin_of, page_headers
from bot.web.viewer_socket import ENDED, NOT_ALLOWED, Limits, ViewerSocket
from bot.web.viewer_static import Pages

log = structlog.get_logger(__name__)

BODY_LIMIT = 4_096
COOKIE = "greenroom-live"


class Passes(Protocol):
    """The passes of live sessions, as far as the page needs them."""

    async def find_pass(self, pass_id: str) -> tuple[LivePass, LiveSession] | None:
        """A pass, opened or not, with its session as it stands; None for an unknown one. Changes nothing."""
        ...

    async def open_pass(self, pass_id: str) -> LivePass | None:
        """Use a pass, which works once; None when it is unknown, opened, too old, or its session has ended."""
        ...

    async def check_pass(self, pass_id: str) -> tuple[LivePass, LiveSession] | None:
        """A pass that was opened, with its session as it stands; None for any other."""
        ...


class Viewer:
    """Answers everything under `/live`. `public_url` is our address as browsers see it.

    `rooms` is where the picture may come from, see `viewer_headers.room_sources`.
    """

    def __init__(
        self,
        *,
        public_url: str,
        secret: str,
        passes: Passes,
        desk: LiveDesk,
        clock: Clock,
        livekit: LiveKitFile | LiveKitUrl,
        rooms: Sequence[str],
        limits: Limits | None = None,
    ) -> None:
        self._public_url = public_url
        self._origin = origin_of(public_url)
        self._links = Signer(secret, "live")
        self._cookies = Signer(secret, "live-cookie")
        self._passes = passes
        self._desk = desk
        self._clock = clock
        self._rooms = rooms
        self._limits = limits
        self._pages = Pages(livekit)
        other = livekit.origin if isinstance(livekit, LiveKitUrl) else None
        self._headers = page_headers(origin=self._origin, livekit_origin=other, rooms=rooms)
        self._secure = self._origin.startswith("https:")
        self._cookie = f"__Secure-{COOKIE}" if self._secure else COOKIE

    def link(self, given: LivePass) -> str:
        """The personal link of a pass. Whoever has it first can join: it is shown to one person."""
        return f"{self._public_url}/live/{self._links.sign(given.id)}"

    def routes(self) -> list[BaseRoute]:
        """The page's routes."""
        return [
            Route("/live/static/{name}", self._asset, methods=["GET"]),
            Route("/live/enter", self._enter, methods=["POST"]),
            Route("/live/room", self._room, methods=["GET"]),
            WebSocketRoute("/live/ws", self._connect),
            Route("/live/{token}", self._arrive, methods=["GET"]),
        ]

    # Pages

    async def _asset(self, request: Request) -> Response:
        asset = self._pages.assets.get(request.path_params["name"])
        return Response("no such file\n", 404, NEVER_KEPT) if asset is None else asset.answer(request)

    async def _arrive(self, request: Request) -> Response:
        """Somebody, or something that looks at links, opens one."""
        access, session = await self._judge(self._links.unsign(request.path_params["token"]), request)
        if session is None or not access.granted:
            # A link that was opened here already comes without its cookie when it is followed from Slack.
            return self._refused(refusal(access), retry=access is Access.FOREIGN)
        if access is Access.BACK:
            return RedirectResponse("room", 303, self._headers)
        return self._page("new", session)

    async def _room(self, request: Request) -> Response:
        held = self._held(request)
        if held is None:
            return self._refused(NO_COOKIE)
        access, session = await self._judge(held, request)
        if session is None or access is not Access.BACK:
            return self._refused(NO_COOKIE if access.granted else refusal(access))
        return self._page("back", session)

    def _page(self, way: str, session: LiveSession) -> Response:
        return HTMLResponse(self._pages.page(way=way, minutes=session.max_seconds // 60), headers=self._headers)

    def _refused(self, said: Refusal, *, retry: bool = False) -> Response:
        page = self._pages.refused(title=said.title, text=said.text, retry=retry)
        return HTMLResponse(page, said.status, self._headers)

    # Coming in

    async def _enter(self, request: Request) -> Response:
        """Exchange a link's token for the cookie."""
        if not self._same_origin(request.headers):
            return _no(NOT_OURS)
        token = await _token(request)
        if token is None:
            return _no(NOT_UNDERSTOOD)
        pass_id = self._links.unsign(token)
        access, _ = await self._judge(pass_id, request)
        if access is Access.NEW and (pass_id is None or await self._passes.open_pass(pass_id) is None):
            access, _ = await self._judge(pass_id, request)  # somebody was faster
            access = Access.EXPIRED if access is Access.NEW else access
        if pass_id is None or not access.granted:
            return _no(refusal(access))
        return self._let_in(pass_id)

    def _let_in(self, pass_id: str) -> Response:
        response = JSONResponse({"room": "room"}, headers=NEVER_KEPT)
        response.set_cookie(
            self._cookie,
            self._cookies.sign(pass_id),
            path=f"{urlsplit(self._public_url).path}/live",
            secure=self._secure,
            httponly=True,
            samesite="strict",
        )
        return response

    def _same_origin(self, headers: Mapping[str, str]) -> bool:
        return headers.get("origin") == self._origin and headers.get("sec-fetch-site", "same-origin") == "same-origin"

    def _held(self, connection: HTTPConnection) -> str | None:
        """The pass that this browser has opened."""
        return self._cookies.unsign(connection.cookies.get(self._cookie, ""))

    async def _judge(self, pass_id: str | None, connection: HTTPConnection) -> tuple[Access, LiveSession | None]:
        found = None if pass_id is None else await self._passes.find_pass(pass_id)
        access = judge(found, held=self._held(connection) == pass_id, now=self._clock.now())
        return access, None if found is None else found[1]

    # The websocket

    async def _connect(self, websocket: WebSocket) -> None:
        if websocket.headers.get("origin") != self._origin:
            await websocket.send_denial_response(Response("forbidden\n", 403, NEVER_KEPT))
            return
        held = self._held(websocket)
        found = None if held is None else await self._passes.check_pass(held)
        access = judge(found, held=True, now=self._clock.now())
        await websocket.accept()
        if found is None or access is not Access.BACK:
            # Not before accepting: a page is not told why a handshake failed.
            over = access in (Access.OVER, Access.WITHDRAWN)
            await websocket.close(ENDED if over else NOT_ALLOWED, "ended" if over else "not allowed")
            return
        await self._serve(websocket, *found)

    async def _serve(self, websocket: WebSocket, given: LivePass, session: LiveSession) -> None:
        async with ViewerSocket(
            websocket, session_id=session.id, user_id=given.user_id, rooms=self._rooms, limits=self._limits
        ) as viewer:
            if (hello := await viewer.hello()) is not None:
                log.info("viewer_connected", session=session.id, microphone=hello.microphone)
                await self._desk.attend(session.id, viewer, hello)


def _no(said: Refusal) -> Response:
    return JSONResponse({"title": said.title, "text": said.text}, said.status, NEVER_KEPT)


async def _token(request: Request) -> str | None:
    """The token of a request that carries one, and the consent that goes with it."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return None
    fields = _object(await _body(request))
    token = fields.get("token")
    return token if isinstance(token, str) and fields.get("consent") is True else None


def _object(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


async def _body(request: Request) -> bytes:
    """The body; empty when it is too large or does not arrive."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_LIMIT:
                return b""
    except ClientDisconnect:
        return b""
    return body
