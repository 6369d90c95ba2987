"""Whole conversations played on the emulators, and what must have come of them, read from the emulators alone.

A scenario speaks as people do and looks where people and the paying customer look: at the thread, at HeyGen's charges
and at what was asked of the model. It knows nothing of the app that is between them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx2

from emulators.base import Entry
from emulators.scenario_leads import leads
from emulators.scenario_live import escalate
from emulators.slack import Message
from emulators.staging import PATIENCE, REQUESTER, Report, Stage, by_app, narrated

__all__ = ["SCENARIOS", "Report", "Stage"]

Scenario = Callable[[Stage], Awaitable[Report]]


async def translate(stage: Stage) -> Report:
    """“Translate this video into French, German and Japanese and tell me when all three are done.”"""
    before, report = Counts.of(stage), Report()
    root = _ask(stage, "launch.mp4")
    async with narrated(stage, root):
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
    async with narrated(stage, root):
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


SCENARIOS: dict[str, Scenario] = {
    "translate": translate,
    "approval": approval,
    "escalate": escalate,
    "leads": leads,
}


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
    cards = [message for message in by_app(stage, root) if "approve_request" in str(message.blocks)]
    return next(iter(cards), None)


async def _ended(stage: Stage, root: str, report: Report) -> Message | None:
    """The closing message, once everything is said."""
    slack = stage.slack
    try:
        closing: Message = await slack.journal.wait_for(lambda: _closing(stage, root, _id(stage, REQUESTER)), PATIENCE)
        await slack.settle()
        await slack.journal.wait_for(lambda: len(by_app(stage, root)) >= 3, PATIENCE)
    except TimeoutError:
        report.expect("a closing message within a minute", False)
        return None
    return closing


async def _check_result(stage: Stage, report: Report, root: str, closing: Message) -> None:
    alice = _id(stage, REQUESTER)
    cards = [message for message in by_app(stage, root) if message.edits and not _mentions(message, alice)]
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


def _mentions(message: Message, user: str) -> bool:
    return f"<@{user}>" in message.text


def _closings(stage: Stage, root: str, user: str) -> list[Message]:
    """The messages that call the person back: cards name people too, but only in their blocks."""
    return [message for message in by_app(stage, root) if _mentions(message, user)]


def _closing(stage: Stage, root: str, user: str) -> Message | None:
    return next(iter(_closings(stage, root, user)), None)


async def _plays(link: str) -> bool:
    """Whether a person who clicks gets a video."""
    async with httpx2.AsyncClient(follow_redirects=True, timeout=10.0) as browser:
        answer = await browser.get(link)
    return answer.status_code == 200 and answer.headers["content-type"].startswith("video/")
