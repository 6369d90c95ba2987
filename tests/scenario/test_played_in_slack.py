"""Videos that Slack plays: shared in the thread after the closing, once, or left to their link."""

from __future__ import annotations

from emulators.slack import Message
from tests.scenario.stage import Stage

SHARE = "/api/files.completeUploadExternal"


def shared(stage: Stage, root: str) -> list[Message]:
    """The messages of a thread in which we share a file."""
    return [message for message in stage.by_app(root) if message.files]


async def test_results_follow_the_closing_as_files(stage: Stage) -> None:
    await stage.restart(slack_upload_max_mb=100)
    root = stage.translate("French", "German")
    await stage.finish(2)
    closing = await stage.closing(root, "all 2 are ready")
    assert len(closing.links()) == 2
    await stage.wait(lambda: len(shared(stage, root)) == 2)
    await stage.probe()
    messages = shared(stage, root)
    assert all(message.ts > closing.ts for message in messages)
    assert sorted(file.title for message in messages for file in message.files) == [
        "launch.mp4: French (France)",
        "launch.mp4: German (Germany)",
    ]
    for message in messages:
        (file,) = message.files
        assert (file.mimetype, file.data[4:8], len(file.data)) == ("video/mp4", b"ftyp", file.size)
    uploads = stage.slack.journal.select("POST", "/upload/v1/.*")
    assert all(int(e.headers["content-length"]) and "transfer-encoding" not in e.headers for e in uploads)


async def test_a_share_whose_answer_is_lost_is_looked_for_and_not_repeated(stage: Stage) -> None:
    await stage.restart(slack_upload_max_mb=100)
    stage.slack.fail("drop_reply", SHARE)
    root = stage.translate("French")
    await stage.finish(1)
    await stage.wait(lambda: shared(stage, root))
    await stage.wait(lambda: stage.slack.journal.select("GET", "/api/conversations.replies"))
    await stage.probe()
    assert len(shared(stage, root)) == len(stage.slack.journal.select("POST", SHARE)) == 1


async def test_an_upload_that_breaks_off_is_begun_again(stage: Stage) -> None:
    await stage.restart(slack_upload_max_mb=100)
    stage.slack.fail("before", "/upload/v1/.*", status=503)
    root = stage.translate("French")
    await stage.finish(1)
    await stage.wait(lambda: shared(stage, root))
    await stage.probe()
    assert len(shared(stage, root)) == 1


async def test_where_slack_takes_no_files_the_link_remains(stage: Stage) -> None:
    stage.slack.configure(file_uploads_enabled=False)
    try:
        await stage.restart(slack_upload_max_mb=100)
        root = stage.translate("French")
        await stage.finish(1)
        closing = await stage.closing(root, "ready")
        await stage.wait(lambda: stage.slack.journal.select("POST", "/api/files.getUploadURLExternal"))
        await stage.probe()
    finally:
        stage.slack.configure(file_uploads_enabled=True)
    assert shared(stage, root) == []
    assert (await stage.browse(closing.links()[0])).headers["content-type"] == "video/mp4"


async def test_what_is_too_large_is_not_even_announced(stage: Stage) -> None:
    await stage.restart(slack_upload_max_mb=1)
    stage.heygen.switches.output_size = 1_500_000
    root = stage.translate("French")
    await stage.finish(1)
    await stage.closing(root, "ready")
    await stage.wait(lambda: stage.heygen.journal.select("GET", "/files/.*mp4"))
    await stage.probe()
    assert stage.slack.journal.select("POST", "/api/files.getUploadURLExternal") == []
    before = len(stage.replies(root))
    stage.say("hello", root)
    await stage.wait(lambda: len(stage.replies(root)) > before)
