"""The page for users says what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.slack.typed import ALL, Topic

PAGE = (Path(__file__).parents[4] / "docs/using.md").read_text()


@pytest.mark.parametrize("topic", ALL, ids=lambda topic: topic.name)
def test_every_command_is_on_the_page_as_it_is(topic: Topic) -> None:
    _, found, section = PAGE.partition(f"\n## {topic.name}\n")
    assert found
    section = section.partition("\n## ")[0]
    assert f"`{topic.usage}`" in section
    assert topic.about in section
    assert all(f"\n{example}\n" in section for example in topic.examples)
    assert all(f"`{word}`" in section for word in topic.words[1:])


def test_nothing_is_on_the_page_that_there_is_not() -> None:
    sections = [line.removeprefix("## ") for line in PAGE.splitlines() if line.startswith("## ")]
    assert sections == [*(topic.name for topic in ALL), "In a thread"]
