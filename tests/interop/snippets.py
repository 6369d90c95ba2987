"""The snippets of docs/mcp.md, by the client they are for."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/mcp.md"
MARKED = re.compile(r"<!-- interop: (\w+) -->\n```\w+\n(.*?)```", re.DOTALL)
IMPORTS = {
    "claude": "import httpx2\nfrom anthropic.lib.tools.mcp import async_mcp_tool\nfrom mcp import ClientSession\n"
    "from mcp.client.streamable_http import streamable_http_client\n",
    # The emulated model keeps nothing, and the SDK's own way would have OpenAI keep the conversation.
    "agents": "from agents import OpenAIChatCompletionsModel\nfrom openai import AsyncOpenAI\n"
    "model = OpenAIChatCompletionsModel(model, AsyncOpenAI())\n",
}
PYTHON = """\
import asyncio, json, os, sys

url, token, video = (os.environ[name] for name in ("GREENROOM_URL", "GREENROOM_TOKEN", "GREENROOM_VIDEO"))
model = os.environ["INTEROP_MODEL"]


def report(names, handle, done, how):
    print("REPORT " + json.dumps({"tools": sorted(names), "handle": handle, "done": done, "how": how}), flush=True)


"""
NODE = """\
import { createOpenAI } from '@ai-sdk/openai';
const { GREENROOM_URL: url, GREENROOM_TOKEN: token, GREENROOM_VIDEO: video, INTEROP_MODEL: name } = process.env;
const model = createOpenAI({ baseURL: process.env.OPENAI_BASE_URL, apiKey: process.env.OPENAI_API_KEY }).chat(name);
const prompt = `Translate ${video} into French`;
const report = (tools, handle, done, how) => console.log('REPORT ' + JSON.stringify({ tools, handle, done, how }));
"""


def snippets() -> dict[str, str]:
    """What the page shows, by its mark."""
    return dict(MARKED.findall(PAGE.read_text()))


def program(name: str) -> str:
    """The snippet of a client as a program: what it is given before, what is looked at afterwards."""
    shown, after = snippets()[name], (Path(__file__).parent / f"{name}.part").read_text()
    if name == "ai":
        return f"{NODE}{shown}{after}"
    last = shown.rstrip("\n").splitlines()[-1]
    body = shown + _indented(after, len(last) - len(last.lstrip()))
    head = PYTHON + IMPORTS.get(name, "")
    if name == "crewai":  # it runs an event loop of its own
        return f"{head}\n{body}"
    return f"{head}\n\nasync def main():\n{_indented(body, 4)}\n\nasyncio.run(main())\n"


def _indented(text: str, spaces: int) -> str:
    return "".join(f"{' ' * spaces if line.strip() else ''}{line}" for line in text.splitlines(keepends=True))
