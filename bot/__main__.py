"""`python -m bot`: argument parsing and process lifetime, nothing else."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence

import structlog
import uvloop

from bot import check, observability, operations, real_services, setup
from bot.settings import Settings, SettingsError, load
from bot.store.database import DatabaseError

log = structlog.get_logger(__name__)

LIVE_DRAIN_SECONDS = 20.0  # for the last words of live sessions; a second stop signal does not wait for them
STDERR = 2
SERVING = frozenset({"serve", "web", "worker", "playground"})  # on uvloop, which aborts on a stdin that is a file
SCENARIOS = ("translate", "approval", "escalate", "leads")
COMMANDS = {
    "serve": "answer Slack and work on jobs (production)",
    "web": "answer Slack, HeyGen and browsers, and leave the work to workers (PostgreSQL)",
    "worker": "work on requests, jobs and posts, and leave answering to web processes (PostgreSQL)",
    "setup": "ask for the credentials, check each, write .env, and say hello in Slack",
    "check": "say what is missing and whether the services answer",
    "manifest": "print the manifest that the Slack app is made from",
    "catalogue": "print the page about HeyGen's operations, or the schema of one",
    "mcp": "answer a program that calls tools over MCP, on standard input and output",
    "upload": "upload a file of this machine to HeyGen and print the asset's id",
    "playground": "the real app on emulated services, with a page to type into",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code (0 fine, 1 failed, 2 wrong usage or settings)."""
    _hold_standard_streams()
    given = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(operations.completed(given))
    try:
        if options.command == "setup":
            return setup.run(options)
        settings = load()
        playing = options.once is not None or bool(options.real)
        command = options.command or ("serve" if settings.has_credentials() and not playing else "playground")
        if command in SERVING or getattr(options, "http", False):
            return uvloop.run(_run(command, options, settings))
        return asyncio.run(_run(command, options, settings))
    except (SettingsError, DatabaseError) as error:
        print(f"greenroom: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"greenroom: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _hold_standard_streams() -> None:
    """Open what a service manager may have closed.

    libuv aborts when a file of its own took the place and is closed, and logs would have nowhere to go.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= STDERR:
        pass
    os.close(descriptor)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 - as long as the process


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot",
        description="Greenroom. Without a command: serve when Slack credentials are set, else the playground.",
    )
    _add_once(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        if name == "playground":
            _add_once(command)
        if name == "manifest":
            _add_manifest(command)
        if name == "mcp":
            command.add_argument("--http", action="store_true", help="over HTTP instead, at /mcp, as serve does")
        if name == "setup":
            setup.add_arguments(command)
        if name == "upload":
            command.add_argument("file", metavar="FILE", help="an mp4, webm, png, jpeg, mp3, wav, pdf or srt")
        if name == "catalogue":
            command.add_argument("--name", metavar="OPERATION", help="print this operation's JSON schema instead")
    operations.add_commands(commands)
    return parser


def _add_once(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--once",
        nargs="*",
        metavar="SCENARIO",
        choices=SCENARIOS,
        help="playground: play these scenarios (all that exist, if none is named), report, and exit",
    )
    parser.add_argument(
        "--real",
        type=real_services.named,
        default=frozenset(),
        metavar="SERVICES",
        help="playground: use the real slack, openai, heygen or liveavatar (comma-separated) with the credentials in "
        "the environment or in .env; they cost money",
    )


def _add_manifest(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--socket", action="store_true", help="for Socket Mode (as if SLACK_APP_TOKEN were set)")
    parser.add_argument("--url", help="where Slack reaches us over https, in place of PUBLIC_URL")
    parser.add_argument("--oauth", action="store_true", help="for several workspaces or a whole organisation")


async def _run(command: str, options: argparse.Namespace, settings: Settings) -> int:
    match command:
        case "serve" | "web" | "worker":
            return await _serve(settings, command)
        case "mcp":
            return await _mcp(settings, over_http=options.http)
        case "check":
            return await _check(settings)
        case "manifest":
            return _manifest(options, settings)
        case "catalogue":
            return _catalogue(options.name)
        case "upload":
            return await _upload(options.file, settings)
        case "playground":
            return await _playground(options, settings)
        case _:
            return await operations.run(options, settings)


def _manifest(options: argparse.Namespace, settings: Settings) -> int:
    """The manifest on standard output; what each scope is for on standard error."""
    from bot.slack.manifest import manifest, scopes

    socket = options.socket or settings.slack_app_token is not None
    url = options.url or (None if socket and not options.oauth else settings.public_url)
    try:
        made = manifest(url=url, socket=socket, oauth=options.oauth)
    except ValueError as error:
        raise SettingsError(f"{error}: give --url, set PUBLIC_URL, or use --socket.") from error
    print(json.dumps(made, indent=2))
    print("\n".join(f"{scope}: {why}" for scope, why in scopes().items()), file=sys.stderr)
    return 0


def _catalogue(name: str | None) -> int:
    """The page on standard output, which docs/catalogue.md holds."""
    from bot.catalogue_page import page, schema_of

    try:
        print(page() if name is None else schema_of(name), end="\n" if name else "")
    except KeyError as error:
        raise SettingsError(f"HeyGen has no operation {name!r}.") from error
    return 0


async def _upload(file: str, settings: Settings) -> int:
    """The asset's id on standard output, a sentence on standard error where there is none."""
    from bot import upload_command

    code, line = await upload_command.run(file, settings)
    print(line, file=sys.stderr if code else sys.stdout)
    return code


async def _playground(options: argparse.Namespace, settings: Settings) -> int:
    try:
        from bot import playground
    except ModuleNotFoundError as error:
        raise SettingsError(f"the playground is not part of this installation ({error.name} is missing).") from error
    return await playground.main(options.once, real=options.real, given=settings)


async def _serve(settings: Settings, command: str) -> int:
    from bot.app import running
    from bot.processes import Part, refuse_alone
    from bot.server import Server, bound

    part = Part(command)
    observability.configure(settings.log_level)
    refuse_alone(part, settings)
    await _refuse_unfit(settings)
    async with running(settings, part=part) as app:
        server = Server(app.asgi, bound(settings.host, settings.port))
        await server.start()
        print(f"greenroom: listening on {server.url}", file=sys.stderr, flush=True)
        await stop_signal()
        await asyncio.gather(app.drain(LIVE_DRAIN_SECONDS), asyncio.sleep(settings.drain_seconds))
        await server.stop()
    return 0


async def _refuse_unfit(settings: Settings) -> None:
    """`SettingsError` for settings that no production process can work with."""
    if settings.missing():
        raise SettingsError("; ".join(f"{name} is missing ({why})" for name, why in settings.missing().items()))
    if not settings.allow_emulators and (names := await check.emulated(settings)):
        raise SettingsError(f"{', '.join(names)} leads to an emulator: production refuses that (ALLOW_EMULATORS).")
    for line in check.ending(settings, check.today()):
        log.warning("model_ends", notice=" ".join(line.split()))


async def _mcp(settings: Settings, *, over_http: bool) -> int:
    """Everything that `serve` does, and a program on standard input and output."""
    from bot.app_mcp import over_stdio

    if not settings.tokens():
        raise SettingsError("MCP_TOKENS is missing: it says who the program is and what it may spend.")
    if over_http:
        return await _serve(settings, "serve")
    observability.configure(settings.log_level)
    await _refuse_unfit(settings)
    await over_stdio(settings, stop_signal)
    return 0


async def stop_signal() -> None:
    """Wait until somebody asks the process to end."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    await stopped.wait()


async def _check(settings: Settings) -> int:
    observability.configure("error")
    results = await check.services(settings)
    said = [*check.missing(settings), *check.switched_off(settings), *check.ending(settings, check.today())]
    lines = [*said, *(line for _, line in results)]
    print("\n".join(lines))
    return 0 if not settings.missing() and all(works for works, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main())
