"""“Make a voiceover saying …”: the sound in the thread, paid for once, and used for what a face is to say."""

from __future__ import annotations

from emulators.slack import File
from tests.scenario.stage import Stage

SPEECH = "/v3/voices/speech"
WISH = 'Make a voiceover saying "Welcome to our studio"'


def shared(stage: Stage, root: str) -> list[File]:
    return [file for m in stage.slack.thread("videos", root) if m.from_app for file in m.files]


async def answered(stage: Stage, root: str, words: str) -> None:
    await stage.wait(lambda: any(words in reply.rendered_text() for reply in stage.replies(root)))


async def spoken(stage: Stage) -> str:
    """A thread with a voiceover in it."""
    root = stage.ask(WISH)
    await stage.closing(root, "Welcome to our studio", "ready.")
    return root


async def test_a_text_becomes_sound_in_the_thread_at_once(stage: Stage) -> None:
    root = await spoken(stage)
    (sent,) = stage.heygen.journal.select("POST", SPEECH)
    assert set(sent.body) == {"text", "voice_id"}
    assert sent.body["text"] == "Welcome to our studio"
    (file,) = await stage.wait(lambda: shared(stage, root))
    assert file.name == "welcome-to-our-studio-welcome-to-our-studio-J1.mp3"
    closing = await stage.closing(root, "Listen to it")
    assert "Watch the video" not in closing.rendered_text()
    (link,) = closing.links()
    heard = await stage.browse(link)
    assert heard.status_code == 200
    assert heard.content == file.data
    (charge,) = stage.charges
    await stage.card(root, "speaks", "came to about")
    assert not charge.refunded


async def test_an_answer_that_is_lost_is_unknown_and_never_asked_for_again(stage: Stage) -> None:
    stage.heygen.fail("drop_reply", SPEECH, method="POST")
    root = stage.ask(WISH)
    closing = await stage.closing(root, "unknown", "It may have been billed; ask again if you want it")
    assert "if it turns up" not in closing.rendered_text()
    assert "retry_failed" not in stage.buttons(closing)
    await stage.restart()
    await stage.probe()
    assert len(stage.heygen.journal.select("POST", SPEECH)) == 1
    assert len(stage.charges) == 1
    assert not shared(stage, root)


async def test_whoever_asks_again_gets_it(stage: Stage) -> None:
    stage.heygen.fail("drop_reply", SPEECH, method="POST")
    root = stage.ask(WISH)
    await stage.closing(root, "unknown")
    stage.say(WISH, root)
    await stage.closing(root, "ready.", number=2)
    await stage.wait(lambda: shared(stage, root))
    assert len(stage.heygen.journal.select("POST", SPEECH)) == 2


async def test_a_refusal_is_told_and_costs_nothing(stage: Stage) -> None:
    stage.heygen.fail("before", SPEECH, method="POST", status=402)
    root = stage.ask(WISH)
    await stage.closing(root, "failed", "does not have enough credit")
    assert stage.charges == []


async def test_one_that_is_certain_not_to_have_begun_is_asked_for_again(stage: Stage) -> None:
    stage.heygen.fail("before", SPEECH, method="POST", status=429)
    root = await spoken(stage)
    await stage.wait(lambda: shared(stage, root))
    assert len(stage.charges) == 1


async def test_where_slack_takes_no_files_the_link_is_there(stage: Stage) -> None:
    stage.slack.workspace.file_uploads_enabled = False
    root = await spoken(stage)
    (link,) = (await stage.closing(root, "Listen to it")).links()
    assert (await stage.browse(link)).status_code == 200
    await stage.probe()
    assert not shared(stage, root)


async def test_the_newly_generated_voiceover_is_what_an_avatar_speaks(stage: Stage) -> None:
    """R34: “a lipsync job using avatar ID … and the newly generated voiceover. Give me the job ID.”"""
    root = await spoken(stage)
    wish = "Create a lipsync job using avatar ID look-2 and the newly generated voiceover J1. Give me the job ID."
    stage.say(wish, root)
    await stage.submitted(2)
    (video,) = stage.videos()
    assert video["avatar_id"] == "look-2"
    assert ".mp3" in video["audio_url"]
    assert not {"script", "voice_id"} & set(video)
    await answered(stage, root, "J2")
    await stage.finish(2)
    await stage.closing(root, "ready.", number=2)


async def test_a_voiceover_is_what_the_lips_of_a_video_follow(stage: Stage) -> None:
    root = await spoken(stage)
    stage.say(f"Lip-sync {stage.video} with J1", root)
    await stage.wait(lambda: stage.heygen.journal.select("POST", "/v3/lipsyncs"))
    (sent,) = stage.heygen.journal.select("POST", "/v3/lipsyncs")
    assert ".mp3" in sent.body["audio"]["url"]


async def test_sound_has_no_lips(stage: Stage) -> None:
    root = await spoken(stage)
    stage.say(f"Lip-sync J1 with {stage.heygen.url}/sources/voice.mp3", root)
    await answered(stage, root, "J1 is not what I need for the video")
    assert len(stage.charges) == 1
