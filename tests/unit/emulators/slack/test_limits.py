"""Rate limits: tiers a minute, one post a second in a channel, and what a caller is told."""

from __future__ import annotations

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from emulators.slack import SlackEmulator

VIDEOS = "C0VIDEOS01"


async def test_a_burst_of_posts_is_refused_with_a_wait(slack: SlackEmulator, client: AsyncWebClient) -> None:
    slack.limits.posts_burst = 2
    for _ in range(2):
        await client.chat_postMessage(channel=VIDEOS, text="x")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=VIDEOS, text="x")
    response = caught.value.response
    assert (response.status_code, response["error"], response.headers["Retry-After"]) == (429, "ratelimited", "1")
    assert slack.limits.refused == {"chat.postMessage": 1}


async def test_a_second_later_one_more_may_pass(slack: SlackEmulator, client: AsyncWebClient) -> None:
    slack.limits.posts_burst = 1
    await client.chat_postMessage(channel=VIDEOS, text="x")
    slack.clock.advance(1)
    assert (await client.chat_postMessage(channel=VIDEOS, text="x"))["ok"]


async def test_channels_do_not_share_the_second(slack: SlackEmulator, client: AsyncWebClient) -> None:
    slack.limits.posts_burst = 1
    for channel in (VIDEOS, "C0GENERAL1"):
        assert (await client.chat_postMessage(channel=channel, text="x"))["ok"]


async def test_a_method_has_its_minute(slack: SlackEmulator, client: AsyncWebClient) -> None:
    slack.limits.per_minute["conversations.replies"] = 1
    ts = slack.say("alice", VIDEOS, "x")
    await client.conversations_replies(channel=VIDEOS, ts=ts)
    slack.clock.advance(20)
    with pytest.raises(SlackApiError) as caught:
        await client.conversations_replies(channel=VIDEOS, ts=ts)
    assert 39 <= int(caught.value.response.headers["Retry-After"]) <= 40
    slack.clock.advance(40)
    assert (await client.conversations_replies(channel=VIDEOS, ts=ts))["ok"]


async def test_switched_off_nothing_is_refused_but_counted(slack: SlackEmulator, client: AsyncWebClient) -> None:
    slack.limits.enabled = False
    slack.limits.per_minute["auth.test"] = 1
    for _ in range(3):
        await client.auth_test()
    assert (slack.limits.peak["auth.test"], not slack.limits.refused) == (3, True)
