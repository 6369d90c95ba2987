"""One video from a script: who speaks, and when the script is the person's own."""

from __future__ import annotations

import pytest

from agent.money import Reason
from agent.tool_calls import Deferred, NeedsApproval, Outcome, TryAgain
from agent.videos import title_of
from tests.support.agent_desk import Desk
from tests.support.agent_heygen import SmallHeyGen

SCRIPT = "Welcome to Greenroom, where films are made."


async def create(desk: Desk, said: str | None = None, call_id: str = "call_1", **arguments: object) -> Outcome:
    given = {"script": SCRIPT, **arguments}
    return await desk.ask("create_video", call_id, said=said or f"Make a video saying {SCRIPT}", **given)


async def test_a_script_in_the_persons_own_words_goes_at_once(desk: Desk, heygen: SmallHeyGen) -> None:
    assert isinstance(await create(desk), Deferred)
    (request,) = heygen.sent("POST", "/v3/videos")
    assert b'"avatar_id":"look-1"' in request.content.replace(b": ", b":")
    (job,) = desk.jobs.jobs.values()
    assert (job.label, job.kind.value) == ("Welcome to Greenroom, where films are", "video")


async def test_a_script_that_the_model_wrote_has_to_be_looked_at(desk: Desk) -> None:
    assert isinstance(await create(desk, "Make a video about our studio"), NeedsApproval)
    (submission,) = desk.jobs.submissions.values()
    assert (submission.needs, submission.title) == (Reason.NOT_ASKED, "Video")  # what a model wrote is no title


async def test_a_command_is_somebodys_own_word(desk: Desk) -> None:
    assert isinstance(await desk.by_command("create_video", script=SCRIPT), Deferred)


async def test_the_same_again_while_it_is_made_pays_nothing(desk: Desk) -> None:
    await create(desk)
    outcome = await create(desk, call_id="call_2")
    assert isinstance(outcome, TryAgain)
    assert outcome.code == "under_way"


async def test_a_named_avatar_speaks_in_its_own_voice(desk: Desk) -> None:
    await create(desk, avatar="Ben")
    (submission,) = desk.jobs.submissions.values()
    assert submission.arguments["avatar"] == "Ben on stage"
    assert submission.arguments["voice"] == "Oliver"


async def test_nothing_to_say_is_no_script(desk: Desk) -> None:
    assert isinstance(await create(desk, script=" … "), TryAgain)


@pytest.mark.parametrize(
    ("script", "title"), [("Hello", "Hello"), ("one two three four five six seven", "one two three four five six")]
)
def test_a_video_is_called_by_its_first_words(script: str, title: str) -> None:
    assert title_of(script) == title
