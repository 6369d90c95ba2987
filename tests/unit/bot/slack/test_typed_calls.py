"""`/heygen` for what is made from words, for settings, and for being quiet; every example works as it stands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.typed import ALL, BeQuiet, Call, Settings, ShowBudget, UsageError, parse

SARAH = {"name": "Sarah", "company": "Acme"}


@pytest.mark.parametrize(
    ("typed", "name", "arguments"),
    [
        ("video Hello there", "create_video", {"script": "Hello there"}),
        (
            'video "Hello there" --avatar "Ann Lee" --title=Spring',
            "create_video",
            {"script": "Hello there", "avatar": "Ann Lee", "title": "Spring"},
        ),
        ("make —voice Ann we said — no", "create_video", {"script": "we said — no", "voice": "Ann"}),
        ('video Say "--this" aloud', "create_video", {"script": 'Say "--this" aloud'}),
        (
            'batch "Hi {name}, news for {company}!" for Sarah (Acme), John and Mike Lee',
            "create_videos",
            {
                "script": "Hi {name}, news for {company}!",
                "people": [SARAH, {"name": "John"}, {"name": "Mike Lee"}],
            },
        ),
        ('batch "Good for {name}" --crm spring', "create_videos", {"script": "Good for {name}", "crm": "spring"}),
        (
            "agent bees for schools --chat --seconds 90 --portrait",
            "start_video_agent",
            {"prompt": "bees for schools", "mode": "chat", "seconds": 90, "orientation": "portrait"},
        ),
        ("avatars", "find_avatars", {}),
        (
            "avatars Ann --gender Woman --square",
            "find_avatars",
            {"words": "Ann", "gender": "female", "orientation": "square"},
        ),
        ("voices --language=French", "find_voices", {"language": "French"}),
    ],
)
def test_a_command_is_the_call_that_the_model_would_make(typed: str, name: str, arguments: dict[str, Any]) -> None:
    found = parse(typed)
    assert isinstance(found, Call)
    assert (found.name, found.arguments) == (name, arguments)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("video", "What should it say?"),
        ("video hi --avatr Ann", "Did you mean `--avatar`?"),
        ("video hi --avatar", "`--avatar` needs a value."),
        ("video hi --avatar --title x", "`--avatar` needs a value."),
        ("video hi --title a --title b", "stands there twice"),
        ('video "hi', "quotation mark is not closed"),
        ("batch Hi {name}", "For whom?"),
        (f"video {'a' * 5001}", "5001 characters"),
        ("agent bees --seconds soon", "whole number"),
        ("agent bees --portrait --landscape", "Either"),
        ("avatars --gender robot", "`woman` or `man`"),
        ("settings policy", "dialog"),
        ("mute everybody", "I know only `off`"),
        ("vidoe hi", "Did you mean `video`?"),
    ],
)
def test_an_error_says_what_is_wrong_and_how_it_goes(typed: str, said: str) -> None:
    found = parse(typed)
    assert isinstance(found, UsageError)
    assert said in found.sentence
    assert "Usage: `/heygen" in found.sentence or "Commands:" in found.sentence


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("settings", Settings()),
        ("mute", BeQuiet()),
        ("mute off", BeQuiet(off=True)),
        ("unmute", BeQuiet(off=True)),
        ("quota", ShowBudget()),
    ],
)
def test_settings_quiet_and_quota(typed: str, wanted: object) -> None:
    assert parse(typed) == wanted


@pytest.mark.parametrize("example", [one for topic in ALL for one in topic.examples])
def test_every_example_of_the_help_works(example: str) -> None:
    assert not isinstance(parse(example.removeprefix("/heygen ")), UsageError)


def test_no_word_means_two_things() -> None:
    words = [word for topic in ALL for word in topic.words]
    assert len(words) == len(set(words))


@given(st.sampled_from(ALL), st.text(max_size=80))
def test_whatever_follows_a_word_gets_an_answer(topic: Any, rest: str) -> None:
    assert parse(f"{topic.name} {rest}") is not None
