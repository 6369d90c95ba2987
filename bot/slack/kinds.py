"""What people read about each kind of work: its name, and exactly what would be asked of HeyGen. Pure functions.

The other half of a kind is its `agent.work.Work`; how one is added is in docs/lifecycle-job.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from slack_sdk.models.blocks import Block

from agent.records import Job, JobKind, Submission
from bot.slack.blocks import SECTION_LIMIT, section
from bot.slack.lines import LABEL_LIMIT
from bot.slack.text import safe

SOURCE_LIMIT = 300
NAMES_LIMIT = 6000  # more names than HeyGen has languages do not fit into one message
SCRIPT_LIMIT = 1500
NAME_LIMIT = 80
FILL_LIMIT = 300
SHOWN_LINES = 15
PARTS = {
    "foreground": "a video of the people alone",
    "mask": "a video of the people's outline",
    "background": "a video of what is behind the people",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of work is told.

    `noun` is what a job makes. `call` says in plain words what would be asked of HeyGen for these jobs of a request.
    `dearer` says why it may cost more than what was approved. `changeable`: there is a dialog to change a request. `by`
    is a small line for a request that goes without a click, about what nobody has chosen in words.
    """

    noun: str
    call: Callable[[Submission, Sequence[Job]], list[Block]]
    dearer: str = "It would cost more now than what was agreed to."
    changeable: bool = False
    by: Callable[[Submission], str | None] = lambda submission: None


def _translation(submission: Submission, jobs: Sequence[Job]) -> list[Block]:
    names = [safe(job.label, LABEL_LIMIT) for job in jobs]
    what = "translate (speech and lips)" if submission.arguments.get("mode") != "precision" else "translate precisely"
    asked = submission.arguments
    name = safe(str(asked.get("video_name") or ""), NAME_LIMIT)
    source = f"*{name}*" if name else shown_source(str(asked.get("video_url") or ""))
    languages = f"{len(names)} languages" if len(names) != 1 else "one language"
    return listed(f"HeyGen would {what} {source} into {languages}: ", names, NAMES_LIMIT)


def _video(submission: Submission, jobs: Sequence[Job]) -> list[Block]:
    asked = submission.arguments
    if "script" not in asked and (sound := named_source(asked, "audio")):
        return [section(f"HeyGen would make a video in which {speaker(asked)} speaks the recording {sound}.")]
    return [
        section(f"HeyGen would make a video in which {speaker(asked)} says:"),
        *quoted(str(asked.get("script", ""))),
    ]


def _lipsync(submission: Submission, jobs: Sequence[Job]) -> list[Block]:
    asked = submission.arguments
    how = " as precisely as it can" if asked.get("mode") == "precision" else ""
    video, sound = (named_source(asked, name) or "what was given" for name in ("video", "audio"))
    return [section(f"HeyGen would make the lips in {video} follow the recording {sound}{how}.")]


def _agent(submission: Submission, jobs: Sequence[Job]) -> list[Block]:
    asked = submission.arguments
    if "message" in asked:
        intro = "HeyGen's video agent would make another version, with this change:"
        return [section(intro), *quoted(str(asked["message"]))]
    how = "after asking back and showing drafts" if asked.get("mode") == "chat" else "at once"
    shape = f", {asked['orientation']}" if asked.get("orientation") else ""
    length = f"about {asked.get('seconds')} seconds{shape}"
    intro = f"HeyGen's video agent would make a video {how} ({length}), with {speaker(asked)}, from this:"
    return [section(intro), *quoted(str(asked.get("prompt", "")))]


def _proofread(submission: Submission, jobs: Sequence[Job]) -> list[Block]:
    names = [safe(job.label, LABEL_LIMIT) for job in jobs]
    video = named_source(submission.arguments, "video") or "the video"
    intro = f"HeyGen would translate the subtitles of {video}, to be checked before a video is made, into: "
    return listed(intro, names, NAMES_LIMIT)


def _from_proofread(submission: Submission, jobs: Sequence[Job]) -> list[Block]:
    asked = submission.arguments
    which = safe(str(asked.get("proofread_handle") or "the proofread"), NAME_LIMIT)
    sent_back = named_source(asked, "srt")
    how = f"with the corrected subtitles {sent_back}" if sent_back else "with its subtitles as they are"
    how = "with the subtitles corrected in the dialog" if asked.get("srt_text") else how
    language = safe(str(asked.get("language") or "its language"), LABEL_LIMIT)
    return [section(f"HeyGen would make the video of *{which}* in {language}, {how}.")]


def _background(submission: Submission, jobs: Sequence[Job]) -> list[Block]:
    asked = submission.arguments
    video = named_source(asked, "video") or "the video"
    return [section(f"HeyGen would make {PARTS.get(str(asked.get('part')), 'a part')} of {video}.")]


def _clips(submission: Submission, jobs: Sequence[Job]) -> list[Block]:
    asked = submission.arguments
    video = named_source(asked, "video") or "the video"
    intro = f"HeyGen would cut short clips ({asked.get('shape', 'portrait')}, with subtitles) out of {video}"
    if prompt := str(asked.get("prompt") or ""):
        return [section(f"{intro}, looking for:"), *quoted(prompt)]
    return [section(f"{intro}.")]


def _speech(submission: Submission, jobs: Sequence[Job]) -> list[Block]:
    asked = submission.arguments
    voice = safe(str(asked.get("voice") or "a voice"), NAME_LIMIT)
    return [
        section(f"HeyGen would say, as sound alone, in the voice *{voice}*:"),
        *quoted(str(asked.get("script", ""))),
    ]


def _voice(submission: Submission) -> str | None:
    voice = submission.arguments.get("voice")
    return f"*{safe(str(voice), NAME_LIMIT)}* speaks" if voice else None


def _template(submission: Submission, jobs: Sequence[Job]) -> list[Block]:
    asked = submission.arguments
    name = safe(str(asked.get("template_name") or "the template"), NAME_LIMIT)
    lines = [f"> {safe(place, NAME_LIMIT)}: {filled(value)}" for place, value in (asked.get("fills") or {}).items()]
    return [section(f"HeyGen would make a video from the template *{name}*, with:"), *paragraphs(lines)]


def filled(value: Mapping[str, object]) -> str:
    """What goes into a place of a template: the words, or the file."""
    asset = value.get("asset")
    if not isinstance(asset, Mapping):
        return safe(" ".join(str(value.get("content") or "").split()), FILL_LIMIT)
    return shown_source(str(asset["url"])) if asset.get("url") else "an uploaded file"


def paragraphs(lines: Sequence[str]) -> list[Block]:
    """Lines in as few paragraphs as they fit into, at most `SHOWN_LINES` of them."""
    shown = [*lines[:SHOWN_LINES], *([f"… and {len(lines) - SHOWN_LINES} more"] if len(lines) > SHOWN_LINES else [])]
    texts: list[str] = []
    for line in shown:
        if texts and len(texts[-1]) + len(line) < SECTION_LIMIT:
            texts[-1] += f"\n{line}"
        else:
            texts.append(line[:SECTION_LIMIT])
    return [section(text) for text in texts]


def _by(submission: Submission) -> str | None:
    return f"{speaker(submission.arguments)} speaks" if submission.arguments.get("avatar") else None


KINDS: Mapping[JobKind, Kind] = {
    JobKind.TRANSLATION: Kind(
        "translation",
        _translation,
        dearer="The video has become longer since it was approved, so it would cost more than was agreed to.",
        changeable=True,
    ),
    JobKind.VIDEO: Kind(
        "video", _video, by=_by, dearer="The recording has become longer since it was approved, so it would cost more."
    ),
    JobKind.AGENT: Kind("agent's video", _agent, by=_by),
    JobKind.TEMPLATE: Kind("video", _template),
    JobKind.PROOFREAD: Kind(
        "translation to be checked",
        _proofread,
        dearer="The video has become longer since it was approved, so it would cost more than was agreed to.",
    ),
    JobKind.BACKGROUND: Kind(
        "separated video",
        _background,
        dearer="The video has become longer since it was approved, so it would cost more than was agreed to.",
    ),
    JobKind.CLIPS: Kind(
        "clips",
        _clips,
        dearer="The video has become longer since it was approved, so it would cost more than was agreed to.",
    ),
    JobKind.SPEECH: Kind("voiceover", _speech, by=_voice),
    JobKind.PROOFREAD_VIDEO: Kind("translation", _from_proofread),
    JobKind.LIPSYNC: Kind(
        "lip-sync",
        _lipsync,
        dearer="The video or the recording has become longer since it was approved, so it would cost more.",
    ),
}


def speaker(arguments: Mapping[str, object]) -> str:
    """“*Ava* (voice: *Emma*)”: who speaks in a video, by the names HeyGen gives them."""
    avatar = safe(str(arguments.get("avatar") or "the avatar"), NAME_LIMIT)
    voice = safe(str(arguments.get("voice") or ""), NAME_LIMIT)
    return f"*{avatar}* (voice: *{voice}*)" if voice else f"*{avatar}*"


def quoted(text: str) -> list[Block]:
    """Words that are to be spoken, so that nobody takes them for ours."""
    shown = text if len(text) <= SCRIPT_LIMIT else text[:SCRIPT_LIMIT] + "…"
    lines = [safe(line, SCRIPT_LIMIT) for line in shown.splitlines() if line.strip()]
    return [section("\n".join(f"> {line}" for line in lines)[:SECTION_LIMIT])] if lines else []


def listed(intro: str, names: Sequence[str], limit: int) -> list[Block]:
    """`names` after one another in as many paragraphs as it takes, those beyond `limit` characters counted."""
    texts, used = [intro], 0
    for number, name in enumerate(names):
        piece = name if number == 0 else f", {name}"
        used += len(piece)
        if used > limit:
            texts[-1] += f" … and {len(names) - number} more"
            break
        if len(texts[-1]) + len(piece) > SECTION_LIMIT:
            texts.append("")
        texts[-1] += piece
    return [section(text) for text in texts]


def named_source(arguments: Mapping[str, object], name: str) -> str:
    """The source called `name` (see `agent.material`) for people; empty where there is none."""
    if url := arguments.get(f"{name}_url"):
        return shown_source(str(url))
    return f"*{safe(str(handle), NAME_LIMIT)}*" if (handle := arguments.get(f"{name}_handle")) else ""


def shown_source(url: str) -> str:
    """A source for people: its host and path, for what follows may hold a signature."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "a link"
    text = f"{host}{port}{parts.path}{'?…' if parts.query else ''}".replace("`", "'")
    return f"`{safe(text, SOURCE_LIMIT)}`" if text else "a link"
