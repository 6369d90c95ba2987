"""What an account can draw on: its brands and glossaries, music and sounds; and the account itself."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from heygen import parsing
from heygen.reading import reader
from heygen.records import BrandGlossary, BrandKit, Sound

from .operation import Answer, Operation
from .parameters import Nothing, Paged, SmallPaged


class SearchSounds(SmallPaged):
    """What to look for."""

    query: Annotated[str, Field(min_length=1, description="What it sounds like, in words.")]
    type: Literal["music", "sound_effects"] | None = Field(None, description="music otherwise.")
    min_score: float | None = Field(None, ge=0, le=1, description="How well it has to fit, 0 to 1; 0.7 otherwise.")


GET_ACCOUNT = Operation(
    name="get_account",
    vendor="userMeGet",
    method="GET",
    path="/v3/users/me",
    purpose="Tells how the HeyGen account pays and how much is left.",
    result="The way of paying and what is left, in dollars or credits; amounts may be untold.",
    parameters=Nothing,
    parse=parsing.balance,
    administrative=True,
)
LIST_BRAND_KITS = Operation(
    name="list_brand_kits",
    vendor="brandKitsList",
    method="GET",
    path="/v3/brand-kits",
    purpose="Lists the account's brand kits: logos and colours for video agents.",
    result="A page of kits.",
    parameters=Paged,
    answer=Answer.PAGE,
    parse=reader(BrandKit),
    taints=True,
)
LIST_BRAND_GLOSSARIES = Operation(
    name="list_brand_glossaries",
    vendor="brandGlossariesList",
    method="GET",
    path="/v3/brand-glossaries",
    purpose="Lists the account's glossaries: how a brand's words are translated and said.",
    result="A page of glossaries.",
    parameters=Paged,
    answer=Answer.PAGE,
    parse=reader(BrandGlossary),
    taints=True,
)
SEARCH_SOUNDS = Operation(
    name="search_sounds",
    vendor="audioSoundsList",
    method="GET",
    path="/v3/audio/sounds",
    purpose="Searches music or sound effects that may be used in a video.",
    result="A page of sounds with links, lengths and how well they fit.",
    parameters=SearchSounds,
    answer=Answer.PAGE,
    parse=reader(Sound),
)

OPERATIONS = (GET_ACCOUNT, LIST_BRAND_KITS, LIST_BRAND_GLOSSARIES, SEARCH_SOUNDS)
