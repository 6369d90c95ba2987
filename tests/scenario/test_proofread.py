"""“Translate this, but let me check the subtitles first”: subtitles out, corrected, back in, and then the video."""

from __future__ import annotations

from tests.scenario.stage import TRANSLATIONS, Stage

PROOFREADS = f"{TRANSLATIONS}/proofreads"
CORRECTED = b"1\n00:00:00,000 --> 00:00:42,000\nBonjour a tous.\n"


def posts(stage: Stage, tail: str = "") -> list[dict[str, object]]:
    return [e.body for e in stage.heygen.journal.select("POST", PROOFREADS + tail) if e.status == 200]


async def checked(stage: Stage, *languages: str) -> str:
    """A thread in which somebody has approved and got subtitles."""
    wish = " and ".join(languages or ("French",))
    root = stage.ask(f"Translate {stage.video} into {wish}, let me check the subtitles first")
    card = await stage.card(root, "waiting for an approval", "translate the subtitles of", "HeyGen publishes no price")
    assert "change_request" not in stage.buttons(card)
    assert stage.charges == []
    await stage.press(card, "approve_request")
    await stage.finish(len(languages) or 1)
    await stage.closing(root, "ready", "No video is made yet")
    return root


async def test_subtitles_come_first_and_no_video_is_made(stage: Stage) -> None:
    root = await checked(stage)
    (body,) = posts(stage)
    assert body["output_languages"] == ["French (France)"]
    closing = await stage.closing(root, "Get the subtitles (SRT)", "finish J1")
    assert "Watch the video" not in closing.rendered_text()
    (link,) = closing.links()
    assert "-->" in (await stage.browse(link)).text
    assert stage.paid() == []
    assert len(stage.charges) == 1


def shared(stage: Stage, root: str) -> list[tuple[str, bytes]]:
    return [(file.name, file.data) for m in stage.slack.thread("videos", root) if m.from_app for file in m.files]


async def test_the_subtitles_stand_in_the_thread_as_files(stage: Stage) -> None:
    root = await checked(stage, "French", "German")
    files = await stage.wait(lambda: len(found := shared(stage, root)) == 2 and found)
    assert sorted(name for name, _ in files) == [
        "launch-mp4-french-france-J1.srt",
        "launch-mp4-german-germany-J2.srt",
    ]
    assert all(b"-->" in data for _, data in files)


async def test_a_file_that_cannot_be_fetched_is_shared_later(stage: Stage) -> None:
    stage.heygen.fail("before", "/files/.*srt.*", status=503, times=2)
    root = await checked(stage)
    await stage.wait(lambda: shared(stage, root))
    await stage.probe()
    assert len(shared(stage, root)) == 1


async def test_a_corrected_file_goes_back_in_and_the_video_is_made(stage: Stage) -> None:
    root = await checked(stage)
    stage.slack.say(
        "alice",
        "videos",
        f"<@{stage.slack.bot_user}> Finish J1 with this file",
        thread_ts=root,
        files=[("french.srt", CORRECTED)],
    )
    await stage.finish(2)
    closing = await stage.closing(root, "French (France)", "ready", "Watch the video", number=2)
    assert len(closing.links()) == 1
    job = [job for job in stage.heygen.state.jobs.values() if job.kind == "translation"][-1]
    assert job.fields["srt_text"] == CORRECTED.decode()
    (generated,) = stage.heygen.journal.select("POST", f"{PROOFREADS}/.*/generate")
    assert generated.headers["idempotency-key"].startswith("gr-")
    await stage.card(root, "came to about $2.10")
    assert len(stage.charges) == 2


async def test_good_subtitles_need_no_file(stage: Stage) -> None:
    root = await checked(stage)
    stage.say("finish J1", root)
    await stage.finish(2)
    await stage.closing(root, "ready", "Watch the video", number=2)
    assert not stage.heygen.journal.select("PUT", f"{PROOFREADS}/.*/srt")


async def test_two_languages_are_checked_one_by_one(stage: Stage) -> None:
    root = await checked(stage, "French", "German")
    stage.say("finish J2", root)
    await stage.submitted(3)
    job = [job for job in stage.heygen.state.jobs.values() if job.kind == "translation"][-1]
    assert job.language == "German (Germany)"
    await stage.finish(3)
    await stage.closing(root, "ready", "Watch the video", number=2)


async def test_what_is_no_subtitle_file_is_refused_by_heygen_and_costs_nothing(stage: Stage) -> None:
    root = await checked(stage)
    stage.heygen.fail("before", f"{PROOFREADS}/.*/generate", method="POST", status=400)
    stage.say("finish J1", root)
    await stage.closing(root, "failed", number=2)
    assert len(stage.charges) == 1


async def test_subtitles_that_fail_are_done_again_for_that_language_alone(stage: Stage) -> None:
    root = stage.ask(f"Translate {stage.video} into French and German, let me check the subtitles first")
    card = await stage.card(root, "waiting for an approval")
    await stage.press(card, "approve_request")
    await stage.submitted(2)
    stage.heygen.finish(stage.job("French (France)").id, fail="No speech was found.")
    stage.heygen.finish()
    closing = await stage.closing(root, "1 of 2 is ready, 1 failed", "No speech was found")
    await stage.click(closing, "retry_failed")
    again = await stage.card(root, "waiting for an approval")
    await stage.press(again, "approve_request")
    await stage.submitted(3)
    assert posts(stage)[1]["output_languages"] == ["French (France)"]


async def test_a_video_whose_answer_is_lost_is_asked_for_again_and_paid_for_once(stage: Stage) -> None:
    root = await checked(stage)
    stage.heygen.fail("drop_reply", f"{PROOFREADS}/.*/generate", method="POST")
    stage.say("finish J1", root)
    await stage.wait(lambda: len(stage.heygen.journal.select("POST", f"{PROOFREADS}/.*/generate")) == 2)
    await stage.finish(2)
    await stage.closing(root, "ready", "Watch the video", number=2)
    assert len(stage.charges) == 2


async def test_subtitles_are_corrected_in_a_dialog(stage: Stage) -> None:
    root = await checked(stage)
    closing = await stage.closing(root, "Correct French (France)")
    answer = await stage.click(closing, "correct_subtitles", user="bob")
    assert answer.ok
    assert not stage.slack.views("bob")
    assert (await stage.click(closing, "correct_subtitles")).ok
    view = await stage.wait(lambda: stage.slack.views("alice") and stage.slack.views("alice")[-1])
    assert "-->" in str(view.body)
    await stage.slack.submit_view("alice", view.id, {"subtitles": CORRECTED.decode()})
    await stage.finish(2)
    await stage.closing(root, "ready", "Watch the video", number=2)
    job = [job for job in stage.heygen.state.jobs.values() if job.kind == "translation"][-1]
    assert job.fields["srt_text"] == CORRECTED.decode()
    assert len(stage.charges) == 2
