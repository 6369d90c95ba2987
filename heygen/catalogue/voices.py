"""Voices: to choose, to clone, to design; and text made into speech."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from heygen.reading import reader, string
from heygen.records import DesignedVoices, Speech, Voice

from .operation import Answer, Effect, Idempotency, JobRule, Operation, nothing, per_piece, per_second, words
from .parameters import AnyFile, Paged, Parameters

OneVoiceId = Annotated[str, Field(min_length=1, description="A voice's id.")]


class ListVoices(Paged):
    """Which voices."""

    type: Literal["public", "private"] | None = Field(
        None, description="HeyGen's own (public, usual), or the account's: ask twice to see both."
    )
    language: str | None = Field(None, description="A language's name, such as English.")
    gender: str | None = Field(None, description="male or female.")
    engine: str | None = Field(None, description="starfish: only voices that create_speech can use.")


class OneVoice(Parameters):
    """Which voice."""

    voice_id: OneVoiceId


class DesignVoice(Parameters):
    """What the voice is like."""

    prompt: Annotated[str, Field(description="The voice in words: age, tone, manner.")]
    gender: str | None = Field(None, description="male or female.")
    locale: str | None = Field(None, description="An accent, such as en-GB.")
    seed: int | None = Field(None, description="Another number brings other voices.")


class CloneVoice(Parameters):
    """Whose voice."""

    audio: Annotated[AnyFile, Field(description="A recording of one person speaking.")]
    voice_name: Annotated[str, Field(description="What to call it.")]
    language: str | None = Field(None, description="The language that is spoken.")
    remove_background_noise: bool | None = Field(None, description="Clean the recording; so otherwise.")


class CreateSpeech(Parameters):
    """What is said, and how."""

    text: Annotated[str, Field(min_length=1, max_length=5000, description="The words, 1 to 5000 characters.")]
    voice_id: Annotated[str, Field(min_length=1, description="A voice from list_voices with engine starfish.")]
    input_type: Literal["text", "ssml"] | None = Field(None, description="Plain text, or SSML.")
    speed: float | None = Field(None, ge=0.5, le=2.0, description="0.5 is half as fast, 2 twice as fast.")
    language: str | None = Field(None, description="The language of the text; else guessed.")
    locale: str | None = Field(None, description="An accent, such as en-GB.")


LIST_VOICES = Operation(
    name="list_voices",
    vendor="voiceList",
    method="GET",
    path="/v3/voices",
    purpose="Lists voices by language, gender and engine; HeyGen's own or the account's.",
    result="A page of voices with samples to listen to.",
    parameters=ListVoices,
    answer=Answer.PAGE,
    parse=reader(Voice),
    taints=True,
)
GET_VOICE = Operation(
    name="get_voice",
    vendor="voiceGet",
    method="GET",
    path="/v3/voices/{voice_id}",
    purpose="Reads one voice, and of a cloned one whether it is ready.",
    result="The voice.",
    parameters=OneVoice,
    parse=reader(Voice),
    taints=True,
)
DELETE_VOICE = Operation(
    name="delete_voice",
    vendor="voiceDelete",
    method="DELETE",
    path="/v3/voices/{voice_id}",
    purpose="Deletes a voice of the account for good.",
    result="Nothing.",
    parameters=OneVoice,
    answer=Answer.NOTHING,
    parse=nothing,
    effect=Effect.DESTRUCTIVE,
)
DESIGN_VOICE = Operation(
    name="design_voice",
    vendor="voiceCreate",
    method="POST",
    path="/v3/voices",
    purpose="Finds up to three voices that fit a description in words.",
    result="Voices that there are already, and the seed that brings them again.",
    parameters=DesignVoice,
    parse=reader(DesignedVoices),
    taints=True,
)
CLONE_VOICE = Operation(
    name="clone_voice",
    vendor="voiceCloneCreate",
    method="POST",
    path="/v3/voices/clone",
    purpose="Makes a voice of the account from a recording of somebody who has agreed to it.",
    result="The new voice's id; it is ready some time later, which no event tells.",
    parameters=CloneVoice,
    parse=string("voice_clone_id"),
    effect=Effect.SUBMIT,
    price=per_piece("voice_clone", published=False),
    idempotency=Idempotency.LOOK_UP,
    look_up="list_voices",
    job=JobRule(
        kind="voice",
        id_field="voice_clone_id",
        read="get_voice",
        id_argument="voice_id",
        words=words("processing", succeeded="complete"),
    ),
)
CREATE_SPEECH = Operation(
    name="create_speech",
    vendor="voiceSpeechCreate",
    method="POST",
    path="/v3/voices/speech",
    purpose="Says a text in one of HeyGen's voices, as sound alone; at once, without a job.",
    result="A link to the sound, its length in seconds, and when each word is said.",
    parameters=CreateSpeech,
    parse=reader(Speech),
    effect=Effect.SUBMIT,
    price=per_second("speech"),
    idempotency=Idempotency.NOTHING,
)

OPERATIONS = (LIST_VOICES, GET_VOICE, DELETE_VOICE, DESIGN_VOICE, CLONE_VOICE, CREATE_SPEECH)
