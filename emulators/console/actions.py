"""What the page can do beside what people do in Slack: time passing at HeyGen, things going wrong, starting over.

Each action takes the request's JSON object and gives one back; `BadRequestError` and `CannotDoError` say why not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from emulators.console import requests
from emulators.console.composer import encode
from emulators.console.leads import lead_list
from emulators.console.parties import Parties
from emulators.console.requests import BadRequestError, words
from emulators.console.slack_actions import SlackActions
from emulators.console.slack_view import names
from emulators.console.trouble import TROUBLES, calm
from emulators.openai import Liar

Json = dict[str, Any]
Action = Callable[[Json], Awaitable[Json]]


class Actions:
    """The page's actions on the three emulators."""

    def __init__(self, parties: Parties) -> None:
        self._parties = parties

    def by_path(self) -> dict[str, Action]:
        """Every action under its path below `/api/`."""
        return {
            **SlackActions(self._parties.slack).by_path(),
            "heygen/advance": self.advance,
            "heygen/finish": self.finish,
            "heygen/expire": self.expire,
            "heygen/speed": self.speed,
            "heygen/top_up": self.top_up,
            "model": self.model,
            "fault": self.fault,
            "fault/clear": self.clear_faults,
            "trouble": self.trouble,
            "leads": self.leads,
            "reset": self.reset,
        }

    async def leads(self, body: Json) -> Json:
        """Post a list of `count` people as a file, with what a person says to it."""
        slack = self._parties.slack
        text = encode(words(body, "text", limit=requests.TEXT_LIMIT), names(slack))
        count = int(requests.number(body, "count", low=1, high=requests.MOST_LEADS))
        files = [("leads.csv", lead_list(count))]
        return {"ts": slack.say(words(body, "user"), words(body, "channel"), text, files=files)}

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
        wanted = requests.fault(body, [name for name in emulators if name not in self._parties.real])
        emulators[wanted.party].fail(wanted.kind, wanted.path, **wanted.options)
        return {}

    async def trouble(self, body: Json) -> Json:
        """Begin a trouble of `TROUBLES` by its `name`."""
        found = TROUBLES.get(words(body, "name"))
        if found is None:
            raise BadRequestError(f"name must be one of {', '.join(TROUBLES)}.")
        found(self._parties)
        return {}

    async def clear_faults(self, _body: Json) -> Json:
        """Disarm every fault, and end every trouble."""
        for emulator in self._parties.by_name().values():
            emulator.faults.clear()
        calm(self._parties)
        return {}

    async def reset(self, _body: Json) -> Json:
        """Empty all three services. The app keeps what it remembers."""
        self._parties.reset()
        return {}
