"""Quotes for paid requests, and whether one may go without a person's click."""

from __future__ import annotations

from agent.conversation import message_text
from agent.money import Quote, Reason, click_needed
from agent.ports import Clock, TurnStore
from agent.records import JobKind, Json, Source, TurnRecord
from agent.request import handles_in, links_given, own_lines, own_words
from agent.schedules import SCHEDULED, Allowances, click_for
from agent.work import Works

APPROVAL_SECONDS = 24 * 3_600.0


class Spending:
    """The rules of one installation. `auto_approve_max` is in micro-dollars, `approval_seconds` how long one waits."""

    def __init__(
        self,
        *,
        turns: TurnStore,
        works: Works,
        clock: Clock,
        auto_approve_max: int,
        approval_seconds: float = APPROVAL_SECONDS,
        allowances: Allowances | None = None,
    ) -> None:
        self._turns = turns
        self._works = works
        self._clock = clock
        self._limit = auto_approve_max
        self._allowances = allowances
        self.approval_seconds = approval_seconds

    async def quote(self, kind: JobKind, arguments: Json) -> Quote:
        """What a request will cost as things are now; `SourceRefused` when its source cannot be used."""
        return await self._works[kind].quote(arguments)

    async def reason(self, turn: TurnRecord, quote: Quote, *, asked: bool, untrusted: bool = False) -> Reason | None:
        """Why this needs a click; None when it may go at once.

        `asked`: the person's own words ask for exactly it. `untrusted`: others may have written what it is about.
        """
        tainted = untrusted or await self._turns.tainted(turn.id)
        needs = click_needed(quote, limit=self._limit, tainted=tainted, asked=asked)
        if needs is None and turn.origin == SCHEDULED:
            return click_for(quote, await self._allowances.left(turn) if self._allowances else 0)
        return needs

    def expires_at(self) -> float:
        """Until when an approval that is asked for now may be given."""
        return self._clock.now() + self.approval_seconds

    async def words_of(self, turn: TurnRecord) -> str:
        """What the person wrote to begin this turn, in their own words only."""
        items = await self._turns.items(turn.conversation_id)
        own = [item for item in items if item.turn_id == turn.id and item.source is Source.USER]
        return "\n".join(own_words(message_text(item.body)) for item in own)

    async def said(self, turn: TurnRecord, script: str) -> bool:
        """Whether these words stand in the person's own: what a model wrote has to be looked at first."""
        if turn.exact:
            return True
        words = await self.words_of(turn)
        return " ".join(script.casefold().split()) in " ".join(words.casefold().split())

    async def gave(self, turn: TurnRecord, source: str, url: str) -> bool:
        """Whether the person has given `source`, a handle or the link `url` itself.

        In a thread where others have written too, their links and files are not this person's: it has to be given in
        the message that asks.
        """
        items = [item for item in await self._turns.items(turn.conversation_id) if item.source is Source.USER]
        if await self._turns.mixed(turn.id):
            items = [item for item in items if item.turn_id == turn.id]
        texts = [message_text(item.body) for item in items]
        if source.lower().startswith(("http://", "https://")):
            return any(url in links_given(own_lines(text)) for text in texts)
        return any(source.upper() in handles_in(text) for text in texts)
