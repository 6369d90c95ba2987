"""What can be said on the command line. Secrets cannot: every process of the machine could read them there."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `setup`."""
    parser.add_argument("--answers", type=Path, metavar="FILE", help="answers in the form of .env; `-`: standard input")
    parser.add_argument(
        "--no-input", action="store_true", help="ask nothing: take what is given, and say what is missing"
    )
    parser.add_argument("--replace", action="store_true", help="replace what .env has by what is given, without asking")
    parser.add_argument("--channel", metavar="ID", help="where the first message goes: a channel's or a person's id")
    parser.add_argument("--env-file", type=Path, default=Path(".env"), metavar="FILE", help="the file that is written")
