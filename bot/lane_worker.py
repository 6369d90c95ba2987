"""Works through lanes: claims conversations that have something waiting and handles their events in order."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

import structlog
from structlog.contextvars import bound_contextvars

from agent.batches import Member
from agent.cancelling import Cancelled, told
from agent.errors import LeaseLost
from agent.formats import NewerWord
from agent.ports import Clock, JobStore, Roles
from agent.records import OPEN_JOB_STATES, DeliveryState, InboxRow, Job, JobState, Json, Lease, Submission
from agent.request import wordless
from agent.rights import Right, may, roles_towards
from agent.runner import Parked, Runner
from agent.schedules import SCHEDULED
from bot.slack.catalogue_posts import PERFORM
from bot.slack.text import escape
from bot.store.approvals import Approvals, Verdict
from bot.store.audit import Deed
from bot.store.cancellations import Cancellations
from bot.store.database import TROUBLE

log = structlog.get_logger(__name__)

LANES_AT_ONCE = 50
LANES_AT_FIRST = 16  # whoever has just started, perhaps because it keeps dying, finishes some before it begins all
LANES_AT_LEAST = 4
CRASHES_FORGIVEN = 3
NAMED = 20  # jobs that a sentence names
ROOT_SECONDS = 0.25
NOT_YOURS = "Only <@{requester}>, who asked for this, can retry it."
EDITED_TOO_LATE = (
    "I had sent the request before you edited it, and HeyGen can't be stopped. If you want something else, ask for it; "
    "if you don't want what is being made, press Cancel on the card."
)
PROGRAM = "<@{person}>'s program *{program}* works with me. What it asks for that costs or changes a thing stands here."
CHANGED_TOO_LATE = "This request was decided before your change came. Ask for what you want in words."
NOTHING_FAILED = "Nothing of this request has failed, so there is nothing to retry."


class Lanes(Protocol):
    """What the worker needs from the store's lanes."""

    async def claim(self, limit: int) -> list[Lease]:
        """Claim conversations with something due."""
        ...

    async def next_row(self, lease: Lease) -> InboxRow | None:
        """The oldest row that is not done; None also gives the lane up."""
        ...

    async def finish_row(self, lease: Lease, row: InboxRow) -> None:
        """The row is done."""
        ...

    async def later_changes(self, lease: Lease, row: InboxRow) -> list[InboxRow]:
        """Edits and deletion of the row's message that arrived after it."""
        ...

    async def message(self, lease: Lease, ts: str) -> InboxRow | None:
        """The message that was posted at `ts`."""
        ...

    async def leave(self, conversation_id: str) -> None:
        """Leave a conversation to newer versions."""
        ...

    async def park(self, lease: Lease, not_before: float) -> None:
        """Give the lane up until `not_before`."""
        ...

    def work(self, lease: Lease) -> AbstractAsyncContextManager[None]:
        """The work on a lane; when it raises, what was claimed for it is given back."""
        ...


class Outbox(Protocol):
    """What the worker posts by itself."""

    async def say_root(self, conversation_id: str, text: str, user: str) -> DeliveryState:
        """Queue the root message of a conversation that has none yet, once; returns what has become of it.

        `user` is told directly when it cannot be posted.
        """
        ...

    async def say_notice(self, key: str, conversation_id: str, text: str) -> None:
        """Queue a short message in the thread; once per key."""
        ...

    async def refresh_card(self, subject_id: str) -> None:
        """Have the card of a submission or batch rendered again."""
        ...


class Batches(Protocol):
    """What the worker reads of batches."""

    async def members(self, batch_id: str) -> Sequence[Member]:
        """The requests of a batch with their jobs."""
        ...


class Withdrawals(Protocol):
    """Takes back what turns have put off."""

    async def withdraw(self, turn_ids: Sequence[str], *, actor: str, cause: str) -> bool:
        """Cancel their schedules; whether `cause` has cancelled any, now or before."""
        ...


class Relay(Protocol):
    """Where messages go while a live session runs in their thread."""

    async def take(self, row: InboxRow) -> bool:
        """Whether a message was for a live session: then it was passed on, or is told why not. Twice is once."""
        ...


class LaneWorker:
    """One per process. `round` claims and starts; the claimed lanes go on by themselves.

    It begins with a few and takes one more with each that is worked off. A lane that is lost says that there are more
    than this process gets through in a lease, and that somebody does their work again: it takes half as many then.
    While it is `crowded` with people who wait for an answer now, only a few are begun.
    Without a `relay` there are no live sessions.
    """

    def __init__(
        self,
        *,
        lanes: Lanes,
        jobs: JobStore,
        outbox: Outbox,
        cancels: Cancellations,
        approvals: Approvals,
        batches: Batches,
        roles: Roles,
        runner: Runner,
        clock: Clock,
        kick: Callable[[], None],
        relay: Relay | None = None,
        schedules: Withdrawals | None = None,
        crowded: Callable[[], bool] = lambda: False,
        limit: int = LANES_AT_ONCE,
    ) -> None:
        self._lanes = lanes
        self._jobs = jobs
        self._outbox = outbox
        self._cancels = cancels
        self._approvals = approvals
        self._batches = batches
        self._roles = roles
        self._runner = runner
        self._clock = clock
        self._kick = kick
        self._relay = relay
        self._schedules = schedules
        self._crowded = crowded
        self._limit = limit
        self._room = min(LANES_AT_FIRST, limit)
        self._tasks: set[asyncio.Task[None]] = set()
        self._crashes: Counter[str] = Counter()

    async def round(self) -> int:
        """Claim what there is room for; returns how many lanes were started."""
        room = (min(self._room, LANES_AT_LEAST) if self._crowded() else self._room) - len(self._tasks)
        leases = await self._lanes.claim(room) if room > 0 else []
        for lease in leases:
            task = asyncio.create_task(self._drain(lease), name=f"lane-{lease.id}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(leases)

    async def stop(self, seconds: float) -> None:
        """Let the running lanes go on for `seconds`, then cancel them; what they had is claimed again later."""
        tasks = set(self._tasks)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _drain(self, lease: Lease) -> None:
        """Handle the lane's rows until it is empty, parked or lost."""
        try:
            async with self._lanes.work(lease):
                await self._handle_all(lease)
            self._room = min(self._room + 1, self._limit)
        except LeaseLost:
            self._room = max(self._room // 2, min(LANES_AT_LEAST, self._limit))
            log.warning("lane_lost", conversation=lease.id, room=self._room)
        except NewerWord as error:
            log.info("left_to_newer", conversation=lease.id, why=str(error))
            await self._leave(lease.id)
        except Exception as error:
            # The database, most likely. The lane was given back or its lease runs out: nothing is lost.
            log.exception("lane_failed", conversation=lease.id, error=type(error).__name__)
        finally:
            self._kick()

    async def _leave(self, conversation_id: str) -> None:
        try:
            await self._lanes.leave(conversation_id)
        except TROUBLE as error:  # it was given back, and whoever claims it next finds out
            log.warning("lane_not_left", conversation=conversation_id, error=type(error).__name__)

    async def _handle_all(self, lease: Lease) -> None:
        while row := await self._lanes.next_row(lease):
            with bound_contextvars(conversation=lease.id, row=row.id):
                parked = await self._guarded(lease, row)
            if parked:
                await self._lanes.park(lease, parked.not_before)
                return

    async def _guarded(self, lease: Lease, row: InboxRow) -> Parked | None:
        """Handle one row; a fault of ours is tried a few times and then told, so that the lane goes on."""
        try:
            parked = await self.handle(lease, row)
        except (LeaseLost, NewerWord, *TROUBLE):  # neither is the row's fault, so neither counts against it
            raise
        except Exception as error:
            self._crashes[row.id] += 1
            log.exception("row_failed", kind=row.kind, error=type(error).__name__)
            if self._crashes[row.id] < CRASHES_FORGIVEN:
                return Parked(self._clock.now() + 2.0 ** self._crashes[row.id])
            if not await self._runner.abandon(lease, row):
                await self._lanes.finish_row(lease, row)
            parked = None
        self._crashes.pop(row.id, None)
        return parked

    async def handle(self, lease: Lease, row: InboxRow) -> Parked | None:
        """Handle one row. A turn finishes its own row together with its last step."""
        match row.kind:
            case "message" | "scheduled":
                return await self._message(lease, row)
            case "command" | "mcp":
                return await self._command(lease, row)
            case "action" if row.payload["name"] == "retry_failed":
                return await self._retry(lease, row)
            case "action" if row.payload["name"] == "retry_batch":
                return await self._retry_batch(lease, row)
            case "action" if row.payload["name"] == "change_request":
                return await self._change(lease, row)
            case "action" if row.payload["name"] in ("escalate", PERFORM):
                return await self._pressed(lease, row)
            case "message_changed":
                return await self._edited(lease, row)
            case "message_deleted":
                await self._withdrawn(lease, row)
            case "stopped":
                await self._stopped(lease, row)
            case "action" if row.payload["name"] == "refresh_batch":
                await self._refresh_batch(row.payload["batch_id"])
            case "action":
                await self._refresh(row.payload["submission_id"])
            case _:
                log.debug("row_without_work", kind=row.kind)
        await self._lanes.finish_row(lease, row)
        return None

    async def _message(self, lease: Lease, row: InboxRow) -> Parked | None:
        """Somebody wrote: to the live session that runs here, or to us, as they do by a schedule that is due."""
        if row.kind == SCHEDULED:
            return await self._runner.run(lease, row)
        current = await self._as_it_stands(lease, row)
        if current is None:
            return None
        if self._relay is None or await self._runner.has_begun(current) or not await self._relay.take(current):
            return await self._runner.run(lease, wordless(current))
        await self._lanes.finish_row(lease, row)
        return None

    async def _pressed(self, lease: Lease, row: InboxRow) -> Parked | None:
        """A press that asks for a live avatar, or for a change at HeyGen that was put before people.

        It is the call that the model or a command would make, by whoever has pressed.
        """
        call: Json = {"name": "start_live_avatar", "arguments": {}}
        if row.payload["name"] == PERFORM:
            call = {"name": row.payload["tool"]}
            await self._outbox.refresh_card(row.id)  # the row's id is the wish's: its button has done its work
        return await self._runner.run(lease, dataclasses.replace(row, kind="command", payload={**row.payload, **call}))

    async def _as_it_stands(self, lease: Lease, row: InboxRow) -> InboxRow | None:
        """The message with its later edits; None (and done) when it has been deleted before work on it began."""
        for change in await self._lanes.later_changes(lease, row):
            if change.kind == "message_deleted":
                if await self._runner.has_begun(row):
                    return row  # the turn notices at its next checkpoint
                await self._lanes.finish_row(lease, row)
                return None
            taken_in = {"text": change.payload["text"], "edited_seq": change.seq}
            row = dataclasses.replace(row, payload={**row.payload, **taken_in})
        return row

    async def _edited(self, lease: Lease, row: InboxRow) -> Parked | None:
        """A message was edited after work on it began: take back what has not left, and plan anew if there was any."""
        ts = row.payload["ts"]
        turns = await self._cancels.turns_of_message(lease.id, ts)
        dropped = await self._cancels.cancel_of_turns(turns, actor=row.payload["user"], only_unsent=True, cause=row.id)
        original = await self._lanes.message(lease, ts)
        put_off = await self._withdraw(turns, row)
        if turns and original is not None and (put_off or await self._to_plan_anew(row, turns)):
            payload = {**original.payload, "text": row.payload["text"], "edited_seq": row.seq - 1}
            return await self._runner.run(lease, dataclasses.replace(row, kind="message", payload=payload))
        if any(job.state in OPEN_JOB_STATES for job in dropped.over):
            await self._outbox.say_notice(f"edited:{row.id}", row.conversation_id, EDITED_TOO_LATE)
        await self._lanes.finish_row(lease, row)
        return None

    async def _withdraw(self, turns: Sequence[str], row: InboxRow) -> bool:
        """Whether something that these turns had put off is not done any more."""
        if self._schedules is None or not turns:
            return False
        actor = await self._cancels.requester_of(turns)
        return await self._schedules.withdraw(turns, actor=actor, cause=row.id)

    async def _to_plan_anew(self, edit: InboxRow, turns: Sequence[str]) -> bool:
        """Whether an edit has taken something back or cut a turn short, also if we were interrupted since."""
        if await self._runner.has_begun(edit) or await self._cancels.caused(turns, edit.id):
            return True
        return await self._cancels.cut_short(turns[-1])

    async def _withdrawn(self, lease: Lease, row: InboxRow) -> None:
        """A message was deleted: what it asked for is not wanted any more. What could not be stopped is said."""
        turns = await self._cancels.turns_of_message(lease.id, row.payload["ts"])
        await self._withdraw(turns, row)
        result = await self._cancels.cancel_of_turns(turns, actor=await self._cancels.requester_of(turns))
        if result.anything:
            text = f"The request was deleted. {told(result)}"
            await self._outbox.say_notice(f"deleted:{row.id}", row.conversation_id, text)

    async def _stopped(self, lease: Lease, row: InboxRow) -> None:
        """Slack's stop button: the turn has ended at its checkpoint; say what was cancelled and what was not."""
        turn_id = await self._cancels.last_turn(lease.id, before=row.seq)
        if turn_id is None:
            return
        user = row.payload["user"]
        requester = await self._cancels.requester_of([turn_id])
        appointed = self._roles.appointed(row.workspace_id, user)
        if not may(Right.CANCEL, roles_towards(requester, user, appointed, anybody_approves=False)):
            text = f"<@{user}>, only <@{requester}>, who asked, an operator or an admin can stop this."
            await self._outbox.say_notice(f"stopped:{row.id}", row.conversation_id, text)
            return
        result = await self._cancels.cancel_of_turns([turn_id], actor=user, only_unsent=True)
        await self._outbox.say_notice(f"stopped:{row.id}", row.conversation_id, _stopped_words(result))

    async def _change(self, lease: Lease, row: InboxRow) -> Parked | None:
        """Other languages for a request that waits for its approval: a new request in the place of the old one."""
        submission = await self._jobs.submission(row.payload["submission_id"])
        if not await self._runner.has_begun(row):
            whose = {"actor": row.payload["user"], "deed": Deed.CHANGED, "cause": row.id}
            decision = await self._approvals.decline(submission.id, **whose)
            if decision.verdict is not Verdict.DONE:
                await self._outbox.say_notice(f"change:{row.id}", row.conversation_id, CHANGED_TOO_LATE)
                await self._lanes.finish_row(lease, row)
                return None
        languages = row.payload["languages"]
        payload: Json = {
            "user": row.payload["user"],
            "text": f"[changed the request to {', '.join(languages)}]",
            "name": "translate_video",
            "arguments": {
                "source": submission.arguments.get("video_handle") or submission.arguments["video_url"],
                "languages": languages,
                "title": submission.title,
            },
        }
        return await self._runner.run(lease, dataclasses.replace(row, kind="command", payload=payload))

    async def _command(self, lease: Lease, row: InboxRow) -> Parked | None:
        """A command's work begins when its thread exists: where we may not post, no money is spent.

        What a program only reads needs none.
        """
        if not row.payload.get("opens", True):
            return await self._runner.run(lease, row)
        match await self._outbox.say_root(row.conversation_id, _asked(row.payload), row.payload["user"]):
            case DeliveryState.POSTED:
                return await self._runner.run(lease, row)
            case DeliveryState.DEAD:
                await self._lanes.finish_row(lease, row)
                return None
            case _:
                return Parked(self._clock.now() + ROOT_SECONDS)

    async def _retry(self, lease: Lease, row: InboxRow) -> Parked | None:
        """A press on Retry: the same call that the model or a person would make by words."""
        submission = await self._jobs.submission(row.payload["submission_id"])
        refusal = await self._refusal(submission, row.payload["user"])
        if refusal is not None:
            await self._outbox.say_notice(f"refusal:{row.id}", row.conversation_id, refusal)
            await self._lanes.finish_row(lease, row)
            return None
        return await self._retry_jobs(lease, row, await self._jobs.jobs_of(submission.id))

    async def _retry_batch(self, lease: Lease, row: InboxRow) -> Parked | None:
        """The same for a batch, whose requester the button has checked."""
        members = await self._batches.members(row.payload["batch_id"])
        return await self._retry_jobs(lease, row, [one.job for one in members])

    async def _retry_jobs(self, lease: Lease, row: InboxRow, jobs: Sequence[Job]) -> Parked | None:
        handles = [job.handle for job in jobs if job.state is JobState.FAILED]
        named = ", ".join(handles[:NAMED]) + (f" and {len(handles) - NAMED} more" if len(handles) > NAMED else "")
        payload: Json = {
            "user": row.payload["user"],
            "text": f"[pressed Retry on {named}]",
            "name": "retry_jobs",
            "arguments": {"jobs": handles},
        }
        return await self._runner.run(lease, dataclasses.replace(row, kind="command", payload=payload))

    async def _refusal(self, submission: Submission, user: str) -> str | None:
        if user != submission.requester:
            return NOT_YOURS.format(requester=submission.requester)
        jobs = await self._jobs.jobs_of(submission.id)
        return None if any(job.state is JobState.FAILED for job in jobs) else NOTHING_FAILED

    async def _refresh(self, submission_id: str) -> None:
        """A press on Refresh: look at HeyGen now, and render the card again in any case."""
        submission = await self._jobs.submission(submission_id)
        await self._jobs.touch(submission.account_id, submission.provider_ids)
        await self._outbox.refresh_card(submission_id)

    async def _refresh_batch(self, batch_id: str) -> None:
        """The same for a batch: what HeyGen has of it is looked at now."""
        members = await self._batches.members(batch_id)
        ids = [one.job.provider_id for one in members if one.job.provider_id and one.job.state in OPEN_JOB_STATES]
        if ids:
            await self._jobs.touch(members[0].job.account_id, ids)
        await self._outbox.refresh_card(batch_id)


def _asked(payload: Json) -> str:
    if program := payload.get("program"):
        return PROGRAM.format(person=payload["user"], program=program)
    return f"<@{payload['user']}> asked: {escape(payload['text'][:1_000])}"


def _stopped_words(result: Cancelled) -> str:
    running = [job.handle for job in result.over if job.state in OPEN_JOB_STATES]
    running = [*running[:NAMED], f"{len(running) - NAMED} more"] if len(running) > NAMED else running
    words = ["Stopped."]
    if result.anything:
        words.append(told(result))
    if running:
        words.append(
            f"{', '.join(running)} had been sent already: HeyGen can't be stopped and bills it. I report the result "
            "here; press Cancel on the card if you don't want it."
        )
    return " ".join(words)
