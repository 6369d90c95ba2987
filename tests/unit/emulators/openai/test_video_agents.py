"""What the planner makes of sentences about HeyGen's video agent."""

from __future__ import annotations

import pytest

from agent.schema import strict_schema
from agent.video_agents.tools import MessageArguments, StartArguments, StopArguments
from emulators.openai.planner import plan
from emulators.openai.script import Call

TOOLS = [
    {"type": "function", "name": name, "description": "", "parameters": strict_schema(arguments), "strict": True}
    for name, arguments in (
        ("start_video_agent", StartArguments),
        ("message_video_agent", MessageArguments),
        ("stop_video_agent", StopArguments),
    )
]


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        (
            "Have the video agent make a 30 seconds video about our pricing",
            "start_video_agent",
            {"prompt": "a 30 seconds video about our pricing", "mode": "one_shot"},
        ),
        (
            "Work with the video agent on a film of bees",
            "start_video_agent",
            {"mode": "chat", "prompt": "a film of bees"},
        ),
        ("Tell the video agent to make it shorter", "message_video_agent", {"message": "make it shorter"}),
        ("Please stop the agent", "stop_video_agent", {"job": None}),
    ],
)
def test_a_sentence_becomes_a_call(text: str, name: str, said: dict[str, object]) -> None:
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}
    [call] = plan("", [message], TOOLS)
    assert isinstance(call, Call)
    assert call.name == name
    assert {key: call.arguments[key] for key in said} == said
