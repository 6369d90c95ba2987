"""The Bolt application: registration and acknowledgement, no rules."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from agent.records import Json
from bot.slack.intake import Intake
from bot.slack.outcomes import SLACK_ERRORS, judge
from bot.slack.ports import Members
from bot.slack.router import Answer, Interaction, InteractionKind, Router, parse

log = structlog.get_logger(__name__)

COMMAND = "/heygen"
OPEN_SECONDS = 2.0  # of the three that Slack gives a trigger and an ack
NOT_OPENED = "Slack did not open the dialog. Please try again."
ANYTHING = re.compile(".*")

SUBSCRIBED_EVENTS = (
    "app_home_opened",
    "app_context_changed",
    "app_mention",
    "agent_session_stopped",
    "agent_session_title_changed",
    "app_uninstalled",
    "tokens_revoked",
    "member_joined_channel",
    "reaction_added",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
)
"""What the manifest subscribes to, by the manifest's names."""


def build_app(
    client: AsyncWebClient, *, signing_secret: str, members: Members, intake: Intake, router: Router
) -> AsyncApp:
    """The Bolt application. Authorisation reads what `members` remembers and never the network."""

    async def authorize(
        context: AsyncBoltContext, enterprise_id: str | None, team_id: str | None, user_id: str | None
    ) -> AuthorizeResult | None:
        organisation = enterprise_id if context.is_enterprise_install else None
        found = await members.member(team_id, organisation)
        if found is None:
            return None
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id or found.identity.team_id,
            bot_user_id=found.identity.bot_user_id,
            bot_id=found.identity.bot_id,
            bot_token=found.token,
            user_id=user_id,
        )

    app = AsyncApp(
        name="greenroom",
        client=_without_token(client),
        signing_secret=signing_secret,
        authorize=authorize,  # type: ignore[arg-type]  # None is how Bolt is told that we are not installed
        process_before_response=False,
        raise_error_for_unhandled_request=False,
        request_verification_enabled=True,
        ignoring_self_events_enabled=False,  # the intake needs our own messages: they prove a delivery
        ignoring_self_assistant_message_events_enabled=False,
        attaching_function_token_enabled=False,
        attaching_conversation_kwargs_enabled=False,
    )
    app.middleware(intake.middleware)
    app.error(_failed)
    app.event(ANYTHING)(_nothing_more)  # an event without a listener is answered 404 and comes again
    _register_interactions(app, router)
    return app


def _without_token(client: AsyncWebClient) -> AsyncWebClient:
    """Bolt takes tokens either from its client or from `authorize`; giving both earns a warning at each start."""
    return AsyncWebClient(
        base_url=client.base_url,
        timeout=client.timeout,
        ssl=client.ssl,
        proxy=client.proxy,
        session=client.session,
        trust_env_in_session=client.trust_env_in_session,
        headers=client.headers,
        retry_handlers=client.retry_handlers,
    )


async def _nothing_more() -> None:
    """The intake has committed the event already."""


def _register_interactions(app: AsyncApp, router: Router) -> None:
    shell = _Shell(router)
    app.command(COMMAND)(shell.command)
    app.action(ANYTHING)(shell.action)
    app.view(ANYTHING)(shell.view)
    app.view_closed(ANYTHING)(shell.view)
    app.shortcut(ANYTHING)(shell.shortcut)
    app.options(ANYTHING)(shell.options)


class _Shell:
    """Acknowledges interactions once the router has committed them. The client is Bolt's, for that workspace."""

    def __init__(self, router: Router) -> None:
        self._router = router

    async def command(self, body: Json, ack: AsyncAck, client: AsyncWebClient) -> None:
        interaction, answer = await self._decide("command", body)
        if answer.open_view is not None:  # before the ack, which may have to say that it could not be opened
            opened = await self._open(client, interaction, answer)
            await ack(text="" if opened else answer.text or NOT_OPENED, response_type="ephemeral")
            return
        await ack(text=answer.text or "", blocks=answer.blocks or (), response_type="ephemeral")

    async def action(self, body: Json, ack: AsyncAck, client: AsyncWebClient) -> None:
        interaction, answer = await self._decide("action", body)
        await ack()
        await self._update(client, interaction, answer)
        await self._open(client, interaction, answer)
        await self._whisper(client, interaction, answer)

    async def view(self, body: Json, ack: AsyncAck) -> None:
        _, answer = await self._decide("view", body)
        if answer.response_action is None:
            await ack()
        else:
            await ack(response_action=answer.response_action, errors=answer.errors, view=answer.open_view)

    async def shortcut(self, body: Json, ack: AsyncAck, client: AsyncWebClient) -> None:
        interaction, answer = await self._decide("shortcut", body)
        await ack()
        await self._open(client, interaction, answer)
        await self._whisper(client, interaction, answer)

    async def options(self, body: Json, ack: AsyncAck) -> None:
        _, answer = await self._decide("options", body)
        await ack(options=answer.options or [])

    async def _decide(self, kind: InteractionKind, body: Json) -> tuple[Interaction, Answer]:
        interaction = parse(kind, body)
        return interaction, await self._router.dispatch(interaction)

    async def _open(self, client: AsyncWebClient, interaction: Interaction, answer: Answer) -> bool:
        """Open a modal; whether it is open. Never raises: Bolt takes an ack back when its listener fails after it."""
        if answer.open_view is None:
            return False
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                await client.views_open(trigger_id=interaction.trigger_id, view=answer.open_view)
        except SLACK_ERRORS as error:
            log.warning("modal_not_opened", code=judge(error).code, event_id=interaction.event_id)
            return False
        return True

    async def _update(self, client: AsyncWebClient, interaction: Interaction, answer: Answer) -> None:
        """Change the modal that the interaction came from, unless it has changed meanwhile. Never raises."""
        view = interaction.body.get("view")
        if answer.update_view is None or not isinstance(view, dict):
            return
        try:
            await client.views_update(view_id=view.get("id"), hash=view.get("hash"), view=answer.update_view)
        except SLACK_ERRORS as error:
            log.warning("modal_not_updated", code=judge(error).code, event_id=interaction.event_id)

    async def _whisper(self, client: AsyncWebClient, interaction: Interaction, answer: Answer) -> None:
        """Show an answer to a click to that person only. The deed is committed, so a failure here is only logged."""
        if not answer.text:
            return
        try:
            await self._post_privately(client, interaction, answer)
        except SLACK_ERRORS as error:
            log.warning("private_answer_failed", code=judge(error).code, event_id=interaction.event_id)

    async def _post_privately(self, client: AsyncWebClient, interaction: Interaction, answer: Answer) -> None:
        content: dict[str, Any] = {"text": answer.text, "blocks": answer.blocks}
        if not interaction.channel_id:
            await client.chat_postMessage(channel=interaction.user_id, **content)
            return
        thread_ts = interaction.thread_ts if interaction.thread_ts != interaction.message_ts else None
        await client.chat_postEphemeral(
            channel=interaction.channel_id, user=interaction.user_id, thread_ts=thread_ts, **content
        )


async def _failed(error: Exception, body: Json) -> None:
    """Log a failure by ids only: the exception's text may quote what a customer wrote."""
    code = judge(error).code if isinstance(error, SlackApiError) else type(error).__name__
    log.error("slack_request_failed", error=code, event_id=body.get("event_id"), kind=body.get("type"))
