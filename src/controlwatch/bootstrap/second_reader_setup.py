"""Build the second reader that is set up, and say what it sends to whom."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from controlwatch.adapters.second_readers.chat_completions import ChatCompletionsReader
from controlwatch.adapters.second_readers.messages_tool import MessagesToolReader
from controlwatch.adapters.second_readers.model_endpoint import ModelAddress
from controlwatch.adapters.second_readers.recorded_answers import RecordedReader, load_recorded_answers
from controlwatch.adapters.second_readers.wording_reader import WordingReader
from controlwatch.core.extraction.text.lexicon import Lexicon
from controlwatch.core.model.errors import DeclarationError, UsageError
from controlwatch.core.sources.watcher import Watcher
from controlwatch.services.intake import INTAKE_ID, MAILBOX_ID
from controlwatch.services.second_opinions import SecondOpinions, SecondReader
from controlwatch.services.store import Store
from controlwatch.settings import PREFIX, Settings

#: Sources that no file declares; their texts may be private, and are read where they are named only.
PRIVATE_SOURCES = (MAILBOX_ID, INTAKE_ID)
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


def build_second_reader(settings: Settings, lexicon: Lexicon) -> SecondReader | None:
    """Return the second reader that is set up, None where it is off; raises `DeclarationError`."""
    match settings.second_reader:
        case None:
            return None
        case "wording":
            if lexicon.load_second_reader is None:
                return None
            return WordingReader(lexicon.load_second_reader())
        case "recorded":
            path = settings.second_reader_answers
            if path is None:
                raise _report_missing("ANSWERS", "a file of recorded answers")
            try:
                return RecordedReader(load_recorded_answers(path))
            except UsageError as error:
                raise DeclarationError("environment", f"{PREFIX}SECOND_READER_ANSWERS", str(error)) from error
        case interface:
            return _build_model_reader(settings, interface)


def _build_model_reader(settings: Settings, interface: str) -> SecondReader:
    if settings.second_reader_url is None:
        raise _report_missing("URL", "the address of the model")
    if settings.second_reader_model is None:
        raise _report_missing("MODEL", "the name of the model")
    key = settings.second_reader_key.get_secret_value().strip() if settings.second_reader_key else ""
    if not key.isascii() or not key.isprintable():
        raise DeclarationError(
            "environment", f"{PREFIX}SECOND_READER_KEY", "holds characters that a header cannot carry"
        )
    address = ModelAddress(
        url=settings.second_reader_url.rstrip("/"), key=key, seconds=settings.second_reader_timeout
    )
    reader = MessagesToolReader if interface == "anthropic" else ChatCompletionsReader
    return reader(address, settings.second_reader_model)


def _report_missing(name: str, what: str) -> DeclarationError:
    return DeclarationError("environment", f"{PREFIX}SECOND_READER_{name}", f"is needed: {what}")


def choose_second_sources(settings: Settings, watchers: Iterable[Watcher]) -> frozenset[str]:
    """Return the ids of the sources whose texts the second reader may read; raises `DeclarationError`.

    By default these are the declared official ones. The mailbox and what people hand in are read only where
    they are named.
    """
    declared = {watcher.id: watcher for watcher in watchers if watcher.id not in PRIVATE_SOURCES}
    named = [name.strip() for name in (settings.second_reader_sources or "").split(",") if name.strip()]
    if not named:
        return frozenset(name for name, watcher in declared.items() if watcher.role == "official")
    unknown = [name for name in named if name not in {*declared, *PRIVATE_SOURCES}]
    if unknown:
        raise DeclarationError(
            "environment", f"{PREFIX}SECOND_READER_SOURCES", f"no source is called {', '.join(unknown)}"
        )
    return frozenset(named)


def choose_prose_sources(settings: Settings, watchers: Iterable[Watcher]) -> frozenset[str]:
    """Return the ids of the sources whose texts a model may translate and explain; none without a model."""
    has_model = settings.second_reader in {"openai", "anthropic"}
    return choose_second_sources(settings, watchers) if has_model else frozenset()


def build_second_opinions(
    settings: Settings, store: Store, lexicon: Lexicon, watchers: Iterable[Watcher]
) -> SecondOpinions | None:
    """Return what asks the second reader, None where it is off; raises `DeclarationError`."""
    reader = build_second_reader(settings, lexicon)
    if reader is None:
        return None
    return SecondOpinions(
        reader=reader,
        records=store.opinions,
        lexicon=lexicon,
        sources=choose_second_sources(settings, watchers),
        monthly_tokens=settings.second_reader_monthly_tokens,
    )


def describe_second_reader(
    settings: Settings, reader: SecondReader, sources: frozenset[str]
) -> tuple[str, ...]:
    """Return what leaves this machine, to which host and for which sources, in a sentence each."""
    private = sorted(sources & set(PRIVATE_SOURCES))
    if not reader.host:
        return (f"the second reader ({reader.model}) sends nothing anywhere",)
    sentences = [
        f"the second reader sends the titles and texts of {len(sources)} sources to {reader.host} "
        f"(model {reader.model}), {settings.second_reader_monthly_tokens:,} tokens a month at most"
    ]
    if private:
        sentences.append(
            f"among them texts that may be private, because they are named: {', '.join(private)}"
        )
    if is_unencrypted(settings):
        sentences.append(f"what is sent to {reader.host} is not encrypted: its address begins with http://")
    return tuple(sentences)


def is_unencrypted(settings: Settings) -> bool:
    """Return whether texts and the key leave this machine without encryption."""
    parts = urlsplit(settings.second_reader_url or "")
    return parts.scheme == "http" and parts.hostname not in LOCAL_HOSTS
