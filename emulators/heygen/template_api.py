"""Routes of templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulators.heygen import template_models as models
from emulators.heygen import templates
from emulators.heygen.billing import units
from emulators.heygen.operations import Call, Operation, page
from emulators.heygen.prices import TEMPLATE
from emulators.heygen.templates import Template
from emulators.heygen.views import video_view

if TYPE_CHECKING:
    from emulators.heygen import HeyGenEmulator

TEMPLATE_ID = "/v3/templates/{template_id}"


class TemplateApi:
    """Handlers over one emulator's templates."""

    def __init__(self, emulator: HeyGenEmulator) -> None:
        self._emulator = emulator

    def operations(self) -> list[Operation]:
        """The routes."""
        return [
            Operation("GET", "/v3/templates", self.templates, query=frozenset({"limit", "token"})),
            Operation("GET", TEMPLATE_ID, self.template),
            Operation("POST", TEMPLATE_ID, self.generate, models.GENERATE, keyed=True),
        ]

    async def templates(self, call: Call) -> dict[str, Any]:
        """The account's templates."""
        own = [one for one in self._emulator.templates.values() if one.account == call.account.name]
        return page(own, call, templates.summary_view)

    async def template(self, call: Call) -> dict[str, Any]:
        """One template with its variables."""
        return {"data": templates.template_view(self._template(call))}

    async def generate(self, call: Call) -> dict[str, Any]:
        """Accept a video with other things in the template's places."""
        body: models.GenerateFromTemplate = call.body
        template = self._template(call)
        templates.check(template, body, self._emulator.means(call.account))
        await self._emulator.pass_gate()
        seconds = templates.spoken_seconds(template, body)
        fields = body.model_dump(include={"title", "folder_id", "callback_url", "callback_id"})
        fields |= {"caption": {"style": None} if body.caption else None, "template": template.id}
        fields |= {"gif": body.include_gif, "variables": body.model_dump(mode="json")["variables"]}
        job = self._emulator.jobs.submit(
            call.account, "video", fields, seconds=seconds, price=units(seconds * TEMPLATE), key=call.key
        )
        return {"data": video_view(job, self._emulator.links, propagated=False)}

    def _template(self, call: Call) -> Template:
        return templates.find(self._emulator.templates, call.account.name, call.path["template_id"])
