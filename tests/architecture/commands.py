"""Every command that the documents tell somebody to type, and what is done with each in the tests."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from bot.operations.arguments import COMMANDS, OTHERS
from tests.architecture.settings_docs import ROOT

DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md")])
FENCE = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(`+)(.+?)\1", re.DOTALL)
TYPED = ("sh", "console")
"""The languages of blocks that are commands; `console` shows them behind a `$`, with what they answer."""
PROGRAMS = {"make", "docker", "pip", "npm", "npx", "curl", "git", "claude", "sqlite3", "pg_dump", "echo"}
PROGRAMS |= {"python", "python3", "sh", "cp", "mv", "rm", "export", "source"}
BOT = ("-m", "bot")


@dataclass(frozen=True, order=True)
class Command:
    """A line that somebody is told to type, and the document that tells so."""

    text: str
    document: str

    @property
    def words(self) -> list[str]:
        """As the shell splits it."""
        return shlex.split(self.text, comments=True)

    @property
    def bot(self) -> list[str] | None:
        """What follows `python -m bot`, without redirections; None for another program."""
        words = self.words
        for at in range(len(words) - 1):
            if tuple(words[at : at + 2]) == BOT:
                rest = words[at + 2 :]
                return rest[: rest.index(">")] if ">" in rest else rest
        return None


class Way(Enum):
    """What a test does with a command."""

    RUN = "carried out by the program's own entry point, in the folder of somebody who has set it up"
    SHELL = "carried out by the shell in that folder"
    TARGET = "make says what it would do"
    PROVEN = "carried out by the test that the reason names"
    NOT_HERE = "not carried out, for the reason"


@dataclass(frozen=True)
class Verdict:
    """What is done with the commands that `pattern` matches as a whole; `code` is what they are to end with."""

    pattern: str
    way: Way
    why: str = ""
    code: int = 0


PYTHON = r"(?:\.venv/bin/)?python"
OPERATOR = "unit/bot/operations/test_commands.py::test_commands_in_the_document_work"
PROGRAM = "chaos/test_program_killed.py::test_a_handle_survives_kill_minus_nine"
SET_UP = "scenario/test_going_live.py::test_from_nothing_to_a_first_video_without_a_terminal"
COPIED = "contract/store/test_backup.py::test_a_file_is_copied_while_it_is_in_use"
REPLAYED = "scenario/test_replayed.py::test_a_conversation_is_played_as_it_was_and_other_code_is_told"
RESTORED = "contract/store/test_backup.py::test_what_was_backed_up_is_there_again"
NO_CONTAINERS = "needs a container runtime; docs/deploy.md says how far that is proven"
VERDICTS = (
    Verdict(rf"{PYTHON} -m bot (check|catalogue( --name \w+)?|upload FILE|submissions --state sending)", Way.RUN),
    Verdict(rf"{PYTHON} -m bot manifest( --oauth)?( --socket)?( --url [^ >]+)?", Way.RUN),
    Verdict(rf"{PYTHON} -m bot manifest [^>]+ > manifest\.json", Way.SHELL),
    Verdict(rf"{PYTHON} -m bot (setup( .*)?|serve)", Way.PROVEN, SET_UP),
    Verdict(rf"{PYTHON} -m bot mcp", Way.PROVEN, PROGRAM),
    Verdict(rf"{PYTHON} -m bot mcp --http", Way.RUN, "refuses to start without a token, as the page says", code=2),
    Verdict(r"\.venv/bin/python -m bot replay .*", Way.PROVEN, REPLAYED),
    Verdict(rf"\.venv/bin/python -m bot ({'|'.join([*COMMANDS, *OTHERS])})\b.*", Way.PROVEN, OPERATOR),
    Verdict(r"(\.venv/bin/)?python3? -c .*", Way.SHELL),
    Verdict(r'echo "POSTGRES_PASSWORD=.*', Way.SHELL),
    Verdict(r"make [a-z]+( ARGS=.*)?", Way.TARGET),
    Verdict(r"docker compose exec -T database pg_\w+ .*", Way.PROVEN, RESTORED),
    Verdict(r"(rm -f|mv) .*\.data/greenroom\.db.*", Way.PROVEN, COPIED),
    Verdict(r"docker .*", Way.NOT_HERE, NO_CONTAINERS),
    Verdict(r"git pull", Way.NOT_HERE, "needs the repository that it was cloned from"),
    Verdict(r"\.venv/bin/pip install .*", Way.NOT_HERE, "loads a package; that it is the extra's is compared"),
    Verdict(r"claude mcp add .*", Way.NOT_HERE, "somebody else's program, told the address of one's own server"),
)


def commands() -> list[Command]:
    """All of them, each once for a document."""
    return sorted(
        {Command(text, str(path.relative_to(ROOT))) for path in DOCUMENTS for text in typed(path.read_text())}
    )


def typed(document: str) -> Iterator[str]:
    """The commands of a document: lines of blocks that are typed, and words in the text that begin with a program."""
    for language, body in FENCE.findall(document):
        if language in TYPED:
            yield from _lines(body, shown=language == "console")
    for _, span in SPAN.findall(FENCE.sub("", document)):
        text = " ".join(span.split())
        if is_command(text):
            yield text


def is_command(text: str) -> bool:
    """Whether words in the text are something to type, and not the name of a program alone."""
    first, _, rest = text.partition(" ")
    return bool(rest) and (first in PROGRAMS or first.startswith((".venv/bin/", ".ci/")))


def _lines(body: str, *, shown: bool) -> Iterator[str]:
    for line in body.splitlines():
        if line.startswith("$ ") or (line and not shown):
            yield re.sub(r"\s+# .*", "", line.removeprefix("$ "))


def verdict_of(command: Command) -> Verdict | None:
    """The first that matches."""
    return next((verdict for verdict in VERDICTS if re.fullmatch(verdict.pattern, command.text)), None)


def file_of(proof: str) -> Path:
    """The file of a test that is named as a proof."""
    return ROOT / "tests" / proof.partition("::")[0]
