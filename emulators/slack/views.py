"""Modals and the Home tab: `views.open`, `push`, `update`, `publish`."""

from __future__ import annotations

import json
from typing import Any

from emulators.slack.arguments import Arguments
from emulators.slack.block_elements import plain
from emulators.slack.blocks import accept_blocks
from emulators.slack.errors import Refusal
from emulators.slack.events import view_payload
from emulators.slack.inputs import initial_values, kept_values
from emulators.slack.limits import TIER_4
from emulators.slack.methods import Method, find_user
from emulators.slack.schema import anything, boolean, choice, record, string
from emulators.slack.state import Json, Trigger, View
from emulators.slack.workspace import Workspace

TRIGGER_SECONDS = 3.0
STACK = 3
SIZE_LIMIT = 250_000

_COMMON = {"private_metadata": string(3000, 0), "callback_id": string(255, 0), "external_id": string(255, 0)}
_MODAL = record(
    {"title": plain(24), "blocks": anything},
    {
        **_COMMON,
        "submit": plain(24),
        "close": plain(24),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
)
_HOME = record({"type": choice("home"), "blocks": anything}, _COMMON)


def accept_view(workspace: Workspace, body: Any, kind: str) -> Json:
    """A view as Slack stores it; `invalid_arguments` with reasons when it does not take it."""
    problems: list[str] = []
    (_MODAL if kind == "modal" else _HOME)(body, "/view", problems)
    if not problems and body.get("type") != kind:
        problems.append(f"[ERROR] unsupported type: {body.get('type')} [json-pointer:/view/type]")
    if not problems and len(json.dumps(body)) > SIZE_LIMIT:
        raise Refusal("view_too_large")
    if problems:
        raise Refusal("invalid_arguments", problems)
    blocks = accept_blocks(body["blocks"], "modal" if kind == "modal" else "home", workspace.short_id)
    if kind == "modal" and "submit" not in body and any(block["type"] == "input" for block in blocks):
        raise Refusal("invalid_arguments", ["[ERROR] `submit` is required when the view has an input block"])
    return {**body, "blocks": blocks}


def take_trigger(workspace: Workspace, arguments: Arguments) -> Trigger:
    """Spend a trigger: known, younger than three seconds, not used before."""
    trigger = workspace.triggers.get(arguments.required("trigger_id"))
    if trigger is None:
        raise Refusal("invalid_trigger_id")
    if workspace.clock.now() - trigger.issued_at > TRIGGER_SECONDS:
        raise Refusal("expired_trigger_id")
    if trigger.used:
        raise Refusal("exchanged_trigger_id")
    trigger.used = True
    return trigger


def new_view(workspace: Workspace, user: str, body: Json, previous: View | None = None) -> View:
    """Put a view on a person's screen, above `previous` when there is one."""
    id_ = workspace.new_id("V", 10)
    view = View(id_, user, body, f"{workspace.next_ts()}.{workspace.short_id()}", previous.root_id if previous else id_)
    view.previous_id = previous.id if previous else None
    view.values = initial_values(body["blocks"])
    workspace.views[id_] = view
    return view


def replace_view(workspace: Workspace, view: View, body: Json) -> None:
    """Change a view in place; inputs that are still there keep what was typed."""
    view.body, view.values, view.errors = body, kept_values(body["blocks"], view.values), {}
    view.hash = f"{workspace.next_ts()}.{workspace.short_id()}"


def _check_external_id(workspace: Workspace, body: Json) -> None:
    external = body.get("external_id")
    if external and any(view.body.get("external_id") == external for view in workspace.views.values()):
        raise Refusal("duplicate_external_id")


def open_(workspace: Workspace, arguments: Arguments) -> Json:
    """`views.open`."""
    body = accept_view(workspace, arguments.structure("view"), "modal")
    _check_external_id(workspace, body)
    trigger = take_trigger(workspace, arguments)
    return {"view": view_payload(workspace, new_view(workspace, trigger.user, body))}


def push(workspace: Workspace, arguments: Arguments) -> Json:
    """`views.push`."""
    body = accept_view(workspace, arguments.structure("view"), "modal")
    trigger = take_trigger(workspace, arguments)
    previous = workspace.views.get(trigger.view_id or "")
    if previous is None:
        raise Refusal("invalid_trigger_id")
    return {"view": view_payload(workspace, push_view(workspace, previous, body))}


def push_view(workspace: Workspace, previous: View, body: Json) -> View:
    """Stack a view on `previous`; three are the most."""
    depth = sum(view.root_id == previous.root_id for view in workspace.views.values())
    if depth >= STACK:
        raise Refusal("push_limit_reached")
    return new_view(workspace, previous.user, body, previous)


def update(workspace: Workspace, arguments: Arguments) -> Json:
    """`views.update`."""
    external = arguments.text("external_id")
    view = workspace.views.get(arguments.text("view_id")) or next(
        (view for view in workspace.views.values() if external and view.body.get("external_id") == external), None
    )
    if view is None:
        raise Refusal("not_found")
    body = accept_view(workspace, arguments.structure("view"), "modal")
    if arguments.has("hash") and arguments.text("hash") != view.hash:
        raise Refusal("hash_conflict")
    replace_view(workspace, view, body)
    return {"view": view_payload(workspace, view)}


def publish(workspace: Workspace, arguments: Arguments) -> Json:
    """`views.publish`."""
    if workspace.grant is not None and not workspace.grant.home:
        raise Refusal("not_enabled")
    user = find_user(workspace, arguments.required("user_id"))
    body = accept_view(workspace, arguments.structure("view"), "home")
    home = workspace.homes.get(user)
    if home is not None and arguments.has("hash") and arguments.text("hash") != home.hash:
        raise Refusal("hash_conflict")
    if home is None:
        home = new_view(workspace, user, body)
        del workspace.views[home.id]
        workspace.homes[user] = home
    else:
        replace_view(workspace, home, body)
    return {"view": view_payload(workspace, home)}


METHODS: dict[str, Method] = {
    "views.open": Method(open_, (), TIER_4),
    "views.push": Method(push, (), TIER_4),
    "views.update": Method(update, (), TIER_4),
    "views.publish": Method(publish, (), TIER_4),
}
