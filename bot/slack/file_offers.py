"""“What shall I do with it?”: buttons under files that came without a word, and what a press of them does."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement

from agent.offering import Deed, Offered
from agent.records import DeliveryKind, Json
from agent.toolbox import CallContext
from bot.slack.blocks import Post, post, section
from bot.slack.router import Answer, Interaction, Router
from bot.slack.text import safe
from bot.slack.translate_modal import TranslateModal
from bot.slack.video_modal import VideoModal
from bot.slack.wishes import Thread, wished
from bot.store.deliveries import Deliveries
from bot.store.outbox import NewDelivery

NAME_LIMIT = 80
LONGEST_HANDLE = 12
LOST = "I can't tell which file this button belongs to. Say in words what I shall do with it."
LABELS: Mapping[Deed, str] = {
    Deed.TRANSLATE: "Translate…",
    Deed.SPEAK: "Have an avatar speak it…",
    Deed.VIDEOS: "A video for each row…",
    Deed.UPLOAD: "Upload to HeyGen",
}


class FileOffers:
    """`agent.offering.Offers` over the outbox."""

    def __init__(self, deliveries: Deliveries, *, kick: Callable[[], None]) -> None:
        self._deliveries = deliveries
        self._kick = kick

    async def ask(self, context: CallContext, files: Sequence[Offered]) -> None:
        """See `Offers.ask`."""
        body: Json = {"offer": [dataclasses.asdict(file) for file in files]}
        turn = context.turn  # the subject, so that the post goes when the person's turns do
        key = f"offer:{context.key}"
        await self._deliveries.enqueue(NewDelivery(turn.conversation_id, DeliveryKind.REPLY, key, turn.id, body))
        self._kick()


def offer(files: Sequence[Json]) -> Post:
    """A question and buttons for each file."""
    blocks: list[Block] = []
    for file in files:
        blocks += [section(f"What shall I do with *{safe(file['name'], NAME_LIMIT)}*?"), _buttons(file)]
    names = ", ".join(safe(file["name"], NAME_LIMIT) for file in files)
    return post(f"What shall I do with {names}?", blocks)


def _buttons(file: Json) -> Block:
    deeds = [Deed(deed) for deed in file["deeds"]]
    return ActionsBlock(
        elements=[ButtonElement(text=LABELS[deed], action_id=_action(deed), value=file["handle"]) for deed in deeds]
    )


def _action(deed: Deed) -> str:
    return f"offer_{deed.value}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileButtons:
    """The handlers. Whoever presses asks for it, as by words."""

    translations: TranslateModal
    videos: VideoModal

    def register(self, router: Router) -> None:
        """Add the buttons to the router."""
        router.add("action", _action(Deed.TRANSLATE), self.translate)
        router.add("action", _action(Deed.SPEAK), self.speak)
        router.add("action", _action(Deed.VIDEOS), self.each_row)
        router.add("action", _action(Deed.UPLOAD), self.upload)

    async def translate(self, interaction: Interaction) -> Answer:
        """Ask into which languages."""
        handle, place = interaction.value, _place(interaction)
        if place is None:
            return Answer(text=LOST)
        about = {"channel": place.channel_id, "thread": place.thread_ts, "link": handle}
        return await self.translations.dialog(interaction, f"*{safe(handle, LONGEST_HANDLE)}*", about)

    async def speak(self, interaction: Interaction) -> Answer:
        """Ask which avatar speaks a recording."""
        place = _place(interaction)
        return Answer(text=LOST) if place is None else self.videos.speaking(interaction.value, place)

    async def each_row(self, interaction: Interaction) -> Answer:
        """Ask what each video of a list says."""
        place = _place(interaction)
        return Answer(text=LOST) if place is None else self.videos.for_rows(interaction.value, place)

    async def upload(self, interaction: Interaction) -> Answer:
        """Take it to HeyGen."""
        handle, place = interaction.value, _place(interaction)
        if place is None:
            return Answer(text=LOST)
        said = f"[pressed a button] upload {handle}"
        return Answer(event=wished(interaction, place, "add_asset", {"source": handle}, said))


def _place(interaction: Interaction) -> Thread | None:
    known = interaction.channel_id and interaction.thread_ts and 0 < len(interaction.value) <= LONGEST_HANDLE
    return Thread(interaction.channel_id, interaction.thread_ts) if known else None
