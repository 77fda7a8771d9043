"""A stamp: a small file, written when work is done, that says from what; the same inputs again need no work.

Only for work that keeps no such record of its own (data, training and export do).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mundap
from mundap.provenance import write_text


def digest(parts: Mapping[str, Any]) -> str:
    """Return a hash of what work depends on, our own version included."""
    text = json.dumps({**parts, "mundap": mundap.__version__}, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def matches(file: Path, parts: Mapping[str, Any]) -> bool:
    """Return whether a stamp says that the work was done from these very inputs."""
    try:
        return file.read_text(encoding="utf-8").strip() == digest(parts)
    except OSError:
        return False


def write(file: Path, parts: Mapping[str, Any]) -> None:
    """Write a stamp; the last act of the work."""
    write_text(file, digest(parts) + "\n")
