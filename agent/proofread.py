"""The tool that makes the video of a translation whose subtitles somebody has checked."""

from __future__ import annotations

from pydantic import Field

from agent.material import Found, Sources
from agent.ordering import Order, Ordering
from agent.ports import JobStore
from agent.records import Job, JobKind, JobState, Json
from agent.spending import Spending
from agent.tool_calls import Failed, Outcome, TryAgain
from agent.toolbox import Arguments, CallContext, Effect, ToolSpec

DELETED = Failed("deleted", "The request behind it has been deleted, so it cannot be finished any more.")


class FinishArguments(Arguments):
    """Arguments of `finish_proofread`."""

    job: str = Field(description="Handle of the proofread that was checked, such as J1.")
    file: str | None = Field(
        default=None, description="Handle of the corrected SRT file, such as F2; null if the subtitles are good."
    )
    lines: list[str] | None = Field(default=None, description="Always null: only a dialog fills it.")


class Finishing:
    """The tool. One per process."""

    def __init__(self, *, jobs: JobStore, sources: Sources, ordering: Ordering, spending: Spending) -> None:
        self._jobs = jobs
        self._sources = sources
        self._ordering = ordering
        self._spending = spending

    def tools(self) -> list[ToolSpec]:
        """The tool specifications."""
        return [
            ToolSpec(
                name="finish_proofread",
                purpose="Make the translated video of a proofread whose subtitles the person has checked, with a "
                "corrected SRT file if they sent one. Costs money.",
                arguments=FinishArguments,
                effect=Effect.SUBMIT,
                run=self.finish,
            )
        ]

    async def finish(self, context: CallContext, arguments: FinishArguments) -> Outcome:
        """Find the subtitles that are meant, then write the request down and send it."""
        if written := await self._ordering.written(context):
            return written
        job = await self._proofread(context, arguments.job.strip().upper())
        if not isinstance(job, Job):
            return job
        old = await self._jobs.submission(job.submission_id)
        if not old.arguments:
            return DELETED
        corrected = await self._corrected(context, arguments)
        if isinstance(corrected, TryAgain | Failed):
            return corrected
        asked: Json = {
            "proofread_job": job.id,
            "proofread_handle": job.handle,
            "language": job.label,
            "mode": old.arguments.get("mode", "speed"),
            **corrected,
        }
        order = Order(
            kind=JobKind.PROOFREAD_VIDEO,
            account_id=job.account_id,
            arguments=asked,
            labels=(job.label,),
            title=old.title,
        )
        if busy := await self._ordering.under_way(context.turn.conversation_id, order):
            return busy
        return await self._ordering.place(context, order, asked=await self._asked(context, job))

    async def _proofread(self, context: CallContext, handle: str) -> Job | TryAgain:
        """The job that is meant, if there are subtitles of it."""
        jobs = await self._jobs.conversation_jobs(context.turn.conversation_id)
        ready = [job for job in jobs if job.kind is JobKind.PROOFREAD and job.state is JobState.SUCCEEDED]
        found = next((job for job in ready if job.handle == handle), None)
        if found is None:
            message = f"{handle[:10]} is no proofread of this thread whose subtitles are ready."
            return TryAgain("not_ready", message, "Ask which one is meant.", [job.handle for job in ready])
        return found

    async def _corrected(self, context: CallContext, arguments: FinishArguments) -> Json | TryAgain | Failed:
        """What goes into the place of HeyGen's subtitles: a file, what a person wrote into a dialog, or nothing."""
        if arguments.lines is not None:
            if context.turn.origin != "command":
                return TryAgain("not_yours", "Subtitles are corrected by the person.", "Ask for the corrected file.")
            return {"srt_text": "\n".join(arguments.lines) + "\n"}
        if arguments.file is None:
            return {}
        found = await self._sources.find(context, arguments.file, "the corrected subtitles")
        if not isinstance(found, Found):
            return found
        if found.asset_id is None:
            return TryAgain("not_attached", "I need the SRT file itself.", "Ask the person to attach it here.")
        return found.arguments("srt")

    async def _asked(self, context: CallContext, job: Job) -> bool:
        """Whether the person's own words name the proofread."""
        if context.turn.exact:
            return True
        return job.handle in (await self._spending.words_of(context.turn)).upper().replace(",", " ").split()
