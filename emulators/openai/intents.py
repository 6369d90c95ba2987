"""What a request asks for: phrases that decide, clause by clause."""

from __future__ import annotations

import re
from typing import Literal

from emulators.openai.reading import sources_in

Intent = Literal[
    "identity",
    "help",
    "human",
    "live_start",
    "live_end",
    "status",
    "budget",
    "languages",
    "cancel",
    "translate",
    "finish",
    "background",
    "clips",
    "speech",
    "lipsync",
    "create_many",
    "template",
    "agent_start",
    "agent_say",
    "agent_stop",
    "create",
    "avatars",
    "voices",
    "upload",
    "find",
    "greeting",
    "thanks",
    "other",
]

SEARCHES = ("find_tools", "tool_search")  # what else can be done: our function, and the API's own tool
# The names of the tools that serve an intent, the first that is offered is taken.
TOOLS: dict[Intent, tuple[str, ...]] = {
    "human": ("ask_for_human",),
    "live_start": ("start_live_avatar",),
    "live_end": ("end_live_avatar",),
    "status": ("list_jobs",),
    "budget": ("get_budget",),
    "languages": ("list_languages",),
    "cancel": ("cancel_jobs", "cancel_job"),
    "translate": ("translate_video",),
    "finish": ("finish_proofread",),
    "background": ("separate_background",),
    "clips": ("make_clips",),
    "speech": ("make_voiceover",),
    "lipsync": ("lipsync_video",),
    "create_many": ("create_videos",),
    "template": ("create_from_template",),
    "create": ("create_video",),
    "agent_start": ("start_video_agent",),
    "agent_say": ("message_video_agent",),
    "agent_stop": ("stop_video_agent", "cancel_jobs"),
    "avatars": ("find_avatars",),
    "voices": ("find_voices",),
    "upload": ("add_asset",),
    "find": SEARCHES,
}
# Intents that do something: several of them in one message become several calls.
ACTIONS: frozenset[Intent] = frozenset(
    {
        "translate",
        "lipsync",
        "create",
        "create_many",
        "template",
        "finish",
        "background",
        "clips",
        "speech",
        "cancel",
        "upload",
    }
)

_VIDEO = r"(?:videos?|clips?|films?|intros?|vidéos?|vídeos?|ビデオ|動画)"
_MAKE = r"(?:make|create|generate|produce|record|render|build|do|crée[rz]?|erstelle?n?|mache?|crea|haz|作っ|作成)"
_TRANSLATE = (
    r"(?:\b(?:translat|dub(?:s|bed|bing)?\b|locali[sz]|tradui|traduct|traduz|traduc|übersetz|uebersetz|doblar?\b|doubl)"
    r"|翻訳|訳し|吹き替え)"
)


_LIPSYNC = r"\blip[- ]?sync\w*"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


_POLITE = (
    r"^\W*(?:(?:please|hey|hi|hello|ok|okay|and|also|now|then|so|(?:can|could|would|will) you"
    r"|i(?:'d| would) like (?:you )?to|i (?:want|need) (?:you )?to|let'?s|me|bitte|kannst du|könntest du"
    r"|peux-tu|pouvez-vous|s'il (?:te|vous) plaît|puedes|por favor)[\s,:]+)*"
)
_STOP = (
    rf"\bstop (?:(?:all |both )*(?:jobs?|J\d+|translations?|everything|it|them|this|that|all|work|{_VIDEO})"
    rf"|(?:all |both )?(?:the|my|our|these|those|this|that) (?:\w+ )?(?:jobs?|J\d+|translations?|work|{_VIDEO}))(?!\w)"
)
_MAKE_VIDEO = rf"\b{_MAKE}\b.{{0,60}}\b{_VIDEO}(?!\w)"

# In order: the first that matches decides. Orders come first: "make a video about our budget" is no question.
RULES: tuple[tuple[Intent, re.Pattern[str]], ...] = (
    ("agent_stop", _pattern(r"\b(?:stop|cancel|end|abort)\b.{0,20}\bagent\b")),
    ("agent_say", _pattern(r"\b(?:tell|ask|answer|send\b.{1,40}\bto) (?:the |your )?(?:video )?agent\b")),
    ("agent_start", _pattern(r"\bvideo agent\b")),
    ("background", _pattern(_POLITE + r"remove (?:the |its )?background\b")),
    ("clips", _pattern(_POLITE + r"(?:cut|make|create) (?:short )?clips (?:of|from|out of)\b")),
    ("speech", _pattern(_POLITE + _MAKE + r"\s+(?:an?\s+|the\s+)?(?:\w+\s+)?(?:voice-?over|narration)\b")),
    ("finish", _pattern(_POLITE + r"finish (?:the )?(?:proofread )?J\d+\b")),
    ("translate", _pattern(_POLITE + _TRANSLATE)),
    ("lipsync", _pattern(_POLITE + _LIPSYNC)),
    ("template", _pattern(_POLITE + _MAKE + r"\b.{0,60}\btemplate\b")),
    ("create", _pattern(_POLITE + _MAKE_VIDEO)),
    (
        "identity",
        _pattern(
            r"\b(?:what|who) (?:exactly )?are you\b"
            r"|\bare you (?:an? )?(?:ai|bot|robot|human|real|gpt|chatgpt|llm|model)\b"
            r"|\b(?:es-tu|êtes-vous) une? (?:ia|robot)|\bbist du (?:eine? )?(?:ki|roboter|mensch)"
            r"|\beres (?:una? )?(?:ia|robot)"
        ),
    ),
    ("live_end", _pattern(r"\b(?:end|stop|close|finish)\b.{0,20}\b(?:live|session|call)\b|\bhang up\b")),
    (
        "live_start",
        _pattern(r"\blive (?:avatar|session|call|video call)\b|\bface[- ]to[- ]face\b|\btalk to (?:the|an) avatar\b"),
    ),
    (
        "human",
        _pattern(
            r"\b(?:human|real person|actual person|somebody real|someone real|representative|operator)\b"
            r"|\b(?:talk|speak) (?:to|with) (?:some(?:one|body)|a person|support)\b"
            r"|\b(?:ridiculous|useless|terrible|unacceptable|frustrat\w+|fed up|waste of time|annoy\w+|angry)\b"
            r"|\bnothing works\b|\bstill (?:not|doesn'?t) work\w*"
            r"|\b(?:un humain|einen menschen|un humano)\b|人間|担当者"
        ),
    ),
    (
        "cancel",
        _pattern(
            rf"\b(?:cancel|abort|annulez?|annuler|storniere|cancela|cancelar)\b|{_STOP}"
            r"|\bbrich\b.{0,40}\bab\b|\babbrechen\b|キャンセル|中止"
        ),
    ),
    (
        "languages",
        _pattern(
            r"\b(?:which|what|list|show|all)\b.{0,30}\blanguages\b|\bquelles langues\b|\bwelche sprachen\b"
            r"|\bqué idiomas\b|\bhow many languages\b|何語|どの言語"
        ),
    ),
    (
        "budget",
        _pattern(
            r"\b(?:budget|credits?|wallet|balance|quota)\b|\bhow much (?:is left|money|have (?:we|i) spent)"
            r"|\bwhat(?:'s|’s| is| do we have| have we) left\b"
            r"|\bhow much (?:do|can|may) (?:we|i) (?:still )?(?:have left|spend)"
            r"|\b(?:money|spend|spent)\b.{0,20}\b(?:left|so far|today|this month)\b"
            r"|\bguthaben\b|\bpresupuesto\b|\bcrédits?\b|予算|残高"
        ),
    ),
    (
        "status",
        _pattern(
            r"\b(?:is|are|was|were)\b[^.!\n]{0,60}\b(?:done|ready|finished|completed?|over|running|in progress)\b"
            r"|\b(?:status|progress|how far|any news|any update|what'?s running|what is running|how long|eta|jobs)\b"
            r"|\b(?:when|how much longer)\b.{0,40}\b(?:ready|done|finished|take)\b"
            r"|\b(?:coming along|getting on|still being made|(?:what|did anything) (?:went|go) wrong)\b"
            r"|\b(?:done|ready|finished) yet\b|\b(?:c'est|est-ce) (?:fini|prêt)|\b(?:ist|sind)\b.{0,30}\bfertig\b"
            r"|\b(?:está|están)\b.{0,30}\blist[oa]s?\b|できた|完成し|終わっ"
        ),
    ),
    ("translate", _pattern(_TRANSLATE)),
    ("lipsync", _pattern(_LIPSYNC)),
    ("create", _pattern(rf"{_MAKE_VIDEO}|{_VIDEO}.{{0,10}}{_MAKE}|\bi (?:need|want) an? .{{0,30}}{_VIDEO}")),
    ("avatars", _pattern(r"\bavatars?\b|\bpresenters?\b")),
    ("voices", _pattern(r"\bvoices?\b")),
    (
        "help",
        _pattern(r"\bhelp\b|\bwhat can you\b|\bhow do(?:es)? (?:i|this|it)\b|\baide\b|\bhilfe\b|\bayuda\b|助けて"),
    ),
    ("upload", _pattern(r"\buploads?\b|\badd (?:this|the|an?|my) (?:asset|file)\b|\bhochladen\b|\btéléverse")),
    ("find", _pattern(r"\b(?:list|show|find|search|look up|delete|update|rename|get|upload)\b")),
    ("thanks", _pattern(r"\b(?:thanks?|thank you|thx|cheers|merci|danke|gracias|great|perfect|nice)\b|ありがとう")),
    (
        "greeting",
        _pattern(r"\b(?:hi|hello|hey|good (?:morning|evening)|yo|bonjour|salut|hallo|hola|bye)\b|こんにちは"),
    ),
)
_MANY = re.compile(
    r"\bfor\s+(?:the [\w ]{3,40}:\s+)?(?P<list>[A-Z][\w'’-]*(?:\s[A-Z][\w'’-]*)?\s+(?:at|from|of)\s+.+)$|"
    r"\bfor\s+(?P<plain>[A-Z][\w'’-]*(?:\s*,\s*[A-Z][\w'’-]*)*\s*,?\s+and\s+[A-Z][\w'’-]*)",
    re.DOTALL,
)
_LIST = _pattern(
    r"\b(?:each|every)(?: (?:one|row|person|line|lead|contact))?(?: (?:of|in|on|from) (?:the|this|that|these|my))?"
    r"(?: \w+)? ?\b(?:row|person|line|lead|contact|list|csv|table|spreadsheet|people|these)\b"
    r"|\b(?:everybody|everyone|all (?:the )?(?:people|leads|contacts)) (?:in|on|from|of) (?:the|this|that|my)\b"
    r"|\bfor (?:these|the following)(?: (?:people|leads|contacts))?\b|\b(?:csv|spreadsheet)\b"
)
_CRM = _pattern(r"\b(?:in|from|of) (?:the|our|my) crm\b")
_TAG = _pattern(r"\b(?:tagged|with the tag) [\"“]?(?P<tag>[\w-]+)")
_TABLE_LINE = re.compile(r"^[^\n\[,;|\t]{1,60}[,;|\t][^\n]{1,200}$", re.MULTILINE)
_ROW = re.compile(
    r"([A-Z][\w'’-]*(?:\s[A-Z][\w'’-]*)*)\s+(?:at|from|of)\s+([A-Z0-9][\w&'’.-]*(?:\s[A-Z0-9][\w&'’.-]*)*)"
)
_SPLIT = re.compile(
    r"(?<=[.;!?])\s+|\n+|,?\s+(?:and then|and also|then|also|and|et|und|y)\s+"
    rf"(?=(?:please\s+)?(?:also\s+)?(?:{_TRANSLATE}|cancel\b|stop\b|lip[- ]?sync|{_MAKE}\s))|[。！？]",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[\"“«「]([^\"”»」]{2,})[\"”»」]")
_SAYING = re.compile(r"\b(?:saying|that says|which says|script)\b\s*[:,]?\s*(.{2,})", re.IGNORECASE | re.DOTALL)
_TEMPLATE = _pattern(r"\btemplate (?:called |named )?[\"“](?P<name>[^\"”]{1,80})[\"”](?P<rest>.*)")
_PLACE = re.compile(r"(\w+)\s*(?:[:=]|is)?\s*[\"“]([^\"”]+)[\"”]")
_PROOFREAD = _pattern(r"\bproofread|\b(?:check|correct|review|read) (?:the |its |their )?subtitles\b")
_AVATAR = re.compile(
    r"\b[Aa]vatar (?:(?i:id) )?[\"“]?(?P<id>[A-Za-z]+[-_][\w-]+|[A-Za-z]+\d+)"
    r"|\b[Aa]vatar (?:called )?(?P<name>[A-Z]\w+(?: (?:in|on|at|the|[A-Z]\w+|\w+)){0,3}?)(?=[,.]| and | with |$)"
)
_FOR_AGENT = _pattern(r"\bagent\b(?:\s+session\b(?:\s+\w+_\w+)?)?(?:[\s,:]+(?:to|that|on|please))*[\s,:]+(.{2,})")
_ABOUT = re.compile(r"\b(?:about|on|explaining|introducing|announcing|for|sur|über|sobre)\s+(.{2,})", re.I | re.DOTALL)


def intent_of(words: str) -> Intent:
    """What a clause asks for; `words` are free of links and attachments."""
    found: Intent = next((intent for intent, pattern in RULES if pattern.search(words)), "other")
    many = found in ("create", "template") and (len(rows_in(words)) > 1 or _LIST.search(words) or _CRM.search(words))
    return "create_many" if many else found


def is_order(words: str) -> bool:
    """Whether a clause begins with what is to be done, so that no question around it changes what it is."""
    return any(
        intent in ACTIONS and pattern.pattern.startswith(_POLITE) and pattern.search(words) for intent, pattern in RULES
    )


def clauses_of(text: str) -> list[str]:
    """The parts of a message that may each ask for something."""
    return [clause.strip() for clause in _SPLIT.split(text) if clause and clause.strip()]


def segments_of(clause: str) -> list[tuple[str, str]]:
    """Each source of a clause with the words up to the next source; the words before the first go to the first."""
    found = sources_in(clause)
    segments = []
    for number, (start, source) in enumerate(found):
        begin = 0 if number == 0 else start
        end = found[number + 1][0] if number + 1 < len(found) else len(clause)
        segments.append((source, clause[begin:end]))
    return segments


def rows_in(words: str) -> list[tuple[str, str]]:
    """People and their companies in "for Ana at Acme, Bo at Bolt"; the company is empty in "for Ana, Bo and Cy"."""
    match = _MANY.search(words)
    if match is None:
        return []
    if match["list"]:
        return [(person.strip(), company.strip(" .")) for person, company in _ROW.findall(match["list"])]
    return [(person, "") for person in re.findall(r"[A-Z][\w'’-]*", match["plain"])]


def crm_in(words: str) -> str:
    """Who of the CRM is meant: a tag, `all`, or empty where it is not spoken of."""
    if not _CRM.search(words):
        return ""
    match = _TAG.search(words)
    return match["tag"] if match else "all"


def holds_a_table(text: str) -> bool:
    """Whether somebody has pasted a list into a message: a block, or lines with the same signs in them."""
    return "```" in text or len(_TABLE_LINE.findall(text)) > 1


def greeting_for(rows: list[tuple[str, str]]) -> str:
    """What is said to each of many people when nobody says what: with the places that differ."""
    company = not rows or all(company for _, company in rows)
    return "Hi {name}, this is a short hello from us" + (" to everybody at {company}." if company else ".")


def script_in(words: str) -> str:
    """The words a video is to speak: quoted, or after "saying"."""
    match = _QUOTED.search(words) or _SAYING.search(words)
    return match[1].strip() if match else ""


def avatar_in(words: str) -> str:
    """The avatar that somebody names, by its id or by its name; empty where none is named."""
    match = _AVATAR.search(words)
    return (match["id"] or match["name"]).strip(" ,.") if match else ""


def to_be_checked(words: str) -> bool:
    """Whether somebody wants to see the subtitles of a translation before its video is made."""
    return _PROOFREAD.search(words) is not None


def template_in(words: str) -> tuple[str, list[tuple[str, str]]]:
    """The template that somebody names in quotes, and what is to go into which of its places."""
    match = _TEMPLATE.search(words)
    return (match["name"], _PLACE.findall(match["rest"])) if match else ("", [])


def for_agent(words: str) -> str:
    """What a video agent is to make, or is to be told; empty where it is not said."""
    match = _FOR_AGENT.search(words)
    return match[1].strip(" .!?'\"“”‘’") if match else ""


def topic_in(words: str) -> str:
    """What a video is to be about, empty where it is not said."""
    match = _ABOUT.search(words)
    return match[1].strip(" .!?") if match else ""
