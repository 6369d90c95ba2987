"""Where in Slack a program's requests are seen: its channel, and the card on which somebody decides."""

from __future__ import annotations

import asyncio

from agent.records import Json
from bot.mcp.tokens import Token
from bot.slack.slack_calls import SlackCalls
from bot.store import Store
from bot.store.endings import card_key

CARD_SECONDS = 5.0  # until a card that was just written down stands in Slack
LOOK = 0.1


class Places:
    """`channel_id` is where threads of programs are opened; without one each has the direct messages of its person."""

    def __init__(self, *, store: Store, slack: SlackCalls, channel_id: str | None) -> None:
        self._store = store
        self._slack = slack
        self._channel_id = channel_id
        self._direct: dict[str, str] = {}

    async def channel(self, token: Token) -> str:
        """The channel of a token's thread. Slack's errors pass through."""
        if self._channel_id is not None:
            return self._channel_id
        if token.person not in self._direct:
            self._direct[token.person] = await self._slack.open_direct(token.person)
        return self._direct[token.person]

    async def card(self, subject_id: str, *, patient: bool) -> Json:
        """Where the card of a submission or batch stands. `patient`: wait a moment for it to be posted."""
        until = asyncio.get_running_loop().time() + (CARD_SECONDS if patient else 0.0)
        while True:
            card = await self._store.deliveries.find(card_key(subject_id))
            if card is not None and card.ts is not None:
                place = await self._store.turns.conversation(card.conversation_id)
                link = await self._slack.permalink(place.channel_id, card.ts)
                return {"channel": place.channel_id, "link": link}
            if asyncio.get_running_loop().time() >= until:
                return {"channel": None, "link": None, "note": "The card is being posted; read this again."}
            await asyncio.sleep(LOOK)
