"""Makes a piece of model text harmless: only links we know, no pings, only placeholders we can fill.

What is allowed is put aside as one private-use character, so that no rule can touch it or build on it; the rules
then run until nothing changes, so that what one removes never completes something for another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

LINK_REMOVED = "[link removed]"
_ROUNDS = 6
_ASIDE = 0xE000
_ASIDE_CHARACTER = re.compile("[\ue000-\uf8ff]")

PLACEHOLDER = re.compile(r"\{\{\s*job:\s*(\w{1,12})(?:\.\w{1,12})?\s*\}\}", re.IGNORECASE)
_BEFORE_WORD = re.compile(r"[a-z0-9./:@#<&\\-]\Z", re.IGNORECASE)
_AFTER_WORD = re.compile(r"[a-z0-9/@\\-]", re.IGNORECASE)
_BRACES = re.compile(r"\{\{([^{}\n]*)\}\}")
_OPENPLACEHOLDER = re.compile(r"\{\{\s*job\b[^\s{}]*\}?", re.IGNORECASE)
# People have templates with variables such as {{first_name}}: words like that stay, what looks like ours goes.
_VARIABLE = re.compile(r"\s*(?!(?:jobs?|videos?|files?|links?|url)\b|[jvf]\d)[a-z_]\w*\s*", re.IGNORECASE)

_ANGLE = re.compile(r"<([^<>\n]*)>")
_LINK_START = re.compile(r"\s*(?:[a-z][a-z0-9+.-]{0,30}:\S|//|www\.|(?:[\w-]{1,63}\.)+\w{2,24}[/|?#:])", re.IGNORECASE)
_OPENER = re.compile(r"(<|[＜﹤‹〈⟨❮]|&lt;?|&#0*60;?|&#x0*3c;?)(?=\\*[!@#])", re.IGNORECASE)
_GROUP = re.compile(r"(?<![^\W_])[@＠](?=\\{0,3}(?:channel|here|everyone|subteam)(?![^\W_]))", re.IGNORECASE)
_GROUP_WORDS = frozenset({"channel", "here", "everyone"})

_MARKDOWN = re.compile(r"!?\[([^\[\]\n]*)\]\(([^()\n]*(?:\([^()\n]*\)[^()\n]*)*)\)")
_TARGET = re.compile(r"\](?=[(])")
_DEFINITION = re.compile(r"^([ ]{0,3}\[[^\]\n]+\]):", re.MULTILINE)

_TOP_LEVEL = "com|net|org|io|ai|co|dev|app|info|biz|xyz|edu|gov|link|click|gg|ly|tv|ru|cn|uk|de|fr|jp|br|eu|ch|pl|"
_TOP_LEVEL += "gl|cc|fm|to|studio|video|cloud|site|online|store|tech|page|live|watch|media|download|website|space|art"
_SHORTENERS = r"youtu\.be|t\.me|wa\.me|is\.gd|amzn\.to|rebrand\.ly|tinyurl\.\w+"
_SCHEMES = "javascript|vbscript|file|blob|tel|sms|slack|intent|view-source|mailto"
_BARE = re.compile(
    r"(?:[a-z][a-z0-9+.-]{0,30}:(?:\\?/){2,}"
    rf"|\b(?:{_SCHEMES}):(?=\S)"
    r"|\bdata:(?=[\w.+-]*[/;,])"
    r"|(?<![\w/.])//(?=[\w-]+\.)"
    r"|(?<![\w@-])(?<!\w\.)www\.(?=\w)"
    r"|(?<![\w@-])(?<!\w\.)(?:[\w-]{1,63}\.)+[^\W\d_]{2,24}(?::\d{1,5})?[/?#]"
    rf"|(?<![\w@-])(?<!\w\.)(?:[\w-]{{1,63}}\.)+(?:{_TOP_LEVEL})(?![\w@-])"
    rf"|(?<![\w@.-])(?:{_SHORTENERS})(?![\w@-])"
    r"|(?<![\w@.-])(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?/"
    r")[^\s<>|。、「」（）！？\ue000-\uf8ff]*",
    re.IGNORECASE,
)
_MAIL = re.compile(r"mailto:([\w.+-]{1,64}@[\w.-]{1,190}\.\w{2,24})", re.IGNORECASE)
_TRAILING = ".,;:!?'\"`)]}*_~…»”’>|"


def without_definitions(text: str) -> str:
    """`text` in which no `[word]:` at the start of a line defines where Markdown's `[word]` leads."""
    return _DEFINITION.sub(r"\1 :", text)


class Neutraliser:
    """Rewrites text. `allowed` are whole URLs; `hosts` are base URLs whose bare mention is fine, no path below them;
    `mentions` are ids of people who may be mentioned; `job` renders a handle."""

    def __init__(
        self, allowed: frozenset[str], hosts: frozenset[str], mentions: frozenset[str], job: Callable[[str], str]
    ) -> None:
        bases = {base.rstrip("/") for base in hosts}
        names = {base.partition("://")[2] for base in bases}
        self._allowed = allowed | bases | {f"{base}/" for base in bases} | names
        self._mentions = mentions
        self._job = job

    def rewrite(self, text: str) -> str:
        """`text`, harmless. Private-use characters are dropped, for they stand for what is put aside."""
        return _Rewrite(self._allowed, self._mentions, self._job).run(text)


class _Rewrite:
    def __init__(self, allowed: frozenset[str], mentions: frozenset[str], job: Callable[[str], str]) -> None:
        self._allowed = allowed
        self._mentions = mentions
        self._job = job
        self._aside: list[str] = []

    def run(self, text: str) -> str:
        text = _ASIDE_CHARACTER.sub("", text)
        for _ in range(_ROUNDS):
            before, text = text, self._round(text)
            if text == before:
                break
        return _ASIDE_CHARACTER.sub(lambda match: self._aside[ord(match[0]) - _ASIDE], text)

    def _round(self, text: str) -> str:
        text = PLACEHOLDER.sub(self._placeholder, text)
        text = _BRACES.sub(lambda match: match[0] if _VARIABLE.fullmatch(match[1]) else "", text)
        text = _OPENPLACEHOLDER.sub("", text)
        text = _ANGLE.sub(self._angle, text)
        text = _MARKDOWN.sub(self._markdown, text)
        text = _TARGET.sub("] ", text)
        text = without_definitions(text)
        text = _BARE.sub(self._bare, text)
        text = _OPENER.sub(r"\1 ", text)
        return _GROUP.sub("@ ", text)

    def _put_aside(self, text: str) -> str:
        self._aside.append(text)
        return chr(_ASIDE + len(self._aside) - 1)

    def _placeholder(self, match: re.Match[str]) -> str:
        """What the job says, kept apart from text that would make one word with it."""
        before = " " if _BEFORE_WORD.search(match.string, max(0, match.start() - 1), match.start()) else ""
        after = " " if _AFTER_WORD.match(match.string, match.end()) else ""
        return f"{before}{self._put_aside(self._job(match[1]))}{after}"

    def _is_allowed(self, url: str) -> bool:
        return url in self._allowed or url.replace("&amp;", "&") in self._allowed

    def _angle(self, match: re.Match[str]) -> str:
        """Slack's constructs: mentions, channels, commands to the server, links."""
        content, _, label = match[1].partition("|")
        match content[:1]:
            case "@":
                return self._put_aside(f"<{content}>") if content[1:] in self._mentions else "@someone"
            case "#":
                return f"#{label or 'channel'}"
            case "!":
                return _command(content[1:], label)
            case _ if _LINK_START.match(match[1]):
                return self._link(content.strip(), label)
            case _:
                return match[0]

    def _link(self, url: str, label: str) -> str:
        if mail := _MAIL.fullmatch(url):
            return mail[1] if label in ("", mail[1]) else f"{label} ({mail[1]})"
        if not self._is_allowed(url):
            return f"{label} {LINK_REMOVED}".lstrip()
        return f"[{label}{self._put_aside(f']({url})')}" if label else self._put_aside(f"<{url}>")

    def _markdown(self, match: re.Match[str]) -> str:
        label, target = match[1], match[2].strip()
        url = target.split()[0] if target else ""
        if _ASIDE_CHARACTER.fullmatch(url):
            return f"{label} {url}".lstrip()  # a link that was just found good, or a placeholder
        return self._link(url, label)

    def _bare(self, match: re.Match[str]) -> str:
        found = match[0]
        url = found.rstrip(_TRAILING)
        if self._is_allowed(found):
            return self._put_aside(found) + self._gap(match)
        if self._is_allowed(url):
            return self._put_aside(url) + found[len(url) :]
        if mail := _MAIL.fullmatch(url):
            return mail[1] + found[len(url) :]
        return self._before_other_script(found) or LINK_REMOVED + found[len(url) :]

    def _gap(self, match: re.Match[str]) -> str:
        """A space where what was put aside would otherwise lengthen a link."""
        following = match.string[match.end() : match.end() + 1]
        is_glued = _ASIDE_CHARACTER.match(following) and not self._aside[ord(following) - _ASIDE].startswith("]")
        return " " if is_glued else ""

    def _before_other_script(self, found: str) -> str | None:
        """Japanese and others write on without a space: an allowed link may end where the script changes."""
        end = next((at for at, character in enumerate(found) if character > "\x7f"), 0)
        url = found[:end]
        return f"{self._put_aside(url)} {found[end:]}" if url and self._is_allowed(url) else None


def bare_links(text: str, allowed: Collection[str] = ()) -> bool:
    """Whether a link without brackets is in `text` that is not one of `allowed`."""
    hosts = {url.partition("://")[2].rstrip("/") for url in allowed}
    return any(found[0].rstrip(_TRAILING) not in hosts for found in _BARE.finditer(text))


def _command(content: str, label: str) -> str:
    """`<!channel>` and its kin as something that can be read and pings nobody."""
    word = content.partition("^")[0].strip().lower()
    if word in _GROUP_WORDS:
        return f"@ {word}"
    if word == "subteam":
        return f"@ {label.lstrip('@') or 'group'}"
    return label or f"! {content}"
