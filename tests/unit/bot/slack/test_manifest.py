"""The manifest is what the code does: its calls, its listeners, and nothing that only was once."""

from __future__ import annotations

import ast
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.__main__ import main
from bot.settings import Settings
from bot.slack.app import SUBSCRIBED_EVENTS
from bot.slack.manifest import APP_METHODS, BESIDES, EVENTS, METHODS, manifest, scopes
from emulators.slack import SlackEmulator
from emulators.slack.web_api import METHODS as EMULATED
from tests.architecture.settings_docs import ROOT

URL = "https://green.example"


def wire_names() -> dict[str, str]:
    """The SDK's methods by the name that code calls them with, and Slack's name for each."""
    names = {}
    for name, method in inspect.getmembers(AsyncWebClient, inspect.iscoroutinefunction):
        if found := re.search(r'api_call\(\s*"([\w.]+)"', inspect.getsource(method)):
            names[name] = found.group(1)
    return names


def called(folder: Path) -> Iterator[str]:
    """Slack's names of every Web API method that the code in a folder mentions."""
    known = wire_names()
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in known:
                yield known[node.attr]
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "api_call":
                # what is no constant is a name that somebody else has given, passed on
                yield from (str(given.value) for given in node.args[:1] if isinstance(given, ast.Constant))


def test_the_methods_are_those_that_the_code_calls() -> None:
    assert set(called(ROOT / "bot")) == {*METHODS, *APP_METHODS}


def test_the_events_are_those_that_have_listeners() -> None:
    assert set(EVENTS) == set(SUBSCRIBED_EVENTS)
    assert manifest(url=URL)["settings"]["event_subscriptions"]["bot_events"] == sorted(SUBSCRIBED_EVENTS)


@pytest.mark.parametrize("method", METHODS)
def test_the_emulated_slack_wants_the_same_scopes(method: str) -> None:
    ours, theirs = set(METHODS[method]), set(EMULATED[method].scopes)
    assert ours <= theirs
    assert bool(ours) == bool(theirs)


def test_every_scope_says_what_it_is_for() -> None:
    assert {*BESIDES} <= scopes().keys()
    assert all(scopes().values())
    assert manifest(url=URL)["oauth_config"]["scopes"]["bot"] == list(scopes())


@pytest.mark.parametrize(
    "options",
    [{"url": URL}, {"socket": True}, {"url": URL, "oauth": True}, {"url": URL, "socket": True, "oauth": True}],
    ids=["http", "socket", "http oauth", "socket oauth"],
)
async def test_slack_would_take_it(slack: SlackEmulator, options: dict[str, object]) -> None:
    slack.install(manifest(**options))  # type: ignore[arg-type]
    assert slack.workspace.socket_mode == ("socket" in options)
    slack.install(None)


def test_over_http_everything_comes_to_one_address() -> None:
    made = manifest(url=f"{URL}/")
    addresses = set(re.findall(r"https://green[^\"]*", json.dumps(made)))
    assert addresses == {f"{URL}/slack/events"}
    assert not made["settings"]["org_deploy_enabled"]
    assert not made["settings"]["token_rotation_enabled"]


def test_over_socket_mode_there_is_no_address() -> None:
    assert "green.example" not in json.dumps(manifest(url=URL, socket=True))


def test_several_workspaces_come_back_to_us() -> None:
    made = manifest(url=URL, oauth=True)
    assert made["oauth_config"]["redirect_urls"] == [f"{URL}/slack/oauth_redirect"]
    assert made["settings"]["org_deploy_enabled"]
    assert made["settings"]["token_rotation_enabled"]


@pytest.mark.parametrize("options", [{}, {"oauth": True, "socket": True}, {"url": "http://green.example"}])
def test_an_address_that_slack_cannot_use_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="address"):
        manifest(**options)  # type: ignore[arg-type]


# -- the command line --------------------------------------------------------------------------------------------


@pytest.fixture
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.usefixtures("_empty_environment")
def test_it_is_printed_as_json_and_explained_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest", "--url", URL]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out) == manifest(url=URL)
    assert all(f"{scope}: " in shown.err for scope in scopes())


@pytest.mark.usefixtures("_empty_environment")
def test_an_app_level_token_means_socket_mode(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1")
    assert main(["manifest"]) == 0
    assert json.loads(capsys.readouterr().out) == manifest(socket=True)


@pytest.mark.usefixtures("_empty_environment")
def test_without_an_address_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest"]) == 2
    assert "--url" in capsys.readouterr().err
