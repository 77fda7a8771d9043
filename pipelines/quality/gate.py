"""The gate: rows pass every filter in a fixed order, or are dropped with a named reason.

    gate = Gate.of({"truncated": {"nominal_endings": True}}, domain=Domain(decline_text="…"))
    kept = list(gate.sift(records))
    gate.report.markdown()

Rows in = rows kept + rows dropped. Memory holds what the duplicate filters remember of kept rows, and no row.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from mundap.prompt import Passage
from mundap.schema_check import with_defaults
from pipelines.quality.candidate import Candidate
from pipelines.quality.filter import Domain, Filter, Masked
from pipelines.quality.registry import FILTERS
from pipelines.quality.report import QualityReport
from pipelines.rejects import Rejects

COPIES = ("duplicate", "near_duplicate")
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one row. record is the row as mended; reason is "" for a row that is kept."""

    record: Record
    reason: str = ""
    detail: str = ""
    masked: tuple[Masked, ...] = ()


@dataclass(slots=True, kw_only=True)
class Gate:
    """The filters of one run and what they have seen."""

    filters: Mapping[str, Filter]
    report: QualityReport = field(default_factory=QualityReport)
    log: list[Masked] = field(default_factory=list)

    @staticmethod
    def of(filters: Mapping[str, Any] | None = None, *, domain: Domain | None = None, without: Collection[str] = ()
           ) -> Gate:
        """Return a gate from the `filters:` of data.yaml (checked already); what it leaves out has the schema's defaults.

        without: filters left out all the same; COPIES for rows that were augmented, which are copies by design.
        """
        made = {}
        for name, settings in filled(filters or {}).items():
            given = dict(settings)
            if given.pop("enabled") and name not in without:
                made[name] = FILTERS[name](domain or Domain(), **given)
        return Gate(filters={name: made[name] for name in FILTERS if name in made})

    def judge(self, record: Record, passages: Sequence[Passage] | None = None) -> Verdict:
        """Return what becomes of a row; a row kept is remembered. passages: its sources; None: those in its input."""
        row = Candidate(record=record, given=None if passages is None else tuple(passages))
        masked: list[Masked] = []
        for one in self.filters.values():
            if one.mend is not None:
                row, found = one.mend(row)
                masked += found
            elif one.judge is not None and (told := one.judge(row)):
                reason, _, detail = told.partition(": ")
                self.report.drop(reason, detail, row)
                return Verdict(record=row.record, reason=reason, detail=detail)
        for one in self.filters.values():
            if one.kept is not None:
                one.kept(row)
        self.log += masked
        self.report.keep(row, masked)
        return Verdict(record=row.record, masked=tuple(masked))

    def sift(self, records: Iterable[Record], *, part: str = "", rejects: Rejects | None = None) -> Iterator[Record]:
        """Yield the rows kept, as mended; each other goes to rejects, where they are given."""
        for record in records:
            verdict = self.judge(record)
            if not verdict.reason:
                yield verdict.record
            elif rejects is not None:
                row = Candidate(record=verdict.record)
                rejects.add(verdict.reason, part=part, subject=row.question,
                            detail="; ".join(text for text in (row.id, verdict.detail) if text))


def log_text(log: Sequence[Masked]) -> str:
    """Return the log of what was masked as JSON lines: row, column, kind and place, never the value."""
    return "".join(json.dumps(asdict(one), ensure_ascii=False) + "\n" for one in log)


def filled(filters: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the `filters:` of a recipe with every default of the schema."""
    found: dict[str, dict[str, Any]] = with_defaults({"filters": dict(filters)}, "data")["filters"]
    return found
