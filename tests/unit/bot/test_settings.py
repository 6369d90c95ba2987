"""Settings: typed, masked, and clear about what is wrong."""

from __future__ import annotations

import pytest

from agent.money import Cap, Period, Scope
from agent.rights import Role
from bot import settings
from bot.settings import REQUIRED, Settings, SettingsError


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("nothing"))
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_nothing_configured_names_everything_required() -> None:
    loaded = settings.load()

    assert set(loaded.missing()) == set(REQUIRED)
    assert not loaded.has_credentials()


def test_socket_mode_needs_no_signing_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1-A0-secret")

    assert set(settings.load().missing()) == set(REQUIRED) - {"SLACK_SIGNING_SECRET"}


def test_by_way_of_truto_heygen_s_own_key_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEYGEN_TRANSPORT", "truto")
    needed = {"TRUTO_API_KEY", "TRUTO_ACCOUNT_ID"}

    assert set(settings.load().missing()) == (set(REQUIRED) - {"HEYGEN_API_KEY"}) | needed


@pytest.mark.parametrize("name", ["TRUTO_API_KEY", "TRUTO_API_TOKEN"])
def test_truto_s_token_has_two_names(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """R63: the name people know from the tutorial, and the one Truto uses elsewhere."""
    monkeypatch.setenv("HEYGEN_TRANSPORT", "truto")
    monkeypatch.setenv("TRUTO_ACCOUNT_ID", "ia-1")
    assert not settings.load().has_truto()
    monkeypatch.setenv(name, "tt-secret")

    loaded = settings.load()
    assert (loaded.truto_token(), loaded.has_truto()) == ("tt-secret", True)
    assert "tt-secret" not in repr(loaded)


def test_a_missing_token_of_truto_s_is_named() -> None:
    with pytest.raises(SettingsError, match="TRUTO_API_KEY"):
        settings.load().truto_token()


def test_another_kind_of_token_is_no_app_level_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_APP_TOKEN", "xoxb-secret")

    with pytest.raises(SettingsError, match="SLACK_APP_TOKEN has to begin with xapp-") as caught:
        settings.load()
    assert "secret" not in str(caught.value)


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    with open(".env", "w") as file:
        file.write("OPENAI_MODEL=from-file\nHEYGEN_API_KEY=hg-1\n")
    monkeypatch.setenv("OPENAI_MODEL", "from-environment")

    loaded = settings.load()

    assert loaded.openai_model == "from-environment"
    assert loaded.secret("heygen_api_key") == "hg-1"


def test_secrets_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-very-secret")

    assert "very-secret" not in repr(settings.load())


def test_an_empty_value_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "")

    assert settings.load().slack_bot_token is None


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "many", "PORT"),
        ("PORT", "70000", "PORT"),
        ("PUBLIC_URL", "example.com", "http"),
        ("SECRET_KEY", "short", "32 characters"),
        ("LOG_LEVEL", "loud", "debug"),
        ("HEYGEN_MAX_CONCURRENT", "0", "HEYGEN_MAX_CONCURRENT"),
        ("AUTO_APPROVE_MAX", "-1", "greater than or equal"),
        ("AUTO_APPROVE_MAX", "plenty", "AUTO_APPROVE_MAX"),
        ("APPROVAL_HOURS", "-2", "APPROVAL_HOURS"),
        ("CAP_PERSON_DAY", "-0.01", "CAP_PERSON_DAY"),
        ("PRICES", "translation.speed=much", "dollars"),
        ("OPS_CHANNEL", "#operators", "OPS_CHANNEL"),
    ],
)
def test_a_wrong_value_is_named_but_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as caught:
        settings.load()

    assert name in str(caught.value)
    assert words in str(caught.value)
    assert value not in str(caught.value).replace(name, "")


def test_urls_get_the_ending_their_client_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://green.example/")
    monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:4003/api")

    loaded = settings.load()

    assert loaded.public_url == "https://green.example"
    assert loaded.slack_api_url == "http://127.0.0.1:4003/api/"


def test_headers_for_traces_are_names_and_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "X-Team=key%3D1, x-dataset=a")
    assert settings.load().otel_headers() == {"x-team": "key=1", "x-dataset": "a"}
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "s3cret")
    with pytest.raises(SettingsError, match="OTEL_EXPORTER_OTLP_HEADERS has to be name=value") as refused:
        settings.load()
    assert "s3cret" not in str(refused.value)


def test_allowed_hosts_are_a_list_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FETCH_ALLOWED_HOSTS", "Media.Internal, 127.0.0.1:9000,")

    assert settings.load().fetch_allowed_hosts == {"media.internal", "127.0.0.1:9000"}


def test_a_missing_secret_says_what_it_is_for() -> None:
    with pytest.raises(SettingsError, match="SECRET_KEY is missing: it is needed to sign"):
        settings.load().secret("secret_key")


def test_nothing_is_capped_and_nobody_appointed_at_first() -> None:
    loaded = settings.load()

    assert loaded.caps() == []
    assert not any(loaded.appointments().values())
    assert (loaded.auto_approve_max, loaded.approval_hours, loaded.prices) == (10, 24, {})


def test_caps_are_whole_micro_dollars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAP_WORKSPACE_MONTH", "1000")
    monkeypatch.setenv("CAP_PERSON_DAY", "12.345678")
    monkeypatch.setenv("CAP_CHANNEL_DAY", "0")

    assert settings.load().caps() == [
        Cap(Scope.WORKSPACE, Period.MONTH, 1_000_000_000),
        Cap(Scope.CHANNEL, Period.DAY, 0),
        Cap(Scope.PERSON, Period.DAY, 12_345_678),
    ]


def test_own_prices_take_the_place_of_the_built_in_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRICES", "translation.speed=0.04, cinematic = $6.50")

    assert settings.load().prices == {"translation.speed": 40_000, "cinematic": 6_500_000}


def test_an_unknown_price_is_refused_with_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRICES", "translations=1")

    with pytest.raises(SettingsError, match=r"translation\.speed"):
        settings.load()


def test_people_and_groups_may_be_pasted_as_slack_writes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APPROVERS", "U0DAVE0001, <@U0ALICE001|alice>,")
    monkeypatch.setenv("ADMINS", "<!subteam^S0GROUP001|@admins>")
    monkeypatch.setenv("OPERATORS", "S0GROUP002")

    assert settings.load().appointments() == {
        Role.APPROVER: {"U0DAVE0001", "U0ALICE001"},
        Role.ADMIN: {"S0GROUP001"},
        Role.OPERATOR: {"S0GROUP002"},
    }


@pytest.mark.parametrize("people", ["dave", "@dave", "C0VIDEOS01", "U1"])
def test_names_are_no_ids_of_people(monkeypatch: pytest.MonkeyPatch, people: str) -> None:
    monkeypatch.setenv("APPROVERS", people)

    with pytest.raises(SettingsError, match="ids of users"):
        settings.load()
