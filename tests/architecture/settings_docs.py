"""Renders docs/settings.md and .env.example from the settings; run as a module it writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from bot.settings import REQUIRED, Settings

ROOT = Path(__file__).parents[2]


def table() -> str:
    """docs/settings.md."""
    rows = [f"| `{name}` | {_default(name, field)} | {field.description} |" for name, field in _fields()]
    return "\n".join(
        [
            "# Settings",
            "",
            "Read once at start, from the environment and from `.env` (the environment wins). An empty value counts as",
            "not set. `.venv/bin/python -m bot check` says what is missing and what is off because of it.",
            "",
            "| Setting | Default | What it is |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def example() -> str:
    """.env.example."""
    lines = ["# Copy to .env. Settings without a value are required in production.", ""]
    for name, field in _fields():
        mark = "" if name in REQUIRED else "# "
        lines += [f"# {field.description}", f"{mark}{name}={_plain(_value(field))}", ""]
    return "\n".join(lines)


def _fields() -> list[tuple[str, FieldInfo]]:
    return [(name.upper(), field) for name, field in Settings.model_fields.items()]


def _default(name: str, field: FieldInfo) -> str:
    if name in REQUIRED:
        return f"required {REQUIRED[name]}"
    plain = _plain(_value(field))
    return f"`{plain}`" if plain else "not set"


def _value(field: FieldInfo) -> Any:
    return field.get_default(call_default_factory=True, validated_data={})


def _plain(value: Any) -> str:
    if value is None or value == {} or isinstance(value, SecretStr):
        return ""
    if isinstance(value, frozenset):
        return ",".join(sorted(value))
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    (ROOT / "docs/settings.md").write_text(table())
    (ROOT / ".env.example").write_text(example())
