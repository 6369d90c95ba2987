"""“I want to talk to a person”: nobody is free, so a live avatar comes, is asked, interrupted, taken over and ended."""

from __future__ import annotations

import asyncio
import re

from emulators.liveavatar import Utterance
from emulators.openai import Say, sound
from emulators.slack import Message
from emulators.staging import PATIENCE, REQUESTER, Report, Stage, by_app, narrated
from emulators.visitor import Visitor

OPERATOR, STRANGER = "carol", "bob"
PLEA = "This is so frustrating, I have tried everything with my invoice. I want to talk to a human!"
QUESTION = "Which videos are being made for me at the moment?"
INTERRUPTION = "Stop, please wait a moment, I have another question."
TYPED = "Thank you, that is all."
TAKEN = "Hello Alice, this is Carol. Your invoice is corrected."
LONG = (
    "There is a lot to tell about that. First we look at what was asked for, then at what is being made, and then at "
    "what is ready. After that we go through every language, one by one, and compare what was said with what is heard."
)
START = r"/v1/sessions/start"


async def escalate(stage: Stage) -> Report:
    """From the plea to the bill, all seen from outside."""
    report = Report()
    root = stage.slack.say(REQUESTER, "videos", f"<@{stage.slack.bot_user}> {PLEA}")
    visitor = Visitor()
    async with narrated(stage, root):
        try:
            link = await _offered(stage, report, root)
            await _introduced(stage, report, visitor, link)
            await _asked(stage, report, visitor)
            await _interrupted(stage, report, visitor)
            await _taken_over(stage, report, visitor, root)
            await _ended(stage, report, visitor, root)
        except TimeoutError as error:
            report.expect(f"no wait in vain ({error})", False)
        finally:
            await visitor.leave()
    return report


def _card(stage: Stage, root: str, action: str) -> Message | None:
    """The session's card, once it offers this action."""
    return next((one for one in reversed(by_app(stage, root)) if f"'{action}'" in str(one.blocks)), None)


async def _offered(stage: Stage, report: Report, root: str) -> str:
    slack = stage.slack
    calling = await slack.journal.wait_for(lambda: _card(stage, root, "live_claim"), PATIENCE)
    operator = slack.workspace.person(OPERATOR).id
    report.expect("the team is called first, by name", f"<@{operator}>" in calling.rendered_text() + calling.text)
    card = await slack.journal.wait_for(lambda: _card(stage, root, "live_join"), PATIENCE)
    shown = card.rendered_text()
    report.expect("nobody claims it, so an avatar is offered, with its price", "$0.12" in shown and "AI" in shown)
    report.expect("an offer costs nothing", not stage.liveavatar.journal.select("POST"))
    await slack.click(STRANGER, card.channel, card.ts, "live_join")
    await slack.settle()
    report.expect("nobody else gets a link", not _links(stage, STRANGER))
    stage.tell(f"{REQUESTER} presses Join")
    await slack.click(REQUESTER, card.channel, card.ts, "live_join")
    return str(await slack.journal.wait_for(lambda: next(iter(_links(stage, REQUESTER)), None), PATIENCE))


def _links(stage: Stage, person: str) -> list[str]:
    """Links to pages of live sessions that only this person was shown."""
    links = [link for message in stage.slack.ephemerals(person) for link in message.links()]
    return [link for link in links if "/live/" in link]


async def _introduced(stage: Stage, report: Report, visitor: Visitor, link: str) -> None:
    live = stage.liveavatar
    await visitor.open(link)
    report.expect("looking at the page starts nothing", not live.journal.select("POST", START))
    await visitor.join(link)
    await visitor.until(lambda: _finals(visitor))
    await live.journal.wait_for(lambda: _over(live.utterances()[:1]), PATIENCE)
    report.expect("the avatar introduces itself as an AI", " AI" in visitor.heard())
    report.expect("it is spoken, not only shown", live.utterances()[0].outcome == "ended")
    stage.tell(f"avatar: {visitor.heard()}")


def _over(utterances: list[Utterance]) -> bool:
    return bool(utterances) and all(one.ended is not None for one in utterances)


def _finals(visitor: Visitor) -> list[str]:
    return [caption["text"] for caption in visitor.captions("avatar") if caption["final"]]


async def _asked(stage: Stage, report: Report, visitor: Visitor) -> None:
    before = len(_spoken(stage))
    await visitor.speak(_sound(stage, QUESTION) + sound.silence(1.5))
    await visitor.until(lambda: visitor.captions("you"))
    report.expect("what is said is understood", QUESTION.lower()[:12] in visitor.heard("you").lower())
    stage.tell(f"{REQUESTER} (aloud): {visitor.heard('you')}")
    await stage.liveavatar.journal.wait_for(lambda: len(_spoken(stage)) > before, PATIENCE)
    report.expect("the answer is spoken", True)


async def _interrupted(stage: Stage, report: Report, visitor: Visitor) -> None:
    """Speak while the avatar does. The planner's answers are short, so a long one is written for it."""
    live = stage.liveavatar
    await live.journal.wait_for(lambda: _over(live.utterances()[-1:]), PATIENCE)
    stage.openai.script([[Say(LONG)]])
    before = len(_spoken(stage))
    await visitor.type("Tell me all about it.")
    await live.journal.wait_for(lambda: len(_spoken(stage)) > before, PATIENCE)
    await asyncio.sleep(2.0)  # it talks for a while: the first second of a speech is not interrupted lightly
    await visitor.speak(_sound(stage, INTERRUPTION) + sound.silence(1.5))
    cut = await live.journal.wait_for(
        lambda: [one for one in live.utterances() if one.outcome == "interrupted"], PATIENCE
    )
    report.expect("speaking over it silences the avatar", len(cut) == 1)
    stage.tell(f"{REQUESTER} interrupts the avatar")
    await visitor.until(lambda: [one for one in visitor.captions("avatar") if one.get("interrupted")])
    report.expect("its caption ends where it was cut", True)


async def _taken_over(stage: Stage, report: Report, visitor: Visitor, root: str) -> None:
    slack = stage.slack
    card = await slack.journal.wait_for(lambda: _card(stage, root, "live_take_over"), PATIENCE)
    stage.tell(f"{OPERATOR} presses Take over")
    await slack.click(OPERATOR, card.channel, card.ts, "live_take_over")
    await visitor.until(lambda: visitor.state == "human_takeover")
    calls = len(stage.openai.calls)
    slack.say(OPERATOR, "videos", TAKEN, thread_ts=root)
    live = stage.liveavatar
    await visitor.until(lambda: TAKEN in visitor.heard("teammate"))
    await live.journal.wait_for(lambda: _over(live.utterances()[-1:]), PATIENCE)
    report.expect("a teammate's words from the thread are spoken", live.utterances()[-1].outcome == "ended")
    await visitor.type("Great news!")
    await visitor.until(lambda: "Great news" in visitor.heard("you"))
    report.expect("the model is silent meanwhile", len(stage.openai.calls) == calls)
    card = await slack.journal.wait_for(lambda: _card(stage, root, "live_hand_back"), PATIENCE)
    await slack.click(OPERATOR, card.channel, card.ts, "live_hand_back")
    await visitor.until(lambda: visitor.state == "live")
    report.expect("and comes back when it is handed back", True)


async def _ended(stage: Stage, report: Report, visitor: Visitor, root: str) -> None:
    live, slack = stage.liveavatar, stage.slack
    await visitor.end()
    await live.journal.wait_for(lambda: not live.session().open, PATIENCE)
    await visitor.until(lambda: visitor.closed is not None)
    report.expect("End stops the session at LiveAvatar at once", live.session().end_reason != "IDLE_TIMEOUT")
    report.expect("the page is told that it is over", visitor.closed == 4000)
    person = f"<@{slack.workspace.person(REQUESTER).id}>"
    closing = await slack.journal.wait_for(lambda: _closing(stage, root, person), PATIENCE)
    report.expect("the bill is in the thread", bool(re.search(r"\$\d+\.\d\d", closing.rendered_text())))
    report.expect("one minute or two are paid, no more", 1 <= sum(charge.credits for charge in live.charges) <= 2)
    shared = await slack.journal.wait_for(lambda: _transcript(stage, root), PATIENCE)
    report.expect("the transcript is a file in the thread", TAKEN in shared and QUESTION in shared)
    told = " ".join(one.rendered_text() for one in by_app(stage, root))
    report.expect("what was said stands in the thread, each thing once", QUESTION in told and TAKEN not in told)
    await slack.journal.wait_for(lambda: [one for one in by_app(stage, root) if "Summary" in one.text], PATIENCE)
    report.expect("with a summary that points at lines", True)


def _closing(stage: Stage, root: str, person: str) -> Message | None:
    ended = [one for one in by_app(stage, root) if one.text.startswith(person) and "ended" in one.text]
    return next(iter(ended), None)


def _transcript(stage: Stage, root: str) -> str:
    """The text of the file in the thread."""
    files = [file for one in stage.slack.thread("videos", root) for file in one.files]
    texts = [file.data.decode() for file in files]
    return "\n".join(texts)


def _spoken(stage: Stage) -> list[Utterance]:
    return stage.liveavatar.utterances()


def _sound(stage: Stage, text: str) -> bytes:
    """The sound of a text that the emulated transcription knows."""
    return stage.openai.sounds.register(text)
