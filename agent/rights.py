"""Who may do what: roles, rights, and the matrix of both. `docs/rights.md` is this table for people."""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping


class Role(enum.StrEnum):
    """What somebody is to a request. Everybody who asked for something is its requester; the others are appointed."""

    REQUESTER = "requester"
    OPERATOR = "operator"
    APPROVER = "approver"
    ADMIN = "admin"


class Right(enum.StrEnum):
    """What may be done to a request or a live session, or seen.

    `ASK_LIVE`: write to the avatar from the thread, and have a video made of it afterwards. `STEER_LIVE`: say, whisper,
    take over, hand back, mute, and end it to go on in the thread oneself. `SEE_LIBRARY`: look at what others have made
    at HeyGen and uploaded. `CHANGE_LIBRARY`: rename and delete what the HeyGen account holds. `MANAGE_ACCOUNT`: see and
    change the account's webhooks, and connect accounts. `CHOOSE_SPEAKERS`: say who speaks for everybody where nobody is
    named.
    """

    APPROVE = "approve"
    DECLINE = "decline"
    CHANGE = "change"
    CANCEL = "cancel"
    RETRY = "retry"
    WITHDRAW = "withdraw links"
    JOIN_LIVE = "join live"
    DECLINE_LIVE = "decline live"
    ASK_LIVE = "ask live"
    END_LIVE = "end live"
    CLAIM_LIVE = "claim live"
    STEER_LIVE = "steer live"
    SEE_OWN_BUDGET = "see own budget"
    SEE_ALL_BUDGETS = "see all budgets"
    SEE_LIBRARY = "see library"
    CHANGE_LIBRARY = "change library"
    MANAGE_ACCOUNT = "manage account"
    DROP_THREAD_FACTS = "drop thread facts"
    CHANGE_MEMORY = "change memory"
    CHANGE_SETTINGS = "change settings"
    CHOOSE_SPEAKERS = "choose speakers"
    FORGET_ME = "delete own data"
    FORGET_OTHERS = "delete others' data"


MATRIX: Mapping[Right, frozenset[Role]] = {
    Right.APPROVE: frozenset({Role.APPROVER, Role.ADMIN}),
    Right.DECLINE: frozenset({Role.REQUESTER, Role.APPROVER, Role.ADMIN}),
    Right.CHANGE: frozenset({Role.REQUESTER}),
    Right.CANCEL: frozenset({Role.REQUESTER, Role.OPERATOR, Role.ADMIN}),
    Right.RETRY: frozenset({Role.REQUESTER}),
    Right.WITHDRAW: frozenset({Role.REQUESTER, Role.OPERATOR, Role.ADMIN}),
    Right.JOIN_LIVE: frozenset({Role.REQUESTER}),
    Right.DECLINE_LIVE: frozenset({Role.REQUESTER, Role.APPROVER, Role.ADMIN}),
    Right.ASK_LIVE: frozenset({Role.REQUESTER}),
    Right.END_LIVE: frozenset({Role.REQUESTER, Role.OPERATOR, Role.ADMIN}),
    Right.CLAIM_LIVE: frozenset({Role.OPERATOR, Role.ADMIN}),
    Right.STEER_LIVE: frozenset({Role.OPERATOR, Role.ADMIN}),
    Right.SEE_OWN_BUDGET: frozenset(Role),
    Right.SEE_ALL_BUDGETS: frozenset({Role.APPROVER, Role.ADMIN}),
    Right.SEE_LIBRARY: frozenset({Role.OPERATOR, Role.ADMIN}),
    Right.CHANGE_LIBRARY: frozenset({Role.OPERATOR, Role.ADMIN}),
    Right.MANAGE_ACCOUNT: frozenset({Role.ADMIN}),
    Right.DROP_THREAD_FACTS: frozenset({Role.REQUESTER, Role.OPERATOR, Role.ADMIN}),
    Right.CHANGE_MEMORY: frozenset({Role.OPERATOR, Role.ADMIN}),
    Right.CHANGE_SETTINGS: frozenset({Role.ADMIN}),
    Right.CHOOSE_SPEAKERS: frozenset({Role.APPROVER, Role.ADMIN}),
    Right.FORGET_ME: frozenset(Role),
    Right.FORGET_OTHERS: frozenset({Role.ADMIN}),
}


def may(right: Right, roles: Collection[Role]) -> bool:
    """Whether somebody with `roles` has `right`."""
    return not MATRIX[right].isdisjoint(roles)


def roles_towards(requester: str, user: str, appointed: Collection[Role], *, anybody_approves: bool) -> frozenset[Role]:
    """What `user` is to a request of `requester`.

    Where nobody has been appointed to approve (`anybody_approves`), requesters agree to their own spending.
    """
    own = {Role.REQUESTER} if user == requester else set()
    if own and anybody_approves:
        own.add(Role.APPROVER)
    return frozenset({*appointed, *own})
