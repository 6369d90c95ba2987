"""What the avatar does with audio: when it speaks, how long, how it is interrupted, and what is done wrong with it."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from emulators.liveavatar import LiveAvatarEmulator


def names(frames: list[dict[str, Any]]) -> list[str]:
    """What frames say, in short: acknowledgements and poses by their last word."""
    short = []
    for frame in frames:
        name = frame["type"].removeprefix("agent.").removeprefix("audio_buffer_")
        short.append(frame["new_state"] if name == "state_updated" else name)
    return short


async def test_speech_lasts_as_long_as_its_audio(liveavatar: LiveAvatarEmulator, line, found) -> None:
    await line.speak("u1", 1.0)
    await line.speak("u1", 1.0)
    await line.send("agent.speak_end", event_id="u1")
    assert names(await line.settled()) == ["appended", "appended", "committed"]

    liveavatar.advance(0.21)
    assert names(await line.settled()) == ["speak_started", "talking"]
    liveavatar.advance(1.98)
    assert await line.settled() == []
    liveavatar.advance(0.02)
    assert names(await line.settled()) == ["speak_ended", "idle"]
    assert [(u.outcome, u.seconds, u.chunks) for u in liveavatar.utterances()] == [("ended", 2.0, 2)]
    assert found() == []


async def test_utterances_are_spoken_one_after_the_other(liveavatar: LiveAvatarEmulator, line, found) -> None:
    for name in ("u1", "u2"):
        await line.speak(name, 1.0)
        await line.send("agent.speak_end", event_id=name)
    await line.settled()
    liveavatar.advance(10)
    events = [frame for frame in await line.settled() if frame["type"].startswith("agent.speak")]

    assert [(frame["type"].removeprefix("agent."), frame["source_event_id"]) for frame in events] == [
        ("speak_started", "u1"),
        ("speak_ended", "u1"),
        ("speak_started", "u2"),
        ("speak_ended", "u2"),
    ]
    first, second = liveavatar.utterances()
    assert second.started == first.ended
    assert found() == []


async def test_without_speak_end_the_avatar_never_stops_talking(liveavatar: LiveAvatarEmulator, line, found) -> None:
    await line.speak("u1", 1.0)
    await line.settled()
    liveavatar.advance(250)
    frames = await line.settled()

    assert names(frames) == ["speak_started", "talking", "error"]
    assert frames[-1]["error"]["type"] == "video_starvation"
    assert found() == ["starved"]


async def test_audio_that_comes_late_goes_on(liveavatar: LiveAvatarEmulator, line) -> None:
    await line.speak("u1", 1.0)
    await line.settled()
    liveavatar.advance(1.7)  # half a second after the end of the audio
    await line.speak("u1", 1.0)
    await line.send("agent.speak_end", event_id="u1")
    await line.settled()
    liveavatar.advance(0.98)
    assert names(await line.settled()) == []
    liveavatar.advance(0.04)

    assert names(await line.settled()) == ["speak_ended", "idle"]


async def test_every_time_audio_runs_out_is_told(liveavatar: LiveAvatarEmulator, line, found) -> None:
    for _ in range(2):
        await line.speak("u1", 1.0)
        await line.settled()
        liveavatar.advance(5)

    assert names(await line.settled()).count("error") == 1
    assert found() == ["starved", "starved"]


async def test_speech_whose_audio_ran_out_ends_when_it_is_told_to(liveavatar: LiveAvatarEmulator, line) -> None:
    await line.speak("u1", 1.0)
    await line.settled()
    liveavatar.advance(1.7)
    await line.send("agent.speak_end", event_id="u1")
    await line.settled()

    assert liveavatar.utterances()[0].ended == liveavatar.clock.now()


async def test_an_interrupt_drops_everything_at_once(liveavatar: LiveAvatarEmulator, line, found) -> None:
    for name in ("u1", "u2"):
        await line.speak(name, 5.0)
        await line.send("agent.speak_end", event_id=name)
    await line.settled()
    liveavatar.advance(1)
    await line.settled()
    await line.send("agent.interrupt", event_id="i1")

    assert names(await line.settled()) == ["cleared", "speak_interrupted", "idle"]
    assert [u.outcome for u in liveavatar.utterances()] == ["interrupted", "dropped"]
    liveavatar.advance(60)
    assert await line.settled() == []
    assert found() == []


async def test_an_interrupt_before_anything_is_spoken_only_clears(liveavatar: LiveAvatarEmulator, line) -> None:
    await line.speak("u1", 1.0)
    await line.send("agent.interrupt")

    assert names(await line.settled()) == ["appended", "cleared"]
    liveavatar.advance(10)
    assert await line.settled() == []


async def test_audio_after_an_interrupt_is_spoken_counted_and_found(
    liveavatar: LiveAvatarEmulator, line, found
) -> None:
    await line.speak("u1", 1.0)
    await line.send("agent.interrupt", event_id="i1")
    await line.speak("u1", 0.5)
    await line.speak("u2", 1.0)
    await line.settled()
    liveavatar.advance(0.3)

    [interruption] = liveavatar.session().interruptions
    assert (interruption.event_id, interruption.bytes_after, interruption.stale_bytes) == ("i1", 72_000, 24_000)
    assert found() == ["audio_after_interrupt", "event_id_changed"]
    assert liveavatar.session().audio_bytes == 120_000
    assert "speak_started" in names(await line.settled())


async def test_the_next_utterance_after_an_interrupt_is_fine(liveavatar: LiveAvatarEmulator, line, found) -> None:
    await line.speak("u1", 1.0)
    await line.send("agent.interrupt", event_id="i1")
    await line.speak("u2", 1.0)
    await line.send("agent.speak_end", event_id="u2")
    await line.settled()
    liveavatar.advance(5)

    assert [u.outcome for u in liveavatar.utterances()] == ["dropped", "ended"]
    assert found() == []


async def test_small_chunks_are_not_spoken_before_the_end(liveavatar: LiveAvatarEmulator, line, found) -> None:
    for _ in range(25):
        await line.speak("u1", 0.02)
    await line.settled()
    liveavatar.advance(10)
    assert await line.settled() == []
    await line.send("agent.speak_end", event_id="u1")
    await line.settled()
    liveavatar.advance(0.3)

    assert names(await line.settled()) == ["speak_started", "talking"]
    assert found() == ["small_first_chunk", "tiny_chunks"]


async def test_a_short_answer_in_one_chunk_is_fine(liveavatar: LiveAvatarEmulator, line, found) -> None:
    await line.speak("u1", 0.3)
    await line.send("agent.speak_end", event_id="u1")
    await line.settled()
    liveavatar.advance(1)

    assert [u.outcome for u in liveavatar.utterances()] == ["ended"]
    assert found() == []


async def test_the_audio_is_kept_for_tests_up_to_a_limit(liveavatar: LiveAvatarEmulator, line) -> None:
    liveavatar.switches.keep_audio_bytes = 6
    for pcm in (b"abcd", b"efgh"):
        await line.send("agent.speak", event_id="u1", audio=base64.b64encode(pcm).decode())
    await line.settled()

    assert bytes(liveavatar.utterances()[0].pcm) == b"abcdef"
    assert liveavatar.session().audio_bytes == 8


@pytest.mark.parametrize(
    ("commands", "codes"),
    [
        ([("agent.speak", {"audio": "AAAA"})], ["event_id_missing", "odd_bytes"]),
        ([("agent.speak", {"event_id": "u", "audio": "UklGRg=="})], ["wave_header"]),
        ([("agent.speak", {"event_id": 7, "audio": "AAAAAAAA"})], ["event_id_not_text", "event_id_missing"]),
        ([("agent.speak_end", {"event_id": "u"})], ["speak_end_without_audio"]),
        (
            [("agent.speak", {"event_id": "u", "audio": "AAAAAAAA"}), ("agent.speak_end", {"event_id": "v"})],
            ["speak_end_of_another"],
        ),
        ([("agent.speak_end", {"event_id": "u", "audio": "AAAAAAAA"})], []),
        ([("start", {"encoding": "pcm_s16le", "sample_rate": 24000, "channels": 1})], []),
    ],
)
async def test_what_the_service_lets_pass_is_found(line, found, commands: Any, codes: list[str]) -> None:
    for name, fields in commands:
        await line.send(name, **fields)
    await line.settled()

    assert found() == codes


@pytest.mark.parametrize(
    ("name", "fields", "code"),
    [
        ("agent.speak", {"event_id": "u"}, "audio_missing"),
        ("agent.speak", {"event_id": "u", "audio": "not base64"}, "audio_not_base64"),
        ("agent.speak", {"event_id": "u", "audio": "A" * 1_000_004}, "chunk_too_big"),
        ("agent.dance", {"event_id": "u"}, "unknown_command"),
        ("start", {"event_id": "u", "encoding": "pcm_s16le", "sample_rate": 16000}, "wrong_format"),
    ],
)
async def test_what_the_service_refuses_is_answered_with_an_error(
    liveavatar: LiveAvatarEmulator, line, found, name: str, fields: dict[str, str], code: str
) -> None:
    await line.send(name, **fields)
    [error] = await line.until("error")

    assert (error["error"]["type"], error["error"]["event_id"]) == ("invalid_request_error", "u")
    assert found() == [code]
    assert liveavatar.session().audio_bytes == 0


async def test_the_biggest_chunk_is_taken(liveavatar: LiveAvatarEmulator, line, found) -> None:
    await line.send("agent.speak", event_id="u", audio="A" * 1_000_000)

    assert names(await line.settled()) == ["appended"]
    assert found() == []


async def test_listening_is_a_pose(liveavatar: LiveAvatarEmulator, line, found) -> None:
    await line.send("agent.start_listening", event_id="l1")
    await line.send("agent.start_listening", event_id="l2")
    await line.send("agent.stop_listening", event_id="l3")

    assert names(await line.settled()) == ["listening", "idle"]
    assert found() == []


async def test_a_pose_is_not_taken_while_talking(liveavatar: LiveAvatarEmulator, line, found) -> None:
    await line.speak("u1", 2.0)
    await line.settled()
    liveavatar.advance(1)
    await line.settled()
    await line.send("agent.start_listening", event_id="l1")

    assert await line.settled() == []
    assert found() == ["pose_while_talking"]


async def test_an_utterance_that_was_never_ended_is_found(liveavatar: LiveAvatarEmulator, line, found) -> None:
    await line.speak("u1", 2.0)
    await line.settled()
    liveavatar.end_session(reason="USER_CLOSED")

    assert found() == ["utterance_never_ended"]


async def test_how_far_the_client_is_ahead_is_measured(liveavatar: LiveAvatarEmulator, line) -> None:
    await line.speak("u1", 1.0)
    await line.settled()
    liveavatar.advance(0.7)
    await line.speak("u1", 4.0)
    await line.settled()

    assert liveavatar.channel().avatar.furthest_ahead == pytest.approx(4.5, abs=0.001)
