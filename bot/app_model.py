"""The part of the composition root that chooses how the language model is spoken to."""

from __future__ import annotations

from openai import AsyncOpenAI

from agent.chat_wire import ChatWire
from agent.model import Model
from agent.responses_wire import ResponsesWire
from bot.settings import Settings


def model_of(settings: Settings, client: AsyncOpenAI) -> Model:
    """The model that is configured, on its wire."""
    wire = ChatWire if settings.openai_wire == "chat" else ResponsesWire
    return wire(client, settings.secret("openai_model"), settings.capabilities())
