"""The cards of a live session: the operators' call, and the one that offers it and then controls it.

Pure functions of its row. What a press may do is decided when it is pressed; a card shows what there is to press.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement

from agent.live.records import TALKING_STATES, LiveSession, LiveState
from agent.money import dollars
from bot.slack.blocks import Post, context, post, section
from bot.slack.buttons import confirm
from bot.slack.live_words import at_time, bill, cost_so_far, lasted, price, span, why_ended
from bot.slack.text import mention, safe

REASON_LIMIT = 300
WHAT_IT_IS = (
    "*This is an AI.* You see and hear a face made by HeyGen LiveAvatar that speaks my answers, in your browser; you "
    "speak or type. The team can read along here, whisper to me, and speak through the avatar. What is said is written "
    "into this thread."
)
HOW_TO_STEER = (
    "Operators: what you write here is whispered to the model and never spoken; `say: …` is spoken word for word. "
    "Once you have taken over, your words are spoken, those after `whisper: …` are not. Mention me for all else."
)


def call_card(session: LiveSession, *, operators: Sequence[str], place: str | None) -> Post:
    """Asks the operators to take a conversation. `operators` are mentions, `place` leads to the thread (mrkdwn)."""
    who = f"{mention(session.requester)} asks for a person"
    status = _call_status(session)
    called = " ".join(operators)
    blocks = [
        section(f"{called} *{who}*".strip() if session.state is LiveState.CALLING else f"*{who}*"),
        section(f"&gt; {safe(session.reason, REASON_LIMIT)}"),
        section(status),
        *([context(f"In {place}")] if place else []),
        *([_row(_claim(session))] if _claimable(session) else []),
    ]
    return post(f"{called} {who}: {safe(session.reason, REASON_LIMIT)}. {status}".strip(), blocks)


def _call_status(session: LiveSession) -> str:
    match session.state:
        case LiveState.CALLING:
            after = "I offer a live avatar" if session.max_seconds else "I say that nobody was free"
            until = f" until {at_time(session.call_until)}" if session.call_until else ""
            return f"Whoever is free can claim it{until}; after that {after}."
        case LiveState.OFFERED:
            return "Nobody has claimed it yet, so a live avatar is offered. It can still be claimed."
        case LiveState.JOINED | LiveState.STARTING | LiveState.LIVE | LiveState.HUMAN_TAKEOVER:
            return "A live avatar speaks with them; its card in the thread has the controls."
        case LiveState.CLOSING | LiveState.ENDED:
            return f"Over: {why_ended(session)}."
        case _:
            assert_never(session.state)


def live_card(
    session: LiveSession, now: float, *, approvers: Sequence[str] = (), operators: Sequence[str] = ()
) -> Post:
    """The card in the thread, edited in place: an offer, then the controls, then what became of it.

    `approvers` are mentions of those who can approve, nobody: the requester. `operators` are called here, where they
    have no channel of their own.
    """
    match session.state:
        case LiveState.CALLING:
            return _calling(session, operators)
        case LiveState.OFFERED:
            return _offer(session, approvers or [mention(session.requester)])
        case LiveState.JOINED | LiveState.STARTING | LiveState.LIVE | LiveState.HUMAN_TAKEOVER:
            return _control(session, now)
        case LiveState.CLOSING:
            text = f"{_title(session)} is over: {why_ended(session)}. LiveAvatar is being stopped."
            return post(text, [section(text)])
        case LiveState.ENDED:
            text = f"{_title(session)} is over: {why_ended(session)}. {bill(session)}"
            return post(text, [section(text)])
        case _:
            assert_never(session.state)


def _calling(session: LiveSession, operators: Sequence[str]) -> Post:
    until = f" until {at_time(session.call_until)}" if session.call_until else ""
    after = " After that I offer a live avatar." if session.max_seconds else ""
    who = f"{mention(session.requester)} asks for a person: {safe(session.reason, REASON_LIMIT)}"
    free = f"{' '.join(operators)}: whoever is free can claim this{until}."
    text = free if operators else f"The team is being called{until}."
    buttons = _row(_claim(session), _decline(session, "Never mind"))
    return post(f"{who} {text}{after}", [section(who), section(f"{text}{after}"), buttons])


def _offer(session: LiveSession, approvers: Sequence[str]) -> Post:
    waits = session.needs_approval and session.approved_by is None
    until = f" The offer stands until {at_time(session.offer_until)}." if session.offer_until else ""
    who = " or ".join(approvers)
    ready = f"waits for an approval by {who}" if waits else "is ready for you"
    agreed = f" Approved by {mention(session.approved_by)}." if session.approved_by else ""
    headline = f"{mention(session.requester)} {_title(session)} {ready}."
    money = f"*{price(session)}.* Nothing is billed before you have joined and agreed.{agreed}{until}"
    first = _approve(session) if waits else _join(session, "Join", primary=True)
    buttons = _row(first, _decline(session, "No thanks"), _claim(session))
    return post(f"{headline} {price(session)}.", [section(headline), section(WHAT_IT_IS), section(money), buttons])


def _control(session: LiveSession, now: float) -> Post:
    headline = f"{_title(session)}: {_now(session)}"
    facts = " · ".join(_facts(session, now))
    blocks: list[Block] = [section(f"*{headline}*\n{facts}"), context(HOW_TO_STEER), *_controls(session)]
    return post(f"{headline}. {facts}", blocks)


def _now(session: LiveSession) -> str:
    match session.state:
        case LiveState.JOINED | LiveState.STARTING:
            return f"{mention(session.viewer or session.requester)} is on the page, it begins"
        case LiveState.HUMAN_TAKEOVER:
            return f"{mention(session.taken_by or '')} speaks through the avatar, I am silent"
        case _:
            return f"{mention(session.requester)} speaks with the avatar"


def _facts(session: LiveSession, now: float) -> list[str]:
    """How long, how dear, how much is left, who is there."""
    facts: list[str] = []
    if (seconds := lasted(session, now)) is not None and session.started_at is not None:
        facts.append(f"since {at_time(session.started_at)} ({span(seconds)})")
        facts.append(f"{dollars(cost_so_far(session, now))} so far")
    if session.usable_until is not None:
        left = span(max(session.usable_until - now, 0.0))
        facts.append(f"ends at {at_time(session.usable_until)} at the latest ({left} left)")
    else:
        facts.append(f"{session.max_seconds // 60} min at the longest, at most {dollars(session.price_at_most)}")
    facts.append(f"on the page: {mention(session.viewer) if session.viewer else 'nobody at the moment'}")
    return [*facts, *(["*the avatar is muted*"] if session.muted else [])]


def _controls(session: LiveSession) -> list[Block]:
    """What operators and the requester can press. Slack shows all of it to everybody; a press is checked."""
    leave = [_join(session, "Open the page"), _end(session)]
    if session.state not in TALKING_STATES:
        return [_row(*leave)]
    taken = session.state is LiveState.HUMAN_TAKEOVER
    turn = _button("Hand back", "live_hand_back", session) if taken else _take_over(session)
    sound = _button("Unmute", "live_unmute", session) if session.muted else _button("Mute", "live_mute", session)
    speak = [_button("Say…", "live_say", session), _button("Whisper…", "live_whisper", session)]
    return [_row(*speak, turn, sound), _row(*leave, _hand_over(session))]


def _title(session: LiveSession) -> str:
    return f"live session {safe(session.handle, 12)}"


def _claimable(session: LiveSession) -> bool:
    return session.state in (LiveState.CALLING, LiveState.OFFERED)


def _row(*buttons: ButtonElement) -> Block:
    return ActionsBlock(elements=list(buttons))


def _button(text: str, action: str, session: LiveSession) -> ButtonElement:
    return ButtonElement(text=text, action_id=action, value=session.id)


def _claim(session: LiveSession) -> ButtonElement:
    return _button("Claim (team)", "live_claim", session)


def _join(session: LiveSession, text: str, *, primary: bool = False) -> ButtonElement:
    style = "primary" if primary else None
    return ButtonElement(text=text, action_id="live_join", value=session.id, style=style)


def _decline(session: LiveSession, text: str) -> ButtonElement:
    return _button(text, "live_decline", session)


def _approve(session: LiveSession) -> ButtonElement:
    cost = f"at most {dollars(session.price_at_most)}"
    dialog = confirm(f"Spend {cost}?", "It begins to cost when the person joins, by the minute.", "Approve")
    return ButtonElement(text="Approve", action_id="live_approve", value=session.id, style="primary", confirm=dialog)


def _take_over(session: LiveSession) -> ButtonElement:
    dialog = confirm(
        "Speak through the avatar?", "I fall silent, and what you write in this thread is spoken.", "Take over"
    )
    return ButtonElement(text="Take over", action_id="live_take_over", value=session.id, confirm=dialog)


def _hand_over(session: LiveSession) -> ButtonElement:
    dialog = confirm("End it and go on here?", "The avatar stops, and you go on in this thread.", "Hand over to me")
    return ButtonElement(text="Hand over to me", action_id="live_hand_over", value=session.id, confirm=dialog)


def _end(session: LiveSession) -> ButtonElement:
    text = "The avatar stops for everybody. What was used is billed."
    dialog = confirm("End the live session?", text, "End it", danger=True, deny="Go on")
    return ButtonElement(text="End", action_id="live_end", value=session.id, style="danger", confirm=dialog)
