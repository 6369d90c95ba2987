"""A file is attached in Slack: it is uploaded to HeyGen, which cannot see Slack's files, and worked on from there."""

from __future__ import annotations

import re

import pytest

from agent import assets
from bot import background
from emulators.heygen import media
from tests.scenario.stage import Stage

FILM = media.mp4("talk", 42, size=200_000)


def attach(stage: Stage, text: str, data: bytes = FILM, name: str = "talk.mp4", **options: object) -> str:
    """Attach a file and say something."""
    return stage.ask(text, files=[(name, data)], **options)


async def told(stage: Stage, root: str, words: str) -> None:
    """Wait until an answer in the thread says this."""
    await stage.wait(lambda: any(words in message.rendered_text() for message in stage.replies(root)))


async def test_translate_this(stage: Stage) -> None:
    """R16, R18, R35: an attached MP4 is uploaded and translated; the bytes go through us and past the model."""
    root = attach(stage, "translate this into French and German")
    await stage.finish(2)
    await stage.closing(root, "all 2 are ready")
    [asset] = stage.heygen.stored()
    assert stage.heygen.content_of(asset.id) == FILM
    [paid] = stage.paid()
    assert paid["video"] == {"type": "asset_id", "asset_id": asset.id}
    assert "talk.mp4" in (await stage.card(root)).rendered_text()
    seen = str([call.request for call in stage.openai.calls])
    assert not re.search(rf"(?<!fc_){asset.id}", seen)  # the planner's own ids may begin alike
    assert "files-pri" not in seen


async def test_the_card_names_the_file_and_a_change_keeps_it(stage: Stage) -> None:
    await stage.with_approvers("bob")
    root = attach(stage, "translate this into French and German")
    card = await stage.card(root, "waiting for an approval", "talk.mp4", "about $4.20")
    await stage.change(card, "Spanish (Mexico)")
    again = await stage.card(root, "waiting for an approval", "talk.mp4", "Spanish (Mexico)", "about $2.10")
    await stage.press(again, "approve_request", "bob")
    await stage.submitted(1)
    [asset] = stage.heygen.stored()
    assert [paid["video"] for paid in stage.paid()] == [{"type": "asset_id", "asset_id": asset.id}]


async def test_others_files_are_translated_by_a_click_alone(stage: Stage) -> None:
    root = attach(stage, "hello", user="bob")
    await stage.reply(root)
    stage.say("translate the file into French", root)
    await stage.card(root, "waiting for an approval")
    assert stage.charges == []


async def test_initialize_a_direct_upload(stage: Stage) -> None:
    """R19, R36: “Initialize a direct upload for a new 15MB MP4 asset”: one call, no handshake for the model."""
    film = media.mp4("asset", 30, size=15_000_000, moov_last=True)
    root = attach(stage, "Initialize a direct upload for a new 15MB MP4 asset", film, "asset.mp4")
    await told(stage, root, "Uploaded to HeyGen as A1: video/mp4, 15.0 MB, 30 s.")
    assert stage.heygen.content_of(stage.heygen.stored()[0].id) == film
    assert stage.charges == []
    seen = str([call.request for call in stage.openai.calls])
    assert not re.search(rf"(?<!fc_){stage.heygen.stored()[0].id}", seen)
    assert "X-Amz" not in seen


async def test_an_upload_is_translated_by_its_handle(stage: Stage) -> None:
    root = attach(stage, "upload this")
    await told(stage, root, "as A1")
    stage.openai.script([stage.call("translate_video", source="A1", languages=["French"], title=None)])
    stage.say("translate A1 into French", root)
    await stage.submitted(1)
    assert stage.paid()[0]["video"] == {"type": "asset_id", "asset_id": stage.heygen.stored()[0].id}


async def test_without_a_file_the_person_is_asked_for_one(stage: Stage) -> None:
    """R36: the same prompt with nothing attached."""
    root = stage.ask("Initialize a direct upload for a new 15MB MP4 asset")
    await told(stage, root, "Attach it here")
    assert stage.heygen.stored() == []


async def test_a_large_file_goes_directly_into_the_store(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """R16, R17: init, PUT and complete, where a file is too large for one call."""
    monkeypatch.setattr(assets, "AT_ONCE_BYTES", 100_000)
    root = attach(stage, "translate this into French")
    await stage.wait(lambda: stage.heygen.journal.select("POST", "/v3/assets/.*/complete"))
    stage.heygen.advance(10)
    await stage.finish(1)
    await stage.closing(root, "ready")
    [asset] = stage.heygen.stored()
    assert stage.heygen.content_of(asset.id) == FILM
    assert stage.heygen.journal.select("POST", "/v3/assets") == []
    [put] = stage.heygen.journal.select("PUT")
    assert not {"x-api-key", "authorization"} & set(put.headers)


async def test_the_same_file_is_uploaded_once(stage: Stage) -> None:
    root = attach(stage, "translate this into French")
    await stage.submitted(1)
    await stage.reply(root)
    stage.say("translate F1 into German", root)
    await stage.submitted(2)
    assert len(stage.heygen.stored()) == 1
    assert len(stage.heygen.journal.select("POST", "/v3/assets")) == 1


async def test_a_file_that_heygen_has_lost_is_uploaded_again(stage: Stage) -> None:
    root = attach(stage, "upload this")
    await stage.reply(root)
    stage.heygen.assets.all.clear()
    stage.say("translate F1 into German", root)
    await stage.submitted(1)
    assert len(stage.heygen.stored()) == 1


async def test_a_link_is_uploaded_for_whoever_gave_it(stage: Stage) -> None:
    root = stage.ask(f"upload {stage.video}")
    await told(stage, root, "Uploaded to HeyGen as A1")
    assert [asset.mime_type for asset in stage.heygen.stored()] == ["video/mp4"]


async def test_a_link_that_a_model_made_up_is_not_even_opened(stage: Stage) -> None:
    made_up = f"{stage.heygen.url}/sources/short.mp4?what=she-said"
    stage.openai.script([stage.call("add_asset", source=made_up)])
    root = stage.ask("hello")
    await stage.reply(root)
    assert stage.heygen.journal.select("GET", "/sources/.*") == []
    assert stage.heygen.stored() == []


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("empty.mp4", b"", "empty"),
        ("talk.mov", b"\x00\x00\x00\x14ftypqt  " + bytes(500), "QuickTime film"),
        ("notes.txt", b"Dear all, " * 50, "HeyGen takes MP4"),
        ("page.mp4", b"<!doctype html><title>Sign in</title>" + bytes(600), "a page instead of the file"),
    ],
    ids=["empty", "wrong type", "text", "page"],
)
async def test_what_heygen_would_refuse_is_said_before_anything_is_sent(
    stage: Stage, name: str, data: bytes, words: str
) -> None:
    reply = await stage.reply(attach(stage, "translate this into French", data, name))
    assert words in reply
    assert stage.heygen.journal.select("POST", "/v3/assets.*") == []
    assert stage.charges == []


async def test_a_picture_is_uploaded_and_not_translated(stage: Stage) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(5_000)
    reply = await stage.reply(attach(stage, "translate this into French", picture, "logo.png"))
    assert "no video" in reply
    assert stage.charges == []


async def test_a_file_that_is_too_large_is_not_even_fetched(stage: Stage) -> None:
    file_id = stage.slack.add_file("alice", "film.mp4", FILM)
    stage.slack.workspace.files[file_id].size = 1_200_000_000
    reply = await stage.reply(stage.ask("translate this into French", files=[file_id]))
    assert "larger than 1000 MB" in reply
    assert stage.heygen.journal.select("POST", "/v3/assets.*") == []


async def test_a_store_that_refuses_is_asked_for_another_place(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "AT_ONCE_BYTES", 100_000)
    stage.heygen.fail("before", "/storage/.*", status=403, body="<Error><Code>AccessDenied</Code></Error>")
    attach(stage, "upload this")
    await stage.wait(lambda: stage.heygen.journal.select("POST", "/v3/assets/.*/complete"))
    assert len({e.headers["idempotency-key"] for e in stage.heygen.journal.select("POST", ".*direct-uploads")}) == 2
    assert len(stage.heygen.stored()) == 1


async def test_a_store_that_refuses_everything_is_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "AT_ONCE_BYTES", 100_000)
    for _ in range(3):
        stage.heygen.fail("before", "/storage/.*", status=403, body="<Error><Code>AccessDenied</Code></Error>")
    reply = await stage.reply(attach(stage, "translate this into French"))
    assert "HeyGen's store did not take the file" in reply
    assert stage.heygen.stored() == []
    assert stage.charges == []


async def test_a_link_that_has_expired_is_told(stage: Stage) -> None:
    reply = await stage.reply(stage.ask(f"upload {stage.heygen.url}/files/gone.mp4?Expires=1&Signature=x"))
    assert "the link has expired" in reply or "no file at this link" in reply


async def test_a_message_that_is_deleted_during_its_upload_costs_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "AT_ONCE_BYTES", 100_000)
    root = attach(stage, "translate this into French")
    await stage.wait(lambda: stage.heygen.journal.select("POST", "/v3/assets/.*/complete"))
    stage.slack.delete("alice", "videos", root)
    await stage.slack.settle()
    stage.heygen.advance(10)
    await stage.probe()
    assert stage.charges == []
    assert stage.attempts() == 0


async def test_a_stop_in_the_middle_leaves_one_asset(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "AT_ONCE_BYTES", 100_000)
    monkeypatch.setattr(background, "DRAIN_SECONDS", 0.1)
    stage.heygen.fail("drop_reply", "/storage/.*")
    root = attach(stage, "translate this into French")
    await stage.wait(lambda: stage.heygen.journal.select("PUT"))
    await stage.restart()
    await stage.wait(lambda: stage.heygen.journal.select("POST", "/v3/assets/.*/complete"))
    stage.heygen.advance(10)
    await stage.finish(1)
    await stage.closing(root, "ready")
    assert len(stage.heygen.stored()) == 1
    assert len(stage.heygen.assets.all) == 1
