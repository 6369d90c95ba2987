"""What a search finds, for people's words."""

from __future__ import annotations

import pytest

from agent.catalogue.gates import callable_operations
from agent.catalogue.index import Entry, Index, words_of

INDEX = Index(Entry(one.name, one.purpose) for one in callable_operations())


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("show our brand kits", "list_brand_kits"),
        ("which glossaries do we have", "list_brand_glossaries"),
        ("logo and colours", "list_brand_kits"),
        ("find calm piano music", "search_sounds"),
        ("sound effect of rain", "search_sounds"),
        ("pictures of a city", "search_images"),
        ("an icon of an arrow", "search_images"),
        ("rename a look", "rename_look"),
        ("delete my old video", "delete_video"),
        ("remove a cloned voice", "delete_voice"),
        ("list templates", "list_templates"),
        ("what places does this template have", "get_template"),
        ("list past translations", "list_translations"),
        ("give a translation another title", "rename_translation"),
        ("webhook endpoints", "list_webhook_endpoints"),
        ("what has HeyGen told our webhook", "list_webhook_events"),
        ("erase a webhook", "delete_webhook_endpoint"),
        ("styles of the video agent", "list_agent_styles"),
        ("uploaded files", "list_assets"),
        ("a deep warm voice described in words", "design_voice"),
        ("clips that were cut from a long video", "list_clippings"),
    ],
)
def test_it_is_among_the_first_four(query: str, name: str) -> None:
    assert name in [entry.name for entry in INDEX.search(query, 4)]


@pytest.mark.parametrize("query", ["", "the of and", "quarterly taxes", "völlig anderes"])
def test_what_fits_nothing_finds_nothing(query: str) -> None:
    assert INDEX.search(query, 4) == []


def test_only_what_is_allowed_is_found() -> None:
    found = INDEX.search("delete a video", 4, only={"list_videos"})
    assert [entry.name for entry in found] == ["list_videos"]


def test_the_same_words_find_the_same() -> None:
    again = Index(reversed([Entry(one.name, one.purpose) for one in callable_operations()]))
    assert again.search("delete video", 10) == INDEX.search("delete video", 10)


def test_words_that_mean_the_same_are_the_same() -> None:
    assert words_of("Removing the voices") == words_of("delete voice")
    assert words_of("colours") == words_of("brand")


def test_never_more_than_asked_for() -> None:
    assert len(INDEX.search("list video voice look template", 3)) == 3
