"""What a language's sentences are, and the English ones: what the runtime says itself, aloud or on the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.live.records import LiveEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The sentences of one language. `notices` are shown, by their code; the others are said."""

    greeting: str
    waiting: str
    idle: str
    warning: str
    no_answer: str
    no_model: str
    unconfirmed: str
    farewells: Mapping[LiveEnd, str]
    notices: Mapping[str, str] = field(repr=False)

    def notice(self, code: str) -> str:
        """The sentence behind a code."""
        return self.notices[code]


ENGLISH = Phrases(
    greeting="Hello, I am Greenroom's avatar. I am an AI, not a person. What can I do for you?",
    waiting="One moment, please.",
    idle="Are you still there? If not, I will end our session in half a minute.",
    warning="We have half a minute left.",
    no_answer="I have nothing to say to that, sorry.",
    no_model="I cannot think of an answer at the moment, sorry. Please ask me again, or write in Slack.",
    unconfirmed="I cannot confirm that from here. Please look at the card in Slack.",
    farewells={
        LiveEnd.OPERATOR: "A teammate is ending this session. Thank you, and goodbye.",
        LiveEnd.HANDED_OVER: "A teammate goes on with you in Slack. Thank you, and goodbye.",
        LiveEnd.GOODBYE: "Thank you, and goodbye.",
        LiveEnd.IDLE: "I will end our session now. Write to me in Slack whenever you like. Goodbye.",
        LiveEnd.MAXIMUM: "Our time is up. What we said stands in Slack. Goodbye.",
        LiveEnd.DRAINED: "I have to restart, so our session ends here, sorry. Please ask for me again in Slack.",
    },
    notices={
        "not_heard": "I could not make that out. Please say it again, or type it.",
        "ears_down": "I cannot hear you at the moment. Please type instead.",
        "voice_down": "I have no voice at the moment. Please read what I say.",
        "taken_over": "A teammate is speaking with you now.",
        "handed_back": "The AI is speaking with you again.",
        "muted": "A teammate has muted the avatar. What you say is still passed on.",
        "ending_soon": "The session ends in half a minute.",
        "no_consent": "Without your agreement no session is started.",
        "busy": "Too many sessions are running. Please try again in a moment.",
        "stopping": "I am about to restart. Please try again in a moment.",
        "trouble": "Something went wrong on our side. Please try again in a moment.",
        "not_allowed": "This session is not yours to join, or somebody is in it.",
        "over": "This session has ended.",
        "not_started": "The avatar could not be started. Please ask again in Slack.",
        "provider": "The avatar's connection has ended. What was said stands in Slack.",
    },
)
