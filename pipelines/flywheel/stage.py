"""Feedback written as datasets: files, rejects, card and registry of one domain, the manifest last.

    datasets/demo_feedback_sft.json, _kto.json, _dpo.json     the rows
    datasets/demo_feedback.rejects.jsonl                      what made no row, and why
    docs/demo/feedback/manifest.json, demo_feedback.card.md   what they were made from

The same judgements, settings and prompts give the same bytes. A kind without rows leaves no file, nor the one of an
earlier run: what was deleted from the judgements must not go on being trained on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mundap import dataset_info
from mundap.folder_lock import held
from mundap.paths import resolve, show
from pipelines import manifest
from pipelines.flywheel.judgement import Judgements, Thresholds
from pipelines.flywheel.rows import ENTRIES, KINDS, Kind, Made, make, rows_text
from pipelines.flywheel.screen import HeldOut, Screen
from pipelines.quality.report import table
from pipelines.rejects import REASONS

FOLDER = "datasets"
LOCK = "feedback.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What a domain's judgements come to, not yet written. given counts them: corrections, ratings, votes."""

    domain: str
    thresholds: Thresholds
    made: Mapping[Kind, Made]
    given: Mapping[str, int]
    unreadable: int
    held_out: tuple[Path, ...]

    @property
    def empty(self) -> bool:
        """Return whether there is no row at all."""
        return not any(one.rows for one in self.made.values())

    @property
    def masked(self) -> int:
        """Return in how many places of the rows personal data was masked."""
        return sum(one.masked for one in self.made.values())

    @property
    def one_label(self) -> bool:
        """Return whether KTO has rows of one label alone: it learns from the difference, and needs both."""
        good, bad = self.made["kto"].labels
        return bool(good + bad) and not (good and bad)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a run wrote. files are the datasets that have rows, registered the names that were new to the registry."""

    files: Mapping[Kind, Path]
    rejects: Path
    card: Path
    manifest: Path
    registered: tuple[str, ...]


def name_of(domain: str, kind: Kind) -> str:
    """Return a dataset's name in dataset_info.json."""
    return f"{domain}_feedback_{kind}"


def held_out_files(domain: str, project: Path) -> list[Path]:
    """Return the evaluation datasets of a domain: datasets/<domain>_eval.json and those of its other forms."""
    folder = resolve(FOLDER, project)
    return sorted({folder / f"{domain}_eval.json", *folder.glob(f"{domain}_*_eval.json")})


def collect(judgements: Judgements, *, domain: str, decline_text: str, thresholds: Thresholds, project: Path) -> Feedback:
    """Return what judgements come to, checked against the domain's held-out questions; nothing is written."""
    held_out = HeldOut.read(held_out_files(domain, project))
    screen = Screen(decline_text=decline_text, held_out=held_out)
    return Feedback(domain=domain, thresholds=thresholds, made=make(judgements, screen, thresholds, f"{domain}-feedback"),
                    given={"corrections": len(judgements.corrections), "ratings": len(judgements.ratings),
                           "votes": len(judgements.votes)},
                    unreadable=judgements.unreadable, held_out=held_out.files)


def write(feedback: Feedback, project: Path) -> Written:
    """Write a domain's feedback; every file by way of a temporary name, the manifest last.

    Raises:
        ConfigError: dataset_info.json cannot be read, or has another entry under one of the names.
        ResourceError: another process is writing this domain's feedback.
    """
    folder = resolve(f"docs/{feedback.domain}/feedback", project)
    folder.mkdir(parents=True, exist_ok=True)
    with held(folder, LOCK):
        (folder / manifest.NAME).unlink(missing_ok=True)
        files: dict[Kind, Path] = {}
        registered = []
        for kind in KINDS:
            rows, name = feedback.made[kind].rows, name_of(feedback.domain, kind)
            path = resolve(FOLDER, project) / f"{name}.json"
            if not rows:
                path.unlink(missing_ok=True)
                continue
            entry = {"file_name": f"{FOLDER}/{path.name}", **ENTRIES[kind]}
            if dataset_info.register(project, name, entry):
                registered.append(name)
            files[kind] = manifest.write_text(path, rows_text(rows))
        rejects = manifest.write_text(resolve(FOLDER, project) / f"{feedback.domain}_feedback.rejects.jsonl",
                                      "".join(feedback.made[kind].rejects.jsonl() for kind in KINDS))
        content = _content(feedback, project, [*files.values(), rejects])
        card = manifest.write_text(folder / f"{feedback.domain}_feedback.card.md", _card(feedback, content))
        done = manifest.write(folder, content)
    return Written(files=files, rejects=rejects, card=card, manifest=done, registered=tuple(registered))


def counts(feedback: Feedback) -> dict[str, Any]:
    """Return the numbers of every kind: rows in, out and dropped, by reason."""
    found: dict[str, Any] = {"given": dict(feedback.given), "unreadable": feedback.unreadable}
    for kind, made in feedback.made.items():
        found[kind] = {"in": made.rejects.tried, "rows": len(made.rows), "rejects": made.rejects.by_reason(), "masked": made.masked}
    found["kto"]["labels"] = dict(zip(("true", "false"), feedback.made["kto"].labels, strict=True))
    return found


def _content(feedback: Feedback, project: Path, files: list[Path]) -> dict[str, Any]:
    """Return the manifest: settings, what was held apart, code, counts, and the files' hashes."""
    here = Path(__file__).parent
    code = "".join(manifest.file_hash(file) for file in sorted(here.glob("*.py")))
    return {"format": manifest.FORMAT, "domain": feedback.domain,
            "config": {"good": feedback.thresholds.good, "bad": feedback.thresholds.bad},
            "held_out": {show(file, project): manifest.file_hash(file) for file in feedback.held_out},
            "code_hash": hashlib.sha256((manifest.code_hash() + code).encode()).hexdigest(),
            "versions": manifest.versions(), "counts": counts(feedback),
            "datasets": {file.name: manifest.file_hash(file) for file in files}}


def _card(feedback: Feedback, content: Mapping[str, Any]) -> str:
    """Return the datasets' card as Markdown."""
    apart = ", ".join(f"`{name}`" for name in content["held_out"]) or "none: there is no evaluation of this domain"
    lines = [f"# Datasets {feedback.domain}_feedback_*", "",
             "Made from what people said of answers on the page: corrections (SFT), ratings (KTO), votes (DPO). Raters stand "
             "in the rows under pseudonyms; resident registration, phone, account and card numbers and e-mail addresses are "
             f"masked ({feedback.masked:,} places), names and addresses are not looked for.", "",
             f"Good from a score of {feedback.thresholds.good}, bad up to {feedback.thresholds.bad}. Held apart: {apart}.", "",
             "## Counts", "",
             *table(["kind", "judgements", "rows", "dropped"], [
                 [kind, f"{made.rejects.tried:,}", f"{len(made.rows):,}", f"{len(made.rejects):,}"]
                 for kind, made in feedback.made.items()]), "",
             *table(["kind", "dropped for", "meaning", "judgements"], [
                 [kind, reason, REASONS[reason], f"{number:,}"] for kind, made in feedback.made.items()
                 for reason, number in made.rejects.by_reason().items()]), "",
             *table(["file", "SHA-256"], [[f"`{name}`", f"`{digest}`"] for name, digest in content["datasets"].items()])]
    if feedback.one_label:
        lines += ["", "The ratings are all of one label; KTO needs good and bad ones."]
    return "\n".join(lines) + "\n"
