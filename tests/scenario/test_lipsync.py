"""“Lip-sync this video with that recording”: an avatar and a recording is a new video, a video and one a lip-sync."""

from __future__ import annotations

from tests.scenario.stage import Stage

LIPSYNCS = "/v3/lipsyncs"


def ask(stage: Stage, recording: str = "voice.mp3") -> str:
    return stage.ask(f"Lip-sync {stage.video} with {stage.heygen.url}/sources/{recording}")


async def test_a_video_and_a_recording_become_a_lip_sync(stage: Stage) -> None:
    """R33: the job is HeyGen's lip-sync, asynchronous, with our key and what the person sees is in its words."""
    root = ask(stage)
    await stage.submitted(1)
    (sent,) = stage.heygen.journal.select("POST", LIPSYNCS)
    assert sent.body["video"] == {"type": "url", "url": stage.video}
    assert sent.body["audio"]["url"].endswith("/sources/voice.mp3")
    assert sent.headers["idempotency-key"].startswith("gr-")
    card = await stage.card(root, "launch.mp4 with voice.mp3", "between $1.00 and $2.10 (20 to 42 s × $0.05 a second)")
    assert "language" not in card.rendered_text()
    await stage.finish(1)
    closing = await stage.closing(root, "launch.mp4 with voice.mp3", "ready.")
    assert "language" not in closing.rendered_text()
    (link,) = closing.links()
    assert (await stage.browse(link)).status_code == 200
    await stage.card(root, "came to about $2.10")
    assert len(stage.charges) == 1


async def test_heygen_calls_back_although_no_event_tells_of_its_end(stage: Stage) -> None:
    root = ask(stage)
    await stage.submitted(1)
    (sent,) = stage.heygen.journal.select("POST", LIPSYNCS)
    assert sent.body["callback_url"].startswith(f"{stage.public_url}/webhooks/heygen/callback/")
    await stage.finish(1)
    await stage.closing(root, "ready.")


async def test_an_avatar_and_a_recording_become_a_video_and_its_handle_is_told(stage: Stage) -> None:
    """R34: “a lipsync job using avatar ID … and the newly generated voiceover. Give me the job ID.” R33: routing."""
    voice = f"{stage.heygen.url}/sources/voice.mp3"
    root = stage.ask(
        f"Create a lipsync job using avatar ID look-2 and the newly generated voiceover {voice}. Give me the job ID."
    )
    await stage.submitted(1)
    assert not stage.heygen.journal.select("POST", LIPSYNCS)
    (video,) = stage.videos()
    assert (video["avatar_id"], video["audio_url"]) == ("look-2", voice)
    assert not {"script", "voice_id"} & set(video)
    assert "J1" in await stage.reply(root)
    await stage.finish(1)
    await stage.closing(root, "with voice.mp3", "ready.")


async def test_what_may_be_dear_waits_and_the_card_says_exactly_what_would_be_done(stage: Stage) -> None:
    root = ask(stage, "long.mp3")
    card = await stage.card(root, "waiting for an approval", "make the lips in", "launch.mp4", "long.mp3")
    assert "between $2.10 and $29.4" in card.rendered_text()
    assert "change_request" not in stage.buttons(card)
    assert stage.charges == []
    assert "Approved" in await stage.press(card, "approve_request")
    await stage.finish(1)
    await stage.closing(root, "ready.")


async def test_what_heygen_refuses_is_told_and_costs_nothing(stage: Stage) -> None:
    stage.heygen.fail("before", LIPSYNCS, method="POST", status=400)
    root = ask(stage)
    await stage.closing(root, "failed")
    assert stage.charges == []


async def test_a_job_that_fails_is_done_again_as_a_lip_sync(stage: Stage) -> None:
    root = ask(stage)
    await stage.finish(1, fail="The face could not be followed.")
    closing = await stage.closing(root, "failed", "The face could not be followed")
    await stage.click(closing, "retry_failed")
    await stage.submitted(2)
    await stage.finish(2)
    await stage.closing(root, "ready.", number=2)
    assert len(stage.heygen.journal.select("POST", LIPSYNCS)) == 2
    assert sum(not charge.refunded for charge in stage.charges) == 1


async def test_a_page_is_no_recording(stage: Stage) -> None:
    root = stage.ask(f"Lip-sync {stage.video} with {stage.heygen.url}/sources/page.html")
    assert "not to a recording" in await stage.reply(root)
    assert stage.charges == []


async def test_typed_after_the_command(stage: Stage) -> None:
    root = await stage.command_root(f"lipsync {stage.video} with {stage.heygen.url}/sources/voice.mp3")
    await stage.finish(1)
    await stage.closing(root, "launch.mp4 with voice.mp3", "ready.")
    assert not stage.openai.calls
    assert len(stage.heygen.journal.select("POST", LIPSYNCS)) == 1


async def test_a_finished_job_can_be_what_speaks(stage: Stage) -> None:
    """Its address is read when the request leaves, since HeyGen's addresses expire."""
    root = stage.ask('Make a video saying "Welcome to our studio"')
    await stage.finish(1)
    await stage.closing(root, "ready.")
    stage.say(f"Lip-sync J1 with {stage.heygen.url}/sources/voice.mp3", root)
    await stage.submitted(2)
    (sent,) = stage.heygen.journal.select("POST", LIPSYNCS)
    assert f"{stage.heygen.url}/" in sent.body["video"]["url"]
    await stage.finish(2)
    await stage.closing(root, "J1 with voice.mp3", number=2)


async def test_an_answer_that_is_lost_is_asked_for_again_and_paid_for_once(stage: Stage) -> None:
    stage.heygen.fail("drop_reply", LIPSYNCS, method="POST")
    root = ask(stage)
    await stage.wait(lambda: len(stage.heygen.journal.select("POST", LIPSYNCS)) == 2)
    await stage.finish(1)
    await stage.closing(root, "ready.")
    assert len({sent.headers["idempotency-key"] for sent in stage.heygen.journal.select("POST", LIPSYNCS)}) == 1
    assert len(stage.charges) == 1


async def test_a_stop_in_the_middle_loses_nothing_and_pays_once(stage: Stage) -> None:
    root = ask(stage)
    await stage.submitted(1)
    await stage.restart()
    await stage.finish(1)
    await stage.closing(root, "launch.mp4 with voice.mp3", "ready.")
    assert len(stage.charges) == 1
