"""The steps of `setup`. Each answer is checked and written before the next is asked for, so it can stop anywhere.

What is given comes from the file of answers, then from the environment, then from `.env`; only then is somebody asked.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot import check
from bot.settings import Settings, SettingsError, from_environment, from_values
from bot.setup import env_file, questions, webhook
from bot.setup.desk import Desk
from bot.setup.questions import Question
from bot.slack.manifest import manifest
from heygen import HeyGenError

TRIES = 3
SLACK_SECONDS = 8
HELLO = (
    "Hello! I make and translate videos with HeyGen. Mention me with a link, such as “translate https://… into French”,"
    " or type `/heygen help`."
)
NEXT = "Everything answers. Next: `python -m bot serve` (or `make run`), then mention the app in Slack."


def run(options: argparse.Namespace) -> int:
    """Go through all steps; 0 when everything is there and works. `SettingsError` says what is missing."""
    given = _given(options.answers)
    return _Setup(Desk(asks=not options.no_input), options.env_file, given, replace=options.replace).run(
        options.channel
    )


def _given(path: Path | None) -> dict[str, str]:
    """What was given besides `.env`. What nobody is asked for stays where it is when the environment has it."""
    environment = {name: value for name, value in from_environment().items() if name in questions.ASKED}
    if path is None:
        return environment
    text = sys.stdin.read() if str(path) == "-" else path.read_text()
    return environment | env_file.parsed(text)


class _Setup:
    """What is known so far, and where it is written."""

    def __init__(self, desk: Desk, path: Path, given: Mapping[str, str], *, replace: bool) -> None:
        self._desk = desk
        self._path = path
        self._given = dict(given)
        self._replace = replace
        self._known: dict[str, str] = env_file.read(path)

    def run(self, channel: str | None) -> int:
        self._take_given()
        self._ask(questions.WHERE)
        self._show_manifest()
        self._ask_all(questions.of_slack(self._known))
        self._ask_all(questions.after_slack(self._known))
        if "LIVEAVATAR_API_KEY" in self._known:
            self._ask(questions.AVATAR)
        if "SECRET_KEY" not in self._known:
            self._keep("SECRET_KEY", secrets.token_hex(32))
            self._desk.tell("ok       SECRET_KEY: made up")
        self._register_webhook()
        self._say_hello(channel)
        self._desk.tell(NEXT)
        return 0

    # -- answers -----------------------------------------------------------------------------------------------

    def _take_given(self) -> None:
        """Settings that nobody is asked for go into the file as they are; the others wait for their question."""
        for name, value in list(self._given.items()):
            if name not in questions.ASKED and self._may_replace(name, value):
                self._keep(name, value)

    def _ask_all(self, wanted: tuple[Question, ...]) -> None:
        for question in wanted:
            self._ask(question)

    def _ask(self, question: Question) -> None:
        """Settle one question. `SettingsError` when it has to have an answer and has none that works."""
        for _ in range(TRIES):
            value = self._answer(question)
            if value is None and question.optional:
                return
            if value is None:
                raise SettingsError(
                    f"{question.name} is missing. What was answered is in {self._path}: run setup again."
                )
            if self._works(question, value):
                self._keep(question.name, value)
                return
            self._given.pop(question.name, None)
            self._known.pop(question.name, None)
            if not self._desk.asks:
                break
        raise SettingsError(f"{question.name} does not work. What was answered before is in {self._path}.")

    def _answer(self, question: Question) -> str | None:
        """What is given, what the file has, or what somebody says."""
        given = self._given.get(question.name)
        if given is not None and self._may_replace(question.name, given):
            return given
        return self._known.get(question.name) or self._desk.ask(question)

    def _may_replace(self, name: str, value: str) -> bool:
        """Whether a given value goes into the file. What the file has is never lost without a word."""
        if self._known.get(name, value) == value or self._replace:
            return True
        if self._desk.agrees(f"{self._path} has another {name}. Replace it?"):
            return True
        self._desk.tell(f"note     {name}: {self._path} has another, which stays (--replace replaces it)")
        self._given.pop(name, None)
        return False

    def _works(self, question: Question, value: str) -> bool:
        """Whether the service takes it, as far as one can be asked."""
        if odd := questions.hint(question.name, value):
            self._desk.tell(f"note     {question.name}: {odd}")
        try:
            settings = from_values({**self._known, question.name: value})
        except SettingsError as error:
            self._desk.tell(f"failing  {error}")
            return False
        if question.check is None:
            return True
        works, line = asyncio.run(check.service(question.check, settings))
        self._desk.tell(line)
        return works

    def _keep(self, name: str, value: str) -> None:
        if env_file.read(self._path).get(name) != value:
            env_file.put(self._path, {name: value})
        self._known[name] = value

    @property
    def _settings(self) -> Settings:
        return from_values(self._known)

    # -- the services ------------------------------------------------------------------------------------------

    def _show_manifest(self) -> None:
        """What the Slack app is made from, unless there is one already."""
        if "SLACK_BOT_TOKEN" in self._known:
            return
        url = self._known.get(questions.PUBLIC_URL)
        if url is not None and not url.startswith("https://"):
            self._desk.tell(
                "note     PUBLIC_URL: Slack calls https addresses only, so there is no manifest for this one"
            )
            return
        made = manifest(url=url, socket=url is None)
        self._desk.tell("Make the Slack app at https://api.slack.com/apps, “From a manifest”, from this one:")
        self._desk.tell(json.dumps(made, indent=2))

    def _register_webhook(self) -> None:
        settings = self._settings
        if settings.public_url is None or settings.heygen_transport != "direct":
            self._desk.tell("off      webhook: no address of ours that HeyGen could call, so jobs are polled")
            return
        try:
            secret = asyncio.run(webhook.registered(settings))
        except (HeyGenError, SlackApiError, OSError, aiohttp.ClientError) as error:
            self._desk.tell(
                f"reduced  webhook: not registered ({type(error).__name__}), so jobs are polled. Run setup again."
            )
            return
        if secret is not None:
            self._keep("HEYGEN_WEBHOOK_SECRET", secret)
        self._desk.tell("ok       webhook: registered at HeyGen, its secret is kept")

    def _say_hello(self, channel: str | None) -> None:
        where = channel or self._desk.ask(
            Question("Channel", "Where to say hello: a channel's or a person's id (nothing: nowhere)", optional=True)
        )
        if where is None:
            return
        try:
            asyncio.run(self._posted(where))
        except SlackApiError as error:
            code = error.response.get("error")
            raise SettingsError(f"Slack did not take the first message: {code}. Everything else is set up.") from error
        self._desk.tell("ok       slack: said hello")

    async def _posted(self, channel: str) -> None:
        settings = self._settings
        token = settings.secret("slack_bot_token")
        client = AsyncWebClient(token=token, base_url=settings.slack_api_url, timeout=SLACK_SECONDS)
        await client.chat_postMessage(channel=channel, text=HELLO, unfurl_links=False)
