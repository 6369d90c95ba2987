"""The tool that translates: one paid request for all languages of a video."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from agent.claim_hits import languages_named
from agent.foreign import is_name
from agent.languages import Ambiguous, Languages, Resolved
from agent.ordering import TITLE_LIMIT, Order, Ordering
from agent.ports import Accounts, Clock, TurnStore
from agent.records import JobKind
from agent.spending import Spending
from agent.tool_calls import Failed, Outcome, TryAgain
from agent.toolbox import Arguments, CallContext, Effect, ToolSpec
from heygen import Client

LANGUAGES_FRESH_SECONDS = 3_600.0
MAX_LANGUAGES = 10  # a pay-as-you-go account may run this many jobs at once


class TranslateArguments(Arguments):
    """Arguments of `translate_video`."""

    source: str = Field(description="The video: a handle such as V1 or F1, or exactly the link the person gave.")
    languages: list[str] = Field(description="All target languages, as the person named them.", min_length=1)
    title: str | None = Field(default=None, description="A short title for the card, or null.")


class Translation:
    """The translating tool. One per process; the language list is cached per account."""

    def __init__(
        self,
        *,
        turns: TurnStore,
        accounts: Accounts,
        ordering: Ordering,
        spending: Spending,
        clock: Clock,
        max_languages: int = MAX_LANGUAGES,
    ) -> None:
        self._turns = turns
        self._accounts = accounts
        self._ordering = ordering
        self._spending = spending
        self._clock = clock
        self._max_languages = max_languages
        self._languages: dict[str, tuple[float, Languages]] = {}

    def tools(self) -> list[ToolSpec]:
        """The tool specifications."""
        return [
            ToolSpec(
                name="translate_video",
                purpose="Translate one video into one or more languages (dubbed, lips in sync). Costs money. Put all "
                "languages of a video into one call. Results are posted in the thread by the runtime.",
                arguments=TranslateArguments,
                effect=Effect.SUBMIT,
                run=self.translate,
            )
        ]

    async def translate(self, context: CallContext, arguments: TranslateArguments) -> Outcome:
        """Check everything that can be checked for free, then write the request down and send it."""
        if written := await self._ordering.written(context):
            return written
        turn = context.turn
        account_id = await self._accounts.account_id(turn.workspace_id)
        names = await self._resolved(account_id, arguments.languages)
        if not isinstance(names, list):
            return names
        url = await self._source(turn.conversation_id, arguments.source)
        if not isinstance(url, str):
            return url
        order = Order(
            kind=JobKind.TRANSLATION,
            account_id=account_id,
            arguments={"video_url": url, "languages": names, "mode": "speed"},
            labels=tuple(names),
            title=await self._ordering.title(context, arguments.title, title_of(url)),
        )
        if busy := await self._ordering.under_way(turn.conversation_id, order):
            return busy
        asked = turn.origin == "command" or await self._asked(context, account_id, arguments, url, names)
        return await self._ordering.place(context, order, asked=asked)

    async def _asked(
        self, context: CallContext, account_id: str, arguments: TranslateArguments, url: str, names: Sequence[str]
    ) -> bool:
        """Whether the person's own words name every language, and the person has given the source."""
        words = await self._spending.words_of(context.turn)
        known = await self._list(account_id)
        usual = [known.resolve(code) for code in languages_named(words)]
        meant = known.named_in(words) | {one.name for one in usual if isinstance(one, Resolved)}
        named = all(name in meant for name in names)
        return named and await self._spending.gave(context.turn, arguments.source.strip(), url)

    async def _source(self, conversation_id: str, source: str) -> str | TryAgain | Failed:
        """The URL behind a handle, or the URL itself."""
        if source.lower().startswith(("http://", "https://")):
            return source
        value = await self._turns.resolve_source(conversation_id, source.strip().upper())
        if value is None:
            return TryAgain("unknown_source", "I need a link to the video.", "Ask the person for a link to the video.")
        if not value.lower().startswith(("http://", "https://")):
            hint = "Ask for a public link to the video."
            return Failed("file_not_supported", "Files attached in Slack cannot be translated yet.", hint)
        return value

    async def _resolved(self, account_id: str, words: Sequence[str]) -> list[str] | TryAgain:
        """The provider's exact names, or what is unclear about the words."""
        languages = await self._list(account_id)
        names: list[str] = []
        for word in words:
            found = languages.resolve(word)
            if isinstance(found, Resolved):
                names += [found.name] if found.name not in names else []
            elif isinstance(found, Ambiguous):
                return TryAgain(
                    "ambiguous_language", f"Which {word}?", "Ask the person which one.", list(found.options)
                )
            else:
                hint = "Ask the person for another language."
                return TryAgain("unknown_language", f"HeyGen has no language {word!r}.", hint, list(found.suggestions))
        if len(names) > self._max_languages:
            message = f"That is {len(names)} languages; at most {self._max_languages} can be done in one request."
            return TryAgain("too_many_languages", message, "Ask the person for fewer, or do them in several requests.")
        return names

    async def _list(self, account_id: str) -> Languages:
        fresh_after = self._clock.now() - LANGUAGES_FRESH_SECONDS
        if account_id not in self._languages or self._languages[account_id][0] < fresh_after:
            client: Client = await self._accounts.client(account_id)
            names = [name for name in await client.translation_languages() if is_name(name)]
            self._languages[account_id] = (self._clock.now(), Languages(names))
        return self._languages[account_id][1]


def title_of(url: str) -> str:
    """A name for a source: the last part of its path."""
    path = url.split("?", 1)[0].split("#", 1)[0].rstrip("/")
    name = path.rsplit("/", 1)[-1] if path.count("/") > 2 else ""
    return name[:TITLE_LIMIT] or "your video"
