"""Routes of translations."""

from __future__ import annotations

from functools import partial
from typing import Any

from emulators.heygen import batch_models, models, rules
from emulators.heygen.batches import BULK_LIMIT, Begin
from emulators.heygen.errors import Refusal, invalid
from emulators.heygen.job_api import CURSOR, JobRoutes, trimmed
from emulators.heygen.languages import LANGUAGES
from emulators.heygen.models import CreateTranslation
from emulators.heygen.operations import Call, Operation
from emulators.heygen.prices import translation_price
from emulators.heygen.state import Job
from emulators.heygen.views import translation_view

TRANSLATIONS = "/v3/video-translations"
TRANSLATION_ID = TRANSLATIONS + "/{video_translation_id}"
LEFT_OUT = {"video", "output_languages", "audio", "srt"}


class TranslationApi(JobRoutes):
    """Handlers over one emulator's translations."""

    kind = "translation"
    what = "The video translation"

    def operations(self) -> list[Operation]:
        """The routes."""
        return [
            Operation("GET", f"{TRANSLATIONS}/languages", self.languages),
            Operation(
                "GET",
                f"{TRANSLATIONS}/statuses",
                self.statuses,
                query=frozenset({"video_translation_ids", "batch_ids"}),
            ),
            Operation("POST", TRANSLATIONS, self.create, models.TRANSLATION, keyed=True),
            Operation("GET", TRANSLATIONS, self.listing, query=CURSOR),
            Operation("GET", TRANSLATION_ID, self.read),
            Operation("PATCH", TRANSLATION_ID, self.rename, models.RENAME),
            Operation("DELETE", TRANSLATION_ID, self.delete),
            Operation(
                "POST",
                f"{TRANSLATIONS}/batches",
                self.create_batch,
                batch_models.TRANSLATION_BATCH,
                keyed=True,
                status=202,
            ),
            Operation("GET", TRANSLATIONS + "/batches/{batch_id}", self.batch, query=CURSOR, usual=100),
        ]

    def view(self, job: Job) -> dict[str, Any]:
        """A translation."""
        return translation_view(job, self.emulator.links, propagated=self.emulator.propagated(job))

    async def languages(self, call: Call) -> dict[str, Any]:
        """Every name `output_languages` accepts."""
        return {"data": {"languages": list(LANGUAGES)}}

    async def create(self, call: Call) -> dict[str, Any]:
        """Look at the source, then accept one job per language."""
        body: CreateTranslation = call.body
        rules.check_translation(body, self.means(call))
        await self.emulator.pass_gate()
        seconds, failure = await self._source(call, body)
        jobs = self.emulator.jobs.submit_for_languages(
            call.account,
            "translation",
            body.model_dump(exclude=LEFT_OUT),
            body.output_languages,
            seconds=seconds,
            price=translation_price(body, seconds),
            key=call.key,
            failure=failure,
        )
        return {"data": {"video_translation_ids": [job.id for job in jobs]}}

    async def statuses(self, call: Call) -> dict[str, Any]:
        """The states of up to a hundred translations."""
        return self.statuses_of(call, "video_translation_ids", "translation")

    async def create_batch(self, call: Call) -> dict[str, Any]:
        """Accept several translations; each language of each is an item of its own."""
        bodies: list[CreateTranslation] = call.body.video_translations
        if sum(len(body.output_languages) for body in bodies) > BULK_LIMIT:
            raise invalid(
                "video_translations", f"A batch has at most {BULK_LIMIT} items, languages counted one by one."
            )
        await self.emulator.pass_gate()
        begins = [begin for body in bodies for begin in await self._begins(call, body)]
        return self.submit_batch(call, "translation", begins)

    async def batch(self, call: Call) -> dict[str, Any]:
        """How a batch of translations stands."""
        return self.read_batch(call, "translation")

    async def _begins(self, call: Call, body: CreateTranslation) -> list[Begin]:
        """An item for each language; a body that is refused is refused as often."""
        try:
            rules.check_translation(body, self.means(call))
            seconds, failure = await self._source(call, body)
        except Refusal as refusal:
            return [partial(_refused, refusal)] * len(body.output_languages)
        return [partial(self._begin, call, body, language, seconds, failure) for language in body.output_languages]

    def _begin(self, call: Call, body: CreateTranslation, language: str, seconds: float, failure: str | None) -> Job:
        [job] = self.emulator.jobs.submit_for_languages(
            call.account,
            "translation",
            body.model_dump(exclude=LEFT_OUT),
            [language],
            seconds=seconds,
            price=translation_price(body, seconds),
            key=call.key,
            failure=failure,
        )
        return job

    async def _source(self, call: Call, body: CreateTranslation) -> tuple[float, str | None]:
        seconds, failure = await self.seconds_of(call, body.video)
        return trimmed(seconds, body.start_time, body.end_time), failure


def _refused(refusal: Refusal) -> Job:
    raise refusal
