"""What data.yaml's `generate:` section says, with its prompt files read; holds no key, only the names of variables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from mundap.errors import ConfigError, closest
from mundap.generator import Decoding
from mundap.generator.endpoint import checked_base_url
from mundap.paths import resolve, show
from pipelines.generate.shard import Shard

PLACES = ("text", "breadcrumbs", "citation", "pairs", "level")   # what a prompt file may hold, in braces
_SHARD = re.compile(r"([1-9]\d{0,3})/([1-9]\d{0,3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySettings:
    """One key by the name of its environment variable ("": the server wants none) and its limits; None is no limit."""

    env: str = ""
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    requests_per_day: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a million tokens cost."""

    input: float = 0.0
    output: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """Where answers come from: an endpoint with its keys (base_url), or a model of this machine (chat, a recipe)."""

    model: str
    base_url: str = ""
    chat: str = ""
    keys: tuple[KeySettings, ...] = (KeySettings(),)
    context_tokens: int | None = None
    price: Price = Price()
    timeout_s: float = 120.0
    max_tokens_field: str = "max_tokens"
    extra_body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """Return how a message names this provider."""
        return f"endpoint {self.base_url}" if self.base_url else f"model {self.chat}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KindSettings:
    """One kind of question: its prompt's text, the levels it is asked at ("" for none), pairs wanted of a chunk.

    parts: the chunks it is asked of, by their metadata's `part` (조, 별표, risk …); () for all.
    """

    name: str
    template: str
    levels: tuple[str, ...] = ("",)
    pairs: int = 1
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What all runs into one folder may use together; None is no limit. money is in the currency of the prices."""

    requests: int | None = None
    tokens: int | None = None
    money: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateSettings:
    """The whole section. levels maps a level's name to the sentence that asks for it."""

    providers: tuple[ProviderSettings, ...]
    kinds: tuple[KindSettings, ...]
    levels: Mapping[str, str] = field(default_factory=dict)
    retry_notes: Mapping[str, str] = field(default_factory=dict)
    budget: Budget = Budget()
    decoding: Decoding = Decoding(max_new_tokens=1024, temperature=0.7)
    tries: int = 3
    max_failures: int = 20
    start_concurrency: int = 4
    max_concurrency: int = 64
    rate_margin: float = 0.02
    give_up_after_s: float = 300.0
    progress_s: float = 5.0
    day_timezone: str = "UTC"
    shard: Shard | None = None
    seed: int = 42
    project: Path = Path()

    @property
    def models(self) -> tuple[str, ...]:
        """Return the models that may answer, each once."""
        return tuple(dict.fromkeys(provider.model for provider in self.providers))


def load_settings(recipe: Mapping[str, Any], project: Path, *, shard: str | None = None) -> GenerateSettings:
    """Return the settings of a data.yaml (with the schema's defaults) that has `generate`.

    shard lies over the section's own, as --shard does.

    Raises:
        ConfigError: a prompt file is missing or has no {text}, a provider is neither endpoint nor model, a name
            stands twice, or a shard or time zone is none.
    """
    section = recipe["generate"]
    levels = {name: _text(file, f"generate.levels.{name}", project)
              for name, file in (section.get("levels") or {}).items()}
    decoding, budget, concurrency = section["decoding"], section["budget"], section["concurrency"]
    return GenerateSettings(
        providers=tuple(_provider(one, f"generate.providers.{at}") for at, one in enumerate(section["providers"])),
        kinds=_kinds(section["kinds"], levels, project), levels=levels,
        retry_notes=_notes(section["retry_notes"], project),
        budget=Budget(requests=budget["requests"], tokens=budget["tokens"], money=budget["money"]),
        decoding=Decoding(max_new_tokens=decoding["max_new_tokens"], temperature=decoding["temperature"],
                          top_p=decoding["top_p"], seed=recipe["seed"]),
        tries=section["tries"], max_failures=section["max_failures"], start_concurrency=concurrency["start"],
        max_concurrency=concurrency["max"], rate_margin=section["rate_margin"],
        give_up_after_s=section["give_up_after_s"], progress_s=section["progress_s"],
        day_timezone=_timezone(section["day_timezone"]), shard=shard_of(shard or section["shard"]),
        seed=recipe["seed"], project=project)


def prompt_files(section: Mapping[str, Any]) -> list[str]:
    """Return every file a `generate` section reads, for a manifest."""
    return [*(kind["prompt"] for kind in section["kinds"]), *(section.get("levels") or {}).values(),
            section["retry_notes"]]


def shard_of(text: str | None) -> Shard | None:
    """Return the shard a text such as "3/8" names; None for none.

    Raises:
        ConfigError: it is no such thing.
    """
    if text is None:
        return None
    match = _SHARD.fullmatch(text)
    if match is None or int(match[1]) > int(match[2]):
        raise ConfigError(f"{text!r} is not a shard.", where="generate.shard",
                          fix='Write, for example, "3/8" for the third of eight.')
    return Shard(number=int(match[1]), of=int(match[2]))


def _provider(section: Mapping[str, Any], where: str) -> ProviderSettings:
    base_url, chat = section.get("base_url"), section.get("chat")
    if bool(base_url) == bool(chat):
        raise ConfigError("a provider has either base_url (an endpoint) or chat (a model of this machine).", where=where,
                          fix="Give one of the two.")
    price = Price(input=section["price"]["input"], output=section["price"]["output"])
    if chat:
        return ProviderSettings(model=f"local:{chat}", chat=chat, context_tokens=section["context_tokens"],
                                timeout_s=section["timeout_s"], price=price)
    if not section.get("model"):
        raise ConfigError("model is missing.", where=where, fix="Name the model as the endpoint calls it.")
    keys = tuple(KeySettings(**key) for key in section["keys"])
    twice = [name for name, number in Counter(key.env for key in keys).items() if number > 1]
    if twice:
        raise ConfigError(f"the key {twice[0]!r} stands twice: its limits would be taken for two keys'.",
                          where=f"{where}.keys", fix="Name every environment variable once.")
    return ProviderSettings(
        model=section["model"], base_url=checked_base_url(str(base_url), where=f"{where}.base_url"), keys=keys,
        context_tokens=section["context_tokens"], price=price, timeout_s=section["timeout_s"],
        max_tokens_field=section["max_tokens_field"], extra_body=section.get("extra_body") or {})


def _kinds(given: Sequence[Mapping[str, Any]], levels: Mapping[str, str], project: Path) -> tuple[KindSettings, ...]:
    kinds = list[KindSettings]()
    for at, kind in enumerate(given):
        where = f"generate.kinds.{at}"
        if any(kind["name"] == other.name for other in kinds):
            raise ConfigError(f"the kind {kind['name']!r} stands twice.", where=where, fix="Give every kind once.")
        for name in kind["levels"]:
            if name and name not in levels:
                raise ConfigError(f"there is no level {name!r}.", where=f"{where}.levels",
                                  fix=f"{closest(name, levels)}Add it to generate.levels with its text file.")
        template = _text(kind["prompt"], f"{where}.prompt", project)
        if "{text}" not in template:
            raise ConfigError("the prompt has no place for the chunk's text.", where=kind["prompt"],
                              fix=f"Write {{text}} where it stands. Other places: {', '.join(PLACES[1:])}, in braces.")
        kinds.append(KindSettings(name=kind["name"], template=template, levels=tuple(kind["levels"]) or ("",),
                                  pairs=kind["pairs"], parts=tuple(kind["parts"])))
    return tuple(kinds)


def _text(name: str, key: str, project: Path) -> str:
    file = resolve(name, project)
    text = file.read_text(encoding="utf-8").strip() if file.is_file() else ""
    if not text:
        raise ConfigError("the prompt file is missing or empty.", where=show(file, project),
                          fix=f"Fix {key} in data.yaml, or add the file.")
    return text


def _notes(name: str, project: Path) -> dict[str, str]:
    notes = yaml.safe_load(_text(name, "generate.retry_notes", project))
    if not isinstance(notes, dict) or not all(isinstance(one, str) for pair in notes.items() for one in pair):
        raise ConfigError("is not a mapping of reasons to sentences.", where=name,
                          fix="Write one reason a line: not_grounded: …")
    return notes


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(f"{name!r} is not a time zone.", where="generate.day_timezone",
                          fix="Write one such as UTC, Asia/Seoul or America/Los_Angeles.") from error
    return name
