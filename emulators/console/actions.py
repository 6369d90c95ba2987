"""What the page can do: people acting in Slack, time passing at HeyGen, things going wrong, starting over.

Each action takes the request's JSON object and gives one back; `BadRequestError` and `CannotDoError` say why not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from emulators.console import requests
from emulators.console.composer import encode
from emulators.console.parties import Parties
from emulators.console.requests import BadRequestError, words
from emulators.console.slack_view import names
from emulators.openai import Liar
from emulators.slack import Answer

Json = dict[str, Any]
Action = Callable[[Json], Awaitable[Json]]


class Actions:
    """The page's actions on the three emulators."""

    def __init__(self, parties: Parties) -> None:
        self._parties = parties

    def by_path(self) -> dict[str, Action]:
        """Every action under its path below `/api/`."""
        return {
            "say": self.say,
            "command": self.command,
            "click": self.click,
            "select": self.select,
            "stop": self.stop,
            "view/submit": self.submit_view,
            "view/close": self.close_view,
            "view/click": self.click_view,
            "view/select": self.select_view,
            "heygen/advance": self.advance,
            "heygen/finish": self.finish,
            "heygen/expire": self.expire,
            "heygen/speed": self.speed,
            "heygen/top_up": self.top_up,
            "model": self.model,
            "fault": self.fault,
            "fault/clear": self.clear_faults,
            "reset": self.reset,
        }

    # -- people in Slack ---------------------------------------------------------------------------------------

    async def say(self, body: Json) -> Json:
        """Post what a person typed, encoded as their client would."""
        slack = self._parties.slack
        text = encode(words(body, "text", limit=requests.TEXT_LIMIT), names(slack))
        return {"ts": slack.say(words(body, "user"), words(body, "channel"), text, _thread(body))}

    async def command(self, body: Json) -> Json:
        """Type a slash command; what it answers shows up in the channel."""
        text = words(body, "text", limit=requests.TEXT_LIMIT, default="")
        name = words(body, "command", default="/heygen")
        return _answered(await self._parties.slack.command(words(body, "user"), words(body, "channel"), name, text))

    async def click(self, body: Json) -> Json:
        """Press a button; `value` tells two buttons with the same action id apart."""
        user, channel, ts, action_id = (words(body, name) for name in ("user", "channel", "ts", "action_id"))
        value = words(body, "value", limit=requests.TEXT_LIMIT, default="") or None
        return _answered(await self._parties.slack.click(user, channel, ts, action_id, value))

    async def select(self, body: Json) -> Json:
        """Choose an option of a menu."""
        user, channel, ts, action_id = (words(body, name) for name in ("user", "channel", "ts", "action_id"))
        return _answered(await self._parties.slack.select(user, channel, ts, action_id, words(body, "value")))

    async def stop(self, body: Json) -> Json:
        """Press the stop button of a thread in which the app is at work."""
        self._parties.slack.press_stop(words(body, "user"), words(body, "channel"), words(body, "thread_ts"))
        return {}

    # -- modals ------------------------------------------------------------------------------------------------

    async def submit_view(self, body: Json) -> Json:
        """Submit a modal with `values` by block id; what the app answers decides what stays open."""
        user, view = words(body, "user"), words(body, "view")
        return _answered(await self._parties.slack.submit_view(user, view, requests.values(body)))

    async def close_view(self, body: Json) -> Json:
        """Close a modal; the app hears of it when it asked for that."""
        answer = await self._parties.slack.close_view(words(body, "user"), words(body, "view"))
        return _answered(answer) if answer else {}

    async def click_view(self, body: Json) -> Json:
        """Press a button in a modal."""
        user, view, action_id = (words(body, name) for name in ("user", "view", "action_id"))
        value = words(body, "value", limit=requests.TEXT_LIMIT, default="") or None
        return _answered(await self._parties.slack.click_view(user, view, action_id, value))

    async def select_view(self, body: Json) -> Json:
        """Choose an option of a menu in a modal."""
        user, view, action_id = (words(body, name) for name in ("user", "view", "action_id"))
        return _answered(await self._parties.slack.select_view(user, view, action_id, words(body, "value")))

    # -- HeyGen's time -----------------------------------------------------------------------------------------

    async def advance(self, body: Json) -> Json:
        """Move HeyGen's clock by `seconds`."""
        self._parties.heygen.advance(requests.number(body, "seconds", low=0, high=requests.LONGEST_ADVANCE))
        return {}

    async def finish(self, body: Json) -> Json:
        """End one job (`job_id`) or all; with `fail`, as failed with that message."""
        heygen = self._parties.heygen
        job_id = words(body, "job_id", default="all")
        if job_id != "all" and job_id not in heygen.state.jobs:
            raise BadRequestError("There is no such job.")
        return {"finished": heygen.finish(job_id, fail=words(body, "fail", default="") or None)}

    async def expire(self, _body: Json) -> Json:
        """Make every link that HeyGen has given out useless."""
        self._parties.heygen.expire_urls()
        return {}

    async def speed(self, body: Json) -> Json:
        """Let jobs go on at another speed."""
        self._parties.heygen.set_speed(requests.speed(body))
        return {}

    async def top_up(self, body: Json) -> Json:
        """Add `amount` USD to the wallet."""
        amount = requests.number(body, "amount", low=0.01, high=requests.MOST_MONEY)
        try:
            self._parties.heygen.top_up(amount)
        except TypeError as error:
            raise BadRequestError(f"{error}.") from error
        return {}

    # -- trouble -----------------------------------------------------------------------------------------------

    async def model(self, body: Json) -> Json:
        """Make the model `gullible` or a `liar`, or end that; what is not named stays."""
        switches = self._parties.openai.switches
        if "gullible" in body:
            switches.gullible = requests.flag(body, "gullible")
        if "liar" in body:
            switches.liar = Liar() if requests.flag(body, "liar") else None
        return {}

    async def fault(self, body: Json) -> Json:
        """Arm a fault at one of the three."""
        emulators = self._parties.by_name()
        wanted = requests.fault(body, list(emulators))
        emulators[wanted.party].fail(wanted.kind, wanted.path, **wanted.options)
        return {}

    async def clear_faults(self, _body: Json) -> Json:
        """Disarm every fault."""
        for emulator in self._parties.by_name().values():
            emulator.faults.clear()
        return {}

    async def reset(self, _body: Json) -> Json:
        """Empty all three services. The app keeps what it remembers."""
        self._parties.reset()
        return {}


def _thread(body: Json) -> str | None:
    return words(body, "thread_ts", default="") or None


def _answered(answer: Answer) -> Json:
    return {"ok": answer.ok, "status": answer.status, "reason": answer.reason}
