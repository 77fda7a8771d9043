"""What the page is made of, opened once: its domains, models, people and database; and, for each language, a page of it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from mundap.errors import ConfigError
from mundap.generator import open_generator
from mundap.paths import resolve
from mundap.recipe import Recipe
from mundap.warmup import Say
from webui.ask.asking import Runs
from webui.domain import Domain
from webui.evaluate.list_runs import ListRuns
from webui.http.limits import Limits
from webui.models.board_link import Board
from webui.people import People
from webui.people.users import Users
from webui.pool import Opens, Pool
from webui.storage.answers import Answers
from webui.storage.conversations import Conversations
from webui.storage.database import Database
from webui.storage.housekeeping import Daily
from webui.uploads.collection import Uploads
from webui.words import Words


@dataclass(frozen=True, kw_only=True)
class Site:
    """Everything behind the page. settings is the `web:` section of the first rag.yaml, which speaks for the page."""

    domains: Mapping[str, Domain]
    pool: Pool
    database: Database
    people: People
    settings: Mapping[str, Any]
    project: Path
    runs: Runs = field(default_factory=Runs)
    board: Board = field(default_factory=Board)
    list_runs: ListRuns = field(default_factory=ListRuns)
    uploads: Uploads = field(init=False)

    def __post_init__(self) -> None:
        """Open what people uploaded: it lies beside the database, talks/talks.uploads."""
        uploads = Uploads(self.database.path.with_suffix(".uploads"), self.domains, self.settings)
        object.__setattr__(self, "uploads", uploads)

    @property
    def first(self) -> Domain:
        """Return the domain the page opens with."""
        return next(iter(self.domains.values()))

    @property
    def title(self) -> str:
        """Return the page's title."""
        return self.first.title

    def domain(self, key: str) -> Domain:
        """Return a domain; a key that is none of this page's (a browser may send anything) is the first one's."""
        return self.domains.get(key, self.first)

    @property
    def answers(self) -> Answers:
        """Return the answers kept."""
        return Answers(self.database)

    @property
    def conversations(self) -> Conversations:
        """Return the conversations kept."""
        return Conversations(self.database)

    @cached_property
    def limits(self) -> Limits:
        """Return how much may be asked."""
        return Limits(self.settings.get("limits", {}))

    @cached_property
    def housekeeping(self) -> Daily:
        """Return what deletes old conversations and uploads, where settings say how long they are kept."""
        return Daily(self.database, int(self.settings.get("retention_days", 0)), also=self.uploads.expire)

    def start(self) -> None:
        """Make the first domain ready, in the background; delete what is too old."""
        self.first.warmup.start()
        self.housekeeping.start()

    def close(self) -> None:
        """End the models' processes and let go of every file."""
        with contextlib.ExitStack() as closing:
            closing.callback(self.database.close)
            for domain in self.domains.values():
                closing.callback(domain.close)
            closing.callback(self.pool.close)
            closing.callback(self.board.close)
            closing.callback(self.uploads.close)
            closing.callback(self.list_runs.close)
            closing.callback(self.housekeeping.close)

    @classmethod
    def open(cls, recipes: Sequence[Recipe], say: Say, opens: Opens = open_generator) -> Site:
        """Return the site of one or more rag recipes, of which no two have the same domain.

        Raises:
            IndexMismatch, ModelError, ConfigError: an index or a model is missing or does not fit.
            ResourceError: the database cannot be used.
        """
        settings, project = recipes[0].values.get("web", {}), recipes[0].project
        with contextlib.ExitStack() as undo:
            pool = Pool(project, settings["models_loaded"], opens)
            undo.callback(pool.close)
            domains: dict[str, Domain] = {}
            for recipe in recipes:
                domain = Domain.open(recipe, pool, say)
                undo.callback(domain.close)
                if domain.key in domains:
                    raise ConfigError(f"two recipes have the domain {domain.key!r}.", where=recipe.where("domain"),
                                      fix="Name one of them otherwise: domain=…")
                domains[domain.key] = domain
            people = people_of(settings, project)
            database = Database(resolve(settings["storage"], project))
            undo.pop_all()
        return cls(domains=domains, pool=pool, database=database, people=people, settings=settings, project=project)


def people_of(settings: Mapping[str, Any], project: Path) -> People:
    """Return who may be at the page: the users of `web.users`, or whoever is on this machine.

    Raises:
        ConfigError: the users file is missing, is none, or has nobody in it.
    """
    if not settings.get("users"):
        return People()
    users = Users(resolve(settings["users"], project))
    if not users.all():
        raise ConfigError("nobody may log in: the users file is empty.", where=str(users.path),
                          fix=f"mundap users add NAME --role admin --file {settings['users']}")
    return People(users)


@dataclass(frozen=True, kw_only=True)
class Page:
    """A site in one language, while its Blocks are laid out. chosen is the component that holds the domain's key."""

    site: Site
    words: Words
    chosen: Any = None
