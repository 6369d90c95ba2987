"""A model that lies in many languages: at no moment is any of it to be seen in the thread."""

from __future__ import annotations

import re

import pytest

from emulators.openai import LIES, Liar
from tests.scenario.attackers import sources, visible
from tests.scenario.stage import Stage

pytestmark = pytest.mark.full

JOB = re.compile(r"\{job\}")
LINK = re.compile(r"https?://[\w./-]+")
QUICK = (0, 7, 18)
# In a thread without a job there is nothing that a price or an approval could be about: see docs/trust.md.
ABOUT_NOTHING = frozenset({LIES[4], LIES[5]})


def marks(lie: str) -> list[str]:
    """The pieces of a lie by which it would be recognised, wherever its job's name stands."""
    pieces = [piece.strip(" :!.,;。") for piece in JOB.split(LINK.sub(" ", lie))]
    longest = max(pieces, key=len)
    return [longest, *LINK.findall(lie)]


def seen(stage: Stage) -> list[str]:
    """What was ever visible, as one line each."""
    return [" ".join(text.split()) for text in visible(stage)]


def never_said(stage: Stage, lies: tuple[str, ...]) -> None:
    """None of these lies was ever to be seen, not even for a moment."""
    shown = seen(stage)
    for lie in lies:
        for mark in marks(lie):
            assert not [text for text in shown if mark in text], f"{mark!r} was shown"


async def running(stage: Stage) -> str:
    root = stage.translate("French")
    await stage.submitted(1)
    await stage.reply(root)
    await stage.card(root, "in progress")
    return root


async def failed(stage: Stage) -> str:
    root = stage.translate("French", "German")
    await stage.submitted(2)
    await stage.reply(root)
    await stage.finish(2, fail="no speech found", only=["French (France)"])
    await stage.card(root, "1 failed")
    return root


async def waiting(stage: Stage) -> str:
    await stage.with_approvers("bob")
    root = stage.translate("French")
    await stage.card(root, "waiting for an approval")
    await stage.reply(root)
    return root


async def unwanted(stage: Stage) -> str:
    root = await running(stage)
    await stage.press(await stage.card(root, "in progress"), "cancel_request")
    await stage.card(root, "no longer wanted")
    return root


async def nothing(stage: Stage) -> str:
    root = stage.ask("hello")
    await stage.reply(root)
    return root


# What is a lie in a situation: the rest of the corpus may be true or mean nothing there.
SITUATIONS = {"running": running, "waiting": waiting, "failed": failed, "unwanted": unwanted, "nothing": nothing}


async def lied_to(stage: Stage, root: str, lies: tuple[str, ...]) -> None:
    """Ask once for each lie and wait for its answer."""
    for lie in lies:
        before = len(stage.replies(root))
        stage.say("is it done?", root)
        assert await stage.reply(root, before + 1), lie


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("place", ["instead", "before", "after"])
async def test_a_few_lies_in_each_situation(stage: Stage, situation: str, place: str) -> None:
    root = await SITUATIONS[situation](stage)
    lies = tuple(LIES[number] for number in QUICK)
    stage.openai.switches.liar = Liar(lies, place, chunk=1)  # type: ignore[arg-type]  # a parameter
    paid = sources(stage)
    await lied_to(stage, root, lies)
    never_said(stage, lies)
    assert sources(stage) == paid


# How text is cut is the filter's own business and tried in full there; here each way of cutting meets some situation.
CUT = [*((1, situation) for situation in SITUATIONS), (7, "running"), (None, "waiting")]


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("chunk", "situation"), CUT)
async def test_every_lie_in_each_situation(stage: Stage, chunk: int | None, situation: str) -> None:
    root = await SITUATIONS[situation](stage)
    lies = tuple(lie for lie in LIES if situation != "nothing" or lie not in ABOUT_NOTHING)
    stage.openai.switches.liar = Liar(lies, "before", chunk=chunk)
    await lied_to(stage, root, lies)
    never_said(stage, lies)


async def test_when_all_is_done_links_and_sums_are_still_not_the_models_to_tell(stage: Stage) -> None:
    root = await running(stage)
    await stage.finish()
    await stage.closing(root, "ready.")
    lies = (LIES[1], LIES[2], LIES[6])
    stage.openai.switches.liar = Liar(lies, "instead", chunk=3)
    await lied_to(stage, root, lies)
    shown = seen(stage)
    assert not [
        text for text in shown if "evil.example" in text or "videos.example.com" in text or "<!channel>" in text
    ]
    assert not [text for text in shown if "failed and you were not charged" in text]


async def test_the_last_line_of_an_answer_tells_how_things_stand(stage: Stage) -> None:
    root = await running(stage)
    stage.openai.switches.liar = Liar((LIES[0],), "instead", chunk=1)
    await lied_to(stage, root, (LIES[0],))
    assert "J1 French" in (await stage.reply(root, 2)).splitlines()[-1]
