"""What translations and lip-syncs have in common: a video there is becomes another one."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .parameters import CallbackId, CallbackUrl, Folder, Shape, Title

Moment = Annotated[float, Field(description="Seconds from the video's beginning.")]


class Remade(Shape):
    """The switches of both."""

    title: Title | None = None
    start_time: Moment | None = Field(None, description="Use the video only from here, in seconds.")
    end_time: Moment | None = Field(None, description="Use the video only to here, in seconds.")
    enable_dynamic_duration: bool | None = Field(None, description="Let the length follow the speech; so otherwise.")
    enable_caption: bool | None = Field(None, description="Subtitles as well.")
    enable_speech_enhancement: bool | None = Field(None, description="Clean the speech of noise.")
    enable_watermark: bool | None = Field(None, description="Put HeyGen's watermark over it.")
    disable_music_track: bool | None = Field(None, description="Leave the music out.")
    keep_the_same_format: bool | None = Field(None, description="Keep the video's own format.")
    fps_mode: Literal["vfr", "cfr", "passthrough"] | None = Field(
        None, description="Pictures a second: varying, constant, or as they are."
    )
    folder_id: Folder | None = None
    callback_url: CallbackUrl | None = None
    callback_id: CallbackId | None = None


def check_times(given: Remade) -> None:
    """`ValueError` unless there is something between `start_time` and `end_time`."""
    start = given.start_time or 0.0
    if start < 0 or (given.end_time is not None and given.end_time <= start):
        raise ValueError("end_time has to be after start_time, and neither below 0")
