"""The files a reader takes: the one it was given, or those below a folder that have its suffixes."""

from __future__ import annotations

from pathlib import Path

from mundap.errors import DataError


def files_of(path: Path, suffixes: tuple[str, ...], where: str, put: str) -> list[Path]:
    """Return the files at or below a path, sorted; a file that was named itself may have any suffix.

    put says in the error what belongs there: "Put the reports there".

    Raises:
        DataError: nothing is there, or the folder holds no such file.
    """
    if not path.exists():
        raise DataError("there is no such file or folder.", where=where, fix="Correct the source's path in data.yaml.")
    if path.is_file():
        return [path]
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in suffixes and file.is_file())
    if not files:
        raise DataError(f"the folder holds no {', '.join(suffixes)} file.", where=where,
                        fix=f"{put}, or correct the source's path in data.yaml.")
    return files
