"""Files between the page and the emulated Slack: what people drop on the page, and what the page shows of them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulators.heygen.media import ranged
from emulators.slack import CannotDoError, SlackEmulator

UPLOAD_LIMIT = 200_000_000
NAME_LIMIT = 255
OCTETS = "application/octet-stream"
SHOWN_KINDS = ("video/", "audio/")
SHOWN_TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def file_routes(slack: SlackEmulator) -> list[Route]:
    """`POST /api/upload?user=&name=` with the bytes as the body, and `GET /files/<id>`."""

    async def upload(request: Request) -> Response:
        user, name = (request.query_params.get(one, "") for one in ("user", "name"))
        if request.headers.get("content-type") != OCTETS or not 0 < len(name) <= NAME_LIMIT or "/" in name:
            return JSONResponse({"error": "A file needs a name, and comes as octets."}, 400)
        data = await _body(request)
        if not data:
            return JSONResponse({"error": f"A file has from 1 to {UPLOAD_LIMIT} bytes."}, 400)
        try:
            return JSONResponse({"file": slack.add_file(user, name, data)})
        except CannotDoError as error:
            return JSONResponse({"error": f"Slack would not let you: {error}"}, 400)

    async def content(request: Request) -> Response:
        file = slack.workspace.files.get(request.path_params["file"])
        if file is None or not file.ready:
            return Response("There is no such file.", 404, media_type="text/plain")
        if is_shown(file.mimetype):
            return ranged(file.data, file.mimetype, request.headers.get("range"))
        # Never as itself: a page or a script that somebody dropped would be one of ours.
        return Response(file.data, media_type=OCTETS, headers={"Content-Disposition": "attachment"})

    return [Route("/api/upload", upload, methods=["POST"]), Route("/files/{file}", content)]


async def _body(request: Request) -> bytes:
    """The whole body, nothing when it is longer than a file may be."""
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > UPLOAD_LIMIT:
            return b""
    return bytes(raw)


def is_shown(mimetype: str) -> bool:
    """Whether the page may show a file of this type by itself: moving pictures, sound, plain pictures."""
    return mimetype in SHOWN_TYPES or mimetype.startswith(SHOWN_KINDS)
