"""What the avatar does with audio: when it speaks, how long, and how it is interrupted."""

from __future__ import annotations

from emulators.liveavatar import LiveAvatarEmulator


def names(frames: list[dict]) -> list[str]:
    return [frame["type"].removeprefix("agent.") for frame in frames]


async def test_speech_lasts_as_long_as_its_audio(liveavatar: LiveAvatarEmulator, line) -> None:
    await line.speak("u1", 1.0)
    await line.speak("u1", 1.0)
    await line.send("agent.speak_end", event_id="u1")
    assert names(await line.settled()) == ["audio_buffer_appended", "audio_buffer_appended", "audio_buffer_committed"]

    liveavatar.advance(0.2)
    assert names(await line.settled()) == ["speak_started", "state_updated"]
    liveavatar.advance(1.99)
    assert await line.settled() == []
    liveavatar.advance(0.02)
    assert names(await line.settled()) == ["speak_ended", "state_updated"]
    assert [(u.outcome, u.seconds) for u in liveavatar.utterances()] == [("ended", 2.0)]
    assert [f.code for f in liveavatar.findings] == ["unknown_command"] * 4
