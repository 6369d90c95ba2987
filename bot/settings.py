"""Settings: read once from the environment and `.env`, typed, secrets masked. Nothing else reads the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from agent.capabilities import PRESETS, Capabilities, Provider, wishes_from
from agent.money import Cap, Period, Scope, micro, prices_from
from agent.rights import Role
from bot.mcp.tokens import SHAPE, Tokens, tokens_from

SECRET_KEY_CHARACTERS = 32
MOST_DOLLARS = 1_000_000
MENTION = re.compile(r"<(?:@|!subteam\^)([A-Z0-9]+)(?:\|[^>]*)?>")  # how Slack writes people and groups

# What a production process cannot do without, and what each is for.
REQUIRED = {
    "SLACK_BOT_TOKEN": "to post as the bot (not with SLACK_CLIENT_ID, SLACK_CLIENT_SECRET and PUBLIC_URL)",
    "SLACK_SIGNING_SECRET": "to know that a request comes from Slack (not with SLACK_APP_TOKEN)",
    "OPENAI_API_KEY": "to call the language model",
    "OPENAI_MODEL": "to choose the language model",
    "HEYGEN_API_KEY": "to make and translate videos (not with HEYGEN_TRANSPORT=truto, nor where workspaces have own)",
    "SECRET_KEY": "to sign the links we give out",
}


class SettingsError(Exception):
    """The environment does not add up; the message says which setting and why, without its value."""


def _cap(whose: str, period: str) -> Any:
    return Field(
        default=None, ge=0, le=MOST_DOLLARS, description=f"Dollars that {whose} may spend in a {period} (UTC)."
    )


def _people(what: str) -> Any:
    return Field(
        default=frozenset(), description=f"Ids of users (`U…`) and user groups (`S…`), comma-separated, who {what}."
    )


class Settings(BaseSettings):
    """Every setting of the process. Field descriptions are the settings table of the docs."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True, frozen=True)

    slack_bot_token: SecretStr | None = Field(default=None, description="Bot token of the Slack app (`xoxb-…`).")
    slack_signing_secret: SecretStr | None = Field(default=None, description="Signing secret of the Slack app.")
    slack_app_token: SecretStr | None = Field(
        default=None, description="App-level token (`xapp-…`) for Socket Mode; without it Slack comes over HTTP."
    )
    slack_client_id: str | None = Field(
        default=None, description="Client id of the Slack app, for an app that several workspaces install."
    )
    slack_client_secret: SecretStr | None = Field(
        default=None, description="Client secret of the Slack app, with `SLACK_CLIENT_ID`; needs `PUBLIC_URL` as well."
    )
    slack_api_url: str = Field(default="https://slack.com/api/", description="Base URL of Slack's Web API.")
    slack_upload_max_mb: int = Field(
        default=100,
        ge=0,
        le=1000,
        description="Videos of at most so many MB are also shared in their thread, where Slack plays them; 0: none.",
    )
    openai_api_key: SecretStr | None = Field(default=None, description="Key of the language model's server.")
    openai_base_url: str = Field(
        default="https://api.openai.com/v1",
        description="Base URL of any server that speaks the Responses API or Chat Completions.",
    )
    openai_model: str | None = Field(default=None, description="Name of the language model.")
    openai_wire: Literal["responses", "chat"] = Field(
        default="responses", description="How that server is spoken to: Responses, or `chat` for Chat Completions."
    )
    openai_provider: Provider = Field(
        default=Provider.OPENAI,
        description="Whose server it is, which decides what it is sent: `openai`, `claude`, `ollama`, `vllm`, or "
        "`other` for the bare minimum ([models](models.md)).",
    )
    openai_capabilities: Annotated[dict[str, bool], NoDecode] = Field(
        default_factory=dict, description="What it takes against what `OPENAI_PROVIDER` says: `strict=off, store=on`."
    )
    openai_tool_search: bool = Field(
        default=False, description="Whether the model has tool search of its own (Responses API), to find tools with."
    )
    history_tokens: int = Field(
        default=40_000,
        ge=4_000,
        le=1_000_000,
        description="Tokens of a thread that the model is told, estimated from above; what is older is summed up.",
    )
    stt_model: str | None = Field(
        default=None, description="Model at `OPENAI_BASE_URL` that turns speech into text, such as `gpt-transcribe`."
    )
    tts_base_url: str | None = Field(
        default=None, description="Base URL of a server with `/audio/speech`; without it `OPENAI_BASE_URL`."
    )
    tts_api_key: SecretStr | None = Field(
        default=None, description="Key of the server at `TTS_BASE_URL`, which is never sent `OPENAI_API_KEY`."
    )
    tts_model: str | None = Field(default=None, description="Model that speaks.")
    tts_voice: str = Field(default="marin", description="Voice that it speaks with.")
    stt_wire: Literal["http", "realtime"] = Field(
        default="http", description="How `STT_MODEL` is spoken to: a request for each utterance, or a realtime session."
    )
    tts_wire: Literal["http", "realtime"] = Field(
        default="http", description="How `TTS_MODEL` is spoken to: `/audio/speech`, or a realtime session."
    )
    heygen_api_key: SecretStr | None = Field(default=None, description="HeyGen API key.")
    heygen_base_url: str = Field(default="https://api.heygen.com", description="Base URL of HeyGen's API.")
    heygen_transport: Literal["direct", "truto"] = Field(
        default="direct", description="How HeyGen is reached: `direct` with its API key, or by way of `truto`."
    )
    truto_api_key: SecretStr | None = Field(
        default=None, description="API token of Truto, for `HEYGEN_TRANSPORT=truto`; `TRUTO_API_TOKEN` means the same."
    )
    truto_api_token: SecretStr | None = Field(default=None, description="Another name of `TRUTO_API_KEY`.")
    truto_account_id: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_.:-]{1,128}$",
        description="Id of the integrated account that Truto made when HeyGen was connected there.",
    )
    truto_crm_account_id: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_.:-]{1,128}$",
        description="Id of the integrated account of a CRM in Truto whose contacts videos may be made for.",
    )
    truto_base_url: str = Field(default="https://api.truto.one", description="Base URL of Truto's API.")
    heygen_webhook_secret: SecretStr | None = Field(
        default=None, description="Secret of the webhook endpoint registered at HeyGen; without it jobs are polled."
    )
    heygen_max_concurrent: int = Field(
        default=10, ge=1, le=1000, description="Jobs the HeyGen account may run at once; one request asks for no more."
    )
    default_avatar_id: str | None = Field(
        default=None,
        description="Id of the avatar's look that speaks where nobody names one; without it the first of the account.",
    )
    default_voice_id: str | None = Field(
        default=None, description="Id of the voice that speaks where nobody names one; without it the avatar's own."
    )
    liveavatar_api_key: SecretStr | None = Field(
        default=None, description="LiveAvatar API key (not HeyGen's); without it there are no live sessions."
    )
    liveavatar_base_url: str = Field(default="https://api.liveavatar.com", description="Base URL of LiveAvatar's API.")
    liveavatar_avatar_id: str | None = Field(default=None, description="Id of the avatar of live sessions.")
    liveavatar_sandbox: bool = Field(
        default=False, description="Live sessions in LiveAvatar's sandbox: free, about a minute, certain avatars only."
    )
    liveavatar_max_concurrent: int = Field(
        default=1, ge=1, le=1000, description="Live sessions the LiveAvatar account may run at once."
    )
    live_connect: bool = Field(
        default=False,
        description="Whether workspaces that install the app may connect a LiveAvatar account of their own.",
    )
    live_max_minutes: int = Field(
        default=15, ge=1, le=120, description="How long one live session may last at most, in minutes."
    )
    live_call_seconds: int = Field(
        default=60, ge=5, le=3600, description="How long operators are called before a live avatar is offered."
    )
    live_offer_minutes: int = Field(
        default=15, ge=1, le=1440, description="How long an offered live session waits for somebody to join."
    )
    viewer_livekit_js: str | None = Field(
        default=None,
        description="Path or https URL of livekit-client 2.23.0 (UMD) for the viewer's page; without it a copy that "
        "is fetched through npm.",
    )
    viewer_livekit_integrity: str | None = Field(
        default=None,
        pattern=r"^sha(256|384|512)-[A-Za-z0-9+/]+=*$",
        description="Integrity hash of `VIEWER_LIVEKIT_JS`, needed for another version than 2.23.0.",
    )
    auto_approve_max: Decimal = Field(
        default=Decimal(10),
        ge=0,
        le=MOST_DOLLARS,
        description="Dollars up to which a request that somebody asked for goes without anybody's click.",
    )
    approval_hours: float = Field(
        default=24.0, gt=0, le=720, description="How long a request waits for an approval, in hours."
    )
    prices: Annotated[dict[str, int], NoDecode] = Field(
        default_factory=dict,
        description="Own prices in dollars in place of the built-in ones: `translation.speed=0.04, cinematic=6.50`.",
    )
    cap_workspace_day: Decimal | None = _cap("the whole workspace", "day")
    cap_workspace_month: Decimal | None = _cap("the whole workspace", "month")
    cap_channel_day: Decimal | None = _cap("one channel", "day")
    cap_channel_month: Decimal | None = _cap("one channel", "month")
    cap_person_day: Decimal | None = _cap("one person", "day")
    cap_person_month: Decimal | None = _cap("one person", "month")
    operators: Annotated[frozenset[str], NoDecode] = _people("may cancel anybody's requests")
    approvers: Annotated[frozenset[str], NoDecode] = _people(
        "may approve paid requests; without approvers and admins requesters approve their own"
    )
    admins: Annotated[frozenset[str], NoDecode] = _people("may do all of this")
    ops_channel: str | None = Field(
        default=None,
        pattern=r"^[CG][A-Z0-9]+$",
        description="Id of a channel where requests that wait for an approval, and alerts, are shown as well.",
    )
    mcp_tokens: SecretStr | None = Field(
        default=None,
        description=f"Tokens of programs that call tools over MCP, comma-separated: `{SHAPE}`, dollars a month.",
    )
    mcp_token: SecretStr | None = Field(
        default=None, description="Which of `MCP_TOKENS` the program has that `python -m bot mcp` is started by."
    )
    mcp_channel: str | None = Field(
        default=None,
        pattern=r"^[CG][A-Z0-9]+$",
        description="Id of the channel where what programs ask for is shown; without it `OPS_CHANNEL`, without that "
        "their person's direct messages.",
    )
    check_results: bool = Field(
        default=False,
        description="Whether finished videos are looked into before they are posted (cut short, length, silence, black "
        "or still picture); needs the extra `check` (PyAV). A doubt is said and holds nothing back.",
    )
    database_url: str = Field(
        default="sqlite:///.data/greenroom.db",
        repr=False,  # it may hold a password
        description="Where everything is stored: `sqlite:///path` or, for several processes, `postgresql://…`.",
    )
    public_url: str | None = Field(
        default=None, description="Our address as browsers and HeyGen see it; without it no links and no webhooks."
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on.")
    drain_seconds: int = Field(
        default=0,
        ge=0,
        le=300,
        description="How long a process that is to stop goes on answering once `/readyz` says so, in seconds: until a "
        "load balancer has noticed.",
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        description="Token that Prometheus has to show (`Authorization: Bearer …`) to read `/metrics`; without it "
        "there are no metrics.",
    )
    otel_exporter_otlp_endpoint: str | None = Field(
        default=None,
        description="Address of a collector that takes OpenTelemetry traces over HTTP, without `/v1/traces`; needs the "
        "extra `traces`. Without it there are none.",
    )
    otel_exporter_otlp_headers: SecretStr | None = Field(
        default=None, description="Headers that the collector wants to see: `name=value, name=value`."
    )
    secret_key: SecretStr | None = Field(
        default=None, description=f"At least {SECRET_KEY_CHARACTERS} random characters; signs links and hashes people."
    )
    fetch_allowed_hosts: Annotated[frozenset[str], NoDecode] = Field(
        default=frozenset(),
        description="Private hosts (`host` or `host:port`, comma-separated) that source videos may come from.",
    )
    retention_days: int = Field(
        default=90,
        ge=1,
        le=3650,
        description="How long conversations are kept after the last thing that happened in them, and links to results "
        "stay valid, in days.",
    )
    log_level: str = Field(default="info", description="`debug`, `info`, `warning` or `error`.")
    allow_emulators: bool = Field(
        default=False, description="Let `serve` talk to Greenroom's own emulators; production refuses them."
    )

    @field_validator("fetch_allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return frozenset(part.strip().lower() for part in value.split(",") if part.strip())
        return value

    @field_validator("operators", "approvers", "admins", mode="before")
    @classmethod
    def _ids(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        ids = frozenset(MENTION.sub(r"\1", part.strip()) for part in value.split(",") if part.strip())
        if wrong := sorted(one for one in ids if not re.fullmatch(r"[UWS][A-Z0-9]{2,}", one)):
            raise ValueError(f"needs ids of users (U…) or user groups (S…), not {wrong[0][:20]!r}")
        return ids

    @field_validator("openai_capabilities", mode="before")
    @classmethod
    def _wishes(cls, value: object) -> object:
        return wishes_from(value) if isinstance(value, str) else value

    @field_validator("prices", mode="before")
    @classmethod
    def _prices(cls, value: object) -> object:
        return prices_from(value) if isinstance(value, str) else value

    @field_validator(
        *("public_url", "heygen_base_url", "truto_base_url", "openai_base_url", "tts_base_url", "liveavatar_base_url"),
        "otel_exporter_otlp_endpoint",
    )
    @classmethod
    def _no_trailing_slash(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("has to begin with http:// or https://")
        return value.rstrip("/") if value else value

    @field_validator("otel_exporter_otlp_headers")
    @classmethod
    def _headers(cls, value: SecretStr | None) -> SecretStr | None:
        _headers_from("" if value is None else value.get_secret_value())
        return value

    @field_validator("slack_api_url")
    @classmethod
    def _trailing_slash(cls, value: str) -> str:
        return value.rstrip("/") + "/"

    @field_validator("slack_app_token")
    @classmethod
    def _app_level(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith("xapp-"):
            raise ValueError("has to begin with xapp-: it is an app-level token with the scope connections:write")
        return value

    @field_validator("mcp_tokens")
    @classmethod
    def _tokens(cls, value: SecretStr | None) -> SecretStr | None:
        tokens_from("" if value is None else value.get_secret_value())
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < SECRET_KEY_CHARACTERS:
            raise ValueError(f"needs at least {SECRET_KEY_CHARACTERS} characters")
        return value

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.lower() not in {"debug", "info", "warning", "error"}:
            raise ValueError("has to be debug, info, warning or error")
        return value.lower()

    def voice_server(self) -> tuple[str, str]:
        """Base URL and key for speaking; `SettingsError` when no key is set. One server's key never goes to another."""
        if self.tts_base_url is None or self.tts_base_url == self.openai_base_url:
            key = "tts_api_key" if self.tts_api_key is not None else "openai_api_key"
            return self.openai_base_url, self.secret(key)
        return self.tts_base_url, self.secret("tts_api_key")

    def capabilities(self) -> Capabilities:
        """What the language model's server is sent."""
        preset = PRESETS[self.openai_provider].changed({"tool_search": self.openai_tool_search})
        return preset.changed(self.openai_capabilities)

    def live(self) -> bool:
        """Whether live sessions can be held: there is an account, a face, and a page that people can open."""
        return None not in (self.liveavatar_api_key, self.liveavatar_avatar_id, self.public_url)

    def live_elsewhere(self) -> bool:
        """Whether workspaces may connect an account for live sessions of their own."""
        return self.live_connect and self.has_oauth()

    def tokens(self) -> Tokens:
        """The tokens of programs."""
        return tokens_from("" if self.mcp_tokens is None else self.mcp_tokens.get_secret_value())

    def otel_headers(self) -> dict[str, str]:
        """What a collector of traces wants to see."""
        given = self.otel_exporter_otlp_headers
        return _headers_from("" if given is None else given.get_secret_value())

    def caps(self) -> list[Cap]:
        """The caps that are set; those of programs are in their tokens."""
        scopes = [scope for scope in Scope if scope is not Scope.TOKEN]
        amounts = [(scope, period, getattr(self, f"cap_{scope}_{period}")) for scope in scopes for period in Period]
        return [Cap(scope, period, micro(amount)) for scope, period, amount in amounts if amount is not None]

    def appointments(self) -> dict[Role, frozenset[str]]:
        """Who is named for which role."""
        return {Role.OPERATOR: self.operators, Role.APPROVER: self.approvers, Role.ADMIN: self.admins}

    def missing(self) -> dict[str, str]:
        """Required settings that are not there: name → what it is for."""
        spared = {"SLACK_SIGNING_SECRET"} if self.slack_app_token is not None else set()
        spared |= {"SLACK_BOT_TOKEN", "HEYGEN_API_KEY"} if self.has_oauth() else set()
        through_truto = self.heygen_transport == "truto"
        spared |= {"HEYGEN_API_KEY"} if through_truto else set()
        lacking = {
            name: why for name, why in REQUIRED.items() if name not in spared and getattr(self, name.lower()) is None
        }
        return lacking | (self._missing_for_truto() if through_truto else {})

    def _missing_for_truto(self) -> dict[str, str]:
        needed = {
            "TRUTO_API_KEY": self.truto_api_key or self.truto_api_token,
            "TRUTO_ACCOUNT_ID": self.truto_account_id,
        }
        return {name: "to reach HeyGen by way of Truto" for name, value in needed.items() if value is None}

    def has_truto(self) -> bool:
        """Whether what is needed to reach HeyGen by way of Truto is there."""
        return not self._missing_for_truto()

    def has_truto_token(self) -> bool:
        """Whether we can speak with Truto; which account is used there may be a workspace's to say."""
        return self.truto_api_key is not None or self.truto_api_token is not None

    def has_heygen(self) -> bool:
        """Whether the settings name a HeyGen account of their own."""
        return self.has_truto() if self.heygen_transport == "truto" else self.heygen_api_key is not None

    def truto_token(self) -> str:
        """Truto's API token, by either name; `SettingsError` when it is missing."""
        return self.secret(
            "truto_api_token" if self.truto_api_key is None and self.truto_api_token else "truto_api_key"
        )

    def has_credentials(self) -> bool:
        """Whether a Slack workspace was configured; without one `make run` starts the playground."""
        return self.slack_bot_token is not None or self.has_oauth()

    def has_oauth(self) -> bool:
        """Whether other workspaces can install the app."""
        return None not in (self.slack_client_id, self.slack_client_secret, self.public_url)

    def secret(self, name: str) -> str:
        """The value of a required secret; `SettingsError` when it is missing."""
        value = getattr(self, name)
        if value is None:
            raise SettingsError(f"{name.upper()} is missing: it is needed {REQUIRED.get(name.upper(), 'here')}.")
        return str(value.get_secret_value() if isinstance(value, SecretStr) else value)


def _headers_from(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    if any(not name.strip() or not equals for name, equals, _ in pairs):
        raise ValueError("has to be name=value, name=value")
    return {name.strip().lower(): unquote(value.strip()) for name, _, value in pairs}


def load() -> Settings:
    """Settings from the environment and `.env`; `SettingsError` names the first one that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        raise _first_of(error) from None


def from_values(values: Mapping[str, str]) -> Settings:
    """Settings from these, by the environment's names, then from the environment; not from `.env`. Errors as `load`."""
    given: dict[str, Any] = {name.lower(): value for name, value in values.items()}
    try:
        return Settings(_env_file=None, **given)
    except ValidationError as error:
        raise _first_of(error) from None


def from_environment() -> dict[str, str]:
    """What the environment says, as it says it, by the names of settings."""
    names = [name.upper() for name in Settings.model_fields]
    return {name: value for name in names if (value := os.environ.get(name))}


def _first_of(error: ValidationError) -> SettingsError:
    first = error.errors(include_url=False, include_input=False)[0]
    name = str(first["loc"][0]).upper() if first["loc"] else "settings"
    return SettingsError(f"{name} {first['msg'].removeprefix('Value error, ')}.")
