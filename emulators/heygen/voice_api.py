"""Routes of voices, and of text made into speech."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from emulators.heygen import people_models as models
from emulators.heygen import rules
from emulators.heygen.billing import units
from emulators.heygen.errors import Refusal, invalid
from emulators.heygen.operations import Call, Operation, page
from emulators.heygen.people import OFFICIAL, Voice, owned, voice_line, voice_view
from emulators.heygen.people_models import CreateSpeech
from emulators.heygen.prices import SPEECH, VOICE_CLONE, words_seconds
from emulators.heygen.state import Job, JobState

if TYPE_CHECKING:
    from emulators.heygen import HeyGenEmulator

VOICES = "/v3/voices"
VOICE_ID = VOICES + "/{voice_id}"
DESIGNED = 3


class VoiceApi:
    """Handlers over one emulator's voices. None of them looks at an Idempotency-Key: nothing promises that."""

    def __init__(self, emulator: HeyGenEmulator) -> None:
        self._emulator = emulator

    def operations(self) -> list[Operation]:
        """The routes."""
        return [
            Operation(
                "GET",
                VOICES,
                self.voices,
                query=frozenset({"limit", "token", "type", "engine", "language", "gender"}),
                words={"type": ("public", "private")},
                usual=20,
            ),
            Operation("POST", VOICES, self.design, models.DESIGN_VOICE),
            Operation("POST", f"{VOICES}/clone", self.clone, models.CLONE_VOICE),
            Operation("POST", f"{VOICES}/speech", self.speech, models.SPEECH),
            Operation("GET", VOICE_ID, self.voice),
            Operation("DELETE", VOICE_ID, self.delete),
        ]

    async def voices(self, call: Call) -> dict[str, Any]:
        """The vendor's voices, or the account's; never both."""
        asked = call.query
        owner = call.account.name if asked.get("type") == "private" else OFFICIAL
        found = [
            voice
            for voice in self._emulator.people.voices.values()
            if voice.account == owner
            and asked.get("language", voice.language).casefold() == voice.language.casefold()
            and asked.get("gender", voice.gender).casefold() == voice.gender.casefold()
            and (asked.get("engine") != "starfish" or voice.starfish)
        ]
        return page(sorted(found, key=lambda voice: voice.seq), call, self._line)

    async def voice(self, call: Call) -> dict[str, Any]:
        """One voice."""
        return {"data": voice_view(self._voice(call), self._emulator.links)}

    async def delete(self, call: Call) -> dict[str, Any]:
        """Remove a voice of the account's own."""
        voice = self._voice(call)
        owned(call.account.name, voice, "The voice")
        del self._emulator.people.voices[voice.id]
        return {"data": {"voice_id": voice.id}}

    async def design(self, call: Call) -> dict[str, Any]:
        """Up to three voices there are already; the same description and seed bring the same ones."""
        body: models.DesignVoice = call.body
        if not body.prompt.strip():
            raise invalid("prompt", "prompt is required.")
        wanted = (body.gender or "").casefold()
        fitting = [
            voice
            for voice in self._emulator.people.voices.values()
            if voice.account == OFFICIAL and wanted in ("", voice.gender)
        ]
        chosen = sorted(fitting, key=lambda voice: _mixed(f"{body.prompt}|{body.seed}|{voice.id}"))[:DESIGNED]
        return {"data": {"voices": [self._line(voice) for voice in chosen], "seed": body.seed}}

    async def clone(self, call: Call) -> dict[str, Any]:
        """Begin a voice of the account's own."""
        body: models.CloneVoice = call.body
        if not body.voice_name.strip():
            raise invalid("voice_name", "voice_name is required.")
        rules.check_asset("audio", body.audio, self._emulator.means(call.account))
        await self._emulator.pass_gate()
        job = self._emulator.jobs.submit(call.account, "voice", {}, seconds=0.0, price=units(VOICE_CLONE), key=None)
        voice = Voice(
            seq=job.seq,
            id=job.id,
            account=call.account.name,
            name=body.voice_name,
            language=body.language or "English",
            gender="unknown",
            status="processing",
        )
        self._emulator.people.voices[voice.id] = voice
        return {"data": {"voice_clone_id": voice.id}}

    async def speech(self, call: Call) -> dict[str, Any]:
        """Say a text, at once."""
        body: CreateSpeech = call.body
        voice = self._emulator.people.usable_voice(call.account.name, body.voice_id)
        if not voice.starfish:
            raise Refusal(400, "voice_unavailable", "This voice cannot be used for speech.", param="voice_id")
        words = _spoken(body)
        await self._emulator.pass_gate()
        seconds = words_seconds(" ".join(words), body.speed)
        job = self._emulator.jobs.submit(
            call.account, "speech", {}, seconds=seconds, price=units(seconds * SPEECH), key=None
        )
        self._emulator.jobs.finish(job)
        return {
            "data": {
                "audio_url": self._emulator.links.sign(f"{job.id}.mp3"),
                "duration": seconds,
                "request_id": job.id,
                "word_timestamps": _times(words, seconds),
            }
        }

    def _voice(self, call: Call) -> Voice:
        return self._emulator.people.voice(call.account.name, call.path["voice_id"])

    def _line(self, voice: Voice) -> dict[str, Any]:
        return voice_line(voice, self._emulator.links)


def voice_ended(emulator: HeyGenEmulator, job: Job) -> None:
    """A voice has been cloned, or has not."""
    voice = emulator.people.voices.get(job.id)
    if voice is not None:
        voice.status = "complete" if job.state is JobState.COMPLETED else "failed"
        voice.failure = job.fate.message if job.fate else None


def _spoken(body: CreateSpeech) -> list[str]:
    """The words of a text or of an SSML document."""
    text = body.text
    if body.input_type == "ssml":
        try:
            root = ElementTree.fromstring(text)  # noqa: S314 - a text of at most 5000 characters, in a test
        except ElementTree.ParseError:
            root = None
        if root is None or root.tag != "speak":
            raise Refusal(400, "tts_text_invalid", "The text is not SSML.", param="text")
        text = " ".join(root.itertext())
    words = text.split()
    if not words:
        raise Refusal(400, "tts_text_invalid", "There is nothing to say.", param="text")
    return words


def _times(words: list[str], seconds: float) -> list[dict[str, Any]]:
    step = seconds / len(words)
    return [
        {"word": word, "start": round(at * step, 3), "end": round((at + 1) * step, 3)} for at, word in enumerate(words)
    ]


def _mixed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
