"""Posts about what HeyGen holds: pictures and voices to choose from, and buttons under what would be changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, ImageElement, MarkdownTextObject, SectionBlock

from agent.catalogue.casting import Card
from agent.catalogue.operations import Wish
from agent.ports import Clock
from agent.records import DeliveryKind, Json
from agent.toolbox import CallContext
from bot.slack.blocks import Post, context, post, section
from bot.slack.buttons import confirm
from bot.slack.text import safe
from bot.store.deliveries import Deliveries
from bot.store.outbox import NewDelivery

NAME_LIMIT = 80
TEXT_LIMIT = 300
BUTTON_LIMIT = 1_900  # Slack takes 2,000 characters
PERFORM = "perform_operation"
PreviewLink = Callable[[str, str, str], str | None]  # kind, account and id to a link of ours


class CataloguePosts:
    """`agent.catalogue.casting.Gallery` and `agent.catalogue.operations.Wishes` over the outbox."""

    def __init__(self, deliveries: Deliveries, *, clock: Clock, kick: Callable[[], None]) -> None:
        self._deliveries = deliveries
        self._clock = clock
        self._kick = kick

    async def show(self, context: CallContext, title: str, cards: Sequence[Card]) -> None:
        """See `Gallery.show`."""
        gallery = {"title": title, "cards": [asdict(card) for card in cards]}
        await self._post(context, f"gallery:{context.key}", {"gallery": gallery})

    async def ask(self, context: CallContext, wish: Wish) -> None:
        """See `Wishes.ask`."""
        whose = {"key": context.key, "user": context.turn.requester, "asked_at": self._clock.now()}
        # Its key is a card's, so that the lane can have it shown anew once somebody has pressed.
        await self._post(context, f"card:wish:{context.key}", {"wish": {**asdict(wish), **whose}})

    async def _post(self, context: CallContext, key: str, body: Json) -> None:
        turn = context.turn  # the subject, so that the post goes when the person's turns do
        new = NewDelivery(turn.conversation_id, DeliveryKind.REPLY, key, turn.id, body)
        await self._deliveries.enqueue(new)
        self._kick()


def gallery(body: Json, link_for: PreviewLink) -> Post:
    """Names with their pictures, or with links to listen; names alone where there are no links of ours."""
    title, cards = str(body["title"]), body["cards"]
    names = ", ".join(safe(card["name"], NAME_LIMIT) for card in cards)
    blocks = [section(f"*{safe(title, NAME_LIMIT)}*"), *(_card(card, link_for) for card in cards)]
    if not any(_link(card, link_for) for card in cards):
        blocks.append(context("Pictures and sound need an address of ours that Slack can reach."))
    return post(f"{title}: {names}", blocks)


def wish(body: Json, *, pressed: bool = False) -> Post:
    """What would be changed, in plain words, and the button that does it; no button once it was `pressed`."""
    about = ", ".join(f"*{safe(name, NAME_LIMIT)}*" for name in body["about"]) or "the account"
    texts = [f"> {safe(text, TEXT_LIMIT)}" for text in body["texts"]]
    lines = [safe(body["purpose"], TEXT_LIMIT), f"It is about {about}.", *texts]
    if pressed:
        return post(lines[0], [section("\n".join(lines)), context("The button was pressed.")])
    button = ButtonElement(
        text="Do it",
        action_id=PERFORM,
        value=value_of(body),
        style="danger",
        confirm=confirm("Really?", f"{body['purpose']} It is about {', '.join(body['about'])}.", "Do it", danger=True),
    )
    asked = context(f"<@{safe(body['user'], 20)}> asked for this. Nothing happens before somebody presses the button.")
    return post(lines[0], [section("\n".join(lines)), ActionsBlock(elements=[button]), asked])


def value_of(body: Json) -> str:
    """What the button carries: the call as it was shown."""
    kept = {name: body[name] for name in ("tool", "arguments", "key", "user", "asked_at")}
    value = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    if len(value) > BUTTON_LIMIT:
        raise ValueError("a wish that no button can carry")
    return value


def no_previews(kind: str, account_id: str, vendor_id: str) -> str | None:
    """Links where there are none."""
    return None


def _card(card: Json, link_for: PreviewLink) -> Block:
    words = " · ".join([f"*{safe(card['name'], NAME_LIMIT)}*", *(safe(one, NAME_LIMIT) for one in card["details"])])
    link = _link(card, link_for)
    if link is None:
        return section(words)
    if card["kind"] == "voice":
        return section(f"{words} · <{link}|listen>")
    picture: Any = ImageElement(image_url=link, alt_text=str(card["name"])[:NAME_LIMIT])
    return SectionBlock(text=MarkdownTextObject(text=words), accessory=picture)


def _link(card: Json, link_for: PreviewLink) -> str | None:
    return link_for(card["kind"], card["account_id"], card["id"]) if card["preview"] else None
