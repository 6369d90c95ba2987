"""`/heygen` for what is made from words, and for who can speak them: video, batch, agent, avatars and voices."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.records import Json
from bot.slack.typed.flags import Line, read, unquoted
from bot.slack.typed.topics import Topic, UsageError

LONGEST_SCRIPT = 5_000
MOST_PEOPLE = 50
SHAPES = ("landscape", "portrait", "square")
GENDERS = {"man": "male", "male": "male", "woman": "female", "female": "female"}

_FOR = re.compile(r"\s+for\s+", re.IGNORECASE)
_PERSON = re.compile(r"([^()]+?)\s*(?:\(([^()]*)\))?")


@dataclass(frozen=True, slots=True)
class Call:
    """Open a thread and call the tool `name` in it, as the model would. `said` tells people what was asked."""

    name: str
    arguments: Json
    said: str
    what: str


def _video(rest: str) -> Call | UsageError:
    line = read(rest, ("avatar", "voice", "title"))
    if isinstance(line, str):
        return VIDEO.wrong(line)
    if wrong := _unspeakable(line.words):
        return VIDEO.wrong(wrong) if rest else VIDEO.bare(wrong)
    return Call("create_video", {"script": line.words, **line.flags}, f"/heygen video {rest}", "a video")


def _batch(rest: str) -> Call | UsageError:
    line = read(rest, ("avatar", "voice", "title", "crm"))
    if isinstance(line, str):
        return BATCH.wrong(line)
    script, people = (line.words, []) if "crm" in line.flags else _whom(line.words)
    if wrong := _unspeakable(script):
        return BATCH.wrong(wrong)
    if bool(people) == ("crm" in line.flags):
        return BATCH.wrong("For whom? I need names after `for`, or `--crm` with a tag.")
    if len(people) > MOST_PEOPLE:
        return BATCH.wrong(
            f"That is {len(people)} people; here I take {MOST_PEOPLE}. Attach a CSV to a message for more."
        )
    whom: Json = {"people": people} if people else {}
    return Call("create_videos", {"script": script, **line.flags, **whom}, f"/heygen batch {rest}", "videos for each")


def _whom(words: str) -> tuple[str, list[Json]]:
    """The script and the people, who stand behind the last `for`; without one there are none."""
    split = list(_FOR.finditer(words))
    if not split or "{" in words[split[-1].end() :]:
        return unquoted(words), []
    script, named = unquoted(words[: split[-1].start()].strip()), words[split[-1].end() :]
    people = [_person(one) for one in re.split(r"\s*[,;]\s*|\s+and\s+", named.strip(' ."')) if one.strip()]
    return script, people


def _person(words: str) -> Json:
    match = _PERSON.fullmatch(words.strip())
    if match is None:
        return {"name": words.strip()}
    return {"name": match[1].strip(), **({"company": match[2].strip()} if match[2] else {})}


def _agent(rest: str) -> Call | UsageError:
    line = read(rest, ("avatar", "voice", "title", "seconds"), ("chat", "portrait", "landscape"))
    if isinstance(line, str):
        return AGENT.wrong(line)
    if wrong := _unspeakable(line.words):
        return AGENT.wrong(wrong)
    flags = dict(line.flags)
    arguments: Json = {"prompt": line.words, "mode": "one_shot" if flags.pop("chat", None) is None else "chat"}
    shapes = [shape for shape in ("portrait", "landscape") if flags.pop(shape, None) is not None]
    if len(shapes) > 1:
        return AGENT.wrong("Either `--portrait` or `--landscape`.")
    seconds = flags.pop("seconds", None)
    if seconds is not None and not (seconds.isascii() and seconds.isdigit() and len(seconds) < 5):
        return AGENT.wrong("`--seconds` takes a whole number.")
    arguments |= {"orientation": shapes[0]} if shapes else {}
    arguments |= {"seconds": int(seconds)} if seconds is not None else {}
    return Call("start_video_agent", {**arguments, **flags}, f"/heygen agent {rest}", "a video by HeyGen's agent")


def _unspeakable(words: str) -> str | None:
    if not words:
        return "What should it say?"
    if len(words) > LONGEST_SCRIPT:
        return f"That is {len(words)} characters; I take at most {LONGEST_SCRIPT}."
    return None


def _avatars(rest: str) -> Call | UsageError:
    line = read(rest, ("gender",), SHAPES)
    if isinstance(line, str):
        return AVATARS.wrong(line)
    found = _looked_for(line)
    shapes = [shape for shape in SHAPES if shape in line.flags]
    if isinstance(found, str) or len(shapes) > 1:
        return AVATARS.wrong(found if isinstance(found, str) else "One of `--portrait`, `--landscape` and `--square`.")
    found |= {"orientation": shapes[0]} if shapes else {}
    return Call("find_avatars", found, f"/heygen avatars {rest}".strip(), "a look at the avatars")


def _voices(rest: str) -> Call | UsageError:
    line = read(rest, ("gender", "language"))
    if isinstance(line, str):
        return VOICES.wrong(line)
    found = _looked_for(line)
    if isinstance(found, str):
        return VOICES.wrong(found)
    found |= {"language": line.flags["language"]} if "language" in line.flags else {}
    return Call("find_voices", found, f"/heygen voices {rest}".strip(), "a look at the voices")


def _looked_for(line: Line) -> Json | str:
    """Words and gender; a sentence where they are too much or nothing we know."""
    if len(line.words) > 100 or len(line.flags.get("language", "")) > 60:
        return "A few words of the name will do."
    gender = line.flags.get("gender")
    if gender is not None and gender.lower() not in GENDERS:
        return "`--gender` takes `woman` or `man`."
    return {**({"words": line.words} if line.words else {}), **({"gender": GENDERS[gender.lower()]} if gender else {})}


VIDEO = Topic(
    words=("video", "make", "create"),
    usage="/heygen video <what the avatar says> [--avatar <name>] [--voice <name>] [--title <title>]",
    about="Makes a video in which an avatar says exactly these words. `/heygen avatars` and `/heygen voices` show who "
    "there is.",
    examples=(
        "/heygen video Welcome to our spring launch!",
        '/heygen video "Welcome to our spring launch!" --avatar "Ann" --title "Spring launch"',
    ),
    read=_video,
)
BATCH = Topic(
    words=("batch", "videos"),
    usage='/heygen batch "<what is said to {name}>" for <name> (<company>), <name> … | --crm <tag>',
    about="Makes a personal video for each of several people. `{name}` and `{company}` stand for theirs. I show the "
    "price first, and one of them as a sample where that is wise. For a long list attach a CSV to a message instead.",
    examples=(
        '/heygen batch "Hi {name}, good news for {company}!" for Sarah (Acme), John (Globex)',
        '/heygen batch "Hi {name}, shall we talk?" --crm spring',
    ),
    read=_batch,
)
AGENT = Topic(
    words=("agent",),
    usage="/heygen agent <what the video should be> [--chat] [--seconds <n>] [--portrait | --landscape]",
    about="Has HeyGen's video agent write, choose and cut a whole video from a description. With `--chat` it asks back "
    "and takes changes in the thread.",
    examples=(
        "/heygen agent a 30 second teaser for our spring sale --portrait",
        "/heygen agent a film about bees for schools --chat --seconds 90",
    ),
    read=_agent,
)
AVATARS = Topic(
    words=("avatars", "looks"),
    usage="/heygen avatars [part of a name] [--gender woman | man] [--portrait | --landscape | --square]",
    about="Shows avatars with their pictures.",
    examples=("/heygen avatars", "/heygen avatars Ann --portrait"),
    read=_avatars,
)
VOICES = Topic(
    words=("voices", "voice"),
    usage="/heygen voices [part of a name] [--language <language>] [--gender woman | man]",
    about="Shows voices with links to listen to them.",
    examples=("/heygen voices --language French", "/heygen voices --gender woman"),
    read=_voices,
)
TOPICS = (VIDEO, BATCH, AGENT, AVATARS, VOICES)
