"""The arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RecipePath = Annotated[Path, typer.Argument(metavar="RECIPE", help="The recipe's YAML file.", show_default=False)]
Overrides = Annotated[list[str] | None, typer.Argument(
    metavar="[KEY=VALUE]...", help="Values laid over the recipe: num_train_epochs=3 retrieval.top_k=4.",
    show_default=False)]
Presets = Annotated[list[str] | None, typer.Option(
    "--preset", metavar="NAME", help="Lay configs/presets/NAME.yaml, or a YAML file, over the recipe; may be given again.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the resolved recipe and the exact command, and stop.")]
