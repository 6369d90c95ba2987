"""A live session in the browser, steered from its thread: joined, questioned, whispered to, taken over, handed back."""

from __future__ import annotations

import pytest

from emulators.visitor import Visitor
from tests.scenario.live_stage import OPERATOR, LiveStage

pytestmark = pytest.mark.full

QUESTION = "Which languages can you translate into?"


def finals(visitor: Visitor, who: str) -> list[str]:
    """What somebody has said, as the page shows it."""
    return [caption["text"] for caption in visitor.captions(who) if caption["final"]]


async def test_who_joins_is_greeted_by_an_ai_and_the_card_becomes_the_controls(live: LiveStage) -> None:
    root, visitor = await live.live()
    await visitor.until(lambda: finals(visitor, "avatar"))
    assert "I am an AI" in finals(visitor, "avatar")[0]
    card = await live.live_card(root, "on the page: <@U0ALICE001>", "$0.12 so far")
    assert {"live_say", "live_whisper", "live_take_over", "live_mute", "live_end"} <= live.buttons(card)
    await live.told_of(root, "lines:1", "`1` *Avatar*:", "I am an AI")
    assert live.started() == 1


async def test_the_card_counts_time_and_cost(live: LiveStage) -> None:
    root, _ = await live.live()
    live.clock.advance(61)
    await live.live_card(root, "$0.24 so far")


async def test_looking_at_the_link_starts_nothing(live: LiveStage) -> None:
    root = await live.offered()
    card = await live.live_card(root)
    visitor = live.visitor()
    assert (await visitor.open(await live.link(card))).status_code == 200
    await live.probe()
    assert live.untouched()


async def test_nobody_else_can_join(live: LiveStage) -> None:
    root = await live.offered()
    card = await live.live_card(root)
    for user in ("bob", "carol", OPERATOR):
        assert "Only <@U0ALICE001>" in await live.press(card, "live_join", user)
    assert live.untouched()


async def test_what_is_typed_on_the_page_is_answered_and_stands_in_the_thread(live: LiveStage) -> None:
    root, visitor = await live.live()
    await visitor.type(QUESTION)
    await visitor.until(lambda: len(finals(visitor, "avatar")) > 1)
    await live.wait(lambda: any(QUESTION in m.text for m in live.about_live(root, r"lines:\d+")))
    await live.wait(lambda: any("*Avatar*: " in m.text for m in live.about_live(root, r"lines:\d+")[1:]))


async def test_the_requesters_messages_are_questions_in_their_order(live: LiveStage) -> None:
    root, visitor = await live.live()
    asked = [f"question number {number}" for number in range(5)]
    sent = []
    for text in asked:
        sent.append(live.say(text, root))
        await live.slack.settle()  # Slack delivers several events at once, in any order
    await visitor.until(lambda: len(finals(visitor, "you")) == len(asked))
    assert finals(visitor, "you") == asked
    await live.wait(lambda: all(live.reactions(ts) for ts in sent))
    assert live.reactions(sent[0]) == {"eyes": [live.slack.bot_user]}
    assert not [m for m in live.about_live(root, r"lines:\d+") if "question number" in m.text]


async def test_a_whisper_steers_and_is_never_said(live: LiveStage) -> None:
    root, visitor = await live.live()
    ts = live.say("she is a VIP, be brief", root, user=OPERATOR)
    await live.wait(lambda: "shushing_face" in live.reactions(ts))
    await visitor.type(QUESTION)
    await visitor.until(lambda: len(finals(visitor, "avatar")) > 1)
    assert "VIP" not in str(visitor.messages)
    assert any("VIP" in str(call.body) for call in live.openai.journal.select("POST", "/v1/responses"))


async def test_say_is_spoken_word_for_word_and_confirmed(live: LiveStage) -> None:
    root, visitor = await live.live()
    ts = live.say("say: Your refund was sent today.", root, user=OPERATOR)
    await visitor.until(lambda: "Your refund was sent today." in visitor.heard("teammate"))
    await live.wait(lambda: "white_check_mark" in live.reactions(ts))
    await live.wait(lambda: any("refund" in one.text for one in live.openai.sounds.spoken))


async def test_the_modal_says_and_whispers_as_well(live: LiveStage) -> None:
    root, visitor = await live.live()
    card = await live.live_card(root)
    assert (await live.click(card, "live_say", OPERATOR)).ok
    (view,) = await live.wait(lambda: live.slack.views(OPERATOR))
    assert (await live.slack.submit_view(OPERATOR, view.id, {"words": "One moment, please."})).ok
    await visitor.until(lambda: "One moment, please." in visitor.heard("teammate"))
    await live.wait(lambda: any("*Teammate*: One moment" in m.text for m in live.about_live(root, r"lines:\d+")))


async def test_a_takeover_silences_the_model_until_it_is_handed_back(live: LiveStage) -> None:
    root, visitor = await live.live()
    assert "You take over" in await live.steer(root, "live_take_over")
    hello = live.say("Hello Alice, Dave here.", root, user=OPERATOR)
    await visitor.until(lambda: "Hello Alice, Dave here." in visitor.heard("teammate"))
    await live.live_card(root, f"<@{live.user(OPERATOR)}> speaks through the avatar")
    await live.wait(lambda: "white_check_mark" in live.reactions(hello))
    calls = len(live.openai.calls)
    await visitor.type(QUESTION)
    await visitor.until(lambda: QUESTION in visitor.heard("you"))
    private = live.say("whisper: she means the intro", root, user=OPERATOR)
    await live.wait(lambda: "shushing_face" in live.reactions(private))
    assert len(live.openai.calls) == calls
    assert "intro" not in visitor.heard("teammate")
    await live.steer(root, "live_hand_back")
    await visitor.until(lambda: visitor.state == "live")
    await live.live_card(root, "speaks with the avatar")
    await live.wait(lambda: len(live.openai.calls) > calls)


async def test_muting_is_shown_on_the_card(live: LiveStage) -> None:
    root, _ = await live.live()
    assert "is being muted" in await live.steer(root, "live_mute")
    await live.live_card(root, "the avatar is muted")
    await live.steer(root, "live_unmute")
    await live.wait(lambda: "muted" not in live.about_live(root)[0].rendered_text())


async def test_others_are_not_passed_on_and_a_mention_is_for_the_bot(live: LiveStage) -> None:
    root, visitor = await live.live()
    stranger = live.say("I have the same problem", root, user="carol")
    ours = live.say(f"<@{live.slack.bot_user}> hello", root)
    await live.said(root, "Which video can I make or translate for you?")
    assert live.reactions(stranger) == live.reactions(ours) == {}
    assert "same problem" not in str(visitor.messages)
    assert not finals(visitor, "you")
    assert all("same problem" not in str(call.body) for call in live.openai.journal.select("POST", "/v1/responses"))


async def test_files_are_named_as_not_passed_on(live: LiveStage) -> None:
    root, visitor = await live.live()
    live.slack.upload("alice", "videos", "intro.mp4", b"x", root, text="look at this")
    await visitor.until(lambda: "look at this" in visitor.heard("you"))
    await live.said(root, "Files are not passed on to the live session: `intro.mp4`")


async def test_an_edit_of_what_was_passed_on_changes_nothing(live: LiveStage) -> None:
    root, visitor = await live.live()
    ts = live.say("how long is it?", root)
    await live.wait(lambda: live.reactions(ts))
    await visitor.until(lambda: len(finals(visitor, "avatar")) > 1)
    calls = len(live.openai.calls)
    live.slack.edit("alice", "videos", ts, "translate something into French")
    live.slack.delete("alice", "videos", ts)
    await live.probe()
    assert finals(visitor, "you") == ["how long is it?"]
    assert len(live.openai.calls) == calls + 1  # the probe's own
    assert live.charges == []


async def test_nobody_but_operators_can_steer(live: LiveStage) -> None:
    root, visitor = await live.live()
    card = await live.live_card(root)
    for action in ("live_say", "live_whisper", "live_take_over", "live_mute", "live_hand_over"):
        for user in ("alice", "bob"):
            assert "Only operators and admins" in await live.press(card, action, user)
    assert "can end it" in await live.press(card, "live_end", "carol")
    assert live.slack.views("alice") == []
    assert visitor.state == "live"


async def test_the_same_person_may_come_again_and_the_newer_page_wins(live: LiveStage) -> None:
    root, first = await live.live()
    second = live.visitor()
    await second.join(await live.link(await live.live_card(root)), microphone=False)
    await first.until(lambda: first.closed == 4001)
    await second.until(lambda: second.state == "live")
    assert live.started() == 1
