"""Where the page listens."""

from __future__ import annotations

import errno
import socket

import pytest

import emulators.console
from emulators.console import Console, free_listener
from emulators.heygen import HeyGenEmulator
from emulators.openai import OpenAIEmulator
from emulators.slack import SlackEmulator


def test_a_taken_port_gives_the_next_free_one() -> None:
    with free_listener(0) as taken:
        port = taken.getsockname()[1]
        with free_listener(port) as other:
            assert port < other.getsockname()[1] < port + 50


def test_it_gives_up_when_every_port_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulators.console, "PORTS_TRIED", 1)
    with free_listener(0) as taken, pytest.raises(OSError, match="all taken") as caught:
        free_listener(taken.getsockname()[1])

    assert caught.value.errno == errno.EADDRINUSE


async def test_the_page_says_where_it_is_and_frees_the_port(
    slack: SlackEmulator, heygen: HeyGenEmulator, openai: OpenAIEmulator
) -> None:
    console = Console(slack, heygen, openai)
    url = await console.start(0)
    await console.stop()

    assert url == console.url
    assert url.startswith("http://127.0.0.1:")
    with socket.socket() as client, pytest.raises(ConnectionRefusedError):
        client.connect(("127.0.0.1", int(url.rpartition(":")[2])))


async def test_stopping_what_never_started_does_nothing(
    slack: SlackEmulator, heygen: HeyGenEmulator, openai: OpenAIEmulator
) -> None:
    await Console(slack, heygen, openai).stop()
