"""`mundap feedback`: what people said of answers on the page, as rows to train on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mundap.cli.options import AsJson, Overrides, RecipePath
from mundap.cli.output import result, result_json, say, table

if TYPE_CHECKING:
    from mundap.recipe import Recipe
    from pipelines.flywheel.stage import Feedback

EXAMPLES = ("mundap feedback configs/demo/rag.yaml --dry-run", "mundap feedback configs/demo/rag.yaml --good 5 --bad 2")

Good = Annotated[int, typer.Option("--good", min=2, max=5, help="From this score an answer is one to follow (KTO).")]
Bad = Annotated[int, typer.Option("--bad", min=1, max=4, help="Up to this score it is one to avoid.")]


def command(recipe: RecipePath, overrides: Overrides = None, good: Good = 4, bad: Bad = 2,
            dry: Annotated[bool, typer.Option("--dry-run", help="Count what there is, and write nothing.")] = False,
            as_json: AsJson = False) -> None:
    """Make training rows of the page's corrections (SFT), ratings (KTO) and votes (DPO), and recipes that train on them."""
    from mundap.errors import DataError
    from mundap.paths import resolve, show
    from mundap.recipe import load
    from pipelines.flywheel.judgement import Thresholds
    from pipelines.flywheel.stage import counts
    from webui.flywheel.collecting import feedback
    from webui.storage.database import Database

    if bad >= good:
        raise typer.BadParameter("--bad must be below --good: no answer is both.")
    loaded = load(recipe, overrides=overrides or (), kind="rag")
    file = resolve(loaded.values["web"]["storage"], loaded.project)
    if not file.is_file():
        raise DataError("nobody has rated anything: there is no such database.", where=show(file, loaded.project),
                        fix="Open the page with mundap web and rate answers, or name its database: web.storage=…")
    database = Database(file)
    try:
        found = feedback(database, loaded.values, loaded.project, Thresholds(good=good, bad=bad))
    finally:
        database.close()
    written = {} if dry else _write(found, loaded)
    if as_json:
        result_json(counts(found) | {"written": written})
        return
    _tell(found)
    for name, value in written.items():
        for line in (value,) if isinstance(value, str) else value:
            result(f"{name}: {line}")


def _write(found: Feedback, loaded: Recipe) -> dict[str, Any]:
    """Write rows and recipes; return what was written by what it is."""
    from webui.flywheel.collecting import put_down

    outcome = put_down(found, loaded.project, loaded.path.parent)
    if outcome.missing:
        say(f"note: no recipes were written. {outcome.missing}")
    return {"rows": outcome.files, "dropped": outcome.rejects, "card": outcome.card, "new recipes": outcome.recipes,
            "next": outcome.following}


def _tell(found: Feedback) -> None:
    """Print the counts, and what they do not say."""
    for line in table([("", "judgements", "rows", "dropped"), *(
            (kind, str(made.rejects.tried), str(len(made.rows)),
             ", ".join(f"{reason} {number}" for reason, number in made.rejects.by_reason().items()) or "none")
            for kind, made in found.made.items())]):
        result(line)
    if found.one_label:
        say("note: the ratings are all of one label; KTO needs good and bad ones.")
    if found.unreadable:
        say(f"note: {found.unreadable} judgements are of answers that an earlier release kept, which cannot be read any more.")
    if found.masked:
        say(f"note: personal data was masked in {found.masked} places of the rows (numbers and e-mail addresses, not names).")
    if not found.held_out:
        say("note: there are no held-out questions of this domain to keep apart (datasets/<domain>_eval.json).")
