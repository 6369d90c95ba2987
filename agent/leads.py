"""The tool that makes one personal video for each of many people: named, in a pasted list, a CSV, or the CRM.

What a list holds are data: its rows are read by rules, whatever the model thinks of them, and whoever sent it has to
look at the card before anything is paid for.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from pydantic import Field

from agent.batches import LARGEST
from agent.columns import Unmapped
from agent.conversation import message_text
from agent.crm import EVERYBODY, Crm, NoCrm, table_of
from agent.foreign import harmless
from agent.lead_rows import Lead, Leads, leads_of, people_of
from agent.making import SCRIPT_LIMIT
from agent.ordering import TITLE_LIMIT, BatchItem, BatchOrder, Ordering
from agent.ports import Accounts, Files, TurnStore
from agent.premade import Premade, Templates
from agent.presenters import Presenter, Presenters
from agent.records import JobKind, Json, Source, TurnRecord
from agent.request import ATTACHED, CUT, PASTED
from agent.spending import Spending
from agent.tables import LARGEST_BYTES, Table, read_csv, read_lines
from agent.templates import Template, plain, read_template
from agent.tool_calls import Failed, Outcome, TryAgain
from agent.toolbox import Arguments, CallContext, Effect, ToolSpec

NAMED_MOST = 50  # people whom a message names one by one; more are a list
SHOWN_PROBLEMS = 20  # rows that are left out and told on the card; the rest is counted
TOLD_PROBLEMS = 4  # in one sentence
COLUMN_LIMIT = 40
_ASKING = re.compile(r"\b(?:make|create|please|videos?|intros?|clips?)\b", re.IGNORECASE)
_LISTED = re.compile(r"[,;\t|]")


class Person(Arguments):
    """One person whom the message names."""

    name: str = Field(description="The name as the person wrote it.", min_length=1)
    company: str | None = Field(default=None, description="The company as the person wrote it, or null.")


class Column(Arguments):
    """Where the words for a placeholder stand."""

    placeholder: str = Field(description="Such as name.")
    column: str = Field(description="The name of the column in the list.")


class LeadsArguments(Arguments):
    """Arguments of `create_videos`."""

    script: str | None = Field(
        description="What every video says, with {name}, {company} or {any column of the list} where they differ. "
        "The person's own words if they gave any; else write two or three friendly sentences. Null with a template.",
    )
    template: str | None = Field(
        default=None, description="Name of the HeyGen template to use, if the person named one; else null."
    )
    people: list[Person] | None = Field(
        default=None, description="The people, if the message names them in its sentences; else null.", min_length=1
    )
    file: str | None = Field(default=None, description="Handle of the attached CSV, such as F1, or null.")
    pasted: bool = Field(
        default=False, description="True if the message holds a pasted list or table, which the runtime reads itself."
    )
    crm: str | None = Field(
        default=None,
        description="If the people are leads or contacts in the CRM: the tag that the person named, or all. Else null.",
    )
    columns: list[Column] | None = Field(
        default=None, description="Only for placeholders that are not called like a column of the list; else null."
    )
    avatar: str | None = Field(default=None, description="Name of the avatar if the person named one; else null.")
    voice: str | None = Field(default=None, description="Name of the voice if the person named one; else null.")
    title: str | None = Field(default=None, description="A short title for the card, or null.")

    @property
    def holds_a_list(self) -> bool:
        """Whether the people stand in something that others may have written."""
        return self.file is not None or self.crm is not None or self.pasted

    @property
    def source(self) -> str | None:
        """What the people stand in, for the card; None for those that the message names."""
        if self.crm is not None:
            return "the CRM"
        return "the attached list" if self.file is not None else "the pasted list" if self.pasted else None


@dataclass(frozen=True, slots=True)
class _Checked:
    """A request as far as it can be checked for free. Who speaks is a presenter or stands in a template of HeyGen's."""

    template: Template
    leads: Leads
    speaker: Presenter | Premade

    @property
    def kind(self) -> JobKind:
        """What kind of work each video is."""
        return JobKind.VIDEO if isinstance(self.speaker, Presenter) else JobKind.TEMPLATE

    def common(self) -> Json:
        """What all videos have in common, for people."""
        if isinstance(self.speaker, Presenter):
            return self.speaker.arguments()
        return {"template_id": self.speaker.id, "template_name": self.speaker.name}

    def arguments(self, lead: Lead) -> Json:
        """What makes the video for one person."""
        if isinstance(self.speaker, Presenter):
            return {"script": self.template.fill(lead.values), **self.speaker.arguments()}
        named = {name: lead.values.get(plain(name)) for name in self.speaker.texts}
        return self.speaker.arguments({name: value for name, value in named.items() if value is not None})


class LeadVideos:
    """The tool. One per process."""

    def __init__(
        self,
        *,
        turns: TurnStore,
        accounts: Accounts,
        files: Files,
        presenters: Presenters,
        templates: Templates,
        ordering: Ordering,
        spending: Spending,
        crm: Crm | None = None,
    ) -> None:
        self._turns = turns
        self._accounts = accounts
        self._files = files
        self._presenters = presenters
        self._templates = templates
        self._ordering = ordering
        self._spending = spending
        self._crm = crm or NoCrm()

    def tools(self) -> list[ToolSpec]:
        """The tool specifications."""
        return [
            ToolSpec(
                name="create_videos",
                purpose="Make one personal avatar video for each of several people: those whom the message names, a "
                "pasted list, an attached CSV, or leads in the CRM. Costs money. Put everybody into one call. The "
                "runtime shows what it costs, makes one as a sample where that is wise, and posts the results.",
                arguments=LeadsArguments,
                effect=Effect.SUBMIT,
                run=self.create,
                taints=lambda arguments: isinstance(arguments, LeadsArguments) and arguments.holds_a_list,
            )
        ]

    async def create(self, context: CallContext, arguments: LeadsArguments) -> Outcome:
        """Check everything that can be checked for free, then write all of it down at once."""
        if written := await self._ordering.written(context):
            return written
        account_id = await self._accounts.account_id(context.turn.workspace_id)
        speaker = await self._speaker(account_id, arguments, context.turn)
        if isinstance(speaker, TryAgain | Failed):
            return speaker
        checked = await self._checked(context.turn, speaker, arguments)
        if not isinstance(checked, _Checked):
            return checked
        source = arguments.source
        title = await self._ordering.title(context, arguments.title, _title(checked.leads, source))
        order = self._order(account_id, checked, title, source)
        if busy := await self._ordering.batch_under_way(context.turn.conversation_id, order):
            return busy
        asked = await self._asked(context, checked, holds_a_list=arguments.holds_a_list)
        return await self._ordering.place_batch(context, order, asked=asked, untrusted=arguments.holds_a_list)

    # -- checking ----------------------------------------------------------------------------------------------

    async def _speaker(
        self, account_id: str, arguments: LeadsArguments, turn: TurnRecord
    ) -> Presenter | Premade | TryAgain | Failed:
        """Who says it: an avatar with a script, or whoever speaks in a template of HeyGen's."""
        if arguments.template is not None:
            return await self._templates.find(account_id, arguments.template)
        return await self._presenters.choose(account_id, arguments.avatar, arguments.voice, turn)

    async def _checked(
        self, turn: TurnRecord, speaker: Presenter | Premade, arguments: LeadsArguments
    ) -> _Checked | TryAgain | Failed:
        given = (arguments.people is not None, arguments.file is not None, arguments.crm is not None, arguments.pasted)
        if sum(given) != 1:
            hint = "Give exactly one of people, file, crm and pasted."
            return TryAgain("which_list", "For whom? I need names, a pasted list, or a CSV file.", hint)
        script = speaker.words if isinstance(speaker, Premade) else arguments.script or ""
        template = read_template(script)
        if template is None:
            return TryAgain("broken_script", "A brace in the script is left open.", "Write {name} and the like.")
        if not template.fixed_words.strip() or len(script) > SCRIPT_LIMIT:
            return TryAgain("script_length", f"A script has 1 to {SCRIPT_LIMIT} characters beside its names.")
        leads = await self._leads(turn, template, arguments)
        if isinstance(leads, TryAgain | Failed):
            return leads
        if not template.names and len(leads.people) > 1:
            return TryAgain(
                "not_personal", "Every video would say the same.", "Put {name} or another placeholder into the script."
            )
        return _Checked(template, leads, speaker)

    async def _leads(
        self, turn: TurnRecord, template: Template, arguments: LeadsArguments
    ) -> Leads | TryAgain | Failed:
        """The people, or what is wrong with all of them."""
        proposals = {plain(one.placeholder): one.column for one in arguments.columns or ()}
        if arguments.people is not None:
            if len(arguments.people) > NAMED_MOST:
                return TryAgain("too_many_people", f"At most {NAMED_MOST} can be named.", "Ask for them as a CSV file.")
            table = None
            found = people_of([(one.name, one.company or "") for one in arguments.people], template)
        else:
            read = await self._table(turn, arguments)
            if not isinstance(read, Table):
                return read
            table = read
            found = await asyncio.to_thread(leads_of, table, template, proposals)
        if isinstance(found, Unmapped):
            return _no_column(found, table)
        if table is None and found.problems:
            return TryAgain("people", _some(found.problems).replace("Row", "Person"), "Ask the person.")
        return found if found.people else Failed("no_rows", f"No row can be used. {_some(found.problems)}")

    async def _table(self, turn: TurnRecord, arguments: LeadsArguments) -> Table | TryAgain:
        """The list, read away from the event loop; `SourceRefused` for what is none."""
        if arguments.crm is not None:
            tag = None if arguments.crm.strip().casefold() in ("", EVERYBODY) else arguments.crm
            return table_of(await self._crm.contacts(tag=tag, most=LARGEST))
        if arguments.file is not None:
            file_id = await self._turns.resolve_source(turn.conversation_id, arguments.file.strip().upper())
            if file_id is None or file_id.lower().startswith(("http://", "https://")):
                return TryAgain("unknown_file", "I need the CSV itself.", "Ask the person to attach it here.")
            data = await self._bytes(turn.workspace_id, file_id)
            return await asyncio.to_thread(partial(read_csv, data, most_rows=LARGEST))
        items = await self._turns.items(turn.conversation_id)
        own = [item for item in items if item.turn_id == turn.id and item.source is Source.USER]
        message = "\n".join(message_text(item.body) for item in own)
        if (text := pasted_list(message)) is None:
            return TryAgain("no_list", "I see no list in the message.", "Ask the person to paste it or attach a CSV.")
        if CUT in message:
            return TryAgain("long_list", "That list is too long for a message.", "Ask for it as a CSV file.")
        return await asyncio.to_thread(partial(read_lines, text, most_rows=LARGEST))

    async def _bytes(self, workspace_id: str, file_id: str) -> bytes:
        async with self._files.open(workspace_id, file_id, largest=LARGEST_BYTES) as file:
            return b"".join([chunk async for chunk in file.chunks()])

    # -- asking ------------------------------------------------------------------------------------------------

    def _order(self, account_id: str, checked: _Checked, title: str, source: str | None) -> BatchOrder:
        leads = checked.leads
        common: Json = {"template": checked.template.text, **checked.common()}
        if source is not None:
            common |= {"from": source, "columns": dict(leads.columns)}
        if leads.problems:
            common |= {"left_out": list(leads.problems[:SHOWN_PROBLEMS]), "left_out_count": len(leads.problems)}
        return BatchOrder(
            kind=checked.kind,
            account_id=account_id,
            title=title,
            arguments=common,
            members=tuple(_item(one, checked) for one in leads.people),
            sampled=source is not None,
        )

    async def _asked(self, context: CallContext, checked: _Checked, *, holds_a_list: bool) -> bool:
        """Whether the person's own words name everybody, and nobody else can have written what will be said."""
        if holds_a_list:
            return False
        words = (await self._spending.words_of(context.turn)).casefold()
        people = checked.leads.people
        named = all(_said(part, words) for one in people for part in (one.name, one.company) if part)
        if not named or not await self._turns.mixed(context.turn.id):
            return named
        return " ".join(checked.template.fixed_words.casefold().split()) in " ".join(words.split())


def _item(lead: Lead, checked: _Checked) -> BatchItem:
    who = {"name": lead.name, "company": lead.company}
    asked: Json = {
        **checked.arguments(lead),
        "row": lead.row,
        "values": {name: value for name, value in who.items() if value},
    }
    return BatchItem(lead.label, f"Video for {lead.label}", asked)


def pasted_list(text: str) -> str | None:
    """The list in a message: its pasted block, or the lines that have the same signs between their cells."""
    if block := PASTED.search(text):
        inside = block.group().strip("`").strip()
        return inside or None
    lines = [line.strip(" -*•") for line in text.splitlines() if not line.startswith(ATTACHED)]
    runs: list[list[str]] = [[]]
    for line in lines:
        if _LISTED.search(line) and not line.endswith((".", ":", "?")) and not _ASKING.search(line):
            runs[-1].append(line)
        elif runs[-1]:
            runs.append([])
    longest = max(runs, key=len)
    return "\n".join(longest) if len(longest) > 1 else None


def _title(leads: Leads, source: str | None) -> str:
    """By whom the videos are for, as far as the person has named them; a list's words are no title."""
    count, first = len(leads.people), leads.people[0].label
    if source is not None:
        return f"{count} videos from {source}" if count > 1 else f"A video from {source}"
    if count == 1:
        return f"Video for {first}"[:TITLE_LIMIT]
    last = leads.people[1].label if count == 2 else f"{count - 1} others"
    return f"Videos for {first} and {last}"[:TITLE_LIMIT]


def _no_column(found: Unmapped, table: Table | None) -> TryAgain:
    names = [harmless(column, COLUMN_LIMIT) for column in table.columns] if table else ["name", "company"]
    if found.proposed is not None:
        message = f"The list has no column that is called as proposed for {{{found.placeholder}}}."
    else:
        message = f"The list has no column for {{{found.placeholder}}}."
    hint = "Use placeholders that are columns, propose others in columns, or ask the person."
    return TryAgain("missing_column", message, hint, names)


def _some(problems: Sequence[str]) -> str:
    more = f" … and {len(problems) - TOLD_PROBLEMS} more." if len(problems) > TOLD_PROBLEMS else ""
    return " ".join(problems[:TOLD_PROBLEMS]) + more


def _said(part: str, words: str) -> bool:
    """Whether a name stands in somebody's words, as a word of its own where the script parts words."""
    plain_part = " ".join(part.casefold().split())
    if plain_part.isascii():
        return bool(re.search(rf"(?<!\w){re.escape(plain_part)}(?!\w)", " ".join(words.split())))
    return plain_part in " ".join(words.split())
