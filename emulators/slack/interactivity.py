"""People pressing, choosing, submitting and commanding: each act is one request, or envelope, to the app."""

from __future__ import annotations

import json
import time
from typing import Any, Literal
from urllib.parse import urlencode

from emulators.base import Journal
from emulators.slack import inputs, manifest, payloads, responses
from emulators.slack.chat import show_privately
from emulators.slack.delivery import Answer, Poster, sign
from emulators.slack.errors import CannotDoError, Refusal
from emulators.slack.events import view_payload
from emulators.slack.reading import Reading
from emulators.slack.sockets import Sockets
from emulators.slack.state import Json, Message, User, View
from emulators.slack.views import accept_view, push_view, replace_view

FORM = "application/x-www-form-urlencoded"
SLACKBOT = "USLACKBOT"
TROUBLE = "We had some trouble connecting. Try again?"
Forgery = Literal["bad_signature", "missing", "stale", "future", "not_a_number", "other_secret"]


class Interactions(Reading):
    """The acts of people that wait for the app's answer. Mixed into `SlackEmulator`."""

    poster: Poster
    sockets: Sockets
    journal: Journal
    events_url: str
    interactivity_url: str
    commands_url: str

    # --- commands and shortcuts ----------------------------------------------------------------------------

    async def command(self, user: str, channel: str, command: str, text: str = "") -> Answer:
        """Type a slash command; shows the acknowledgement's text, or Slack's error when there was none."""
        person = self.workspace.person(user)
        place = self.workspace.place(channel, person)
        text = self._as_sent(command, text)
        fields = payloads.slash_command(self.workspace, person, place, command, text)
        answer = await self._command(fields)
        if answer.ok:
            if answer.body:
                responses.show_acknowledgement(self.workspace, person.id, place.id, answer.body)
        else:
            error = "operation_timeout" if answer.reason in ("http_timeout", "timeout") else "dispatch_failed"
            self._slackbot(person, place.id, f"{command} failed with the error “{error}”")
        self.journal.wake()
        return answer

    def _as_sent(self, command: str, text: str) -> str:
        """A command's text as the app gets it."""
        grant = self.workspace.grant
        if grant is None:
            return text
        if command not in grant.commands:
            raise CannotDoError(f"the app has no command {command}")
        return manifest.escaped(self.workspace, text) if grant.commands[command] else text

    async def _command(self, fields: dict[str, str]) -> Answer:
        if self.workspace.socket_mode:
            return await self.sockets.deliver("slash_commands", dict(fields), accepts=True)
        return await self.poster.post(self.commands_url, urlencode(fields).encode(), FORM)

    def _slackbot(self, person: User, channel: str, text: str) -> None:
        note = Message(channel, self.workspace.next_ts(), SLACKBOT, text)
        show_privately(self.workspace, note, person.id)

    async def shortcut(self, user: str, callback_id: str, channel: str | None = None, ts: str | None = None) -> Answer:
        """Use a global shortcut, or a message's when `channel` and `ts` are given."""
        person = self.workspace.person(user)
        message = self._reader(user, channel, ts)[1] if channel and ts else None
        if message is not None and message.visible_to is not None:
            raise CannotDoError("a private message has no shortcuts")
        grant, kind = self.workspace.grant, "global" if message is None else "message"
        if grant is not None and grant.shortcuts.get(callback_id) != kind:
            raise CannotDoError(f"the app has no {kind} shortcut {callback_id}")
        return await self._interact(payloads.shortcut(self.workspace, person, callback_id, message))

    async def _interact(self, payload: Json) -> Answer:
        if self.workspace.socket_mode:
            answer = await self.sockets.deliver("interactive", payload, accepts=True)
        else:
            body = urlencode({"payload": json.dumps(payload)}).encode()
            answer = await self.poster.post(self.interactivity_url, body, FORM)
        self.journal.wake()
        return answer

    # --- messages ------------------------------------------------------------------------------------------

    async def click(self, user: str, channel: str, ts: str, action_id: str, value: str | None = None) -> Answer:
        """Press a button of a message, private ones included; `value` tells equal action ids apart."""
        person, message = self._reader(user, channel, ts)
        block, element = inputs.find_element(message.blocks, action_id, value)
        self._check_sight(person, element)
        return await self._act_on(person, message, block, element, inputs.pressed(element, value))

    def confirm_dialog(self, user: str, channel: str, ts: str, action_id: str, value: str | None = None) -> Json | None:
        """The dialog that asks before a press counts, None without one. Who denies sends nothing: do not `click`."""
        _, message = self._reader(user, channel, ts)
        return inputs.find_element(message.blocks, action_id, value)[1].get("confirm")

    async def select(self, user: str, channel: str, ts: str, action_id: str, value: Any) -> Answer:
        """Choose `value` (an option's value or label, a list for multi-selects) in a message."""
        person, message = self._reader(user, channel, ts)
        block, element = inputs.find_element(message.blocks, action_id)
        choice = inputs.chosen(element, value)
        values = message.options.setdefault("values", {})
        values.setdefault(block["block_id"], {})[action_id] = {"type": element["type"], **choice}
        return await self._act_on(person, message, block, element, inputs.told_of_choice(element, choice))

    def _reader(self, user: str, channel: str, ts: str) -> tuple[User, Message]:
        person = self.workspace.person(user)
        message = self.message(channel, ts)
        if message.visible_to not in (None, person.id):
            raise CannotDoError(f"{user} cannot see this message")
        if person.id not in self.workspace.channels[message.channel].members:
            raise CannotDoError(f"{user} is not in this channel")
        return person, message

    def _check_sight(self, person: User, element: Json) -> None:
        if person.id not in element.get("visible_to_user_ids", [person.id]):
            raise CannotDoError(f"{person.name} cannot see {element['action_id']}")

    async def _act_on(self, person: User, message: Message, block: Json, element: Json, what: Json) -> Answer:
        action = self._action(block, element, what)
        values = inputs.kept_values(message.blocks, message.options.get("values", {}))
        return await self._interact(payloads.message_action(self.workspace, person, message, action, values))

    def _action(self, block: Json, element: Json, what: Json) -> Json:
        names = {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
        return {**names, **what, "action_ts": self.workspace.next_ts()}

    # --- views ---------------------------------------------------------------------------------------------

    def view(self, view_id: str) -> View:
        """An open modal, or a person's Home tab, by its id."""
        home = next((home for home in self.workspace.homes.values() if home.id == view_id), None)
        if (view := self.workspace.views.get(view_id) or home) is None:
            raise CannotDoError(f"no view {view_id}")
        return view

    async def click_view(self, user: str, view_id: str, action_id: str, value: str | None = None) -> Answer:
        """Press a button in a modal or the Home tab."""
        person, view = self._viewer(user, view_id)
        block, element = inputs.find_element(view.body["blocks"], action_id, value)
        action = self._action(block, element, inputs.pressed(element, value))
        return await self._interact(payloads.view_action(self.workspace, person, view, action))

    async def select_view(self, user: str, view_id: str, action_id: str, value: Any) -> Answer:
        """Choose `value` in a modal or the Home tab; the app hears of it at once."""
        person, view = self._viewer(user, view_id)
        block, element = inputs.find_element(view.body["blocks"], action_id)
        choice = inputs.chosen(element, value)
        view.values.setdefault(block["block_id"], {})[action_id] = {"type": element["type"], **choice}
        action = self._action(block, element, inputs.told_of_choice(element, choice))
        return await self._interact(payloads.view_action(self.workspace, person, view, action))

    def _viewer(self, user: str, view_id: str) -> tuple[User, View]:
        person, view = self.workspace.person(user), self.view(view_id)
        if view.user != person.id:
            raise CannotDoError(f"this view is not on {user}'s screen")
        return person, view

    async def submit_view(self, user: str, view_id: str, values: Json | None = None) -> Answer:
        """Fill in inputs (by action id or block id) and submit a modal; the answer decides what stays open."""
        person, view = self._viewer(user, view_id)
        self._fill(view, values or {})
        answer = await self._interact(payloads.submission(self.workspace, person, view))
        if answer.ok:
            self._after_submission(view, answer.body or {})
        else:
            view.errors = {"": TROUBLE}
        self.journal.wake()
        return answer

    def fill_view(self, user: str, view_id: str, values: Json) -> None:
        """Fill in inputs (by action id or block id) without submitting; the next act in the view tells them."""
        _, view = self._viewer(user, view_id)
        self._enter(view, values)

    def _enter(self, view: View, values: Json) -> list[Json]:
        blocks = [block for block in view.body["blocks"] if block["type"] == "input"]
        names = {block["block_id"] for block in blocks} | {block["element"]["action_id"] for block in blocks}
        if unknown := set(values) - names:
            raise CannotDoError(f"no inputs {sorted(unknown)}, only {sorted(names)}")
        for block in blocks:
            element = block["element"]
            given = [values[name] for name in (block["block_id"], element["action_id"]) if name in values]
            if given:
                view.values[block["block_id"]][element["action_id"]].update(inputs.chosen(element, given[0]))
        return blocks

    def _fill(self, view: View, values: Json) -> None:
        for block in self._enter(view, values):
            element = block["element"]
            state = view.values[block["block_id"]][element["action_id"]]
            if not block.get("optional") and not any(v for k, v in state.items() if k != "type"):
                raise CannotDoError(f"the input {element['action_id']} must be filled in")
            if problem := inputs.complaint(element, state):
                raise CannotDoError(f"the input {element['action_id']} {problem}")

    def _after_submission(self, view: View, body: Any) -> None:
        if not isinstance(body, dict):
            raise Refusal("invalid_response")
        match body.get("response_action"):
            case None:
                self.workspace.views.pop(view.id, None)
            case "clear":
                self._clear(view)
            case "errors":
                self._show_errors(view, body.get("errors"))
            case "update":
                replace_view(self.workspace, view, accept_view(self.workspace, body.get("view"), "modal"))
            case "push":
                push_view(self.workspace, view, accept_view(self.workspace, body.get("view"), "modal"))
            case other:
                raise Refusal("invalid_response", [f"[ERROR] unknown response_action {other}"])

    def _clear(self, view: View) -> None:
        views = self.workspace.views
        self.workspace.views = {id_: other for id_, other in views.items() if other.root_id != view.root_id}

    def _show_errors(self, view: View, errors: Any) -> None:
        known = {block["block_id"] for block in view.body["blocks"] if block["type"] == "input"}
        if not isinstance(errors, dict) or not errors or not set(errors) <= known:
            raise Refusal("invalid_response", [f"[ERROR] errors must name input blocks of {sorted(known)}"])
        view.errors = errors

    async def close_view(self, user: str, view_id: str) -> Answer | None:
        """Close a modal; the app hears of it when the view asked for that."""
        person, view = self._viewer(user, view_id)
        if view.body.get("clear_on_close"):
            self._clear(view)
        self.workspace.views.pop(view.id, None)
        self.journal.wake()
        if not view.body.get("notify_on_close"):
            return None
        return await self._interact(payloads.closing(self.workspace, person, view))

    async def suggest(self, user: str, view_id: str, action_id: str, query: str) -> Answer:
        """Type into an external select of a view; the answer's body holds the options."""
        person, view = self._viewer(user, view_id)
        block, element = inputs.find_element(view.body["blocks"], action_id)
        if "external" not in element["type"]:
            raise CannotDoError(f"{action_id} is no external select")
        payload = payloads.suggestion(self.workspace, person, block["block_id"], action_id, query)
        return await self._interact({**payload, "view": view_payload(self.workspace, view)})

    # --- the connection itself -----------------------------------------------------------------------------

    async def url_verification(self) -> Answer:
        """What Slack does when the events URL is saved; the app must give the challenge back."""
        challenge = self.workspace.new_id("", 32)
        body = {"type": "url_verification", "token": "emulated-verification-token", "challenge": challenge}
        answer = await self.poster.post(self.events_url, json.dumps(body).encode(), "application/json")
        told = answer.body.get("challenge") if isinstance(answer.body, dict) else answer.body
        if answer.ok and told != challenge:
            answer.reason = "challenge_failed"
        return answer

    async def forge(self, kind: Forgery = "bad_signature", body: Json | None = None) -> Answer:
        """Send the events URL a request that Slack would never send."""
        raw = json.dumps(body or {"type": "event_callback", "event": {"type": "message"}}).encode()
        now = int(time.time())
        timestamps = {"stale": str(now - 3600), "future": str(now + 3600), "not_a_number": "yesterday"}
        timestamp = timestamps.get(kind, str(now))
        secret = "not-the-secret" if kind == "other_secret" else self.workspace.signing_secret
        signature = "v0=" + "0" * 64 if kind == "bad_signature" else sign(secret, timestamp, raw)
        if kind == "missing":
            timestamp = signature = ""
        headers = {"x-slack-request-timestamp": timestamp, "x-slack-signature": signature}
        return await self.poster.post(self.events_url, raw, "application/json", **headers)
