"""What is posted of a live session beside its cards: what was said, how it ended, its summary, its transcript as text.

Lines carry their numbers, so that a summary can point at them. Everything in them was said by somebody, and nothing of
it can ping anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import assert_never

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement

from agent.live.records import LineState, LiveEnd, LiveLine, LiveSession, Speaker
from bot.slack.blocks import SECTION_LIMIT, Post, context, post, section
from bot.slack.live_words import bill, why_ended
from bot.slack.text import mention, safe

LINE_LIMIT = 500  # visible characters; escaped they still fit into one paragraph
LINES_LIMIT = 9_000  # Slack refuses a message somewhere above 12,000 characters of blocks
AI_NOTICE = "The avatar's words are an AI's. Numbers in brackets are the transcript's lines."
ELSEWHERE = "… the rest is in the transcript."
FOLLOW_UP = "Make a short follow-up video of live session {handle}: what was asked, and what the answers were."
NEVER_BEGAN = frozenset({LiveEnd.CLAIMED, LiveEnd.DECLINED, LiveEnd.EXPIRED})


def lines_post(session: LiveSession, lines: Sequence[LiveLine]) -> Post:
    """A batch of what was said, oldest first; what does not fit is left to the transcript."""
    texts = _within([_shown(line) for line in lines]) or ["…"]
    return post("\n".join(texts), [section(part) for part in _joined(texts)])


def _shown(line: LiveLine) -> str:
    """“`3` *Visitor*: …”, with what became of it."""
    text = f"`{line.seq}` *{speaker(line.speaker)}*: {safe(line.text, LINE_LIMIT)}"
    return f"{text} _({note})_" if (note := _note(line.state)) else text


def speaker(who: Speaker) -> str:
    """Who said it, as a role: a mention would ping them at each line."""
    match who:
        case Speaker.VISITOR:
            return "Visitor"
        case Speaker.AVATAR:
            return "Avatar"
        case Speaker.TEAMMATE:
            return "Teammate"
        case Speaker.RUNTIME:
            return "Note"
        case _:
            assert_never(who)


def _note(state: LineState) -> str:
    match state:
        case LineState.SAID:
            return ""
        case LineState.INTERRUPTED:
            return "interrupted"
        case LineState.LOST:
            return "not heard"
        case LineState.SILENT:
            return "shown, not spoken"
        case _:
            assert_never(state)


def _within(texts: Sequence[str]) -> list[str]:
    kept: list[str] = []
    used = 0
    for text in texts:
        used += len(text) + 1
        if used > LINES_LIMIT:
            return [*kept, ELSEWHERE]
        kept.append(text)
    return kept


def _joined(texts: Sequence[str]) -> list[str]:
    """Lines in as few paragraphs as Slack allows."""
    parts: list[str] = []
    for text in texts:
        if parts and len(parts[-1]) + 1 + len(text) <= SECTION_LIMIT:
            parts[-1] += f"\n{text}"
        else:
            parts.append(text)
    return parts


def closing_post(session: LiveSession) -> Post:
    """Calls the requester back: why it ended, what it came to, what can be done now."""
    text = f"{mention(session.requester)} {_ended(session)} {bill(session)}"
    blocks: list[Block] = [section(text)]
    if session.lines:
        blocks.append(context(f"{session.lines} lines were said; the transcript follows as a file. {AI_NOTICE}"))
    buttons = [*([_button("Make a follow-up video", "live_follow_up", session)] if session.lines else [])]
    if session.end is not LiveEnd.CLAIMED:
        buttons.append(_button("Ask again", "live_again", session))
    return post(text, [*blocks, *([ActionsBlock(elements=buttons)] if buttons else [])])


def _ended(session: LiveSession) -> str:
    if session.end is LiveEnd.CLAIMED:
        return f"{why_ended(session)}: a person goes on here, so no avatar comes."
    what = (
        "the offer of a live session is over" if session.end in NEVER_BEGAN else f"live session {session.handle} ended"
    )
    return f"{what}: {why_ended(session)}."


def _button(text: str, action: str, session: LiveSession) -> ButtonElement:
    return ButtonElement(text=text, action_id=action, value=session.id)


def summary_post(session: LiveSession) -> Post:
    """The summary as it was made, its numbers pointing at lines."""
    headline = f"*Summary of live session {safe(session.handle, 12)}*"
    said = [safe(line, LINE_LIMIT) for line in (session.summary or "").splitlines() if line.strip()]
    lines = _within(said or ["There is nothing to sum up."])
    blocks = [section(headline), *(section(part) for part in _joined(lines)), context(AI_NOTICE)]
    return post("\n".join([headline, *lines]), blocks)


def follow_up_words(session: LiveSession) -> str:
    """The request behind the button for a follow-up video, as a person would write it."""
    return FOLLOW_UP.format(handle=session.handle)


def transcript_name(session: LiveSession) -> str:
    """The file's name; no other file of the thread has it."""
    return f"live-session-{session.handle}-{_day(session.created_at)}.txt"


def transcript_text(session: LiveSession, lines: Sequence[LiveLine]) -> str:
    """The whole transcript for people: a head, then a line each with its number and its time since the start."""
    begun = session.started_at or session.created_at
    head = [
        f"Live session {session.handle}, {_moment(begun)}",
        "The avatar's words are an AI's. Times are since the start.",
        "",
    ]
    return "\n".join([*head, *(_written(line, begun) for line in lines)]) + "\n"


def _written(line: LiveLine, begun: float) -> str:
    minutes, seconds = divmod(max(int(line.at - begun), 0), 60)
    who = speaker(line.speaker) + (f" {line.actor}" if line.speaker is Speaker.TEAMMATE and line.actor else "")
    note = f" ({_note(line.state)})" if _note(line.state) else ""
    return f"[{line.seq}] {minutes:02d}:{seconds:02d} {who}: {' '.join(line.text.split())}{note}"


def _day(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
