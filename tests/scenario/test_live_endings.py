"""How live sessions end, each of them once, and what follows in the thread: bill, transcript, summary, a video."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import pytest

from emulators.visitor import Visitor
from tests.scenario.live_stage import OPERATOR, LiveStage

pytestmark = pytest.mark.full

End = Callable[[LiveStage, str, Visitor], Awaitable[object]]


async def by_page(_: LiveStage, __: str, visitor: Visitor) -> None:
    await visitor.end()


async def by_requester(live: LiveStage, root: str, _: Visitor) -> None:
    await live.steer(root, "live_end", "alice")


async def by_operator(live: LiveStage, root: str, _: Visitor) -> None:
    await live.steer(root, "live_end")


async def by_command(live: LiveStage, _: str, __: Visitor) -> None:
    assert "is being ended" in (await live.whispered("live end")).rendered_text()


async def by_words(live: LiveStage, root: str, _: Visitor) -> None:
    live.say(f"<@{live.slack.bot_user}> please end the live session", root)
    await live.said(root, "The live session is being ended")


async def by_handing_over(live: LiveStage, root: str, _: Visitor) -> None:
    await live.steer(root, "live_hand_over")


async def by_leaving(live: LiveStage, _: str, visitor: Visitor) -> None:
    await visitor.leave()
    await live.wait(lambda: any("nobody at the moment" in m.text for m in live.slack.messages("videos")))
    live.pass_time(21)


async def by_provider(live: LiveStage, _: str, __: Visitor) -> None:
    live.liveavatar.end_session()


ENDS = {
    "page": (by_page, "<@U0ALICE001> ended it"),
    "requester": (by_requester, "<@U0ALICE001> ended it"),
    "operator": (by_operator, "<@U0DAVE0001> ended it"),
    "command": (by_command, "<@U0ALICE001> ended it"),
    "words": (by_words, "<@U0ALICE001> ended it"),
    "handed over": (by_handing_over, "<@U0DAVE0001> goes on here in the thread"),
    "left": (by_leaving, "its page was closed"),
    "provider": (by_provider, "LiveAvatar ended it"),
}


@pytest.mark.parametrize("how", ENDS)
async def test_each_end_is_told_once_with_its_reason_and_the_bill(live: LiveStage, how: str) -> None:
    root, visitor = await live.live()
    end, words = ENDS[how]
    await end(live, root, visitor)
    closing = await live.ended(root, words)
    assert re.search(r"came to \$0\.\d\d", closing.rendered_text())
    card = await live.live_card(root, words)
    assert live.buttons(card) == set()
    await live.probe()
    assert len(live.about_live(root, "closing")) == 1
    assert live.started() == 1


async def spoken(live: LiveStage) -> tuple[str, Visitor]:
    """A session in which something was asked and answered."""
    root, visitor = await live.live()
    await visitor.type("My intro has no sound.")
    await visitor.until(lambda: len([one for one in visitor.captions("avatar") if one["final"]]) > 1)
    return root, visitor


async def test_transcript_and_summary_follow_in_the_thread(live: LiveStage) -> None:
    root, visitor = await spoken(live)
    await visitor.end()
    closing = await live.ended(root)
    assert "the transcript follows as a file" in closing.rendered_text()
    await live.wait(lambda: live.transcript(root))
    assert re.search(r"\[\d+\] \d\d:\d\d Visitor: My intro has no sound\.", live.transcript(root))
    assert "Live session L1," in live.transcript(root)
    summary = await live.told_of(root, "summary", "Summary of live session L1")
    assert re.search(r"The visitor said: My intro has no sound\. \[\d+\]", summary.rendered_text())


async def test_a_follow_up_video_is_asked_for_by_a_button(live: LiveStage) -> None:
    root, visitor = await spoken(live)
    await visitor.end()
    closing = await live.ended(root)
    calls = len(live.openai.calls)
    assert "Only <@U0ALICE001>" in await live.press(closing, "live_follow_up", "bob")
    assert (await live.click(closing, "live_follow_up")).ok
    await live.wait(lambda: len(live.openai.calls) > calls)
    asked = live.openai.journal.select("POST", "/v1/responses")[-1].body
    assert "follow-up video of live session L1" in str(asked)


async def test_another_session_can_be_asked_for_by_a_button(live: LiveStage) -> None:
    root, visitor = await spoken(live)
    await visitor.end()
    closing = await live.ended(root)
    assert (await live.click(closing, "live_again", "bob")).ok
    await live.live_card(root, f"<@{live.user('bob')}> live session L2 is ready for you")


async def test_after_the_end_the_thread_is_the_bots_again(live: LiveStage) -> None:
    root, visitor = await live.live()
    await visitor.end()
    await live.ended(root)
    live.say("hello", root)
    await live.said(root, "Which video can I make or translate for you?")


async def test_a_restart_ends_it_with_a_word_and_stops_it(live: LiveStage) -> None:
    root, _ = await live.live()
    await live.restart()
    await live.ended(root, "I had to stop for maintenance")


async def test_its_time_is_up_at_the_latest_when_the_card_said(live: LiveStage) -> None:
    root, visitor = await live.live()
    live.clock.advance(870)  # LiveAvatar's clock stays: it is us who end it
    await visitor.until(lambda: any(one["code"] == "ending_soon" for one in visitor.told("notice")))
    live.clock.advance(30)
    await live.ended(root, "its time was up")
    assert len(live.liveavatar.journal.select("POST", "/v1/sessions/stop")) == 1


async def test_an_operator_ends_what_a_stranger_cannot(live: LiveStage) -> None:
    root, visitor = await live.live()
    assert "can end it" in await live.steer(root, "live_end", "carol")
    assert visitor.state == "live"
    await live.steer(root, "live_end", OPERATOR)
    await visitor.until(lambda: visitor.closed == 4000)
