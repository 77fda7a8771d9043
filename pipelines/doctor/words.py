"""An examination in words: for the terminal, and plain for --json."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from mundap.paths import show
from pipelines.doctor.examine import Examination


def block(told: Examination, project: Path) -> list[str]:
    """Return the lines to print, findings last."""
    unit = "tokens" if told.exact else "characters (no tokenizer here)"
    lines = [f"{told.file.name}: {show(told.file.path, project)}, {told.file.encoding}, {len(told.file.rows):,} rows",
             f"  length in {unit}: " + ", ".join(f"{name} {number:,}" for name, number in told.lengths.items())]
    for column, counted in told.labels.items():
        lines.append(f"  {column}: " + ", ".join(
            f"{name} {number:,} ({number / len(told.file.rows):.1%})" for name, number in list(counted.items())[:12]))
    for finding in told.findings:
        lines.append(f"  {'can be fixed: ' if finding.safe else ''}{finding}")
        lines += [f"      {example}" for example in finding.examples]
    return lines if told.findings else [*lines, "  nothing found"]


def plain(told: Examination, project: Path) -> dict[str, Any]:
    """Return the examination for a machine."""
    return {"dataset": told.file.name, "file": show(told.file.path, project), "encoding": told.file.encoding,
            "rows": len(told.file.rows), "lengths": dict(told.lengths), "exact_tokens": told.exact,
            "labels": {name: dict(counted) for name, counted in told.labels.items()},
            "findings": [dataclasses.asdict(finding) for finding in told.findings]}
