"""The tool that makes one video from a template of HeyGen's editor."""

from __future__ import annotations

from pydantic import Field

from agent.making import SCRIPT_LIMIT
from agent.material import Found, Sources
from agent.ordering import TITLE_LIMIT, Order, Ordering
from agent.ports import Accounts
from agent.premade import Premade, Templates
from agent.records import JobKind, Json
from agent.spending import Spending
from agent.tool_calls import Failed, Outcome, TryAgain
from agent.toolbox import Arguments, CallContext, Effect, ToolSpec


class Place(Arguments):
    """What goes into one place."""

    name: str = Field(description="The place's name, such as first_name.", min_length=1)
    value: str = Field(description="The person's own words, or a handle or link for a file.", max_length=SCRIPT_LIMIT)


class TemplateArguments(Arguments):
    """Arguments of `create_from_template`."""

    template: str = Field(description="The template's name as the person called it.", min_length=1)
    places: list[Place] = Field(description="What goes where; places left out stay as they are in the template.")
    title: str | None = Field(default=None, description="A short title for the card, or null.")


class FromTemplate:
    """The tool. One per process."""

    def __init__(
        self, *, accounts: Accounts, templates: Templates, sources: Sources, ordering: Ordering, spending: Spending
    ) -> None:
        self._accounts = accounts
        self._templates = templates
        self._sources = sources
        self._ordering = ordering
        self._spending = spending

    def tools(self) -> list[ToolSpec]:
        """The tool specifications."""
        return [
            ToolSpec(
                name="create_from_template",
                purpose="Make one video from a template of the HeyGen account, with the person's words or files in its "
                "places. Costs money. A wrong name is answered with those there are.",
                arguments=TemplateArguments,
                effect=Effect.SUBMIT,
                run=self.create,
            )
        ]

    async def create(self, context: CallContext, arguments: TemplateArguments) -> Outcome:
        """Find the template and its places, then write the request down and send it."""
        if written := await self._ordering.written(context):
            return written
        account_id = await self._accounts.account_id(context.turn.workspace_id)
        found = await self._templates.find(account_id, arguments.template)
        if not isinstance(found, Premade):
            return found
        asked = await self._filled(context, found, arguments.places)
        if isinstance(asked, TryAgain | Failed):
            return asked
        title = await self._ordering.title(context, arguments.title, found.name[:TITLE_LIMIT])
        order = Order(kind=JobKind.TEMPLATE, account_id=account_id, arguments=asked, labels=(title,), title=title)
        if busy := await self._ordering.under_way(context.turn.conversation_id, order):
            return busy
        return await self._ordering.place(context, order, asked=await self._asked(context, arguments))

    async def _filled(self, context: CallContext, template: Premade, places: list[Place]) -> Json | TryAgain | Failed:
        """The request's arguments; or what does not fit."""
        words: dict[str, str] = {}
        files: Json = {}
        for one in places:
            name = template.place(one.name)
            if name is None:
                message = f"The template has no place {one.name[:60]!r} for words or files."
                return TryAgain("unknown_place", message, "Use its own names, or ask.", template.places)
            if name in template.texts:
                words[name] = one.value
                continue
            file = await self._file(context, template, name, one.value)
            if isinstance(file, TryAgain | Failed):
                return file
            files[name] = file
        if not words and not files and template.places:
            message = "What should go into the template's places?"
            return TryAgain("nothing_to_fill", message, "Ask the person.", template.places)
        asked = template.arguments(words)
        return {**asked, "fills": asked["fills"] | files}

    async def _file(self, context: CallContext, template: Premade, name: str, value: str) -> Json | TryAgain | Failed:
        found = await self._sources.find(context, value, "the file")
        if not isinstance(found, Found):
            return found
        if found.job is not None:
            return TryAgain("not_a_file", f"{found.said} is a job.", "Give a link or a file that was attached here.")
        asset: Json = {"type": "url", "url": found.url} if found.url else {"type": "asset_id"}
        asset |= {} if found.url else {"asset_id": found.asset_id}
        return {"type": template.media[name], "asset": asset}

    async def _asked(self, context: CallContext, arguments: TemplateArguments) -> bool:
        """Whether the template and all that goes into it stand in the person's own words."""
        if context.turn.exact:
            return True
        words = _plain(await self._spending.words_of(context.turn))
        return all(_plain(text) in words for text in (arguments.template, *(one.value for one in arguments.places)))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
