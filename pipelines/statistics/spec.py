"""What a source's `facts:` section says about its table: keys, measures with their units, years.

A measure that is not additive (환자수: one patient can stand in several rows) is never added up: no totals, no shares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mundap.errors import ConfigError, DataError, closest
from pipelines.tabular.layout import Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A column that says what a row is of. say: its values in words, "{}" standing for the value; values: some by name.

    whole is the value that stands for all others together ("전국"): such rows are looked up but never added or ranked.
    """

    name: str
    columns: tuple[str, ...]
    say: str = "{}"
    values: Mapping[str, str] = field(default_factory=dict)
    whole: str = ""

    def words(self, value: str) -> str:
        """Return a value as people say it."""
        return self.values.get(value) or self.say.replace("{}", value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A column of figures: its name in sentences (say), its unit, and whether its figures may be added up."""

    name: str
    columns: tuple[str, ...]
    say: str
    unit: str
    additive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A table's keys, measures and years. group is the key that a document is about; the others make up a slice."""

    group: Key
    slices: tuple[Key, ...]
    measures: tuple[Measure, ...]
    year_columns: tuple[str, ...] = ()
    year_value: int = 0
    counted: str = ""
    category: str = ""
    dimension: str = ""
    phrase: str = "{subject}의 {slice}"
    absent: tuple[str, ...] = ()

    def measure(self, name: str) -> Measure:
        """Return a measure by name."""
        return next(measure for measure in self.measures if measure.name == name)


def load_spec(facts: Mapping[str, Any] | None, where: str) -> Spec:
    """Return the spec of a `facts:` section.

    Raises:
        ConfigError: there is none, it names no year, or its group is no key.
    """
    if not facts:
        raise ConfigError("the reader statistics needs to know the table's columns.", where=f"{where}: facts",
                          fix="Add facts: with keys, measures and year; configs/hira/data.yaml shows one.")
    keys = {key["name"]: _key(key) for key in facts["keys"]}
    group = facts.get("group") or next(iter(keys))
    if group not in keys:
        raise ConfigError(f"there is no key {group!r}.", where=f"{where}: facts.group",
                          fix=f"{closest(group, keys)}Keys: {', '.join(keys)}.")
    year = facts["year"]
    if not year.get("column") and not year.get("value"):
        raise ConfigError("the year is neither a column nor a value.", where=f"{where}: facts.year",
                          fix="Write year: {column: 진료년도} or year: {value: 2024}.")
    rest = tuple(key for name, key in keys.items() if name != group)
    return Spec(
        group=keys[group], slices=rest, measures=tuple(_measure(one) for one in facts["measures"]),
        year_columns=_columns(year["column"], year) if year.get("column") else (), year_value=int(year.get("value") or 0),
        counted=facts.get("counted", ""), category=facts.get("category", ""),
        dimension=facts.get("dimension") or "·".join(key.name for key in rest),
        phrase=facts.get("phrase") or "{subject}의 {slice}", absent=tuple(facts.get("absent") or ()))


def place(layout: Layout, columns: Sequence[str], what: str) -> str:
    """Return the name of the one column that stands for `columns`, its other names tried in order.

    Raises:
        DataError: the table has none of them.
    """
    for wanted in columns:
        found = layout.column(wanted) or next((one for one in layout.columns if _bare(one.name) == _bare(wanted)), None)
        if found:
            return found.name
    raise DataError(f"there is no column {columns[0]!r} for {what}.", where=f"{layout.where}: row {layout.header_last}",
                    fix=f"{closest(columns[0], layout.names)}Columns found: {', '.join(layout.names)}.\n"
                        "Correct facts in data.yaml, or add the name under columns: […].")


def _bare(name: str) -> str:
    return "".join(name.split())


def _columns(name: str, given: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((name, *given.get("columns", ()))))


def _key(key: Mapping[str, Any]) -> Key:
    return Key(name=key["name"], columns=_columns(key["name"], key), say=key.get("say", "{}"),
               values={str(value): str(words) for value, words in (key.get("values") or {}).items()},
               whole=str(key.get("whole", "")))


def _measure(measure: Mapping[str, Any]) -> Measure:
    return Measure(name=measure["name"], columns=_columns(measure["name"], measure), unit=measure["unit"],
                   say=measure.get("say") or measure["name"], additive=bool(measure["additive"]))
