"""Files: the three-step upload, `files.info`, `files.delete` and the private download."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from emulators.slack import events
from emulators.slack.arguments import Arguments
from emulators.slack.chat import app_message
from emulators.slack.errors import Refusal
from emulators.slack.limits import TIER_3, TIER_4
from emulators.slack.methods import Content, Method, read_blocks
from emulators.slack.state import Channel, File, Json
from emulators.slack.workspace import Workspace

SIZE_LIMIT = 1_000_000_000
LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Sign in to Greenroom | Slack</title></head><body>Sign in</body></html>"


def store(workspace: Workspace, name: str, data: bytes, user: str, *, size: int | None = None) -> File:
    """A new file. With `size` it waits for its bytes."""
    file = File(
        id=workspace.new_id("F", 10),
        name=name,
        title=name,
        mimetype=events.mimetype_of(name),
        size=len(data) if size is None else size,
        user=user,
        created=int(workspace.clock.now()),
        data=data,
        ready=size is None,
    )
    workspace.files[file.id] = file
    return file


def get_upload_url(workspace: Workspace, arguments: Arguments) -> Json:
    """`files.getUploadURLExternal`."""
    if not workspace.file_uploads_enabled:
        raise Refusal("file_uploads_disabled")
    name = arguments.required("filename")
    length = arguments.number("length", 0, 1, SIZE_LIMIT)
    file = store(workspace, name, b"", workspace.bot.id, size=length)
    ticket = workspace.new_id("", 24)
    workspace.uploads[ticket] = (file.id, length)
    return {"upload_url": f"{workspace.url()}/upload/v1/{ticket}", "file_id": file.id}


async def receive_upload(workspace: Workspace, request: Request) -> Response:
    """The bytes of a file, sent once to its upload URL; the length must be the one that was announced."""
    ticket = request.path_params["ticket"]
    if ticket not in workspace.uploads:
        return PlainTextResponse("Not found", 404)
    file_id, length = workspace.uploads[ticket]
    data = await request.body()
    if len(data) != length:
        return PlainTextResponse(f"Expected {length} bytes", 400)
    del workspace.uploads[ticket]
    workspace.files[file_id].data = data
    return PlainTextResponse(f"OK - {length}")


def complete_upload(workspace: Workspace, arguments: Arguments) -> Json:
    """`files.completeUploadExternal`."""
    listed = arguments.structure("files", [])
    if not isinstance(listed, list) or not listed or not all(isinstance(item, dict) for item in listed):
        raise Refusal("invalid_arguments", ["[ERROR] missing required field: files"])
    files = [_uploaded(workspace, item) for item in listed]
    channels = _share_channels(workspace, arguments)
    thread_ts = arguments.text("thread_ts") or None
    for channel in channels:
        if thread_ts:
            workspace.root(channel, thread_ts)
    comment = arguments.text("initial_comment")
    blocks = [] if comment else read_blocks(workspace, arguments)
    for file in files:
        file.ready = True
    for channel in channels:
        message = app_message(workspace, channel, thread_ts, Content(comment, blocks, [], None, frozenset(), []))
        message.subtype, message.files = "file_share", list(files)
        events.post(workspace, message)
    return {"files": [{"id": file.id, "title": file.title} for file in files]}


def _uploaded(workspace: Workspace, item: Json) -> File:
    file = workspace.files.get(str(item.get("id")))
    if file is None or file.user != workspace.bot.id or file.ready or len(file.data) != file.size:
        raise Refusal("file_not_found")
    file.title = item.get("title") or file.name
    return file


def _share_channels(workspace: Workspace, arguments: Arguments) -> list[Channel]:
    wanted = arguments.many("channels") or [arguments.text("channel_id")]
    return [workspace.writable_channel(channel) for channel in wanted if channel]


def _visible(workspace: Workspace, arguments: Arguments) -> File:
    file = workspace.files.get(arguments.required("file"))
    if file is None or not file.ready or not workspace.sees_file(file):
        raise Refusal("file_not_found")
    return file


def info(workspace: Workspace, arguments: Arguments) -> Json:
    """`files.info`."""
    file = _visible(workspace, arguments)
    return {"file": events.file_payload(workspace, file), "comments": []}


def delete(workspace: Workspace, arguments: Arguments) -> Json:
    """`files.delete`."""
    file = _visible(workspace, arguments)
    if file.user != workspace.bot.id:
        raise Refusal("cant_delete_file")
    del workspace.files[file.id]
    return {}


def download(workspace: Workspace, request: Request) -> Response:
    """A private file for a bearer that may see it; everybody else gets the sign-in page, and a 200 with it."""
    file = workspace.files.get(request.path_params["file"].rpartition("-")[2])
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if file is None or not file.ready:
        return PlainTextResponse("Not found", 404)
    if not workspace.takes(token) or not workspace.installed or not workspace.sees_file(file):
        return HTMLResponse(LOGIN_PAGE)
    return Response(file.data, media_type=file.mimetype)


METHODS: dict[str, Method] = {
    "files.getUploadURLExternal": Method(get_upload_url, ("files:write",), TIER_4),
    "files.completeUploadExternal": Method(complete_upload, ("files:write",), TIER_4),
    "files.info": Method(info, ("files:read",), TIER_4),
    "files.delete": Method(delete, ("files:write",), TIER_3),
}
