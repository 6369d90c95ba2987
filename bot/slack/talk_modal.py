"""The dialog in which an admin sets what is answered where, for whom, and how much is done for outsiders."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import (
    ConversationFilter,
    ConversationMultiSelectElement,
    InputBlock,
    Option,
    PlainTextObject,
    StaticSelectElement,
    UserMultiSelectElement,
)
from slack_sdk.models.blocks.block_elements import InputInteractiveElement
from slack_sdk.models.views import View

from agent.records import Json
from bot.slack.fields import field_in, picked_in
from bot.talk import Policy, Reach, TalkSetting

MODAL = "talk_settings"
MOST_LISTED = 100
AS_WORKSPACE = "workspace"
POLICIES = {
    Policy.MENTIONS: "Only what mentions me",
    Policy.THREADS: "Mentions, and follow-ups in my threads",
    Policy.EVERYTHING: "Everything that is said",
}
REACHES = {
    Reach.FULL: "Everything, as for members",
    Reach.READ: "Only looking things up",
    Reach.NOTHING: "Nothing",
}
_PERSON = re.compile(r"[UW][A-Z0-9]+")  # what is left of somebody forgotten is no id for Slack


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was submitted. `channel_id` None: asked outside a channel."""

    setting: TalkSetting
    channel_id: str | None
    policy: Policy | None


def settings_modal(setting: TalkSetting, channel_id: str | None, policy: Policy | None) -> Json:
    """The dialog with what is set now; `channel_id` is the channel it was asked in, if it was one."""
    policies = {one.value: text for one, text in POLICIES.items()}
    reaches = {one.value: text for one, text in REACHES.items()}
    here = {AS_WORKSPACE: "As elsewhere", **policies}
    blocks = [_choice("policy", "What I answer in channels", policies, setting.policy.value)]
    if channel_id is not None:
        blocks.append(_choice("here", "What I answer in this channel", here, policy.value if policy else AS_WORKSPACE))
    channels = ConversationMultiSelectElement(
        action_id="channels",
        initial_conversations=list(setting.channels[:MOST_LISTED]) or None,
        filter=ConversationFilter(include=["public", "private"], exclude_bot_users=True),
        max_selected_items=MOST_LISTED,
    )
    known = [one for one in setting.people if _PERSON.fullmatch(one)][:MOST_LISTED]
    people = UserMultiSelectElement(action_id="people", initial_users=known or None, max_selected_items=MOST_LISTED)
    blocks += [
        _list("channels", "Channels I work in", "All of them where none is named. Direct messages always.", channels),
        _list("people", "People I work for", "Everybody where nobody is named.", people),
        _choice("guests", "What I do for guests", reaches, setting.guests.value),
        _choice("strangers", "What I do for other organisations", reaches, setting.strangers.value),
    ]
    view = View(
        type="modal",
        callback_id=MODAL,
        title=PlainTextObject(text="Settings"),
        submit=PlainTextObject(text="Save"),
        close=PlainTextObject(text="Cancel"),
        private_metadata=json.dumps({"channel": channel_id}),
        blocks=blocks,
    )
    return view.to_dict()


def _choice(name: str, label: str, choices: Mapping[str, str], now: str) -> InputBlock:
    options = [Option(value=value, text=PlainTextObject(text=text)) for value, text in choices.items()]
    initial = next(option for option in options if option.value == now)
    element = StaticSelectElement(action_id=name, options=options, initial_option=initial)
    return InputBlock(block_id=name, label=PlainTextObject(text=label), element=element)


def _list(name: str, label: str, hint: str, element: InputInteractiveElement) -> InputBlock:
    return InputBlock(
        block_id=name,
        label=PlainTextObject(text=label),
        hint=PlainTextObject(text=hint),
        element=element,
        optional=True,
    )


def chosen(state: Json, metadata: str) -> Chosen:
    """What a submitted dialog says; `ValueError` for one that is not ours."""
    here = picked_in(state, "here")
    setting = TalkSetting(
        policy=Policy(picked_in(state, "policy")),
        channels=_several(state, "channels", "selected_conversations"),
        people=_several(state, "people", "selected_users"),
        guests=Reach(picked_in(state, "guests")),
        strangers=Reach(picked_in(state, "strangers")),
    )
    channel = json.loads(metadata).get("channel")
    return Chosen(setting, channel, None if here in ("", AS_WORKSPACE) else Policy(here))


def _several(state: Json, name: str, key: str) -> tuple[str, ...]:
    found = field_in(state, name).get(key)
    listed: Sequence[Any] = found if isinstance(found, list) else ()
    return tuple(one for one in listed if isinstance(one, str))[:MOST_LISTED]
