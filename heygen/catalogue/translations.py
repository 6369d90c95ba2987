"""Translations: a video said in other languages, with the lips to match; and proofreading before it is made."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_serializer, model_validator

from heygen import parsing
from heygen.fields import mapping
from heygen.reading import reader, string, strings
from heygen.records import Batch, Proofread, ProofreadSubtitles

from .batches import BatchPage, batch_job
from .operation import Answer, Charge, Effect, Idempotency, JobRule, Operation, Price, Unit, nothing, per_second, words
from .parameters import (
    BatchIds,
    CallbackId,
    CallbackUrl,
    Folder,
    Nothing,
    Paged,
    Parameters,
    Shape,
    StoredFile,
    Title,
    joined,
)
from .remade import Remade, check_times

TranslationId = Annotated[str, Field(min_length=1, description="A translation's id.")]
ProofreadId = Annotated[str, Field(min_length=1, description="A proofread's id.")]
Languages = Annotated[
    list[str],
    Field(min_length=1, description="Names exactly as list_translation_languages has them, such as Spanish (Spain)."),
]
Mode = Annotated[
    Literal["speed", "precision"],
    Field(description="speed (usual), or precision: lips that fit better, for about twice the price."),
]
Glossary = Annotated[str, Field(description="A glossary from list_brand_glossaries.")]
OlderGlossary = Annotated[str, Field(description="An older name of brand_glossary_id; give only one.")]
Speakers = Annotated[int, Field(description="How many people speak; a wrong number ruins the voices.")]


class StockVoices(Shape):
    """Ready-made voices instead of cloned ones; for enterprise accounts."""

    use_stock_voice: bool | None = None
    preferred_stock_voice_ids: list[str] | None = Field(None, description="Voices from list_voices, the best first.")


class Translate(Remade):
    """A video, and what it is to become."""

    video: StoredFile
    output_languages: Languages
    mode: Mode | None = None
    input_language: str | None = Field(None, description="The code of the video's language, such as en.")
    speaker_num: Speakers | None = None
    translate_audio_only: bool | None = Field(None, description="Leave the lips as they are: there is no face.")
    audio: StoredFile | None = Field(None, description="Translate this sound instead of the video's own.")
    srt: StoredFile | None = Field(None, description="Subtitles to go by.")
    srt_role: Literal["input", "output"] | None = Field(None, description="In whose language they are.")
    brand_glossary_id: Glossary | None = None
    brand_voice_id: OlderGlossary | None = None
    stock_voice_config: StockVoices | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        check_times(self)
        if self.fps_mode is not None and self.audio is None:
            raise ValueError("fps_mode needs audio")
        if self.srt_role is not None and self.srt is None:
            raise ValueError("srt_role needs srt")
        return self


class CreateTranslation(Parameters, Translate):
    """A video, and what it is to become."""


class CreateTranslationBatch(Parameters):
    """Several videos to translate."""

    video_translations: Annotated[
        list[Translate],
        Field(min_length=1, max_length=100, description="1 to 100 jobs; each language of each video counts as one."),
    ]
    title: Title | None = None
    callback_url: CallbackUrl | None = None


class OneTranslation(Parameters):
    """Which translation."""

    video_translation_id: TranslationId


class RenameTranslation(OneTranslation):
    """Which translation, and its new title."""

    title: Annotated[str, Field(description="The new title.")]


class TranslationStatuses(Parameters):
    """Up to 100 translations and batches."""

    video_translation_ids: BatchIds | None = Field(None, description="Translations, at most 100.")
    batch_ids: BatchIds | None = Field(None, description="Batches, whose translations are told one by one.")

    @field_serializer("video_translation_ids", "batch_ids")
    def _joined(self, ids: list[str] | None) -> str | None:
        return joined(ids)


class CreateProofread(Parameters):
    """A video whose translation is to be checked before it is made."""

    video: StoredFile
    output_languages: Languages
    title: Annotated[str, Field(description="Its name in HeyGen's own lists.")]
    mode: Mode | None = None
    speaker_num: Speakers | None = None
    srt: StoredFile | None = Field(None, description="Subtitles of the video to go by.")
    enable_video_stretching: bool | None = Field(None, description="Let the video be longer or shorter than it is.")
    enable_speech_enhancement: bool | None = Field(None, description="Clean the speech of noise.")
    disable_music_track: bool | None = Field(None, description="Leave the music out.")
    keep_the_same_format: bool | None = Field(None, description="Keep the video's own format.")
    brand_glossary_id: Glossary | None = None
    brand_voice_id: OlderGlossary | None = None
    folder_id: Folder | None = None


class OneProofread(Parameters):
    """Which proofread."""

    proofread_id: ProofreadId


class ReplaceSubtitles(OneProofread):
    """Which proofread, and its corrected subtitles."""

    srt: StoredFile


class GenerateFromProofread(OneProofread):
    """Which proofread is good as it is."""

    captions: bool | None = Field(None, description="Burn the subtitles in.")
    translate_audio_only: bool | None = Field(None, description="Leave the lips as they are.")
    callback_url: CallbackUrl | None = None
    callback_id: CallbackId | None = None


def _languages(data: Any) -> list[str]:
    """The names; one that is none is no reason to have none of them."""
    return parsing.strings(mapping(data, "data").get("languages"), "languages")


def _charges(given: Any) -> tuple[Charge, ...]:
    """One piece for each language of each video."""
    jobs = getattr(given, "video_translations", None) or [given]
    return tuple(Charge(f"translation.{job.mode or 'speed'}", Unit.SECOND, len(job.output_languages)) for job in jobs)


TRANSLATION_PRICE = Price(("translation.speed", "translation.precision"), _charges)
TRANSLATION_JOB = JobRule(
    kind="translation",
    id_field="video_translation_ids",
    several=True,
    read="get_translation",
    id_argument="video_translation_id",
    bulk="get_translation_statuses",
    words=words("pending", "running"),
    events=("video_translate.success", "video_translate.fail"),
)
PROOFREAD_JOB = JobRule(
    kind="proofread",
    id_field="proofread_ids",
    several=True,
    read="get_proofread",
    id_argument="proofread_id",
    words=words("processing"),
    events=("proofread_creation.success", "proofread_creation.fail"),
)

CREATE_TRANSLATION = Operation(
    name="create_translation",
    vendor="videoTranslateCreate",
    method="POST",
    path="/v3/video-translations",
    purpose="Translates a video of somebody speaking into one or more languages, in their own voice and with lips "
    "to match.",
    result="One id for each language, in no promised order; which is which is read from each.",
    parameters=CreateTranslation,
    parse=strings("video_translation_ids"),
    effect=Effect.SUBMIT,
    price=TRANSLATION_PRICE,
    idempotency=Idempotency.KEY,
    job=TRANSLATION_JOB,
)
GET_TRANSLATION = Operation(
    name="get_translation",
    vendor="videoTranslateGet",
    method="GET",
    path="/v3/video-translations/{video_translation_id}",
    purpose="Reads one translation: how far it is, why it failed, and fresh links to video, sound and subtitles.",
    result="The translation with its language and status.",
    parameters=OneTranslation,
    parse=parsing.translation,
    taints=True,
)
LIST_TRANSLATIONS = Operation(
    name="list_translations",
    vendor="videoTranslateList",
    method="GET",
    path="/v3/video-translations",
    purpose="Lists the account's translations, the newest first.",
    result="A page of translations.",
    parameters=Paged,
    answer=Answer.PAGE,
    parse=parsing.translation,
    taints=True,
)
RENAME_TRANSLATION = Operation(
    name="rename_translation",
    vendor="videoTranslateUpdate",
    method="PATCH",
    path="/v3/video-translations/{video_translation_id}",
    purpose="Gives a translation another title.",
    result="The translation.",
    parameters=RenameTranslation,
    parse=parsing.translation,
    effect=Effect.CHANGE,
    taints=True,
)
DELETE_TRANSLATION = Operation(
    name="delete_translation",
    vendor="videoTranslateDelete",
    method="DELETE",
    path="/v3/video-translations/{video_translation_id}",
    purpose="Deletes a translation for good. What it cost stays paid.",
    result="Nothing.",
    parameters=OneTranslation,
    answer=Answer.NOTHING,
    parse=nothing,
    effect=Effect.DESTRUCTIVE,
)
GET_TRANSLATION_STATUSES = Operation(
    name="get_translation_statuses",
    vendor="videoTranslateStatusesList",
    method="GET",
    path="/v3/video-translations/statuses",
    purpose="Asks how up to 100 translations are getting on, in one call.",
    result="A line for each id with its status; not_found for an unknown one.",
    parameters=TranslationStatuses,
    answer=Answer.PAGE,
    parse=parsing.status_entry,
)
LIST_TRANSLATION_LANGUAGES = Operation(
    name="list_translation_languages",
    vendor="videoTranslateLanguagesList",
    method="GET",
    path="/v3/video-translations/languages",
    purpose="Lists the languages a video can be translated into, by the names that have to be given.",
    result="About 175 names, many with a country.",
    parameters=Nothing,
    parse=_languages,
)
CREATE_TRANSLATION_BATCH = Operation(
    name="create_translation_batch",
    vendor="videoTranslateBatchesCreate",
    method="POST",
    path="/v3/video-translations/batches",
    purpose="Translates several videos in one call; each language of each succeeds or fails by itself.",
    result="The batch's id; its translations get their ids later.",
    parameters=CreateTranslationBatch,
    parse=reader(Batch),
    effect=Effect.SUBMIT,
    price=TRANSLATION_PRICE,
    idempotency=Idempotency.KEY,
    job=batch_job("get_translation_batch"),
)
GET_TRANSLATION_BATCH = Operation(
    name="get_translation_batch",
    vendor="videoTranslateBatchesGet",
    method="GET",
    path="/v3/video-translations/batches/{batch_id}",
    purpose="Reads a batch of translations: how it stands, and which translation each item became.",
    result="The batch with a page of its items.",
    parameters=BatchPage,
    parse=reader(Batch),
    taints=True,
)
CREATE_PROOFREAD = Operation(
    name="create_proofread",
    vendor="videoTranslateProofreadsCreate",
    method="POST",
    path="/v3/video-translations/proofreads",
    purpose="Translates what is said in a video into subtitles that can be corrected before the video is made.",
    result="One id for each language; ready some minutes later, and gone about a day after that.",
    parameters=CreateProofread,
    parse=strings("proofread_ids"),
    effect=Effect.SUBMIT,
    price=per_second("proofread", published=False),
    idempotency=Idempotency.KEY,
    job=PROOFREAD_JOB,
)
GET_PROOFREAD = Operation(
    name="get_proofread",
    vendor="videoTranslateProofreadsGet",
    method="GET",
    path="/v3/video-translations/proofreads/{proofread_id}",
    purpose="Reads a proofread: whether its subtitles are ready, in which language, or why it failed.",
    result="The proofread with its status.",
    parameters=OneProofread,
    parse=reader(Proofread),
    taints=True,
)
GET_PROOFREAD_SUBTITLES = Operation(
    name="get_proofread_subtitles",
    vendor="videoTranslateProofreadsSrtGet",
    method="GET",
    path="/v3/video-translations/proofreads/{proofread_id}/srt",
    purpose="Says where a proofread's subtitles can be downloaded, translated and original.",
    result="Links to SRT files.",
    parameters=OneProofread,
    parse=reader(ProofreadSubtitles),
)
REPLACE_PROOFREAD_SUBTITLES = Operation(
    name="replace_proofread_subtitles",
    vendor="videoTranslateProofreadsSrtUpdate",
    method="PUT",
    path="/v3/video-translations/proofreads/{proofread_id}/srt",
    purpose="Puts a corrected SRT file in the place of a proofread's translated subtitles.",
    result="The proofread.",
    parameters=ReplaceSubtitles,
    parse=reader(Proofread),
    effect=Effect.CHANGE,
    taints=True,
)
GENERATE_FROM_PROOFREAD = Operation(
    name="generate_from_proofread",
    vendor="videoTranslateProofreadsGenerate",
    method="POST",
    path="/v3/video-translations/proofreads/{proofread_id}/generate",
    purpose="Makes the translated video from a proofread's subtitles as they are now.",
    result="The translation's id.",
    parameters=GenerateFromProofread,
    parse=string("video_translation_id"),
    effect=Effect.SUBMIT,
    price=per_second("translation.precision"),
    idempotency=Idempotency.KEY,
    job=TRANSLATION_JOB.answered_in("video_translation_id"),
)

OPERATIONS = (
    CREATE_TRANSLATION,
    GET_TRANSLATION,
    LIST_TRANSLATIONS,
    RENAME_TRANSLATION,
    DELETE_TRANSLATION,
    GET_TRANSLATION_STATUSES,
    LIST_TRANSLATION_LANGUAGES,
    CREATE_TRANSLATION_BATCH,
    GET_TRANSLATION_BATCH,
    CREATE_PROOFREAD,
    GET_PROOFREAD,
    GET_PROOFREAD_SUBTITLES,
    REPLACE_PROOFREAD_SUBTITLES,
    GENERATE_FROM_PROOFREAD,
)
