"""From what the model has written to the reply that stands: what it may contain, and what the runtime adds. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from agent.claim_text import plain, words
from agent.conversation import message_text
from agent.identifiers import identifiers_in
from agent.outgoing import JobFacts, OutgoingContext, OutgoingFilter, truth_line
from agent.ports import JobLinks
from agent.records import Item, Job, Json, Source
from agent.request import links_given
from agent.segments import Segmenter
from agent.tool_calls import ADDED, Deferred, Failed, NeedsApproval, Outcome, TryAgain, Value, added
from agent.work import PIECES

NOTHING = "I have nothing to add."


def outgoing_context(
    items: Sequence[Item], jobs: Sequence[Job], outcomes: Sequence[Outcome], links: JobLinks
) -> OutgoingContext:
    """What a reply in this conversation may say: its jobs as they are, links of ours, and what people have typed."""
    own = {job.handle: links.link(job) for job in jobs}
    said = [message_text(item.body) for item in items if item.source is Source.USER]
    typed = {link for text in said for link in links_given(text)}
    found = [pair for outcome in outcomes for pair in _found(outcome)]
    return OutgoingContext(
        jobs={job.handle: _facts(job, own[job.handle]) for job in jobs},
        allowed_links=frozenset(typed | {link for link in own.values() if link}),
        known_words=frozenset[str]().union(*map(identifiers_in, said)),
        tool_failed=any(isinstance(outcome, Failed | TryAgain) for outcome in outcomes),
        known_sentences=frozenset(sentence for outcome in outcomes for sentence in _own_sentences(outcome)),
        fields=frozenset(plain(name) for name, _ in found),
        told=frozenset(word.text for pair in found for text in pair for word in words(plain(text))),
    )


def _found(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """What a tool has looked up, as names of fields and their values; what it says itself is no part of it."""
    return _fields("", outcome.data) if isinstance(outcome, Value) else iter(())


def _fields(name: str, value: object) -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            for key, one in value.items():
                if key != ADDED:
                    yield from _fields(str(key), one)
        case list():
            for one in value:
                yield from _fields(name, one)
        case _:
            yield name, str(value)


def _facts(job: Job, link: str | None) -> JobFacts:
    # Where a request makes one job each, its name comes from a list or from the script that a model has written.
    return JobFacts(job.handle, job.label, job.state.value, link, listed=job.kind not in PIECES)


def _own_sentences(outcome: Outcome) -> list[str]:
    """What a tool of ours has said, sentence by sentence: it is true, and the model may repeat it word for word."""
    match outcome:
        case Failed(_, message, hint) | TryAgain(_, message, hint):
            texts = [message, hint]
        case Deferred(_, summary) | NeedsApproval(_, summary):
            texts = [summary]
        case Value():
            texts = added([outcome])
        case _:
            assert_never(outcome)
    segmenter = Segmenter()
    pieces = [segmenter.push(character) for text in texts for character in f"{text}\n"]
    return [piece.strip() for piece in [*pieces, segmenter.flush()] if piece.strip()]


def finished(text: str, context: OutgoingContext, outcomes: Sequence[Outcome]) -> str:
    """The reply as it will stand: filtered as a whole, then what the runtime itself has to say."""
    outgoing = OutgoingFilter(context)
    shown = (outgoing.feed(text) + outgoing.close()).strip()
    own = runtime_words(shown, outgoing.withheld, outcomes)
    line = truth_line(list(context.jobs.values()), 0 if own else outgoing.withheld)
    return "\n\n".join(part for part in (shown, *own, line) if part) or NOTHING


def runtime_words(shown: str, withheld: int, outcomes: Sequence[Outcome]) -> list[str]:
    """What the runtime has to say itself beside what is shown of the model's words."""
    said = added(outcomes)
    if withheld:  # it may have been the reason, in words that the gate could not judge
        said += [outcome.message for outcome in outcomes if isinstance(outcome, Failed)]
    return [each for each in said if each not in shown]


def final_text(items: Sequence[Json]) -> str:
    """The answer among a model's items: commentary is left out unless there is nothing else."""
    messages = [body for body in items if body.get("type") == "message"]
    final = [body for body in messages if body.get("phase") != "commentary"] or messages
    return "\n\n".join(message_text(body) for body in final)
