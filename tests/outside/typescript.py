"""TypeScript's compiler, with the types that Slack publishes."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from tests.outside.judges import TOOLS, need

TSC = TOOLS / "node_modules/.bin/tsc"
OPTIONS = ("--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "nodenext", "--pretty", "false")
SECONDS = 100
COMPLAINT = re.compile(r"^program\.mts\((\d+),\d+\): error (.*(?:\n .*)*)", re.MULTILINE)


def complaints(program: str) -> dict[int, str]:
    """What the compiler finds wrong: the line's number → what it says."""
    need(TSC, "TypeScript is not installed: run .ci/outside")
    with tempfile.TemporaryDirectory(dir=TOOLS) as folder:  # where the compiler finds the packages
        (Path(folder) / "program.mts").write_text(program)
        command: list[str | Path] = [TSC, *OPTIONS, "program.mts"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    found = {int(line): text for line, text in COMPLAINT.findall(done.stdout)}
    if bool(found) != bool(done.returncode):  # it was something else than the program
        raise AssertionError(f"the compiler ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return found
