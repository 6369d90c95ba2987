"""What reaches the logs: ids and codes, never secrets or customers' words."""

from __future__ import annotations

import json
import logging

import pytest
import structlog

from bot import observability


@pytest.mark.parametrize(
    "secret",
    [
        "xoxb-12-34-abc",
        "xapp-1-A-b",
        "sk-proj-abcdefgh",
        "Bearer abc.def",
        "https://user:hunter2@example.com/x",
        "https://example.com/v.mp4?X-Amz-Signature=abc",
    ],
)
def test_credentials_in_any_value_are_masked(secret: str) -> None:
    event = observability.redact(None, "info", {"event": "x", "error": f"failed with {secret} there", "more": [secret]})

    assert secret not in json.dumps(event)
    assert "failed with" in event["error"]


def test_what_people_wrote_is_masked_by_its_key() -> None:
    event = observability.redact(None, "info", {"event": "x", "text": "my plans", "inner": {"payload": "more plans"}})

    assert event["text"] == observability.MASK
    assert event["inner"] == {"payload": observability.MASK}


def test_lines_are_json_with_level_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    observability.configure("info", json_lines=True)
    try:
        structlog.get_logger("test").info("something_happened", job="job_1")
        structlog.get_logger("test").debug("too_quiet")
        logging.getLogger("foreign").warning("from a library with %s", "xoxb-1-2-3")
    finally:
        structlog.reset_defaults()
        logging.basicConfig(force=True, handlers=[logging.NullHandler()])

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["something_happened", f"from a library with {observability.MASK}"]
    assert lines[0]["job"] == "job_1"
    assert {"level", "timestamp"} <= set(lines[0])
