"""People acting in Slack through the page: writing, pressing, choosing, filling in, using menus.

Each action takes the request's JSON object and gives one back; `BadRequestError` and `CannotDoError` say why not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from emulators.console import requests
from emulators.console.composer import encode
from emulators.console.requests import BadRequestError, words
from emulators.console.slack_view import names
from emulators.slack import Answer, SlackEmulator

Json = dict[str, Any]
Action = Callable[[Json], Awaitable[Json]]
MOST_FILES = 10


class SlackActions:
    """What the page does in one emulated workspace."""

    def __init__(self, slack: SlackEmulator) -> None:
        self._slack = slack

    def by_path(self) -> dict[str, Action]:
        """Every action under its path below `/api/`."""
        return {
            "say": self.say,
            "edit": self.edit,
            "delete": self.delete,
            "react": self.react,
            "command": self.command,
            "click": self.click,
            "select": self.select,
            "shortcut": self.shortcut,
            "stop": self.stop,
            "home": self.home,
            "view/submit": self.submit_view,
            "view/close": self.close_view,
            "view/click": self.click_view,
            "view/select": self.select_view,
            "view/suggest": self.suggest,
        }

    # -- messages ----------------------------------------------------------------------------------------------

    async def say(self, body: Json) -> Json:
        """Post what a person typed, encoded as their client would; with `files` (ids) the words may be left out."""
        attached = self._files(body)
        text = words(body, "text", limit=requests.TEXT_LIMIT, default="" if attached else None)
        user, channel = words(body, "user"), words(body, "channel")
        return {"ts": self._slack.say(user, channel, self._encoded(text), _thread(body), attached)}

    async def edit(self, body: Json) -> Json:
        """Change one's own message."""
        text = self._encoded(words(body, "text", limit=requests.TEXT_LIMIT))
        self._slack.edit(words(body, "user"), words(body, "channel"), words(body, "ts"), text)
        return {}

    async def delete(self, body: Json) -> Json:
        """Delete one's own message."""
        self._slack.delete(words(body, "user"), words(body, "channel"), words(body, "ts"))
        return {}

    async def react(self, body: Json) -> Json:
        """Put an emoji, by its `name`, on a message."""
        channel, ts = words(body, "channel"), words(body, "ts")
        self._slack.message(channel, ts)
        self._slack.react(words(body, "user"), channel, ts, words(body, "name"))
        return {}

    def _encoded(self, text: str) -> str:
        return encode(text, names(self._slack))

    def _files(self, body: Json) -> list[str]:
        found = body.get("files", [])
        known = self._slack.workspace.files
        if not isinstance(found, list) or len(found) > MOST_FILES or not all(one in known for one in map(str, found)):
            raise BadRequestError(f"files must be a list of at most {MOST_FILES} ids of uploaded files.")
        return [str(one) for one in found]

    # -- what the app offers -----------------------------------------------------------------------------------

    async def command(self, body: Json) -> Json:
        """Type a slash command; what it answers shows up in the channel."""
        text = words(body, "text", limit=requests.TEXT_LIMIT, default="")
        name = words(body, "command", default="/heygen")
        return _answered(await self._slack.command(words(body, "user"), words(body, "channel"), name, text))

    async def click(self, body: Json) -> Json:
        """Press a button; `value` tells two buttons with the same action id apart."""
        user, channel, ts, action_id = (words(body, name) for name in ("user", "channel", "ts", "action_id"))
        return _answered(await self._slack.click(user, channel, ts, action_id, _button_value(body)))

    async def select(self, body: Json) -> Json:
        """Choose in a menu, a list or a calendar."""
        user, channel, ts, action_id = (words(body, name) for name in ("user", "channel", "ts", "action_id"))
        return _answered(await self._slack.select(user, channel, ts, action_id, requests.choice(body)))

    async def shortcut(self, body: Json) -> Json:
        """Use a shortcut of the app on a message (`channel`, `ts`), or a global one."""
        channel, ts = (words(body, name, default="") or None for name in ("channel", "ts"))
        return _answered(await self._slack.shortcut(words(body, "user"), words(body, "callback_id"), channel, ts))

    async def stop(self, body: Json) -> Json:
        """Press the stop button of a thread in which the app is at work."""
        self._slack.press_stop(words(body, "user"), words(body, "channel"), words(body, "thread_ts"))
        return {}

    async def home(self, body: Json) -> Json:
        """Open the app's Home (or with `tab`, its messages)."""
        tab: Literal["home", "messages"] = "messages" if body.get("tab") == "messages" else "home"
        self._slack.open_home(words(body, "user"), tab)
        return {}

    # -- modals and the Home tab -------------------------------------------------------------------------------

    async def submit_view(self, body: Json) -> Json:
        """Submit a modal with `values` by block id; what the app answers decides what stays open."""
        user, view = words(body, "user"), words(body, "view")
        return _answered(await self._slack.submit_view(user, view, requests.values(body)))

    async def close_view(self, body: Json) -> Json:
        """Close a modal; the app hears of it when it asked for that."""
        answer = await self._slack.close_view(words(body, "user"), words(body, "view"))
        return _answered(answer) if answer else {}

    async def click_view(self, body: Json) -> Json:
        """Press a button in a view; `values` is what stands in its inputs meanwhile."""
        user, view, action_id = self._in_view(body)
        return _answered(await self._slack.click_view(user, view, action_id, _button_value(body)))

    async def select_view(self, body: Json) -> Json:
        """Choose in a view; `values` is what stands in its other inputs."""
        user, view, action_id = self._in_view(body)
        return _answered(await self._slack.select_view(user, view, action_id, requests.choice(body)))

    async def suggest(self, body: Json) -> Json:
        """The options that the app offers for what was typed into an external select (`query`)."""
        user, view, action_id = (words(body, name) for name in ("user", "view", "action_id"))
        query = words(body, "query", default="") if body.get("query") else ""
        answer = await self._slack.suggest(user, view, action_id, query)
        found = answer.body if answer.ok and isinstance(answer.body, dict) else {}
        groups = found.get("option_groups", [])
        options = [*found.get("options", []), *(one for group in groups for one in group["options"])]
        return {**_answered(answer), "options": options}

    def _in_view(self, body: Json) -> tuple[str, str, str]:
        user, view, action_id = (words(body, name) for name in ("user", "view", "action_id"))
        if "values" in body:
            self._slack.fill_view(user, view, requests.values(body))
        return user, view, action_id


def _thread(body: Json) -> str | None:
    return words(body, "thread_ts", default="") or None


def _button_value(body: Json) -> str | None:
    return words(body, "value", limit=requests.TEXT_LIMIT, default="") or None


def _answered(answer: Answer) -> Json:
    return {"ok": answer.ok, "status": answer.status, "reason": answer.reason}
