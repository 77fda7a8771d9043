"""The front door: `mundap <command>`. Finds the command's file, runs it, and turns our errors into a message.

A command's module is imported only when it runs, so that --help answers at once. Exit codes: 0 done, 1 failed,
2 misused, 130 interrupted.
"""

from __future__ import annotations

import importlib
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import mundap
from mundap.errors import MundapError

# name -> what `mundap --help` says of it, in the order of the work. The module mundap.cli.<name> holds `command`, the
# function, and `EXAMPLES`, two lines that can be run.
COMMANDS: dict[str, str] = {
    "run": "Run the whole line for a folder of recipes, skipping what has not changed.",
    "models": "Unpack the starter models, or prepare a base model of the hub.",
    "data": "Turn raw documents into documents, chunks and training rows.",
    "train": "Train an adapter with LLaMA-Factory.",
    "export": "Merge an adapter into its base model.",
    "chat": "Talk to a model in the terminal.",
    "index": "Build the search index of a domain's chunks.",
    "ask": "Answer one question, with its evidence.",
    "eval": "Measure how often answers are right, cited, and rightly declined.",
    "web": "Open the page on 127.0.0.1.",
    "feedback": "Turn ratings, votes and corrections into training rows.",
    "users": "Add and remove those who may log in to the page.",
    "board": "Open LLaMA Board on 127.0.0.1, on this project's datasets.",
    "serve": "Serve the same answers to OpenAI clients.",
    "check": "Check every recipe, alone and against the others.",
    "doctor": "Report the machine, versions, disk and models.",
}


class LazyGroup(TyperGroup):
    """A group that knows its commands' names and help beforehand and imports one only to run it."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names in the order of the work."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command ready to run, or None when there is none of that name."""
        return load_command(cmd_name) if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command, or fail with the nearest name."""
        self.commands = dict.fromkeys(COMMANDS, None)  # type: ignore[assignment]  # only its keys are read, for hints
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def load_command(name: str) -> Any:
    """Return the click command of mundap.cli.<name>, its help ending with its examples."""
    module = importlib.import_module(f"mundap.cli.{name}")
    single = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    examples = "\n".join("  " + example for example in module.EXAMPLES)
    single.command(name, help=module.command.__doc__, epilog=f"\b\nExamples:\n{examples}")(module.command)
    return typer.main.get_command(single)


app = typer.Typer(cls=LazyGroup, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
                  no_args_is_help=True,
                  help="mundap (문답): Korean documents in, a model that answers with evidence out.",
                  epilog="\b\nExamples:\n  mundap run configs/demo\n  mundap ask configs/demo/rag.yaml \"질문\"")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"mundap {mundap.__version__}")
        raise typer.Exit


@app.callback()
def _root(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True,
                                                help="Print the version.")] = False) -> None:
    """Nothing happens before a command."""


def entry() -> None:
    """Run the command line; the one place that shows our errors to a terminal."""
    for stream in (sys.stdout, sys.stderr):
        # A Korean path must not crash a terminal whose encoding lacks it.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        app()
    except MundapError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    entry()
