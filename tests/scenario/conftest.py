"""The emulators once for the whole run, reset for each scenario; the app new for each."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from bot.slack.manifest import manifest
from emulators.heygen import HeyGenEmulator
from emulators.liveavatar import LiveAvatarEmulator
from emulators.openai import OpenAIEmulator
from emulators.slack import SlackEmulator
from tests.scenario.live_stage import SPEED, LiveStage
from tests.scenario.stage import Stage
from tests.support.clock import ManualClock
from tests.support.slack_calls import Recorder
from tests.support.store_steps import new_store, sqlite_url


class RecordedSlack(SlackEmulator):
    """Keeps every kind of call of the app for .ci/outside, which holds them against Slack's own types."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder

    def reset(self) -> None:
        self._recorder.add(self.journal.entries)
        super().reset()


Emulators = tuple[SlackEmulator, OpenAIEmulator, HeyGenEmulator]


@pytest.fixture(scope="session")
async def _emulators() -> AsyncIterator[Emulators]:
    folder = os.environ.get("GREENROOM_RECORD")  # noqa: TID251 - the tests', not the product's
    recorder = Recorder(Path(folder)) if folder else None
    slack = SlackEmulator() if recorder is None else RecordedSlack(recorder)
    emulators = slack, OpenAIEmulator(), HeyGenEmulator(speed="step")
    for emulator in emulators:
        await emulator.start()
    emulators[0].install(manifest(url="https://green.example"))  # Slack grants what the app's manifest asks for
    yield emulators
    for emulator in emulators:
        await emulator.stop()
    if recorder is not None:
        recorder.write(str(os.getpid()))


@pytest.fixture(scope="session")
async def _tables(anyio_backend: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to begin with: making the tables takes longer than much of what happens in them."""
    folder = tmp_path_factory.mktemp("tables")
    store = new_store(sqlite_url(folder), ManualClock())
    await store.start()
    await store.stop()
    return folder / "greenroom.db"


@pytest.fixture
def app_folder(_tables: Path, tmp_path: Path) -> Path:
    """Where the app of this scenario keeps its file."""
    shutil.copy(_tables, tmp_path / "greenroom.db")
    return tmp_path


@pytest.fixture
async def stage(_emulators: Emulators, app_folder: Path) -> AsyncIterator[Stage]:
    """The app between fresh emulators. HeyGen's jobs stand still until `finish`; Slack's own limits are off."""
    for emulator in _emulators:
        emulator.reset()
    slack, openai, heygen = _emulators
    slack.configure(concurrency=8)
    slack.limits.enabled = False
    stage = Stage(slack, openai, heygen, app_folder)
    await stage.start()
    yield stage
    await stage.stop()
    slack.configure("")
    for emulator in _emulators:
        emulator.reset()


@pytest.fixture(scope="session")
async def _liveavatar() -> AsyncIterator[LiveAvatarEmulator]:
    emulator = LiveAvatarEmulator(rate=SPEED)
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def live(_emulators: Emulators, _liveavatar: LiveAvatarEmulator, app_folder: Path) -> AsyncIterator[LiveStage]:
    """The app with live sessions between fresh emulators."""
    for emulator in (*_emulators, _liveavatar):
        emulator.reset()
    slack, openai, heygen = _emulators
    slack.configure(concurrency=8)
    slack.limits.enabled = False
    stage = LiveStage(slack, openai, heygen, _liveavatar, app_folder)
    await stage.start()
    yield stage
    await stage.stop()
    slack.configure("")
    for emulator in (*_emulators, _liveavatar):
        emulator.reset()


@pytest.fixture
async def socket_stage(_emulators: Emulators, app_folder: Path) -> AsyncIterator[Stage]:
    """The same, but over Socket Mode alone: no signing secret, nothing of Slack's comes over HTTP."""
    for emulator in _emulators:
        emulator.reset()
    slack, openai, heygen = _emulators
    slack.configure(concurrency=8, socket_mode=True)
    slack.limits.enabled = False
    stage = Stage(slack, openai, heygen, app_folder)
    await stage.start(slack_app_token=slack.app_token, slack_signing_secret=None)
    yield stage
    assert list(slack.sockets.complaints) == []
    await stage.stop()
    slack.configure("", socket_mode=False, ack_seconds=3.0)
    for emulator in _emulators:
        emulator.reset()


@pytest.fixture(autouse=True)
def _warnings_only() -> Iterator[None]:
    """Log warnings and worse: drawing each line costs more time than the app takes."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield
    structlog.configure(**before)
