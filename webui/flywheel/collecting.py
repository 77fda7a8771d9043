"""The page's ratings and votes as plain judgements for pipelines.flywheel: read from the database, prompts put together.

The prompt is that of the rag.yaml as it is now, over the passages kept with the answer: what the app would send today.
Who judged leaves the database as a number alone; the numbers follow the order in which people first judged.
"""

from __future__ import annotations

import shlex
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap import yaml_lines
from mundap.errors import ConfigError, DataError
from mundap.paths import resolve, show
from mundap.recipe import kind_of
from pipelines.flywheel.judgement import Judgements, Rated, Shown, Thresholds, Voted
from pipelines.flywheel.recipes import WORD, write_recipes
from pipelines.flywheel.stage import Feedback, collect, write
from rag.wording import Wording
from webui.storage.answers import Kept, kept
from webui.storage.database import Database
from webui.words import Words

STORAGE = "talks/talks.sqlite"   # of a rag.yaml that names none

_ANSWERS = "SELECT * FROM answers WHERE domain = ? AND id IN (SELECT answer FROM ratings UNION SELECT left_answer FROM votes " \
           "UNION SELECT right_answer FROM votes)"
_RATINGS = "SELECT ratings.* FROM ratings JOIN answers ON answers.id = ratings.answer WHERE answers.domain = ? " \
           "ORDER BY ratings.created_at, ratings.rater, ratings.answer"
_VOTES = "SELECT votes.* FROM votes JOIN answers ON answers.id = votes.left_answer WHERE answers.domain = ? " \
         "ORDER BY votes.created_at, votes.rater, votes.left_answer, votes.right_answer"
_RATERS = "SELECT rater FROM (SELECT rater, created_at FROM ratings UNION ALL SELECT rater, created_at FROM votes) " \
          "GROUP BY rater ORDER BY MIN(created_at), rater"


def feedback(database: Database, recipe: Mapping[str, Any], project: Path, thresholds: Thresholds) -> Feedback:
    """Return what a domain's judgements come to; recipe holds its rag.yaml's values.

    Raises:
        ConfigError: a prompt file of the recipe is missing.
    """
    domain = str(recipe["domain"])
    found = judgements(database, domain, Wording.of(recipe, project))
    return collect(found, domain=domain, decline_text=recipe["prompt"]["decline_text"], thresholds=thresholds,
                   project=project)


def judgements(database: Database, domain: str, wording: Wording) -> Judgements:
    """Return a domain's ratings and votes, oldest first."""
    with database.read() as connection:
        connection.execute("BEGIN")     # one state of the file for all four, whoever is rating meanwhile
        try:
            reading = _Reading.of(connection, domain, wording)
            ratings = list(reading.ratings(connection.execute(_RATINGS, (domain,))))
            votes = list(reading.votes(connection.execute(_VOTES, (domain,))))
        finally:
            connection.execute("COMMIT")
    return Judgements(ratings=tuple(one for one in ratings if one), votes=tuple(one for one in votes if one),
                      unreadable=ratings.count(None) + votes.count(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """The answers judged, by id, and the raters' pseudonyms. An answer that cannot be read any more is not among them."""

    shown: Mapping[str, Shown]
    names: Mapping[str, str]

    @classmethod
    def of(cls, connection: sqlite3.Connection, domain: str, wording: Wording) -> _Reading:
        rows = (kept(row) for row in connection.execute(_ANSWERS, (domain,)))
        names = {row["rater"]: f"rater-{at}" for at, row in enumerate(connection.execute(_RATERS), start=1)}
        return cls(shown={one.id: as_shown(one, wording) for one in rows if one.answer is not None}, names=names)

    def ratings(self, rows: Iterable[sqlite3.Row]) -> Iterator[Rated | None]:
        """Yield the ratings; None for one whose answer cannot be read."""
        for row in rows:
            shown = self.shown.get(row["answer"])
            yield Rated(rater=self.names[row["rater"]], at=row["created_at"], shown=shown, score=row["score"],
                        corrected=unicodedata.normalize("NFC", row["corrected"])) if shown else None

    def votes(self, rows: Iterable[sqlite3.Row]) -> Iterator[Voted | None]:
        """Yield the votes; None for one of whose answers one cannot be read."""
        for row in rows:
            left, right = self.shown.get(row["left_answer"]), self.shown.get(row["right_answer"])
            yield Voted(rater=self.names[row["rater"]], at=row["created_at"], left=left, right=right,
                        winner=row["winner"]) if left and right else None


def as_shown(found: Kept, wording: Wording) -> Shown:
    """Return an answer kept, with the prompt it was given to."""
    answer = found.answer
    assert answer is not None
    return Shown(id=found.id, question=answer.question, passages=answer.passages, text=answer.text,
                 instruction=wording.instruct(answer.level), by_model=answer.attempts > 0,
                 system_message=wording.system_of({**answer.dropped, **answer.filters}, answer.hits), level=answer.level,
                 answered_by=found.system, model=found.model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What making the data wrote, as paths a person types. missing says why there are no recipes, "" where there are.

    following are the commands to train with what was made.
    """

    files: tuple[str, ...]
    rejects: str
    card: str
    recipes: tuple[str, ...] = ()
    following: tuple[str, ...] = ()
    missing: str = ""


def put_down(found: Feedback, project: Path, folder: Path | None) -> Outcome:
    """Write a domain's feedback and, into its folder of recipes, the recipes that train on it.

    Raises:
        ConfigError, ResourceError: as pipelines.flywheel.stage.write.
    """
    done = write(found, project)
    kinds = tuple(done.files)
    recipes: list[Path] = []
    missing = ""
    try:
        if folder is None:
            raise ConfigError("no rag.yaml below configs/ has this domain.", where=found.domain)
        recipes = write_recipes(folder, found.domain, project, kinds)
    except (ConfigError, OSError) as error:
        missing = " ".join(str(error).split())
    following = () if missing or folder is None else tuple(
        shlex.join(["mundap", "train", show(folder / f"train_{WORD[kind]}.yaml", project)]) for kind in kinds)
    return Outcome(files=tuple(show(path, project) for path in done.files.values()), rejects=show(done.rejects, project),
                   card=show(done.card, project), recipes=tuple(show(path, project) for path in recipes), following=following,
                   missing=missing)


def recipe_of(domain: str, project: Path) -> Path | None:
    """Return the rag.yaml below configs/ that has a domain, the first by path; None where there is none."""
    for file in sorted((project / "configs").rglob("rag*.yaml")):
        try:
            if kind_of(file) == "rag" and yaml_lines.read(file).values.get("domain") == domain:
                return file
        except ConfigError:
            continue   # a file the page was not opened with
    return None


def command_line(domain: str, project: Path, database: Path, thresholds: Thresholds) -> str:
    """Return the command that does what the page does."""
    recipe = recipe_of(domain, project)
    words = ["mundap", "feedback", show(recipe, project) if recipe else "rag.yaml"]
    if recipe is None or resolve(_storage(recipe), project) != database:
        words.append(f"web.storage={show(database, project)}")
    return shlex.join([*words, "--good", str(thresholds.good), "--bad", str(thresholds.bad)])


def chosen(good: Any, bad: Any, words: Words) -> Thresholds:
    """Return the scores chosen on the page.

    Raises:
        DataError: they are no scores, or an answer could be both.
    """
    try:
        return Thresholds(good=int(good), bad=int(bad))
    except (TypeError, ValueError) as error:
        raise DataError(words("flywheel.wrong_scores"), fix=words("flywheel.wrong_scores_fix")) from error


def _storage(recipe: Path) -> str:
    web = yaml_lines.read(recipe).values.get("web") or {}
    return str(web.get("storage") or STORAGE)
