"""The sentences that the product was imagined with, said as they were, and what people get for them today."""

from __future__ import annotations

import pytest

from tests.scenario.stage import Stage

TARGETING = (
    "Take the product launch video at {video} and initiate a translation job targeting Spanish. Give me the "
    "translation ID so we can monitor its progress."
)
STATUS = (
    "Check the status of video translation job ID {job}. If it is completed, give me the final video URL so I can post "
    "it to our social channels."
)
THREE = (
    "Take the new feature walk-through video uploaded at {video}. Translate it into French, German, and Japanese using "
    "HeyGen. Monitor the jobs, and alert me when all three are finished with their final URLs."
)
WAIT = "Initiate a video translation for {video} into Spanish. Wait for it to finish and give me the URL."
LEADS = (
    "Generate personalized introductory videos for the three leads I just added: Sarah at Acme, John at Globex, and "
    "Mike at Initech. Use our default sales template and ensure you track the video IDs until they finish rendering."
)


async def test_a_translation_into_spanish_answers_with_the_id_to_follow_it_by(stage: Stage) -> None:
    """R8, R25, R26: which Spanish is said, and the id is one that people can say as well."""
    root = stage.ask(TARGETING.format(video=stage.video))
    reply = await stage.reply(root)
    assert "J1 Spanish (Spain)" in reply
    assert [body["output_languages"] for body in stage.paid()] == [["Spanish (Spain)"]]
    assert stage.job("Spanish (Spain)").id not in reply


@pytest.mark.full
async def test_its_status_is_looked_up_and_its_link_is_the_answer_when_it_is_done(stage: Stage) -> None:
    """R9, R10, R27, R28: never called done before it is; the link still works when the vendor's has expired."""
    root = stage.translate("Spanish")
    await stage.reply(root)
    stage.say(STATUS.format(job="J1"), root)
    early = await stage.reply(root, 2)
    assert "running" in early
    assert "/v/" not in early
    await stage.finish()
    await stage.closing(root)
    stage.say(STATUS.format(job="J1"), root)
    late = await stage.reply(root, 3)
    assert "done" in late
    stage.heygen.expire_urls()
    link = next(word for word in late.replace("<", " ").replace(">", " ").split() if "/v/" in word)
    assert (await stage.browse(link)).headers["content-type"] == "video/mp4"


@pytest.mark.full
async def test_an_id_that_is_not_of_this_conversation_is_not_made_up(stage: Stage) -> None:
    """R10, R28: the id of the sentence, which nobody here has ever seen."""
    reply = await stage.reply(stage.ask(STATUS.format(job="trans_987654")))
    assert "http" not in reply
    assert "done" not in reply


@pytest.mark.full
async def test_three_languages_are_watched_and_told_in_one_message(stage: Stage) -> None:
    """R39 to R44, R46: one paid request, a job each, nobody asks the model how it is going, one message at the end."""
    root = stage.ask(THREE.format(video=stage.video))
    await stage.reply(root)
    await stage.finish(3)
    closing = await stage.closing(root, "all 3 are ready")
    assert len(closing.links()) == 3
    assert f"<@{stage.user()}>" in closing.text
    assert (len(stage.paid()), len(stage.openai.calls)) == (1, 2)


@pytest.mark.full
async def test_a_video_inside_the_company_is_not_fetched_and_a_way_is_named(stage: Stage) -> None:
    """R45: HeyGen could not fetch it either; attaching the file is the way."""
    await stage.restart(fetch_allowed_hosts=frozenset())
    reply = await stage.reply(stage.ask(THREE.format(video="http://127.0.0.1/feature.mp4")))
    assert "attach" in reply.lower()
    assert not stage.charges


@pytest.mark.full
async def test_waiting_for_the_end_is_the_runtimes_work(stage: Stage) -> None:
    """R70, R11, R65, R76: the turn ends at once, the job goes on, the link comes by itself."""
    root = stage.ask(WAIT.format(video=stage.video))
    assert "running" in await stage.reply(root)
    await stage.finish()
    assert len((await stage.closing(root, "ready")).links()) == 1
    assert len(stage.openai.calls) == 2


@pytest.mark.full
async def test_three_leads_get_their_video_each(stage: Stage) -> None:
    """R54 to R60: a script with name and company each, one request each, a link each."""
    root = stage.ask(LEADS)
    await stage.reply(root)
    await stage.finish(3)
    closing = await stage.closing(root, "all 3 are ready")
    assert len(closing.links()) == 3
    scripts = [body["script"] for body in stage.videos()]
    for name, company in (("Sarah", "Acme"), ("John", "Globex"), ("Mike", "Initech")):
        assert any(name in script and company in script for script in scripts), scripts
