"""Whole conversations played on the emulators, and what must have come of them, read from the emulators alone.

A scenario speaks as people do and looks where people and the paying customer look: at the thread, at HeyGen's charges
and at what was asked of the model. It knows nothing of the app that is between them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2

from emulators.base import Entry
from emulators.heygen import HeyGenEmulator
from emulators.openai import OpenAIEmulator
from emulators.slack import Message, SlackEmulator

PATIENCE = 60.0


@dataclass(slots=True)
class Stage:
    """The emulators, and where to print what happens."""

    slack: SlackEmulator
    openai: OpenAIEmulator
    heygen: HeyGenEmulator
    tell: Callable[[str], None]


@dataclass(slots=True)
class Report:
    """What was expected and whether it was so."""

    checks: list[tuple[str, bool]] = field(default_factory=list)

    def expect(self, what: str, holds: object) -> None:
        """Note one expectation."""
        self.checks.append((what, bool(holds)))

    @property
    def passed(self) -> bool:
        """Whether anything was checked and all of it held."""
        return bool(self.checks) and all(holds for _, holds in self.checks)


Scenario = Callable[[Stage], Awaitable[Report]]


async def translate(stage: Stage) -> Report:
    """“Translate this video into French, German and Japanese and tell me when all three are done.”"""
    before, report = Counts.of(stage), Report()
    root = _ask(stage, "launch.mp4")
    async with _narrated(stage, root):
        closing = await _ended(stage, root, report)
    if closing is not None:
        _check_money(stage, report, before)
        await _check_result(stage, report, root, closing)
    return report


async def approval(stage: Stage) -> Report:
    """The same for a longer video, which costs more than goes by itself: Bob, who may, approves it with a click."""
    slack = stage.slack
    before, report = Counts.of(stage), Report()
    root = _ask(stage, "camera.mp4")
    async with _narrated(stage, root):
        try:
            card = await slack.journal.wait_for(lambda: _waiting(stage, root), PATIENCE)
        except TimeoutError:
            report.expect("a card that waits for an approval within a minute", False)
            return report
        report.expect("the card tells the price and calls the approver", "$11.25" in card.text and "<@" in card.text)
        dialog = slack.confirm_dialog("bob", card.channel, card.ts, "approve_request")
        report.expect("the button asks once more, with the price", "$11.25" in str(dialog))
        await slack.click("alice", card.channel, card.ts, "approve_request")
        await slack.settle()
        report.expect("nothing is paid before the click, nor by one of Alice's", len(_paid(stage)) == before.paid)
        stage.tell("bob presses Approve")
        await slack.click("bob", card.channel, card.ts, "approve_request")
        closing = await _ended(stage, root, report)
    if closing is not None:
        _check_money(stage, report, before)
        await _check_result(stage, report, root, closing)
        report.expect("the card says who approved", f"approved by <@{_id(stage, 'bob')}>" in card.rendered_text())
    return report


SCENARIOS: dict[str, Scenario] = {"translate": translate, "approval": approval}
REQUESTER = "alice"


def _ask(stage: Stage, source: str) -> str:
    text = (
        f"<@{stage.slack.bot_user}> Translate {stage.heygen.url}/sources/{source} into French, German and Japanese "
        "and tell me when all three are done"
    )
    return stage.slack.say(REQUESTER, "videos", text)


def _id(stage: Stage, name: str) -> str:
    return stage.slack.workspace.person(name).id


def _waiting(stage: Stage, root: str) -> Message | None:
    """The card, once it can be approved."""
    cards = [message for message in _by_app(stage, root) if "approve_request" in str(message.blocks)]
    return next(iter(cards), None)


@asynccontextmanager
async def _narrated(stage: Stage, root: str) -> AsyncIterator[None]:
    watcher = asyncio.create_task(_narrate(stage, "videos", root))
    try:
        yield
    finally:
        await asyncio.sleep(0.3)  # the last edit of the card is still to be told
        watcher.cancel()


async def _ended(stage: Stage, root: str, report: Report) -> Message | None:
    """The closing message, once everything is said."""
    slack = stage.slack
    try:
        closing: Message = await slack.journal.wait_for(lambda: _closing(stage, root, _id(stage, REQUESTER)), PATIENCE)
        await slack.settle()
        await slack.journal.wait_for(lambda: len(_by_app(stage, root)) >= 3, PATIENCE)
    except TimeoutError:
        report.expect("a closing message within a minute", False)
        return None
    return closing


async def _check_result(stage: Stage, report: Report, root: str, closing: Message) -> None:
    alice = _id(stage, REQUESTER)
    cards = [message for message in _by_app(stage, root) if message.edits and not _mentions(message, alice)]
    report.expect(
        "one card, edited in place, with a line for each language",
        any(all(name in card.rendered_text() for name in ("French", "German", "Japanese")) for card in cards),
    )
    report.expect("one closing message that mentions the requester", len(_closings(stage, root, alice)) == 1)
    stage.heygen.expire_urls()
    links = closing.links()
    report.expect("three links in it", len(links) == 3)
    report.expect("the links work after HeyGen's own have expired", all([await _plays(link) for link in links]))


@dataclass(frozen=True, slots=True)
class Counts:
    """How much had happened before a scenario began."""

    paid: int
    charges: int
    model_calls: int

    @classmethod
    def of(cls, stage: Stage) -> Counts:
        """As it is now."""
        return cls(len(_paid(stage)), len(stage.heygen.charges), len(stage.openai.calls))


def _paid(stage: Stage) -> list[Entry]:
    return [e for e in stage.heygen.journal.select("POST", "/v3/video-translations") if e.status == 200]


def _check_money(stage: Stage, report: Report, before: Counts) -> None:
    new = stage.heygen.charges[before.charges :]
    report.expect("one paid request", len(_paid(stage)) - before.paid == 1)
    report.expect("three charges, one a language", len(new) == len({charge.language for charge in new}) == 3)
    report.expect("under one key", len({charge.idempotency_key for charge in new}) == 1)
    report.expect("two model calls", len(stage.openai.calls) - before.model_calls == 2)


def _by_app(stage: Stage, root: str) -> list[Message]:
    return [message for message in stage.slack.thread("videos", root) if message.from_app]


def _mentions(message: Message, user: str) -> bool:
    return f"<@{user}>" in message.text


def _closings(stage: Stage, root: str, user: str) -> list[Message]:
    """The messages that call the person back: cards name people too, but only in their blocks."""
    return [message for message in _by_app(stage, root) if _mentions(message, user)]


def _closing(stage: Stage, root: str, user: str) -> Message | None:
    return next(iter(_closings(stage, root, user)), None)


async def _plays(link: str) -> bool:
    """Whether a person who clicks gets a video."""
    async with httpx2.AsyncClient(follow_redirects=True, timeout=10.0) as browser:
        answer = await browser.get(link)
    return answer.status_code == 200 and answer.headers["content-type"].startswith("video/")


async def _narrate(stage: Stage, channel: str, root: str) -> None:
    """Tell each message of the thread as it comes, and each edit of it."""
    told: dict[str, str] = {}
    names = {user.id: user.name for user in stage.slack.workspace.users.values()}
    while True:
        changed = stage.slack.version
        for message in stage.slack.thread(channel, root):
            text = message.rendered_text().strip()
            if text and told.get(message.ts) != text and message.stream_state != "streaming":
                stage.tell(_told(names.get(message.user, message.user), text, message.ts in told, names))
                told[message.ts] = text
        await stage.slack.changed_since(changed, 0.5)


def _told(name: str, text: str, edited: bool, names: dict[str, str]) -> str:
    for user_id, user_name in names.items():
        text = text.replace(f"<@{user_id}>", f"@{user_name}")
    lines = text.splitlines()
    head = f"{name}{' (edited)' if edited else ''}: "
    return head + ("\n" + " " * 4).join(lines)
