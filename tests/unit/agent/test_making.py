"""Videos as work: what a script may cost, what HeyGen is sent, and when two videos are the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.making import Making
from agent.money import Prices
from agent.records import JobKind
from agent.spoken import QUICK, spoken_seconds
from agent.work import only

ASKED = {"script": "Hi Sarah, this is Greenroom. Shall we talk?", "avatar_id": "av-1", "voice_id": "vo-1"}
SHORT = "Hi Sarah, I would like to show you how Greenroom could help Acme."


async def test_a_quote_is_a_range_around_the_time_it_takes_to_say() -> None:
    quote = await Making(prices=Prices()).quote({**ASKED, "script": SHORT})
    low, high = spoken_seconds(SHORT)
    assert (quote.low, quote.high) == (low * 100_000, high * 100_000)
    assert (quote.pieces, quote.rate) == (1, 100_000)
    assert quote.basis == f"{low:.0f} to {high:.0f} s to say, $0.1 a second"


async def test_the_installations_own_price_counts() -> None:
    cheap = await Making(prices=Prices({"video.avatar_iv": 50_000})).quote(ASKED)
    usual = await Making(prices=Prices()).quote(ASKED)
    assert cheap.high * 2 == usual.high


def test_a_real_voice_lies_within_the_range() -> None:
    low, high = spoken_seconds(SHORT)
    assert low < len(SHORT) / 14 < high  # an ordinary speaker


def test_figures_and_ideographs_take_longer_than_letters() -> None:
    assert spoken_seconds("2" * 40)[1] > spoken_seconds("a" * 40)[1]
    assert spoken_seconds("你好" * 20)[1] > spoken_seconds("ab" * 20)[1]
    assert spoken_seconds("50% & up " * 9)[1] > spoken_seconds("abc d ef " * 9)[1]


@given(st.text(max_size=300), st.text(max_size=300))
def test_more_words_never_take_less_time(text: str, more: str) -> None:
    low, high = spoken_seconds(text)
    assert 0 < low < high
    assert spoken_seconds(text + more)[0] >= low
    assert spoken_seconds(text)[0] <= max(1.0, 6.0 * len(text) / QUICK)


def test_the_same_words_by_the_same_face_are_the_same_video() -> None:
    work = Making(prices=Prices())
    assert work.same(ASKED, {**ASKED, "row": 4, "avatar": "Ava"})
    for changed in ({"script": "Other."}, {"avatar_id": "av-2"}, {"voice_id": None}):
        assert not work.same(ASKED, {**ASKED, **changed})
    assert not work.same({}, {})


def test_a_request_for_one_video_cannot_become_smaller() -> None:
    assert only(JobKind.VIDEO, ASKED, ["nobody"]) == ASKED
