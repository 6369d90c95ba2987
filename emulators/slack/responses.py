"""`response_url`: five answers within half an hour, private unless said otherwise, also in place of the original."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from emulators.slack import events
from emulators.slack.arguments import Arguments, read_arguments
from emulators.slack.chat import app_message, apply_update, show_privately
from emulators.slack.errors import Refusal
from emulators.slack.methods import Content, read_content
from emulators.slack.state import Json, Message, ResponseUrl
from emulators.slack.workspace import Workspace

LIFE_SECONDS = 1800.0
USES = 5


async def handle(workspace: Workspace, request: Request) -> Response:
    """The endpoint behind every `response_url`."""
    try:
        entry = _spend(workspace, request.path_params["token"])
        content_type = request.headers.get("content-type", "")
        answer(workspace, entry, Arguments(read_arguments("", content_type, await request.body())))
    except Refusal as refusal:
        return JSONResponse(refusal.body(), refusal.status)
    return PlainTextResponse("ok")


def _spend(workspace: Workspace, token: str) -> ResponseUrl:
    entry = workspace.response_urls.get(token)
    if entry is None or workspace.clock.now() - entry.issued_at > LIFE_SECONDS:
        raise Refusal("expired_url", status=404)
    if entry.uses >= USES:
        raise Refusal("used_url", status=404)
    entry.uses += 1
    return entry


def answer(workspace: Workspace, entry: ResponseUrl, arguments: Arguments) -> None:
    """Do what the answer says: delete, replace, or show a new message."""
    original = entry.message
    if arguments.flag("delete_original"):
        if original is not None:
            _delete(workspace, original)
        return
    content = read_content(workspace, arguments)
    if arguments.flag("replace_original") and original is not None:
        _replace(workspace, original, content)
    else:
        _show(workspace, entry, content, arguments)


def _delete(workspace: Workspace, original: Message) -> None:
    if original.visible_to is not None:
        workspace.private = [message for message in workspace.private if message is not original]
    elif original.ts in workspace.channels[original.channel].messages:
        events.remove(workspace, original)


def _replace(workspace: Workspace, original: Message, content: Content) -> None:
    if original.visible_to is None:
        apply_update(workspace, original, content)
        return
    original.edits.append(original.text)
    original.text, original.blocks = content.text, content.blocks


def _show(workspace: Workspace, entry: ResponseUrl, content: Content, arguments: Arguments) -> None:
    channel = workspace.channels[entry.channel]
    thread_ts = arguments.text("thread_ts") or entry.thread_ts
    message = app_message(workspace, channel, thread_ts, content)
    if arguments.choice("response_type", ("ephemeral", "in_channel"), "ephemeral") == "in_channel":
        events.post(workspace, message)
    else:
        show_privately(workspace, message, entry.user)


def show_acknowledgement(workspace: Workspace, user: str, channel: str, body: str | Json) -> None:
    """Show what a slash command's acknowledgement said: text, or a message with its own response type."""
    values: Json = {"text": body} if isinstance(body, str) else body
    if not values.get("text") and not values.get("blocks"):
        return
    entry = ResponseUrl("", user, channel, None, workspace.clock.now())
    answer(workspace, entry, Arguments(values))
