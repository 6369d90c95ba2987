"""HeyGen answers 200 and something that does not fit: ids, languages, status words, cursors."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bot.hints import CATCH_UP_PAGES
from tests.scenario.stage import TRANSLATIONS, Stage
from tests.support.rewriting import RewritingProxy, rewriting

ONE = f"{TRANSLATIONS}/[0-9a-f]{{32}}"
BULK = f"{TRANSLATIONS}/statuses"
HISTORY = "/v3/webhooks/events"
STRANGER = "f" * 32
MORE_THAN_A_DAY = 90_000.0
OWN_WORDS = {"French (France)": "Français", "German (Germany)": "Deutsch"}

pytestmark = pytest.mark.full


@pytest.fixture
async def proxy(stage: Stage) -> AsyncIterator[RewritingProxy]:
    """A proxy between the app and HeyGen."""
    async with rewriting(stage.heygen.url) as between:
        await stage.restart(heygen_base_url=between.url)
        yield between
        await stage.stop()


def ids(change: Callable[[list[str]], list[str]]) -> Callable[[Any], Any]:
    """Changes the ids that answer a paid request."""
    return lambda body: {"data": {"video_translation_ids": change(body["data"]["video_translation_ids"])}}


def data(**changes: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Changes fields of the resource in an answer."""
    return lambda body: {"data": body["data"] | {name: new(body["data"][name]) for name, new in changes.items()}}


async def test_fewer_ids_than_languages_leave_a_visible_unknown(stage: Stage, proxy: RewritingProxy) -> None:
    proxy.rewrite("POST", TRANSLATIONS, ids(lambda given: given[:1]))
    root = stage.translate("French", "German")
    await stage.finish(2)
    closing = await stage.closing(root, "1 of 2 is ready, 1 unknown", "HeyGen accepted the request but never named")
    assert (await stage.browse(closing.links()[0])).headers["content-type"] == "video/mp4"
    assert (stage.attempts(), len(stage.charges)) == (1, 2)


async def test_an_id_too_many_is_left_aside(stage: Stage, proxy: RewritingProxy) -> None:
    proxy.rewrite("POST", TRANSLATIONS, ids(lambda given: [STRANGER, *given]))
    root = stage.translate("French", "German")
    await stage.finish(2)
    await stage.closing(root, "all 2 are ready")
    assert stage.attempts() == 1


async def test_an_id_named_twice_is_one_job(stage: Stage, proxy: RewritingProxy) -> None:
    proxy.rewrite("POST", TRANSLATIONS, ids(lambda given: given * 2))
    root = stage.translate("French", "German")
    await stage.finish(2)
    await stage.closing(root, "all 2 are ready")


@pytest.mark.parametrize("languages", [("French",), ("French", "Italian")], ids=["alone", "last one left"])
async def test_the_only_job_left_needs_no_name_that_we_know(
    stage: Stage, proxy: RewritingProxy, languages: tuple[str, ...]
) -> None:
    proxy.rewrite("GET", ONE, data(output_language=lambda name: OWN_WORDS.get(name, name)))
    root = stage.translate(*languages)
    await stage.finish(len(languages))
    closing = await stage.closing(root, "ready.")
    assert stage.job("French (France)").id in {
        (await stage.browse(link)).url.path.split("/")[-1][:-4] for link in closing.links()
    }


async def test_jobs_that_nobody_can_tell_apart_are_visibly_unknown(stage: Stage, proxy: RewritingProxy) -> None:
    proxy.rewrite("GET", ONE, data(output_language=lambda name: OWN_WORDS.get(name, name)))
    root = stage.translate("French", "German")
    await stage.finish(2)
    await stage.closing(root, "none of 2 are ready, 2 unknown")
    assert (stage.attempts(), len(stage.charges)) == (1, 2)


async def test_a_status_word_that_we_do_not_know_is_watched_for_a_day(stage: Stage, proxy: RewritingProxy) -> None:
    simmering(proxy)
    root = stage.translate("French")
    await stage.submitted(1)
    await stage.card(root, "in progress")
    stage.clock.advance(MORE_THAN_A_DAY / 2)
    await stage.probe()
    assert not stage.closings(root)
    stage.clock.advance(MORE_THAN_A_DAY / 2)
    await stage.closing(root, "unknown", "HeyGen has not finished this job for a day")
    assert stage.attempts() == 1


async def test_a_status_word_that_we_do_not_know_may_pass(stage: Stage, proxy: RewritingProxy) -> None:
    simmering(proxy)
    root = stage.translate("French")
    await stage.finish()
    await stage.card(root, "in progress")
    await stage.probe()
    assert not stage.closings(root)
    proxy.relent()
    stage.clock.advance(120.0)
    await stage.closing(root, "ready.")


def simmering(proxy: RewritingProxy) -> None:
    """HeyGen has a new word for the state of each job."""
    proxy.rewrite("GET", ONE, data(status=lambda _: "simmering"))
    proxy.rewrite(
        "GET", BULK, lambda body: body | {"data": [entry | {"status": "simmering"} for entry in body["data"]]}
    )


def always_the_same(_: Any) -> Any:
    """A page whose next page is itself."""
    return {"data": [], "has_more": True, "next_token": "again"}


def ever_new(*events: dict[str, Any]) -> Callable[[Any], Any]:
    """Pages without an end, each with new `events`."""
    numbers = itertools.count()

    def page(_: Any) -> Any:
        number = next(numbers)
        fresh = [event | {"event_id": f"evt_{number}"} for event in events]
        return {"data": fresh, "has_more": True, "next_token": f"page-{number}"}

    return page


OF_OTHERS = {"event_type": "video_translate.success", "event_data": {"video_translate_id": STRANGER}}


@pytest.mark.parametrize(
    ("history", "most"),
    [(always_the_same, 2), (ever_new(), CATCH_UP_PAGES), (ever_new(OF_OTHERS), CATCH_UP_PAGES)],
    ids=["the same page", "empty pages", "events of others"],
)
async def test_a_history_without_an_end_is_read_to_a_bound_and_holds_nothing_up(
    stage: Stage, proxy: RewritingProxy, history: Callable[[Any], Any], most: int
) -> None:
    await stage.stop()
    proxy.reset()
    proxy.instead("GET", HISTORY, history)
    await stage.start()
    root = stage.translate("French")
    await stage.finish()
    await stage.closing(root, "ready.")
    await stage.wait(lambda: len(proxy.journal.select("GET", HISTORY)) >= most)
    await stage.probe()
    assert len(proxy.journal.select("GET", HISTORY)) == most
