"""Both ears and both voices, with the real client, against the stand-in for OpenAI."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import openai
import pytest
from openai import AsyncOpenAI

from agent.live.ears import Ears, EarsMaker, Final, SpeechEnded, SpeechStarted
from agent.live.errors import EarsError, VoiceError
from agent.live.openai_ears import HttpEarsMaker, wav
from agent.live.openai_voice import HttpVoice
from agent.live.realtime_ears import RealtimeEarsMaker
from agent.live.realtime_voice import RealtimeVoice
from agent.live.voice import Voice
from emulators.openai import OpenAIEmulator, sound
from tests.support.speech import OTHER, PAUSE, PERSON, SENTENCE, finals, say, spoken, until_final

EARS: dict[str, Callable[[AsyncOpenAI], EarsMaker]] = {
    "http": lambda client: HttpEarsMaker(client, "emulated-ears"),
    "realtime": lambda client: RealtimeEarsMaker(client, "emulated-ears"),
}
VOICES: dict[str, Callable[[AsyncOpenAI], Voice]] = {
    "http": lambda client: HttpVoice(client, "emulated-voice", "marin"),
    "realtime": lambda client: RealtimeVoice(client, "emulated-realtime", "marin"),
}


@pytest.fixture(params=sorted(EARS))
def maker(request: pytest.FixtureRequest, client: AsyncOpenAI) -> EarsMaker:
    return EARS[request.param](client)


@pytest.fixture
async def ears(maker: EarsMaker) -> AsyncIterator[Ears]:
    opened = await maker.open(language="en", person=PERSON)
    yield opened
    await opened.close()


@pytest.fixture(params=sorted(VOICES))
async def voice(request: pytest.FixtureRequest, client: AsyncOpenAI) -> AsyncIterator[Voice]:
    opened = VOICES[request.param](client)
    yield opened
    if isinstance(opened, RealtimeVoice):
        await opened.close()


@pytest.fixture
def http_voice(client: AsyncOpenAI) -> Voice:
    return VOICES["http"](client)


# -- ears -----------------------------------------------------------------------------------------------------------


async def test_a_sentence_is_heard_with_its_start_and_its_end(emulator: OpenAIEmulator, ears: Ears) -> None:
    said = emulator.sounds.register(SENTENCE)
    await say(ears, PAUSE, said, PAUSE)
    heard = await until_final(ears)
    assert finals(heard) == [Final(SENTENCE, 1)]
    started = next(one for one in heard if isinstance(one, SpeechStarted))
    ended = next(one for one in heard if isinstance(one, SpeechEnded))
    assert 1.0 < started.at < ended.at < 1.4 + len(said) / sound.BYTES_PER_SECOND


async def test_sentences_are_heard_in_their_order(emulator: OpenAIEmulator, ears: Ears) -> None:
    texts = [SENTENCE, OTHER, SENTENCE]
    for text in texts:
        await say(ears, PAUSE, emulator.sounds.register(text), PAUSE)
    heard = await until_final(ears, 3)
    assert finals(heard) == [Final(text, number) for number, text in enumerate(texts, 1)]


async def test_the_language_is_handed_on_and_nothing_about_the_person(emulator: OpenAIEmulator, ears: Ears) -> None:
    await say(ears, PAUSE, emulator.sounds.register(SENTENCE), PAUSE)
    await until_final(ears)
    assert emulator.sounds.heard[0].language == "en"
    assert PERSON not in str([entry.to_json() for entry in emulator.journal.entries])


async def test_silence_is_never_sent(emulator: OpenAIEmulator, ears: Ears) -> None:
    await say(ears, sound.silence(5))
    assert not emulator.sounds.heard


async def test_sound_without_words_has_no_final(emulator: OpenAIEmulator, ears: Ears) -> None:
    await say(ears, PAUSE, sound.speech("Nobody has registered this."), PAUSE)
    await say(ears, PAUSE, emulator.sounds.register(OTHER), PAUSE)
    assert finals(await until_final(ears)) == [Final(OTHER, 2)]


async def test_closed_ears_hear_nothing_more(emulator: OpenAIEmulator, maker: EarsMaker) -> None:
    ears = await maker.open(language=None, person=PERSON)
    reading = asyncio.create_task(anext(ears.heard(), None))  # type: ignore[arg-type]
    await ears.close()
    await ears.close()
    await ears.feed(emulator.sounds.register(SENTENCE))
    assert await asyncio.wait_for(reading, 5) is None


# -- ears over HTTP -------------------------------------------------------------------------------------------------


@pytest.fixture
async def http_ears(client: AsyncOpenAI) -> AsyncIterator[Ears]:
    opened = await EARS["http"](client).open(language=None, person=PERSON)
    yield opened
    await opened.close()


TRANSCRIPTIONS = "/v1/audio/transcriptions"


@pytest.mark.parametrize("fault", [("before", {"status": 500}), ("before", {"status": 429}), ("drop_reply", {})])
async def test_a_failure_that_passes_is_not_noticed(
    emulator: OpenAIEmulator, http_ears: Ears, fault: tuple[str, dict[str, int]]
) -> None:
    emulator.fail(fault[0], TRANSCRIPTIONS, **fault[1])  # type: ignore[arg-type]
    await say(http_ears, PAUSE, emulator.sounds.register(SENTENCE), PAUSE)
    assert finals(await until_final(http_ears)) == [Final(SENTENCE, 1)]


@pytest.mark.parametrize(
    ("fault", "code", "retryable"),
    [
        ({"status": 500, "times": 2}, "server", True),
        ({"status": 429, "headers": {"retry-after": "30"}}, "rate_limited", True),
        ({"status": 401}, "unauthorized", False),
        ({"status": 200, "body": "garbage", "times": 2}, "wrong_format", True),
        ({"status": 200, "body": {"other": 1}, "times": 2}, "wrong_format", True),
    ],
)
async def test_a_failure_that_stays_is_typed_and_the_next_utterance_is_heard(
    emulator: OpenAIEmulator, http_ears: Ears, fault: dict[str, object], code: str, retryable: bool
) -> None:
    emulator.fail("before", TRANSCRIPTIONS, **fault)
    await say(http_ears, PAUSE, emulator.sounds.register(SENTENCE), PAUSE)
    with pytest.raises(EarsError) as caught:
        await until_final(http_ears)
    assert (caught.value.code, caught.value.retryable) == (code, retryable)
    assert SENTENCE not in str(caught.value)
    await say(http_ears, PAUSE, emulator.sounds.register(OTHER), PAUSE)
    assert finals(await until_final(http_ears)) == [Final(OTHER, 2)]


async def test_a_server_that_hangs_never_blocks_the_microphone_and_the_oldest_is_dropped(
    emulator: OpenAIEmulator, client: AsyncOpenAI
) -> None:
    ears = await HttpEarsMaker(client, "emulated-ears").open(language=None, person=PERSON)
    emulator.fail("delay", TRANSCRIPTIONS, seconds=60)
    said = emulator.sounds.register(OTHER)
    await say(ears, PAUSE, said, PAUSE)
    await emulator.journal.wait_for(lambda: emulator.journal.select("POST", TRANSCRIPTIONS))
    async with asyncio.timeout(10):
        await say(ears, *[PAUSE + said + PAUSE] * 6)
    assert ears.lost_utterances == 2
    await ears.close()


# -- voices ---------------------------------------------------------------------------------------------------------


async def test_a_text_is_spoken_as_it_is(emulator: OpenAIEmulator, voice: Voice) -> None:
    assert await spoken(voice, SENTENCE) == sound.speech(SENTENCE)
    assert [one.text for one in emulator.sounds.spoken] == [SENTENCE]


async def test_the_first_sound_comes_before_the_last_is_made(emulator: OpenAIEmulator, voice: Voice) -> None:
    emulator.pace = 0.02
    chunks = voice.speak(SENTENCE)
    async with asyncio.timeout(10):
        first = await anext(chunks)
    assert len(first) < emulator.sounds.spoken[0].size / 2
    assert emulator.sounds.spoken[0].ended is None
    await chunks.aclose()


async def test_closing_stops_the_request_at_once(emulator: OpenAIEmulator, voice: Voice) -> None:
    emulator.pace = 0.05
    chunks = voice.speak(SENTENCE * 5)
    await anext(chunks)
    await chunks.aclose()
    said = emulator.sounds.spoken[0]
    await emulator.journal.wait_for(lambda: said.ended == "cancelled", seconds=3)
    assert said.sent < said.size / 2


async def test_what_one_voice_says_the_ears_understand(emulator: OpenAIEmulator, voice: Voice, ears: Ears) -> None:
    await say(ears, PAUSE, await spoken(voice, OTHER), PAUSE)
    assert finals(await until_final(ears)) == [Final(OTHER, 1)]


SPEECH = "/v1/audio/speech"
SHORT = sound.silence(0.2)


@pytest.mark.parametrize(
    ("kind", "fault", "code", "retryable"),
    [
        ("before", {"status": 500}, "server", True),
        ("before", {"status": 429, "headers": {"retry-after": "3"}}, "rate_limited", True),
        ("before", {"status": 401}, "unauthorized", False),
        ("before", {"status": 200, "body": {"error": "none"}}, "wrong_format", False),
        ("before", {"status": 200, "body": "RIFF" + "x" * 100}, "wrong_format", False),
        ("before", {"status": 200, "body": ""}, "empty", True),
        ("drop_before", {}, "connection", True),
    ],
)
async def test_a_voice_that_fails_says_how(
    emulator: OpenAIEmulator, http_voice: Voice, kind: str, fault: dict[str, object], code: str, retryable: bool
) -> None:
    emulator.fail(kind, SPEECH, **fault)  # type: ignore[arg-type]
    with pytest.raises(VoiceError) as caught:
        await spoken(http_voice, SENTENCE)
    assert (caught.value.code, caught.value.retryable) == (code, retryable)
    assert SENTENCE not in str(caught.value)


async def test_how_long_to_wait_is_handed_on(emulator: OpenAIEmulator, http_voice: Voice) -> None:
    emulator.fail("before", SPEECH, status=429, headers={"retry-after": "3"})
    with pytest.raises(VoiceError) as caught:
        await spoken(http_voice, SENTENCE)
    assert caught.value.retry_after == 3.0


async def test_a_stream_that_is_cut_gives_whole_samples_and_then_the_error(
    emulator: OpenAIEmulator, http_voice: Voice
) -> None:
    emulator.fail("cut", SPEECH, keep=10_001)
    chunks: list[bytes] = []

    async def collect() -> None:
        async for chunk in http_voice.speak(SENTENCE):
            chunks.append(chunk)  # noqa: PERF401 - what came before the error counts

    with pytest.raises(VoiceError) as caught:
        await collect()
    assert (caught.value.code, caught.value.retryable) == ("cut", True)
    assert b"".join(chunks) == sound.speech(SENTENCE)[:10_000]


async def test_a_slow_first_byte_is_waited_for(emulator: OpenAIEmulator, http_voice: Voice) -> None:
    emulator.fail("delay", SPEECH, seconds=0.3)
    assert await spoken(http_voice, OTHER) == sound.speech(OTHER)


async def test_a_server_that_never_answers_is_given_up(
    emulator: OpenAIEmulator, http_voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.live.openai_voice.FIRST_BYTE_SECONDS", 0.1)
    emulator.fail("delay", SPEECH, seconds=30)
    with pytest.raises(VoiceError) as caught:
        await spoken(http_voice, OTHER)
    assert caught.value.code == "timeout"


async def test_a_text_that_is_too_long_is_never_sent(emulator: OpenAIEmulator, http_voice: Voice) -> None:
    with pytest.raises(VoiceError) as caught:
        await spoken(http_voice, "a" * 4097)
    assert caught.value.code == "too_long"
    assert not emulator.journal.entries


async def test_a_shut_down_model_is_a_typed_error(emulator: OpenAIEmulator, client: AsyncOpenAI) -> None:
    end = datetime(2027, 1, 6, tzinfo=UTC).timestamp()
    emulator.clock.advance(end - 60 - emulator.clock.now())
    voice = HttpVoice(client, "tts-1", "marin")
    assert await spoken(voice, OTHER)
    emulator.clock.advance(120)
    with pytest.raises(VoiceError) as caught:
        await spoken(voice, OTHER)
    assert (caught.value.status, caught.value.retryable) == (404, False)


# -- the stand-in refuses what the service refuses ------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"voice": "nobody"},
        {"response_format": "midi"},
        {"model": "gpt-transcribe"},
        {"model": "gpt-realtime-2.1-mini"},
        {"input": ""},
        {"input": "a" * 4097},
        {"speed": 9.0},
        {"extra_body": {"language": "en"}},
        {"stream_format": "loud"},
    ],
)
async def test_speech_that_cannot_be_asked_for_is_refused(client: AsyncOpenAI, wrong: dict[str, object]) -> None:
    proper: dict[str, object] = {"model": "emulated-voice", "voice": "marin", "input": "Hello."}
    await client.audio.speech.create(**proper | {"response_format": "pcm"})  # type: ignore[arg-type]
    with pytest.raises(openai.APIStatusError) as caught:
        await client.audio.speech.create(**proper | {"response_format": "pcm"} | wrong)  # type: ignore[arg-type]
    assert caught.value.status_code in (400, 404)


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": "gpt-4o-mini-tts"},
        {"language": "English"},
        {"file": ("speech.txt", wav(bytes(9000)))},
        {"file": ("speech.wav", bytes(9000))},
        {"response_format": "braille"},
        {"extra_body": {"voice": "marin"}},
    ],
)
async def test_transcriptions_that_cannot_be_asked_for_are_refused(
    client: AsyncOpenAI, wrong: dict[str, object]
) -> None:
    proper: dict[str, object] = {"model": "emulated-ears", "file": ("speech.wav", wav(bytes(9000)))}
    await client.audio.transcriptions.create(**proper)  # type: ignore[call-overload]
    with pytest.raises(openai.APIStatusError) as caught:
        await client.audio.transcriptions.create(**proper | wrong)  # type: ignore[call-overload]
    assert caught.value.status_code in (400, 404)
