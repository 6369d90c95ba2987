"""What only the realtime websocket can do to ears and a voice, with the real client against the stand-in."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest
from openai import AsyncOpenAI
from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter

from agent.live.ears import Ears, Final, Partial
from agent.live.errors import EarsError, VoiceError
from agent.live.realtime_ears import RealtimeEars, RealtimeEarsMaker
from agent.live.realtime_voice import RealtimeVoice, reads
from emulators.openai import OpenAIEmulator, sound
from emulators.openai.realtime import Accident
from tests.support.speech import OTHER, PAUSE, PERSON, SENTENCE, finals, say, spoken, until_final

COMMIT = "input_audio_buffer.commit"
APPEND = "input_audio_buffer.append"


@pytest.fixture
async def ears(client: AsyncOpenAI) -> AsyncIterator[RealtimeEars]:
    opened = await RealtimeEarsMaker(client, "emulated-ears").open(language="en", person=PERSON)
    yield opened
    await opened.close()


@pytest.fixture
async def voice(client: AsyncOpenAI) -> AsyncIterator[RealtimeVoice]:
    opened = RealtimeVoice(client, "emulated-realtime", "marin")
    yield opened
    await opened.close()


async def test_partial_texts_grow_into_the_final_one(emulator: OpenAIEmulator, ears: Ears) -> None:
    await say(ears, PAUSE, emulator.sounds.register(SENTENCE), PAUSE)
    texts = [one.text for one in await until_final(ears) if isinstance(one, Partial | Final)]
    assert len(texts) > 5
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(texts))


async def test_sound_is_sent_while_somebody_still_speaks(emulator: OpenAIEmulator, ears: Ears) -> None:
    await say(ears, PAUSE, emulator.sounds.register(SENTENCE))
    await emulator.journal.wait_for(lambda: any(event["type"] == APPEND for event in emulator.realtime.events))
    assert not any(event["type"] == COMMIT for event in emulator.realtime.events)


@pytest.mark.parametrize("kind", ["drop", "garbage"])
@pytest.mark.parametrize("at", [APPEND, COMMIT])
async def test_a_connection_that_fails_is_opened_again_and_nothing_is_lost(
    emulator: OpenAIEmulator, ears: Ears, kind: Any, at: str
) -> None:
    emulator.realtime.accidents.append(Accident(kind, at))
    await say(ears, PAUSE, emulator.sounds.register(SENTENCE), PAUSE)
    assert finals(await until_final(ears)) == [Final(SENTENCE, 1)]
    await say(ears, PAUSE, emulator.sounds.register(OTHER), PAUSE)
    assert finals(await until_final(ears)) == [Final(OTHER, 2)]
    assert emulator.realtime.connections == 2


async def test_a_second_failure_in_a_row_ends_the_ears(emulator: OpenAIEmulator, ears: Ears) -> None:
    emulator.realtime.accidents += [Accident("drop", COMMIT), Accident("drop", COMMIT)]
    await say(ears, PAUSE, emulator.sounds.register(SENTENCE), PAUSE)
    with pytest.raises(EarsError) as caught:
        await until_final(ears)
    assert (caught.value.code, caught.value.retryable) == ("connection", False)
    assert emulator.realtime.connections == 2


async def test_text_earns_another_try(emulator: OpenAIEmulator, ears: Ears) -> None:
    for number, text in enumerate([SENTENCE, OTHER, SENTENCE], 1):
        emulator.realtime.accidents.append(Accident("drop", COMMIT))
        await say(ears, PAUSE, emulator.sounds.register(text), PAUSE)
        assert finals(await until_final(ears)) == [Final(text, number)]


@pytest.mark.parametrize(
    ("kind", "code", "expected", "retryable"),
    [
        ("failed", "server_error", "server", True),
        ("error", "rate_limit_exceeded", "rate_limited", True),
        ("failed", "insufficient_quota", "quota", False),
    ],
)
async def test_a_transcription_that_fails_is_typed_and_the_next_one_is_heard(
    emulator: OpenAIEmulator, ears: Ears, kind: Any, code: str, expected: str, retryable: bool
) -> None:
    emulator.realtime.accidents.append(Accident(kind, COMMIT, code=code))
    await say(ears, PAUSE, emulator.sounds.register(SENTENCE), PAUSE)
    with pytest.raises(EarsError) as caught:
        await until_final(ears)
    assert (caught.value.code, caught.value.retryable) == (expected, retryable)
    await say(ears, PAUSE, emulator.sounds.register(OTHER), PAUSE)
    assert finals(await until_final(ears)) == [Final(OTHER, 2)]


async def test_an_answer_that_never_comes_is_given_up(
    emulator: OpenAIEmulator, ears: Ears, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.live.realtime_ears.ANSWER_SECONDS", 0.1)
    emulator.realtime.accidents.append(Accident("silence", COMMIT))
    await say(ears, PAUSE, emulator.sounds.register(SENTENCE), PAUSE)
    with pytest.raises(EarsError) as caught:
        await until_final(ears)
    assert caught.value.code == "timeout"


async def test_too_many_unanswered_utterances_drop_the_oldest(emulator: OpenAIEmulator, ears: RealtimeEars) -> None:
    emulator.realtime.accidents += [Accident("silence", COMMIT) for _ in range(6)]
    said = emulator.sounds.register(OTHER)
    async with asyncio.timeout(10):
        await say(ears, *[PAUSE + said + PAUSE] * 6)
    assert ears.lost_utterances == 2


@pytest.mark.parametrize(("status", "code", "retryable"), [(401, "unauthorized", False), (429, "rate_limited", True)])
async def test_a_refused_handshake_is_typed(
    emulator: OpenAIEmulator, client: AsyncOpenAI, status: int, code: str, retryable: bool
) -> None:
    emulator.realtime.accidents += [Accident("refuse", "connect", status=status) for _ in range(2)]
    with pytest.raises(EarsError) as hearing:
        await RealtimeEarsMaker(client, "emulated-ears").open(language=None, person=PERSON)
    with pytest.raises(VoiceError) as speaking:
        await spoken(RealtimeVoice(client, "emulated-realtime", "marin"), OTHER)
    for caught in (hearing.value, speaking.value):
        assert (caught.code, caught.retryable) == (code, retryable)


async def test_a_model_that_cannot_transcribe_opens_no_ears(client: AsyncOpenAI) -> None:
    with pytest.raises(EarsError) as caught:
        await RealtimeEarsMaker(client, "emulated-voice").open(language=None, person=PERSON)
    assert (caught.value.code, caught.value.retryable) == ("bad_request", False)


async def test_the_connection_of_one_text_is_kept_for_the_next(emulator: OpenAIEmulator, voice: RealtimeVoice) -> None:
    for text in (SENTENCE, OTHER, SENTENCE):
        assert await spoken(voice, text) == sound.speech(text)
    assert emulator.realtime.connections == 1


async def test_a_kept_connection_that_died_is_replaced(emulator: OpenAIEmulator, voice: RealtimeVoice) -> None:
    await spoken(voice, SENTENCE)
    emulator.realtime.accidents.append(Accident("drop", "response.create"))
    assert await spoken(voice, OTHER) == sound.speech(OTHER)
    assert emulator.realtime.connections == 2


async def test_a_voice_that_improvises_is_reported(emulator: OpenAIEmulator, voice: RealtimeVoice) -> None:
    emulator.realtime.improvises = "And now let me tell you a joke about cats and dogs."
    with pytest.raises(VoiceError) as caught:
        await spoken(voice, OTHER)
    assert (caught.value.code, caught.value.retryable) == ("mismatch", False)
    assert OTHER not in str(caught.value)


@pytest.mark.parametrize(("kind", "code"), [("drop", "connection"), ("garbage", "wrong_format"), ("error", "server")])
async def test_a_realtime_voice_that_fails_says_how(
    emulator: OpenAIEmulator, voice: RealtimeVoice, kind: Any, code: str
) -> None:
    emulator.realtime.accidents.append(Accident(kind, "response.create"))
    with pytest.raises(VoiceError) as caught:
        await spoken(voice, OTHER)
    assert (caught.value.code, caught.value.retryable) == (code, True)


@pytest.mark.parametrize(
    ("said", "is_read"),
    [
        ("Your video is ready now.", True),
        ("your video is ready, now", True),
        ("Sure! Your video is not ready, I am sorry.", False),
        ("", False),
    ],
)
def test_reading_is_saying_the_same_words(said: str, is_read: bool) -> None:
    assert reads(said, "Your video is ready now.") is is_read


async def test_the_stand_in_speaks_the_packages_own_events(emulator: OpenAIEmulator, client: AsyncOpenAI) -> None:
    known: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)
    kinds = set()
    async with client.realtime.connect(model="emulated-realtime") as connection:
        content: Any = [{"type": "input_text", "text": OTHER}]
        message: Any = {"type": "message", "role": "user", "content": content}
        await connection.response.create(response={"conversation": "none", "input": [message]})
        while "response.done" not in kinds:
            kinds.add(known.validate_json(await connection.recv_bytes()).type)
    assert len(kinds) == 7


@pytest.mark.parametrize(
    "session",
    [
        {"type": "realtime"},
        {"type": "transcription"},
        {"type": "transcription", "audio": {"input": {"transcription": {"model": "emulated-ears"}}}},
        {"type": "transcription", "audio": {"input": {"turn_detection": None, "transcription": {"model": "tts-1"}}}},
        {"type": "transcription", "audio": {"input": {"turn_detection": None, "transcription": {"name": "x"}}}},
        {"type": "transcription", "input_audio_format": "pcm16"},
    ],
)
async def test_sessions_of_a_wrong_shape_are_refused(client: AsyncOpenAI, session: Any) -> None:
    async with client.realtime.connect(extra_query={"intent": "transcription"}) as connection:
        await connection.session.update(session=session)
        kinds = [(await connection.recv()).type for _ in range(2)]
    assert kinds == ["session.created", "error"]
