"""`python -m bot setup`: from an empty folder to the first video that somebody asked for, as a newcomer does it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import stat
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.setup import env_file
from emulators.heygen import HeyGenEmulator
from emulators.liveavatar import DEFAULT_KEY as LIVEAVATAR_KEY
from emulators.liveavatar import LiveAvatarEmulator
from emulators.openai import OpenAIEmulator
from emulators.slack import SlackEmulator

pytestmark = pytest.mark.timeout(90)  # three processes begin, one after the other

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
CHANNEL = "C0VIDEOS01"


class Services:
    """The four companies, and what an admin knows of them."""

    def __init__(self) -> None:
        self.slack, self.openai = SlackEmulator(), OpenAIEmulator()
        self.heygen, self.liveavatar = HeyGenEmulator(speed="step"), LiveAvatarEmulator()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    @property
    def everything(self) -> list[SlackEmulator | OpenAIEmulator | HeyGenEmulator | LiveAvatarEmulator]:
        """The four of them."""
        return [self.slack, self.openai, self.heygen, self.liveavatar]

    @property
    def addresses(self) -> dict[str, str]:
        """What is different from the real services; nobody is asked for it."""
        return {
            "SLACK_API_URL": self.slack.api_url,
            "OPENAI_BASE_URL": self.openai.base_url,
            "HEYGEN_BASE_URL": self.heygen.url,
            "LIVEAVATAR_BASE_URL": self.liveavatar.url,
            "FETCH_ALLOWED_HOSTS": self.heygen.url.removeprefix("http://"),
            "ALLOW_EMULATORS": "true",
            "PORT": str(self.port),
        }

    @property
    def credentials(self) -> dict[str, str]:
        """What an admin has to find."""
        return {
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_SIGNING_SECRET": self.slack.signing_secret,
            "OPENAI_API_KEY": self.openai.api_key,
            "HEYGEN_API_KEY": "hg-key-1",
            "LIVEAVATAR_API_KEY": LIVEAVATAR_KEY,
        }


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    services = Services()
    for emulator in services.everything:
        await emulator.start()
    services.slack.limits.enabled = False
    yield services
    for emulator in services.everything:
        await emulator.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder, as after a clone."""
    (tmp_path / "app").mkdir()
    return tmp_path / "app"


@asynccontextmanager
async def process(folder: Path, *arguments: str, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m bot …` with nothing in its environment but `more`."""
    environment = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **more}
    pipe = asyncio.subprocess.PIPE
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        cwd=folder,
        env=environment,
        stdin=pipe,
        stdout=pipe,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


async def setup(folder: Path, *arguments: str, typed: str = "", **environment: str) -> tuple[int | None, str]:
    """Run it to its end with what somebody types: the exit code and everything it said."""
    async with process(folder, "setup", *arguments, **environment) as running, asyncio.timeout(PATIENCE):
        said, _ = await running.communicate(typed.encode())
    return running.returncode, said.decode()


def write(folder: Path, values: Mapping[str, str]) -> str:
    """A file of answers; its path."""
    path = folder.parent / "answers"
    path.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    return str(path)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_from_nothing_to_a_first_video_without_a_terminal(services: Services, folder: Path) -> None:
    address = f"http://127.0.0.1:{services.port}"
    answers = {
        **(services.addresses | services.credentials),
        "PUBLIC_URL": address,
        "OPENAI_MODEL": "emulated-planner",
        "LIVEAVATAR_AVATAR_ID": "no matter which",
    }
    code, said = await setup(folder, "--answers", write(folder, answers), "--no-input", "--channel", CHANNEL)

    assert code == 0, said
    assert [name for name, value in services.credentials.items() if value in said] == []
    kept = env_file.read(folder / ".env")
    assert {name: kept[name] for name in answers} == answers
    assert mode(folder / ".env") == 0o600
    [endpoint] = services.heygen.webhooks.endpoints.values()
    assert (endpoint.secret, endpoint.url.startswith(address)) == (kept["HEYGEN_WEBHOOK_SECRET"], True)
    assert "I make and translate videos" in services.slack.messages(CHANNEL)[-1].text

    await the_first_video(services, folder, address)
    code, said = await setup(folder, "--no-input")  # once more: it finds everything done
    assert (code, len(services.heygen.webhooks.endpoints)) == (0, 1), said
    assert env_file.read(folder / ".env") == kept


async def the_first_video(services: Services, folder: Path, address: str) -> None:
    """Start the app from what was written, ask for a translation, and get it by way of the webhook."""
    async with process(folder, "serve") as app:
        assert app.stdout is not None
        while b"listening on" not in (line := await asyncio.wait_for(app.stdout.readline(), PATIENCE)):
            assert line, "the app ended"
        services.slack.configure(f"{address}/slack/events")
        wish = f"<@{services.slack.bot_user}> Translate {services.heygen.url}/sources/launch.mp4 into French"
        root = services.slack.say("alice", CHANNEL, wish)
        await services.slack.journal.wait_for(lambda: services.heygen.charges, PATIENCE)
        services.heygen.finish()

        def delivered() -> bool:
            thread = services.slack.thread(CHANNEL, root)
            return any(re.match(r"<@U\w+> ", m.text) and m.links() for m in thread if m.from_app)

        await services.slack.journal.wait_for(delivered, PATIENCE)
        app.send_signal(signal.SIGTERM)
        await asyncio.wait_for(app.communicate(), PATIENCE)


async def test_somebody_types_and_goes_on_another_day(services: Services, folder: Path) -> None:
    """Over Socket Mode: no address of ours, an app-level token in place of the signing secret."""
    services.slack.configure("", socket_mode=True)
    typed = ["", services.slack.bot_token, services.slack.app_token]
    code, said = await setup(folder, typed="\n".join(typed) + "\n", **services.addresses)
    assert (code, "OPENAI_API_KEY is missing" in said) == (2, True), said
    assert '"socket_mode_enabled": true' in said
    assert set(env_file.read(folder / ".env")) == {"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"}

    typed = ["", services.openai.api_key, "emulated-planner", "hg-wrong", "hg-key-1", "", CHANNEL]
    code, said = await setup(folder, typed="\n".join(typed) + "\n", **services.addresses)
    assert code == 0, said
    assert "failing  heygen" in said
    assert "socket_mode_enabled" not in said
    kept = env_file.read(folder / ".env")
    assert (kept["HEYGEN_API_KEY"], len(kept["SECRET_KEY"])) == ("hg-key-1", 64)
    assert "LIVEAVATAR_API_KEY" not in kept
    assert services.slack.messages(CHANNEL)[-1].from_app


async def test_what_is_there_is_replaced_only_when_somebody_says_so(services: Services, folder: Path) -> None:
    services.slack.configure("", socket_mode=True)
    own = "# mine\nSLACK_APP_TOKEN=xapp-of-before\nLOG_LEVEL=debug\n"
    (folder / ".env").write_text(own)
    given = {"SLACK_BOT_TOKEN": services.slack.bot_token, "SLACK_APP_TOKEN": services.slack.app_token}

    code, said = await setup(folder, "--no-input", **services.addresses, **given)
    assert (code, "has another, which stays" in said) == (2, True), said
    assert (folder / ".env").read_text().startswith(own)

    code, said = await setup(folder, "--no-input", "--replace", **services.addresses, **given)
    assert (code, "OPENAI_API_KEY is missing" in said) == (2, True), said
    text = (folder / ".env").read_text()
    assert (text.startswith("# mine\n"), "LOG_LEVEL=debug\n" in text, "xapp-of-before" in text) == (True, True, False)
    assert mode(folder / ".env") == 0o600
