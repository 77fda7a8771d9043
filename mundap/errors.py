"""The errors mundap raises on purpose; each says what is wrong, where, and how to fix it.

    MundapError
    ├── ConfigError      a recipe, preset, schema or dataset_info.json is wrong
    ├── DataError        a document, CSV, chunk file or row is missing, unreadable or malformed
    ├── ModelError       a starter model, adapter or export is missing, broken or does not fit
    ├── IndexMismatch    an index was built with other settings than the recipe's, or is not there
    ├── LaunchError      a child process (llamafactory-cli, a generator worker) failed or could not start
    ├── GenerationError  a model or endpoint gave no usable answer
    ├── ResourceError    a port, disk space or memory is not to be had
    └── MissingExtra     an optional package is not installed

Only the command line's entry and the web page's boundary catch MundapError; everything else lets it rise.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class MundapError(Exception):
    """An error a user can act on: `where: what` and a line that says how to fix it."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        self.what = what
        self.where = where
        self.fix = fix
        super().__init__(str(self))

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return "\n".join([head, *("  " + line for line in self.fix.splitlines())])


class ConfigError(MundapError):
    """A recipe, preset, schema or dataset_info.json is wrong."""


class DataError(MundapError):
    """A document, CSV, chunk file or row is missing, unreadable or malformed."""


class ModelError(MundapError):
    """A starter model, adapter or export is missing, broken or does not fit."""


class IndexMismatch(MundapError):
    """An index was built with other settings than the recipe's, or is not there."""


class LaunchError(MundapError):
    """A child process failed or could not start."""


class GenerationError(MundapError):
    """A model or endpoint gave no usable answer."""


class ResourceError(MundapError):
    """A port, disk space or memory is not to be had."""


class MissingExtra(MundapError):
    """An optional package is not installed; names the feature and the extra that brings it."""

    def __init__(self, feature: str, extra: str, package: str) -> None:
        super().__init__(
            f"{feature} needs the package {package!r}, which is not installed.",
            fix=f'Install it with: pip install "mundap[{extra}]"',
        )


def closest(name: str, choices: Iterable[str]) -> str:
    """Return "Did you mean 'x'? " for the nearest choice, or an empty string when none is near."""
    match = difflib.get_close_matches(name, list(choices), n=1, cutoff=0.6)
    return f"Did you mean {match[0]!r}? " if match else ""
