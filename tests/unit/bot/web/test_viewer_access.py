"""What a pass is worth: by whom it was opened, how old it is, how its session stands."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from agent.live.records import LivePass, LiveState
from bot.web.viewer_access import Access, judge, refusal
from tests.support.viewer import SESSION, USER

PASS = LivePass(id="pass_1", session_id=SESSION.id, user_id=USER, created_at=0.0, expires_at=600.0)


def judged(opened: float | None = None, *, held: bool = False, now: float = 10.0, **session: Any) -> Access:
    return judge(
        (dataclasses.replace(PASS, opened_at=opened), dataclasses.replace(SESSION, **session)), held=held, now=now
    )


def test_a_fresh_link_may_be_opened_until_it_expires() -> None:
    assert judged() is Access.NEW
    assert judged(now=599.9) is Access.NEW
    assert judged(now=600.0) is Access.EXPIRED


def test_an_opened_link_belongs_to_the_browser_that_opened_it_as_long_as_the_session_lasts() -> None:
    assert judged(opened=5.0, held=True, now=9_999.0) is Access.BACK
    assert judged(opened=5.0, held=False) is Access.FOREIGN


@pytest.mark.parametrize("state", [LiveState.CLOSING, LiveState.ENDED])
@pytest.mark.parametrize("opened", [None, 5.0])
def test_nothing_leads_into_a_session_that_is_over(state: LiveState, opened: float | None) -> None:
    assert judged(opened, held=True, state=state, started_at=1.0) is Access.OVER
    assert judged(opened, held=True, state=state, started_at=None) is Access.WITHDRAWN


def test_an_unknown_link_is_unknown_whatever_the_browser_holds() -> None:
    assert judge(None, held=True, now=0.0) is Access.UNKNOWN


def test_everybody_who_is_not_let_in_is_told_what_to_do_with_a_fitting_status() -> None:
    statuses = {access: refusal(access).status for access in Access if not access.granted}
    assert statuses == {
        Access.FOREIGN: 403,
        Access.EXPIRED: 410,
        Access.OVER: 410,
        Access.WITHDRAWN: 410,
        Access.UNKNOWN: 404,
    }
    assert all("Slack thread" in refusal(access).text for access in statuses)


@pytest.mark.parametrize("access", [Access.NEW, Access.BACK])
def test_nobody_is_refused_who_may_come_in(access: Access) -> None:
    with pytest.raises(ValueError, match="nobody is refused"):
        refusal(access)
