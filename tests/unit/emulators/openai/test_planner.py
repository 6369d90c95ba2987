"""First steps: what the planner makes of a request."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.openai.planner import plan
from emulators.openai.script import Call, Say
from tests.unit.emulators.openai.toolset import (
    CREATE,
    STRING,
    TOOLS,
    TRANSLATE,
    array,
    call,
    closed,
    developer,
    nullable,
    output,
    tool,
    user,
)

Json = dict[str, Any]
URL = "https://cdn.example.com/demo.mp4"
OTHER = "https://b.example/y.mp4"


def calls_for(text: str, tools: list[Json] = TOOLS, before: list[Json] | None = None) -> list[tuple[str, Json]]:
    contents = plan("", [*(before or []), user(text)], tools)
    return [(one.name, one.arguments) for one in contents if isinstance(one, Call)]


def reply_to(text: str, tools: list[Json] = TOOLS, before: list[Json] | None = None) -> str:
    [content] = plan("", [*(before or []), user(text)], tools)
    assert isinstance(content, Say)
    return content.text


@pytest.mark.parametrize(
    ("text", "source", "languages"),
    [
        (f"Translate {URL} into French, German and Japanese", URL, ["French", "German", "Japanese"]),
        (f"translate {URL} to fr, de and ja", URL, ["French", "German", "Japanese"]),
        (f"please translate {URL}, to Thai.", URL, ["Thai"]),
        ("Please translate F1 into Spanish", "F1", ["Spanish"]),
        ("Can you dub V2 in Italian?", "V2", ["Italian"]),
        ("<@U12345> translate v2 to Korean", "V2", ["Korean"]),
        (f"localise <{URL}|the film> into Spanish (Mexico) and Greek", URL, ["Spanish (Mexico)", "Greek"]),
        ("Translate this into Korean\n[Attached file F1: French demo.mp4, video/mp4]", "F1", ["Korean"]),
        ("translate V1 (cdn.example.com/french/a.mp4) into Polish", "V1", ["Polish"]),
        ("Translate V1 from English into German", "V1", ["German"]),
        ("Translate the French video V1 into German", "V1", ["German"]),
        ("Translate J3 into Dutch", "J3", ["Dutch"]),
        (f"Translate {URL} into French and tell me when it is done", URL, ["French"]),
        (f"I'd like you to translate {URL} into Hindi", URL, ["Hindi"]),
        (f"Traduis {URL} en allemand et en espagnol", URL, ["German", "Spanish"]),
        ("Peux-tu traduire la vidéo V1 en français ?", "V1", ["French"]),
        (f"Übersetze {URL} ins Französische und Japanische", URL, ["French", "Japanese"]),
        ("Kannst du F2 auf Deutsch übersetzen?", "F2", ["German"]),
        (f"Traduce {URL} al francés y al alemán", URL, ["French", "German"]),
        (f"{URL} を日本語とフランス語に翻訳して", URL, ["Japanese", "French"]),
    ],
)
def test_translations_are_understood(text: str, source: str, languages: list[str]) -> None:
    optional = {"source_language": None, "captions": None}
    assert calls_for(text) == [("translate_video", {"source": source, "languages": languages} | optional)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("is it done?", "list_jobs"),
        ("Is the translation finished yet?", "list_jobs"),
        ("are my videos ready", "list_jobs"),
        ("what is running", "list_jobs"),
        ("show me the jobs", "list_jobs"),
        ("any update?", "list_jobs"),
        ("How are my videos coming along?", "list_jobs"),
        ("What went wrong with my last video, and what can I do about it?", "list_jobs"),
        ("Which of my videos are still being made?", "list_jobs"),
        ("Ist das Video fertig?", "list_jobs"),
        ("V1 はできた？", "list_jobs"),
        ("how much budget is left?", "get_budget"),
        ("What's in our wallet?", "get_budget"),
        ("how many credits do we have", "get_budget"),
        ("which languages do you support?", "list_languages"),
        ("what languages can you translate to", "list_languages"),
        ("何語に翻訳できますか", "list_languages"),
        ("I want to talk to a human", "ask_for_human"),
        ("this is ridiculous, nothing works", "ask_for_human"),
        ("start a live avatar session", "start_live_avatar"),
        ("please end the live session", "end_live_avatar"),
        ("show me some avatars", "find_avatars"),
        ("find a British voice", "find_voices"),
        ("delete the brand kit", "find_tools"),
        ("cancel J3", "cancel_job"),
        ("lip-sync V1 with F2", "lipsync_video"),
    ],
)
def test_the_fitting_tool_is_called(text: str, name: str) -> None:
    assert [called for called, _ in calls_for(text)] == [name]


@pytest.mark.parametrize(
    ("text", "script", "prompt"),
    [
        ("make a video about our product launch", None, "our product launch"),
        ('Create a video saying "Welcome to Acme"', "Welcome to Acme", None),
        ("create a short clip explaining our budget status", None, "our budget status"),
        ("Please make me a video that says hello everyone", "hello everyone", None),
    ],
)
def test_single_videos_are_understood(text: str, script: str | None, prompt: str | None) -> None:
    assert calls_for(text) == [("create_video", {"script": script, "prompt": prompt, "title": None})]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("make a personal intro video for Ana at Acme, Bo at Bolt Labs", [("Ana", "Acme"), ("Bo", "Bolt Labs")]),
        ("Create intro videos for Ana Lee at Acme and Bo at Bolt.", [("Ana Lee", "Acme"), ("Bo", "Bolt")]),
        ("Make intro videos for Ana, Bo and Cy", [("Ana", None), ("Bo", None), ("Cy", None)]),
    ],
)
def test_one_video_per_person_is_understood(text: str, people: list[tuple[str, str | None]]) -> None:
    [(name, arguments)] = calls_for(text)
    assert name == "create_videos"
    assert [(row["name"], row["company"]) for row in arguments["rows"]] == people


@pytest.mark.parametrize(
    "text",
    [
        f"Translate {URL} into French and {OTHER} into German",
        f"Translate {URL} into French. Also translate {OTHER} into German!",
        f"Translate {URL} into French\ntranslate {OTHER} to German",
    ],
)
def test_two_translations_become_parallel_calls(text: str) -> None:
    found = [(arguments["source"], arguments["languages"]) for _, arguments in calls_for(text)]
    assert found == [(URL, ["French"]), (OTHER, ["German"])]


def test_two_videos_share_the_languages() -> None:
    found = [(one["source"], one["languages"]) for _, one in calls_for("Translate V1 and V2 into Dutch")]
    assert found == [("V1", ["Dutch"]), ("V2", ["Dutch"])]


def test_different_wishes_become_parallel_calls() -> None:
    names = [name for name, _ in calls_for("Translate V1 into French and make a video about cats")]
    assert names == ["translate_video", "create_video"]


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("translate into French", "Which video do you mean?"),
        ("Translate V1", "Into which language"),
        ("translate V1 into Klingon", "Into which language"),
        ("make a video", "What should the video say"),
        ("cancel it", "Which job"),
        ("lipsync V1", "the video and the audio"),
        ("Traduis cette vidéo en japonais", "De quelle vidéo s'agit-il"),
        ("Übersetze das Video bitte", "Welches Video meinst du"),
        ("Por favor, traduce V1", "¿A qué idioma"),
        ("V1 を翻訳してください", "何語に翻訳しますか"),
    ],
)
def test_missing_information_is_asked_for(text: str, question: str) -> None:
    assert question in reply_to(text)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("hello", "Hello!"),
        ("bonjour", "Bonjour"),
        ("hallo", "Hallo"),
        ("¡hola!", "¡Hola!"),
        ("こんにちは", "こんにちは"),
        ("thanks!", "You're welcome"),
        ("merci", "Avec plaisir"),
        ("what are you?", "I am not an AI"),
        ("are you ChatGPT", "I am not an AI"),
        ("what can you do?", "translate a video into other languages"),
        ("blue is a colour", "I can translate"),
    ],
)
def test_talk_is_answered(text: str, answer: str) -> None:
    assert answer in reply_to(text)


def test_the_source_may_be_in_an_earlier_message() -> None:
    [(_, arguments)] = calls_for("now translate it into Thai", before=[user(f"look at {URL}"), user("nice")])
    assert arguments["source"] == URL


def test_the_source_may_be_a_handle_in_the_facts() -> None:
    facts = developer('Facts:\n{"files": [{"handle": "F4", "name": "talk.mp4"}]}')
    [(_, arguments)] = calls_for("translate the file into Thai", before=[facts])
    assert arguments["source"] == "F4"


@pytest.mark.parametrize(
    ("first", "question", "second", "arguments"),
    [
        ("Translate V1.", "Into which language or languages?", "French", {"source": "V1", "languages": ["French"]}),
        (
            "translate into French",
            "Which video do you mean? Send me a link or attach a file.",
            URL,
            {"source": URL, "languages": ["French"]},
        ),
        ("make a video", "What should the video say, or what is it about?", "Hi all", {"script": "Hi all"}),
    ],
)
def test_the_answer_to_a_question_completes_the_request(
    first: str, question: str, second: str, arguments: Json
) -> None:
    asked = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": question}]}
    [(_, found)] = calls_for(second, before=[user(first), asked])
    assert arguments.items() <= found.items()


def test_a_remark_after_a_usual_reply_is_no_answer_to_a_question() -> None:
    replied = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Submitted J1."}]}
    assert calls_for("French", before=[user("Translate V1"), replied]) == []


def test_without_a_tool_it_says_what_it_can_do() -> None:
    assert reply_to("Translate V1 into French", [CREATE]) == (
        "I cannot do that here. I can make a video from a script or an idea."
    )


def test_without_any_tools_it_can_only_talk() -> None:
    assert "only talk" in reply_to("Translate V1 into French", [])


def test_without_the_tool_the_state_comes_from_the_facts() -> None:
    facts = developer('Facts of this moment:\n{"jobs": [{"handle": "J1", "state": "running"}]}')
    assert reply_to("is it done?", [], [facts]) == "J1 is running."


def test_properties_are_found_by_meaning() -> None:
    other = tool("translate_video", video_url=STRING, target_languages=array(STRING), title=nullable(STRING))
    [(_, arguments)] = calls_for("Translate V1 into French", [other])
    assert arguments == {"video_url": "V1", "target_languages": ["French"], "title": None}


def test_a_tool_with_one_language_is_called_once_for_each() -> None:
    other = tool("translate_video", source=STRING, language=STRING)
    found = [arguments["language"] for _, arguments in calls_for("Translate V1 into French and Thai", [other])]
    assert found == ["French", "Thai"]


def test_languages_are_spelt_as_the_schema_spells_them() -> None:
    locales = {"type": "string", "enum": ["English", "French (France)", "Thai (Thailand)"]}
    other = tool("translate_video", source=STRING, languages=array(locales))
    [(_, arguments)] = calls_for("Translate V1 into French and Thai", [other])
    assert arguments["languages"] == ["French (France)", "Thai (Thailand)"]


def test_an_argument_nobody_gave_is_asked_for_instead_of_invented() -> None:
    other = tool("translate_video", source=STRING, languages=array(STRING), secret_word=STRING)
    assert "I am missing something" in reply_to("Translate V1 into French", [other])


def test_an_earlier_turn_is_not_answered_again() -> None:
    done = [user("status?"), call(), output('{"jobs": ["J1"]}')]
    assert calls_for("Translate V1 into French", before=done)[0][0] == "translate_video"


def test_only_the_tool_that_is_offered_is_named() -> None:
    assert reply_to("help", [TRANSLATE]) == "I can translate a video into other languages."


@pytest.mark.timeout(3)
@pytest.mark.parametrize(
    "piece", [" ", " \n", "make ", "for Ana at ", "F1 [ ", "( a.b", "https://x", "translate to fr, "]
)
def test_long_repetitions_do_not_slow_it_down(piece: str) -> None:
    assert plan("", [user(piece * 20_000 + "x")], TOOLS)


@pytest.mark.parametrize("text", ["Goodbye!", "Thank you and bye.", "See you tomorrow", "Auf Wiedersehen"])
def test_goodbye_ends_a_live_session_from_within_and_opens_none(text: str) -> None:
    end, start = tool("end_live_avatar"), tool("start_live_avatar")
    assert plan("", [user(text)], [end]) == [Call("end_live_avatar", {})]
    assert not any(isinstance(content, Call) for content in plan("", [user(text)], [end, start]))
    assert not any(isinstance(content, Call) for content in plan("", [user(text)], []))


# -- a video for each of many

PERSON = closed(name=STRING, company=nullable(STRING))
FOR_MANY = [
    CREATE,
    tool(
        "create_videos",
        script=STRING,
        people=nullable(array(PERSON)),
        file=nullable(STRING),
        pasted={"type": "boolean"},
    ),
]
ATTACHED = '\n[Attached file F2: "leads.csv", text/csv]'
GREETING = "Hi {name}, this is a short hello from us to everybody at {company}."


@pytest.mark.parametrize(
    "text",
    [
        f"Make a personal intro video for everybody in this list{ATTACHED}",
        f"Please create an intro video for each row{ATTACHED}",
        f"Make a video for every person in the list{ATTACHED}",
        f"Generate intro videos from this CSV{ATTACHED}",
        f"Make videos for these people{ATTACHED}",
    ],
)
def test_a_list_that_is_attached_is_named_and_never_copied(text: str) -> None:
    [(name, arguments)] = calls_for(text, FOR_MANY)
    assert name == "create_videos"
    assert arguments == {"script": GREETING, "people": None, "file": "F2", "pasted": False}


@pytest.mark.parametrize("rows", ["```\nSarah, Acme\nJohn, Globex\n```", "Sarah; Acme\nJohn; Globex"])
def test_a_list_that_is_pasted_is_said_to_be(rows: str) -> None:
    [(name, arguments)] = calls_for(f'Make a video for each of these saying "Hello {{name}}":\n{rows}', FOR_MANY)
    assert name == "create_videos"
    assert arguments == {"script": "Hello {name}", "people": None, "file": None, "pasted": True}


def test_people_who_are_named_are_told_apart_from_files_in_the_thread() -> None:
    before = [user(f"look at this{ATTACHED}")]
    text = "Make a personal intro video for Sarah at Acme, John at Globex and Mike at Initech"
    [(_, arguments)] = calls_for(text, FOR_MANY, before)
    assert [person["name"] for person in arguments["people"]] == ["Sarah", "John", "Mike"]
    assert (arguments["script"], arguments["file"], arguments["pasted"]) == (GREETING, None, False)


@pytest.mark.parametrize("text", ["Make a video about our list of prices", "Make a video saying everyone is welcome"])
def test_one_video_is_no_batch(text: str) -> None:
    assert [name for name, _ in calls_for(text, FOR_MANY)] == ["create_video"]
