"""Templates: what is in them, and what may be put into their places."""

from __future__ import annotations

import dataclasses
from typing import Any

from emulators.heygen.errors import invalid, missing
from emulators.heygen.models import AssetBase64, AssetId, AssetUrl
from emulators.heygen.prices import words_seconds
from emulators.heygen.rules import Means, check_asset, check_callback
from emulators.heygen.template_models import (
    CharacterVariable,
    GenerateFromTemplate,
    TextVariable,
    Variable,
    VoiceVariable,
)

SINCE = 1_735_689_600
LOGO = {"type": "url", "url": "https://brand.example/logo.png"}
RATIOS = {"16:9": 16 / 9, "9:16": 9 / 16, "1:1": 1.0}


@dataclasses.dataclass(frozen=True, slots=True)
class Scene:
    """A scene whose script names its text variables in double braces."""

    id: str
    script: str
    names: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Template:
    """A template; `variables` are what its places hold now, in the shape in which they are sent."""

    seq: int
    id: str
    account: str
    name: str
    scenes: tuple[Scene, ...]
    variables: dict[str, dict[str, Any]]
    aspect_ratio: str = "16:9"
    created: float = SINCE


def text(content: str) -> dict[str, Any]:
    """A place for words."""
    return {"type": "text", "content": content}


def official(account: str) -> list[Template]:
    """The templates that an account has from the beginning."""
    lead = Template(
        seq=-2,
        id="template-lead",
        account=account,
        name="Personal hello",
        scenes=(
            Scene("scene-1", "Hi {{first_name}}, I saw what {{company}} is doing.", ("first_name", "company")),
            Scene("scene-2", "Shall we talk next week?", ("logo", "presenter")),
        ),
        variables={
            "first_name": text("there"),
            "company": text("your company"),
            "logo": {"type": "image", "asset": LOGO, "fit": "contain"},
            "presenter": {"type": "character", "character_id": "look-2", "character_type": "avatar"},
        },
    )
    news = Template(
        seq=-1,
        id="template-news",
        account=account,
        name="Weekly news",
        scenes=(Scene("scene-1", "{{headline}}", ("headline", "speaker")),),
        variables={
            "headline": text("Nothing new"),
            "speaker": {"type": "voice", "voice_id": "voice-1", "locale": None},
        },
        aspect_ratio="9:16",
    )
    return [lead, news]


def check(template: Template, body: GenerateFromTemplate, means: Means) -> None:
    """Refuse places that are not there, things of another kind, unknown scenes, and another proportion."""
    for name, value in body.variables.items():
        place = template.variables.get(name)
        if place is None:
            raise invalid("variables", f"The template has no variable {name!r}.")
        if place["type"] != value.type:
            raise invalid("variables", f"{name} is of type {place['type']}.")
        _check_value(value, means)
    known = {scene.id for scene in template.scenes}
    if body.scene_ids is not None and (not body.scene_ids or not known.issuperset(body.scene_ids)):
        raise invalid("scene_ids", "scene_ids must name scenes of the template.")
    if body.dimension is not None:
        ratio = body.dimension.width / body.dimension.height
        if abs(ratio - RATIOS[template.aspect_ratio]) > 0.02:
            raise invalid("dimension", "dimension must have the template's aspect ratio.")
    check_callback(body.callback_url)


def _check_value(value: Variable, means: Means) -> None:
    match value:
        case TextVariable():
            pass
        case CharacterVariable(character_id=look_id):
            means.look(look_id)
        case VoiceVariable(voice_id=voice_id):
            means.voice(voice_id)
        case _:
            asset: AssetUrl | AssetId | AssetBase64 = value.asset
            check_asset("variables", asset, means)


def find(templates: dict[str, Template], account: str, template_id: str) -> Template:
    """The account's own template, or 404."""
    template = templates.get(template_id)
    if template is None or template.account != account:
        raise missing("template_not_found", "The template")
    return template


def spoken_seconds(template: Template, body: GenerateFromTemplate) -> float:
    """How long the video will be: its scenes said with what was put into their places."""
    scenes = {scene.id: scene for scene in template.scenes}
    chosen = [scenes[scene_id] for scene_id in body.scene_ids or scenes]
    return round(sum(words_seconds(_filled(scene.script, template, body)) for scene in chosen), 3)


def _filled(script: str, template: Template, body: GenerateFromTemplate) -> str:
    for name, place in template.variables.items():
        given = body.variables.get(name)
        content = given.content if isinstance(given, TextVariable) else place.get("content", "")
        script = script.replace("{{" + name + "}}", str(content))
    return script


def summary_view(template: Template) -> dict[str, Any]:
    """A template as lists show it."""
    return {
        "id": template.id,
        "name": template.name,
        "aspect_ratio": template.aspect_ratio,
        "thumbnail_url": None,
        "created_at": int(template.created),
        "updated_at": int(template.created),
    }


def template_view(template: Template) -> dict[str, Any]:
    """A template with all that is in it."""
    kinds = {name: place["type"] for name, place in template.variables.items()}
    return summary_view(template) | {
        "scene_ids": [scene.id for scene in template.scenes],
        "scenes": [
            {
                "scene_id": scene.id,
                "script": scene.script,
                "variables": [{"name": name, "variable_type": kinds[name]} for name in scene.names],
            }
            for scene in template.scenes
        ],
        "variables": template.variables,
    }
